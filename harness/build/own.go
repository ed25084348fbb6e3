package build

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"lockstep/harness/lab"
	"lockstep/harness/perturb"
	"lockstep/harness/steer/overlay"
)

// Own compiles a program of the kit's own, in the folder from below the root, with files beside those that are there: as the checks of a lab are compiled with a
// submission, but that these files are believed. Panics and race reports name them as they are called. The caller removes the program.
func (b *Builder) Own(ctx context.Context, from string, files []lab.File) (exe string, err error) {
	if b.Perturb {
		if files, err = perturb.Package(files); err != nil {
			return "", err
		}
	}
	dir, err := os.MkdirTemp(b.Dir, "own-")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	replace, steered := map[string]string{}, []string{}
	if b.Steer != nil {
		maps.Copy(replace, b.Steer.replace)
		steered = []string{"-tags", overlay.Tag}
	}
	for i, f := range files {
		as := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		replace[filepath.Join(from, filepath.Base(f.Name))] = as
		if err := os.WriteFile(as, append([]byte("//line "+f.Name+":1:1\n"), f.Data...), 0o644); err != nil {
			return "", err
		}
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	over := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(over, data, 0o644); err != nil {
		return "", err
	}
	exe = filepath.Join(dir, filepath.Base(from)+".exe") // .exe does no harm elsewhere
	out, err := b.run(ctx, dir, slices.Concat([]string{"build", "-race", "-ldflags=-s", "-overlay", over, "-o", exe}, steered, []string{"./" + filepath.ToSlash(from)}), newBudget())
	if ctxErr := context.Cause(ctx); ctxErr != nil {
		return "", ctxErr
	}
	if err != nil && !isOurs(err) {
		err = Diagnose(out, err)
	}
	return exe, err
}
