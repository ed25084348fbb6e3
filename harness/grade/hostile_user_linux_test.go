package grade

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// An instructor's laptop is not a container: whoever grades is mostly nobody in particular, who gets another kind of sandbox, and has no
// rights over control groups. One attack in eight is tried as such a user, in a process of its own.
func TestHostileSubmissionsGainNothingFromAnOrdinaryUser(t *testing.T) {
	needs.Time(t)
	const nobody = 65534
	switch os.Getuid() {
	case 0:
		needs.OrdinaryUser(t)
		asUser(t, nobody)
	case nobody:
		g := newGround(t, needs.Sandbox(t))
		some := attacked(g.all, func(h hostile) bool { return h.want[0] != "rejected" })
		for i := range some {
			if i*8 >= len(some) {
				some = some[:i]
				break
			}
			some[i] = some[i*8]
		}
		require.NotEmpty(t, some)
		g.try(t, some)
	default: // the whole bank has been tried as an ordinary user
	}
}

// asUser runs the test again as another user, who has a home, and in it copies of the kit and of the caches: what is root's, others mostly may not read.
func asUser(t *testing.T, id int) {
	t.Helper()
	home, err := os.MkdirTemp("", "lockstep-nobody")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(home) })
	at := func(name string) string { return filepath.Join(home, name) }
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	require.NoError(t, err)
	caches := strings.Fields(string(out))
	require.Len(t, caches, 2)
	root, err := lab.Root(".")
	require.NoError(t, err)
	for _, part := range []string{"go.mod", "go.sum", "labs", "scripts", "harness", "solutions"} {
		require.NoError(t, share(filepath.Join(root, part), filepath.Join(at("kit"), part)))
	}
	require.NoError(t, share(caches[0], at("build")))
	require.NoError(t, share(caches[1], at("mod")))
	require.NoError(t, share(os.Args[0], at("grade.test")))
	require.NoError(t, os.Mkdir(at("tmp"), 0o755))
	require.NoError(t, filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Sys().(*syscall.Stat_t).Nlink == 1 || d.IsDir() {
			err = os.Chown(path, id, id)
		}
		return err
	}))

	cmd := exec.Command(at("grade.test"), "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=15m")
	cmd.Dir = filepath.Join(at("kit"), "harness", "grade")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + at("tmp"), "GOCACHE=" + at("build"), "GOMODCACHE=" + at("mod"), "GOPROXY=off", "GOTELEMETRY=off"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(id), Gid: uint32(id)}}
	again(t, cmd)
}

// share copies the files below a folder. Large ones cost nothing where the file system can share their bytes; small ones the new owner may write to,
// as the go command does with the entries of its cache.
func share(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rest)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		if path == from {
			if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
				return err
			}
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Size() > 1024 && os.Link(path, target) == nil {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, info.Mode())
	})
}
