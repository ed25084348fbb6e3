package explain

// A diagnosis is one thing that a race can come from.
type diagnosis struct {
	name string                      // of its example in testdata, too
	says func(c *collision) []string // what goes wrong between the two lines, and what is missing; nil if it is not this
}

// The first that has something to say speaks, alone. Hence the order: each may take for granted that those above it do not
// apply, and the last one always does.
var diagnoses = []diagnosis{
	// There are no two lines of the student's to compare.
	{"broken-off", brokenOff},
	{"forgotten", forgotten},
	{"foreign", foreignOnly},
	{"handed-out", handedOut},

	// What is there to keep goroutines apart is used in another way than it is made for.
	{"copied-sync", copiedSync},
	{"inner-add", innerAdd},
	{"late-add", lateAdd},
	{"half-atomic", halfAtomic},
	{"early-close", earlyClose},
	{"shared-bytes", sharedBytes},

	// There are locks, and they do not help.
	{"read-lock", held(readLock)},
	{"handed-lock", held(handedLock)},
	{"local-lock", held(localLock)},
	{"copied-lock", held(copiedLock)},
	{"neighbours-lock", neighboursLock},
	{"doubled-lock", doubledLock},
	{"two-locks", twoLocks},
	{"early-unlock", earlyUnlock},
	{"one-sided-lock", oneSidedLock},

	// There is no lock, and none is due: each goroutine should have something of its own.
	{"loop-variable", loopVariable},
	{"not-awaited", notAwaited},
	{"one-for-all-turns", oneForAllTurns},
	{"outer-variable", outerVariable},
	{"one-buffer", oneBuffer},

	// There is no lock where there should be one.
	{"unsafe-map", unsafeMap},
	{"unsafe-type", unsafeLibrary},
	{"check-then-act", checkThenAct},
	{"whole-copy", wholeCopy},
	{"three-steps", threeSteps},
	{"no-lock", noLock},
}

// diagnose says why the two lines collide and what would keep them apart.
func (c *collision) diagnose() (diagnosis string, sentences []string) {
	for _, d := range diagnoses {
		if sentences := d.says(c); sentences != nil {
			return d.name, sentences
		}
	}
	panic("the last diagnosis is always true")
}
