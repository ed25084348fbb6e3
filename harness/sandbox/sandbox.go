// Package sandbox, of the grader, confines a process that builds or runs somebody else's code.
//
//	s, err := sandbox.Find() // err says what this machine lacks
//	p, err := s.Start(cmd, sandbox.Box{Dir: dir, Read: []string{checks}, Write: []string{dir}})
//	err = p.Wait()
//	if limit := p.Exceeded(); limit != "" {
//		// it used more than that, and was killed
//	}
//
// A process in a box sees the files that it was given and the machine's libraries, a network of its
// own with nothing but 127.0.0.1 in it, and no process but those of its box. All of them are gone
// when [Cmd.Wait] returns, and when the process that started them dies. [Sandbox.Limits] tells
// what holds on this machine.
//
// There is no /proc in a box, since a process can read its own memory there. Go's race detector
// reads its options there too; so a program that has GORACE in its environment finds the two files
// that the detector looks for, /proc/self/exe and /proc/self/environ, the second one with that
// variable and no other. They are the same for all processes of the box: their race logs have one
// prefix, and differ by process number.
//
// Memory, processes, processor time and disk are measured from outside, up to fifty times a second.
// A box can use more than its limit for as long as that takes. Its processes run at a lower priority.
//
// It works on Linux only; see [Find]. The nil *Sandbox is ready to use everywhere, and confines
// nothing. Not covered at all are mistakes in the kernel.
package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lockstep/harness/process"
)

// A Sandbox is a way to confine processes that works on this machine. It may be used concurrently.
type Sandbox struct {
	name   string
	limits []Limit
	start  func(*exec.Cmd, *Box) (confinement, error)
}

// A Box is what a process may use. In each number, 0 stands for a default, and less than 0 for no
// limit. Paths are absolute, and the same inside and outside.
type Box struct {
	Dir   string   // where the process starts; in Read or in Write
	Read  []string // files and folders that it sees, besides its own executable and the libraries
	Write []string // folders in which it may also write

	Memory    int64         // resident bytes of all processes together, shared ones counted for each; 1 GiB
	Processes int           // with their threads; 512
	Disk      int64         // bytes that Write may grow by, and the size of a /tmp of its own; 64 MiB
	OpenFiles int           // for each process; 4096
	CPU       time.Duration // of all processes together; no limit
}

// Tools returns the folders of compilers and commands, for the Read of a box that builds.
func Tools() []string {
	return slices.DeleteFunc([]string{"/usr", "/bin", "/etc/alternatives"}, func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}

// A Limit is one thing that a sandbox keeps a process from, or does not.
type Limit struct {
	Name   string
	How    string
	Active bool
}

// String returns the name of what confines: "bubblewrap 0.8.0".
func (s *Sandbox) String() string {
	if s == nil {
		return "none"
	}
	return s.name
}

// Limits tells what s keeps a process from, and how.
func (s *Sandbox) Limits() []Limit {
	if s == nil {
		return []Limit{
			{Name: "files", How: "all that this user may read and write"},
			{Name: "network", How: "this machine's own"},
			{Name: "processes", How: "may reach those of this user, and stay behind"},
			{Name: "memory", How: "all there is"},
			{Name: "disk", How: "all there is"},
		}
	}
	return s.limits
}

// Start starts cmd in box. What cmd says of standard input, output and error holds, and so does the
// exit status; a process that a signal has ended may show as exit status 128 + the signal's number.
// The process gets cmd.Env and nothing else. cmd.Path must be absolute; the process sees it as its
// argument 0. cmd gets a process group, and [process.Kill] ends all that is in the box. It must not
// have ExtraFiles. Call [Cmd.Wait], not cmd.Wait.
func (s *Sandbox) Start(cmd *exec.Cmd, box Box) (*Cmd, error) {
	process.Group(cmd)
	if s == nil {
		cmd.Dir = box.Dir
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return &Cmd{cmd: cmd}, nil
	}
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	if len(cmd.ExtraFiles) > 0 {
		return nil, errors.New("sandbox: a confined process has no extra files")
	}
	if err := box.check(cmd.Path); err != nil {
		return nil, err
	}
	box.complete()
	cmd.Dir = ""        // that of the box counts
	if cmd.Env == nil { // which would mean this process's own
		cmd.Env = []string{}
	}
	cmd.Env = cmd.Environ() // each variable once
	confined, err := s.start(cmd, &box)
	if err != nil {
		return nil, err
	}
	return &Cmd{cmd, confined}, nil
}

// A Cmd is a command that runs in a box.
type Cmd struct {
	cmd      *exec.Cmd
	confined confinement // nil if nothing confines it
}

type confinement interface {
	gone(err error) error // called when the process has ended so; returns when all others have
	exceeded() string
	used() time.Duration
}

// Wait waits like cmd.Wait, and then until all other processes of the box are gone. A [StartError]
// means that the program did not run.
func (c *Cmd) Wait() error {
	err := c.cmd.Wait()
	if c.confined == nil {
		return err
	}
	return c.confined.gone(err)
}

// Exceeded returns the limit for which the processes were killed, or which the files that they left
// have reached: "512 MiB of memory", "64 MiB on disk". It is "" if there is none. It may be called
// at any time.
func (c *Cmd) Exceeded() string {
	if c.confined == nil {
		return ""
	}
	return c.confined.exceeded()
}

// Used returns the processor time that the processes had used when they were last looked at, 0 where nothing confines them. It
// may be called at any time.
func (c *Cmd) Used() time.Duration {
	if c.confined == nil {
		return 0
	}
	return c.confined.used()
}

// An Error says what this machine lacks for a sandbox, and what to do about it.
type Error struct {
	Lacks  string
	Remedy string
}

func (e *Error) Error() string { return e.Lacks + "; " + e.Remedy }

// A StartError says that a box could not be set up. It is never the fault of what was to run in it.
type StartError struct {
	Sandbox string
	reason  string
}

func (e *StartError) Error() string {
	return fmt.Sprintf("%s could not confine the process: %s", e.Sandbox, e.reason)
}

// check finds what would otherwise be found while the box is set up, with less to say.
func (b *Box) check(executable string) error {
	for _, path := range slices.Concat([]string{executable, b.Dir}, b.Read, b.Write) {
		if !filepath.IsAbs(path) {
			return fmt.Errorf("sandbox: not an absolute path: %q", path)
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	if !within(b.Dir, slices.Concat(b.Read, b.Write)) {
		return fmt.Errorf("sandbox: %s, where the process starts, is not in the box", b.Dir)
	}
	for _, path := range b.Read {
		if within(path, b.Write) {
			return fmt.Errorf("sandbox: %s is to be read only, and lies in a folder that may be written", path)
		}
	}
	return nil
}

// within tells whether path is one of the folders or lies in one.
func within(path string, folders []string) bool {
	for _, folder := range folders {
		rel, err := filepath.Rel(folder, path)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// complete puts in the defaults.
func (b *Box) complete() {
	if b.Memory == 0 {
		b.Memory = 1 << 30
	}
	if b.Processes == 0 {
		b.Processes = 512
	}
	if b.Disk == 0 {
		b.Disk = 64 << 20
	}
	if b.OpenFiles == 0 {
		b.OpenFiles = 4096
	}
}

// bytes writes a number of bytes for people.
func bytes(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
