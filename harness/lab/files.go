package lab

import (
	"os"
	"path/filepath"
	"strings"
)

// A File is one of a submission's files, in memory: what the gate reads, the compiler gets and an explanation quotes
// is the same bytes.
type File struct {
	Name string // without a folder
	Data []byte
}

// Read reads the Go files of a folder that are not tests, in order of their names. Links and whatever else is no regular
// file are left out.
func Read(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: name, Data: data})
	}
	return files, nil
}
