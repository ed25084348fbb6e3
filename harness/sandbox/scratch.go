package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// scratchPrefix is how the names of folders for temporary files begin. A further word, and who sweeps has to know it.
const scratchPrefix = "lockstep-run"

// Scratch makes a folder for the temporary files of this process. Before that it removes what processes that are
// gone could not remove, because they were killed: such folders, and on Linux the control groups of their boxes with
// whoever is still in them. It touches nothing of a process that runs.
//
// remove removes the folder, as [RemoveAll] does.
func Scratch() (dir string, remove func() error, err error) {
	sweep(os.TempDir(), scratchPrefix, func(dir string) {
		endStrays(dir)
		RemoveAll(dir)
	})
	sweepGroups()
	c, err := makeClaimed(os.TempDir(), scratchPrefix)
	if err != nil {
		return "", nil, err
	}
	return c.dir, func() error {
		defer c.release()
		return RemoveAll(c.dir)
	}, nil
}

// A claim says that a folder belongs to a process that runs. It ends with the process, whatever ends that.
type claim struct {
	dir  string
	held *os.File // nil where something else tells
}

func (c *claim) release() {
	if c.held != nil {
		c.held.Close()
	}
}

var errClaimed = errors.New("the folder belongs to a process that runs")

// makeClaimed makes a folder in parent and claims it.
func makeClaimed(parent, prefix string) (*claim, error) {
	for {
		dir, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d.", prefix, os.Getpid()))
		if err != nil {
			return nil, err
		}
		c, err := own(dir)
		if errors.Is(err, errClaimed) || errors.Is(err, fs.ErrNotExist) {
			continue // somebody sweeps, and took it for left before it was claimed
		}
		return c, err
	}
}

// sweep calls remove for the folders in parent that nobody has a claim to any more. What cannot be told or removed stays.
func sweep(parent, prefix string, remove func(dir string)) {
	dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*.*"))
	for _, dir := range dirs {
		if c, err := adopt(dir); err == nil {
			remove(dir)
			c.release()
		}
	}
}
