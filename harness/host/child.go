package host

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/loopback"
	"lockstep/harness/norace"
	"lockstep/harness/perturb/engine"
	"lockstep/harness/stacks"
	"lockstep/harness/startenv"
)

// restless is how long a server may be busy before it is told that it does not come to rest.
const restless = 2 * time.Second

// IsServer tells whether this process was started by [Start].
func IsServer() bool { return startenv.Server.Set() }

// Serve is the life of the server process: it listens on a free port of the loopback interface,
// runs the student's server on it, and answers requests until its standard input ends.
// It returns the process's exit status.
func Serve(serve func(net.Listener, *slog.Logger) error) int { return live(reply{}, serve, nil) }

// live is Serve. first is what else the first reply says. If exit is set, it ends the process when serve
// returns by itself.
func live(first reply, serve func(net.Listener, *slog.Logger) error, exit func(error)) int {
	tcp, err := loopback.Listen(startenv.ServerAddr.Value())
	if err != nil {
		return broken(err)
	}
	c := &child{ln: tcp, served: make(chan error, 1)}
	if startenv.Unordered.Set() && !norace.Off() {
		c.bridge = newBridge(tcp)
		c.ln = c.bridge
	}
	startenv.Restore()
	c.to, c.key = json.NewEncoder(startenv.Stdout()), startenv.Secret(keySecret)
	first.Listening = tcp.Addr().String()
	c.send(first)
	go c.serve(serve, exit) // ends with the listener, or with the process
	return c.answer()
}

// broken says why there will be no server, and is the exit status for that.
func broken(err error) int {
	fmt.Fprintln(startenv.Stderr(), "lockstep:", err)
	return 3
}

// A child is the server process.
type child struct {
	ln     net.Listener
	bridge *bridge // ln, if the server is unordered
	served chan error
	last   sync.Mutex // held by who replies, and by who says that it is over for good

	to  *json.Encoder
	key string
}

func (c *child) serve(serve func(net.Listener, *slog.Logger) error, exit func(error)) {
	err := serve(c.ln, slog.New(norace.NewLogHandler(startenv.Stderr())))
	if exit != nil {
		if c.bridge != nil {
			c.bridge.drain(restless)
		}
		c.last.Lock()
		c.report(err)
		exit(err)
	}
	c.served <- err
}

// answer answers requests until there are no more. It returns the exit status.
func (c *child) answer() int {
	requests := json.NewDecoder(bufio.NewReader(startenv.Stdin()))
	for {
		var r request
		if err := requests.Decode(&r); err != nil {
			break // nothing more is wanted, or who wanted it is gone
		}
		var answer reply
		if r.Do == settle {
			answer.Idle, answer.Replied = c.settle(r.Sent)
		} else {
			answer.State = state()
		}
		c.last.Lock()
		select {
		case err := <-c.served: // unasked
			return c.report(err)
		default:
			c.send(answer)
		}
		c.last.Unlock()
	}
	c.ln.Close()
	return c.report(<-c.served)
}

func (c *child) settle(sent map[string]Sent) (idle bool, replied map[string]int64) {
	if c.bridge == nil {
		return len(await.Idle(restless)) == 0, nil
	}
	c.bridge.awaitAll(sent)
	idle = len(await.Idle(restless)) == 0
	return idle, c.bridge.replied()
}

func state() State {
	s := State{Goroutines: stacks.All()}
	for _, h := range engine.Held() {
		if len(h.Waiting) > 0 {
			s.Held = append(s.Held, h.String())
		}
	}
	s.Idle = len(await.Busy()) == 0
	return s
}

func (c *child) send(r reply) {
	r.Key = c.key
	c.to.Encode(r) // a parent that is gone hears of nothing
}

// report says how it ended. It returns the exit status.
func (c *child) report(err error) int {
	last := reply{Served: true, Races: norace.Errors()}
	for _, f := range engine.Misuses() {
		last.Misuses = append(last.Misuses, f.Text)
	}
	if err != nil {
		last.Error = err.Error()
	}
	c.send(last)
	return 0
}
