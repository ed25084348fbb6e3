package steer

// Same tells whether two runs went the same way, and otherwise at which event they part. Locks and variables are the same that were first used in the
// same place: their numbers differ from process to process.
func Same(a, b Run) (at int, same bool) {
	x, y := map[uint64]int{}, map[uint64]int{}
	number := func(seen map[uint64]int, e Event) Event {
		switch e.Kind {
		case Wants, Has, Gives, Holds:
			n, ok := seen[e.A]
			if !ok {
				n = len(seen) + 1
				seen[e.A] = n
			}
			e.A = uint64(n)
		}
		return e
	}
	for i := range min(len(a.Events), len(b.Events)) {
		if number(x, a.Events[i]) != number(y, b.Events[i]) {
			return i, false
		}
	}
	return min(len(a.Events), len(b.Events)), len(a.Events) == len(b.Events)
}
