//go:build unix

package mcp

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the child at the head of a process group of its own, so that
// a terminal's interrupt does not reach it and its children end with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// A group that is gone is what was wanted, so the errors are not looked at.

func terminateGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGTERM) }

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
