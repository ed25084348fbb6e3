package sandbox

import (
	"math"
	"strconv"

	"golang.org/x/sys/unix"
)

// An rlimit is a limit that the kernel keeps for each process.
type rlimit struct {
	resource int
	unit     uint64 // of the shell's ulimit
	value    uint64
}

// limits are those of box, in the order in which the shell gets them, and none above this process's.
// That of processor time is looser than what the monitor allows, and holds if the monitor is late.
func limits(box *Box) []rlimit {
	seconds := int64(-1)
	if box.CPU > 0 {
		seconds = int64(math.Ceil(box.CPU.Seconds())) + 2
	}
	all := []rlimit{
		{unix.RLIMIT_CORE, 512, 0},
		{unix.RLIMIT_NOFILE, 1, orNone(int64(box.OpenFiles))},
		{unix.RLIMIT_FSIZE, 512, orNone(box.Disk)},
		{unix.RLIMIT_CPU, 1, orNone(seconds)},
	}
	for i, l := range all {
		var own unix.Rlimit
		if unix.Getrlimit(l.resource, &own) == nil {
			all[i].value = min(l.value, own.Max)
		}
	}
	return all
}

func orNone(n int64) uint64 {
	if n < 0 {
		return unix.RLIM_INFINITY
	}
	return uint64(n)
}

// ulimit is the limit as the shell takes it.
func (l rlimit) ulimit() string {
	if l.value == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(l.value/l.unit, 10)
}

// set puts the limit on this process.
func (l rlimit) set() error {
	return unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.value, Max: l.value})
}
