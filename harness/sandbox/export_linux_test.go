package sandbox

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

var (
	Bubblewrap  = bubblewrap
	Landlock    = landlock
	LandlockABI = landlockABI
	Remedy      = remedy
)

// ForgetMain makes this program one that does not call Main.
func ForgetMain(t *testing.T) {
	canConfine = false
	t.Cleanup(func() { canConfine = true })
}

// Look returns one look of a monitor over process root in box.
func Look(box Box, root int) (func() string, error) {
	box.complete()
	w, err := newWatch(&box)
	return func() string { return w.look(root) }, err
}

// Groups are the folders of the control groups of a process's boxes.
func Groups(pid int) (dirs []string) {
	for _, h := range hierarchies() {
		filepath.WalkDir(h.top, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasPrefix(entry.Name(), fmt.Sprintf("%s%d.", groupPrefix, pid)) {
				dirs = append(dirs, path)
			}
			return nil
		})
	}
	return dirs
}
