package race_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/race"
	"lockstep/harness/stacks"
)

const report = `==================
WARNING: DATA RACE
Write at 0x00c0000ac110 by goroutine 14:
  lockstep/labs/04.(*Server).store()
      /home/student/lockstep/labs/04/append.go:45 +0x28a
  lockstep/labs/04.(*Server).Serve.gowrap1()
      /home/student/lockstep/labs/04/append.go:22 +0x46

Previous read at 0x00c0000ac110 by main goroutine:
  sync/atomic.LoadInt64()
      /usr/local/go/src/runtime/race_amd64.s:206 +0xb
  main.main()
      C:/Users/student/main.go:7 +0x2c7

Goroutine 14 (finished) created at:
  lockstep/labs/04.(*Server).Serve()
      /home/student/lockstep/labs/04/append.go:22 +0x35
==================
`

// parsed is what Parse makes of the report, but for Raw.
var parsed = race.Report{
	Now: race.Access{
		Write:     true,
		Goroutine: "goroutine 14",
		Stack: []stacks.Frame{
			{Func: "lockstep/labs/04.(*Server).store", File: "/home/student/lockstep/labs/04/append.go", Line: 45},
			{Func: "lockstep/labs/04.(*Server).Serve.gowrap1", File: "/home/student/lockstep/labs/04/append.go", Line: 22},
		},
		Created:  []stacks.Frame{{Func: "lockstep/labs/04.(*Server).Serve", File: "/home/student/lockstep/labs/04/append.go", Line: 22}},
		Finished: true,
	},
	Before: race.Access{
		Atomic:    true,
		Goroutine: "main goroutine",
		Stack: []stacks.Frame{
			{Func: "sync/atomic.LoadInt64", File: "/usr/local/go/src/runtime/race_amd64.s", Line: 206},
			{Func: "main.main", File: "C:/Users/student/main.go", Line: 7},
		},
	},
}

func TestParse(t *testing.T) {
	indent := func(text, by string) string {
		return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
	}
	for _, test := range []struct {
		name string
		text string
		raw  string
	}{
		{"alone", report, report},
		{"among other output", "listening on :7005\n" + report + "2 clients\nFound 1 data race(s)\nexit status 66\n", report},
		{"behind a line without an ending", "> " + report, "> " + report},
		{"logged by a test", indent(report, "        "), indent(report, "        ")},
		{"with the line endings of Windows", strings.ReplaceAll(report, "\n", "\r\n"), strings.ReplaceAll(report, "\n", "\r\n")},
		{
			"with the program's output in between",
			strings.Replace(report, "      /home", "client 2\nclient(s) left()\n      /home", 1),
			strings.Replace(report, "      /home", "client 2\nclient(s) left()\n      /home", 1),
		},
		{
			"with the program's output in front of a header",
			strings.Replace(report, "Previous", "> Previous", 1),
			strings.Replace(report, "Previous", "> Previous", 1),
		},
		{
			"with sections that say nothing of goroutines",
			strings.Replace(report, "Goroutine 14 (", "Heap block of size 8 at 0x00c0000ac110 allocated by main goroutine:\n  main.main()\n      /main.go:1 +0x2\n\nGoroutine 14 (", 1),
			strings.Replace(report, "Goroutine 14 (", "Heap block of size 8 at 0x00c0000ac110 allocated by main goroutine:\n  main.main()\n      /main.go:1 +0x2\n\nGoroutine 14 (", 1),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := parsed
			want.Raw = test.raw
			assert.Equal(t, []race.Report{want}, race.Parse(test.text))
		})
	}
}

func TestParseSeveral(t *testing.T) {
	got := race.Parse(report + "between\n" + report + report[:strings.Index(report, "Previous")])
	require.Len(t, got, 3)
	assert.Equal(t, parsed.Before, got[1].Before)
	assert.Equal(t, report, got[1].Raw)
	assert.Equal(t, parsed.Now.Stack, got[2].Now.Stack, "the one that breaks off")
	assert.Empty(t, got[2].Before.Goroutine)
}

func TestParseBrokenOff(t *testing.T) {
	dump := "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\nmain.f()\n\t/main.go:3 +0x1d\n"
	for cut := range report {
		got := race.Parse(report[:cut] + "\n" + dump)
		if !strings.Contains(report[:cut], "RACE") {
			assert.Empty(t, got)
			continue
		}
		require.Len(t, got, 1)
		for _, stack := range [][]stacks.Frame{got[0].Now.Stack, got[0].Before.Stack, got[0].Now.Created} {
			for _, f := range stack {
				assert.NotEqual(t, "main.f", f.Func, "cut at %d", cut)
			}
		}
	}
}

func TestParseForgotten(t *testing.T) {
	begin, end := strings.Index(report, "  sync/atomic"), strings.Index(report, "\nGoroutine 14 (")
	got := race.Parse(report[:begin] + "  [failed to restore the stack]\n" + report[end:])
	require.Len(t, got, 1)
	assert.Equal(t, race.Access{Goroutine: "main goroutine"}, got[0].Before)
	assert.Equal(t, parsed.Now, got[0].Now)
}

func TestParseNothing(t *testing.T) {
	assert.Empty(t, race.Parse(""))
	assert.Empty(t, race.Parse("==================\nno race here\n==================\n"))
}

func TestReadLogOf(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "race[1]")
	got, err := race.ReadLogOf(prefix, 17)
	require.NoError(t, err)
	assert.Empty(t, got, "no file means no race")

	require.NoError(t, os.WriteFile(prefix+".17", []byte(report+report), 0o644))
	require.NoError(t, os.WriteFile(prefix+".18", []byte(report), 0o644))
	got, err = race.ReadLogOf(prefix, 17)
	require.NoError(t, err)
	assert.Len(t, got, 2)
}

func TestKey(t *testing.T) {
	own := func(file string) bool { return strings.Contains(file, "/labs/") }
	other := parsed
	other.Now, other.Before = other.Before, other.Now
	assert.Equal(t, parsed.Key(own), other.Key(own), "the order is that of one run")

	other = race.Parse(strings.Replace(report, "  lockstep", "  runtime.mapassign()\n      /usr/local/go/src/runtime/map.go:1 +0x0\n  lockstep", 1))[0]
	assert.Equal(t, parsed.Key(own), other.Key(own), "the same lines of the student's")

	other = race.Parse(strings.Replace(report, "append.go:45", "append.go:46", 1))[0]
	assert.NotEqual(t, parsed.Key(own), other.Key(own), "another line")

	other = race.Parse(strings.Replace(report, "main.go:7", "main.go:8", 1))[0]
	assert.Equal(t, parsed.Key(own), other.Key(own), "not the student's code, innermost line the same")

	assert.NotPanics(t, func() { race.Report{}.Key(nil) })
}

// FuzzParse feeds Parse what a program may print.
func FuzzParse(f *testing.F) {
	f.Add(report)
	f.Add("WARNING: DATA RACE\nWrite at 0x0 by goroutine 0:\n  sync/atomic.Int64()\n      :0\nPrevious read at 0x0 by goroutine 0:\n  ()\n      .go:1")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range race.Parse(text) {
			assert.Contains(t, text, r.Raw)
			r.Key(nil)
		}
	})
}
