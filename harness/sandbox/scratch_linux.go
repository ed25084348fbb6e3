package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// endStrays ends what was about to make a box with something of dir in it, and waits for ever because the process that
// was to tell it more has been killed: bubblewrap asks to end with its parent only later.
func endStrays(dir string) {
	for _, u := range all() {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(u.pid), "cmdline"))
		if err != nil {
			continue
		}
		program, args, _ := strings.Cut(string(text), "\x00")
		if filepath.Base(program) == "bwrap" && strings.Contains(args, "\x00"+dir+"/") {
			unix.Kill(u.pid, unix.SIGKILL)
		}
	}
}

// sweepGroups removes the groups of processes that have died before they could, and ends whoever is in them.
func sweepGroups() {
	for _, h := range hierarchies() {
		filepath.WalkDir(h.top, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return nil
			}
			if strings.HasPrefix(entry.Name(), groupPrefix) {
				return fs.SkipDir
			}
			sweep(path, groupPrefix, func(dir string) { endGroup(dir, time.Second) })
			return nil
		})
	}
}

// endGroup ends all processes of a group and removes it, if they are gone in time.
func endGroup(dir string, patience time.Duration) {
	text, _ := os.ReadFile(filepath.Join(dir, procsFile))
	for name := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 { // 0 is one that we cannot see
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	removeGroup(dir, patience)
}
