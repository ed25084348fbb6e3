package login_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
	login "lockstep/labs/07"
	"lockstep/labs/07/hasher"
	"lockstep/labs/07/load"
)

func TestMain(m *testing.M) { labtest.Main(m, serve) }

func TestByHand(t *testing.T) { labtest.Scenario(t, "byhand") }

func TestAccountsSurviveAReopen(t *testing.T) {
	labtest.Check(t)
	path := filepath.Join(t.TempDir(), "accounts.db")
	h := hasher.New()
	first := mustOpen(t, path, h)
	must(t, register(t, first, "amira", password), "Register")
	must(t, register(t, first, "ben", password), "Register")
	must(t, logIn(t, first, "amira", password), "Login")
	closeAccounts(t, first)

	again, err := open(t, path, h)
	must(t, err, "Open, behind the Close of the Accounts that had the database open,")
	t.Cleanup(func() { closeAccounts(t, again) })
	if in := labtest.Ask(t, "LoggedIn()", again.LoggedIn); len(in) > 0 {
		t.Fatalf("the database was closed and opened again, and LoggedIn() is %q: nobody is logged in then", in)
	}
	must(t, logIn(t, again, "amira", password), "Login after the database was closed and opened again, of one who was logged in before")
	must(t, logIn(t, again, "ben", password), "Login after the database was closed and opened again")
	requireError(t, register(t, again, "ben", "another-password"), login.ErrTaken, "Register, for a name that was registered before the database was closed,")
}

func TestDatabaseInUseIsAnError(t *testing.T) {
	labtest.Check(t)
	path := filepath.Join(t.TempDir(), "accounts.db")
	first := mustOpen(t, path, hasher.New())
	t.Cleanup(func() { closeAccounts(t, first) })
	if _, err := open(t, path, hasher.New()); err == nil {
		t.Fatal("two have the same database open: the second Open should have returned an error")
	}
	must(t, register(t, first, "amira", password), "Register, with the Accounts that had the database open all the time")
}

func TestNamesAndPasswords(t *testing.T) {
	labtest.Check(t)
	a := mustOpen(t, filepath.Join(t.TempDir(), "accounts.db"), hasher.New())
	t.Cleanup(func() { closeAccounts(t, a) })
	for _, user := range []string{"a", "7", "..", "Amira_B.-2", strings.Repeat("x", 32)} {
		if err := register(t, a, user, password); err != nil {
			t.Fatalf("the name %q is a valid one, and Register returned: %v", user, err)
		}
	}
	for i, password := range []string{"8-bytes.", strings.Repeat("x", 128), "한글비", strings.Repeat("한", 42) + "xy"} {
		if err := register(t, a, fmt.Sprintf("user%d", i+1), password); err != nil {
			t.Fatalf("the password %q, of %d bytes, is a valid one, and Register returned: %v", password, len(password), err)
		}
	}
	for _, user := range []string{"", strings.Repeat("x", 33), "amira ben", "amira!", "a/b", "a\tb", "amirá", "아미라", "amira٣"} {
		requireError(t, register(t, a, user, password), login.ErrInvalid, fmt.Sprintf("Register, for the name %q,", user))
		requireError(t, logIn(t, a, user, password), login.ErrDenied, fmt.Sprintf("Login, for the name %q,", user))
	}
	for _, password := range []string{"", "7-bytes", strings.Repeat("x", 129), "two words", " password", "password ", "한글", strings.Repeat("한", 43)} {
		requireError(t, register(t, a, "carl", password), login.ErrInvalid, fmt.Sprintf("Register, with the password %q of %d bytes,", password, len(password)))
		requireError(t, logIn(t, a, "carl", password), login.ErrDenied, "Login, for an account that was refused,")
	}
}

