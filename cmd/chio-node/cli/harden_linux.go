package cli

import "golang.org/x/sys/unix"

// harden keeps other processes of this user from reading this one's memory,
// which holds keys: no tracing, no core dump, no /proc/PID/mem or environ. Only
// a privileged process still can.
func harden() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
