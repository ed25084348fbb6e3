package steer

import (
	"encoding/json"
	"iter"
)

// A Plan says which schedules to try: the plain one, then all that differ from it in one switch, then some by lot, under seeds that are always
// the same. With Only it is that one alone.
type Plan struct {
	Singles int       `json:"singles,omitempty"` // at most so many with one switch
	Random  int       `json:"random,omitempty"`  // and so many by lot
	First   int       `json:"first,omitempty"`   // of these, counted from 0
	Steps   int       `json:"steps,omitempty"`   // about how many steps all of them may take together; 0 means any number
	Whole   int       `json:"whole,omitempty"`   // if all with one switch together take no more than so many steps, they are tried, whatever Singles and Steps say
	Small   bool      `json:"small,omitempty"`   // of the small form of what is run
	Skip    int       `json:"skip,omitempty"`    // so many have been tried before; but the plain one is needed to know the others
	Stories int       `json:"stories,omitempty"` // instead of all that, so many stories, each under a schedule of its own
	Tell    []string  `json:"tell,omitempty"`    // instead of all that, these stories, each under Under
	Under   Schedule  `json:"under,omitzero"`
	Only    *Schedule `json:"only,omitempty"`
}

// String is the plan in a form that [ParsePlan] reads.
func (p Plan) String() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of numbers
	}
	return string(text)
}

// ParsePlan reads what String writes.
func ParsePlan(text string) (p Plan, err error) {
	err = json.Unmarshal([]byte(text), &p)
	return p, err
}

// An Explorer hands out the schedules of a plan, one after the other. The zero value has none.
type Explorer struct {
	Plan    Plan
	Bytes   uint64 // that the run before has moved; they take time, too
	next    int
	begun   bool
	singles []Switch
	all     int // how many there are with one switch
	random  int // how many by lot
	spent   int // on stories
}

// What a run costs besides its steps, as steps.
const (
	perRun  = 200 // whatever it is
	perStep = 256 // bytes that are moved
)

// share decides how many schedules of either kind there is time for. Where all with one switch are too many, most are by lot: these find more.
func (e *Explorer) share(plain Run) {
	every, steps := singles(plain), e.cost(plain)
	e.all, e.random = count(every), e.Plan.Random
	most := e.Plan.Singles
	if n := e.Plan.Steps / steps; e.Plan.Steps > 0 {
		e.random = min(e.random, max(1, n/2))
		most = min(most, max(0, n-e.random))
	}
	if e.all*steps <= e.Plan.Whole {
		most = e.all
	}
	if e.all > most {
		most = min(most, e.random/3)
	}
	e.singles = spread(every, e.all, most)
}

// Next returns the next schedule, and false when there is none. before is the run of the one that was handed out before.
func (e *Explorer) Next(before Run) (Schedule, bool) {
	if e.Plan.Only != nil {
		first := !e.begun
		e.begun = true
		return *e.Plan.Only, first
	}
	if len(e.Plan.Tell) > 0 {
		return e.told()
	}
	if e.Plan.Stories > 0 {
		return e.story(before)
	}
	if !e.begun {
		e.begun = true
		return Schedule{Seed: plainSeed, Small: e.Plan.Small}, true
	}
	if e.next == 0 { // before is the plain one
		e.share(before)
		e.next = max(1, e.Plan.Skip)
	} else {
		e.next++
	}
	switch i := e.next - 1; {
	case i < len(e.singles):
		return Schedule{Seed: plainSeed, Small: e.Plan.Small, Switches: e.singles[i : i+1 : i+1]}, true
	case i < len(e.singles)+e.random:
		s := lot(e.Plan.First + i - len(e.singles))
		s.Small = e.Plan.Small
		return s, true
	}
	return Schedule{}, false
}

// told is the next of the stories that were asked for.
func (e *Explorer) told() (Schedule, bool) {
	if e.next == len(e.Plan.Tell) {
		return Schedule{}, false
	}
	s := e.Plan.Under
	s.Story = e.Plan.Tell[e.next]
	e.begun = true
	e.next++
	return s, true
}

// story is the next story. Every third one is played under the plain schedule, the others by lot.
func (e *Explorer) story(before Run) (Schedule, bool) {
	if !e.begun {
		e.begun, e.next = true, max(1, e.Plan.Skip)
	} else {
		e.spent += e.cost(before)
		e.next++
	}
	if e.next > e.Plan.Stories || e.Plan.Steps > 0 && e.spent >= e.Plan.Steps {
		e.next--
		return Schedule{}, false
	}
	s := lot(e.Plan.First + e.next - 1)
	if e.next%3 == 1 {
		s.Odds = 0
	}
	s.Number = e.Plan.First + e.next
	return s, true
}

// cost is what a run has taken, in steps.
func (e *Explorer) cost(r Run) int { return int(r.Steps) + perRun + int(min(e.Bytes, 1<<30)/perStep) }

// Tried is how many schedules have been handed out up to now, with those that were skipped. Complete tells whether all with at most one switch are among them.
func (e *Explorer) Tried() (n int, complete bool) {
	if !e.begun {
		return 0, false
	}
	if e.Plan.Stories > 0 || len(e.Plan.Tell) > 0 {
		return e.next, false
	}
	return min(e.next, len(e.singles)+e.random) + 1, e.Plan.Only == nil && e.next > 0 && e.all == len(e.singles) && e.next > len(e.singles)
}

const plainSeed = 1

// lot is the i-th schedule by lot. Every other one looks for somebody else at each point, the others at one of eight, which leaves longer stretches.
func lot(i int) Schedule {
	odds := uint32(1 << 16)
	if i%2 == 0 {
		odds >>= 3
	}
	return Schedule{Seed: uint64(plainSeed + 1 + i), Odds: odds}
}

// singles hands out the switches by which a schedule can differ from that of a run: there may be millions.
func singles(r Run) iter.Seq[Switch] {
	return func(yield func(Switch) bool) {
		for _, e := range r.Events {
			others := e.Others
			if (e.Kind == Blocks || e.Kind == Ends) && others > 0 {
				others++ // who would run anyway is one of them
			}
			for rank := range others {
				if e.Nth > 0 && !yield(Switch{Goroutine: e.Goroutine, Point: e.Nth, Rank: rank + 1}) {
					return
				}
			}
		}
	}
}

func count(all iter.Seq[Switch]) (n int) {
	for range all {
		n++
	}
	return n
}

// spread returns all n, or as many as most, evenly spread.
func spread(all iter.Seq[Switch], n, most int) (some []Switch) {
	most = min(most, n)
	i := 0
	for s := range all {
		if len(some) < most && i == len(some)*n/most {
			some = append(some, s)
		}
		i++
	}
	return some
}
