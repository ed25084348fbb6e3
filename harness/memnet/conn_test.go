package memnet

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/nettest"
)

func TestPipeIsAConn(t *testing.T) {
	for name, buffer := range map[string]int{"usual buffer": 0, "buffer of 64 bytes": 64} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
				a, b := Pipe(buffer)
				return a, b, func() { a.Close(); b.Close() }, nil
			})
		})
	}
}

func TestDialledConnIsAConn(t *testing.T) {
	nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
		l := Listen()
		client, err := l.Dial()
		if err != nil {
			return nil, nil, nil, err
		}
		server, err := l.Accept()
		return client, server, func() { client.Close(); server.Close(); l.Close() }, err
	})
}

func TestReadReturnsWhatThereIs(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		mustWrite(t, a, "hello, ")
		mustWrite(t, a, "world")
		p := make([]byte, 9)
		n, err := b.Read(p)
		require.NoError(t, err)
		assert.Equal(t, "hello, wo", string(p[:n]))
		mustRead(t, b, "rld")
	})
}

func TestReadWaitsForBytes(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		reading := startRead(b)
		reading.waits(t)
		mustWrite(t, a, "hello")
		got, err := reading.returns(t)
		assert.NoError(t, err)
		assert.Equal(t, "hello", got)
	})
}

func TestDirectionsAreIndependent(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		mustWrite(t, a, "full")
		mustWrite(t, b, "FULL")
		mustRead(t, a, "FULL")
		mustRead(t, b, "full")
	})
}

func TestWriteWaitsForRoomInTheBuffer(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		writing := startWrite(a, "12345678901")
		writing.waits(t)
		mustRead(t, b, "1234")
		writing.waits(t)
		mustRead(t, b, "5678")
		n, err := writing.returns(t)
		assert.NoError(t, err)
		assert.Equal(t, 11, n)
		mustRead(t, b, "901")
	})
}

func TestBufferHolds64KiBByDefault(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		mustWrite(t, a, strings.Repeat("x", 64<<10))
		one := startWrite(a, "y")
		one.waits(t)
		_, err := read(b)
		require.NoError(t, err)
		_, err = one.returns(t)
		assert.NoError(t, err)
	})
}

func TestBytesKeepTheirOrderThroughAnyBuffer(t *testing.T) {
	want := make([]byte, 100_000)
	for i := range want {
		want[i] = byte(i ^ i>>8)
	}
	for _, buffer := range []int{1, 2, 15, 257, 1 << 10, 1<<10 + 1, 5000, 1 << 20} {
		onPipe(t, buffer, func(t *testing.T, a, b *Conn) {
			go func() {
				defer a.Close()
				for rest, size := want, 1; len(rest) > 0; size = (size*3 + 1) % 3001 {
					n := min(size, len(rest))
					a.Write(rest[:n])
					rest = rest[n:]
				}
			}()
			got, err := io.ReadAll(b)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(want, got), "buffer of %d", buffer)
		})
	}
}

func TestReadDrainsThenEndsAfterThePeer(t *testing.T) {
	for name, end := range map[string]func(a, b *Conn) error{
		"closed":            func(a, _ *Conn) error { return a.Close() },
		"closed its output": func(a, _ *Conn) error { return a.CloseWrite() },
		"closed with input unread": func(a, b *Conn) error {
			_, err := write(b, "unread")
			return errors.Join(err, a.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			onPipe(t, 0, func(t *testing.T, a, b *Conn) {
				mustWrite(t, a, "last words")
				require.NoError(t, end(a, b))
				mustRead(t, b, "last words")
				for range 2 {
					_, err := read(b)
					assert.Equal(t, io.EOF, err)
				}
			})
			onPipe(t, 0, func(t *testing.T, a, b *Conn) {
				reading := startRead(b)
				reading.waits(t)
				require.NoError(t, end(a, b))
				_, err := reading.returns(t)
				assert.Equal(t, io.EOF, err)
			})
		})
	}
}

