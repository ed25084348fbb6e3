// Package serial, a wrong answer: each request starts a goroutine that hangs up if the next request
// takes too long. They end when the client leaves, all at once.
//
// Caught by TestNothingStaysOpen: the goroutines grow with each request.
package serial

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxLine = 4096    // the longest line that a client may send, in bytes, without its ending
	maxFile = 1 << 20 // the largest file that the server takes or gives, in bytes
)

var (
	// ErrHeader is what ReadFrame returns when a frame does not begin with 8 hex digits.
	ErrHeader = errors.New("a frame begins with 8 hex digits")
	// ErrTooLarge is what ReadFrame returns when a frame announces more bytes than its caller takes.
	ErrTooLarge = errors.New("too large")

	errLine = errors.New("line too long")
	errName = errors.New("bad name")
)

// WriteFrame writes one message to w: its length as 8 hex digits, then its bytes.
func WriteFrame(w io.Writer, msg []byte) error {
	if uint64(len(msg)) > 0xffffffff {
		return ErrTooLarge
	}
	if _, err := fmt.Fprintf(w, "%08x", len(msg)); err != nil {
		return err
	}
	_, err := w.Write(msg)
	return err
}

// ReadFrame reads one message of at most max bytes from r, and nothing behind it. The error is
// io.EOF only between two frames.
func ReadFrame(r io.Reader, max int) ([]byte, error) {
	header := make([]byte, 8)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err // io.EOF before the first byte, io.ErrUnexpectedEOF behind it
	}
	n, err := strconv.ParseUint(string(header), 16, 32)
	if err != nil {
		return nil, fmt.Errorf("%w, not with %q", ErrHeader, header)
	}
	if n > uint64(max) {
		return nil, ErrTooLarge
	}
	msg := make([]byte, n)
	if _, err := io.ReadFull(r, msg); errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF // the header was there, so this is no end between frames
	} else if err != nil {
		return nil, err
	}
	return msg, nil
}

// Serve serves the files in root to the clients that connect to ln, one after another, until ln is
// closed.
func Serve(ln net.Listener, root *os.Root) error {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		serve(conn, root) // and so the next client waits
	}
}

// serve answers one client until it leaves, or until nobody can tell where its next request begins.
func serve(conn net.Conn, root *os.Root) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, maxLine+len("\r\n")) // for lines and frames alike: it reads ahead
	left := make(chan struct{})
	var watchers sync.WaitGroup
	defer watchers.Wait()
	defer close(left)
	for {
		watchers.Go(func() { hangUp(conn, left) })
		line, data, err := readRequest(r)
		switch {
		case errors.Is(err, errLine), errors.Is(err, ErrHeader), errors.Is(err, ErrTooLarge):
			fmt.Fprintf(conn, "ERR %v\n", err)
			return
		case err != nil:
			return // the client has left, at a good moment or at a bad one
		}
		reply, err := answer(root, line, data)
		if err != nil {
			reply = fmt.Appendf(nil, "ERR %v\n", err)
		}
		if _, err := conn.Write(reply); err != nil {
			return
		}
	}
}

// hangUp closes the connection of a client that says nothing for an hour.
func hangUp(conn net.Conn, left <-chan struct{}) {
	select {
	case <-time.After(time.Hour):
		conn.Close()
	case <-left:
	}
}

// readRequest reads a line, and the frame that follows a PUT, whatever will become of it: behind it
// is the next request.
func readRequest(r *bufio.Reader) (line string, data []byte, err error) {
	line, err = readLine(r)
	if err == nil && strings.HasPrefix(line, "PUT ") {
		data, err = ReadFrame(r, maxFile)
	}
	return line, data, err
}

// answer does what a request asks for and returns the reply, unless that is an error.
func answer(root *os.Root, line string, data []byte) ([]byte, error) {
	verb, name, _ := strings.Cut(line, " ")
	switch {
	case line == "LIST":
		names, err := list(root)
		return framed(names), err
	case verb == "GET" && plain(name):
		data, err := load(root, name)
		return framed(data), err
	case verb == "PUT" && plain(name):
		return fmt.Appendf(nil, "OK %d\n", len(data)), store(root, name, data)
	case verb == "GET" || verb == "PUT":
		return nil, errName
	}
	return nil, errors.New("unknown request")
}

// framed is the reply that carries data.
func framed(data []byte) []byte {
	reply := bytes.NewBufferString("OK\n")
	WriteFrame(reply, data) // to memory, and so without an error
	return reply.Bytes()
}

// plain tells whether name is a file in the folder itself. Names that begin with a dot are the
// server's own.
func plain(name string) bool {
	return name != "" && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, `/\`)
}

// list returns the names of the files, a line each.
func list(root *os.Root) ([]byte, error) {
	entries, err := fs.ReadDir(root.FS(), ".") // sorted
	var names []byte
	for _, e := range entries {
		if e.Type().IsRegular() && plain(e.Name()) {
			names = append(names, e.Name()+"\n"...)
		}
	}
	return names, err
}

// load reads a file.
func load(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(data) > maxFile {
		return nil, ErrTooLarge
	}
	return data, err
}

// store makes data the contents of a file, all at once or not at all.
func store(root *os.Root, name string, data []byte) error {
	const temporary = ".incoming" // one is enough: there is one client
	err := root.WriteFile(temporary, data, 0o644)
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		root.Remove(temporary)
	}
	return err
}

// readLine reads one line and returns it without its ending, which is \n or \r\n.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errLine
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
	if len(text) > maxLine {
		return "", errLine
	}
	return text, nil
}
