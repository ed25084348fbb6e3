package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"charm.land/lipgloss/v2"

	"lockstep/harness/build"
	"lockstep/harness/sandbox"
)

type doctorCmd struct{}

// An inspection is one thing that doctor looked at.
type inspection struct {
	what   string
	state  string
	remedy string // "" if there is nothing to do
	fatal  bool   // nothing works without it
}

func (c *doctorCmd) Run(s *session) error {
	sick := false
	for _, look := range []func(context.Context, *session) inspection{goVersion, goCommand, raceDetector, schedules, confinement, loopback, port, temporary, solutions} {
		f := look(s.ctx, s)
		if err := s.ctx.Err(); err != nil {
			return err
		}
		style, word := lipgloss.NewStyle().Foreground(lipgloss.Green), "ok"
		switch {
		case f.fatal:
			style, word = lipgloss.NewStyle().Foreground(lipgloss.Red), "broken"
			sick = true
		case f.remedy != "":
			style, word = lipgloss.NewStyle().Foreground(lipgloss.Yellow), "note"
		}
		fmt.Fprintf(s.stdout, "  %s  %-14s %s\n", style.Render(fmt.Sprintf("%-6s", word)), f.what, f.state)
		if f.remedy != "" {
			fmt.Fprintf(s.stdout, "          %-14s %s\n", "", f.remedy)
		}
	}
	if sick {
		return status(cannot)
	}
	return nil
}

func goVersion(context.Context, *session) inspection {
	// That the kit compiled says that the version will do: go.mod asks for what it needs.
	return inspection{what: "go", state: fmt.Sprintf("%s %s/%s, %d processors", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))}
}

func goCommand(context.Context, *session) inspection {
	path, err := exec.LookPath("go")
	if err != nil {
		return inspection{"go command", "not in PATH", "add the folder of the go command to PATH and open a new terminal", true}
	}
	return inspection{what: "go command", state: path}
}

// raceDetector builds and runs a program with a race in it: nothing less proves that the detector works.
func raceDetector(ctx context.Context, s *session) inspection {
	f := inspection{what: "race detector"}
	dir, err := os.MkdirTemp(s.tmp, "doctor-")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "main.go"), []byte(racy), 0o644)
	}
	if err != nil {
		return inspection{f.what, err.Error(), "make room for temporary files", true}
	}
	exe := filepath.Join(dir, "racy.exe")
	cmd := exec.CommandContext(ctx, "go", "build", "-race", "-o", exe, "main.go")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		err := build.Diagnose(string(out), err)
		if tool, ok := errors.AsType[*build.ToolError](err); ok {
			return inspection{f.what, tool.Lacks, tool.Remedy, true}
		}
		return inspection{f.what, err.Error(), "see what the compiler says", true}
	}
	cmd = exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), "GORACE=exitcode=66")
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "WARNING: DATA RACE") {
		return inspection{f.what, fmt.Sprintf("a program with a race ran without a report (%v)", err), "see " + raceRequirements, true}
	}
	f.state = "finds a race in a program that has one"
	return f
}

const raceRequirements = "https://go.dev/doc/articles/race_detector#Requirements"

const racy = `package main

var shared int

func main() {
	done := make(chan bool)
	go func() { shared++; done <- true }()
	shared++
	<-done
}
`

func schedules(_ context.Context, s *session) inspection {
	b, unsteered, err := build.Graded(s.root, s.tmp)
	switch {
	case err != nil:
		return inspection{what: "schedules", state: err.Error(), remedy: "without them, seeds disturb the checks"}
	case unsteered != nil:
		return inspection{what: "schedules", state: unsteered.Why, remedy: unsteered.Remedy + "; meanwhile seeds disturb the checks"}
	}
	f := inspection{what: "schedules", state: "are searched: it is decided who runs next"}
	if link := b.Steer.Linked(); link != "" {
		f.state += "; the Go that the go command has fetched is called " + link + " for that"
	}
	return f
}

// confinement is for who grades others' code; nobody else needs it.
func confinement(context.Context, *session) inspection {
	f := inspection{what: "sandbox"}
	s, err := sandbox.Find()
	if lacks, ok := errors.AsType[*sandbox.Error](err); ok {
		f.state, f.remedy = lacks.Lacks, lacks.Remedy+" (needed by grade)"
		return f
	}
	var names []string
	for _, l := range s.Limits() {
		names = append(names, l.Name)
	}
	f.state = fmt.Sprintf("%v confines %s", s, strings.Join(names, ", "))
	return f
}

func loopback(context.Context, *session) inspection {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return inspection{"loopback", err.Error(), "the scenarios need TCP on 127.0.0.1: is a firewall or a container in the way?", true}
	}
	ln.Close()
	return inspection{what: "loopback", state: "TCP on 127.0.0.1 works"}
}

func port(context.Context, *session) inspection {
	const addr = "127.0.0.1:7005"
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return inspection{what: "port", state: fmt.Sprintf("%s is taken (%v)", addr, err), remedy: "give the labs' programs another one: -addr 127.0.0.1:0 takes any"}
	}
	ln.Close()
	return inspection{what: "port", state: addr + ", where the labs' programs listen, is free"}
}

func temporary(_ context.Context, s *session) inspection {
	return inspection{what: "temporary files", state: filepath.Dir(s.tmp)}
}

func solutions(_ context.Context, s *session) inspection {
	if _, err := os.Stat(filepath.Join(s.root, "solutions")); err != nil {
		return inspection{what: "solutions", state: "not here: this is a student's copy; demo, verify and run --solution need them"}
	}
	return inspection{what: "solutions", state: "here"}
}