func TestCloseWriteLeavesTheOtherDirection(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		require.NoError(t, a.CloseWrite())
		require.NoError(t, a.CloseWrite(), "again")
		_, err := write(a, "more")
		assert.ErrorIs(t, err, syscall.EPIPE)
		mustWrite(t, b, "answer")
		mustRead(t, a, "answer")
	})
}

func TestCloseReadEndsTheInputUnnoticed(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		reading := startRead(a)
		reading.waits(t)
		require.NoError(t, a.CloseRead())
		_, err := reading.returns(t)
		assert.Equal(t, io.EOF, err)

		mustWrite(t, b, "late")
		startWrite(b, "later").waits(t)
		mustRead(t, a, "late")
		mustWrite(t, a, "out")
		mustRead(t, b, "out")
	})
}

func TestWriteFailsAfterThePeerHasClosed(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		writing := startWrite(a, "123456")
		waiting := startWrite(a, "another")
		writing.waits(t)
		waiting.waits(t)
		require.NoError(t, b.Close())
		_, err := writing.returns(t)
		assert.ErrorIs(t, err, syscall.EPIPE)
		_, err = waiting.returns(t)
		assert.ErrorIs(t, err, syscall.EPIPE)
		n, err := write(a, "1")
		assert.ErrorIs(t, err, syscall.EPIPE)
		assert.Zero(t, n)
	})
}

func TestCloseWakesOwnCalls(t *testing.T) {
	for name, end := range map[string]func(*Conn) error{"Close": (*Conn).Close, "Reset": (*Conn).Reset} {
		t.Run(name, func(t *testing.T) {
			onPipe(t, 4, func(t *testing.T, a, b *Conn) {
				reading, writing := startRead(a), startWrite(a, "123456")
				reading.waits(t)
				writing.waits(t)
				require.NoError(t, end(a))
				_, err := reading.returns(t)
				assert.ErrorIs(t, err, net.ErrClosed)
				n, err := writing.returns(t)
				assert.ErrorIs(t, err, net.ErrClosed)
				assert.Equal(t, 4, n)
			})
		})
	}
}

func TestEveryCallOnAClosedEndFails(t *testing.T) {
	a, _ := Pipe(0)
	require.NoError(t, a.Close())
	for name, test := range map[string]struct {
		op   string
		call func() error
	}{
		"Read":             {"read", func() error { _, err := read(a); return err }},
		"Read of nothing":  {"read", func() error { _, err := a.Read(nil); return err }},
		"Write":            {"write", func() error { _, err := write(a, "x"); return err }},
		"Write of nothing": {"write", func() error { _, err := a.Write(nil); return err }},
		"Close":            {"close", a.Close},
		"CloseRead":        {"close", a.CloseRead},
		"CloseWrite":       {"close", a.CloseWrite},
		"Reset":            {"close", a.Reset},
		"SetDeadline":      {"set", func() error { return a.SetDeadline(time.Time{}) }},
		"SetReadDeadline":  {"set", func() error { return a.SetReadDeadline(time.Now()) }},
		"SetWriteDeadline": {"set", func() error { return a.SetWriteDeadline(time.Now()) }},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.call()
			assert.ErrorIs(t, err, net.ErrClosed)
			var at *net.OpError
			require.ErrorAs(t, err, &at)
			assert.Equal(t, test.op, at.Op)
			assert.False(t, at.Timeout())
		})
	}
}

func TestResetBreaksThePeersCalls(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		reading, writing := startRead(b), startWrite(b, "123456")
		reading.waits(t)
		writing.waits(t)
		require.NoError(t, a.Reset())
		_, err := reading.returns(t)
		assert.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = writing.returns(t)
		assert.ErrorIs(t, err, syscall.ECONNRESET)

		for range 2 {
			_, err = read(b)
			assert.ErrorIs(t, err, syscall.ECONNRESET)
			_, err = write(b, "x")
			assert.ErrorIs(t, err, syscall.ECONNRESET)
		}
		assert.ErrorIs(t, b.CloseWrite(), syscall.ENOTCONN)
		assert.ErrorIs(t, b.CloseRead(), syscall.ENOTCONN)
		assert.NoError(t, b.SetDeadline(time.Now()))
		assert.NoError(t, b.Close())
	})
}

