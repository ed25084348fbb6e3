//go:build !unix || solaris || aix

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// own claims a folder that this process has just made. The number in its name does.
func own(dir string) (*claim, error) { return &claim{dir: dir}, nil }

// adopt claims a folder whose process is gone. One whose number another process has got since stays for a later sweep.
func adopt(dir string) (*claim, error) {
	digits, _, _ := strings.Cut(strings.TrimLeft(filepath.Base(dir), "abcdefghijklmnopqrstuvwxyz-"), ".")
	pid, err := strconv.Atoi(digits)
	if err != nil {
		return nil, fmt.Errorf("%s does not tell whose it is", dir)
	}
	if p, err := os.FindProcess(pid); err == nil {
		p.Release()
		return nil, errClaimed
	}
	return &claim{dir: dir}, nil
}
