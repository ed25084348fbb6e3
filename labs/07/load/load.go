// Package load, for the programs and the checks of lab 07, is the lecture's load on the server of lab 07: of many clients, half register while the
// other half log in, talk and log out, all at once.
//
//	l := &load.Load{Addr: addr, Clients: 40, Prefix: "load"}
//	tally := l.Run(ctx)
//
// The half that logs in needs accounts; the load registers those first. Those who log in wait until all of
// them are in before they talk, and so are in at the same time.
package load

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// A Load is what to do to which server.
type Load struct {
	Addr    string // host:port
	Clients int
	Prefix  string // names begin with it: nobody else may have registered such names
	Lines   int    // how many lines each client says that logs in; 0 means 3

	// Patience is how long a client waits for an answer; 0 means 20 seconds.
	Patience time.Duration

	// Registered is called when the server has acknowledged a registration, by one goroutine at a time; it may
	// be nil.
	Registered func(user string)

	mu    sync.Mutex // held while tally is changed, and Registered called
	tally Tally
}

// A Tally is what became of it.
type Tally struct {
	Registered []string // who was told "OK registered", in order
	LoggedIn   int      // clients that were told "OK welcome"
	Echoed     int      // lines that came back
	LoggedOut  int      // clients that were told "OK bye"
	Failures   []error  // of one client each
}

// Password is the one that the load registers a user with.
func Password(user string) string { return "the-password-of-" + user }

// Run returns when every client is done or has failed. It may be called once. When ctx is done, connections close.
func (l *Load) Run(ctx context.Context) Tally {
	half := l.Clients / 2
	l.all(ctx, half, "early", l.register)
	if len(l.tally.Failures) > 0 {
		return l.tally
	}
	var all, in sync.WaitGroup
	in.Add(half)
	all.Go(func() { l.all(ctx, l.Clients-half, "late", l.register) })
	all.Go(func() {
		l.all(ctx, half, "early", func(c *client) error {
			err := c.ask("LOGIN "+c.user+" "+Password(c.user), "OK welcome "+c.user)
			in.Done() // or will never be: the others need not wait
			in.Wait()
			if err != nil {
				return err
			}
			l.count(&l.tally.LoggedIn)
			return l.talk(c)
		})
	})
	all.Wait()
	return l.tally
}

// all runs n clients at once, and notes which of them fail.
func (l *Load) all(ctx context.Context, n int, kind string, do func(*client) error) {
	var clients sync.WaitGroup
	for i := range n {
		clients.Go(func() {
			user := fmt.Sprintf("%s-%s-%d", l.Prefix, kind, i+1)
			if err := l.one(ctx, user, do); err != nil {
				l.mu.Lock()
				l.tally.Failures = append(l.tally.Failures, fmt.Errorf("the client of %s: %w", user, err))
				l.mu.Unlock()
			}
		})
	}
	clients.Wait()
}

// one is the life of one client.
func (l *Load) one(ctx context.Context, user string, do func(*client) error) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", l.Addr)
	if err != nil {
		return do(&client{user: user, broken: err})
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	return do(&client{user: user, conn: conn, lines: bufio.NewReader(conn), patience: cmp.Or(l.Patience, 20*time.Second)})
}

func (l *Load) register(c *client) error {
	if err := c.ask("REGISTER "+c.user+" "+Password(c.user), "OK registered"); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Registered = append(l.tally.Registered, c.user)
	if l.Registered != nil {
		l.Registered(c.user)
	}
	return nil
}

func (l *Load) talk(c *client) error {
	lines := l.Lines
	if lines == 0 {
		lines = 3
	}
	for i := range lines {
		line := fmt.Sprintf("line %d of %s", i+1, c.user)
		if err := c.ask(line, "Echo: "+line); err != nil {
			return err
		}
		l.count(&l.tally.Echoed)
	}
	if err := c.ask("LOGOUT", "OK bye"); err != nil {
		return err
	}
	l.count(&l.tally.LoggedOut)
	return nil
}

// Welcome logs users in whom a load has registered, one after the other and on a connection each, and returns
// which of them were not welcome, and why.
func Welcome(ctx context.Context, addr string, users []string) (failures []error) {
	l := &Load{Addr: addr}
	for _, user := range users {
		err := l.one(ctx, user, func(c *client) error {
			return c.ask("LOGIN "+user+" "+Password(user), "OK welcome "+user)
		})
		if err != nil {
			failures = append(failures, fmt.Errorf("the client of %s: %w", user, err))
		}
	}
	return failures
}

func (l *Load) count(n *int) {
	l.mu.Lock()
	*n++
	l.mu.Unlock()
}

// A client is one connection.
type client struct {
	user   string
	conn   net.Conn
	lines  *bufio.Reader
	broken error // why there is no connection

	patience time.Duration
}

// ask says a line and requires what is answered. Its error names the command, not the whole line.
func (c *client) ask(line, want string) error {
	word, _, _ := strings.Cut(line, " ")
	if c.broken != nil {
		return c.broken
	}
	c.conn.SetDeadline(time.Now().Add(c.patience))
	if _, err := io.WriteString(c.conn, line+"\n"); err != nil {
		return fmt.Errorf("said %s: %w", word, err)
	}
	got, err := c.lines.ReadString('\n')
	got = strings.TrimRight(got, "\r\n")
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("said %s and waited for %q: the server closed the connection", word, want)
	case err != nil:
		return fmt.Errorf("said %s and waited for %q: %w", word, want, err)
	case got != want:
		return fmt.Errorf("said %s, waited for %q and got %q", word, want, got)
	}
	return nil
}
