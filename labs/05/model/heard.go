package model

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lockstep/harness/player"
)

// parse takes the whole lines that x got.
func (m *model) parse(x *guest, risk map[*guest]bool) error {
	for {
		i := slices.Index(x.In, '\n')
		if i < 0 {
			break
		}
		line := string(x.In[:i])
		x.In = x.In[i+1:]
		x.taken++
		if f := m.line(x, line); f != nil {
			return f
		}
	}
	if x.End != nil && errors.Is(x.End, io.EOF) && len(x.In) > 0 && !risk[x] && x.How == "" && !x.tooLong && x.gone == 0 {
		return player.Faultf("2.2", "%s got half a line: %q", x.Addr, x.In)
	}
	return nil
}

func (m *model) line(x *guest, line string) error {
	if x.gotErr {
		return player.Faultf("5.2", "%s got %.80q behind the ERR, which is the last line that it gets", x.Addr, line)
	}
	if !strings.HasPrefix(line, "[") { // there are checks for that word
		line = strings.Replace(line, "(1 users online)", "(1 user online)", 1)
	}
	var n int
	if _, err := fmt.Sscanf(line, "> Connected to the chat server (%d user", &n); err == nil && line == connected(n) {
		if x.greeted {
			return player.Faultf("1.2", "%s was greeted twice", x.Addr)
		}
		x.greeted = true
		return number(&x.nE, 0, n, "entering of "+x.Addr)
	}
	if !x.greeted && line == "ERR line too long" && x.tooLong { // what waits for one who has left may be lost
		x.gotErr = true
		return nil
	}
	if !x.greeted {
		return player.Faultf("1.2", "the first line that %s got is %.80q", x.Addr, line)
	}
	if line == "ERR line too long" && x.tooLong {
		x.gotErr = true
		return nil
	}
	if rest, ok := strings.CutPrefix(line, "["); ok {
		addr, text, ok := strings.Cut(rest, "] ")
		c := m.by(addr)
		switch {
		case !ok || c == nil:
			return player.Faultf("2.2", "%s got %.80q, which nobody said", x.Addr, line)
		case c == x:
			return player.Faultf("2.3", "%s heard itself: %.80q", x.Addr, line)
		case x.heardL[c]:
			return player.Faultf("2.1", "%s got %.80q behind the line which says that this one has left", x.Addr, line)
		}
		x.texts[c] = append(x.texts[c], text)
		return nil
	}
	if rest, ok := strings.CutPrefix(line, "> New user "); ok {
		addr, _, _ := strings.Cut(rest, " ")
		c := m.by(addr)
		if c != nil {
			fmt.Sscanf(rest, addr+" entered (%d user", &n)
			if line == fmt.Sprintf("> New user %s entered (%s)", addr, users(n)) {
				switch {
				case c == x:
					return player.Faultf("2.3", "%s was told of itself: %q", x.Addr, line)
				case x.heardE[c] || x.heardL[c] || len(x.texts[c]) > 0 || x.pos[c] > 0:
					return player.Faultf("2.1", "%s got %q, and had heard of that one before", x.Addr, line)
				case c.Born < x.Born:
					return player.Faultf("1.3", "%s got %q, and that one was there before", x.Addr, line)
				}
				x.heardE[c] = true
				return number(&c.nE, 0, n, "entering of "+c.Addr)
			}
		}
	}
	if rest, ok := strings.CutPrefix(line, "< The user "); ok {
		addr, _, _ := strings.Cut(rest, " ")
		c := m.by(addr)
		if c != nil {
			n = -1
			fmt.Sscanf(rest, addr+" left (%d user", &n)
			if line == fmt.Sprintf("< The user %s left (%s)", addr, users(n)) {
				switch {
				case c == x:
					return player.Faultf("2.3", "%s was told that it has left itself", x.Addr)
				case x.heardL[c]:
					return player.Faultf("2.1", "%s was told twice that %s has left", x.Addr, c.Addr)
				}
				x.heardL[c] = true
				return number(&c.nL, -1, n, "leaving of "+c.Addr)
			}
		}
	}
	return player.Faultf("2.2", "%s got %.90q, which no rule explains", x.Addr, line)
}

func number(have *int, unknown, n int, what string) error {
	if *have != unknown && *have != n {
		return player.Faultf("3.1", "two were told of the %s with different numbers: %d and %d", what, *have, n)
	}
	*have = n
	return nil
}

func connected(n int) string { return fmt.Sprintf("> Connected to the chat server (%s)", users(n)) }

func users(n int) string {
	if n == 1 {
		return "1 user online"
	}
	return fmt.Sprintf("%d users online", n)
}
