package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"lockstep/harness/process"
	"lockstep/harness/steer/overlay"
)

// A Steering is what the go command needs to build checks of which a schedule can decide. It may be used by several builders.
type Steering struct {
	dir     string
	replace map[string]string
}

// An UnsteeredError says why no schedule can decide with this Go, on this machine.
type UnsteeredError struct{ Why, Remedy string }

func (e *UnsteeredError) Error() string { return e.Why + "; " + e.Remedy }

// Graded returns a builder of what is judged: the files are rewritten, and schedules decide where that is possible. Where it is not, its Steer is nil and
// unsteered says why; err is of something else.
func Graded(root, dir string) (b *Builder, unsteered *UnsteeredError, err error) {
	b = &Builder{Root: root, Dir: dir, Perturb: true}
	b.Steer, err = NewSteering(dir)
	if errors.As(err, &unsteered) {
		return b, unsteered, nil
	}
	return b, nil, err
}

// NewSteering writes what it takes for the installed Go into a folder of dir, which has to stay for as long as the Steering is used. Where that is
// not possible there is an [UnsteeredError].
func NewSteering(dir string) (*Steering, error) {
	tool, err := goEnv()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, &UnsteeredError{
			Why:    fmt.Sprintf("that schedules decide has been tried on linux/amd64 only, and this is %s/%s", runtime.GOOS, runtime.GOARCH),
			Remedy: "use such a machine where verdicts have to be the same every time",
		}
	}
	if tool.unlinked != nil {
		return nil, &UnsteeredError{
			Why:    fmt.Sprintf("%s was fetched by the go command (GOTOOLCHAIN), which lets nobody replace its files, and cannot be linked to: %v", tool.GOVERSION, tool.unlinked),
			Remedy: "install it as Go itself is installed: https://go.dev/doc/install",
		}
	}
	s := &Steering{dir: filepath.Join(dir, "steering")}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	s.replace, err = overlay.Write(tool.GOROOT, s.dir)
	if unknown, ok := errors.AsType[*overlay.UnknownGoError](err); ok {
		return nil, &UnsteeredError{Why: fmt.Sprintf("the kit does not know %s: %v", tool.GOVERSION, unknown), Remedy: "use Go 1.26 or 1.27"}
	}
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(map[string]any{"Replace": s.replace})
	if err != nil {
		return nil, err
	}
	return s, os.WriteFile(s.file(), data, 0o644)
}

func (s *Steering) file() string { return filepath.Join(s.dir, "overlay.json") }

// flags are those of the go command for a package that no submission replaces anything of.
func (s *Steering) flags() []string { return []string{"-overlay", s.file(), "-tags", overlay.Tag} }

// Program compiles a program of the kit's own in the folder dir, with the race detector, so that a schedule can decide in it.
func (s *Steering) Program(ctx context.Context, dir, to string) error {
	tool, err := goEnv()
	if err != nil {
		return err
	}
	var out process.Output
	cmd := tool.command(ctx, &out, slices.Concat([]string{"build", "-race", "-o", to}, s.flags(), []string{dir}))
	process.Group(cmd)
	if err := cmd.Run(); err != nil {
		return failed(ctx, out.String(), err)
	}
	return nil
}

// Linked is the link that stands for a Go that the go command has fetched by itself; "" for any other.
func (s *Steering) Linked() string {
	if tool, err := goEnv(); err == nil && tool.linked {
		return tool.GOROOT
	}
	return ""
}
