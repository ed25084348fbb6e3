package demo

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/race"
	"lockstep/harness/scenario"
)

var update = flag.Bool("update", false, "rewrite testdata")

// recordings are one that works and one that breaks.
func recordings() []Recording {
	files := scenario.Files{
		{Client: "client1", Name: "file1", Data: []byte("1.1 one\n")},
		{Client: "client2", Name: "file1", Data: []byte("2.1 two\n")},
	}
	works := &scenario.Transcript{
		Title: "Scenario 3: a title",
		Files: files,
		Store: "all_received", Stored: []byte("2.1 two\n1.1 one\n"),
		Steps: []scenario.Step{
			{Kind: scenario.Comment, Text: "Scenario 3: a title"},
			{Kind: scenario.Command, Text: "serve"},
			{Kind: scenario.Comment, Text: "both send"},
			{Kind: scenario.Comment, Text: "and wait"},
			{Kind: scenario.Command, Text: "await client1 OK", Client: "client1", Replies: []scenario.Reply{{Client: "client1", Line: "READY"}, {Client: "client1", Line: "OK 8"}}},
		},
	}
	breaks := *works
	breaks.Stored = []byte("2.1 two\nwhat is this\n")
	breaks.Failure, breaks.Reply = `client1 waited for "OK" and got "ERR closed"`, "ERR closed"
	breaks.Races = []race.Report{{}}
	breaks.Steps = append([]scenario.Step{}, works.Steps[:4]...)
	breaks.Steps = append(breaks.Steps, scenario.Step{Kind: scenario.Command, Text: "await client1 OK", Client: "client1", Failed: true,
		Replies: []scenario.Reply{{Client: "client2", Line: "OK 8"}, {Client: "client1", Line: "ERR closed"}}})
	return []Recording{
		{scenario: 3, variant: Variants[0], transcript: &breaks, race: "data race on s.log: " + strings.Repeat("two lines meet, ", 8) + "and that is it"},
		{scenario: 3, variant: Variants[1], transcript: works},
	}
}

func TestAllAsText(t *testing.T) {
	var out bytes.Buffer
	Print(&colorprofile.Writer{Forward: &out, Profile: colorprofile.NoTTY}, recordings())
	file := filepath.Join("testdata", "demo.golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), out.String())
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for _, width := range []int{40, 80} {
		for _, page := range paginate(recordings(), width) {
			for line := range strings.SplitSeq(strings.Join(page, ""), "\n") {
				assert.LessOrEqual(t, lipgloss.Width(line), width, line)
			}
		}
	}
}

func TestSummaries(t *testing.T) {
	all := recordings()
	assert.Equal(t, Summary{Scenario: 3, Variant: "unlocked", OK: false, Error: "ERR closed", Race: true}, all[0].Summary())
	assert.Equal(t, Summary{Scenario: 3, Variant: "locked", OK: true}, all[1].Summary())
}

// A lecturer pages through the demo, back where somebody asks, and sees the end of a page that is
// longer than the screen.
func TestKeys(t *testing.T) {
	var m tea.Model = model{recordings: recordings(), pages: paginate(recordings(), 80), height: 24}
	press := func(code rune) (quit bool) {
		next, cmd := m.Update(tea.KeyPressMsg{Code: code})
		m = next
		return cmd != nil
	}
	screen := func() string { return m.View().Content }

	assert.Contains(t, screen(), "UNLOCKED")
	assert.NotContains(t, screen(), "\n  serve")
	require.False(t, press(tea.KeySpace))
	assert.Contains(t, screen(), "\n  serve")
	require.False(t, press(tea.KeyLeft))
	assert.NotContains(t, screen(), "\n  serve")
	require.False(t, press(tea.KeyLeft), "there is nothing before the beginning")

	steps := 0
	for !strings.Contains(screen(), "What happened") {
		require.False(t, press(tea.KeyRight))
		steps++
		require.Less(t, steps, 100)
	}
	require.False(t, press(tea.KeyLeft))
	assert.Contains(t, screen(), "the race detector saw nothing")
	m, _ = m.Update(tea.WindowSizeMsg{Width: 80, Height: 6})
	assert.LessOrEqual(t, strings.Count(screen(), "\n"), 6)
	assert.Contains(t, screen(), "the race detector saw nothing")
	require.False(t, press(tea.KeyEnter))
	assert.True(t, press(tea.KeyEnter), "a key behind the last page ends the demo")
	assert.Contains(t, m.(model).shown(), "UNLOCKED")
	assert.Contains(t, m.(model).shown(), "What happened")
}
