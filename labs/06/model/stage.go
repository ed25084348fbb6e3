// Package model is what the handout of lab 06 says, for stories: somebody types, a server talks and stalls, time passes, and everything ends. A
// journal keeps what the client did with all that, and what it did must be one of the things that it may do.
package model

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lockstep/harness/await"
	"lockstep/harness/memnet"
	"lockstep/harness/player"
	"lockstep/harness/steer"
	"lockstep/harness/story"
	"lockstep/labs/06/terminal"
)

// The longest lines that the handout allows.
const (
	mostTyped = 4096
	mostSaid  = 5000
)

var errBecause = errors.New("somebody has pressed Ctrl-C")

// A Lab is the student's.
type Lab struct {
	Client func(awayAfter time.Duration) terminal.Program // a new one
	Down   error
}

// Stage is that of a story.
func (l Lab) Stage(c *player.Course) player.Stage {
	return &stage{Course: c, lab: l, reading: true}
}

// A stage is where a story is played.
type stage struct {
	*player.Course
	lab     Lab
	session *terminal.Session
	setting setting
	ctx     context.Context
	cancel  context.CancelCauseFunc
	free    context.CancelFunc
	start   time.Time
	ctxDone time.Duration // when ctx is cancelled or was, since the start; < 0 if never

	user, server source
	unsent       []byte // what the server's end of the connection did not take
	gone         string // how the server has left: finish, leave, reset; "" if it is there
	reading      bool   // the server reads
	got          []byte // by the server
	gotEnd       bool

	heeded  bool // ctx is done, and the client has had time to see it
	back    bool
	result  error
	fault   error             // found amid a scene
	opening []*memnet.Barrier // all that hold something up
}

// A source is one of the two that the client reads from.
type source struct {
	conn   *memnet.Conn // what is written here can be read
	most   int          // bytes in a line
	part   []byte       // of a line that has not ended
	ended  bool
	held   *memnet.Barrier // its Reads are held, of what has come since
	caught bool            // something has come since
	freed  time.Duration   // when they were last let go
}

// stuck tells whether a Read is held that nobody can call back.
func (s *source) stuck() bool { return s.held != nil && s.caught }

// takes tells whether text makes lines that the handout allows.
func (s *source) takes(text []byte) bool {
	lines := strings.SplitAfter(string(s.part)+string(text), "\n")
	for _, line := range lines {
		whole, ended := strings.CutSuffix(line, "\n")
		whole = strings.TrimSuffix(whole, "\r")
		if len(whole) > s.most || ended && (!utf8.ValidString(whole) || strings.HasSuffix(whole, "\r")) {
			return false
		}
	}
	s.part = []byte(lines[len(lines)-1])
	return true
}

func (s *stage) Begin() {
	s.setting = parse(s.Story.Serve)
	s.start, s.ctxDone = time.Now(), -1
	ctx, free := context.Background(), context.CancelFunc(func() {})
	if s.setting.deadline > 0 {
		ctx, free = context.WithDeadlineCause(ctx, s.start.Add(s.setting.deadline), errBecause)
		s.ctxDone = s.setting.deadline
	}
	s.free = free
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	if s.setting.cancelled {
		s.stop(nil)
	}
	s.session = terminal.Begin(s.ctx, terminal.SessionOptions{Buffer: s.setting.buffer, Joined: s.setting.joined, Lost: s.setting.lost},
		s.lab.Client(s.setting.away))
	s.user = source{conn: s.session.Keys, most: mostTyped}
	s.server = source{conn: s.session.Server, most: mostSaid}
}

// stop cancels ctx.
func (s *stage) stop(cause error) {
	if s.ctx.Err() == nil {
		s.ctxDone = time.Since(s.start)
	}
	s.cancel(cause)
}

// Act is that of a [player.Stage].
func (s *stage) Act(a story.Act) bool {
	switch {
	case a.Verb == "pass":
		return s.pass(a.Who)
	case a.Verb == "cancel" && s.ctx.Err() == nil:
		s.stop(map[string]error{"because": errBecause}[a.Who])
		return true
	case a.Who == "user":
		return s.keyboard(a)
	case a.Who == "server":
		return s.network(a)
	case a.Who == "screen" && a.Verb == "hold":
		s.session.HoldScreen()
		return true
	case a.Who == "screen" && a.Verb == "go":
		s.session.ReleaseScreen()
		return true
	}
	return false
}

