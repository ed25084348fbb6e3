package scenario

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/loopback"
	"lockstep/harness/norace"
	"lockstep/harness/perturb/engine"
	"lockstep/harness/stacks"
	"lockstep/harness/startenv"
)

// restless is how long a server may be busy before the story goes on without its coming to rest.
const restless = 2 * time.Second

// IsServer tells whether this process was started by [Play] as the server of a story.
func IsServer() bool { return startenv.Server.Set() }

// Serve is the life of the server process: it listens on a free port of the loopback interface,
// runs the student's server on it, and answers the story's questions until its standard input ends.
// It returns the process's exit status.
func Serve(serve func(net.Listener, *slog.Logger) error) int { return host(reply{}, serve, nil) }

// host is Serve. first is what else the first reply says. If exit is set, it ends the process when serve
// returns by itself.
func host(first reply, serve func(net.Listener, *slog.Logger) error, exit func(error)) int {
	tcp, err := loopback.Listen(startenv.ServerAddr.Value())
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockstep:", err)
		return 3
	}
	var ln net.Listener = tcp
	var bridge *bridge
	if startenv.Unordered.Set() && !norace.Off() {
		bridge = newBridge(tcp)
		ln = bridge
	}
	startenv.Restore()
	replies := &replies{to: json.NewEncoder(startenv.Stdout()), key: startenv.Secret(keySecret)}
	first.Listening = tcp.Addr().String()
	replies.send(first)

	served := make(chan error, 1)
	var last sync.Mutex // held by who replies, and by who says that it is over for good
	go func() {         // ends with the listener, or with the process
		err := serve(ln, slog.New(norace.NewLogHandler(startenv.Stderr())))
		if exit != nil {
			if bridge != nil {
				bridge.drain(restless)
			}
			last.Lock()
			report(replies, err)
			exit(err)
		}
		served <- err
	}()

	requests := json.NewDecoder(bufio.NewReader(startenv.Stdin()))
	for {
		var r request
		if err := requests.Decode(&r); err != nil {
			break // the story is over, or who told it is gone
		}
		var answer reply
		if r.Do == "idle" {
			if bridge != nil {
				bridge.awaitAll(r.Sent)
			}
			answer.Idle = len(await.Idle(restless)) == 0
			if bridge != nil {
				answer.Replied = bridge.replied()
			}
		} else {
			answer.Goroutines = stacks.All()
			for _, h := range engine.Held() {
				if len(h.Waiting) > 0 {
					answer.Held = append(answer.Held, h.String())
				}
			}
			answer.Idle = len(await.Busy()) == 0
		}
		last.Lock()
		select {
		case err := <-served: // unasked
			return report(replies, err)
		default:
			replies.send(answer)
		}
		last.Unlock()
	}
	ln.Close()
	return report(replies, <-served)
}

// replies go to the one who tells the story, who believes those with the key.
type replies struct {
	to  *json.Encoder
	key string
}

func (r *replies) send(answer reply) {
	answer.Key = r.key
	r.to.Encode(answer)
}

func report(replies *replies, err error) int {
	last := reply{Served: true, Races: norace.Errors()}
	for _, f := range engine.Findings() {
		last.Findings = append(last.Findings, f.Text)
	}
	if err != nil {
		last.Error = err.Error()
	}
	replies.send(last)
	return 0
}
