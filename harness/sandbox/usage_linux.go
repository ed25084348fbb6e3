package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what one process uses.
type usage struct {
	pid     int
	parent  int
	threads int64
	rss     int64         // bytes
	cpu     time.Duration // with that of its children that are gone
}

// all returns all processes of this machine.
func all() (found []usage) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if u, ok := measure(pid); ok {
				found = append(found, u)
			}
		}
	}
	return found
}

// tasksOfUser is how many processes and threads this user has.
func tasksOfUser() (n int) {
	user := uint32(os.Getuid())
	for _, u := range all() {
		info, err := os.Stat("/proc/" + strconv.Itoa(u.pid))
		if err == nil && info.Sys().(*syscall.Stat_t).Uid == user {
			n += int(u.threads)
		}
	}
	return n
}

// tree returns the process root and all below it. The processes of a box stay below the first: those
// whose parent ends become children of the box's own process 1.
func tree(root int) []usage {
	var found []usage
	children := map[int][]usage{}
	for _, u := range all() {
		if u.pid == root {
			found = append(found, u)
		} else {
			children[u.parent] = append(children[u.parent], u)
		}
	}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].pid]...)
		delete(children, found[i].pid) // once, whatever a number that is used again may say
	}
	return found
}

// Fields of /proc/PID/stat behind the name, see proc(5). A tick is a hundredth of a second on every
// machine that Go runs on.
const (
	statParent  = 4 - 3
	statTicks   = 14 - 3 // four fields: user, system, and both again for children
	statThreads = 20 - 3
	statRSS     = 24 - 3
	tick        = time.Second / 100
)

var pageSize = int64(os.Getpagesize())

func measure(pid int) (u usage, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return usage{}, false
	}
	stat := string(text)
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // the name in front may hold anything
	if len(fields) <= statRSS {
		return usage{}, false
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(fields[i], 10, 64)
		return n
	}
	u = usage{pid: pid, parent: int(number(statParent)), threads: number(statThreads), rss: number(statRSS) * pageSize}
	for i := range 4 {
		u.cpu += time.Duration(number(statTicks+i)) * tick
	}
	return u, true
}

const (
	block   = 4096 // the least that a file counts for, so that many empty ones do not come free
	deepest = 100  // folders in one another; more make work for everybody who looks at them
)

var errTooDeep = errors.New("too many folders in one another")

// folders returns how much there is in the folders. It stops when that is enough. What disappears
// meanwhile is nothing; any other error is one.
func folders(dirs []string, enough int64) (total int64, err error) {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil {
				var info fs.FileInfo
				if info, err = entry.Info(); err == nil {
					total += size(info)
				}
			}
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err == nil && total >= enough:
				return fs.SkipAll
			case err == nil && strings.Count(path[len(dir):], "/") > deepest:
				return errTooDeep
			}
			return err
		})
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// deleted returns how much there is in files that have no name any more and that processes hold open.
func deleted(processes []usage) (total int64) {
	seen := map[[2]uint64]bool{}
	for _, p := range processes {
		dir := "/proc/" + strconv.Itoa(p.pid) + "/fd"
		entries, _ := os.ReadDir(dir) // gone, or on its way
		for _, entry := range entries {
			info, err := os.Stat(filepath.Join(dir, entry.Name()))
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			stat := info.Sys().(*syscall.Stat_t)
			if id := [2]uint64{uint64(stat.Dev), stat.Ino}; stat.Nlink == 0 && !seen[id] {
				seen[id] = true
				total += size(info)
			}
		}
	}
	return total
}

// size is the larger of what a file takes and what it pretends to be: a file of holes can be read.
func size(info fs.FileInfo) int64 {
	if !info.Mode().IsRegular() {
		return block
	}
	return max(info.Size(), info.Sys().(*syscall.Stat_t).Blocks*512, block)
}
