// Package build, of the grader, compiles a lab with somebody's files in place of the stub.
//
//	b := &build.Builder{Root: root, Dir: tmp}
//	bin, err := b.Test(ctx, l, "solutions/04")     // the files of a folder; "" is the working copy
//	bin, err := b.TestFiles(ctx, l, submission)    // files in memory
//
// Nothing is copied over the tree: the files take the stub's place through the go command's
// -overlay flag. What the flag does not say when it goes wrong is seen to here. A key that does not
// name a file of the package exactly is ignored, and the stub built instead; so keys are relative
// to the root, where the go command runs, and each is looked up first. A file that the stub's folder
// has and the other files have not is left out of the build. A //line directive in front of each
// file makes compile errors, panics and race reports name the author's own file and line.
//
// # What is built
//
// The files are read once. Who looks at them, who compiles them and who quotes them has the same bytes, which the
// [Binary] keeps. What go/parser does not take is not built, whatever the compiler would say: nobody else could have
// looked at it.
//
// What is graded is what package perturb makes of the files, and nothing less is built in its stead without saying so.
// Where they compile as written and not as rewritten, there is one reason that is nobody's fault: a lock that is
// handed to a package which knows the standard library's. Then the locks are left as they are, and [Binary.Without] says
// it. For any other reason there is a [RewriteError], and no binary.
//
// # What a build may use
//
// A sandbox bounds memory, processor time, processes and disk of a build. It reads the go command's cache and cannot
// write to it: what one submission compiles to is nobody else's, and would stay for ever. [Builder.Warm] puts what all
// of them need there first. Without a sandbox only the time is bounded, and the cache grows.
package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"lockstep/harness/lab"
	"lockstep/harness/perturb"
	"lockstep/harness/sandbox"
	"lockstep/harness/steer/overlay"
)

// A Builder compiles labs, always with the race detector. It may be used concurrently.
type Builder struct {
	Root    string           // the repository
	Dir     string           // for binaries and overlays; the caller makes and removes it
	Perturb bool             // rewrite the files so that bad schedules come about (package perturb)
	Sandbox *sandbox.Sandbox // confines the go command; nil confines nothing. See [Builder.Warm]
	Steer   *Steering        // builds checks of which a schedule can decide (package steer); nil does not
}

// Test compiles the checks of l with the files in the folder from, which is relative to the root
// or absolute; "" stands for the working copy. A [CompileError] is the author's, a [ToolError] is
// the machine's, a [MissingError] tells of a file that is not there, a [RewriteError] is the kit's.
func (b *Builder) Test(ctx context.Context, l *lab.Lab, from string) (*Binary, error) {
	return b.folder(ctx, l, from, checks(l))
}

// TestFiles is Test for files in memory. What compiler, panics and race reports call them names no folder of this machine.
func (b *Builder) TestFiles(ctx context.Context, l *lab.Lab, files []lab.File) (*Binary, error) {
	return b.inMemory(ctx, l, files, checks(l))
}

func (b *Builder) inMemory(ctx context.Context, l *lab.Lab, files []lab.File, to goal) (*Binary, error) {
	bin, err := b.build(ctx, &source{lab: l, files: files, dir: nowhere, name: "the submission"}, to)
	if bad, ok := errors.AsType[*CompileError](err); ok {
		bad.Output = newCleaner(b, nowhere).clean(bad.Output)
	}
	return bin, err
}

// Program compiles the program of l in the same way as Test.
func (b *Builder) Program(ctx context.Context, l *lab.Lab, from string) (*Binary, error) {
	return b.folder(ctx, l, from, program(l))
}

// ProgramFiles is Program for files in memory.
func (b *Builder) ProgramFiles(ctx context.Context, l *lab.Lab, files []lab.File) (*Binary, error) {
	return b.inMemory(ctx, l, files, program(l))
}

// A goal is what to tell the go command.
type goal struct {
	verb string
	args []string

	steered bool
	before  []string // packages of the kit's to be initialized before the student's
	quotes  bool     // put the author's text into the binary, for package engine
}

func checks(l *lab.Lab) goal {
	return goal{verb: "test", steered: true, args: []string{"-c", "-vet=off", "./" + l.Dir()}, before: []string{"lockstep/harness/labtest"}} // what vet says is no verdict
}

func program(l *lab.Lab) goal {
	return goal{verb: "build", args: []string{"./" + l.Dir() + "/" + l.Program}, before: []string{"lockstep/harness/startenv", "lockstep/harness/norace"}}
}

