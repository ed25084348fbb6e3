// Package login, in another style: it takes its leave. A connection that is closed while bytes of its client are
// unread is reset, and the client may never see its ERR; so the server half-closes and reads on until the client
// has left as well, or a deadline has passed. Whoever was logged in is so until then.
package login

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
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

// patience is how long a client may take to leave behind a line that was too long.
const patience = 1200 * time.Millisecond

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

// users is the bucket of the database that holds a hash for each name.
var users = []byte("users")

// Accounts are who may log in, on disk, and who is logged in, in memory. All methods may be called
// concurrently.
type Accounts struct {
	db     *bolt.DB
	hasher Hasher

	mu sync.Mutex      // never held while a password is hashed, or in a transaction
	in map[string]bool // who is logged in
}

// Open opens the database at path, and makes it if there is none. While another process has it open,
// that is an error.
func Open(path string, h Hasher) (*Accounts, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 200 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(users)
		return err
	})
	if err != nil {
		db.Close()
		return nil, err
	}
	return &Accounts{db: db, hasher: h, in: map[string]bool{}}, nil
}

// Register makes an account. When it returns nil, the account is on disk.
func (a *Accounts) Register(user, password string) error {
	if !validName(user) || !validPassword(password) {
		return ErrInvalid
	}
	hash, err := a.hasher.Hash(password)
	if err != nil {
		return err
	}
	return a.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(users)
		if b.Get([]byte(user)) != nil {
			return ErrTaken
		}
		return b.Put([]byte(user), hash)
	})
}

// Login logs a user in, until Logout.
func (a *Accounts) Login(user, password string) error {
	var hash []byte
	err := a.db.View(func(tx *bolt.Tx) error {
		hash = bytes.Clone(tx.Bucket(users).Get([]byte(user))) // the database's own bytes end with the transaction
		return nil
	})
	if err != nil {
		return err
	}
	if hash == nil {
		a.hasher.Hash(password) // or the time that a denial takes would tell which names there are
		return ErrDenied
	}
	if !a.hasher.Matches(hash, password) {
		return ErrDenied
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.in[user] {
		return ErrLoggedIn
	}
	a.in[user] = true
	return nil
}

// Logout logs a user out who is logged in.
func (a *Accounts) Logout(user string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.in, user)
}

// LoggedIn returns who is logged in, sorted.
func (a *Accounts) LoggedIn() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []string
	for user := range a.in {
		all = append(all, user)
	}
	slices.Sort(all)
	return all
}

// Close closes the database.
func (a *Accounts) Close() error { return a.db.Close() }

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

// A Server lets clients register, log in and talk. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Accounts *Accounts    // closed by whoever opened them, when Serve has returned
	Log      *slog.Logger // what the server does, for people; nil means silence

	mu    sync.Mutex // never held while a client is waited for
	conns map[net.Conn]bool
}

// Serve serves every client that connects to ln in a goroutine of its own. Once ln is closed it closes
// the connections, waits for their goroutines and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	log := cmp.Or(s.Log, slog.New(slog.DiscardHandler))
	s.conns = map[net.Conn]bool{}
	var clients sync.WaitGroup
	defer clients.Wait()
	defer s.hangUp() // first of the two; nobody is added any more
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		s.add(conn)
		c := &client{conn: conn, accounts: s.Accounts, log: log.With("client", conn.RemoteAddr())}
		clients.Go(func() { // ends when the client has left, or its connection is closed
			defer s.remove(conn)
			c.serve()
		})
	}
}

func (s *Server) add(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = true
}

func (s *Server) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	conn.Close()
}

// hangUp closes all connections. Whoever reads from one is woken by that.
func (s *Server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		conn.Close()
	}
}

// A client is one connection, and who is logged in on it.
type client struct {
	conn     net.Conn
	accounts *Accounts
	log      *slog.Logger
	user     string // "" for nobody
}

// serve answers the client's lines until there are no more.
func (c *client) serve() {
	defer c.logout()
	r := bufio.NewReaderSize(c.conn, maxLine+len("\r\n"))
	for {
		line, err := readLine(r)
		if errors.Is(err, errTooLong) {
			io.WriteString(c.conn, "ERR line too long\n")
			c.takeLeave()
		}
		if err != nil {
			return
		}
		if _, err := io.WriteString(c.conn, c.answer(line)+"\n"); err != nil {
			return
		}
	}
}

// answer does what a line says, and returns the reply. The line may have a password in it: it is not
// logged.
func (c *client) answer(line string) string {
	if c.user != "" {
		if line == "LOGOUT" {
			c.logout()
			return "OK bye"
		}
		return "Echo: " + line
	}
	command, rest, _ := strings.Cut(line, " ")
	user, password, _ := strings.Cut(rest, " ")
	switch command {
	case "REGISTER":
		if err := c.accounts.Register(user, password); err != nil {
			c.log.Info("not registered", "reason", err)
			return "ERR " + err.Error()
		}
		c.log.Info("registered", "user", user)
		return "OK registered"
	case "LOGIN":
		if err := c.accounts.Login(user, password); err != nil {
			c.log.Info("not logged in", "reason", err)
			return "ERR " + err.Error()
		}
		c.user = user
		c.log.Info("logged in", "user", user)
		return "OK welcome " + user
	}
	return "ERR login first"
}

// takeLeave waits until the client has closed its end, or does not want to.
func (c *client) takeLeave() {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		c.conn.SetReadDeadline(time.Now().Add(patience))
		io.Copy(io.Discard, c.conn)
	}
}

// logout logs out who is logged in on this connection, and nobody else.
func (c *client) logout() {
	if c.user != "" {
		c.accounts.Logout(c.user)
		c.log.Info("logged out", "user", c.user)
		c.user = ""
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
