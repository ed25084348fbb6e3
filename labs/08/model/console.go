package model

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// A console is a call of Console, with somebody who types.
type console struct {
	call   *player.Call
	err    error
	in     *keyboard
	out    *screen
	part   []byte
	typed  []string // commands of this scene
	exits  bool     // exit was typed
	hungUp bool
}

// typed types something: tap, and each Read gets a byte.
func (m *model) typed(a story.Act) bool {
	c := m.consoles[a.Who]
	if c == nil {
		c = &console{in: newKeyboard(), out: &screen{}}
		c.call = m.p.Go(func() { c.err = m.Console(c.in, c.out) })
		if m.consoles == nil {
			m.consoles = map[string]*console{}
		}
		m.consoles[a.Who] = c
	}
	if c.exits || c.hungUp {
		return false
	}
	for _, b := range a.Text {
		if b != '\n' {
			c.part = append(c.part, b)
			continue
		}
		command := strings.TrimSuffix(string(c.part), "\r")
		c.part = nil
		if command == "exit" && !c.exits {
			c.exits = true
			m.ends(&call{Call: c.call, err: &c.err, name: "Console, behind exit,", began: time.Now()})
		}
		if !c.exits {
			c.typed = append(c.typed, command)
		}
	}
	c.in.add(a.Text, a.Verb == "tap")
	return true
}

// hangUp ends a console's input, between two lines.
func (m *model) hangUp(who string) bool {
	c := m.consoles[who]
	if c == nil || c.hungUp || len(c.part) > 0 {
		return false
	}
	c.hungUp = true
	c.in.end()
	return true
}

func (m *model) hangUpAll() {
	for _, c := range m.consoles {
		c.hungUp = true
		c.in.end()
	}
}

// printed judges what the consoles have printed.
func (m *model) printed() error {
	for _, c := range m.consoles {
		text := c.out.take()
		if len(c.typed) == 0 && !c.exits && text != "" && !c.hungUp {
			return player.Faultf("10.1", "nothing was typed, and Console printed %q", player.Short(text))
		}
		must, may := m.presentAmid()
		if err := match(text, c.typed, c.exits || len(c.part) > 0 && c.hungUp, must, may); err != nil {
			return err
		}
		c.typed = nil
		switch {
		case c.exits:
		case c.hungUp && !c.call.Returned():
			return player.Faultf("10.2", "the input of Console has ended, and it does not return\n%s", m.p.Stuck())
		case c.call.Returned() && !c.hungUp:
			return player.Faultf("10.1", "Console has returned, with %v, and its input has not ended", c.err)
		case c.call.Returned() && c.err != nil:
			return player.Faultf("10.2", "Console returned the error %q at the end of its input", c.err)
		}
	}
	return nil
}

// match judges what was printed for some commands. Behind the last one there may be more if more says so.
func match(text string, commands []string, more bool, must, may map[int]string) error {
	helps, i := 0, 0
	for ; i < len(commands) && commands[i] != "list"; i++ {
		helps++
	}
	from := 0
	for range helps {
		if end := both(text[from:]); end >= 0 {
			from += end
			continue
		}
		return player.Faultf("10.1", "%q was typed, and Console printed %q: list and exit do not occur", commands[i-1], player.Short(text))
	}
	if i == len(commands) {
		if helps == 0 && text != "" && !more {
			return player.Faultf("10.1", "Console printed %q, which is too much", player.Short(text))
		}
		return nil
	}
	last := len(text) // of help, which may say what it likes
	if helps == 0 {
		last = 0
	}
	var wrong error
	for at := from; at <= last; at++ {
		rest, err := list(text[at:], must, may)
		if err == nil {
			err = match(rest, commands[i+1:], more, must, may)
		}
		if err == nil {
			return nil
		}
		if wrong == nil || text[at:] != "" && text[at] >= '0' && text[at] <= '9' {
			wrong = err
		}
	}
	return wrong
}

// both is where a text has named both commands; -1 if it has not.
func both(text string) int {
	a, b := strings.Index(text, "list"), strings.Index(text, "exit")
	if a < 0 || b < 0 {
		return -1
	}
	return max(a, b) + len("list")
}

var heading = regexp.MustCompile(`^(\d+) (clients?)\n`)
var entry = regexp.MustCompile(`^(\d+) (\S+)\n`)

// list takes a list off a text, and judges it.
func list(text string, must, may map[int]string) (rest string, err error) {
	h := heading.FindStringSubmatch(text)
	if h == nil {
		return "", player.Faultf("10.1", "list was typed, and Console printed %q", player.Short(text))
	}
	n, _ := strconv.Atoi(h[1])
	if (n == 1) != (h[2] == "client") || h[1] != strconv.Itoa(n) {
		return "", player.Faultf("10.1", "list printed %q", strings.TrimSpace(h[0]))
	}
	shown := text
	text = text[len(h[0]):]
	got, last := map[int]string{}, 0
	for range n {
		e := entry.FindStringSubmatch(text)
		if e == nil {
			return "", player.Faultf("10.1", "list says %d, and not as many follow: %q", n, player.Short(shown))
		}
		id, _ := strconv.Atoi(e[1])
		if id <= last || e[1] != strconv.Itoa(id) {
			return "", player.Faultf("10.1", "list does not list by number: %q", player.Short(shown))
		}
		got[id], last = e[2], id
		text = text[len(e[0]):]
	}
	if wrong := (&question{got: got}).judge(must, may); wrong != nil {
		return "", player.Faultf("10.1", "list printed %q: %v", player.Short(shown), strings.ReplaceAll(wrong.Error(), "Clients()", "it"))
	}
	return text, nil
}

// lastList judges what list and exit do when it is over.
func (m *model) lastList() error {
	var out bytes.Buffer
	var err error
	switch {
	case !m.p.Ask(func() { err = m.Console(strings.NewReader("list\nexit\n"), &out) }):
		return player.Faultf("10.1", "it is over, and Console does not return behind exit\n%s", m.p.Stuck())
	case err != nil:
		return player.Faultf("10.1", "it is over, and Console returned the error %q behind exit", err)
	case !strings.HasPrefix(out.String(), "0 clients\n"):
		return player.Faultf("10.1", "it is over, and list printed %q", player.Short(out.String()))
	}
	return nil
}

// A keyboard is what Console reads.
type keyboard struct {
	mu      sync.Mutex
	changed *sync.Cond
	pieces  [][]byte // one for each Read
	ended   bool
}

func newKeyboard() *keyboard {
	k := &keyboard{}
	k.changed = sync.NewCond(&k.mu)
	return k
}

func (k *keyboard) add(text []byte, single bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !single {
		k.pieces = append(k.pieces, bytes.Clone(text))
	} else {
		for i := range text {
			k.pieces = append(k.pieces, []byte{text[i]})
		}
	}
	k.changed.Broadcast()
}

func (k *keyboard) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = true
	k.changed.Broadcast()
}

func (k *keyboard) Read(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.pieces) == 0 || len(p) == 0 {
		if k.ended || len(p) == 0 {
			return 0, io.EOF
		}
		k.changed.Wait()
	}
	n := copy(p, k.pieces[0])
	if k.pieces[0] = k.pieces[0][n:]; len(k.pieces[0]) == 0 {
		k.pieces = k.pieces[1:]
	}
	return n, nil
}

// A screen is what Console prints on.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// take returns what was printed since it was last called.
func (s *screen) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.text.Reset()
	return s.text.String()
}
