package build

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"lockstep/harness/lab"
)

// A toolchain is the Go that builds here, and where its go command has things.
type toolchain struct {
	GOROOT, GOCACHE, GOMODCACHE, GOVERSION, CC string

	linked   bool  // GOROOT is a link of ours
	unlinked error // why it is none, and lies where nobody may replace a file
}

// goEnv is the toolchain of this process.
var goEnv = sync.OnceValues(func() (*toolchain, error) {
	out, err := exec.Command("go", "env", "-json", "GOROOT", "GOCACHE", "GOMODCACHE", "GOVERSION", "CC").Output()
	if err != nil {
		return nil, Diagnose(string(out), err)
	}
	t := &toolchain{}
	if err := json.Unmarshal(out, t); err != nil {
		return nil, err
	}
	if isWithin(t.GOMODCACHE, t.GOROOT) {
		var name string
		if name, t.unlinked = t.link(); t.unlinked == nil {
			t.GOROOT, t.linked = name, true
		}
	}
	return t, nil
})

// link gives another name to a Go that the go command has fetched by itself (GOTOOLCHAIN). Such a Go lies in the module cache, where the go command
// lets nobody replace a file; but it goes by names. The name is always the same: so the go command finds in its cache what it has read in those folders.
func (t *toolchain) link() (name string, err error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, lab.Toolchains)
	if isWithin(t.GOMODCACHE, dir) {
		return "", fmt.Errorf("%s is in the module cache, too", dir)
	}
	sum := sha256.Sum256([]byte(t.GOROOT)) // nobody makes it point elsewhere whose module cache is another one
	name = filepath.Join(dir, fmt.Sprintf("%s-%x", t.GOVERSION, sum[:4]))
	if to, err := os.Readlink(name); err == nil && to == t.GOROOT {
		return name, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(dir, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := os.Symlink(t.GOROOT, filepath.Join(fresh, "go")); err != nil {
		return "", err
	}
	return name, os.Rename(filepath.Join(fresh, "go"), name) // whoever does the same at this moment has the same
}

func isWithin(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
