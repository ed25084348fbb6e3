package explain

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/race"
	"lockstep/harness/stacks"
)

// A scene is a source file whose comments say who meets whom:
//
//	s.log = nil       // now write (*Server).store
//	if s.log == nil { // before read (*Server).handle
//
// After "via" come the functions that were on the stack above the line, innermost first. A line
// marked "caller" is one further out on the stack.
const sceneFile = home + "/labs/05/chat.go"

var mark = regexp.MustCompile(`// (now|before) (read|write|caller) (\S+)(?: via (.*))?$`)

// explainScene explains the race in a scene, whose first line is line 1.
func explainScene(t *testing.T, source string) string {
	t.Helper()
	var r race.Report
	callers := map[string][]stacks.Frame{}
	for i, line := range strings.Split(source, "\n") {
		m := mark.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		frame := stacks.Frame{Func: "lockstep/labs/05." + m[3], File: sceneFile, Line: i + 1}
		if m[2] == "caller" {
			callers[m[1]] = append(callers[m[1]], frame)
			continue
		}
		access, id := &r.Now, "goroutine 7"
		if m[1] == "before" {
			access, id = &r.Before, "goroutine 8"
		}
		require.Empty(t, access.Goroutine, "%s is marked twice", m[1])
		*access = race.Access{Write: m[2] == "write", Goroutine: id}
		for _, via := range strings.Fields(m[4]) {
			access.Stack = append(access.Stack, stacks.Frame{Func: via, File: "/usr/local/go/src/x.go", Line: 1})
		}
		access.Stack = append(access.Stack, frame)
	}
	r.Now.Stack = append(r.Now.Stack, callers["now"]...)
	r.Before.Stack = append(r.Before.Stack, callers["before"]...)
	require.NotEmpty(t, r.Now.Goroutine, "nothing is marked now")
	require.NotEmpty(t, r.Before.Goroutine, "nothing is marked before")
	explainer := Explainer{
		Own:    func(file string) bool { return file == sceneFile },
		Source: func(string) ([]byte, error) { return []byte(source), nil },
	}
	return explainer.Explain(r)
}
