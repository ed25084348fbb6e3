package trace

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/race"
	"lockstep/harness/stacks"
	"lockstep/harness/steer"
	"lockstep/harness/verdict"
)

// A small server, and the numbers of its statements.
const server = `package room

import (
	"net"
	"sync"
)

type Server struct {
	mu    sync.Mutex
	lines int
	names []string
}

func (s *Server) Serve(ln net.Listener) error {
	for { // 1
		conn, err := ln.Accept() // 2
		if err != nil {          // 3
			return err // 4
		}
		go s.handle(conn) // 5
	}
}

func (s *Server) handle(conn net.Conn) {
	conn.Read(make([]byte, 1)) // 6
	s.mu.Lock()                // 7
	s.lines++                  // 8
	s.mu.Unlock()              // 9
	s.names = append(s.names,  // 10
		conn.RemoteAddr().String())
	conn.Write([]byte("OK")) // 11
}
`

var files = []lab.File{{Name: "room.go", Data: []byte(server)}}

// A script writes events: goroutine 10 serves, 21 and 22 have a client each, at ports 7001 and 7002.
type script struct {
	events []steer.Event
	points map[uint32]uint32
}

func (s *script) add(g uint32, k steer.Kind, a, b uint64) {
	e := steer.Event{Goroutine: g, Kind: k, A: a, B: b}
	switch k {
	case steer.Statement, steer.Reads, steer.Writes, steer.Accepts:
		s.points[g]++
		e.Nth, e.Others = s.points[g], 1
	}
	s.events = append(s.events, e)
}

func (s *script) lines(g uint32, sites ...uint64) {
	for _, n := range sites {
		s.add(g, steer.Statement, n, 0)
	}
}

// locked runs the critical section.
func (s *script) locked(g uint32) {
	s.lines(g, 7)
	s.add(g, steer.Has, 99, 0)
	s.lines(g, 8, 9)
	s.add(g, steer.Gives, 99, 0)
}

// A collision: the second handler goes on where the schedule puts the first one aside, behind its own critical section.
func collision() (*script, []steer.Switch) {
	s := &script{points: map[uint32]uint32{}}
	s.add(1, steer.Starts, 10, 0)
	s.lines(10, 1)
	for client := range uint64(2) {
		s.lines(10, 2)
		s.add(10, steer.Accepts, 7005, 7001+client)
		s.lines(10, 3, 5)
		s.add(10, steer.Starts, 21+client, 0)
	}
	s.lines(10, 2)
	s.lines(21, 6)
	s.add(21, steer.Reads, 7005, 7001)
	s.locked(21)
	s.lines(21, 10, 11)
	taken := []steer.Switch{{Goroutine: 21, Point: s.points[21], To: 22}}
	s.lines(22, 6)
	s.add(22, steer.Reads, 7005, 7002)
	s.locked(22)
	s.lines(22, 10)
	s.add(22, steer.Raced, 0, 0)
	s.lines(22, 11)
	s.add(22, steer.Writes, 7005, 7002)
	s.add(22, steer.Ends, 0, 0)
	return s, taken
}

func recorded(status verdict.Status, events []steer.Event, taken []steer.Switch) Recorded {
	at := func(line int) race.Access {
		return race.Access{Stack: []stacks.Frame{{Func: "lockstep/labs/99.(*Server).handle", File: "/somewhere/room.go", Line: line}}}
	}
	r := Recorded{
		Lab: &lab.Lab{ID: "99", Name: "room"}, Check: lab.Check{Name: "TestTwo", Title: "two at once"}, Files: files,
		Run: steer.Run{Seed: 1, Taken: taken, Events: events}, Status: status, Message: "two clients met\n    expected: 2\n    actual  : 1", Kit: "sum",
	}
	if status == verdict.Raced {
		r.Reports = []race.Report{{Now: at(lineOf("conn.RemoteAddr()")), Before: at(lineOf("s.names = append"))}}
	}
	return r
}

// lineOf is the line with this text.
func lineOf(text string) int {
	before, _, _ := strings.Cut(server, text)
	return strings.Count(before, "\n") + 1
}

