package model

import (
	"fmt"
	"math/bits"
	"strings"

	"lockstep/harness/player"
)

// numbers looks for an order in which those who entered and left in this round did so.
func (m *model) numbers(leavers []*guest, stays func(*guest) bool) error {
	type event struct {
		g     *guest
		leave bool
	}
	var events []event
	bitE, bitL := map[*guest]int{}, map[*guest]int{}
	for _, g := range m.guests {
		if g.Born == m.p.Scene {
			bitE[g] = 1 << len(events)
			events = append(events, event{g, false})
		}
	}
	for _, g := range leavers {
		bitL[g] = 1 << len(events)
		events = append(events, event{g, true})
	}
	if len(events) == 0 {
		return nil
	}
	before := map[*guest]bool{}
	for _, g := range m.room {
		before[g] = true
	}
	inRoom := func(x *guest, mask int) bool {
		return (before[x] || bitE[x] != 0 && mask&bitE[x] != 0) && mask&bitL[x] == 0
	}
	fits := func(e event, mask int) bool {
		now := len(m.room)
		for i, o := range events {
			if mask&(1<<i) != 0 {
				if o.leave {
					now--
				} else {
					now++
				}
			}
		}
		if e.leave {
			if bitE[e.g] != 0 && mask&bitE[e.g] == 0 {
				return false
			}
			if now--; e.g.nL != -1 && e.g.nL != now {
				return false
			}
		} else if now++; e.g.nE != 0 && e.g.nE != now {
			return false
		}
		for _, x := range m.guests {
			if x == e.g || x.gone != 0 {
				continue
			}
			heard := x.heardE[e.g]
			if e.leave {
				heard = x.heardL[e.g]
			}
			in := inRoom(x, mask)
			if heard && !in || !heard && in && x.hears() && stays(x) {
				return false
			}
		}
		return true
	}
	reach := map[int]bool{0: true}
	for size := range len(events) {
		next := map[int]bool{}
		for mask := range reach {
			if bits.OnesCount(uint(mask)) != size {
				continue
			}
			for i, e := range events {
				if mask&(1<<i) == 0 && fits(e, mask) {
					next[mask|1<<i] = true
				}
			}
		}
		reach = next
	}
	if len(reach) > 0 {
		return nil
	}
	var b strings.Builder
	for _, e := range events {
		what, n, heard := "entered", e.g.nE, (*guest).heardEntering
		if e.leave {
			what, n, heard = "left", e.g.nL, (*guest).heardLeaving
		}
		var told []string
		for _, x := range m.guests {
			if heard(x, e.g) {
				told = append(told, x.Addr)
			}
		}
		switch {
		case n <= 0 && !e.leave, n < 0:
			fmt.Fprintf(&b, "\n  %s %s, and nobody was told", e.g.Addr, what)
		case len(told) == 0:
			fmt.Fprintf(&b, "\n  %s %s (%s), and was told so itself alone", e.g.Addr, what, users(n))
		default:
			fmt.Fprintf(&b, "\n  %s %s (%s), and this was told to %s", e.g.Addr, what, users(n), strings.Join(told, ", "))
		}
	}
	return player.Faultf("3.1", "whoever enters or leaves does so one after the other, each is told to all who are in the room at that moment, with the number that is right then. "+
		"No order of these explains what was told (%s before):%s", users(len(m.room)), b.String())
}

func (g *guest) heardEntering(of *guest) bool { return g.heardE[of] }

func (g *guest) heardLeaving(of *guest) bool { return g.heardL[of] }
