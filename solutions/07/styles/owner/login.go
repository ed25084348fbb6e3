// Package login, in another style: who is logged in belongs to one goroutine, and all others ask it over
// a channel. Nothing is shared, and so nothing is locked. Each client has three goroutines: one reads its lines, one
// answers them, and one closes the connection when either has ended, or the server has.
package login

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

var errTooLong = errors.New("line too long")

// A Hasher turns passwords into what may be stored. Its methods take their time, and may be called
// concurrently.
type Hasher interface {
	Hash(password string) ([]byte, error)
	Matches(hash []byte, password string) bool
}

// What Register and Login refuse; the server's clients are told in these words.
var (
	ErrTaken    = errors.New("taken")
	ErrDenied   = errors.New("denied")
	ErrLoggedIn = errors.New("already logged in")
	ErrInvalid  = errors.New("invalid")
)

// Accounts are who may log in, on disk, and who is logged in, in memory. All methods may be called
// concurrently.
type Accounts struct {
	db     *bolt.DB
	hasher Hasher
	decoy  []byte // what the password of a user is compared with who does not exist

	ask  chan func(in map[string]bool) // is run by the one who owns the map
	done chan struct{}                 // closed by Close
	gone chan struct{}                 // closed by the owner, last of all
}

// Open opens the database at path, and makes it if there is none. While another process has it open,
// that is an error.
func Open(path string, h Hasher) (*Accounts, error) {
	decoy, err := h.Hash("a password that nobody has")
	if err != nil {
		return nil, err
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 500 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	a := &Accounts{
		db: db, hasher: h, decoy: decoy,
		ask: make(chan func(map[string]bool)), done: make(chan struct{}), gone: make(chan struct{}),
	}
	go a.own() // ends with Close
	return a, nil
}

// own owns the map of those who are logged in.
func (a *Accounts) own() {
	defer close(a.gone)
	in := map[string]bool{}
	for {
		select {
		case f := <-a.ask:
			f(in)
		case <-a.done:
			return
		}
	}
}

// with lets f use the map, and returns when it has.
func (a *Accounts) with(f func(in map[string]bool)) {
	used := make(chan struct{})
	select {
	case a.ask <- func(in map[string]bool) { f(in); close(used) }:
		<-used
	case <-a.done:
	}
}

// Register makes an account. When it returns nil, the account is on disk.
func (a *Accounts) Register(user, password string) error {
	if !validName(user) || !validPassword(password) {
		return ErrInvalid
	}
	hash, err := a.hasher.Hash(password)
	if err != nil {
		return fmt.Errorf("registering %s: %w", user, err)
	}
	return a.db.Update(func(tx *bolt.Tx) error {
		// a bucket for each user; this fails if there is one already
		b, err := tx.CreateBucket([]byte(user))
		if err != nil {
			return fmt.Errorf("registering %s: %w", user, ErrTaken)
		}
		return b.Put([]byte("hash"), hash)
	})
}

// Login logs a user in, until Logout.
func (a *Accounts) Login(user, password string) error {
	hash, known := a.hash(user)
	if !known {
		hash = a.decoy
	}
	if ok := a.hasher.Matches(hash, password); !ok || !known {
		return ErrDenied
	}
	err := ErrLoggedIn
	a.with(func(in map[string]bool) {
		if !in[user] {
			in[user] = true
			err = nil
		}
	})
	return err
}

func (a *Accounts) hash(user string) (hash []byte, known bool) {
	a.db.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket([]byte(user)); b != nil {
			hash, known = bytes.Clone(b.Get([]byte("hash"))), true
		}
		return nil
	})
	return hash, known
}

// Logout logs a user out who is logged in.
func (a *Accounts) Logout(user string) {
	a.with(func(in map[string]bool) { delete(in, user) })
}

// LoggedIn returns who is logged in, sorted.
func (a *Accounts) LoggedIn() []string {
	var all []string
	a.with(func(in map[string]bool) {
		for user := range in {
			all = append(all, user)
		}
	})
	slices.Sort(all)
	return all
}

// Close closes the database.
func (a *Accounts) Close() error {
	close(a.done)
	<-a.gone
	return a.db.Close()
}