func TestARaceIsToldByTheTwoLinesThatMeet(t *testing.T) {
	s, taken := collision()
	tr, err := New(recorded(verdict.Raced, s.events, taken))
	require.NoError(t, err)
	r := tr.Runs[0]
	require.NotNil(t, r.End.Race)
	for _, n := range []int{r.End.Race.First, r.End.Race.Second} {
		assert.Equal(t, lineOf("s.names = append"), r.Steps[n-1].Line)
	}
	assert.NotEqual(t, r.Steps[r.End.Race.First-1].Lane, r.Steps[r.End.Race.Second-1].Lane)
	assert.LessOrEqual(t, len(r.Steps), 20)
	require.Len(t, r.Edges, 1)
	assert.Equal(t, "s.mu", r.Edges[0].Why)
	assert.Equal(t, "gives s.mu back", r.Steps[r.Edges[0].From-1].What)
	assert.Equal(t, "takes s.mu", r.Steps[r.Edges[0].To-1].What)
	var names []string
	for _, l := range r.Lanes {
		names = append(names, l.Name)
	}
	assert.Equal(t, []string{"the check", "(*Server).Serve", "client 1's handler", "client 2's handler"}, names)

	drawn := r.Draw(110)
	assert.Contains(t, drawn, "client 1's handler")
	assert.Contains(t, drawn, "- - - -")
	assert.Contains(t, drawn, "touch the same memory, and nothing orders them")
	assert.LessOrEqual(t, strings.Count(drawn, "\n"), 23)
}

func TestAFailureIsToldByTheStepBehindWhichItBroke(t *testing.T) {
	s, taken := collision()
	events := append(s.events[:len(s.events):len(s.events)], steer.Event{Goroutine: 1, Kind: steer.Broke})
	tr, err := New(recorded(verdict.Failed, events, taken))
	require.NoError(t, err)
	f := tr.Runs[0].End.Failure
	require.NotNil(t, f)
	assert.Equal(t, "fail", tr.Runs[0].Steps[f.Step-1].Kind)
	assert.Equal(t, "2", f.Expected)
	assert.Equal(t, "1", f.Actual)
	require.NotEmpty(t, f.Cause)
	assert.Contains(t, tr.Runs[0].Draw(110), "the check fails: two clients met")
}

func TestWhoWaitsForALockSaysForWhom(t *testing.T) {
	s := &script{points: map[uint32]uint32{}}
	s.lines(21, 7)
	s.add(21, steer.Has, 99, 0)
	s.lines(22, 7)
	s.add(22, steer.Wants, 99, 0)
	s.add(22, steer.Blocks, 0, 0)
	s.lines(21, 8)
	tr, err := New(recorded(verdict.Failed, s.events, nil))
	require.NoError(t, err)
	var waits *Waits
	for _, step := range tr.Runs[0].Steps {
		if step.Waits != nil {
			waits = step.Waits
		}
	}
	require.NotNil(t, waits)
	assert.Equal(t, Waits{For: "s.mu", Of: "g1"}, *waits)
	assert.Contains(t, tr.Runs[0].Draw(110), "waits for s.mu, which (*Server).handle has")
}

// stores writes that a statement has stored to s.lines, of the server at this address.
func (s *script) stores(g uint32, address uint64, lines int32) {
	s.add(g, steer.Holds, address, steer.Value{Site: 8, Form: steer.Number, Value: lines}.Packed())
}

func TestWhatSharedVariablesHoldIsTold(t *testing.T) {
	s := &script{points: map[uint32]uint32{}}
	s.lines(21, 6, 8)
	s.stores(21, 0x1000, 1)
	s.lines(21, 8)
	s.lines(22, 6, 8)
	s.stores(22, 0x1000, 2)
	s.stores(21, 0x1000, 3) // it had come there before
	tr, err := New(recorded(verdict.Failed, s.events, nil))
	require.NoError(t, err)
	r := tr.Runs[0]
	assert.Equal(t, []Object{{ID: "field1", Name: "s.lines", Kind: "field", Value: "0"}}, r.Objects)
	var all []Change
	for _, step := range r.Steps {
		all = append(all, step.Changes...)
	}
	assert.Equal(t, []Change{
		{Object: "field1", Before: "0", After: "1", Owner: "g1"}, {Object: "field1", Before: "1", After: "2", Owner: "g2"}, {Object: "field1", Before: "2", After: "3", Owner: "g1"},
	}, all)
	assert.Contains(t, r.Draw(110), "// 8  ← 1 → 2")
	assert.NoError(t, r.check())
}

func TestOneLanesOwnVariableIsNotTold(t *testing.T) {
	s := &script{points: map[uint32]uint32{}}
	for client := range uint32(2) { // each has a server of its own
		s.lines(21+client, 6, 8)
		s.stores(21+client, 0x1000+uint64(client)*64, 1)
	}
	tr, err := New(recorded(verdict.Failed, s.events, nil))
	require.NoError(t, err)
	assert.Empty(t, tr.Runs[0].Objects)
	for _, step := range tr.Runs[0].Steps {
		assert.Empty(t, step.Changes)
		assert.Empty(t, step.Uses)
	}
}

