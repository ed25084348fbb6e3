package norace_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/norace"
)

type point struct{ x, y int }

// A broken one cannot be printed: its methods use what a nil pointer does not have.
type broken struct{ text string }

func (b *broken) Error() string { return b.text }

// A fragile one cannot be printed either.
type fragile struct{}

func (fragile) String() string { panic("no string") }

// A valuer logs as whatever it returns.
type valuer func() slog.Value

func (v valuer) LogValue() slog.Value { return v() }

func TestLogHandlerWritesALinePerRecord(t *testing.T) {
	for _, c := range []struct {
		what, want string
		log        func(l *slog.Logger)
	}{
		{"message", "client 1 is here", func(l *slog.Logger) { l.Info("client 1 is here") }},
		{"no message", "", func(l *slog.Logger) { l.Info("") }},
		{"message of two lines", `"two\nlines" n=1`, func(l *slog.Logger) { l.Info("two\nlines", "n", 1) }},
		{"any level", "m", func(l *slog.Logger) { l.Debug("m") }},
		{"numbers", "m i=-1 u=2 f=1.5 b=true", func(l *slog.Logger) { l.Info("m", "i", -1, "u", uint8(2), "f", 1.5, "b", true) }},
		{"duration", "m took=1.5s", func(l *slog.Logger) { l.Info("m", "took", 1500*time.Millisecond) }},
		{"time", `m at="1970-01-01 00:00:01 +0000 UTC"`, func(l *slog.Logger) { l.Info("m", "at", time.Unix(1, 0).UTC()) }},
		{"plain text", "m s=grün/7", func(l *slog.Logger) { l.Info("m", "s", "grün/7") }},
		{"text with a space", `m s="two words"`, func(l *slog.Logger) { l.Info("m", "s", "two words") }},
		{"text with a quote", `m s="\"hi\""`, func(l *slog.Logger) { l.Info("m", "s", `"hi"`) }},
		{"text with an equals sign", `m s="a=b"`, func(l *slog.Logger) { l.Info("m", "s", "a=b") }},
		{"text of two lines", `m s="a\nb"`, func(l *slog.Logger) { l.Info("m", "s", "a\nb") }},
		{"empty text", `m s=""`, func(l *slog.Logger) { l.Info("m", "s", "") }},
		{"bytes", `m line="SEND\r\n"`, func(l *slog.Logger) { l.Info("m", "line", []byte("SEND\r\n")) }},
		{"error", `m err="file already closed"`, func(l *slog.Logger) { l.Info("m", "err", errors.New("file already closed")) }},
		{"Stringer", "m from=127.0.0.1:7005", func(l *slog.Logger) {
			l.Info("m", "from", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7005})
		}},
		{"neither", "m at=(norace_test.point)", func(l *slog.Logger) { l.Info("m", "at", point{1, 2}) }},
		{"nil", "m err=<nil>", func(l *slog.Logger) { l.Info("m", "err", nil) }},
		{"nil error", "m err=<nil>", func(l *slog.Logger) { l.Info("m", "err", error(nil)) }},
		{"nil pointer that is an error", "m err=<nil>", func(l *slog.Logger) { l.Info("m", "err", (*broken)(nil)) }},
		{"String that panics", "m s=!PANIC", func(l *slog.Logger) { l.Info("m", "s", fragile{}) }},
		{"LogValuer", "m v=7", func(l *slog.Logger) {
			l.Info("m", "v", valuer(func() slog.Value { return slog.IntValue(7) }))
		}},
		{"LogValuer of a group", "m v.x=1 v.y=2", func(l *slog.Logger) {
			l.Info("m", "v", valuer(func() slog.Value { return slog.GroupValue(slog.Int("x", 1), slog.Int("y", 2)) }))
		}},
		{"no value", "m !BADKEY=lonely", func(l *slog.Logger) { l.Info("m", []any{"lonely"}...) }},
		{"zero Attr", "m n=1", func(l *slog.Logger) { l.Info("m", slog.Attr{}, "n", 1) }},
		{"group", "m at.x=1 at.y=2", func(l *slog.Logger) { l.Info("m", slog.Group("at", "x", 1, "y", 2)) }},
		{"group in a group", "m a.b.n=1", func(l *slog.Logger) { l.Info("m", slog.Group("a", slog.Group("b", "n", 1))) }},
		{"group without a name", "m n=1", func(l *slog.Logger) { l.Info("m", slog.Group("", "n", 1)) }},
		{"empty group", "m", func(l *slog.Logger) { l.Info("m", slog.Group("a")) }},
		{"With", `m client="client 1" n=1`, func(l *slog.Logger) { l.With("client", "client 1").Info("m", "n", 1) }},
		{"WithGroup", "m g.n=1", func(l *slog.Logger) { l.WithGroup("g").Info("m", "n", 1) }},
		{"WithGroup between With", "m a=1 g.b=2 g.h.c=3 g.h.d=4", func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With("c", 3).Info("m", "d", 4)
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			var out bytes.Buffer
			c.log(slog.New(norace.NewLogHandler(&out)))
			assert.Equal(t, c.want+"\n", out.String())
		})
	}
}

func TestLoggersMadeOfOneDoNotMeddle(t *testing.T) {
	var out bytes.Buffer
	parent := slog.New(norace.NewLogHandler(&out)).With("a", 1)
	first, second := parent.With("b", 2), parent.WithGroup("g").With("c", 3)
	first.Info("first")
	second.Info("second")
	parent.Info("parent")
	assert.Equal(t, "first a=1 b=2\nsecond a=1 g.c=3\nparent a=1\n", out.String())
}

// A writer remembers how often it was called, and fails.
type writer struct{ calls int }

func (w *writer) Write(p []byte) (int, error) {
	w.calls++
	return 0, io.ErrClosedPipe
}

func TestLogHandlerWritesOnceAndReturnsTheError(t *testing.T) {
	w := new(writer)
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "message", 0)
	r.AddAttrs(slog.String("long", string(bytes.Repeat([]byte("x"), 5000))))
	err := norace.NewLogHandler(w).Handle(t.Context(), r)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	assert.Equal(t, 1, w.calls)
}
