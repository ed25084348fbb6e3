package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confineYourself makes this process the program of an order. It returns only what went wrong.
//
// All of it concerns the thread that calls execve, which is the only one that is left then. Packages
// that confine all threads of a Go program find these in /proc, which is gone by then.
func confineYourself(text string, report io.Writer) error {
	runtime.LockOSThread()
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	if o.Join != "" {
		if err := os.WriteFile(o.Join, []byte("0"), 0); err != nil { // 0 is who writes
			return err
		}
	}
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return err
	}
	// That of this namespace. The process makes no further ones: they make more of the kernel reachable.
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"start the loopback network", startLoopback},
		{"hide /proc and /run", func() error { return hide(o.Path, o.Env) }},
		{"enter " + o.Box.Dir, func() error { return os.Chdir(o.Box.Dir) }},
		{"restrict files", func() error { return restrict(o.Path, &o.Box) }},
		{"drop capabilities", dropCapabilities},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("cannot %s: %w", step.what, err)
		}
	}
	for _, l := range limits(&o.Box) {
		if err := l.set(); err != nil {
			return fmt.Errorf("cannot set limit %d: %w", l.resource, err)
		}
	}
	// It holds for this thread, and is lost on the way here.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	if _, err := io.WriteString(report, ready); err != nil {
		return err // who reads it has died before that
	}
	return fmt.Errorf("cannot start %s: %w", o.Path, unix.Exec(o.Path, o.Args, o.Env))
}

func startLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(r)))
	runtime.KeepAlive(r)
	if errno != 0 {
		return errno
	}
	return nil
}

// hide mounts empty folders over /proc and over /run, where the machine's services listen, and puts
// what the race detector needs into the first. Nobody outside sees that.
func hide(executable string, env []string) error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	for _, path := range []string{"/run", "/proc"} {
		if err := unix.Mount("none", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=64k"); err != nil && err != unix.ENOENT {
			return err
		}
	}
	options, ok := raceOptions(env)
	if !ok {
		return nil
	}
	if err := os.Mkdir("/proc/self", 0o755); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/self/environ", []byte(options), 0o444); err != nil {
		return err
	}
	return os.Symlink(executable, "/proc/self/exe")
}

// Rights on files that Landlock knows, and the first version that does.
const (
	readFile  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE
	read      = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
	writeFile = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	version3  = unix.LANDLOCK_ACCESS_FS_TRUNCATE<<1 - 1
	ioctl     = unix.LANDLOCK_ACCESS_FS_IOCTL_DEV // 5
	devices   = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK
	scopes    = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL // 6
)

// landlockABI returns the version of Landlock in this kernel, or 0.
func landlockABI() int {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(version)
}

// restrict takes from this thread, and from what it executes, all files but those of the box.
func restrict(executable string, box *Box) error {
	abi := landlockABI()
	attr := unix.LandlockRulesetAttr{Handled_access_fs: version3}
	size := unsafe.Offsetof(attr.Handled_access_net)
	if abi >= 5 {
		attr.Handled_access_fs |= ioctl
	}
	if abi >= 6 {
		attr.Scoped = scopes
		size = unsafe.Offsetof(attr.Scoped) + unsafe.Sizeof(attr.Scoped)
	}
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return errno
	}
	defer unix.Close(int(rules))

	for _, path := range slices.Concat(libraries, settings, []string{"/proc"}) {
		if err := allow(rules, path, read); err != nil && err != unix.ENOENT {
			return err
		}
	}
	for _, path := range []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"} {
		if err := allow(rules, path, read|writeFile); err != nil {
			return err
		}
	}
	for _, path := range append([]string{executable}, box.Read...) {
		if err := allow(rules, path, read); err != nil {
			return err
		}
	}
	for _, path := range box.Write {
		if err := allow(rules, path, version3&^devices); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// allow adds a rule for path and all that is below it.
func allow(rules uintptr, path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= readFile | writeFile
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, rules, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// dropCapabilities also sees to it that none comes back.
func dropCapabilities() error {
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	for capability := uintptr(0); unix.Prctl(unix.PR_CAPBSET_READ, capability, 0, 0, 0) == nil; capability++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
			return err
		}
	}
	var none [2]unix.CapUserData
	return unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0])
}