func TestResetDropsBytesInFlight(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		mustWrite(t, a, "lost")
		mustWrite(t, b, "lost too")
		require.NoError(t, a.Reset())
		got, err := read(b)
		assert.ErrorIs(t, err, syscall.ECONNRESET)
		assert.Empty(t, got)
	})
}

func TestCallsWithNoBytesDoNotWait(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		n, err := b.Read(nil)
		assert.NoError(t, err)
		assert.Zero(t, n)
		mustWrite(t, a, "full")
		n, err = a.Write(nil)
		assert.NoError(t, err)
		assert.Zero(t, n)
		n, err = b.Read([]byte{})
		assert.NoError(t, err)
		assert.Zero(t, n)
		mustRead(t, b, "full")

		require.NoError(t, a.Close())
		_, err = b.Read(nil)
		assert.NoError(t, err, "the end has to be looked for")
		_, err = b.Write(nil)
		assert.NoError(t, err, "there is nothing that the peer could refuse")
		_, err = write(b, "x")
		assert.ErrorIs(t, err, syscall.EPIPE)
		_, err = b.Write(nil)
		assert.ErrorIs(t, err, syscall.EPIPE)
	})
}

func TestConcurrentWritesDoNotMix(t *testing.T) {
	onPipe(t, 10, func(t *testing.T, a, b *Conn) {
		const size, each = 47, 20
		var writers sync.WaitGroup
		for _, letter := range []string{"a", "b", "c", "d"} {
			writers.Go(func() {
				for range each {
					write(a, strings.Repeat(letter, size))
				}
			})
		}
		go func() {
			writers.Wait()
			a.Close()
		}()
		got, err := io.ReadAll(b)
		require.NoError(t, err)
		require.Len(t, got, 4*each*size)
		for ; len(got) > 0; got = got[size:] {
			assert.Equal(t, strings.Repeat(string(got[0]), size), string(got[:size]))
		}
	})
}

func TestConcurrentReadsShareTheBytes(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		first, second := startRead(b), startRead(b)
		first.waits(t)
		second.waits(t)
		mustWrite(t, a, "one")
		synctest.Wait()
		mustWrite(t, a, "two")
		one, err := first.returns(t)
		require.NoError(t, err)
		two, err := second.returns(t)
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"one", "two"}, []string{one, two})
	})
}

func TestEndsHaveEachOthersAddresses(t *testing.T) {
	a, b := Pipe(0)
	assert.Equal(t, a.LocalAddr(), b.RemoteAddr())
	assert.Equal(t, a.RemoteAddr(), b.LocalAddr())
	assert.NotEqual(t, a.LocalAddr().String(), a.RemoteAddr().String())
	assert.Equal(t, "tcp", a.LocalAddr().Network())
	require.NoError(t, a.Close())
	assert.NotNil(t, a.RemoteAddr(), "as in package net, the addresses outlive Close")
}

func TestErrorsReadAsThoseOfPackageNet(t *testing.T) {
	a, b := Pipe(0)
	require.NoError(t, b.Reset())
	_, err := read(a)
	assert.EqualError(t, err, "read tcp "+a.LocalAddr().String()+"->"+a.RemoteAddr().String()+": read: "+syscall.ECONNRESET.Error())

	_, err = read(b)
	assert.EqualError(t, err, "read tcp "+b.LocalAddr().String()+"->"+b.RemoteAddr().String()+": use of closed network connection")

	require.NoError(t, a.SetReadDeadline(time.Unix(1, 0)))
	_, err = read(a)
	var timeout net.Error
	require.True(t, errors.As(err, &timeout))
	assert.True(t, timeout.Timeout())
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
}
