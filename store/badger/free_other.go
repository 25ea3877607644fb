//go:build !linux

package badger

// freeBytes is not known here; a full disk then ends the process.
func freeBytes(string) (free uint64, known bool) { return 0, false }
