package gate

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/harness/lab"
)

// Built tells whether the go command could make a file of this name part of a lab: Go that is no test, or
// something that is not Go.
func Built(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".go" && !strings.HasSuffix(name, "_test.go") || slices.Contains(native, ext)
}

// native are the files other than Go's that the go command builds.
var native = []string{".s", ".sx", ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".m", ".f", ".for", ".f90", ".swig", ".swigcxx", ".syso"}

// Read reads the files of a folder that would take part in a build, in order of their names. Those that cannot be
// read, as they are links or devices or too large, are findings. An error means that the folder could not be read.
func Read(dir string) (files []lab.File, unreadable []Finding, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !Built(e.Name()) {
			continue
		}
		data, err := read(root, e.Name())
		if err != nil {
			unreadable = append(unreadable, Finding{"unreadable", short(e.Name()), 0, err.Error()})
			continue
		}
		files = append(files, lab.File{Name: e.Name(), Data: data})
	}
	return files, unreadable, nil
}

// read returns the text of a regular file.
func read(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name) // before it is opened: a pipe would wait for its other end
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("it is a %s", info.Mode().Type())
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil {
		err = tooLarge(max(len(data), int(info.Size())))
	}
	return data, err
}

func tooLarge(size int) error {
	if size > maxSize {
		return fmt.Errorf("it has %s bytes, and may have %s", thousands(size), thousands(maxSize))
	}
	return nil
}

// A syntaxError is what go/parser has against a file: a few errors, where they are in the file, whatever its line
// directives say.
type syntaxError struct{ list scanner.ErrorList }

// Error is a line for each: file:line:column: message.
func (e *syntaxError) Error() string {
	lines := make([]string, len(e.list))
	for i, one := range e.list {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Parse returns what is wrong with the first of the Go files among these that go/parser does not take, nil if it
// takes them all.
//
// The parser of the compiler may take such a file all the same, and what is in it was not looked at: what Parse does
// not take is never built.
func Parse(files []lab.File) error {
	for _, f := range files {
		if filepath.Ext(f.Name) != ".go" || !Built(f.Name) {
			continue
		}
		if _, _, err := parse(f); err != nil {
			return err
		}
	}
	return nil
}

// maxErrors is how many syntax errors of a file are told: the first is the one that counts.
const maxErrors = 10

// parse parses a file. Its comments are not in the tree.
func parse(f lab.File) (*token.FileSet, *ast.File, error) {
	if line, ok := tooDeep(f.Data); ok {
		at := token.Position{Filename: f.Name, Line: line, Column: 1}
		return nil, nil, &syntaxError{scanner.ErrorList{{Pos: at, Msg: fmt.Sprintf("nested more than %s deep", thousands(maxDepth))}}}
	}
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, f.Name, f.Data, parser.SkipObjectResolution)
	if err == nil {
		return fset, syntax, nil
	}
	list, ok := errors.AsType[scanner.ErrorList](err)
	if !ok {
		return nil, nil, err
	}
	if len(list) > maxErrors {
		list = list[:maxErrors]
	}
	for _, e := range list {
		before := f.Data[:min(e.Pos.Offset, len(f.Data))]
		e.Pos.Filename = f.Name
		e.Pos.Line = 1 + bytes.Count(before, []byte("\n"))
		e.Pos.Column = len(before) - bytes.LastIndexByte(before, '\n')
		e.Msg = short(e.Msg)
	}
	return nil, nil, &syntaxError{list}
}

// maxDepth limits how deep a file's tree is, about: parser and walkers are recursive, and the parser's own limit is reached
// when a file of 500 kB has made its stack grow to 600 MB.
const maxDepth = 5000

// tooDeep tells on which line a file gets deeper than maxDepth. It counts the symbols on the way to each one: those
// that stand before it in its own list or statement, and in the ones around it.
func tooDeep(text []byte) (line int, ok bool) {
	var s scanner.Scanner
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(text))
	s.Init(file, text, func(token.Position, string) {}, 0)
	levels := []int{0} // symbols in the current list or statement of each open bracket
	depth := 0         // their sum
	for {
		pos, tok, _ := s.Scan()
		top := len(levels) - 1
		switch tok {
		case token.EOF:
			return 0, false
		case token.COMMA, token.SEMICOLON:
			depth -= levels[top]
			levels[top] = 0
			continue
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if top > 0 {
				depth -= levels[top]
				levels = levels[:top]
			}
			continue
		}
		levels[top]++
		if depth++; depth > maxDepth {
			return file.PositionFor(pos, false).Line, true
		}
		if tok == token.LPAREN || tok == token.LBRACK || tok == token.LBRACE {
			levels = append(levels, 0)
		}
	}
}
