//go:build !unix

package adapter

import "os/exec"

// ownGroup does nothing where there are no process groups.
func ownGroup(*exec.Cmd) {}

// endGroup ends a command.
func endGroup(cmd *exec.Cmd, _ bool) { _ = cmd.Process.Kill() } // it may be gone
