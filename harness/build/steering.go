package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lockstep/harness/steer/overlay"
)

// A Steering is what the go command needs to build checks of which a schedule can decide. It may be used by several builders.
type Steering struct {
	dir     string
	replace map[string]string
}

// ErrFetched is told of a Go that lies where no file can stand for another.
var ErrFetched = errors.New("was fetched by the go command (GOTOOLCHAIN), which lets nobody replace its files; install it as Go itself is installed")

// NewSteering writes what it takes for the installed Go into a folder of dir, which has to stay for as long as the Steering is used. A
// version of Go that the kit does not know is an [overlay.UnknownGoError], or [ErrFetched].
func NewSteering(dir string) (*Steering, error) {
	tool, err := goEnv()
	if err != nil {
		return nil, err
	}
	if rel, err := filepath.Rel(tool["GOMODCACHE"], tool["GOROOT"]); err == nil && filepath.IsLocal(rel) {
		return nil, fmt.Errorf("%s %w", tool["GOVERSION"], ErrFetched)
	}
	s := &Steering{dir: filepath.Join(dir, "steering")}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	if s.replace, err = overlay.Write(tool["GOROOT"], s.dir); err != nil {
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
