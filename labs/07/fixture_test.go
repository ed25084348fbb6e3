package login_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/host"
	"lockstep/harness/labtest"
	"lockstep/harness/startenv"
	login "lockstep/labs/07"
	"lockstep/labs/07/hasher"
)

// serve is the server when it has a process of its own: in the scenario, and where it is killed.
func serve(ln net.Listener, log *slog.Logger) error {
	defer ln.Close() // whoever connects after Serve has returned need not wait
	accounts, err := login.Open("accounts.db", hashes{hasher.New()})
	if err != nil {
		return err
	}
	defer accounts.Close()
	return (&login.Server{Accounts: accounts, Log: log}).Serve(ln)
}

// launch starts that process in the folder dir. It is killed when the test is over, if it still runs then.
func launch(t *testing.T, dir string) *host.Process {
	t.Helper()
	check := labtest.Check(t)
	p, err := host.Start(t.Context(), exec.Command(startenv.Program()), host.Config{Dir: dir, OnReport: check.Reported})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// hashes is a Hasher and nothing else: how a check holds its calls is not for the code that makes them.
type hashes struct{ login.Hasher }

// password is everybody's, unless it matters.
const password = "correct-horse"

// A fixture is a server that runs in this process, with an empty database on disk.
type fixture struct {
	*labtest.Server
	path     string // of the database
	accounts *login.Accounts
	hasher   *hasher.Hasher
}

// start runs a server with accounts for these users.
func start(t *testing.T, users ...string) *fixture {
	t.Helper()
	return startWith(t, labtest.Network{}, hasher.New(), nil, users...)
}

func startWith(t *testing.T, network labtest.Network, h *hasher.Hasher, log *slog.Logger, users ...string) *fixture {
	t.Helper()
	labtest.Check(t)
	path := filepath.Join(t.TempDir(), "accounts.db")
	accounts := mustOpen(t, path, h)
	t.Cleanup(func() { closeAccounts(t, accounts) })
	for _, user := range users {
		must(t, register(t, accounts, user, password), "Register of "+user)
	}
	server := labtest.StartWith(t, network, func(ln net.Listener) error {
		defer ln.Close()
		return (&login.Server{Accounts: accounts, Log: log}).Serve(ln)
	})
	t.Cleanup(h.Release)
	return &fixture{server, path, accounts, h}
}

// open calls Open, and does not wait for ever.
func open(t *testing.T, path string, hasher login.Hasher) (accounts *login.Accounts, err error) {
	t.Helper()
	done := make(chan struct{})
	go func() { // ends with Open, or with the process
		defer close(done)
		accounts, err = login.Open(path, hashes{hasher})
	}()
	if _, late := await.Receive(await.Patience{Limit: 5 * time.Second}, done); late != nil {
		t.Fatal("Open does not return: it waits for somebody who has the database open. If that was a *bolt.DB " +
			"of yours that should be closed: Accounts.Close closes it. If not: an error within a second is what to return, and bolt.Options has a Timeout")
	}
	return accounts, err
}

func mustOpen(t *testing.T, path string, hasher login.Hasher) *login.Accounts {
	t.Helper()
	accounts, err := open(t, path, hasher)
	must(t, err, "Open")
	return accounts
}

// must requires that a call of the student's did not fail.
func must(t *testing.T, err error, call string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s returned an error: %v", call, err)
	}
}

func closeAccounts(t *testing.T, accounts *login.Accounts) {
	t.Helper()
	if t.Failed() {
		go accounts.Close() // it may wait for what has gone wrong
		return
	}
	must(t, labtest.Ask(t, "Close()", accounts.Close), "Close")
}

func register(t *testing.T, a *login.Accounts, user, password string) error {
	t.Helper()
	return labtest.Ask(t, fmt.Sprintf("Register(%q)", user), func() error { return a.Register(user, password) })
}

func logIn(t *testing.T, a *login.Accounts, user, password string) error {
	t.Helper()
	return labtest.Ask(t, fmt.Sprintf("Login(%q)", user), func() error { return a.Login(user, password) })
}

// requireIn requires that these are logged in, and nobody else.
func (s *fixture) requireIn(t *testing.T, why string, users ...string) {
	t.Helper()
	got := labtest.Ask(t, "LoggedIn()", s.accounts.LoggedIn)
	if !slices.Equal(got, users) {
		t.Fatalf("LoggedIn() should be %q and is %q: %s", users, got, why)
	}
}

// enter connects a client and logs it in.
func (s *fixture) enter(name, user string) *labtest.Client {
	c := s.Connect(name)
	c.Say("LOGIN " + user + " " + password)
	c.Await("OK welcome " + user)
	return c
}

// requireError requires that err is want, maybe wrapped.
func requireError(t *testing.T, err, want error, call string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s should return the error %q, and returned: %v", call, want, err)
	}
}

// connectAll connects clients who say these lines at once.
func (s *fixture) connectAll(lines ...string) []*labtest.Client {
	var clients []*labtest.Client
	for i := range lines {
		clients = append(clients, s.Connect(fmt.Sprintf("client %d of %d who came at once", i+1, len(lines))))
	}
	for i, c := range clients {
		c.Say(lines[i])
	}
	return clients
}

// requireOne requires that one of the clients is told won, and all others lost. It returns the number of the one.
func requireOne(t *testing.T, clients []*labtest.Client, what, won, lost string) (winner int) {
	t.Helper()
	var answers []string
	winners := 0
	for i, c := range clients {
		answer := c.Line()
		answers = append(answers, answer)
		if answer == won {
			winner = i
			winners++
		} else if answer != lost {
			t.Fatalf("%d clients %s at once: one should be told %q and all others %q, and one was told %q", len(clients), what, won, lost, answer)
		}
	}
	if winners != 1 {
		t.Fatalf("%d clients %s at once: one should be told %q, and all others %q. They were told:\n  %s\n"+
			"what was looked up before must still be true when it is used: is it one step?", len(clients), what, won, lost, strings.Join(answers, "\n  "))
	}
	return winner
}

func requireNoFailures(t *testing.T, what string, failures []error) {
	t.Helper()
	if len(failures) > 0 {
		t.Fatalf("%s, and not all of them succeeded. The first that failed: %v", what, failures[0])
	}
}

// awaitIn is requireIn behind the leaving of a client, of which nobody is told: it may take a server a moment.
func (s *fixture) awaitIn(t *testing.T, why string, users ...string) {
	t.Helper()
	labtest.Until(t, func() bool { return slices.Equal(labtest.Ask(t, "LoggedIn()", s.accounts.LoggedIn), users) })
	s.requireIn(t, why, users...)
}
