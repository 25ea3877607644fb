package admit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// DefaultBallastBytes is room for some thousand receipts.
const DefaultBallastBytes = 1 << 20

// ErrNoBallast: the file was already removed, or never made.
var ErrNoBallast = errors.New("no ballast file to release")

// FileBallast is a file of zeros beside the store. When the disk is full it is
// removed, which leaves the store room to record what happened.
type FileBallast struct{ path string }

// NewFileBallast makes the file, or completes it, at a start with room on the
// disk. size is in bytes; 0 means DefaultBallastBytes.
func NewFileBallast(path string, size int64) (*FileBallast, error) {
	if size == 0 {
		size = DefaultBallastBytes
	}
	if path == "" || size < 0 {
		return nil, fmt.Errorf("ballast: path %q with %d bytes; give a path and a positive size", path, size)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Size() == size {
		return &FileBallast{path: path}, nil
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make ballast: %w", err)
	}
	block := make([]byte, 64<<10) // written, not truncated to size: a hole holds no space
	for left := size; left > 0 && err == nil; left -= int64(len(block)) {
		_, err = f.Write(block[:min(left, int64(len(block)))])
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return nil, fmt.Errorf("make ballast: %w", errors.Join(err, os.Remove(path)))
	}
	return &FileBallast{path: path}, nil
}

// Release removes the file.
func (b *FileBallast) Release() error {
	err := os.Remove(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoBallast
	}
	return err
}
