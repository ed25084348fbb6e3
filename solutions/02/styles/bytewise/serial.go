// Package serial, another right answer: no buffer at all. Lines are read off the connection byte by
// byte, as the lecture's helper does, which is slow, and can never take a byte that belongs to the
// frame. Frames are read by a loop of its own.
package serial

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
)

var ErrHeader = errors.New("no frame")
var ErrTooLarge = errors.New("frame too large")

func WriteFrame(w io.Writer, msg []byte) error {
	length := binary.BigEndian.AppendUint32(nil, uint32(len(msg)))
	for _, part := range [][]byte{hex.AppendEncode(nil, length), msg} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func ReadFrame(r io.Reader, max int) ([]byte, error) {
	digits, err := receive(r, 8)
	if len(digits) == 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	length, err := hex.DecodeString(string(digits))
	if err != nil {
		return nil, ErrHeader
	}
	n := int64(binary.BigEndian.Uint32(length))
	if n > int64(max) {
		return nil, ErrTooLarge
	}
	return receive(r, int(n))
}

// receive reads exactly n bytes. With an error it returns those that came.
func receive(r io.Reader, n int) ([]byte, error) {
	data := make([]byte, 0, n)
	for len(data) < n {
		got, err := r.Read(data[len(data):n])
		data = data[:len(data)+got]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil && len(data) < n {
			return data, err
		}
	}
	return data, nil
}

func Serve(ln net.Listener, root *os.Root) error {
	conn, err := ln.Accept()
	for ; err == nil; conn, err = ln.Accept() {
		for handle(conn, root) {
		}
		conn.Close()
	}
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return err
}

// handle answers one request and tells whether there may be another.
func handle(conn net.Conn, root *os.Root) bool {
	say := func(text string) bool {
		_, err := io.WriteString(conn, text+"\n")
		return err == nil
	}
	line, ok := readLine(conn)
	if !ok {
		if line != "" {
			say("ERR line too long")
		}
		return false
	}
	verb, name, _ := strings.Cut(line, " ")
	bad := name == "" || strings.HasPrefix(name, ".") || strings.Contains(name, "/") || strings.Contains(name, `\`)
	switch {
	case line == "LIST":
		dir, err := root.Open(".")
		if err != nil {
			return say("ERR " + err.Error())
		}
		entries, err := dir.ReadDir(-1)
		dir.Close()
		if err != nil {
			return say("ERR " + err.Error())
		}
		var names []string
		for _, e := range entries {
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
				names = append(names, e.Name()+"\n")
			}
		}
		slices.Sort(names)
		return say("OK") && WriteFrame(conn, []byte(strings.Join(names, ""))) == nil

	case verb == "GET" && !bad:
		data, err := root.ReadFile(name)
		if err == nil && len(data) > 1<<20 {
			err = ErrTooLarge
		}
		if err != nil {
			return say("ERR " + err.Error())
		}
		return say("OK") && WriteFrame(conn, data) == nil

	case verb == "PUT":
		data, err := ReadFrame(conn, 1<<20)
		if err != nil {
			say("ERR " + err.Error())
			return false
		}
		if bad {
			return say("ERR bad name " + strconv.Quote(name))
		}
		part := "." + name + ".part"
		if err = root.WriteFile(part, data, 0o600); err == nil {
			err = root.Rename(part, name)
		}
		if err != nil {
			root.RemoveAll(part)
			return say("ERR " + err.Error())
		}
		return say("OK " + strconv.Itoa(len(data)))
	}
	return say("ERR what?")
}

// readLine returns false when there is no line, with "" if it is because the client has left.
func readLine(conn net.Conn) (string, bool) {
	var line []byte
	for {
		b, err := receive(conn, 1)
		if err != nil {
			return "", false
		}
		if b[0] == '\n' {
			line = bytes.TrimSuffix(line, []byte("\r"))
			return string(line), len(line) <= 4096
		}
		if line = append(line, b[0]); len(line) > 4097 {
			return string(line), false
		}
	}
}