// keyboard is what the user does.
func (s *stage) keyboard(a story.Act) bool {
	if a.Verb == "hold" || a.Verb == "go" {
		return s.hold(&s.user, a.Verb)
	}
	if s.user.ended {
		return false
	}
	switch a.Verb {
	case "write", "drip":
		if !s.user.takes(a.Text) {
			return false
		}
		s.user.caught = true
		for _, piece := range pieces(a) {
			io.WriteString(s.session.Keys, piece)
		}
	case "finish":
		s.user.ended = true
		s.session.Keys.CloseWrite()
	default:
		return false
	}
	return true
}

// network is what the server does, and what becomes of the connection.
func (s *stage) network(a story.Act) bool {
	switch a.Verb {
	case "hold":
		return s.hold(&s.server, a.Verb)
	case "grip": // its Writes arrive, and do not return
		s.session.Server.HoldPeerWrites()
		return true
	case "go":
		s.session.Server.ReleasePeerWrites()
		s.hold(&s.server, a.Verb)
		return true
	case "stall":
		s.reading = false
		return true
	case "read":
		s.reading = true
		return true
	}
	if s.gone != "" && !(s.gone == "finish" && (a.Verb == "leave" || a.Verb == "reset")) {
		return false
	}
	switch a.Verb {
	case "write", "drip":
		if !s.server.takes(a.Text) {
			return false
		}
		for _, piece := range pieces(a) {
			s.unsent = append(s.unsent, piece...)
			s.pour()
		}
		return true
	case "fail":
		s.session.FailWrites()
		return true
	case "finish":
		s.session.Server.CloseWrite()
	case "leave":
		s.session.Server.Close()
	case "reset":
		s.session.Server.Reset()
	default:
		return false
	}
	s.gone, s.unsent, s.server.ended = a.Verb, nil, true
	return true
}

func pieces(a story.Act) (all []string) {
	if a.Verb == "write" {
		return []string{string(a.Text)}
	}
	for i := range a.Text {
		all = append(all, string(a.Text[i:i+1]))
	}
	return all
}

// hold holds up the client's Reads of what comes, or lets them go on.
func (s *stage) hold(from *source, verb string) bool {
	if (from.held != nil) == (verb == "hold") {
		return false
	}
	if verb == "hold" {
		from.held, from.caught = s.barrier(), s.unread(from) > 0
		from.conn.HoldPeerReads(from.held)
		return true
	}
	s.letGoOn(from)
	return true
}

// unread is how many bytes the client could read and has not.
func (s *stage) unread(from *source) int {
	if from == &s.user {
		return s.session.Untyped()
	}
	return s.session.Unheard()
}

func (s *stage) letGoOn(from *source) {
	if from.stuck() {
		from.freed = time.Since(s.start)
	}
	if from.held != nil {
		from.held.Open()
	}
	from.held, from.caught = nil, false
	from.conn.HoldPeerReads(nil)
}

// barrier is one that nobody passes before it is opened.
func (s *stage) barrier() *memnet.Barrier {
	b := memnet.NewBarrier(1 << 20)
	s.opening = append(s.opening, b)
	return b
}

// Together is that of a [player.Stage].
func (s *stage) Together(scene story.Scene) (open func()) {
	var opens []func()
	for _, from := range []*source{&s.user, &s.server} {
		speaks := func(a story.Act) bool {
			return (a.Verb == "write" || a.Verb == "drip") && (a.Who == "user") == (from == &s.user)
		}
		if slices.ContainsFunc(scene.Acts, speaks) && s.hold(from, "hold") {
			opens = append(opens, func() { s.hold(from, "go") })
		}
	}
	return func() {
		for _, open := range opens {
			open()
		}
	}
}

// mostLooks is how often a client may look after its connection while time passes.
const mostLooks = 10

// pass lets time pass, when all is as it should be.
func (s *stage) pass(how string) bool {
	if s.fault == nil {
		s.fault = s.Rest()
	}
	if s.fault != nil {
		return true
	}
	before := s.session.Looks()
	if !s.Pass(how) {
		return false
	}
	if n := s.session.Looks() - before; n > mostLooks {
		s.fault = player.Faultf("12.2", "nothing happened for %s, and the client called Read on its connection, or set a deadline on it, %d times", how, n)
	}
	return true
}

// Rest is that of a [player.Stage].
func (s *stage) Rest() error {
	if s.fault != nil {
		return s.fault
	}
	for progress := true; progress; {
		if err := s.Idle(); err != nil {
			return err
		}
		received, poured, done := s.receive(), s.pour(), s.ctx.Err() != nil
		progress = received || poured || done != s.heeded
		s.heeded = done
	}
	select {
	case s.result = <-s.session.Done:
		s.back = true
	default:
	}
	return s.judge()
}

