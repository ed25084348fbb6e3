//go:build lockstep_steer

package steer

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"unsafe"
)

//go:linkname steerBegin runtime.steerBegin
func steerBegin(log unsafe.Pointer, strategy int, seed, odds uint64) bool

//go:linkname steerGive runtime.steerGive
func steerGive(g, nth, to, rank uint32) bool

//go:linkname end runtime.steerEnd
func end()

//go:linkname name runtime.steerName
func name() uint32

//go:linkname point runtime.steerPoint
func point(kind uint32, a, b uint64)

//go:linkname mark runtime.steerMark
func mark(kind uint32, a, b uint64)

//go:linkname pass runtime.steerPass
func pass(kind uint32, a, b uint64)

//go:linkname realtime runtime.steerReal
func realtime() int64

//go:linkname idle runtime.steerIdle
func idle(limit int64) bool

// Built tells whether this program can be steered.
const Built = true

func begin(s Schedule, r *Recording) error {
	if r == nil {
		r = &Recording{log: new(log)}
	}
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	for _, sw := range s.Switches {
		if !steerGive(sw.Goroutine, sw.Point, sw.To, sw.Rank) {
			return fmt.Errorf("a schedule has at most %d switches, and this one %d", maxTaken, len(s.Switches))
		}
	}
	r.begin(s)
	strategy := 0
	if s.Odds > 0 {
		strategy = 1
	}
	if !steerBegin(unsafe.Pointer(r.log), strategy, s.Seed, uint64(s.Odds)) {
		return fmt.Errorf("there is more than one processor")
	}
	return nil
}

func (r *Recording) begin(s Schedule) {
	l := r.log
	clear(l.head[:])
	text, err := json.Marshal(Schedule{Seed: s.Seed, Odds: s.Odds, Small: s.Small})
	if err != nil {
		panic(err) // a struct of numbers
	}
	copy(l.head[:], text)
	l.nlog, l.ntaken, l.steps, l.flags = 0, 0, 0, 0
}
