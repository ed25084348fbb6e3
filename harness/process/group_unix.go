//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// Group gives the process that cmd will start a group of its own, for [Kill].
func Group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Dump asks a Go process that cmd has started, and those in its group, to print what all of their goroutines do, and end.
func Dump(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGQUIT) }

// Kill ends the process that cmd has started, and what is in its group.
func Kill(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
