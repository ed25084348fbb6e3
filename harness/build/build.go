// Package build compiles a lab with somebody's files in place of the stub.
//
//	b := &build.Builder{Root: root, Dir: tmp}
//	bin, err := b.Test(ctx, l, "solutions/04") // "" is the working copy
//
// Nothing is copied over the tree: the files take the stub's place through the go command's
// -overlay flag. What the flag does not say when it goes wrong is seen to here. A key that does not
// name a file of the package exactly is ignored, and the stub built instead; so keys are relative
// to the root, where the go command runs, and each is looked up first. A file that the stub's folder
// has and the other folder has not is left out of the build. A //line directive in front of each
// file makes compile errors, panics and race reports name the student's own file and line.
package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/perturb"
	"lockstep/harness/sandbox"
)

// A Builder compiles labs, always with the race detector. It may be used concurrently.
type Builder struct {
	Root    string           // the repository
	Dir     string           // for binaries and overlays; the caller makes and removes it
	Perturb bool             // rewrite the files so that bad schedules come about (package perturb)
	Sandbox *sandbox.Sandbox // confines the go command; nil confines nothing. See [Builder.Warm]
}

// A Binary is a compiled lab.
type Binary struct {
	Path string
	Lab  *lab.Lab
	From string // the folder whose files were built
}

// Test compiles the checks of l with the files in the folder from, which is relative to the root
// or absolute; "" stands for the working copy. A [CompileError] is the author's, a [ToolError] is
// the machine's, a [MissingError] tells of a file that is not there.
func (b *Builder) Test(ctx context.Context, l *lab.Lab, from string) (*Binary, error) {
	return b.build(ctx, l, from, "test", "-c", "-vet=off", "./"+l.Dir()) // what vet says is no verdict
}

// Program compiles the program of l in the same way.
func (b *Builder) Program(ctx context.Context, l *lab.Lab, from string) (*Binary, error) {
	return b.build(ctx, l, from, "build", "./"+l.Dir()+"/"+l.Program)
}

func (b *Builder) build(ctx context.Context, l *lab.Lab, from, verb string, args ...string) (*Binary, error) {
	if from == "" {
		from = l.Dir()
	}
	if !filepath.IsAbs(from) {
		from = filepath.Join(b.Root, filepath.FromSlash(from))
	}
	dir, err := os.MkdirTemp(b.Dir, "build-")
	if err != nil {
		return nil, err
	}
	overlay, err := b.writeOverlay(l, from, dir)
	if err != nil {
		return nil, err
	}
	bin := &Binary{Path: filepath.Join(dir, l.Name+".exe"), Lab: l, From: from}                             // .exe does no harm elsewhere
	command := append([]string{verb, "-race", "-ldflags=-s", "-overlay", overlay, "-o", bin.Path}, args...) // nobody debugs it
	out, err := b.run(ctx, dir, command)
	if ctxErr := context.Cause(ctx); ctxErr != nil {
		return nil, ctxErr
	}
	if _, ok := errors.AsType[*exceededError](err); ok {
		return nil, &CompileError{Output: err.Error()}
	}
	if _, ok := errors.AsType[*sandbox.StartError](err); ok {
		return nil, err
	}
	if err != nil {
		err := Diagnose(out, err)
		if _, ok := errors.AsType[*CompileError](err); ok && b.Perturb {
			// As their author wrote them: that has the columns that editors go by, and it compiles if
			// only the engine's locks were in the way, handed to a package that knows the real ones.
			plain := &Builder{Root: b.Root, Dir: b.Dir, Sandbox: b.Sandbox}
			return plain.build(ctx, l, from, verb, args...)
		}
		return nil, err
	}
	return bin, nil
}

