// Package login is lab 07: accounts. Clients register and log in, all at once, and what was registered
// is still there tomorrow.
//
// The marks TODO(07a) to TODO(07d) show where the work is, and the handout (labs/07/README.md) gives
// every rule that is checked. The accounts live in a bbolt database; its documentation is at
// pkg.go.dev/go.etcd.io/bbolt, or: go doc go.etcd.io/bbolt.
package login

import (
	"bufio"
	"errors"
	"log/slog"
	"net"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

var errTooLong = errors.New("line too long")

// A Hasher turns passwords into what may be stored. Its methods take their time, and may be called
// concurrently.
type Hasher interface {
	Hash(password string) ([]byte, error)      // a new hash of the password, another one each time
	Matches(hash []byte, password string) bool // whether hash was made of this password
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

	// TODO(07b): who is logged in?
}

// Open opens the database at path, and makes it if there is none. While another process has it open,
// that is an error, and Open returns it within a second.
func Open(path string, h Hasher) (*Accounts, error) {
	// TODO(07a): bolt.Open waits for ever for a database that is in use, unless its options have a Timeout.
	// Make the bucket for the accounts here, once.
	return nil, errors.New("TODO(07a): open the database of accounts, and make its bucket")
}

// Register makes an account. When it returns nil, the account is on disk. It returns ErrInvalid for a
// name or a password that the handout does not allow, and ErrTaken if there is such an account already.
func (a *Accounts) Register(user, password string) error {
	// TODO(07a): hash the password, outside of every lock and transaction, and put the hash under the
	// name. To see that the name is free, and to take it, is one step.
	return errors.New("TODO(07a): register an account")
}

// Login logs a user in, until Logout. It returns ErrDenied if there is no such account or the password is
// wrong, and ErrLoggedIn if the password is right and the user is logged in already.
func (a *Accounts) Login(user, password string) error {
	// TODO(07b): get the hash in one transaction, compare behind it, and log in.
	// TODO(07d), bonus: denying an account that does not exist takes as long as denying a wrong password.
	return errors.New("TODO(07b): log in")
}

// Logout logs a user out who is logged in.
func (a *Accounts) Logout(user string) {
	// TODO(07b)
}

// LoggedIn returns who is logged in, sorted.
func (a *Accounts) LoggedIn() []string {
	return nil // TODO(07b)
}

// Close closes the database. Nobody is logged in when it is opened again.
func (a *Accounts) Close() error {
	return errors.New("TODO(07a): close the database")
}

// A Server lets clients register, log in and talk. Set the exported fields before Serve. A Server serves
// once.
type Server struct {
	Accounts *Accounts    // closed by whoever opened them, when Serve has returned
	Log      *slog.Logger // what the server does, for people; nil means silence
}

// Serve serves every client that connects to ln in a goroutine of its own. Once ln is closed it closes
// the connections, waits for their goroutines and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	// TODO(07c): answer each line as the handout says. Who is logged in on a connection is logged out when it
	// ends, however it ends. No password may get into Log, not by way of a line that you log either.
	return errors.New("TODO(07c): accept clients, and answer REGISTER, LOGIN and LOGOUT")
}

// readLine reads one line and returns it without its ending, which is \n or \r\n. It returns
// errTooLong for a line of more than maxLine bytes. r holds at least maxLine+2 bytes:
//
//	r := bufio.NewReaderSize(conn, maxLine+len("\r\n"))
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
