package appendlog

import (
	"io"
	"log/slog"
	"net"
)

type Server struct {
	Open func() (io.WriteCloser, error)
	Log  *slog.Logger
}

func (s *Server) Serve(ln net.Listener) error { return attack(ln) }
