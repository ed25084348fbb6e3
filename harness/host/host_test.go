package host_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
	"lockstep/harness/host"
	"lockstep/harness/norace"
)

func TestMain(m *testing.M) {
	if host.IsServer() {
		if toy := withConsole[os.Args[1]]; toy != nil {
			os.Exit(host.ServeConsole(toy))
		}
		os.Exit(host.Serve(toys[os.Args[1]]))
	}
	os.Exit(m.Run())
}

// toys are servers, each with a way of its own.
var toys = map[string]func(net.Listener, *slog.Logger) error{
	"echoes": func(ln net.Listener, log *slog.Logger) error {
		return each(ln, func(conn net.Conn) { log.Info("a client"); io.Copy(conn, conn) })
	},
	"crashes": func(ln net.Listener, _ *slog.Logger) error { return each(ln, func(net.Conn) { panic("toy") }) },
	"fails": func(ln net.Listener, _ *slog.Logger) error {
		each(ln, func(net.Conn) {})
		return errors.New("had enough")
	},
	"forges": func(ln net.Listener, _ *slog.Logger) error {
		fmt.Fprintln(os.NewFile(1, "replies"), `{"served":true}`)
		return each(ln, func(net.Conn) {})
	},
	"stores": func(ln net.Listener, _ *slog.Logger) error {
		defer os.WriteFile("stored", nil, 0o644)
		return each(ln, func(net.Conn) {})
	},
	"spins": func(ln net.Listener, _ *slog.Logger) error {
		over := make(chan struct{})
		go func() { // ends with over
			for {
				select {
				case <-over:
					return
				//lint:ignore SA5004 it spins on purpose
				default:
				}
			}
		}()
		defer close(over)
		return each(ln, func(net.Conn) {})
	},
	"races": func(ln net.Listener, _ *slog.Logger) error {
		race()
		return each(ln, func(net.Conn) {})
	},
}

// race meets a data race, if there is a detector.
func race() {
	n, done := 0, make(chan bool)
	go func() { n++; done <- true }()
	n++
	<-done
}

var withConsole = map[string]host.ConsoleServer{
	"obeys": func(ctx context.Context, ln net.Listener, _ *slog.Logger, in io.Reader, out io.Writer) error {
		context.AfterFunc(ctx, func() { ln.Close() })
		lines := bufio.NewScanner(in)
		lines.Scan()
		fmt.Fprintln(out, "typed", lines.Text())
		if lines.Text() == "fail" {
			return errors.New("a pity")
		}
		return nil
	},
}

// each serves every client in a goroutine of its own until ln is closed.
func each(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return nil
		}
		clients.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}

// start starts a toy.
func start(t *testing.T, toy string, c host.Config) *host.Process {
	t.Helper()
	p, err := host.Start(t.Context(), exec.Command(os.Args[0], toy), c)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

func TestServerRunsInItsFolderUntilItIsStopped(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "stores", host.Config{Dir: dir})
	require.NoError(t, await.Patience{}.Until(p.Rests))
	require.NoError(t, p.Stop())
	assert.FileExists(t, filepath.Join(dir, "stored"))
	assert.Equal(t, host.ExitState{Served: true}, p.ExitState())
	assert.NoError(t, p.Stop(), "it may be stopped again")
	p.Kill()
	_, err := p.Look()
	assert.Error(t, err)
	assert.NoError(t, p.Signal(os.Interrupt), "there is nobody to get it")
}

func TestHowAServerEndsIsTold(t *testing.T) {
	for _, row := range []struct{ toy, error string }{
		{"fails", "Serve returned had enough"},
		{"crashes", "the server crashed: panic: toy"},
		{"forges", host.ErrForged.Error()},
	} {
		t.Run(row.toy, func(t *testing.T) {
			p := start(t, row.toy, host.Config{})
			io.Copy(io.Discard, dial(t, p.Addr)) // until the client was served, or the server is gone
			assert.ErrorContains(t, p.Stop(), row.error)
		})
	}
}

func TestServerThatIsKilledHasNotServed(t *testing.T) {
	p := start(t, "echoes", host.Config{})
	p.Kill()
	assert.ErrorContains(t, p.Stop(), "Serve did not return within")
}

func TestEndOfTheContextEndsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := host.Start(ctx, exec.Command(os.Args[0], "echoes"), host.Config{})
	require.NoError(t, err)
	cancel()
	<-p.Ended()
	assert.False(t, p.ExitState().Served)
	p.Kill()
}

func TestServerThatDoesNotListen(t *testing.T) {
	first := start(t, "echoes", host.Config{})
	_, err := host.Start(t.Context(), exec.Command(os.Args[0], "echoes"), host.Config{Addr: first.Addr})
	silent, ok := errors.AsType[*host.ListenError](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, silent.Process.ExitState().Stderr, "lockstep: ")
	assert.Contains(t, err.Error(), silent.Process.ExitState().Stderr)
	require.NoError(t, first.Stop())

	second := start(t, "echoes", host.Config{Addr: first.Addr})
	assert.Equal(t, first.Addr, second.Addr, "the address is free again")

	_, err = host.Start(t.Context(), exec.Command(filepath.Join(t.TempDir(), "none")), host.Config{})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestServerSettlesWhenItHasWhatWasSent(t *testing.T) {
	p := start(t, "echoes", host.Config{Unordered: true})
	conn := dial(t, p.Addr)
	addr := conn.LocalAddr().String()
	_, err := conn.Write([]byte("hello\n"))
	require.NoError(t, err)
	idle, replied, err := p.Settle(map[string]host.Sent{addr: {Bytes: 6}})
	require.NoError(t, err)
	assert.True(t, idle)
	assert.Equal(t, map[string]int64{addr: 6}, replied)

	require.NoError(t, conn.CloseWrite())
	idle, _, err = p.Settle(map[string]host.Sent{addr: {Bytes: 6, Ended: true}})
	require.NoError(t, err)
	assert.True(t, idle)
	echo, err := io.ReadAll(conn)
	require.NoError(t, err, "the server has closed the connection")
	assert.Equal(t, "hello\n", string(echo))
	require.NoError(t, p.Stop())
	assert.Equal(t, "a client\n", p.ExitState().Stderr)
}

func TestServerThatSpinsDoesNotSettle(t *testing.T) {
	p := start(t, "spins", host.Config{Unordered: true})
	assert.False(t, p.Rests())
	idle, _, err := p.Settle(nil)
	require.NoError(t, err)
	assert.False(t, idle)
	assert.NoError(t, p.Stop())
}

func TestServerSaysWhatItIsDoing(t *testing.T) {
	p := start(t, "echoes", host.Config{})
	_, _, err := p.Settle(nil) // it is about to accept
	require.NoError(t, err)
	state, err := p.Look()
	require.NoError(t, err)
	assert.True(t, state.Idle)
	assert.NotEmpty(t, state.Goroutines)
	assert.Empty(t, state.Held)
}

func TestRacesAreReportedAndKept(t *testing.T) {
	reports := make(chan string, 10)
	p := start(t, "races", host.Config{OnReport: func(raw string) { reports <- raw }})
	require.NoError(t, p.Stop(), "a race is no way to end")
	o := p.ExitState()
	assert.Equal(t, norace.Race, len(o.Races) > 0)
	assert.Len(t, reports, len(o.Races))
	assert.False(t, o.Hidden)
	assert.Empty(t, o.Stderr)
	assert.Zero(t, o.Status)
}

func TestConsole(t *testing.T) {
	for typed, want := range map[string]host.ExitState{
		"end":  {Served: true},
		"fail": {Served: true, Error: "a pity", Status: 1},
	} {
		t.Run(typed, func(t *testing.T) {
			p := start(t, "obeys", host.Config{Unordered: true})
			console := dial(t, p.Console)
			_, err := fmt.Fprintln(console, typed)
			require.NoError(t, err)
			screen, err := io.ReadAll(console)
			require.NoError(t, err)
			assert.Equal(t, "typed "+typed+"\n", string(screen))
			<-p.Ended()
			_, err = p.Look() // reads the last reply, which came unasked
			assert.Error(t, err)
			assert.Equal(t, want, p.ExitState())
		})
	}
}
