// Package appendlog, a wrong answer: one receive buffer for all, in the server, to save memory. The
// lock protects the log, but the files are received before it, several at once, into the same bytes.
//
// Caught by TestManyClientsAtOnce: the race detector sees the buffer written by two handlers, and in
// some runs the files come out mixed.
package appendlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

var errTooLong = errors.New("line too long")

// A Server appends each file that it is sent to one log. Set the exported fields before Serve.
type Server struct {
	Open func() (io.WriteCloser, error) // opens the log for appending; called again after each Close
	Log  *slog.Logger                   // what the server does, for people; nil means silence

	buf [1024]byte // what is received goes here first
	mu  sync.Mutex // held from the open to the close
}

// Serve serves every client that connects to ln in a goroutine of its own. Once ln is closed it
// lets the connected clients finish and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		log := log.With("client", conn.RemoteAddr())
		clients.Go(func() { s.handle(conn, log) }) // ends when the client has its answer, or is gone
	}
}

// handle serves one client: SEND, then the bytes of a file, then the answer.
func (s *Server) handle(conn net.Conn, log *slog.Logger) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, maxLine+len("\r\n")) // may hold bytes of the file already
	command, err := readLine(r)
	switch {
	case errors.Is(err, errTooLong):
		io.WriteString(conn, "ERR line too long\n")
		return
	case err != nil:
		return // gone before it said anything
	case command != "SEND":
		io.WriteString(conn, "ERR unknown command\n")
		return
	}

	n, err := s.store(conn, r)
	if err != nil {
		log.Info("file not stored", "error", err)
		io.WriteString(conn, "ERR "+err.Error()+"\n")
		return
	}
	log.Info("file stored", "bytes", n)
	io.WriteString(conn, fmt.Sprintf("OK %d\n", n))
}

func (s *Server) store(conn net.Conn, file io.Reader) (int64, error) {
	io.WriteString(conn, "READY\n")
	var data []byte
	for {
		n, err := file.Read(s.buf[:])
		data = append(data, s.buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.Open()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(data)
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	return int64(n), err
}

// readLine reads one line and returns it without its ending, which is \n or \r\n.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errTooLong
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
	if len(text) > maxLine {
		return "", errTooLong
	}
	return text, nil
}
