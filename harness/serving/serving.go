// Package serving, of the lecture, shows who waits for whom: five clients come to a server one after the other, the
// first of them says nothing for a while, and each notes when it got its answer. It does so with a
// server that serves one client at a time and with one that has a goroutine for each.
//
//	timelines, err := serving.Record(ctx, builder, serving.Models, serving.Dawdle)
//	serving.Print(os.Stdout, timelines)
package serving

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/build"
	"lockstep/harness/host"
	"lockstep/harness/lab"
)

// A Model is a way of serving, and a lab whose reference does it.
type Model struct {
	name    string // serial
	what    string // for people
	Lab     string
	request string // a request of that lab, one line,
	reply   string // and how the line that answers it begins
	waits   bool   // a client waits until those before it have left
}

// Models are those of labs 02 and 03.
var Models = []Model{
	{"serial", "one client after the other, as in lab 02", "02", "LIST", "OK", true},
	{"threaded", "a goroutine for each client, as in lab 03", "03", "hello", "Echo: hello", false},
}

const (
	clients = 5
	// Dawdle is how long the first client says nothing.
	Dawdle = 2 * time.Second
	// patience is for an answer that has to come.
	patience = 20 * time.Second
)

// A visit is one client's, from the moment when the first one came.
type visit struct {
	client   int           // counted from 1
	came     time.Duration // it was connected,
	asked    time.Duration // had said its line,
	answered time.Duration // and had the answer; then it left
}

// A Timeline is what all clients of a server noted, in the order in which they came.
type Timeline struct {
	model  Model
	visits []visit
}

// Record builds the references and visits each. The first client keeps silent for dawdle; where nobody has to
// wait for it, it also lets all others have their answers first, so that what is shown does not depend on
// the speed of the machine.
func Record(ctx context.Context, b *build.Builder, models []Model, dawdle time.Duration) ([]Timeline, error) {
	var timelines []Timeline
	for _, m := range models {
		l, err := lab.Find(b.Root, m.Lab)
		if err != nil {
			return nil, err
		}
		bin, err := b.Test(ctx, l, l.SolutionDir())
		if err != nil {
			return nil, fmt.Errorf("the %s server (%s): %w", m.name, l.SolutionDir(), err)
		}
		dir, err := os.MkdirTemp(b.Dir, "serving-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		server, err := host.Start(ctx, exec.Command(bin.Path), host.Config{Dir: dir})
		if err != nil {
			return nil, err
		}
		visits, err := visitAll(ctx, m, server.Addr, dawdle)
		if stopped := server.Stop(); err == nil {
			err = stopped
		}
		if err != nil {
			return nil, fmt.Errorf("the %s server: %w", m.name, err)
		}
		timelines = append(timelines, Timeline{m, visits})
	}
	return timelines, nil
}

// visitAll lets the clients come at equal intervals while the first one dawdles.
func visitAll(ctx context.Context, m Model, addr string, dawdle time.Duration) ([]visit, error) {
	start := time.Now()
	visits := make([]visit, clients)
	ctx, cancel := context.WithCancel(ctx)
	var others errgroup.Group
	defer func() {
		cancel()
		others.Wait()
	}()
	call := func(i int) (net.Conn, error) {
		visits[i].client = i + 1
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		visits[i].came = time.Since(start)
		return conn, err
	}
	first, err := call(0)
	if err != nil {
		return nil, err
	}
	defer first.Close() // closed already, unless something went wrong
	over := time.After(dawdle)
	for i := 1; i < clients; i++ {
		if err := pause(ctx, dawdle/clients/2); err != nil {
			return nil, err
		}
		conn, err := call(i)
		if err != nil {
			return nil, err
		}
		others.Go(func() error { return m.ask(ctx, conn, start, &visits[i]) }) // ends with the answer, or with ctx
	}
	if !m.waits {
		if err := others.Wait(); err != nil {
			return nil, err
		}
	}
	select {
	case <-over:
	case <-ctx.Done():
	}
	if err := m.ask(ctx, first, start, &visits[0]); err != nil {
		return nil, err
	}
	return visits, others.Wait()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask says a line, waits for the answer, and leaves.
func (m Model) ask(ctx context.Context, conn net.Conn, start time.Time, v *visit) error {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	v.asked = time.Since(start)
	if _, err := fmt.Fprintln(conn, m.request); err != nil {
		return fmt.Errorf("client %d: %w", v.client, err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, m.reply) {
		err = fmt.Errorf("waited for %q and got %q", m.reply, strings.TrimSpace(line))
	}
	if err != nil {
		return fmt.Errorf("client %d: %w", v.client, err)
	}
	v.answered = time.Since(start)
	return nil
}