func TestNoPasswordIsStoredOrLogged(t *testing.T) {
	records := labtest.NewRecords()
	s := startWith(t, labtest.Network{}, hasher.New(), records.Logger())
	var secrets []string
	secret := func(what string) string {
		secrets = append(secrets, what)
		return what
	}
	c := s.Connect("a client with many passwords")
	ask := func(line, want string) { c.Say(line); c.Await(want) }
	ask("REGISTER amira "+secret("registered-secret"), "OK registered")
	ask("REGISTER amira "+secret("taken-secret"), "ERR taken")
	ask("REGISTER ben! "+secret("bad-name-secret"), "ERR invalid")
	ask("REGISTER ben "+secret("short-1"), "ERR invalid")
	ask("REGISTER ben "+secret("secret-and")+" more", "ERR invalid")
	ask("LOGIN amira "+secret("wrong-secret"), "ERR denied")
	ask("LOGIN nobody "+secret("nobodys-secret"), "ERR denied")
	ask("login amira "+secret("mistyped-secret"), "ERR login first")
	s.hasher.Fail("the hasher is broken")
	c.Say("REGISTER dora " + secret("unhashed-secret"))
	c.AwaitError()
	ask("LOGIN amira registered-secret", "OK welcome amira")
	ask("LOGOUT", "OK bye")
	ask("REGISTER amira "+secret("very-long-secret")+strings.Repeat("x", 4096), "ERR line too long")
	c.AwaitEnd()
	s.Idle()

	for line := range strings.Lines(records.Text()) {
		for _, secret := range secrets {
			if strings.Contains(line, secret) {
				t.Fatalf("a password got into the log: a client sent %q, and a record says\n  %s"+
					"do not log lines that may have a password in them, nor errors that quote one", secret, line)
			}
		}
	}
	must(t, s.Stop(), "Serve, after its listener was closed,")
	file, err := os.ReadFile(s.path)
	require.NoError(t, err)
	for _, secret := range secrets {
		for kind, text := range map[string]string{"as it is": secret, "in hexadecimal": hex.EncodeToString([]byte(secret))} {
			if strings.Contains(string(file), text) {
				t.Fatalf("the password %q is in the database file, %s: store what Hash returns, and nothing else of it", secret, kind)
			}
		}
	}
}

func TestOneNameIsRegisteredOnce(t *testing.T) {
	s := start(t)
	for round := range labtest.Size(3, 1) {
		user := fmt.Sprintf("amira%d", round+1)
		var lines []string
		for i := range labtest.Size(5, 2) {
			lines = append(lines, fmt.Sprintf("REGISTER %s password-of-%d", user, i+1))
		}
		s.hasher.HoldHash() // whoever asks whether the name is free before it hashes, has done so when the hashes end
		clients := s.connectAll(lines...)
		s.Idle()
		s.hasher.Release()
		winner := requireOne(t, clients, "register "+user, "OK registered", "ERR taken")
		for i, c := range clients {
			c.Say(fmt.Sprintf("LOGIN %s password-of-%d", user, i+1))
			if i != winner {
				c.Await("ERR denied")
			}
		}
		clients[winner].Await("OK welcome " + user)
	}
}

func TestFailedHashLeavesTheNameFree(t *testing.T) {
	s := start(t)
	c := s.Connect("the client whose password could not be hashed at first")
	s.hasher.Fail("the hasher is broken")
	c.Say("REGISTER amira " + password)
	c.AwaitError()
	c.Say("LOGIN amira " + password)
	c.Await("ERR denied")
	c.Say("REGISTER amira " + password)
	c.Await("OK registered")
	c.Say("LOGIN amira " + password)
	c.Await("OK welcome amira")
}

