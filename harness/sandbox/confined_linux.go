package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// confined is a process in a box, and the pipes between it and this process.
type confined struct {
	sandbox *Sandbox
	cmd     *exec.Cmd
	monitor *monitor
	failure func() string // why the program did not run, asked when the process has ended; "" if it did
	held    *os.File      // ends when the last process of the box is gone; nil if the first one is the last
	ours    []*os.File    // to close at the end
	theirs  []*os.File    // to close when they are handed over
}

func newConfined(s *Sandbox, cmd *exec.Cmd, box *Box) (*confined, error) {
	w, err := newWatch(box)
	if err != nil {
		return nil, err
	}
	w.group = newGroup(box.Processes)
	return &confined{sandbox: s, cmd: cmd, monitor: w}, nil
}

// hand hands f to the process and returns the number that it has there.
func (c *confined) hand(f *os.File) string {
	c.theirs = append(c.theirs, f)
	c.cmd.ExtraFiles = append(c.cmd.ExtraFiles, f)
	return strconv.Itoa(2 + len(c.cmd.ExtraFiles))
}

// pipe makes a pipe that the process writes to, as fd. said returns what it wrote, once it is gone.
func (c *confined) pipe() (said func() string, fd string, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	c.ours = append(c.ours, r)
	said = func() string {
		text, _ := io.ReadAll(io.LimitReader(r, 1<<16)) // nobody else holds it, and without it nothing was said
		return string(text)
	}
	return said, c.hand(w), nil
}

// hold makes a pipe that the box keeps open for as long as a process of it is there.
func (c *confined) hold() (fd string, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	c.held, c.ours = r, append(c.ours, r)
	return c.hand(w), nil
}

// send makes a pipe from which the process reads text, as fd.
func (c *confined) send(text string) (fd string, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	fd = c.hand(r)
	if len(text) > 4096 { // what every pipe holds
		err = errors.New("sandbox: GORACE is too long")
	} else {
		_, err = w.WriteString(text)
	}
	return fd, errors.Join(err, w.Close())
}

// patience is for the kernel to end processes that have been killed, on a machine with much to do.
const patience = time.Minute

// niceness of what is confined.
const niceness = 5

func (c *confined) start() error {
	n := c.monitor.box.Processes
	if n > 0 && os.Getuid() != 0 {
		n = n*runtime.NumCPU() + tasksOfUser() // the kernel counts all of this user, and none of root
	}
	err := c.cmd.Start()
	for _, f := range c.theirs {
		f.Close()
	}
	c.theirs = nil
	if err != nil {
		return c.close(err)
	}
	// Both are for a machine with so much to do that the monitor comes too late, and early enough: the
	// first process is still far from starting another.
	unix.Setpriority(unix.PRIO_PROCESS, c.cmd.Process.Pid, niceness)
	if n > 0 {
		unix.Prlimit(c.cmd.Process.Pid, unix.RLIMIT_NPROC, &unix.Rlimit{Cur: uint64(n), Max: uint64(n)}, nil)
	}
	go c.monitor.run(c.cmd.Process) // until gone
	return nil
}

func (c *confined) close(err error) error {
	c.monitor.group.remove()
	for _, f := range append(c.ours, c.theirs...) {
		f.Close()
	}
	return err
}

func (c *confined) gone(err error) error {
	defer c.close(nil)
	if c.held != nil {
		c.held.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.held.Read(make([]byte, 1)); err != io.EOF {
			c.monitor.end()
			return &StartError{c.sandbox.name, fmt.Sprintf("its processes do not end: %v", err)}
		}
	}
	c.monitor.end()
	exit, failed := errors.AsType[*exec.ExitError](err)
	if failed && exit.Exited() {
		if why := c.failure(); why != "" {
			return &StartError{c.sandbox.name, fmt.Sprintf("%v %s", err, why)}
		}
	}
	return err
}

func (c *confined) exceeded() string { return c.monitor.exceeded() }

func (c *confined) used() time.Duration { return c.monitor.used() }
