//go:build race

package norace

import (
	"runtime"
	"unsafe"
)

// Race tells whether this binary was built with the race detector.
const Race = true

// Begin makes the calling goroutine's synchronisation invisible until the matching End. Calls nest.
//
//go:norace
func Begin() {
	if !off {
		runtime.RaceDisable()
	}
}

// End undoes one Begin.
//
//go:norace
func End() {
	if !off {
		runtime.RaceEnable()
	}
}

// Reads tells the detector that the caller reads p here, for code that is itself //go:norace.
func Reads(p []byte) {
	if len(p) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&p[0]), len(p))
	}
}

// Writes tells the detector that the caller writes p here, for code that is itself //go:norace.
func Writes(p []byte) {
	if len(p) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&p[0]), len(p))
	}
}

// Errors is the number of races reported so far in this process.
func Errors() int { return runtime.RaceErrors() }