func TestATraceIsReadAsItWasWritten(t *testing.T) {
	s, taken := collision()
	tr, err := New(recorded(verdict.Raced, s.events, taken))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, tr.Write(&b))
	again, err := Read(&b)
	require.NoError(t, err)
	assert.Equal(t, tr, again)
	assert.Equal(t, files, again.Submission())

	d, err := again.Compare(steer.Run{Events: s.events})
	require.NoError(t, err)
	assert.Nil(t, d)
	other := append([]steer.Event(nil), s.events...)
	other[len(other)-4].A = 6 // another line
	d, err = again.Compare(steer.Run{Events: other})
	require.NoError(t, err)
	require.NotNil(t, d)
	assert.Equal(t, len(other)-3, d.Event)
	assert.Contains(t, d.String(), "client 2's handler raced")

	whole, err := again.Whole()
	require.NoError(t, err)
	assert.Greater(t, len(whole.Steps), len(tr.Runs[0].Steps))
	assert.Equal(t, lineOf("s.names = append"), whole.Steps[whole.End.Race.Second-1].Line)
	require.NoError(t, whole.check())
}

func TestWhatIsNoTraceIsRefused(t *testing.T) {
	s, taken := collision()
	tr, err := New(recorded(verdict.Raced, s.events, taken))
	require.NoError(t, err)
	for says, change := range map[string]func(*Trace){
		"its schema":         func(t *Trace) { t.Schema = "lockstep/trace/v0" },
		"no run":             func(t *Trace) { t.Runs = nil },
		"not the file":       func(t *Trace) { t.Runs[0].Files[0].Source += "// more\n" },
		"which is not there": func(t *Trace) { t.Runs[0].Steps[0].Lane = "nobody" },
		"room.go:1000":       func(t *Trace) { t.Runs[0].Steps[1].Line, t.Runs[0].Steps[1].File = 1000, "room.go" },
		"there is an order":  func(t *Trace) { t.Runs[0].Edges[0].To = 1 },
		"are not both there": func(t *Trace) { t.Runs[0].End.Race.First = 0 },
		"which it is not": func(t *Trace) {
			t.Runs[0].Steps[1].Changes = []Change{{Object: "lock1", Before: "broken", After: free}}
		},
		"events cannot be":    func(t *Trace) { t.Replay.Events = []byte{0xff, 0xff} },
		"larger than 8 MiB":   func(t *Trace) { t.Title = strings.Repeat("x", 9<<20) },
		"it broke in step -1": func(t *Trace) { t.Runs[0].End.Failure = &Failure{Step: -1} },
	} {
		text, err := json.Marshal(tr)
		require.NoError(t, err)
		var copied Trace
		require.NoError(t, json.Unmarshal(text, &copied))
		change(&copied)
		var b bytes.Buffer
		require.NoError(t, copied.Write(&b))
		read, err := Read(&b)
		if err == nil {
			_, err = read.Whole()
		}
		assert.ErrorContains(t, err, says)
	}
	_, err = Read(strings.NewReader("no json"))
	assert.ErrorContains(t, err, "it is no trace")
}

// What a process has left in its recording is anything.
func FuzzNew(f *testing.F) {
	s, _ := collision()
	f.Add(pack(s.events), uint32(21), uint32(3))
	f.Add([]byte{}, uint32(0), uint32(0))
	f.Fuzz(func(t *testing.T, packed []byte, g, nth uint32) {
		events, err := unpack(packed)
		if err != nil {
			return
		}
		for _, status := range []verdict.Status{verdict.Raced, verdict.Failed} {
			tr, err := New(recorded(status, events, []steer.Switch{{Goroutine: g, Point: nth}}))
			require.NoError(t, err)
			require.NoError(t, tr.check())
			tr.Runs[0].Draw(80)
			_, err = tr.Whole()
			require.NoError(t, err)
		}
	})
}

func TestAHeadlineSaysWhatItIsAbout(t *testing.T) {
	for message, want := range map[string]string{
		"a_test.go:3: nothing came\nmore": "a_test.go:3: nothing came",
		"a_test.go:3: \n    \tError:      \tShould be empty, but was x\n    \tMessages:   \tthe log holds bytes\n": "a_test.go:3: the log holds bytes",
		"a_test.go:3: \n    \tError:      \tShould be empty, but was x\n":                                          "a_test.go:3: Should be empty, but was x",
		"a_test.go:3: \n": "a_test.go:3:",
	} {
		assert.Equal(t, want, headline(message))
	}
}
