package explain

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/race"
	"lockstep/harness/stacks"
)

func TestEachPairOfLinesIsExplainedOnce(t *testing.T) {
	access := func(line int) race.Access {
		return race.Access{
			Write:     true,
			Goroutine: "goroutine 7",
			Stack:     []stacks.Frame{{Func: "lockstep/labs/05.(*Server).handle", File: "/home/student/chat.go", Line: line}},
		}
	}
	one := race.Report{Now: access(5), Before: access(6), Raw: "RAW ONE\n"}
	turned := race.Report{Now: access(6), Before: access(5), Raw: "RAW TURNED\n"}
	other := race.Report{Now: access(8), Before: access(9), Raw: "RAW OTHER\n"}
	e := Explainer{
		Own:    func(string) bool { return true },
		Source: func(string) ([]byte, error) { return nil, fs.ErrNotExist },
	}
	var teller Teller
	assert.Empty(t, teller.Tell("TestA", e, nil))
	assert.Equal(t, `data race: two goroutines write the same memory, and nothing makes one happen before the other
  chat.go:5  writes it  in (*Server).handle
  chat.go:6  writes it  in (*Server).handle
What is missing: a lock around both lines. Keep a sync.Mutex beside what they share, lock it before the first use and unlock it after the last. Then all that one goroutine does with it happens before the next one's turn.

The race detector's own report:
RAW ONE


a further data race, maybe for the same reason (chat.go:8 and chat.go:9)`, teller.Tell("TestA", e, []race.Report{one, turned, other}))
	assert.Equal(t, "\na data race that TestA explains (chat.go:5 and chat.go:6)", teller.Tell("TestB", e, []race.Report{turned}))
}

func TestFactsAreToldWithoutTheCure(t *testing.T) {
	facts, cure := Facts("data race on n\n  chat.go:5  writes it\nWhat is missing: a lock.\n\nWhat is missing")
	assert.Equal(t, "data race on n\n  chat.go:5  writes it\n\n", facts)
	assert.True(t, cure)
	facts, cure = Facts("Say: What is missing?\n")
	assert.Equal(t, "Say: What is missing?\n", facts)
	assert.False(t, cure)
}
