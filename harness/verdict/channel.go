package verdict

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"lockstep/harness/race"
	"lockstep/harness/startenv"
)

// A Channel is the judge's end, for one process. Its methods are not for concurrent use.
type Channel struct {
	check    string
	schedule string
	secret   string // the first key
	stdin    io.WriteCloser
	theirs   *os.File // standard error, until the process has it
	ours     *os.File
	read     chan struct{} // closed when all that was written is here
	broken   chan struct{} // closed when the process is not believed any more
	races    race.Stream

	mu       sync.Mutex // guards the fields below
	key      key
	number   int
	piece    string // of the last key
	claim    record // the end that the process has announced
	evidence Evidence
}

// Evidence is what the process has said, and the detector of it.
type Evidence struct {
	Started bool
	Ended   bool
	Status  Status // valid if Ended
	Forged  string // why the process is not believed; "" if all fits together
	Trying  string // the last schedule that was begun, as Try has said it
	Tries   int    // how many were
	Explored
	Reports []race.Report // the first ones
	Races   int           // how many reports there were
	Text    string        // what else came on standard error
}

// New makes a channel for a process that runs one check under one schedule.
func New(check string, schedule uint64) *Channel {
	c := &Channel{check: check, schedule: strconv.FormatUint(schedule, 10), secret: rand.Text(), piece: rand.Text(), read: make(chan struct{}), broken: make(chan struct{})}
	c.key = keyOf(c.secret)
	return c
}

// Attach gives the process that cmd will start its standard input and standard error, and adds to its environment.
func (c *Channel) Attach(cmd *exec.Cmd) error {
	line, env, err := startenv.Opening(map[string]string{keySecret: c.secret, scheduleSecret: c.schedule})
	if err != nil {
		return err
	}
	if c.ours, c.theirs, err = pipe(); err != nil {
		return err
	}
	if c.stdin, err = cmd.StdinPipe(); err != nil { // ends with this process, and the check's process with it
		return errors.Join(err, c.Close())
	}
	cmd.Env = append(cmd.Env, env)
	cmd.Stderr = c.theirs
	_, err = c.stdin.Write(line) // a pipe holds more than that
	return err
}

// Started tells the channel that the process has been started.
func (c *Channel) Started() {
	c.theirs.Close()
	c.theirs = nil
	go c.receive() // ends when nobody holds the other end any more, or with Close
}

// Broken is closed when the process is not believed any more, whatever it does from then on: it waits for an answer that
// does not come, and should be ended.
func (c *Channel) Broken() <-chan struct{} { return c.broken }

// Close ends the process's standard input, and whatever else is left.
func (c *Channel) Close() error {
	if c.stdin != nil {
		c.stdin.Close()
	}
	if c.theirs != nil {
		c.theirs.Close()
	}
	return c.ours.Close()
}

// Evidence returns what has come. The process is gone; processes that it has left behind with its standard error are waited
// for as long as patience.
func (c *Channel) Evidence(patience time.Duration) Evidence {
	late := time.AfterFunc(patience, func() { c.ours.Close() })
	<-c.read
	late.Stop()
	c.races.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.evidence
	o.Reports, o.Races, o.Text = c.races.Reports(), c.races.Count(), c.races.Text()
	if o.Forged == "" && o.Ended && o.Races < c.claim.Races {
		o.Forged = fmt.Sprintf("the race detector reported %d data races, and %d of the reports arrived", c.claim.Races, o.Races)
	}
	return o
}

// maxLine is the longest line that is taken for one, in bytes.
const maxLine = 1 << 16

func (c *Channel) receive() {
	defer close(c.read)
	in := bufio.NewReaderSize(c.ours, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if record, ok := bytes.CutPrefix(line, []byte(mark)); ok {
			c.take(string(bytes.TrimSuffix(record, []byte("\n"))))
		} else {
			c.races.Write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return // nobody holds the other end any more, or it was waited for long enough
		}
	}
}

// take takes a record, or what looks like one.
func (c *Channel) take(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.evidence.Forged != "" {
		return
	}
	if c.evidence.Forged = c.believe(text); c.evidence.Forged != "" {
		close(c.broken)
	}
}

// believe says why a record is not to be believed; "" if it is.
func (c *Channel) believe(text string) string {
	const notOurs = "something else than the check wrote to its record"
	code, line, _ := strings.Cut(text, " ")
	if !hmac.Equal([]byte(code), []byte(c.key.code(line))) {
		return notOurs
	}
	var r record
	if json.Unmarshal([]byte(line), &r) != nil {
		return notOurs
	}
	c.key.wear("")
	c.number++
	switch {
	case r.Number != c.number:
		return fmt.Sprintf("its record %d came in the place of record %d", r.Number, c.number)
	case r.Check != c.check:
		return fmt.Sprintf("%s ran in its place", r.Check)
	case r.Schedule != c.schedule:
		return fmt.Sprintf("it ran under schedule %s, and was to run under %s", r.Schedule, c.schedule)
	case r.Event == started && !c.evidence.Started:
		c.evidence.Started = true
	case r.Event == tries && c.evidence.Started && c.piece != "":
		c.evidence.Trying = r.Try
		c.evidence.Tries++
	case r.Event == ended && c.evidence.Started && c.piece != "":
		c.claim = r
		c.key.wear(c.piece)
		io.WriteString(c.stdin, c.piece+"\n") // who does not read it has nothing to confirm
		c.piece = ""
	case r.Event == confirmed && c.piece == "" && !c.evidence.Ended && r.Status == c.claim.Status && r.Races == c.claim.Races:
		c.evidence.Ended, c.evidence.Status, c.evidence.Explored = true, r.Status, r.Explored
	default:
		return "its records do not follow one another"
	}
	return ""
}
