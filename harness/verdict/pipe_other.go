//go:build !unix

package verdict

import "os"

// pipe returns both ends of what a process writes its standard error to.
func pipe() (ours, theirs *os.File, err error) { return os.Pipe() }