// writeOverlay prepares the files in from for the go command and returns the overlay file.
func (b *Builder) writeOverlay(l *lab.Lab, from, dir string) (string, error) {
	theirs, err := sources(from)
	if err != nil {
		return "", err
	}
	for _, name := range l.Files {
		if !slices.Contains(theirs, name) {
			return "", &MissingError{Dir: from, File: name}
		}
	}
	stubs, err := sources(filepath.Join(b.Root, l.Dir()))
	if err != nil {
		return "", err
	}
	for _, name := range l.Files {
		if !slices.Contains(stubs, name) {
			return "", &MissingError{Dir: filepath.Join(b.Root, l.Dir()), File: name}
		}
	}
	replace := map[string]string{}
	for _, name := range stubs {
		replace[filepath.Join("labs", l.ID, name)] = "" // not there, unless from has it
	}
	for _, name := range theirs {
		original := filepath.Join(from, name)
		text, err := os.ReadFile(original)
		if err != nil {
			return "", err
		}
		text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // a byte order mark is allowed in the first line only
		if b.Perturb {
			if rewritten, err := perturb.File(original, text); err == nil { // what does not parse is for the compiler to say
				text = rewritten
			}
		}
		text = append([]byte("//line "+original+":1:1\n"), text...)
		prepared := filepath.Join(dir, name)
		if err := os.WriteFile(prepared, text, 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join("labs", l.ID, name)] = prepared
	}
	first := filepath.Join(dir, "first.go")
	if err := os.WriteFile(first, []byte("package "+l.Name+"\n"+initFirst), 0o644); err != nil {
		return "", err
	}
	replace[filepath.Join("labs", l.ID, "lockstep_first.go")] = first
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, data, 0o644)
}

// initFirst makes the packages which read the environment do so before the student's variables are initialized: those
// could change it.
const initFirst = `
import (
	_ "lockstep/harness/given"
	_ "lockstep/harness/quiet"
)
`

// sources lists the Go files of a folder that are not tests.
func sources(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if e.Type().IsRegular() && filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	return names, nil
}

// A CompileError is what the compiler has against somebody's files.
type CompileError struct {
	Output string // file:line:column: message, a line each
	Checks bool   // it is the lab's checks that no longer fit the files
}

func (e *CompileError) Error() string {
	text := "does not compile:\n" + e.Output
	if e.Checks {
		text += "\n(the checks use names and types that the handout fixes: leave those as the stub has them)"
	}
	return text
}

// A ToolError says what this machine lacks, and what to do about it.
type ToolError struct {
	Lacks  string
	Remedy string
}

func (e *ToolError) Error() string { return e.Lacks + "; " + e.Remedy }

// A MissingError tells of a file that a folder has to hold.
type MissingError struct{ Dir, File string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s has no file %s; a lab's files keep their names", e.Dir, e.File)
}

// Diagnose tells the author's mistakes from the machine's by what the go command prints.
func Diagnose(out string, err error) error {
	const docs = "go run ./harness doctor tells more"
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return &ToolError{"the go command is not in PATH", "install Go from https://go.dev/dl and open a new terminal"}
	case strings.Contains(out, "-race requires cgo"):
		return &ToolError{"the race detector needs cgo, which is turned off (CGO_ENABLED=0, or no C compiler was found)", "set CGO_ENABLED=1 and install gcc or clang; " + docs}
	case strings.Contains(out, "C compiler") && strings.Contains(out, "not found"):
		return &ToolError{"the race detector needs a C compiler, and there is none", "install gcc or clang; " + docs}
	case strings.Contains(out, "-race is not supported"):
		return &ToolError{"the race detector does not work on this kind of machine", "use one of those named at https://go.dev/doc/articles/race_detector#Requirements"}
	case strings.Contains(out, "no space left on device"), strings.Contains(out, "disk quota exceeded"):
		return &ToolError{"the disk is full", "make room, for instance with go clean -cache"}
	case strings.Contains(out, "resource temporarily unavailable"), strings.Contains(out, "cannot allocate memory"), strings.Contains(out, "too many open files"):
		return &ToolError{"this machine has no more processes, memory or files to give", "end what else runs here, and try again"}
	case strings.Contains(out, "dial tcp"), strings.Contains(out, "module lookup disabled"):
		return &ToolError{"the kit's modules are not on this machine and cannot be fetched now", "run go mod download once with a network"}
	}
	var lines []string
	checks := false
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "FAIL") {
			continue
		}
		checks = checks || strings.Contains(line, "_test.go:")
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		lines = append(lines, err.Error())
	}
	return &CompileError{Output: strings.Join(lines, "\n"), Checks: checks}
}
