package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// What a dynamically linked program needs. The folders in / are links on most machines.
var (
	libraries = []string{"/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32"}
	commands  = []string{"/bin", "/sbin"}
	settings  = []string{"/etc/ld.so.cache", "/etc/hosts"} // hosts: the name localhost
)

// bubblewrap returns a sandbox made by the program bwrap.
func bubblewrap() (*Sandbox, error) {
	path, err := exec.LookPath("bwrap")
	if err != nil {
		return nil, fmt.Errorf("bubblewrap is not installed: %w", err)
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("bubblewrap does not run: %w", err)
	}
	s := &Sandbox{
		name: strings.TrimSpace(string(version)),
		limits: append([]Limit{
			{"files", "sees the libraries and what it was given; writes where it may, without links to the outside", true},
			{"network", "its own, with nothing but 127.0.0.1; no sockets of the machine", true},
			{"processes", "sees and signals its own only; all are gone at the end; no capabilities, no namespaces, no /proc", true},
		}, measured...),
	}
	s.start = func(cmd *exec.Cmd, box *Box) (confinement, error) { return startWrapped(s, path, cmd, box) }
	if err := try(s); err != nil {
		return nil, fmt.Errorf("%s does not work here (0.8 or newer is needed): %w", s.name, err)
	}
	return s, nil
}

// limited sets what is inherited, before there is a box: nothing in it can come earlier. That is all
// the shell does.
const limited = `ulimit -c "$1" && ulimit -n "$2" && ulimit -f "$3" && ulimit -t "$4" && { [ -z "$5" ] || echo $$ >"$5"; } && echo 1000 >/proc/self/oom_score_adj && shift 5 && exec "$@"`

func startWrapped(s *Sandbox, bwrap string, cmd *exec.Cmd, box *Box) (confinement, error) {
	c, err := newConfined(s, cmd, box)
	if err != nil {
		return nil, err
	}
	said, tell, err := c.pipe()
	if err != nil {
		return nil, c.close(err)
	}
	c.failure = func() string {
		if strings.Contains(said(), `"exit-code"`) { // told of what has been started, and of nothing else
			return ""
		}
		return "before the program began; standard error says more"
	}
	hold, err := c.hold()
	if err != nil {
		return nil, c.close(err)
	}

	args := []string{bwrap,
		"--unshare-all", "--unshare-user", "--disable-userns", // and no further ones: they make more of the kernel reachable
		"--cap-drop", "ALL", "--die-with-parent", "--new-session",
		"--json-status-fd", tell, "--sync-fd", hold}
	for _, path := range slices.Concat(commands, libraries, settings) {
		if to, err := os.Readlink(path); err == nil {
			args = append(args, "--symlink", to, path)
		} else if !slices.Contains(commands, path) {
			args = append(args, "--ro-bind-try", path, path)
		}
	}
	args = append(args, "--dev", "/dev")
	if box.Disk > 0 {
		args = append(args, "--size", strconv.FormatInt(box.Disk, 10))
	}
	args = append(args, "--tmpfs", "/tmp")
	if options, ok := raceOptions(cmd.Env); ok {
		fd, err := c.send(options)
		if err != nil {
			return nil, c.close(err)
		}
		args = append(args, "--file", fd, "/proc/self/environ", "--symlink", cmd.Path, "/proc/self/exe")
	}
	args = append(args, mounts(cmd.Path, box)...)
	args = append(args, "--remount-ro", "/dev", "--remount-ro", "/", // both are in memory, and have no size
		"--chdir", box.Dir, "--", cmd.Path)
	args = append(args, cmd.Args[min(1, len(cmd.Args)):]...)

	cmd.Args = []string{"sh", "-c", limited, "sh"}
	for _, l := range limits(box) {
		cmd.Args = append(cmd.Args, l.ulimit())
	}
	cmd.Args = append(cmd.Args, c.monitor.group.procs())
	cmd.Args = append(cmd.Args, args...)
	cmd.Path = "/bin/sh"
	return c, c.start()
}

// mounts are the options for what box may read and write: folders before what lies in them.
func mounts(executable string, box *Box) []string {
	option := map[string]string{}
	if !within(executable, slices.Concat(libraries, box.Read, box.Write)) {
		option[executable] = "--ro-bind"
	}
	for _, path := range box.Read {
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 && filepath.Dir(path) == "/" {
			continue // a link to what is given as well, such as /bin, or one to nothing
		}
		option[path] = "--ro-bind"
	}
	for _, path := range box.Write {
		option[path] = "--bind"
	}
	paths := make([]string, 0, len(option))
	for path := range option {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	var args []string
	for _, path := range paths {
		args = append(args, option[path], path, path)
	}
	return args
}

// raceOptions returns what /proc/self/environ is to hold, if anything.
func raceOptions(env []string) (string, bool) {
	options, ok := "", false
	for _, kv := range env {
		if strings.HasPrefix(kv, "GORACE=") {
			options, ok = kv+"\x00", true // the last one counts
		}
	}
	return options, ok
}
