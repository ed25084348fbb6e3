package model

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"lockstep/harness/await"
	"lockstep/harness/player"
)

// Closing is that of a [player.Model]. While somebody's password is hashed Serve has closed the connections, and does not return.
func (m *model) Closing(p *player.Play) {
	m.p = p
	if m.hashes || m.matches {
		m.early = m.hurry()
	}
	m.thaw()
	_ = await.Patience{}.Until(func() bool { // calls are nobody's whom Serve waits for
		_ = p.Settle()
		return !slices.ContainsFunc(m.actors, func(a *actor) bool { return a.call != nil && !a.call.Returned() })
	})
}

// hurry says what is wrong while the hasher is held and the listener closed.
func (m *model) hurry() error {
	_ = m.p.Settle()
	m.observe()
	calls := 0
	for _, a := range m.live() {
		if a.call != nil && !a.call.Returned() {
			calls++
		}
	}
	if m.p.Returned() && m.held > calls {
		return player.Faultf("13.1", "Serve has returned while a client's password is being hashed")
	}
	for _, a := range m.live() {
		if a.c != nil && a.c.How == "" && len(a.replies) == len(a.lines) && !m.stuck(a) && !a.c.Closed() {
			return player.Faultf("13.1", "while one client's password is being hashed, the listener was closed, and the connection of %s was not", a.c.Addr)
		}
	}
	return nil
}

// Over is that of a [player.Model].
func (m *model) Over(p *player.Play, _ error) error {
	m.p, m.over = p, true
	if m.early != nil {
		return m.early
	}
	if m.refused != nil {
		return player.Faultf("1.1", "Open returned an error: %v", m.refused)
	}
	_ = p.Settle()
	m.observe()
	for _, a := range m.live() {
		if err := m.plain(a); err != nil {
			return err
		}
	}
	if err := m.look(); err != nil {
		return err
	}
	if err := m.judge(); err != nil {
		return err
	}
	if m.lost {
		m.p.Ask(func() { m.accounts.Close() })
		m.accounts = nil
		return nil
	}
	if err := m.again(); err != nil {
		return err
	}
	return m.secrets()
}

// again opens the accounts again, as they are on disk when the process is killed, and as they are when they have been closed.
func (m *model) again() error {
	if m.twice {
		var err error
		if !m.p.Ask(func() { _, err = m.Open(m.Path) }) {
			return player.Faultf("1.2", "the database is open, and a second Open does not return\n%s", m.p.Stuck())
		}
		if err == nil {
			return player.Faultf("1.2", "two have the same database open: the second Open should have returned an error")
		}
	}
	file, err := os.ReadFile(m.Path)
	copied := m.Path + ".killed"
	if err == nil {
		err = os.WriteFile(copied, file, 0o600)
	}
	if err != nil {
		return player.Faultf("1.1", "the database cannot be read: %v", err)
	}
	if err := m.closed(); err != nil {
		return err
	}
	if err := m.probe(copied, "5.1", "the process was killed and started again"); err != nil {
		return err
	}
	return m.probe(m.Path, "1.4", "the database was closed and opened again")
}

func (m *model) closed() (err error) {
	if !m.p.Ask(func() { err = m.accounts.Close() }) {
		return player.Faultf("1.3", "Close does not return\n%s", m.p.Stuck())
	}
	m.accounts = nil
	if err != nil {
		return player.Faultf("1.3", "Close returned an error: %v", err)
	}
	return nil
}

// probe opens a database, and looks for one world that explains what is there.
func (m *model) probe(path, rule, when string) error {
	var err error
	if !m.p.Ask(func() { m.accounts, err = m.Open(path) }) || err != nil {
		m.accounts = nil
		return player.Faultf(rule, "%s, and Open failed: %v", when, err)
	}
	var in []string
	if !m.p.Ask(func() { in = m.accounts.LoggedIn() }) || len(in) > 0 {
		return player.Faultf("1.4", "%s, and LoggedIn() is %q: nobody is logged in then", when, in)
	}
	for _, user := range slices.Sorted(maps.Keys(m.names)) { // in an order, so that a run goes the same way again
		for _, password := range m.candidates(m.names[user]) {
			if err := m.try(m.names[user], m.passwords[password], user, password, rule, when); err != nil {
				return err
			}
		}
	}
	if rule == "1.4" {
		if err := m.free(); err != nil {
			return err
		}
	}
	return m.closed()
}

// candidates are the passwords that an account may have, and one that it has not: each try costs a hash.
func (m *model) candidates(n int) (all []string) {
	var wrong []string
	for _, password := range slices.Sorted(maps.Keys(m.passwords)) {
		may := false
		for w := range m.worlds {
			may = may || w.has[n] == uint8(m.passwords[password])
		}
		if may {
			all = append(all, password)
		} else {
			wrong = append(wrong, password)
		}
	}
	if len(wrong) > 0 {
		all = append(all, wrong[n%len(wrong)]) // not the same for each
	}
	return all
}

