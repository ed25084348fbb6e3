package model

import (
	"slices"

	"lockstep/harness/player"
)

// risky is who may have been dropped in this round: for whom more than queue lines may have waited.
func (m *model) risky() map[*guest]bool {
	risk := map[*guest]bool{}
	for changed := true; changed; {
		changed = false
		for _, x := range m.guests {
			if x.gone != 0 || risk[x] {
				continue
			}
			n := x.waiting
			if x.Born == m.p.Scene {
				n++
			}
			if x.tooLong {
				n++
			}
			for _, c := range m.guests {
				if c == x || c.gone != 0 {
					continue
				}
				n += len(c.lines) - c.done
				if c.How != "" && len(c.part) > 0 {
					n++
				}
				if c.Born == m.p.Scene {
					n++
				}
				if c.mustLeave() || c.mayLeaveHeld() || risk[c] {
					n++
				}
			}
			if n > m.queue {
				risk[x], changed = true, true
			}
		}
	}
	return risk
}

// waits keeps the books about queues.
func (m *model) waits(leavers []*guest) error {
	for _, x := range m.guests {
		for _, c := range m.guests {
			if x.Born == m.p.Scene {
				x.doneEnd[c] = c.done
			}
		}
		if x.gone != 0 {
			continue
		}
		if x.hears() {
			x.waiting, x.sure, x.taken = 0, nil, 0
			continue
		}
		if x.Born == m.p.Scene {
			x.waiting++ // greeting
		}
		for _, c := range m.guests {
			if c == x {
				continue
			}
			if c.gone == 0 || c.gone == m.p.Scene {
				new := len(c.lines) - c.rested
				if c.caughtNow() {
					new = 0 // counted when it goes on
				}
				x.waiting += new
				if x.Born < m.p.Scene && !c.dropped && c.How != "reset" && !c.caughtNow() {
					for _, l := range c.lines[len(c.lines)-new:] {
						x.sure = append(x.sure, len(l)+len(c.Addr)+4)
					}
				}
			}
			if c.Born == m.p.Scene {
				x.waiting++
				if x.Born < m.p.Scene {
					x.sure = append(x.sure, 60)
				}
			}
			if c.gone == m.p.Scene {
				x.waiting += 2
				if x.Born < m.p.Scene {
					x.sure = append(x.sure, 52)
				}
			}
		}
		sorted := slices.Sorted(slices.Values(x.sure))
		sorted = sorted[:max(0, len(sorted)-x.taken)]
		x.sure, x.taken = sorted, 0
		fit, sum := 0, 0
		for _, n := range sorted {
			if sum += n; sum > player.Small {
				break
			}
			fit++
		}
		if x.How == "leave" || x.How == "reset" {
			continue // a Write to it fails, and whoever is held may not have seen more of that yet
		}
		if len(sorted)-fit > 2*m.queue {
			return player.Faultf("7.4", "%d lines wait for %s, Queue is %d, and it was not dropped", len(sorted)-fit, x.Addr, m.queue)
		}
	}
	for _, c := range m.guests {
		if !c.caughtNow() {
			c.rested = len(c.lines)
		}
	}
	return nil
}