func TestHashingDelaysNobody(t *testing.T) {
	s := start(t, "amira", "ben", "carl")
	carl := s.enter("carl, who is logged in while others wait for the hasher,", "carl")

	s.hasher.HoldHash()
	s.hasher.HoldMatches()
	clients := s.connectAll("REGISTER dora "+password, "REGISTER emil "+password, "LOGIN amira "+password, "LOGIN ben "+password)
	s.Idle()
	if !labtest.Until(t, func() bool { return s.hasher.Held() == len(clients) }) {
		t.Fatalf("two clients register and two log in, all at once, and the hasher is called %d times instead of %d: "+
			"the others wait for those. Call Hash and Matches outside of every lock and every transaction", s.hasher.Held(), len(clients))
	}
	carl.Say("hello")
	carl.Await("Echo: hello")
	s.requireIn(t, "carl has logged in, and nobody else has an answer", "carl")
	carl.Say("LOGOUT")
	carl.Await("OK bye")
	s.requireIn(t, "carl has logged out")

	s.hasher.Release()
	for i, want := range []string{"OK registered", "OK registered", "OK welcome amira", "OK welcome ben"} {
		clients[i].Await(want)
	}
}

func TestLoginHoldsNoTransaction(t *testing.T) {
	h := hasher.New()
	h.Size = 32 << 10 // each further account makes the database's file larger
	s := startWith(t, labtest.Network{}, h, nil, "amira")
	amira := s.Connect("amira")
	h.HoldMatches()
	amira.Say("LOGIN amira " + password)
	s.Idle()

	c := s.Connect("the client that registers while amira's login is in Matches (is a transaction open there?)")
	for i := range 6 {
		c.Say(fmt.Sprintf("REGISTER user%d %s", i+1, password))
		c.Await("OK registered")
	}
	h.Release()
	amira.Await("OK welcome amira")
}

func TestHashIsCopiedOutOfItsTransaction(t *testing.T) {
	h := hasher.New()
	h.Size = 1 << 10 // a page of the database's file holds a few
	s := startWith(t, labtest.Network{}, h, nil, "amir", "amira", "ben", "carl", "dora", "emil", "fia")
	amira := s.Connect("amira")
	h.HoldMatches()
	amira.Say("LOGIN amira " + password)
	s.Idle()

	c := s.Connect("the client that registers while amira logs in")
	for i := range 8 { // each of them is stored beside amira, and writes amira's page anew
		c.Say(fmt.Sprintf("REGISTER amira%d %s", i+1, password))
		c.Await("OK registered")
		if h.HashChanged() {
			t.Fatal("the hash that Matches was given became something else while it was at work: what Get returns is the database's own memory, " +
				"and yours until the transaction ends. Copy it, inside of the transaction")
		}
	}
	h.Release()
	amira.Await("OK welcome amira")
}

func TestUnknownUserAndWrongPasswordLookTheSame(t *testing.T) {
	s := start(t, "amira")
	c := s.Connect("a client that guesses")
	for _, line := range []string{
		"LOGIN amira wrong-password", "LOGIN nobody wrong-password", "LOGIN amira Correct-horse", "LOGIN Amira " + password,
		"LOGIN", "LOGIN amira", "LOGIN nobody", "LOGIN amira " + password + " more", "LOGIN ami/ra " + password,
		"LOGIN " + strings.Repeat("x", 3000) + " " + password,
	} {
		c.Say(line)
		c.Await("ERR denied")
	}
	requireError(t, logIn(t, s.accounts, "amira", "wrong-password"), login.ErrDenied, "Login with a wrong password")
	requireError(t, logIn(t, s.accounts, "nobody", password), login.ErrDenied, "Login of an unknown user")
	c.Say("LOGIN amira " + password)
	c.Await("OK welcome amira")
}

