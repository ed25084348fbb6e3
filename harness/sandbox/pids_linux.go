package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A group is a control group of the processes in a box. It tells which they are, and bounds how many they are with their
// threads: the kernel refuses the next one, so that a process which multiplies is still small when the watch sees it.
// RLIMIT_NPROC does not do for root.
type group string // its folder; "" if there can be none

// newGroup makes a group, which bounds nothing if limit is less than 0. Who may not make one, mostly because it is not
// root, gets none.
func newGroup(limit int) group {
	most := "max"
	if limit >= 0 {
		most = strconv.Itoa(limit + limit/8) // a little more than the watch allows, which is then exceeded
	}
	for _, parent := range hierarchies() {
		sweep(parent)
		dir, err := os.MkdirTemp(parent, fmt.Sprintf("lockstep-%d-", os.Getpid()))
		if err != nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "pids.max"), []byte(most), 0); err == nil {
			return group(dir)
		}
		os.Remove(dir)
	}
	return ""
}

// sweep removes the groups of processes that have died before they could.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, "lockstep-*-*"))
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), "lockstep-"), "-")
		if _, err := os.Stat("/proc/" + pid); errors.Is(err, os.ErrNotExist) {
			os.Remove(dir) // or it is somebody else's
		}
	}
}

// hierarchies are the folders in which a group for processes may be made: that of this process's own, and the top.
func hierarchies() []string {
	text, _ := os.ReadFile("/proc/self/cgroup")
	var all []string
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // cgroups(7)
		if len(fields) != 3 {
			continue
		}
		switch top := "/sys/fs/cgroup"; {
		case fields[1] == "pids":
			all = append(all, filepath.Join(top, "pids", fields[2]), filepath.Join(top, "pids"))
		case fields[1] == "":
			all = append(all, filepath.Join(top, fields[2]), top)
		}
	}
	return all
}

// procs is the file by which a process joins the group.
func (g group) procs() string {
	if g == "" {
		return ""
	}
	return filepath.Join(string(g), "cgroup.procs")
}

// usage is what the processes in the group use. Who asks has nothing else to look at, and so it is much cheaper than a
// look at all processes of the machine.
func (g group) usage() (found []usage, ok bool) {
	text, err := os.ReadFile(g.procs())
	for name := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(name); err == nil {
			if u, ok := measure(pid); ok {
				found = append(found, u)
			}
		}
	}
	return found, err == nil
}

// remove removes the group. Nobody is in it any more, but for processes that the kernel is still taking leave of:
// they are out of everything else by then, and nothing tells when they are gone.
func (g group) remove() {
	if g == "" {
		return
	}
	for end := time.Now().Add(patience); errors.Is(os.Remove(string(g)), unix.EBUSY) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}
