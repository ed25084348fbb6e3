package serial_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lockstep/harness/labtest"
	serial "lockstep/labs/02"
)

// TestDrawnFrames reads streams that nobody wrote: frames of any length, in pieces of any size, which may be wrong, too large, cut off or broken.
func TestDrawnFrames(t *testing.T) {
	labtest.Check(t)
	for i := range 1000 {
		drawn.Example(i).requireRead(t)
	}
	for i := range 100 {
		msg := messages.Example(i)
		var all bytes.Buffer
		if err := serial.WriteFrame(&all, []byte(msg)); err != nil || all.String() != frame(msg) {
			due, wrote := labtest.Apart(frame(msg), all.String())
			t.Fatalf("WriteFrame of a message of %d bytes should write %s, and wrote %s and returned %v", len(msg), due, wrote, err)
		}
		room := broken(i % (len(msg) + 8))
		if err := serial.WriteFrame(&room, []byte(msg)); !errors.Is(err, errBroken) {
			t.Fatalf("the writer failed after %d of %d bytes, and WriteFrame returned %v", i%(len(msg)+8), len(msg)+8, err)
		}
	}
}

// A stream is what a reader gives.
type stream struct {
	data   string
	pieces []int // how much at a time, again and again
	end    error
	with   bool // the end comes together with the last bytes
	max    int  // that ReadFrame takes

	given, next int
}

func (s *stream) Read(p []byte) (int, error) {
	n := copy(p, s.data[s.given:min(len(s.data), s.given+s.pieces[s.next%len(s.pieces)])])
	s.given, s.next = s.given+n, s.next+1
	if s.given == len(s.data) && (n == 0 || s.with) && len(p) > 0 {
		return n, s.end
	}
	return n, nil
}

func (s stream) String() string {
	text := strconv.Quote(s.data)
	if len(text) > 60 {
		text = fmt.Sprintf("%.30s ... %s", text, text[len(text)-20:])
	}
	together := ""
	if s.with {
		together = ", together with the last bytes"
	}
	return fmt.Sprintf("a reader that gives %s (%d bytes) in pieces of %v, and then %q%s, and max %d", text, len(s.data), s.pieces, s.end, together, s.max)
}

// requireRead requires that ReadFrame reads one frame after the other, up to the first that it cannot.
func (s stream) requireRead(t *testing.T) {
	t.Helper()
	what := s.String()
	for number := 1; ; number++ {
		rest := s.data[s.given:]
		msg, behind, want := s.expect(rest)
		got, err := serial.ReadFrame(&s, s.max)
		read := len(rest) - (len(s.data) - s.given)
		switch {
		case !errors.Is(err, want) && !(want == io.ErrUnexpectedEOF && errors.Is(err, serial.ErrHeader) && !hex(rest)):
			t.Fatalf("ReadFrame number %d should return %v, and returned %v\nfrom %s", number, outcome(want), outcome(err), what)
		case want == nil && string(got) != msg:
			due, read := labtest.Apart(msg, string(got))
			t.Fatalf("ReadFrame number %d should return %s, and returned %s\nfrom %s", number, due, read, what)
		case behind >= 0 && read != behind:
			t.Fatalf("ReadFrame number %d should read %d bytes, and read %d: what is behind them is not its own\nfrom %s", number, behind, read, what)
		case want != nil:
			return
		}
	}
}

// expect is what comes of the next frame: a message, and how much is read for it, -1 if that is left open, or an error.
func (s stream) expect(rest string) (msg string, read int, err error) {
	cut := s.end
	if len(rest) > 0 && cut == io.EOF {
		cut = io.ErrUnexpectedEOF
	}
	if len(rest) < 8 {
		return "", -1, cut
	}
	n, bad := strconv.ParseUint(rest[:8], 16, 32)
	switch {
	case bad != nil:
		return "", -1, serial.ErrHeader
	case n > uint64(s.max):
		return "", 8, serial.ErrTooLarge
	case len(rest) < 8+int(n):
		return "", -1, cut
	}
	return rest[8 : 8+n], 8 + int(n), nil
}

// hex tells whether the beginning of a frame may be one.
func hex(header string) bool {
	return strings.Trim(header[:min(8, len(header))], "0123456789abcdefABCDEF") == ""
}

func outcome(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("the error %q", err)
}

var messages = rapid.Custom(func(t *rapid.T) string {
	if rapid.Bool().Draw(t, "bytes") {
		return string(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "any"))
	}
	size := rapid.SampledFrom([]int{0, 1, 15, 16, 255, 256, 1000, 4088, 4095, 4096, 4097, 9000, 65535, 65536}).Draw(t, "size")
	return strings.Repeat(rapid.SampledFrom([]string{"x", "0", "\n", "00000005hello"}).Draw(t, "of"), size)[:size]
})

var drawn = rapid.Custom(func(t *rapid.T) stream {
	s := stream{
		pieces: rapid.SliceOfN(rapid.SampledFrom([]int{1, 1, 2, 3, 7, 8, 9, 100, 512, 4096, 1 << 20}), 1, 4).Draw(t, "pieces"),
		end:    rapid.SampledFrom([]error{io.EOF, io.EOF, errBroken}).Draw(t, "end"),
		max:    rapid.SampledFrom([]int{0, 1, 16, 1000, 4096, 1 << 20, 1 << 20, 1 << 20, 1 << 20}).Draw(t, "max"),
	}
	for _, msg := range rapid.SliceOfN(messages, 1, 4).Draw(t, "messages") {
		text := frame(msg)
		if rapid.Bool().Draw(t, "upper case") {
			text = strings.ToUpper(text[:8]) + text[8:]
		}
		s.data += text
	}
	switch rapid.SampledFrom([]string{"", "", "cut", "cut", "header"}).Draw(t, "then") {
	case "cut":
		s.data = s.data[:rapid.SampledFrom([]int{len(s.data) - 1, len(s.data) / 2, min(8, len(s.data)), min(3, len(s.data)), 0}).Draw(t, "at")]
	case "header":
		s.data += rapid.SampledFrom([]string{"+0000001", "-0000001", "0x000001", " 0000001", "0000001 ", "0000_001", "0000000g", "1\n000000", "\x00\x00\x00\x01aaaa", "0000001\n",
			"ffffffff", "80000000", "00100001", "7fffffff", "١٢٣٤"}).Draw(t, "header") + "xxxxxxxx"
	}
	s.with = s.end == io.EOF && len(s.data) > 0 && rapid.Bool().Draw(t, "together")
	return s
})
