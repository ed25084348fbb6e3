package race

import "strings"

// GORACE is the value of that variable by which a program tells of its races on standard error, and goes on. The sleep at exit
// is long enough for a race in the last disconnect to be seen, and much shorter than the detector's own second.
const GORACE = "atexit_sleep_ms=50"

// ToFile is the same for a program that leaves its reports for [ReadLogOf] at prefix.
func ToFile(prefix string) string {
	// A space, a comma or a colon would end the value.
	quote := "'"
	if strings.Contains(prefix, quote) {
		quote = `"`
	}
	return GORACE + " log_path=" + quote + prefix + quote
}
