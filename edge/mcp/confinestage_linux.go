package mcp

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// become gives up this process's rights and turns it into the tool server. It
// returns only with an error.
func become(s *stage) error {
	runtime.LockOSThread() // the thread that is restricted is the one that executes
	if err := restrictThread(s.Grants); err != nil {
		return err
	}
	unix.CloseOnExec(stageAnswer)
	return unix.Exec(s.Path, s.Args, s.Env)
}
