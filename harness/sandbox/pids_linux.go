package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A group is a control group of the processes in a box. It tells which they are, and bounds how many they are with their
// threads: the kernel refuses the next one, so that a process which multiplies is still small when the monitor sees it.
// RLIMIT_NPROC does not do for root.
type group struct{ claim *claim } // to its folder; nil if there can be no group

// groupPrefix is how the names of groups begin.
const groupPrefix = "lockstep-box"

// newGroup makes a group, which bounds nothing if limit is less than 0. Who may not make one, mostly because it is not
// root, gets none.
func newGroup(limit int) group {
	most := "max"
	if limit >= 0 {
		most = strconv.Itoa(limit + limit/8) // a little more than the monitor allows, which is then exceeded
	}
	for _, h := range hierarchies() {
		for _, parent := range []string{h.own, h.top} {
			c, err := makeClaimed(parent, groupPrefix)
			if err != nil {
				continue
			}
			if err := os.WriteFile(filepath.Join(c.dir, "pids.max"), []byte(most), 0); err == nil {
				return group{c}
			}
			os.Remove(c.dir)
			c.release()
		}
	}
	return group{}
}

// A hierarchy of control groups that could bound processes.
type hierarchy struct{ own, top string } // the folders of this process's own group, and of the topmost

// hierarchies are those of this machine.
func hierarchies() []hierarchy {
	text, _ := os.ReadFile("/proc/self/cgroup")
	var found []hierarchy
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // cgroups(7)
		if len(fields) != 3 {
			continue
		}
		top := "/sys/fs/cgroup"
		switch fields[1] {
		case "pids":
			top = filepath.Join(top, "pids")
		case "":
		default:
			continue
		}
		if _, err := os.Stat(filepath.Join(top, procsFile)); err == nil { // or it is only the place for others
			found = append(found, hierarchy{filepath.Join(top, fields[2]), top})
		}
	}
	return found
}

// procsFile names the processes in a group; who writes its number there joins the group.
const procsFile = "cgroup.procs"

// procs is the file by which a process joins the group; "" if there is none.
func (g group) procs() string {
	if g.claim == nil {
		return ""
	}
	return filepath.Join(g.claim.dir, procsFile)
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

// remove removes the group, whose processes have ended.
func (g group) remove() {
	if g.claim == nil {
		return
	}
	removeGroup(g.claim.dir, patience)
	g.claim.release()
}

// removeGroup removes a group. Nobody is in it any more, but for processes that the kernel is still taking leave of:
// they are out of everything else by then, and nothing tells when they are gone.
func removeGroup(dir string, patience time.Duration) {
	for end := time.Now().Add(patience); errors.Is(os.Remove(dir), unix.EBUSY) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}
