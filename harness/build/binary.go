package build

import (
	"os"
	"path/filepath"
	"strings"
)

// Source returns a file by its name in a report.
func (b *Binary) Source(name string) ([]byte, error) {
	if filepath.Dir(name) != filepath.Clean(b.From) {
		return nil, os.ErrNotExist
	}
	return os.ReadFile(name)
}

// Neutral takes paths out of a text.
func (b *Binary) Neutral(text string) string {
	return strings.ReplaceAll(text, b.From+string(filepath.Separator), "")
}
