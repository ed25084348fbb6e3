//go:build !race

package norace

// Race tells whether this binary was built with the race detector.
const Race = false

// Begin does nothing without the detector.
func Begin() {}

// End does nothing without the detector.
func End() {}

// Reads does nothing without the detector.
func Reads([]byte) {}

// Writes does nothing without the detector.
func Writes([]byte) {}

// Errors is always 0 without the detector.
func Errors() int { return 0 }
