package store

import (
	"errors"
	"os"
	"syscall"
)

// datasync flushes the file's data. A head file never changes its size, so the
// metadata need not reach the disk.
func datasync(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var flushed error
	err = raw.Control(func(fd uintptr) {
		for {
			if flushed = syscall.Fdatasync(int(fd)); !errors.Is(flushed, syscall.EINTR) {
				return
			}
		}
	})
	return errors.Join(err, flushed)
}
