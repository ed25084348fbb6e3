package race

import "strings"

// LogEnv names the environment variable that tells a process of the kit where its own reports go.
const LogEnv = "LOCKSTEP_RACE_LOG"

// Options is a value for GORACE by which a program leaves its reports for [ReadLog] at prefix, and
// goes on. The sleep at exit is long enough for a race in the last disconnect to be seen, and much
// shorter than the detector's own second.
func Options(prefix string) string {
	// A space, a comma or a colon would end the value.
	quote := "'"
	if strings.Contains(prefix, quote) {
		quote = `"`
	}
	return "atexit_sleep_ms=50 log_path=" + quote + prefix + quote
}

// Env is the environment of a process of the kit whose reports go to prefix.
func Env(prefix string) []string {
	return []string{"GORACE=" + Options(prefix), LogEnv + "=" + prefix}
}
