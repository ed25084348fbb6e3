package startenv

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// A shared is a variable that a package of the standard library exports and others rely on: assigned to by
// anybody, it changes for all. The gate refuses the assignment; here it is put back and noticed.
type shared interface {
	name() string
	remember()
	restore()
	changed() bool
}

// exported are those of the packages that a submission may import, and on which a check could rely. Left out are the tables of
// package unicode and the byte orders of encoding/binary, on which no verdict rests.
var exported = []shared{
	value("bufio.ErrAdvanceTooFar", &bufio.ErrAdvanceTooFar),
	value("bufio.ErrBadReadCount", &bufio.ErrBadReadCount),
	value("bufio.ErrBufferFull", &bufio.ErrBufferFull),
	value("bufio.ErrFinalToken", &bufio.ErrFinalToken),
	value("bufio.ErrInvalidUnreadByte", &bufio.ErrInvalidUnreadByte),
	value("bufio.ErrInvalidUnreadRune", &bufio.ErrInvalidUnreadRune),
	value("bufio.ErrNegativeAdvance", &bufio.ErrNegativeAdvance),
	value("bufio.ErrNegativeCount", &bufio.ErrNegativeCount),
	value("bufio.ErrTooLong", &bufio.ErrTooLong),
	value("bytes.ErrTooLarge", &bytes.ErrTooLarge),
	value("context.Canceled", &context.Canceled),
	value("context.DeadlineExceeded", &context.DeadlineExceeded),
	value("encoding/hex.ErrLength", &hex.ErrLength),
	value("errors.ErrUnsupported", &errors.ErrUnsupported),
	value("io.Discard", &io.Discard),
	value("io.EOF", &io.EOF),
	value("io.ErrClosedPipe", &io.ErrClosedPipe),
	value("io.ErrNoProgress", &io.ErrNoProgress),
	value("io.ErrShortBuffer", &io.ErrShortBuffer),
	value("io.ErrShortWrite", &io.ErrShortWrite),
	value("io.ErrUnexpectedEOF", &io.ErrUnexpectedEOF),
	value("io/fs.ErrClosed", &fs.ErrClosed),
	value("io/fs.ErrExist", &fs.ErrExist),
	value("io/fs.ErrInvalid", &fs.ErrInvalid),
	value("io/fs.ErrNotExist", &fs.ErrNotExist),
	value("io/fs.ErrPermission", &fs.ErrPermission),
	value("io/fs.SkipAll", &fs.SkipAll),
	value("io/fs.SkipDir", &fs.SkipDir),
	value("net.DefaultResolver", &net.DefaultResolver),
	value("net.ErrClosed", &net.ErrClosed),
	value("net.ErrWriteToConnected", &net.ErrWriteToConnected),
	slice("net.IPv4allrouter", &net.IPv4allrouter),
	slice("net.IPv4allsys", &net.IPv4allsys),
	slice("net.IPv4bcast", &net.IPv4bcast),
	slice("net.IPv4zero", &net.IPv4zero),
	slice("net.IPv6interfacelocalallnodes", &net.IPv6interfacelocalallnodes),
	slice("net.IPv6linklocalallnodes", &net.IPv6linklocalallnodes),
	slice("net.IPv6linklocalallrouters", &net.IPv6linklocalallrouters),
	slice("net.IPv6loopback", &net.IPv6loopback),
	slice("net.IPv6unspecified", &net.IPv6unspecified),
	slice("net.IPv6zero", &net.IPv6zero),
	slice("os.Args", &os.Args),
	value("os.ErrClosed", &os.ErrClosed),
	value("os.ErrDeadlineExceeded", &os.ErrDeadlineExceeded),
	value("os.ErrExist", &os.ErrExist),
	value("os.ErrInvalid", &os.ErrInvalid),
	value("os.ErrNoDeadline", &os.ErrNoDeadline),
	value("os.ErrNoHandle", &os.ErrNoHandle),
	value("os.ErrNotExist", &os.ErrNotExist),
	value("os.ErrPermission", &os.ErrPermission),
	value("os.ErrProcessDone", &os.ErrProcessDone),
	value("os.Interrupt", &os.Interrupt),
	value("os.Kill", &os.Kill),
	value("os.Stderr", &os.Stderr),
	value("os.Stdin", &os.Stdin),
	value("os.Stdout", &os.Stdout),
	value("path.ErrBadPattern", &path.ErrBadPattern),
	value("path/filepath.ErrBadPattern", &filepath.ErrBadPattern),
	value("path/filepath.SkipAll", &filepath.SkipAll),
	value("path/filepath.SkipDir", &filepath.SkipDir),
	value("runtime.MemProfileRate", &runtime.MemProfileRate),
	value("strconv.ErrRange", &strconv.ErrRange),
	value("strconv.ErrSyntax", &strconv.ErrSyntax),
	value("time.Local", &time.Local),
	value("time.UTC", &time.UTC),
}

// remembered tells whether what is to be put back is known.
var remembered bool

func remember() {
	remembered = true
	for _, v := range exported {
		v.remember()
	}
}

// A variableOf is one that can be compared, of what was assigned to it.
type variableOf[T comparable] struct {
	called string
	at     *T
	was    T
}

func value[T comparable](name string, at *T) shared { return &variableOf[T]{called: name, at: at} }

func (v *variableOf[T]) name() string  { return v.called }
func (v *variableOf[T]) remember()     { v.was = *v.at }
func (v *variableOf[T]) changed() bool { return *v.at != v.was }

func (v *variableOf[T]) restore() {
	if v.changed() {
		*v.at = v.was
	}
}

// A sliceOf is one of which the elements count.
type sliceOf[S ~[]E, E comparable] struct {
	called string
	at     *S
	was    S
}

func slice[S ~[]E, E comparable](name string, at *S) shared {
	return &sliceOf[S, E]{called: name, at: at}
}

func (v *sliceOf[S, E]) name() string  { return v.called }
func (v *sliceOf[S, E]) remember()     { v.was = slices.Clone(*v.at) }
func (v *sliceOf[S, E]) changed() bool { return !slices.Equal(*v.at, v.was) }

func (v *sliceOf[S, E]) restore() {
	if v.changed() {
		*v.at = slices.Clone(v.was)
	}
}
