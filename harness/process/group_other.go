//go:build !unix

package process

import "os/exec"

// Group does nothing on this system: what a process of the kit starts ends with its standard input.
func Group(*exec.Cmd) {}

// Dump cannot be asked for on this system.
func Dump(*exec.Cmd) {}

// Kill ends the process that cmd has started.
func Kill(cmd *exec.Cmd) { cmd.Process.Kill() }