func TestOneLoginAtATime(t *testing.T) {
	s := start(t, "amira", "ben")
	first := s.enter("the client that is logged in as amira", "amira")
	second := s.Connect("the client that wants to be amira as well")
	second.Say("LOGIN amira " + password)
	second.Await("ERR already logged in")
	second.Say("LOGIN amira wrong-password") // only amira may learn that amira is logged in
	second.Await("ERR denied")
	second.Leave()
	s.Idle()
	s.requireIn(t, "somebody who was refused has left; amira has not", "amira")
	first.Say("LOGOUT")
	first.Await("OK bye")
	s.enter("the client that logs in after amira's logout", "amira")

	s.hasher.HoldMatches() // whoever asks whether ben is logged in before it compares, has done so when Matches ends
	line := "LOGIN ben " + password
	clients := s.connectAll(slices.Repeat([]string{line}, labtest.Size(5, 2))...)
	s.Idle()
	s.hasher.Release()
	requireOne(t, clients, "log in as ben", "OK welcome ben", "ERR already logged in")
}

func TestLeavingLogsOut(t *testing.T) {
	s := start(t, "amira", "ben")
	s.enter("ben, who stays", "ben")
	for _, way := range []struct {
		how   string
		leave func(*labtest.Client)
	}{
		{"closes its connection", func(c *labtest.Client) { c.Leave() }},
		{"breaks off", func(c *labtest.Client) { c.Reset() }},
		{"sends nothing more", func(c *labtest.Client) { c.Finish(); c.AwaitEnd() }},
		{"sends a line that is too long", func(c *labtest.Client) { c.Say(strings.Repeat("x", 4097)); c.Await("ERR line too long"); c.AwaitEnd() }},
	} {
		way.leave(s.enter("amira, who "+way.how+",", "amira"))
		s.Idle()
		s.awaitIn(t, "amira was logged in, and "+way.how, "ben")
	}

	s.hasher.HoldMatches()
	hasty := s.Connect("amira, who does not wait for the answer,")
	hasty.Say("LOGIN amira " + password)
	s.Idle()
	hasty.Reset()
	s.hasher.Release()
	s.Idle()
	s.awaitIn(t, "amira broke off while her login was under way", "ben")
}

func TestSessionsAreFreeOfRaces(t *testing.T) {
	users := []string{"amira", "ben", "carl", "dora"}
	s := start(t, users...)
	var clients []*labtest.Client
	for _, user := range users {
		clients = append(clients, s.Connect(user))
	}
	for range 2 {
		for i, c := range clients {
			c.Say("LOGIN " + users[i] + " " + password)
			c.Await("OK welcome " + users[i])
		}
		s.requireIn(t, "all of them have logged in", users...)
		for _, c := range clients {
			c.Say("LOGOUT")
			c.Await("OK bye")
		}
		s.requireIn(t, "all of them have logged out")
	}
	for i, c := range clients {
		c.Say("LOGIN " + users[i] + " " + password)
		c.Await("OK welcome " + users[i])
	}
	for i, c := range clients {
		c.Leave()
		s.Idle()
		s.awaitIn(t, "one after the other has left", users[i+1:]...)
	}
}

func TestCommandsAreForThoseWhoAreNotLoggedIn(t *testing.T) {
	s := start(t, "ben")
	c := s.Connect("a client")
	say := func(line, want string) { c.Say(line); c.Await(want) }
	for _, line := range []string{"hello", "", "LOGOUT", "LOGINS ben " + password, strings.Repeat("x", 4096)} {
		say(line, "ERR login first")
	}
	for _, line := range []string{"REGISTER", "REGISTER amira", "REGISTER amira two words", "REGISTER ami/ra " + password, "REGISTER amira short"} {
		say(line, "ERR invalid")
	}
	say("REGISTER amira "+password+"\r", "OK registered")
	say("hello", "ERR login first") // to register is not to log in
	for range 2 {
		say("LOGIN amira "+password+"\r", "OK welcome amira")
		for _, line := range []string{
			"hello", "", "안녕하세요", "  two spaces ", "REGISTER carl " + password, "LOGIN ben " + password, "LOGIN amira " + password,
			"LOGOUT now", strings.Repeat("x", 4096),
		} {
			say(line, "Echo: "+line)
		}
		s.requireIn(t, "amira has logged in; what she says then are no commands", "amira")
		say("LOGOUT\r", "OK bye")
		say("LOGOUT", "ERR login first")
	}
	say(strings.Repeat("x", 4097), "ERR line too long")
	c.AwaitEnd()
}

