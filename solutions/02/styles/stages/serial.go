// Package serial, another right answer: one goroutine reads a client's requests, another answers
// them, and a channel is between. There is still one client at a time: Serve waits for both.
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
	"path"
	"strings"
	"sync"
)

const maxFile = 1 << 20

var (
	ErrHeader   = errors.New("bad frame header")
	ErrTooLarge = errors.New("the frame is too large")
)

func WriteFrame(w io.Writer, msg []byte) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%08x", len(msg))
	b.Write(msg)
	return b.Flush()
}

func ReadFrame(r io.Reader, max int) ([]byte, error) {
	var header bytes.Buffer
	if n, err := io.CopyN(&header, r, 8); err == io.EOF && n > 0 {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	length := uint64(0)
	for _, c := range header.Bytes() {
		digit := strings.IndexByte("0123456789abcdef", c|' ')
		if c < '0' || digit < 0 {
			return nil, ErrHeader
		}
		length = length*16 + uint64(digit)
	}
	if length > uint64(max) {
		return nil, ErrTooLarge
	}
	var msg bytes.Buffer
	if _, err := io.CopyN(&msg, r, int64(length)); err == io.EOF {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	return msg.Bytes(), nil
}

// A request is one that a client has sent whole, or the reason why there will be no more of them.
type request struct {
	verb, name string
	data       []byte
	err        error
}

func Serve(ln net.Listener, root *os.Root) error {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		} else if err != nil {
			return err
		}
		requests := make(chan request, 1)
		var stages sync.WaitGroup
		stages.Go(func() { read(conn, requests) })         // ends with the connection
		stages.Go(func() { answer(conn, root, requests) }) // ends with the channel
		stages.Wait()
	}
}

// read sends a client's requests to the channel and closes it.
func read(conn net.Conn, requests chan<- request) {
	defer close(requests)
	in := bufio.NewReaderSize(conn, 4096+len("\r\n")) // so that a line that is too long fills it
	for {
		var q request
		if q.verb, q.err = readLine(in); q.err == nil {
			q.verb, q.name, _ = strings.Cut(q.verb, " ")
			if q.verb == "PUT" {
				q.data, q.err = ReadFrame(in, maxFile)
			}
		}
		requests <- q
		if q.err != nil {
			return
		}
	}
}

// answer answers what comes through the channel, and hangs up.
func answer(conn net.Conn, root *os.Root, requests <-chan request) {
	verbs := map[string]func(*os.Root, request) ([]byte, error){"GET": get, "PUT": put, "LIST": list}
	for q := range requests {
		reply, err := []byte(nil), q.err
		if errors.Is(err, io.EOF) {
			continue // nothing to say to somebody who has nothing to ask
		}
		if do := verbs[q.verb]; err == nil && do != nil {
			reply, err = do(root, q)
		} else if err == nil {
			err = errors.New("no such request: " + q.verb)
		}
		if err != nil {
			reply = []byte("ERR " + err.Error() + "\n")
		}
		conn.Write(reply) // fails when the client has left, and then the reader ends
	}
	conn.Close()
}

func get(root *os.Root, q request) ([]byte, error) {
	if err := allowed(q.name); err != nil {
		return nil, err
	}
	info, err := root.Stat(q.name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > maxFile {
		return nil, errors.New(q.name + " is no file, or too large")
	}
	data, err := root.ReadFile(q.name)
	return reply(data), err
}

func put(root *os.Root, q request) ([]byte, error) {
	if err := allowed(q.name); err != nil {
		return nil, err
	}
	f, err := root.OpenFile(".new", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(q.data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = root.Rename(".new", q.name)
	}
	if err != nil {
		root.Remove(".new")
		return nil, err
	}
	return fmt.Appendf(nil, "OK %d\n", len(q.data)), nil
}

func list(root *os.Root, q request) ([]byte, error) {
	if q.name != "" {
		return nil, errors.New("LIST takes no name")
	}
	names, err := fs.Glob(root.FS(), "[^.]*")
	if err != nil {
		return nil, err
	}
	var files bytes.Buffer
	for _, name := range names {
		if info, err := root.Lstat(name); err == nil && info.Mode().IsRegular() {
			files.WriteString(name + "\n")
		}
	}
	return reply(files.Bytes()), nil
}

func reply(data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("OK\n")
	WriteFrame(&b, data)
	return b.Bytes()
}

func allowed(name string) error {
	if name == "" || name[0] == '.' || path.Base(name) != name || strings.ContainsRune(name, '\\') {
		return errors.New("a name is that of a file in the folder")
	}
	return nil
}

// readLine reads a line of at most 4096 bytes, piece by piece.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		piece, err := in.ReadSlice('\n')
		line = append(line, piece...)
		text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		switch {
		case len(text) > 4096:
			return "", errors.New("line too long")
		case err == nil:
			return text, nil
		case err != bufio.ErrBufferFull:
			return "", err
		}
	}
}