// validName tells whether user is 1 to 32 ASCII letters, digits, dots, underscores and hyphens.
func validName(user string) bool {
	const others = "0123456789._-"
	for _, r := range user {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || strings.ContainsRune(others, r)) {
			return false
		}
	}
	return 1 <= len(user) && len(user) <= 32
}

// validPassword tells whether password is 8 to 128 bytes without a space.
func validPassword(password string) bool {
	return 8 <= len(password) && len(password) <= 128 && !strings.Contains(password, " ")
}

// A Server lets clients register, log in and talk. Set the fields before Serve.
type Server struct {
	Accounts *Accounts
	Log      *slog.Logger // nil means silence
}

// Serve serves every client that connects to ln.
func (s *Server) Serve(ln net.Listener) error {
	stop := make(chan struct{}) // closed when no more clients come
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("login: %w", err)
		}
		lines := make(chan line)
		left := make(chan struct{})
		wg.Go(func() { read(conn, lines, left) })
		wg.Go(func() { defer close(left); s.converse(conn, lines) })
		wg.Go(func() { hangUp(conn, left, stop) })
	}
}

// A line is what a client says, or that it says too much.
type line struct {
	text    string
	tooLong bool
}

// read passes on the lines of a client until it leaves, or until nobody wants them any more.
func read(conn net.Conn, lines chan<- line, left <-chan struct{}) {
	defer close(lines)
	r := bufio.NewReaderSize(conn, maxLine+2)
	for {
		text, err := readLine(r)
		if err != nil && err != errTooLong {
			return
		}
		select {
		case lines <- line{text, err == errTooLong}:
		case <-left:
			return
		}
		if err != nil {
			return
		}
	}
}

// hangUp closes a connection when its client has left, or no more clients come. That ends a Read or a Write which waits for the client.
func hangUp(conn net.Conn, left, stop <-chan struct{}) {
	select {
	case <-left:
	case <-stop:
	}
	conn.Close()
}

// converse answers the lines of a client, one after the other.
func (s *Server) converse(conn net.Conn, lines <-chan line) {
	var user string
	defer func() {
		if user != "" {
			s.Accounts.Logout(user)
		}
	}()
	for l := range lines {
		if l.tooLong {
			fmt.Fprint(conn, "ERR line too long\n")
			return
		}
		reply, next := s.answer(user, l.text)
		user = next
		if _, err := fmt.Fprintf(conn, "%s\n", reply); err != nil {
			return
		}
	}
}

// answer returns what a line is answered with, and who is logged in from then on.
func (s *Server) answer(user, line string) (reply, next string) {
	words := strings.Fields(line)
	is := func(command string) bool { return len(words) > 0 && words[0] == command }
	switch {
	case user != "" && line == "LOGOUT":
		s.Accounts.Logout(user)
		s.log("logged out", user)
		return "OK bye", ""
	case user != "":
		return "Echo: " + line, user
	case is("REGISTER") && len(words) != 3:
		return "ERR invalid", ""
	case is("REGISTER"):
		if err := s.Accounts.Register(words[1], words[2]); err != nil {
			return refusal(err), ""
		}
		s.log("registered", words[1])
		return "OK registered", ""
	case is("LOGIN") && len(words) != 3:
		return "ERR denied", ""
	case is("LOGIN"):
		if err := s.Accounts.Login(words[1], words[2]); err != nil {
			return refusal(err), ""
		}
		s.log("logged in", words[1])
		return "OK welcome " + words[1], words[1]
	}
	return "ERR login first", ""
}

// refusal is how a client is told of an error.
func refusal(err error) string {
	for _, known := range []error{ErrTaken, ErrDenied, ErrLoggedIn, ErrInvalid} {
		if errors.Is(err, known) {
			return "ERR " + known.Error()
		}
	}
	return "ERR something went wrong"
}

func (s *Server) log(what, user string) {
	if s.Log != nil {
		s.Log.Info(what, "user", user)
	}
}

// readLine reads one line and returns it without its ending, which is \n or \r\n.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errTooLong
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
	if len(text) > maxLine {
		return "", errTooLong
	}
	return text, nil
}
