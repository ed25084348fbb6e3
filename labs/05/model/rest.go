package model

import (
	"slices"
	"time"

	"lockstep/harness/player"
)

// rest judges a round, when the server has come to rest and all who read have read.
func (m *model) rest() error {
	risk := m.risky()
	for _, x := range m.guests {
		if x.texts = map[*guest][]string{}; x.Gripped { // what has come is still in the server's hands
			continue
		}
		if f := m.parse(x, risk); f != nil {
			return f
		}
	}

	// who has left?
	var leavers []*guest
	for _, c := range m.guests {
		if c.gone != 0 {
			continue
		}
		heard := false
		for _, x := range m.guests {
			heard = heard || x.heardL[c]
		}
		switch {
		case c.mustLeave():
			c.dropped = risk[c] // perhaps
		case risk[c] || c.mayLeaveHeld():
			if !c.Closed() && !heard {
				continue
			}
			if !c.Closed() {
				return player.Faultf("4.3", "the others were told that %s has left, and its connection is open", c.Addr)
			}
			c.dropped = true
		case heard:
			return player.Faultf("2.1", "it was told that %s has left, and it has not", c.Addr)
		case c.Closed():
			return player.Faultf("7.3", "the server has closed the connection of %s, which has not left, and for which no more than Queue lines waited", c.Addr)
		default:
			continue
		}
		if c.hears() && c.End == nil {
			return player.Faultf("4.3", "%s has left, and its connection was not closed", c.Addr)
		}
		leavers = append(leavers, c)
	}
	stays := func(x *guest) bool { return x.gone == 0 && !slices.Contains(leavers, x) }
	for _, x := range m.guests {
		if stays(x) && x.hears() && x.End != nil {
			return player.Faultf("7.3", "the connection of %s has ended (%v), and it has not left", x.Addr, x.End)
		}
		quick := !x.Small || time.Since(m.p.Began) < 300*time.Millisecond // a server may give up one that takes longer
		if x.tooLong && quick && x.How == "" && x.hears() && !risk[x] && !x.dropped && !x.gotErr && !x.caughtNow() && x.gone == 0 {
			return player.Faultf("5.1", "%s sent a line that is too long, and did not get the ERR", x.Addr)
		}
		if stays(x) && x.hears() && !x.greeted {
			return player.Faultf("1.2", "%s got nothing", x.Addr)
		}
	}

	if f := m.numbers(leavers, stays); f != nil {
		return f
	}
	if f := m.lines(leavers, stays); f != nil {
		return f
	}

	// what was told at any time to who stays
	for _, x := range m.guests {
		if !stays(x) || !x.hears() {
			continue
		}
		for _, c := range m.guests {
			if c == x {
				continue
			}
			if c.Born > x.Born && !x.heardE[c] {
				return player.Faultf("2.1", "%s was not told that %s has entered", x.Addr, c.Addr)
			}
			goneAt := c.gone
			if slices.Contains(leavers, c) {
				goneAt = m.p.Scene
			}
			if goneAt > x.Born && !x.heardL[c] {
				return player.Faultf("2.1", "%s was not told that %s has left", x.Addr, c.Addr)
			}
			if goneAt != 0 && x.heardE[c] && !x.heardL[c] {
				return player.Faultf("2.1", "%s was told that %s has entered, and not that it has left", x.Addr, c.Addr)
			}
		}
	}
	for _, c := range leavers {
		c.gone = m.p.Scene
	}
	return m.waits(leavers)
}