// free registers names that nobody has, and that are a key in the database nevertheless.
func (m *model) free() error {
	keys, err := keysOf(m.Path + ".killed")
	if err != nil {
		return player.Faultf("1.1", "the database cannot be read: %v", err)
	}
	for _, key := range keys {
		if _, ok := m.names[key]; ok || !validName(key) {
			continue
		}
		var err error
		if !m.p.Ask(func() { err = m.accounts.Register(key, "correct-horse") }) {
			return player.Faultf("11.2", "Register does not return\n%s", m.p.Stuck())
		}
		if err != nil {
			return player.Faultf("3.1", "nobody has ever registered %q, which is a key in your database, and Register(%q, ...) returned the error %q", key, key, err)
		}
	}
	return nil
}

// keysOf are all that are in a database, sorted, those of buckets in buckets, too.
func keysOf(path string) (keys []string, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var walk func(b *bbolt.Bucket) error
	walk = func(b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			keys = append(keys, string(k))
			if v == nil {
				return walk(b.Bucket(k))
			}
			return nil
		})
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			keys = append(keys, string(name))
			return walk(b)
		})
	})
	slices.Sort(keys)
	return slices.Compact(keys), err
}

// try logs in twice, and forgets the worlds that do not explain what comes of it.
func (m *model) try(n, i int, user, password, rule, when string) error {
	var first, second error
	login := func(err *error) bool { return m.p.Ask(func() { *err = m.accounts.Login(user, password) }) }
	if !login(&first) || first == nil && !login(&second) {
		return player.Faultf("11.2", "Login does not return\n%s", m.p.Stuck())
	}
	call := fmt.Sprintf("Login(%q, %q)", user, player.Short(password))
	if first == nil && !errors.Is(second, m.LoggedIn) {
		return player.Faultf("7.1", "behind %s, which succeeded, the same call returned %v, and not that %s is logged in", call, second, user)
	}
	for w := range m.worlds {
		if (w.has[n] == uint8(i)) != (first == nil) {
			delete(m.worlds, w)
		}
	}
	switch {
	case len(m.worlds) > 0:
		return nil
	case first == nil:
		return player.Faultf("3.2", "%s, and %s succeeds, and no such account was registered", when, call)
	}
	return player.Faultf(rule, "%s, and %s, whose account was registered, returns: %v", when, call, first)
}

// secrets looks for what should be nowhere.
func (m *model) secrets() error {
	log := m.records.Text()
	said := "" // by somebody who may have been logged in
	for _, a := range m.actors {
		for i, l := range a.lines {
			if a.c != nil && (i >= len(a.replies) || strings.HasPrefix(a.replies[i], "Echo: ")) {
				said += l.text + "\n"
			}
		}
		said += string(a.part) + "\n"
	}
	file, err := os.ReadFile(m.Path)
	if err != nil {
		return player.Faultf("1.1", "the database cannot be read: %v", err)
	}
	for _, password := range m.everyPassword() {
		for _, form := range []struct{ how, text string }{
			{"as it is", password},
			{"in hexadecimal", hex.EncodeToString([]byte(password))},
			{"in base64", base64.StdEncoding.EncodeToString([]byte(password))},
		} {
			if bytes.Contains(file, []byte(form.text)) {
				return player.Faultf("6.1", "the password %q is in the database file, %s", player.Short(password), form.how)
			}
		}
		if !strings.Contains(said, password) && strings.Contains(log, password) {
			return player.Faultf("6.1", "the password %q got into the log:\n  %s", player.Short(password), lineWith(log, password))
		}
	}
	for _, a := range m.actors {
		for i, l := range a.lines {
			if a.c == nil || i >= len(a.replies) || a.replies[i] != "ERR login first" || len(l.text) < 12 || strings.Contains(said, l.text) {
				continue
			}
			if strings.Contains(log, l.text) {
				return player.Faultf("6.2", "%s was not logged in when it sent %q, and the log has it:\n  %s", a.c.Addr, player.Short(l.text), lineWith(log, l.text))
			}
		}
	}
	return nil
}

// everyPassword is all that somebody gave as one, if it is no word that may be there for another reason.
func (m *model) everyPassword() (all []string) {
	for _, a := range m.actors {
		for _, l := range a.lines {
			words := strings.Split(l.text, " ")
			if a.call == nil && len(words) == 3 && (words[0] == "REGISTER" || words[0] == "LOGIN") && len(words[2]) >= 7 {
				all = append(all, words[2])
			}
			if a.call != nil && len(l.ops[0].password) >= 7 {
				all = append(all, l.ops[0].password)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func lineWith(log, text string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, text) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