func (b *Builder) folder(ctx context.Context, l *lab.Lab, from string, to goal) (*Binary, error) {
	if from == "" {
		from = l.Dir()
	}
	if !filepath.IsAbs(from) {
		from = filepath.Join(b.Root, filepath.FromSlash(from))
	}
	files, err := lab.Read(from)
	if err != nil {
		return nil, err
	}
	return b.build(ctx, &source{lab: l, files: files, dir: filepath.Clean(from), name: from}, to)
}

// withoutLocks is said of a binary in which the locks are the standard library's.
const withoutLocks = "lock knowledge was left out: a sync.Mutex, RWMutex or WaitGroup is handed to a package that takes the standard library's only"

// build compiles the files as they are to be, or says why not.
func (b *Builder) build(ctx context.Context, s *source, to goal) (*Binary, error) {
	if err := s.check(b.Root); err != nil {
		return nil, err
	}
	left := newBudget()
	asWritten := func() (*Binary, error) { return b.compile(ctx, s, s.files, to, left) }
	if !b.Perturb {
		return asWritten()
	}
	rewritten := func(o perturb.Options) (*Binary, error) {
		to := to
		to.before, to.quotes = append(slices.Clip(to.before), "lockstep/harness/perturb/quoted"), true
		files, err := o.Package(s.files)
		if err != nil {
			return nil, &CompileError{Output: err.Error()}
		}
		return b.compile(ctx, s, files, to, left)
	}
	bin, err := rewritten(perturb.Options{})
	if !isCompileError(err) {
		return bin, err
	}
	// As their author wrote them: that has the columns that editors go by.
	plain, err := asWritten()
	if err != nil {
		return nil, err
	}
	defer plain.remove() // it shows that they compile, and is never graded
	bin, err = rewritten(perturb.Options{NoSync: true})
	if bad, ok := errors.AsType[*CompileError](err); ok && !bad.exceeded {
		return nil, &RewriteError{Output: bad.Output}
	}
	if err != nil {
		return nil, err
	}
	bin.Without = withoutLocks
	return bin, nil
}

func isCompileError(err error) bool {
	bad, ok := errors.AsType[*CompileError](err)
	return ok && !bad.exceeded
}

// compile compiles files, which are those of s or what was made of them. It believes that the machine is at fault if
// that cannot build the lab's own stub either: what the go command prints has words of the author's in it.
func (b *Builder) compile(ctx context.Context, s *source, files []lab.File, to goal, left *budget) (*Binary, error) {
	bin, err := b.try(ctx, s, files, to, left)
	if _, ok := errors.AsType[*ToolError](err); !ok {
		return bin, err
	}
	stub := &source{lab: s.lab, dir: filepath.Join(b.Root, s.lab.Dir())}
	var readErr error
	if stub.files, readErr = lab.Read(stub.dir); readErr != nil {
		return nil, err
	}
	works, stubErr := b.try(ctx, stub, stub.files, checks(s.lab), newBudget())
	if stubErr != nil {
		return nil, err
	}
	works.remove()
	bin, err = b.try(ctx, s, files, to, left) // it may have been for a moment
	if tool, ok := errors.AsType[*ToolError](err); ok {
		return nil, &CompileError{Output: tool.said}
	}
	return bin, err
}

// try runs the go command once.
func (b *Builder) try(ctx context.Context, s *source, files []lab.File, to goal, left *budget) (bin *Binary, err error) {
	dir, err := os.MkdirTemp(b.Dir, "build-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	var steered []string
	more := map[string]string{}
	if to.steered && b.Steer != nil {
		steered, more = []string{"-tags", overlay.Tag}, b.Steer.replace
	}
	over, err := s.write(files, to, b.Root, dir, more)
	if err != nil {
		return nil, err
	}
	bin = &Binary{Steered: len(steered) > 0, Path: filepath.Join(dir, s.lab.Name+".exe"), Lab: s.lab, Files: s.files, dir: s.dir, cleaner: newCleaner(b, s.dir)} // .exe does no harm elsewhere
	command := slices.Concat([]string{to.verb, "-race", "-ldflags=-s", "-overlay", over, "-o", bin.Path}, steered, to.args)                                      // nobody debugs it
	out, err := b.run(ctx, dir, command, left)
	if ctxErr := context.Cause(ctx); ctxErr != nil {
		return nil, ctxErr
	}
	switch {
	case err == nil:
		return bin, nil
	case isOurs(err):
		return nil, err
	}
	return nil, Diagnose(out, err)
}

// isOurs tells an error that says all from one of the go command's.
func isOurs(err error) bool {
	_, start := errors.AsType[*sandbox.StartError](err)
	_, tool := errors.AsType[*ToolError](err)
	_, bad := errors.AsType[*CompileError](err)
	return start || tool || bad
}
