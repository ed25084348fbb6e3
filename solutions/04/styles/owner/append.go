// Package appendlog, another right answer: one goroutine owns the log. Handlers hand it whole files
// through a channel, and it answers each over a channel of the request's own: nothing is shared, and
// nothing is locked.
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
}

// Serve serves every client that connects to ln in a goroutine of its own. Once ln is closed it
// lets the connected clients finish and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	files := make(chan request)
	var owner, clients sync.WaitGroup
	owner.Go(func() { s.own(files) }) // ends when files is closed
	defer func() {
		clients.Wait()
		close(files)
		owner.Wait()
	}()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		log := log.With("client", conn.RemoteAddr())
		clients.Go(func() { s.handle(conn, log, files) }) // ends when the client has its answer, or is gone
	}
}

// handle serves one client: SEND, then the bytes of a file, then the answer.
func (s *Server) handle(conn net.Conn, log *slog.Logger, files chan<- request) {
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

	n, err := s.store(conn, r, files)
	if err != nil {
		log.Info("file not stored", "error", err)
		io.WriteString(conn, "ERR "+err.Error()+"\n")
		return
	}
	log.Info("file stored", "bytes", n)
	io.WriteString(conn, fmt.Sprintf("OK %d\n", n))
}

func (s *Server) store(conn net.Conn, file io.Reader, files chan<- request) (int64, error) {
	io.WriteString(conn, "READY\n")
	data, err := io.ReadAll(file)
	if err != nil {
		return 0, err
	}
	r := request{data: data, stored: make(chan error, 1)}
	files <- r
	return int64(len(data)), <-r.stored
}

// A request is a file that waits for the log's owner.
type request struct {
	data   []byte
	stored chan error // gets the outcome
}

// own stores files until the channel is closed. Nobody else touches the log.
func (s *Server) own(files <-chan request) {
	for r := range files {
		r.stored <- s.append(r.data)
	}
}

func (s *Server) append(data []byte) error {
	w, err := s.Open()
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	return err
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
