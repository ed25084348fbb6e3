// The program runs one bug, as it comes or under one schedule, and prints what there is to see of it when nothing moves any more.
//
//	program NAME [LEFT]...
//
// LEFT are regular expressions for a goroutine that is left behind: its function, and what it waits for.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/norace"
	"lockstep/harness/stacks"
	"lockstep/harness/startenv"
	"lockstep/harness/steer"
)

var bugs = map[string]func(){}

// register is called by Go's kernels, and by the patterns.
func register(name string, bug func()) { bugs[name] = bug }

// yieldCount is how often a kernel lets others go on before it looks what it has left.
const yieldCount = 10

func main() {
	stdout := os.Stdout
	os.Stdout, _ = os.Open(os.DevNull) // kernels write a profile there
	if !startenv.Schedule.Set() {
		bugs[os.Args[1]]()
		fmt.Fprint(stdout, seen(os.Args[2:]))
		return
	}
	plan, err := steer.ParsePlan(startenv.Plan())
	check(err)
	recording, err := steer.Open(startenv.Recording.Value())
	check(err)
	check(steer.Begin(*plan.Only, recording))
	bugs[os.Args[1]]()
	what := seen(os.Args[2:])
	steer.End()
	check(recording.Save())
	fmt.Fprint(stdout, what)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// seen tells what there is to see once nothing moves any more: whoever then waits, waits for ever.
func seen(left []string) string {
	rests := rest()
	if norace.Errors() > 0 {
		return "a data race"
	}
	for _, g := range stacks.All()[1:] {
		if !rests || len(g.Frames) == 0 {
			continue
		}
		at := strings.TrimPrefix(g.Frames[len(g.Frames)-1].Func, "main.") + "(...) [" + g.State + "]"
		for _, l := range left {
			if regexp.MustCompile(l).MatchString(at) {
				return at
			}
		}
	}
	return ""
}

// rest waits until nobody runs or sleeps, and tells whether it has come to that.
func rest() bool {
	for range 12 {
		time.Sleep(100 * time.Millisecond)
		if len(await.Busy()) == 0 {
			return true
		}
	}
	return false
}
