package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// confineEnv holds an [order], for the process that [Main] confines.
const confineEnv = "LOCKSTEP_CONFINE"

// An order is what a process of our own needs to know to confine itself and become another program.
// Nothing reaches that program but what is in here.
type order struct {
	Path string
	Args []string
	Env  []string
	Box  Box
	Join string // the file by which it joins its group; "" if there is none
}

// canConfine tells whether this program has called Main: one that has not would start all over.
var canConfine bool

// Main belongs first into the main function of a program that uses a sandbox, and into its TestMain.
// A sandbox without bubblewrap starts the program a second time; there, Main does not return.
func Main() {
	canConfine = true
	text, ok := os.LookupEnv(confineEnv)
	if !ok {
		return
	}
	report := os.NewFile(reportFd, "report")
	unix.CloseOnExec(reportFd)
	fmt.Fprint(report, confineYourself(text, report))
	os.Exit(1)
}

// reportFd is where the process says ready, and then, if it is still there, why.
const (
	reportFd = 3
	ready    = "ready"
)

// landlock returns a sandbox made by the kernel alone: namespaces, and Landlock for the files.
func landlock() (*Sandbox, error) {
	const oldest = 3 // before that, any file could be truncated
	abi := landlockABI()
	switch {
	case abi == 0:
		return nil, errors.New("the kernel does not have it, or it is turned off")
	case abi < oldest:
		return nil, errors.New("the kernel is older than 6.2")
	case !canConfine:
		return nil, errors.New("this program does not call sandbox.Main")
	}
	s := &Sandbox{
		name: fmt.Sprintf("Landlock %d with namespaces", abi),
		limits: append([]Limit{
			{"files", "reads the libraries and what it was given, writes where it may; sees names and sizes of all others, and may reach sockets among them that are not in /run", true},
			{"network", "its own, with nothing but 127.0.0.1", true},
			{"processes", "sees and signals its own only; all are gone at the end; no capabilities, no namespaces, no /proc", true},
		}, measured...),
	}
	s.start = func(cmd *exec.Cmd, box *Box) (confinement, error) { return startLocked(s, cmd, box) }
	return s, try(s)
}

func startLocked(s *Sandbox, cmd *exec.Cmd, box *Box) (confinement, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c, err := newConfined(s, cmd, box)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(order{cmd.Path, cmd.Args, cmd.Env, *box, c.monitor.group.procs()})
	if err != nil {
		return nil, c.close(err)
	}
	said, _, err := c.pipe() // reportFd, the first there is
	if err != nil {
		return nil, c.close(err)
	}
	c.failure = func() string {
		why, ok := strings.CutPrefix(said(), ready)
		if !ok && why == "" {
			return "before it said anything; standard error says more"
		}
		return why
	}
	cmd.Path, cmd.Args, cmd.Env = self, os.Args[:1:1], []string{confineEnv + "=" + string(text)} // Args[0] may decide what a program does
	attr := cmd.SysProcAttr
	attr.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	attr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_SYS_RESOURCE, unix.CAP_SETPCAP} // until it drops them
	return c, c.start()                                                                                           // its first process is process 1 of the box, and ends when all others have
}
