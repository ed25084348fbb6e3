package build

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"unicode/utf8"
)

// A CompileError is what the compiler has against somebody's files.
type CompileError struct {
	Output string // file:line:column: message, a line each
	Checks bool   // it is the lab's checks that no longer fit the files

	exceeded bool // it was given up
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

	said string // what the go command printed
}

func (e *ToolError) Error() string { return e.Lacks + "; " + e.Remedy }

// A MissingError tells of a file that a folder has to hold.
type MissingError struct{ Dir, File string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s has no file %s; a lab's files keep their names", e.Dir, e.File)
}

// A RewriteError says that files compile, but not as they are rewritten for grading. There is no verdict on them: what was
// not rewritten proves too little, and it need not be their author's fault.
type RewriteError struct {
	Output string // what the compiler has against the rewritten files
}

func (e *RewriteError) Error() string {
	return "these files compile as they are, but not as the kit rewrites them to grade them; that is a bug of the kit, or was meant to look like one: keep the files, and report it with this:\n" + e.Output
}

// Diagnose tells the author's mistakes from the machine's by what the go command prints.
func Diagnose(out string, err error) error {
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
	said := shorten(lines)
	if tool := lacking(out, err); tool != nil {
		tool.said = said
		return tool
	}
	return &CompileError{Output: said, Checks: checks}
}

// lacking tells what the machine lacks by the words of the go command; nil if it is nothing.
func lacking(out string, err error) *ToolError {
	const docs = "go run ./harness doctor tells more"
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(out, w) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return &ToolError{Lacks: "the go command is not in PATH", Remedy: "install Go from https://go.dev/dl and open a new terminal"}
	case says("-race requires cgo"):
		return &ToolError{Lacks: "the race detector needs cgo, which is turned off (CGO_ENABLED=0, or no C compiler was found)", Remedy: "set CGO_ENABLED=1 and install gcc or clang; " + docs}
	case says("C compiler") && says("not found"):
		return &ToolError{Lacks: "the race detector needs a C compiler, and there is none", Remedy: "install gcc or clang; " + docs}
	case says("-race is not supported"):
		return &ToolError{Lacks: "the race detector does not work on this kind of machine", Remedy: "use one of those named at https://go.dev/doc/articles/race_detector#Requirements"}
	case says("no space left on device", "disk quota exceeded"):
		return &ToolError{Lacks: "the disk is full", Remedy: "make room, for instance with go clean -cache"}
	case says("resource temporarily unavailable", "cannot allocate memory", "too many open files"):
		return &ToolError{Lacks: "this machine has no more processes, memory or files to give", Remedy: "end what else runs here, and try again"}
	case says("dial tcp", "module lookup disabled"):
		return &ToolError{Lacks: "the kit's modules are not on this machine and cannot be fetched now", Remedy: "run go mod download once with a network"}
	}
	return nil
}

// What is told of a build. The compiler stops at ten mistakes, but puts the author's text into each.
const (
	maxLines = 20
	maxLine  = 400 // bytes
)

// shorten keeps the beginning of lines, and of each.
func shorten(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i == maxLines {
			fmt.Fprintf(&b, "\nand %d more", len(lines)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(line) > maxLine {
			at := maxLine
			for at > 0 && !utf8.RuneStart(line[at]) {
				at--
			}
			line = line[:at] + " ..."
		}
		b.WriteString(line)
	}
	return b.String()
}
