package race_test

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
// After "via" come the functions that were on the stack above the line, innermost first.
const sceneFile = home + "/labs/05/chat.go"

var mark = regexp.MustCompile(`// (now|before) (read|write) (\S+)(?: via (.*))?$`)

// explainScene explains the race in a scene, whose first line is line 1.
func explainScene(t *testing.T, source string) string {
	t.Helper()
	var r race.Report
	for i, line := range strings.Split(source, "\n") {
		for _, part := range strings.SplitAfter(line, "; ") {
			m := mark.FindStringSubmatch(strings.TrimSuffix(part, "; "))
			if m == nil {
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
			access.Stack = append(access.Stack, stacks.Frame{Func: "lockstep/labs/05." + m[3], File: sceneFile, Line: i + 1})
		}
	}
	require.NotEmpty(t, r.Now.Goroutine, "nothing is marked now")
	require.NotEmpty(t, r.Before.Goroutine, "nothing is marked before")
	explainer := race.Explainer{
		Own:    func(file string) bool { return file == sceneFile },
		Source: func(string) ([]byte, error) { return []byte(source), nil },
	}
	return explainer.Explain(r)
}