// receive takes what the server has got, and tells whether that was anything.
func (s *stage) receive() (some bool) {
	if !s.reading || s.gotEnd || s.gone == "leave" || s.gone == "reset" {
		return false
	}
	buf := make([]byte, 4096)
	for s.session.Server.Readable() {
		n, err := s.session.Server.Read(buf)
		s.got = append(s.got, buf[:n]...)
		some = true
		if err != nil {
			s.gotEnd = true
			break
		}
	}
	return some
}

// pour sends as much of what the server says as the connection takes, and tells whether that was anything.
func (s *stage) pour() bool {
	n := min(len(s.unsent), s.session.Server.Room())
	if n == 0 {
		return false
	}
	s.server.caught = true
	_, err := s.session.Server.Write(s.unsent[:n])
	s.unsent = s.unsent[n:]
	if err != nil {
		s.unsent = nil
	}
	return true
}

// Over is that of a [player.Stage]: when Run has returned, there is still something that it may do wrong.
func (s *stage) Over() bool { return s.fault != nil }

// Finale is that of a [player.Stage].
func (s *stage) Finale() error {
	s.release()
	s.reading = true
	if err := s.Rest(); err != nil {
		return err
	}
	if !s.back {
		s.end()
		if err := s.Rest(); err != nil {
			return err
		}
	}
	if !s.user.ended && len(s.user.part) == 0 {
		io.WriteString(s.session.Keys, strings.Repeat("too late\n", 3))
	}
	if !s.pass("1h") {
		s.fault = s.Rest()
	}
	s.user.ended = true
	s.session.Keys.CloseWrite()
	return s.Rest()
}

// end ends the story as it says: with last words, if it is one of the two that speak who ends it.
func (s *stage) end() {
	words := story.Act{Verb: "write", Text: []byte(strings.Repeat("bye\n", 5))}
	switch s.Story.End {
	case "cancel":
		s.stop(nil)
	case "because":
		s.stop(errBecause)
	case "leave", "reset", "close":
		words.Who = "server"
		s.network(words)
		s.network(story.Act{Verb: strings.Replace(s.Story.End, "close", "finish", 1), Who: "server"})
	case "fail":
		s.session.FailWrites()
		if !s.keyboard(story.Act{Verb: "write", Who: "user", Text: []byte("\n")}) {
			s.keyboard(story.Act{Verb: "finish", Who: "user"})
		}
	case "silent": // what is sent by itself fails
		words.Who = "user"
		s.keyboard(words)
		s.fault = s.Rest()
		s.session.FailWrites()
		if s.setting.away >= 0 && s.pass((2 * s.after()).String()) {
			break
		}
		fallthrough
	default:
		words.Who = "user"
		s.keyboard(words)
		s.keyboard(story.Act{Verb: "finish", Who: "user"})
	}
}

// release lets all go on that is held.
func (s *stage) release() {
	for _, b := range s.opening {
		b.Open()
	}
	for _, from := range []*source{&s.user, &s.server} {
		s.letGoOn(from)
	}
	s.session.ReleaseScreen()
	s.session.Server.ReleasePeerWrites()
}

// LetGo is that of a [player.Stage].
func (s *stage) LetGo() {
	s.release()
	s.cancel(nil)
	s.free()
	s.session.Keys.Close()
	s.session.Server.Close()
	if !s.back {
		_, _ = await.Receive(await.Patience{Limit: time.Second, Rest: time.Second}, s.session.Done)
	}
	_ = s.Idle()
}

// exact tells whether time passes only when a story says so.
func exact() bool { return steer.On() }

// A setting is what a story begins with: how the client is set, and what is special about what it gets.
type setting struct {
	away, deadline          time.Duration
	buffer                  int
	joined, lost, cancelled bool
}

// parse reads it from words as "away 1.5s buffer 300 joined".
func parse(text string) (s setting) {
	words := strings.Fields(text)
	for i, word := range words {
		value := ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch word {
		case "away":
			s.away, _ = time.ParseDuration(value)
		case "deadline":
			s.deadline, _ = time.ParseDuration(value)
		case "buffer":
			fmt.Sscan(value, &s.buffer)
		case "joined":
			s.joined = true
		case "lost":
			s.lost = true
		case "cancelled":
			s.cancelled = true
		}
	}
	return s
}
