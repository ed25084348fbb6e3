// Package serial, a wrong answer: a PUT is written to its file as it arrives, and the file removed
// when the client breaks off. The one that was there before is gone.
//
// Caught by TestBrokenOffPutLeavesNoFile: the old file.
package serial

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
)

const (
	maxLine = 4096
	maxFile = 1 << 20
)

var (
	ErrHeader   = errors.New("a frame begins with 8 hex digits")
	ErrTooLarge = errors.New("too large")

	errLine    = errors.New("line too long")
	errName    = errors.New("not the name of a file")
	errRequest = errors.New("GET, PUT or LIST")
)

func WriteFrame(w io.Writer, msg []byte) error {
	_, err := w.Write(append(header(int64(len(msg))), msg...))
	return err
}

func ReadFrame(r io.Reader, max int) ([]byte, error) {
	n, err := readHeader(r, max)
	if err != nil {
		return nil, err
	}
	msg := make([]byte, n)
	if _, err = io.ReadFull(r, msg); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return msg, err
}

func header(n int64) []byte { return fmt.Appendf(nil, "%08x", n) }

func readHeader(r io.Reader, max int) (int64, error) {
	var digits [8]byte
	if _, err := io.ReadFull(r, digits[:]); err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(digits[:]), 16, 32)
	switch {
	case err != nil:
		return 0, ErrHeader
	case int64(n) > int64(max):
		return 0, ErrTooLarge
	}
	return int64(n), nil
}

func Serve(ln net.Listener, root *os.Root) error {
	for {
		conn, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		c := &client{r: bufio.NewReaderSize(conn, maxLine+2), w: bufio.NewWriter(conn), root: root}
		for c.gone == nil {
			c.serve()
			c.w.Flush()
		}
		conn.Close()
	}
}

// A client is one connection.
type client struct {
	r    *bufio.Reader
	w    *bufio.Writer // keeps the first error, and returns it from Flush
	root *os.Root
	gone error // why nothing more can be read from it
}

// serve answers one request.
func (c *client) serve() {
	line, err := c.line()
	if errors.Is(err, errLine) {
		fmt.Fprintln(c.w, "ERR line too long")
	}
	if c.gone = err; err != nil {
		return
	}
	if name, ok := strings.CutPrefix(line, "GET "); ok {
		err = c.get(name)
	} else if name, ok := strings.CutPrefix(line, "PUT "); ok {
		err = c.put(name)
	} else if line == "LIST" {
		err = c.list()
	} else {
		err = errRequest
	}
	if err != nil {
		fmt.Fprintf(c.w, "ERR %v\n", err)
	}
}

func (c *client) get(name string) error {
	if !good(name) {
		return errName
	}
	f, err := c.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errName
	case info.Size() > maxFile:
		return ErrTooLarge
	}
	c.w.WriteString("OK\n")
	c.w.Write(header(info.Size()))
	_, c.gone = io.CopyN(c.w, f, info.Size()) // too late to say ERR
	return nil
}

func (c *client) put(name string) error {
	n, err := readHeader(c.r, maxFile)
	if err != nil {
		c.gone = err
		return err
	}
	err = errName
	if good(name) {
		err = c.store(name, n)
	} else {
		_, c.gone = io.CopyN(io.Discard, c.r, n)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.w, "OK %d\n", n)
	return nil
}

// store takes n bytes off the connection, in any case, and makes them the file.
func (c *client) store(name string, n int64) (err error) {
	defer func() {
		if err != nil {
			c.root.Remove(name)
		}
	}()
	f, err := c.root.Create(name)
	if err != nil {
		_, c.gone = io.CopyN(io.Discard, c.r, n)
		return err
	}
	in := &io.LimitedReader{R: c.r, N: n}
	_, err = io.Copy(f, in)
	if _, c.gone = io.CopyN(io.Discard, c.r, in.N); c.gone != nil { // what the disk did not take
		err = c.gone
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func (c *client) list() error {
	var names strings.Builder
	err := fs.WalkDir(c.root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || path == ".":
			return err
		case d.IsDir():
			return fs.SkipDir
		case good(path):
			fmt.Fprintln(&names, path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.w.WriteString("OK\n")
	return WriteFrame(c.w, []byte(names.String()))
}

func good(name string) bool {
	return name != "" && name[0] != '.' && !strings.ContainsAny(name, "/\\")
}

func (c *client) line() (string, error) {
	text, err := c.r.ReadSlice('\n')
	line, ended := strings.CutSuffix(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	switch {
	case errors.Is(err, bufio.ErrBufferFull), len(line) > maxLine:
		return "", errLine
	case !ended:
		return "", err
	}
	return line, nil
}
