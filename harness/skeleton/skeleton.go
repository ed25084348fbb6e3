// Package skeleton, of the grader, writes the files of a new lab: a small one that works, with blanks in it to be filled in. Everything that
// a lab needs is there, and is what is to be changed: a rule, checks, hints, a script, a reference, a mistake for each check.
//
//	files, err := skeleton.Write(root, "12", "relay")
package skeleton

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// Blank marks what is to be filled in. The proof of a lab finds those that are left.
const Blank = "FILL IN"

//go:embed all:lab
var files embed.FS

var (
	isNumber = regexp.MustCompile(`^\d\d$`)
	isName   = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
)

// Write writes the lab number NN with this package name below root, and returns the files, relative to it. Nothing is written over: if one of
// its folders is there already, that is an error, and nothing is written.
func Write(root, number, name string) ([]string, error) {
	switch {
	case !isNumber.MatchString(number):
		return nil, fmt.Errorf("%q is not the number of a lab: two digits, such as 12", number)
	case !isName.MatchString(name) || token.IsKeyword(name):
		return nil, fmt.Errorf("%q is not the name of a package: small letters and digits, such as relay", name)
	}
	for _, folder := range []string{"labs", "solutions", "scripts"} {
		at := filepath.Join(folder, number)
		if _, err := os.Stat(filepath.Join(root, at)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is there already; choose another number", at)
		}
	}
	with := struct{ Number, Name, Blank string }{number, name, Blank}
	names := strings.NewReplacer("NN", number, "NAME", name)
	var written []string
	err := fs.WalkDir(files, "lab", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		t, err := template.New(path).Delims("«", "»").Parse(string(text))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, with); err != nil {
			return err
		}
		target := names.Replace(strings.TrimSuffix(strings.TrimPrefix(path, "lab/"), ".tmpl"))
		at := filepath.Join(root, filepath.FromSlash(target))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		written = append(written, target)
		return os.WriteFile(at, b.Bytes(), 0o644)
	})
	return written, err
}

// Left returns where blanks are left in the files of a lab, as FILE:LINE, relative to root.
func Left(root, number string) ([]string, error) {
	var all []string
	for _, folder := range []string{"labs", "solutions", "scripts"} {
		err := filepath.WalkDir(filepath.Join(root, folder, number), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n := 0
			for line := range strings.Lines(string(text)) {
				if n++; strings.Contains(line, Blank) {
					rest, err := filepath.Rel(root, path)
					if err != nil {
						return err
					}
					all = append(all, fmt.Sprintf("%s:%d", filepath.ToSlash(rest), n))
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return all, nil
}
