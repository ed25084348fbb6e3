// Package login, in another style: what the standard library has for each problem. A sync.Map whose LoadOrStore
// is the one step, a context whose end closes connections, a bufio.Scanner, a regular expression; and bbolt's Batch,
// which makes one transaction of several registrations that come at once.
package login

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

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

var bucket = []byte("accounts")

// Accounts are who may log in, on disk, and who is logged in, in memory.
type Accounts struct {
	db       *bolt.DB
	hasher   Hasher
	sessions sync.Map // by name, of those who are logged in

	once  sync.Once
	decoy []byte // made once: a hash to compare with where there is none
}

// Open opens the database at path.
func Open(path string, h Hasher) (*Accounts, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second / 2})
	if err != nil {
		return nil, fmt.Errorf("opening accounts: %w", err)
	}
	if err := db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	}); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Accounts{db: db, hasher: h}, nil
}

var (
	name   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)
	secret = regexp.MustCompile(`^[^ ]+$`)
)

// Register makes an account.
func (a *Accounts) Register(user, password string) error {
	if !name.MatchString(user) || !secret.MatchString(password) || len(password) < 8 || len(password) > 128 {
		return ErrInvalid
	}
	hash, err := a.hasher.Hash(password)
	if err != nil {
		return err
	}
	return a.db.Batch(func(tx *bolt.Tx) error {
		accounts := tx.Bucket(bucket)
		if accounts.Get([]byte(user)) != nil {
			return ErrTaken
		}
		return accounts.Put([]byte(user), hash)
	})
}

// Login logs a user in.
func (a *Accounts) Login(user, password string) error {
	var hash []byte
	if err := a.db.View(func(tx *bolt.Tx) error {
		hash = append(hash, tx.Bucket(bucket).Get([]byte(user))...)
		return nil
	}); err != nil {
		return err
	}
	known := len(hash) > 0
	if !known {
		a.once.Do(func() { a.decoy, _ = a.hasher.Hash("decoy") })
		hash = a.decoy
	}
	if !a.hasher.Matches(hash, password) || !known {
		return ErrDenied
	}
	if _, already := a.sessions.LoadOrStore(user, time.Now()); already {
		return ErrLoggedIn
	}
	return nil
}

// Logout logs a user out.
func (a *Accounts) Logout(user string) { a.sessions.Delete(user) }

// LoggedIn returns who is logged in, sorted.
func (a *Accounts) LoggedIn() []string {
	var all []string
	a.sessions.Range(func(user, _ any) bool {
		all = append(all, user.(string))
		return true
	})
	sort.Strings(all)
	return all
}

// Close closes the database.
func (a *Accounts) Close() error { return a.db.Close() }

// A Server lets clients register, log in and talk.
type Server struct {
	Accounts *Accounts
	Log      *slog.Logger
}

// Serve serves every client that connects to ln.
func (s *Server) Serve(ln net.Listener) (err error) {
	log := cmp.Or(s.Log, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for {
		var conn net.Conn
		if conn, err = ln.Accept(); err != nil {
			break
		}
		wg.Go(func() { s.session(ctx, conn, log) })
	}
	cancel()
	wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Server) session(ctx context.Context, conn net.Conn, log *slog.Logger) {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { conn.Close(); close(closed) })
	defer func() {
		if !stop() {
			<-closed
		}
		conn.Close()
	}()
	var user string
	defer func() {
		if user != "" {
			s.Accounts.Logout(user)
		}
	}()
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, 512), maxLine+2) // with the ending
	lines.Split(wholeLines)
	for lines.Scan() {
		if len(lines.Bytes()) > maxLine {
			fmt.Fprintln(conn, errText(errTooLong))
			return
		}
		reply := s.reply(&user, lines.Text())
		log.Debug("answered", "user", user, "bytes", len(reply))
		if _, err := fmt.Fprintln(conn, reply); err != nil {
			return
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		fmt.Fprintln(conn, errText(errTooLong))
	}
}

// wholeLines is bufio.ScanLines without what stands behind the last ending.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if atEOF && bytes.IndexByte(data, '\n') < 0 {
		return len(data), nil, nil
	}
	return bufio.ScanLines(data, atEOF)
}

func (s *Server) reply(user *string, line string) string {
	if *user != "" && line != "LOGOUT" {
		return "Echo: " + line
	}
	if *user != "" {
		s.Accounts.Logout(*user)
		*user = ""
		return "OK bye"
	}
	switch words := append(strings.SplitN(line, " ", 3), "", ""); words[0] {
	case "REGISTER":
		if err := s.Accounts.Register(words[1], words[2]); err != nil {
			return errText(err)
		}
		return "OK registered"
	case "LOGIN":
		if err := s.Accounts.Login(words[1], words[2]); err != nil {
			return errText(err)
		}
		*user = words[1]
		return "OK welcome " + *user
	}
	return "ERR login first"
}

func errText(err error) string { return "ERR " + err.Error() }

var errTooLong = errors.New("line too long")