func TestServeClosesItsConnections(t *testing.T) {
	s := start(t, "amira")
	amira, silent, busy := s.enter("amira, who is logged in,", "amira"), s.Connect("a client that says nothing"), s.Connect("a client that registers")
	s.hasher.HoldHash()
	busy.Say("REGISTER ben " + password)
	s.Idle()
	s.Close()
	amira.AwaitEnd()
	silent.AwaitEnd()
	if !s.Serving() {
		t.Fatal("Serve has returned while a client's password is being hashed: it waits for the goroutines that it has started, " +
			"or the accounts are closed while one still needs them")
	}
	s.hasher.Release()
	busy.Rest()
	must(t, s.Stop(), "Serve, after its listener was closed,")
	s.requireIn(t, "Serve has closed all connections, and returned")

	for range 12 { // the goroutine of the last client may not have run a single line when the listener closes
		server := labtest.StartWith(t, labtest.Network{CloseAfter: 1}, (&login.Server{Accounts: s.accounts}).Serve)
		server.Connect("the client behind which the listener closes").AwaitEnd()
		must(t, server.Stop(), "Serve, after its listener was closed,")
	}

	server := labtest.StartOnce(t, labtest.Network{}, (&login.Server{Accounts: s.accounts}).Serve)
	c := server.Connect("the client that is there when Accept fails")
	server.Idle()
	server.FailAccept(errors.New("the network is gone"))
	c.AwaitEnd()
	assert.ErrorContains(t, server.Wait(), "the network is gone", "Serve should return the error of Accept")
}

func TestLoadOfTheLecture(t *testing.T) {
	s := startWith(t, labtest.Network{TCP: true}, hasher.New(), nil)
	l := &load.Load{Addr: s.Addr(), Clients: 40, Prefix: "load"}
	r := l.Run(t.Context())
	requireNoFailures(t, "half of 40 clients registered, while the other half logged in, talked and logged out", r.Failures)
	requireNoFailures(t, "all accounts of the load logged in", load.Welcome(t.Context(), s.Addr(), r.Registered))
}

func TestRegisteredAccountsSurviveAKill(t *testing.T) {
	dir := t.TempDir()
	server := launch(t, dir)
	const enough = 13 // the first ten are there before the load begins
	n := 0
	l := &load.Load{Addr: server.Addr, Clients: 20, Prefix: "load", Registered: func(string) {
		if n++; n == enough {
			server.Kill()
		}
	}}
	r := l.Run(t.Context())
	if len(r.Registered) < enough {
		t.Fatalf("%d clients of a load failed before the server was killed. The first to do so: %v\n%v", len(r.Failures), r.Failures[0], server.Stop())
	}
	again := launch(t, dir)
	slices.Sort(r.Registered)
	requireNoFailures(t, "the server was killed (kill -9) in the middle of a load, and started again on the same file; those logged in who had been told \"OK registered\"",
		load.Welcome(t.Context(), again.Addr, r.Registered))
	must(t, again.Stop(), "Serve, after its listener was closed,")
}

func TestUnknownUserCostsAHash(t *testing.T) {
	s := start(t, "amira")
	s.hasher.HoldHash()
	s.hasher.HoldMatches()
	for _, user := range []string{"nobody", "nobody-else"} {
		c := s.Connect("a client that logs in as " + user)
		c.Say("LOGIN " + user + " " + password)
		if !c.HasNothing() {
			t.Fatalf("a client that logged in as %s, whom nobody knows, was told %q while the hasher is held: the answer came without a hash, "+
				"and so in no time. Whoever measures that knows which names there are", user, c.Line())
		}
	}
	s.hasher.Release()
}
