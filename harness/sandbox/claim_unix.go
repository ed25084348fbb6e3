//go:build unix && !solaris && !aix

package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// own claims a folder that this process has just made, by a lock on it: the kernel gives that back when the process
// ends. Where a file system knows no locks nobody can tell later, and the folder is claimed by that.
func own(dir string) (*claim, error) {
	c, err := adopt(dir)
	if err != nil && !errors.Is(err, errClaimed) && !errors.Is(err, fs.ErrNotExist) {
		return &claim{dir: dir}, nil
	}
	return c, err
}

// adopt claims a folder that another process of this user has made, and that is gone.
func adopt(dir string) (*claim, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errClaimed
	}
	if err == nil {
		err = stillThere(dir, f)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &claim{dir, f}, nil
}

// stillThere tells whether f, which is locked by now, is what dir names: who had it before may have removed it.
func stillThere(dir string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	named, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !os.SameFile(info, named):
		return fs.ErrNotExist
	case info.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()):
		return fmt.Errorf("%s belongs to another user", dir)
	}
	return nil
}
