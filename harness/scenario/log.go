package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func (p *play) logFile() string { return filepath.Join(p.dir, "all_received") }

func (p *play) log(step *Step, args []string) error {
	if len(args) < 2 || args[0] != "is" && args[0] != "holds" {
		return usage("log is CLIENT/FILE..., or log holds CLIENT/FILE...")
	}
	got, err := os.ReadFile(p.logFile())
	if errors.Is(err, os.ErrNotExist) {
		return p.blame("nothing was stored: the log does not exist", "")
	}
	if err != nil {
		return err
	}
	var want [][]byte
	for _, name := range args[1:] {
		data, err := p.result.Files.Find(name)
		if err != nil {
			return err
		}
		want = append(want, data)
	}
	ok := bytes.Equal(got, bytes.Join(want, nil))
	if args[0] == "holds" {
		ok = anyOrder(got, want)
	}
	if !ok {
		return p.blame(fmt.Sprintf("the log should hold %s%s, and holds\n%s",
			strings.Join(args[1:], ", "), map[string]string{"is": " in this order", "holds": ", each whole"}[args[0]], indent(string(got))), "")
	}
	return nil
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
