// Package script, of the lecture, is what the lecture's scripts have besides the commands of all labs (package scenario):
//
//	log is CLIENT/FILE...    all_received is these files, in this order
//	log holds CLIENT/FILE... all_received is these files, each whole, in any order
//
// The checks of lab 04 play the same scripts. The package is not below that lab, so that a kit without the lab builds.
package script

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/harness/scenario"
)

// Log is the file in which the server stores what clients send.
const Log = "all_received"

// Extra is for whoever plays these scripts.
var Extra = scenario.Extra{Assertions: map[string]scenario.Assertion{"log": log}, Stores: Log}

// ways are those in which files can be in the log, in words.
var ways = map[string]string{"is": " in this order", "holds": ", each whole"}

func log(dir string, files scenario.Files, args []string) (wrong string, err error) {
	if len(args) < 2 || ways[args[0]] == "" {
		return "", errors.New("usage: log is|holds CLIENT/FILE [CLIENT/FILE...]")
	}
	got, err := os.ReadFile(filepath.Join(dir, Log))
	if errors.Is(err, fs.ErrNotExist) {
		return "nothing was stored: the log does not exist", nil
	}
	if err != nil {
		return "", err
	}
	var want [][]byte
	for _, name := range args[1:] {
		data, err := files.Find(name)
		if err != nil {
			return "", err
		}
		want = append(want, data)
	}
	ok := bytes.Equal(got, bytes.Join(want, nil))
	if args[0] == "holds" {
		ok = anyOrder(got, want)
	}
	if !ok {
		wrong = fmt.Sprintf("the log should hold %s%s, and holds\n%s", strings.Join(args[1:], ", "), ways[args[0]], indent(string(got)))
	}
	return wrong, nil
}

// anyOrder tells whether got is the parts in some order.
func anyOrder(got []byte, parts [][]byte) bool {
	if len(parts) == 0 {
		return len(got) == 0
	}
	for i, part := range parts {
		if rest, ok := bytes.CutPrefix(got, part); ok && anyOrder(rest, slices.Delete(slices.Clone(parts), i, i+1)) {
			return true
		}
	}
	return false
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
