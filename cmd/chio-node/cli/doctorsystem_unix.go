//go:build unix

package cli

import (
	"errors"
	"os"
	"syscall"
)

// freeBytes is what this user may still allocate there.
func freeBytes(dir string) (free uint64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil || s.Bsize <= 0 {
		return 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true
}

// shareLock takes a shared lock on a store's folder, which whoever has the
// store open holds exclusively. It writes nothing.
func shareLock(dir string) (release func(), inUse bool, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if err != nil {
		return nil, errors.Is(err, syscall.EWOULDBLOCK), errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, false, nil // closing gives the lock back
}
