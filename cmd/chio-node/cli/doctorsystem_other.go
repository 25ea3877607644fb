//go:build !unix

package cli

import "errors"

func freeBytes(string) (free uint64, known bool) { return 0, false }

// shareLock: without it a store that is in use could be copied half-written.
func shareLock(string) (release func(), inUse bool, err error) {
	return nil, false, errors.New("reading a store that may be in use is built for Unix systems only")
}
