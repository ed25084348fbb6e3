//go:build unix

package labtest

import "golang.org/x/sys/unix"

// OpenDescriptors counts the files and sockets that this process has open. The system gives out the lowest
// number that is free, and so no check gets beyond those that are looked at. ok is false where that cannot be found out.
func OpenDescriptors() (n int, ok bool) {
	const highest = 4096
	for fd := range uintptr(highest) {
		if _, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n, true
}
