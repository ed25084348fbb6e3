// Package login, in another style: transactions that are begun and ended by hand, accounts as records of
// text with the day on which they were made, sessions that say which connection is in, and one
// read-write lock for the few microseconds that they take.
package login

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
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

const table = "accounts by name"

// Accounts are who may log in, on disk, and who is logged in, in memory.
type Accounts struct {
	db     *bolt.DB
	hasher Hasher

	lock   sync.RWMutex
	online []string // sorted
}

// Open opens the database at path.
func Open(path string, h Hasher) (*Accounts, error) {
	options := *bolt.DefaultOptions
	options.Timeout = 300 * time.Millisecond
	db, err := bolt.Open(path, 0o600, &options)
	if err != nil {
		return nil, err
	}
	return &Accounts{db: db, hasher: h}, nil
}

// Register makes an account.
func (a *Accounts) Register(user, password string) error {
	if err := check(user, password); err != nil {
		return err
	}
	if known, _ := a.lookUp(user); known {
		return ErrTaken // no need to hash
	}
	hash, err := a.hasher.Hash(password)
	if err != nil {
		return err
	}
	tx, err := a.db.Begin(true)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing behind Commit
	accounts, err := tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return err
	}
	if accounts.Get([]byte(user)) != nil { // somebody else may have been faster
		return ErrTaken
	}
	record := time.Now().Format(time.DateOnly) + " " + hex.EncodeToString(hash)
	if err := accounts.Put([]byte(user), []byte(record)); err != nil {
		return err
	}
	return tx.Commit()
}

// lookUp returns the hash of a user.
func (a *Accounts) lookUp(user string) (known bool, hash []byte) {
	tx, err := a.db.Begin(false)
	if err != nil {
		return false, nil
	}
	defer tx.Rollback()
	accounts := tx.Bucket([]byte(table))
	if accounts == nil {
		return false, nil
	}
	record := string(accounts.Get([]byte(user))) // a copy
	_, text, known := strings.Cut(record, " ")
	hash, _ = hex.DecodeString(text)
	return known, hash
}

// Login logs a user in.
func (a *Accounts) Login(user, password string) error {
	known, hash := a.lookUp(user)
	if !known {
		if _, err := a.hasher.Hash(password); err != nil {
			return err
		}
		return ErrDenied
	}
	if !a.hasher.Matches(hash, password) {
		return ErrDenied
	}
	a.lock.Lock()
	defer a.lock.Unlock()
	at, found := slices.BinarySearch(a.online, user)
	if found {
		return ErrLoggedIn
	}
	a.online = slices.Insert(a.online, at, user)
	return nil
}

// Logout logs a user out.
func (a *Accounts) Logout(user string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if at, found := slices.BinarySearch(a.online, user); found {
		a.online = slices.Delete(a.online, at, at+1)
	}
}

// LoggedIn returns who is logged in, sorted.
func (a *Accounts) LoggedIn() []string {
	a.lock.RLock()
	defer a.lock.RUnlock()
	return slices.Clone(a.online)
}

// Close closes the database.
func (a *Accounts) Close() error { return a.db.Close() }

func check(user, password string) error {
	strange := func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '.' || r == '_' || r == '-')
	}
	switch {
	case len(user) < 1, len(user) > 32, strings.IndexFunc(user, strange) >= 0:
		return ErrInvalid
	case len(password) < 8, len(password) > 128, strings.ContainsRune(password, ' '):
		return ErrInvalid
	}
	return nil
}

// A Server lets clients register, log in and talk.
type Server struct {
	Accounts *Accounts
	Log      *slog.Logger

	mu      sync.Mutex
	closing bool
	open    []*connection
	done    sync.WaitGroup
}

type connection struct {
	net.Conn
	user string // who is logged in; for its own goroutine only
}

// Serve serves every client that connects to ln.
func (s *Server) Serve(ln net.Listener) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			s.closeAll()
			s.done.Wait()
			if errors.Is(err, net.ErrClosed) {
				err = nil
			}
			return err
		}
		s.done.Add(1)
		go s.handle(&connection{Conn: conn})
	}
}

func (s *Server) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	for _, c := range s.open {
		c.Close()
	}
}

// enter notes that c is open, unless all connections are being closed.
func (s *Server) enter(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.open = append(s.open, c)
	}
	return !s.closing
}

func (s *Server) handle(c *connection) {
	defer s.done.Done()
	defer func() {
		c.Close()
		s.leave(c)
		s.mu.Lock()
		s.open = slices.DeleteFunc(s.open, func(other *connection) bool { return other == c })
		s.mu.Unlock()
	}()
	if !s.enter(c) {
		return
	}
	in, out := bufio.NewReaderSize(c, maxLine+len("\r\n")), bufio.NewWriter(c)
	for {
		line, err := readLine(in)
		switch {
		case err == errTooLong:
			out.WriteString("ERR line too long\n")
			out.Flush()
			return
		case err != nil:
			return
		}
		s.process(c, out, line)
		if !ahead(in) && out.Flush() != nil { // several answers may go out at once
			return
		}
	}
}

// ahead tells whether a further line has come.
func ahead(in *bufio.Reader) bool {
	more, _ := in.Peek(in.Buffered())
	return bytes.IndexByte(more, '\n') >= 0
}

func (s *Server) process(c *connection, out *bufio.Writer, line string) {
	defer out.WriteByte('\n')
	words := strings.Split(line, " ")
	var err error
	switch {
	case c.user != "" && line == "LOGOUT":
		s.leave(c)
		out.WriteString("OK bye")
	case c.user != "":
		out.WriteString("Echo: " + line)
	case words[0] == "REGISTER":
		if err = ErrInvalid; len(words) == 3 {
			err = s.Accounts.Register(words[1], words[2])
		}
		if err == nil {
			out.WriteString("OK registered")
		}
	case words[0] == "LOGIN":
		if err = ErrDenied; len(words) == 3 {
			err = s.Accounts.Login(words[1], words[2])
		}
		if err == nil {
			c.user = words[1]
			out.WriteString("OK welcome " + c.user)
		}
	default:
		err = errors.New("login first")
	}
	if err != nil {
		out.WriteString("ERR " + err.Error())
	}
	if s.Log != nil {
		s.Log.Info("a line", "command", c.user == "", "error", err)
	}
}

func (s *Server) leave(c *connection) {
	if c.user != "" {
		s.Accounts.Logout(c.user)
	}
	c.user = ""
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
