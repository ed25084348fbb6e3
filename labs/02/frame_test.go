package serial_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"lockstep/harness/labtest"
	serial "lockstep/labs/02"
)

var errBroken = errors.New("the cable is broken")

// A broken writer takes so many bytes, and then fails.
type broken int

func (b *broken) Write(p []byte) (int, error) {
	n := min(len(p), int(*b))
	if *b -= broken(n); n < len(p) {
		return n, errBroken
	}
	return n, nil
}

func TestFramesAreWritten(t *testing.T) {
	labtest.Check(t)
	for _, msg := range []string{"", "x", "hello\n", strings.Repeat("z", 171), strings.Repeat("a", 4096)} {
		var b bytes.Buffer
		if err := serial.WriteFrame(&b, []byte(msg)); err != nil {
			t.Fatalf("WriteFrame of a message of %d bytes: %v", len(msg), err)
		}
		if got, want := b.String(), frame(msg); got != want {
			due, wrote := labtest.Apart(want, got)
			t.Fatalf("WriteFrame of a message of %d bytes should write %s, and wrote %s", len(msg), due, wrote)
		}
	}
	for _, room := range []broken{0, 4, 8, 10} {
		left := room
		if err := serial.WriteFrame(&left, []byte("hello")); !errors.Is(err, errBroken) {
			t.Fatalf("the writer failed after %d of 13 bytes, and WriteFrame returned %v: return the writer's error, or nobody knows that the message is lost", room, err)
		}
	}
}

func TestFramesArriveInPieces(t *testing.T) {
	labtest.Check(t)
	var messages []string
	var stream strings.Builder
	for _, size := range []int{5, 0, 1, 7, 8, 9, 4095, 4096, 4097, 100_000, 0} {
		messages = append(messages, strings.Repeat(strconv.Itoa(size%10), size))
		stream.WriteString(frame(messages[len(messages)-1]))
	}
	messages = append(messages, "upper case")
	stream.WriteString("0000000Aupper case")

	for nr, r := range []struct {
		gives string
		io.Reader
	}{
		{"all that it is asked for", strings.NewReader(stream.String())},
		{"one byte at a time", iotest.OneByteReader(strings.NewReader(stream.String()))},
		{"half of what it is asked for", iotest.HalfReader(strings.NewReader(stream.String()))},
		{"io.EOF together with the last bytes", iotest.DataErrReader(strings.NewReader(stream.String()))},
	} {
		for i, want := range messages {
			what := fmt.Sprintf("ReadFrame of message %d of %d, which has %d bytes, from a reader that gives %s", i+1, len(messages), len(want), r.gives)
			got, err := serial.ReadFrame(r, 1<<20)
			if err != nil && nr == 0 && i > 0 {
				t.Fatalf("%s: %v\nthe messages before it were read well: did one of these calls take bytes that belong to the next message?", what, err)
			} else if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			requireSame(t, want, string(got), what)
		}
		if _, err := serial.ReadFrame(r, 1<<20); !errors.Is(err, io.EOF) {
			t.Fatalf("behind the last of %d messages ReadFrame should return io.EOF, and returned %v, from a reader that gives %s", len(messages), err, r.gives)
		}
	}
	msg, err := serial.ReadFrame(iotest.DataErrReader(strings.NewReader(frame(""))), 1<<20)
	if err != nil || len(msg) > 0 {
		t.Fatalf("the reader gives the frame of an empty message and io.EOF together: ReadFrame should return it, and returned %q and the error %v", msg, err)
	}
}

func TestCutFrames(t *testing.T) {
	labtest.Check(t)
	const whole = "00000005hello"
	for n := 1; n < len(whole); n++ {
		for _, r := range []io.Reader{strings.NewReader(whole[:n]), iotest.DataErrReader(strings.NewReader(whole[:n]))} {
			msg, err := serial.ReadFrame(r, 100)
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%q is the beginning of the frame %q, and then the connection ends: ReadFrame should return io.ErrUnexpectedEOF, and returned %q and the error %v\n"+
					"io.EOF is for an end between two frames, and no error is for a message that is whole", whole[:n], whole, msg, err)
			}
		}
	}
	for _, n := range []int{0, 4, 8, 10} {
		msg, err := serial.ReadFrame(io.MultiReader(strings.NewReader(whole[:n]), iotest.ErrReader(errBroken)), 100)
		if !errors.Is(err, errBroken) {
			t.Fatalf("the reader gives %q and then the error %q: ReadFrame should return that error, and returned %q and the error %v", whole[:n], errBroken, msg, err)
		}
	}
}

func TestBadHeaders(t *testing.T) {
	labtest.Check(t)
	for _, header := range []string{"hello, w", "0000000g", "       5", "5       ", "0x000005", "0000_005", "+0000005", "-0000005", "5\r\nhello", "0000000\x00"} {
		msg, err := serial.ReadFrame(strings.NewReader(header+"hello"), 100)
		if !errors.Is(err, serial.ErrHeader) {
			t.Fatalf("ReadFrame of a frame that begins with %q should return ErrHeader, and returned %q and the error %v\n"+
				"0 to 9, a to f and A to F are hex digits, and nothing else is", header, msg, err)
		}
	}
}

func TestTooLargeFrames(t *testing.T) {
	labtest.Check(t)
	for _, c := range []struct {
		header string
		max    int
		ok     bool
	}{
		{"000003e8", 1000, true},
		{"000003e9", 1000, false},
		{"04000000", 1000, false}, // 64 MiB
		{"7fffffff", 1 << 20, false},
		{"80000000", 1 << 20, false},
		{"ffffffff", 1 << 20, false},
		{"00000001", 0, false},
		{"00000000", 0, true},
	} {
		const body = 1000
		what := fmt.Sprintf("ReadFrame of a frame that begins with %s, when max is %d,", c.header, c.max)
		r := strings.NewReader(c.header + strings.Repeat("x", body))
		before := allocated()
		_, err := serial.ReadFrame(r, c.max)
		took := allocated() - before
		switch {
		case c.ok && err != nil:
			t.Fatalf("%s returned the error %v; max itself is not too large", what, err)
		case c.ok:
		case !errors.Is(err, serial.ErrTooLarge):
			t.Fatalf("%s should return ErrTooLarge, and returned the error %v", what, err)
		case took > 1<<20:
			t.Fatalf("%s allocated %d MiB before it returned ErrTooLarge: look at the length first", what, took>>20)
		case r.Len() != body:
			t.Fatalf("%s has read %d bytes behind the header: what it refuses, it does not read", what, body-r.Len())
		}
	}
}

// allocated returns how many bytes this process has allocated, ever.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
