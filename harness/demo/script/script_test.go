package script_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/demo/script"
	"lockstep/harness/scenario"
)

var files = scenario.Files{
	{Client: "anna", Name: "song", Data: []byte("la la la\n")},
	{Client: "bert", Name: "song", Data: []byte("li li li\n")},
}

// folder is a server's, with its log in it, unless that is empty.
func folder(t *testing.T, log string) string {
	t.Helper()
	dir := t.TempDir()
	if log != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, script.Extra.Stores), []byte(log), 0o644))
	}
	return dir
}

func TestLogIsComparedWithTheFiles(t *testing.T) {
	const both = "li li li\nla la la\n"
	for _, row := range []struct {
		name, log string
		args      []string
		wrong     string
	}{
		{"in order", both, []string{"is", "bert/song", "anna/song"}, ""},
		{"in another order", both, []string{"is", "anna/song", "bert/song"},
			"the log should hold anna/song, bert/song in this order, and holds\n    li li li\n    la la la"},
		{"in any order", both, []string{"holds", "anna/song", "bert/song"}, ""},
		{"one is missing", both, []string{"holds", "anna/song"}, "the log should hold anna/song, each whole, and holds\n    li li li\n    la la la"},
		{"one twice", both, []string{"holds", "bert/song", "bert/song"},
			"the log should hold bert/song, bert/song, each whole, and holds\n    li li li\n    la la la"},
		{"torn apart", "li la la la\nli li\n", []string{"holds", "anna/song", "bert/song"},
			"the log should hold anna/song, bert/song, each whole, and holds\n    li la la la\n    li li"},
		{"nothing", "", []string{"is", "anna/song"}, "nothing was stored: the log does not exist"},
	} {
		t.Run(row.name, func(t *testing.T) {
			wrong, err := script.Extra.Assertions["log"](folder(t, row.log), files, row.args)
			require.NoError(t, err)
			assert.Equal(t, row.wrong, wrong)
		})
	}
}

func TestLogCommandThatCannotBePlayed(t *testing.T) {
	for _, row := range []struct {
		name  string
		args  []string
		error string
	}{
		{"no words", nil, "usage: log is|holds CLIENT/FILE [CLIENT/FILE...]"},
		{"no file", []string{"is"}, "usage: log is"},
		{"something else", []string{"has", "anna/song"}, "usage: log is"},
		{"unknown file", []string{"is", "anna/dance"}, "the story has no file anna/dance"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := script.Extra.Assertions["log"](folder(t, "la"), files, row.args)
			assert.ErrorContains(t, err, row.error)
		})
	}
}
