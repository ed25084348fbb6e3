// Package argon, for the programs of lab 07, hashes passwords with argon2id, for programs that people really log in to.
//
//	h := argon.New()
//	hash, err := h.Hash("correct horse battery staple") // to be stored
//	ok := h.Matches(hash, password)
//
// A hash is text in the usual form, $argon2id$v=19$m=19456,t=2,p=1$salt$key, and carries its own
// parameters: hashes that are stored already go on to match when the defaults change.
//
// # Why it is slow
//
// Whoever steals the accounts can try passwords as fast as the hash allows. So the hash is made
// expensive, in time and in memory, which special hardware has little of. The parameters are those
// that OWASP gives as the least for argon2id: 19 MiB, two passes over it, one lane. That is some
// hundredths of a second; a login does not notice, and somebody with a billion guesses does. RFC 9106
// recommends 64 MiB and three passes where memory allows it.
//
// The salt is random for each hash. Two users with the same password have different hashes, and a
// table of hashes that was made beforehand is of no use.
//
// # Limits
//
// As many hashes are computed at once as there are processors; the others wait. More would not be done
// any sooner, and a crowd that logs in would need the memory of all of them.
package argon

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	memory = 19 * 1024 // KiB
	passes = 2
	lanes  = 1

	saltSize = 16
	keySize  = 32
)

// A Hasher hashes passwords. Its methods may be called concurrently.
type Hasher struct {
	places chan struct{} // one for each hash that is being computed
}

// New returns a Hasher.
func New() *Hasher {
	return &Hasher{places: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// Hash returns a hash of the password, under a salt of its own.
func (h *Hasher) Hash(password string) ([]byte, error) {
	p := params{memory: memory, passes: passes, lanes: lanes, salt: make([]byte, saltSize)}
	rand.Read(p.salt) // never fails
	p.key = h.key(password, p, keySize)
	return p.text(), nil
}

// Matches tells whether hash was made of this password. What is no hash of this package matches nothing.
func (h *Hasher) Matches(hash []byte, password string) bool {
	p, ok := parse(string(hash))
	if !ok {
		return false
	}
	key := h.key(password, p, len(p.key))
	return subtle.ConstantTimeCompare(key, p.key) == 1
}

func (h *Hasher) key(password string, p params, size int) []byte {
	h.places <- struct{}{}
	defer func() { <-h.places }()
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(size))
}

// params are what a hash consists of.
type params struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func (p params) text() []byte {
	return fmt.Appendf(nil, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

// parse refuses what text would not have written, and what would take for ever.
func parse(hash string) (p params, ok bool) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 {
		return p, false
	}
	_, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes)
	if err != nil || p.memory > 1<<20 || p.passes < 1 || p.passes > 1<<10 || p.lanes < 1 {
		return p, false
	}
	if p.salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil {
		return p, false
	}
	p.key, err = base64.RawStdEncoding.DecodeString(fields[5])
	return p, err == nil && len(p.key) > 0 && string(p.text()) == hash
}
