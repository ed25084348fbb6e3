package norace

import (
	"context"
	"io"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
)

// NewLogHandler returns a handler that writes one line per record, message first, in one call to
// w.Write that the race detector does not see. Package slog's own handlers share a mutex and a pool
// of buffers between all that log, which orders them: with a log line per step the detector misses
// the unlocked server of lab 04 in every run.
func NewLogHandler(w io.Writer) slog.Handler { return &logHandler{w: w} }

type logHandler struct {
	w      io.Writer
	prefix string // open groups, "a.b."
	attrs  string // from WithAttrs, ready to print
}

func (h *logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	line := make([]byte, 0, 256)
	if strings.ContainsAny(r.Message, "\r\n") {
		line = strconv.AppendQuote(line, r.Message)
	} else {
		line = append(line, r.Message...)
	}
	line = append(line, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		line = appendAttr(line, h.prefix, a)
		return true
	})
	line = append(line, '\n')
	Begin()
	_, err := h.w.Write(line)
	End()
	return err
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	text := []byte(h.attrs)
	for _, a := range attrs {
		text = appendAttr(text, h.prefix, a)
	}
	return &logHandler{w: h.w, prefix: h.prefix, attrs: string(text)}
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{w: h.w, prefix: h.prefix + name + ".", attrs: h.attrs}
}

// appendAttr does without package fmt, whose pool of printers orders those who print.
func appendAttr(line []byte, prefix string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if a.Equal(slog.Attr{}) {
		return line // as package slog asks of handlers
	}
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range v.Group() {
			line = appendAttr(line, prefix, member)
		}
		return line
	}
	line = append(line, ' ')
	line = append(line, prefix...)
	line = append(line, a.Key...)
	line = append(line, '=')
	text := valueText(v)
	if needsQuotes(text) {
		return strconv.AppendQuote(line, text)
	}
	return append(line, text...)
}

func valueText(v slog.Value) (text string) {
	if v.Kind() != slog.KindAny {
		return v.String()
	}
	defer func() { // a log line costs nobody the server, here as in package slog
		if recover() == nil {
			return
		}
		text = "!PANIC"
		if p := reflect.ValueOf(v.Any()); p.Kind() == reflect.Pointer && p.IsNil() {
			text = "<nil>"
		}
	}()
	switch x := v.Any().(type) {
	case nil:
		return "<nil>"
	case error:
		return x.Error()
	case interface{ String() string }:
		return x.String()
	case []byte:
		return string(x)
	}
	return "(" + reflect.TypeOf(v.Any()).String() + ")"
}

func needsQuotes(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == '"' || r == '=' {
			return true
		}
	}
	return s == ""
}
