package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lockstep/harness/process"
)

// Find returns the best sandbox that works on this machine: bubblewrap, or else Landlock with
// namespaces. It has tried it. The error is an [Error]. All calls return the same.
func Find() (*Sandbox, error) { return find() }

var find = sync.OnceValues(func() (*Sandbox, error) {
	s, wrapErr := bubblewrap()
	if wrapErr == nil {
		return s, nil
	}
	s, lockErr := landlock()
	if lockErr == nil {
		return s, nil
	}
	return nil, &Error{fmt.Sprintf("%v; nor can the kernel do it alone: %v", wrapErr, lockErr), remedy(wrapErr)}
})

// try starts a program in s that does nothing.
func try(s *Sandbox) error {
	path, err := exec.LookPath("true")
	if err != nil {
		return err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	c, err := makeClaimed(os.TempDir(), scratchPrefix)
	if err != nil {
		return err
	}
	defer c.release()
	defer os.RemoveAll(c.dir)
	cmd := exec.Command(path)
	var out process.Output
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := s.Start(cmd, Box{Dir: c.dir, Write: []string{c.dir}})
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	defer context.AfterFunc(ctx, func() { process.Kill(cmd) })()
	if err := p.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(out.String()))
	}
	return nil
}

// remedy looks for the usual reasons why there is no sandbox.
func remedy(err error) string {
	is := func(file, value string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.TrimSpace(string(text)) == value
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "install it: sudo apt install bubblewrap"
	case is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"):
		return "AppArmor keeps users from making namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
	case is("/proc/sys/kernel/unprivileged_userns_clone", "0"):
		return "the kernel keeps users from making namespaces: sudo sysctl kernel.unprivileged_userns_clone=1"
	case is("/proc/sys/user/max_user_namespaces", "0"):
		return "the kernel allows no user namespaces: sudo sysctl user.max_user_namespaces=10000"
	}
	return "in a container, allow user namespaces, or grade in a virtual machine"
}
