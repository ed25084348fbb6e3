package startenv

import (
	"os"
	"slices"
	"strings"
)

// visible is the environment that the student's code finds: without what is the kit's.
var visible []string

// Restore gives the process what it was started with: environment, arguments, folder, and the variables that packages of
// the standard library export. What is as it was is not written to, for somebody may be reading it. It is not for concurrent use.
func Restore() {
	if !remembered {
		return // nobody's code is tried in this process
	}
	if !slices.Equal(os.Environ(), visible) {
		os.Clearenv()
		for _, kv := range visible {
			name, value, _ := strings.Cut(kv, "=")
			os.Setenv(name, value) // it was possible before
		}
	}
	if now, err := os.Getwd(); dir != "" && (err != nil || now != dir) {
		os.Chdir(dir)
	}
	for _, v := range exported {
		v.restore()
	}
}

// Changed names the exported variables of the standard library that are not as they were, and what else
// of the process is not: "io.EOF", "os.Args".
func Changed() []string {
	var all []string
	if !remembered {
		return nil
	}
	if now, err := os.Getwd(); dir != "" && (err != nil || now != dir) {
		all = append(all, "the working directory")
	}
	for _, v := range exported {
		if v.changed() {
			all = append(all, v.name())
		}
	}
	return all
}
