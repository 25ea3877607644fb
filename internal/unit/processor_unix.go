//go:build unix

package unit

import (
	"syscall"
	"time"
)

// processor is the time that this process has had on a processor.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // the arguments are constants
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
