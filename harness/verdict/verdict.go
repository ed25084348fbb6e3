// Package verdict, of the grader, carries what a check found from the process that it ran in to the one that
// judges. A check has passed when its process says so here, and in no other way: neither what a
// process prints nor its exit status is a verdict.
//
//	verdict.Start("TestScenario3")                     // in the check's process
//	verdict.End("TestScenario3", verdict.Passed, 0)
//
//	ch := verdict.New("TestScenario3", schedule)       // in the judge's
//	err := ch.Attach(cmd)                              // then start cmd, ch.Started, wait for it, ch.Evidence
//
// Records go to standard error, the same pipe to which the race detector writes its reports: what was written is with
// the judge, and cannot be taken back, and whoever closes the pipe, or puts another one in its place, takes the verdict away
// with the reports. A record says how many races its process has met, so that a report that did not arrive is missed.
//
// A record proves check, schedule, event and status by a code for which the process was given a key before the student's first
// line ran. A key serves once and is made into the next, which does not lead back. The one for the last word is made
// with a piece that the judge keeps until it has heard what that word will be, so that it is in nobody's memory while
// the student's code runs. Who can read and write this process's memory and its standard input can forge a verdict all the same;
// a submission can do neither (package gate), and a data race by which it could has been reported by then.
//
// A process that nobody judges, such as a student's go test, has no channel, and Start and End do
// nothing.
package verdict

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"lockstep/harness/startenv"
)

// A Status is what became of a check.
type Status string

const (
	Passed   Status = "passed"
	Failed   Status = "failed"
	Raced    Status = "raced"
	Leaked   Status = "leaked"
	Timeout  Status = "timeout"
	Panicked Status = "panicked"
	Tampered Status = "tampered" // what the process said of itself does not fit together
	NotRun   Status = "not_run"
)

// Statuses are all of them, the good one first.
func Statuses() []Status {
	return []Status{Passed, Failed, Raced, Leaked, Timeout, Panicked, Tampered, NotRun}
}

// A record is one thing that a process says about a check.
type record struct {
	Number   int    `json:"number"` // counted from 1
	Check    string `json:"check"`
	Schedule string `json:"schedule"`
	Event    event  `json:"event"`
	Status   Status `json:"status,omitempty"`
	Races    int    `json:"races,omitempty"` // that the detector has reported, to this pipe
	Try      string `json:"try,omitempty"`   // what decides who runs next from here on
	Explored
}

// Explored says under which schedules a check was run. It is zero if none decided.
type Explored struct {
	Tried    int  `json:"tried,omitempty"`    // how many schedules
	Complete bool `json:"complete,omitempty"` // all with at most one switch are among them
	Left     bool `json:"left,omitempty"`     // there are more, and this process has used enough memory or time
}

// An event is what a record is about.
type event string

const (
	started   event = "start"
	tries     event = "try"
	ended     event = "end"     // asks for the judge's piece of the last key
	confirmed event = "confirm" // the same again, with that key
)

// The names of the secrets that a process is told.
const (
	keySecret      = "verdict key"
	scheduleSecret = "schedule"
)

// mark stands in front of a record, at the beginning of a line.
const mark = "\x1elockstep\x1e"

// A key is for the next record.
type key [sha256.Size]byte

// keyOf makes the first key of a secret.
func keyOf(secret string) key { return sha256.Sum256([]byte(secret)) }

// code is the record's.
func (k *key) code(line string) string {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(line))
	return hex.EncodeToString(mac.Sum(nil))
}

// wear makes the key into the next one. With a piece of the judge's it is the last.
func (k *key) wear(piece string) { *k = sha256.Sum256(append(k[:len(k):len(k)], piece...)) }

// teller is the process's end.
var teller = struct {
	mu       sync.Mutex // guards the fields below
	key      key
	number   int
	over     bool
	schedule string
	pieces   chan string // from the judge
}{
	schedule: startenv.Secret(scheduleSecret),
	pieces:   make(chan string, 1),
}

// asked never changes.
var asked = takeKey()

func takeKey() bool {
	secret := startenv.Forget(keySecret)
	teller.key = keyOf(secret)
	return secret != ""
}

// Asked tells whether anybody judges this process.
func Asked() bool { return asked }

// Start says that a check begins. It may be called concurrently, and so may End.
func Start(check string) {
	teller.mu.Lock()
	defer teller.mu.Unlock()
	send(record{Check: check, Event: started})
}

// Try says that the check begins anew under this schedule, as text, when it is run under several.
func Try(check, schedule string) {
	teller.mu.Lock()
	defer teller.mu.Unlock()
	send(record{Check: check, Event: tries, Try: schedule})
}

// End says how a check ended. Nothing that the check started is running any more; races are those that the
// detector has reported in this process, and others that were passed on by Relay. Only the first call counts. [Attend] must
// be running.
func End(check string, s Status, races int, e Explored) {
	teller.mu.Lock()
	defer teller.mu.Unlock()
	if !asked || teller.over {
		return
	}
	teller.over = true
	r := record{Check: check, Event: ended, Status: s, Races: races, Explored: e}
	send(r)
	teller.key.wear(<-teller.pieces) // if there is no judge any more, this process ends
	r.Event = confirmed
	send(r)
	teller.key = key{}
}

// send writes a record, in one piece. The caller holds mu.
func send(r record) {
	if !asked {
		return
	}
	teller.number++
	r.Number, r.Schedule = teller.number, teller.schedule
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of strings and numbers
	}
	_, err = fmt.Fprintf(startenv.Stderr(), "\n%s%s %s\n", mark, teller.key.code(string(line)), line)
	teller.key.wear("")
	if err != nil {
		fmt.Fprintln(startenv.Stdout(), "lockstep: the verdict cannot be told:", err)
		os.Exit(3) // nobody would answer
	}
}

// Relay passes on what the race detector has reported in a process that this one has started.
func Relay(report string) {
	if asked {
		startenv.Stderr().WriteString(report)
	}
}

// Attend listens to the judge, or to whoever else wants this process, and returns when nobody does any more. It belongs in
// a goroutine of its own.
func Attend() {
	said := bufio.NewScanner(startenv.Stdin())
	for said.Scan() {
		select {
		case teller.pieces <- said.Text():
		default: // it was not asked for
		}
	}
}
