//go:build unix

package labtest

import "os"

// OpenDescriptors counts the files and sockets that this process has open. ok is false where that
// cannot be found out.
func OpenDescriptors() (n int, ok bool) {
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if entries, err := os.ReadDir(dir); err == nil {
			return len(entries), true // with the one that reads dir, each time
		}
	}
	return 0, false
}
