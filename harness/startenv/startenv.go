// Package startenv stands beside the student's code: it holds what this process was started with, out of reach of that code,
// which can change environment, arguments, folder and the standard streams before main begins.
//
//	startenv.Seed.Value()        // a variable of the kit, as it was at the start
//	startenv.Secret("key")       // what only this process was told
//	startenv.Restore()           // before a check: puts back what an initializer has changed
//
// All of it is read when this package is initialized. Package build makes every student's package import
// this one, so that it comes before the student's first variable. Nothing else in the kit that runs beside the student's code asks the
// environment; [Variables] is the list of what may be in there.
//
// A process that is told secrets finds them in the first line of its standard input ([Opening]), and neither in a
// file nor in its environment. In such a process os.Stdin is empty from then on, and os.Stdout and os.Stderr are one
// file, which nothing of the kit's depends on; the process's own streams are [Stdin], [Stdout] and [Stderr].
//
// The secrets are in the memory of the process: who can read that can read them.
package startenv

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"slices"
	"strings"
)

// A Variable is one of the kit's in the environment.
type Variable struct {
	Name  string
	sets  string // who sets it
	reads string // who reads it, and what for
	Kept  bool   // it holds for what the process starts as well
}

// The variables of the kit.
var (
	Seed  = Variable{"LOCKSTEP_SEED", "judge, verify", "perturb/engine: decides when a statement waits; a positive number", true}
	Plain = Variable{"LOCKSTEP_PLAIN", "verify --table", "norace: turns it off", true}

	Deadline = Variable{"LOCKSTEP_DEADLINE", "judge", "labtest: how long a check may take, as a time.Duration", false}
	Lifeline = Variable{"LOCKSTEP_LIFELINE", "judge, labtest", "labtest: standard input stays open for as long as the process is wanted", false}
	RaceLog  = Variable{"LOCKSTEP_RACE_LOG", "labtest", "labtest: where the detector leaves this process's reports, if nobody judges it", false}
	Outcomes = Variable{"LOCKSTEP_OUTCOMES", "labtest", "labtest: the file that has a line for each check that ended, if nobody judges it", false}
	Ungraded = Variable{"LOCKSTEP_UNGRADED", "whoever runs go test", "labtest: go test runs the checks as they are, and nothing else", false}

	Schedule  = Variable{"LOCKSTEP_SCHEDULE", "judge, outside", "startenv, and the patched runtime when it starts: the file that says which schedules to try, a steer.Plan; it is removed", false}
	Recording = Variable{"LOCKSTEP_RECORDING", "judge, outside", "labtest: the file for a run of which a schedule decides", false}

	Server     = Variable{"LOCKSTEP_SERVER", "host", "host: the process is a server, and nothing else", false}
	Unordered  = Variable{"LOCKSTEP_SERVER_UNORDERED", "host", "host: the detector does not see when a client's bytes arrive", false}
	ServerAddr = Variable{"LOCKSTEP_SERVER_ADDR", "host", "host: where the server listens", false}

	opening = Variable{"LOCKSTEP_OPENING", "judge, host", "startenv: standard input begins with a line for it", false}
)

// Variables are all of them.
var Variables = []Variable{Seed, Plain, Deadline, Lifeline, RaceLog, Outcomes, Ungraded, Schedule, Recording, Server, Unordered, ServerAddr, opening}

// With is the variable in an environment.
func (v Variable) With(value string) string { return v.Name + "=" + value }

// Value is what the variable was when this process started, "" if it was not set.
func (v Variable) Value() string { return lookup(environ, v.Name) }

// Set tells whether the variable was set, to something.
func (v Variable) Set() bool { return v.Value() != "" }

// Matters tells go test that what it has kept of this run is worth nothing once the variable is another one.
func (v Variable) Matters() { os.Getenv(v.Name) }

// What the process was started with.
var (
	environ = os.Environ()
	args    = slices.Clone(os.Args)
	dir, _  = os.Getwd() // "" if it is gone
	plan    string       // what the file of Schedule held: it may be longer than a variable can be
	secrets map[string]string

	stdin, stdout, stderr = os.Stdin, os.Stdout, os.Stderr
)

func init() {
	if opening.Set() {
		if err := open(); err != nil {
			fmt.Fprintln(stderr, "lockstep: what this process should know cannot be read:", err)
			os.Exit(3)
		}
	}
	visible = slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == "GORACE" || strings.HasPrefix(name, "LOCKSTEP_")
	})
	if Schedule.Set() {
		if err := readPlan(); err != nil {
			fmt.Fprintln(stderr, "lockstep: which schedules to try cannot be read:", err)
			os.Exit(3)
		}
		runtime.MemProfileRate = 0 // a profiler draws lots, and nothing may but the schedule
	}
	if Opened() || Lifeline.Set() { // a process for a student's code, and not one of somebody's tests
		remember()
		Restore() // takes the kit's own variables out of the environment
	}
}

// maxOpening is how much is read to find the end of the first line, in bytes.
const maxOpening = 1 << 16

// open reads the first line of the standard input, and no byte more, and hands out other streams than the process's own.
func open() error {
	line, b := []byte(nil), make([]byte, 1)
	for !slices.Equal(b, []byte("\n")) {
		if _, err := io.ReadFull(stdin, b); err != nil {
			return err
		}
		if line = append(line, b[0]); len(line) > maxOpening {
			return fmt.Errorf("it is longer than %d bytes", maxOpening)
		}
	}
	if err := json.Unmarshal(line, &secrets); err != nil {
		return err
	}
	clear(line)
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	shown := stdout // what is printed is text for a message
	if Server.Set() {
		shown = stderr // there, it is the kit's
	}
	os.Stdin, os.Stdout, os.Stderr = nothing, shown, shown
	log.SetOutput(shown)
	return nil
}

// Opening is what a process is to find in front of its standard input, and the variable that tells it so.
func Opening(all map[string]string) (line []byte, env string, err error) {
	line, err = json.Marshal(all)
	return append(line, '\n'), opening.With("1"), err
}

// readPlan leaves nothing of the plan for the student's code to find.
func readPlan() error {
	text, err := os.ReadFile(Schedule.Value())
	if err != nil {
		return err
	}
	plan = string(text)
	return os.Remove(Schedule.Value())
}

// Plan is which schedules to try, "" if none decides.
func Plan() string { return plan }

// Opened tells whether this process was told secrets.
func Opened() bool { return secrets != nil }

// Secret returns one of the secrets, "" if it was not told.
func Secret(name string) string { return secrets[name] }

// Forget removes a secret and returns it.
func Forget(name string) string {
	value := secrets[name]
	delete(secrets, name)
	return value
}

// Stdin is the process's own standard input, behind the opening.
func Stdin() *os.File { return stdin }

// Stdout is the process's own standard output.
func Stdout() *os.File { return stdout }

// Stderr is the process's own standard error, where the race detector and the runtime write.
func Stderr() *os.File { return stderr }

// Args are the arguments with which the process was started, its name in front. The slice belongs to the caller.
func Args() []string { return slices.Clone(args) }

// Program is the name by which the process was started.
func Program() string { return args[0] }

// Dir is the folder in which the process was started.
func Dir() string { return dir }

// Environ is the environment with which the process was started. The slice belongs to the caller.
func Environ() []string { return slices.Clone(environ) }

func lookup(env []string, name string) string {
	for _, kv := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}

// Getenv is a variable as it was when this process started, "" if it was not set.
func Getenv(name string) string { return lookup(environ, name) }
