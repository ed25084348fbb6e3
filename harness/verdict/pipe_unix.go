//go:build unix

package verdict

import (
	"os"
	"syscall"
)

// pipe returns both ends of what a process writes its standard error to. It is a socket: other than a pipe, it cannot be opened again by
// way of /proc or /dev, to read from it what the judge has not read yet, or to have it back after closing it.
func pipe() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil { // this end waits with a deadline
		syscall.Close(fds[0])
		syscall.Close(fds[1])
		return nil, nil, os.NewSyscallError("setnonblock", err)
	}
	return os.NewFile(uintptr(fds[0]), "the judge's end"), os.NewFile(uintptr(fds[1]), "the process's end"), nil
}
