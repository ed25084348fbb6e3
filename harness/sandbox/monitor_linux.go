package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A monitor measures what the processes of a box use, and kills them when that is too much.
type monitor struct {
	box    *Box
	before int64         // disk in use when the box was made
	group  group         // that of the box's processes
	stop   chan struct{} // closed by end
	done   chan struct{} // closed when run returns

	mu   sync.Mutex // guards the fields below
	over string
	cpu  time.Duration // used at the last look
}

// A monitor looks so often. When a look takes long, the next ones are put off, so as to leave the
// processor to others; but not for long: what makes it slow may be what it looks for.
const (
	interval = 20 * time.Millisecond
	longest  = 200 * time.Millisecond
	share    = 20 // of a processor: one of so many
)

// measured are the limits that a monitor sees to.
var measured = []Limit{
	{"memory", fmt.Sprintf("resident bytes of all its processes, looked at every %v, killed when over; also the first to go when the machine runs out", interval), true},
	{"number", "processes and threads, looked at as often; a control group as well for root, and a limit on all that belong to the user for others", true},
	{"disk", "what its folders grow by, looked at as often, deleted files too; a size for each file; a /tmp of limited size", true},
	{"processor", "time of all its processes, looked at as often; open files and core dumps by rlimits", true},
}

func newWatch(box *Box) (*monitor, error) {
	w := &monitor{box: box, stop: make(chan struct{}), done: make(chan struct{})}
	if box.Disk > 0 {
		var err error
		if w.before, err = folders(box.Write, 1<<62); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// run watches the tree of processes below root.
func (w *monitor) run(root *os.Process) {
	defer close(w.done)
	defer hurry()()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-timer.C:
		}
		began := time.Now()
		if over := w.look(root.Pid); over != "" {
			w.exceed(over)
			root.Kill() // all others end with it
			return
		}
		timer.Reset(min(max(interval, share*time.Since(began)), longest))
	}
}

// hurry lets this goroutine go before all others on this machine, if this user may do that, as root
// may: root is who has no other limit to the number of processes. It must not end its thread, because
// boxes end with the thread that has started them.
func hurry() (calm func()) {
	runtime.LockOSThread()
	thread := unix.Gettid()
	if before, err := unix.Getpriority(unix.PRIO_PROCESS, thread); err == nil && unix.Setpriority(unix.PRIO_PROCESS, thread, -20) == nil {
		return func() {
			unix.Setpriority(unix.PRIO_PROCESS, thread, 20-before) // the kernel tells 20 less that
			runtime.UnlockOSThread()
		}
	}
	runtime.UnlockOSThread()
	return func() {}
}

// end ends run. The processes are gone; what they left is looked at once more.
func (w *monitor) end() {
	close(w.stop)
	<-w.done
	w.exceed(w.disk(nil))
}

// look returns the limit that is exceeded, if any.
func (w *monitor) look(root int) string {
	processes, ok := w.group.usage()
	if !ok {
		processes = tree(root)
	}
	var rss, tasks int64
	var cpu time.Duration
	for _, p := range processes {
		rss += p.rss
		tasks += p.threads
		cpu += p.cpu
	}
	w.mu.Lock()
	w.cpu = max(w.cpu, cpu) // who looks when they are gone sees none
	w.mu.Unlock()
	switch {
	case w.box.Memory > 0 && rss > w.box.Memory:
		return bytes(w.box.Memory) + " of memory"
	case w.box.Processes > 0 && tasks > int64(w.box.Processes):
		return fmt.Sprintf("%d processes and threads", w.box.Processes)
	case w.box.CPU > 0 && cpu > w.box.CPU:
		return fmt.Sprintf("%v of processor time", w.box.CPU)
	}
	return w.disk(processes)
}

// disk tells whether too much is written, or a file has reached the size at which the kernel ends
// its writer.
func (w *monitor) disk(processes []usage) string {
	if w.box.Disk <= 0 {
		return ""
	}
	limit := w.before + w.box.Disk
	used, err := folders(w.box.Write, limit)
	if err == nil && used < limit {
		used += deleted(processes)
	}
	if err != nil || used >= limit { // a folder that cannot be looked into hides something
		return bytes(w.box.Disk) + " on disk"
	}
	return ""
}

// exceed keeps the first limit that is exceeded.
func (w *monitor) exceed(over string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over == "" {
		w.over = over
	}
}

func (w *monitor) exceeded() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

func (w *monitor) used() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cpu
}
