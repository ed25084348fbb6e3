// Package appendlog is the reference of lab 04: many clients, one file.
//
// Each client's file is received into memory first, while nobody waits for it. Only then does its
// handler take the lock, for as long as the log itself needs: open, one write, close.
package appendlog

import (
	"bufio"
	"bytes"
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

	mu sync.Mutex // held from opening the log to having closed it, and never while a client is awaited
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

	// Nothing is shared yet: every client may send, however slowly.
	io.WriteString(conn, "READY\n")
	var file bytes.Buffer
	if _, err := file.ReadFrom(r); err != nil {
		log.Info("client left in the middle of its file", "error", err)
		return
	}
	if err := s.append(file.Bytes(), log); err != nil {
		log.Info("file not stored", "error", err)
		io.WriteString(conn, "ERR "+err.Error()+"\n")
		return
	}
	io.WriteString(conn, fmt.Sprintf("OK %d\n", file.Len()))
}

// append puts a whole file at the end of the log. When it returns nil the log is closed again.
func (s *Server) append(file []byte, log *slog.Logger) error {
	log.Info("wants the lock")
	s.mu.Lock()
	defer s.mu.Unlock() // on every way out
	log.Info("has the lock")

	w, err := s.Open()
	if err != nil {
		return err
	}
	_, err = w.Write(file)
	if closeErr := w.Close(); err == nil { // closed in any case
		err = closeErr
	}
	if err != nil {
		return err
	}
	log.Info("file stored, gives the lock back", "bytes", len(file))
	return nil
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
