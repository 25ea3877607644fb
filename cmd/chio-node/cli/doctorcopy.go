package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// copyHome makes a home beside the real one that can be opened without changing
// it: files are linked, the store is copied, except for tables, which are never
// changed once written. The store must not be in use before the copy has been
// read, and whoever opens the copy keeps its tables: badger.Options.KeepTables.
func copyHome(home, to string) error {
	entries, err := os.ReadDir(home)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == "store" || name == "ballast" || !e.IsDir() && !e.Type().IsRegular():
			continue // copied below; made anew; sockets
		}
		if err := os.Symlink(filepath.Join(home, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return copyStore(filepath.Join(home, "store"), filepath.Join(to, "store"))
}

func copyStore(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o700)
		case d.Name() == "LOCK" || !d.Type().IsRegular():
			return nil
		case strings.HasSuffix(d.Name(), ".sst") && writable(path):
			return os.Symlink(path, target)
		}
		return copySparse(path, target)
	})
}

// writable reports whether a file could be opened as badger opens tables; one
// on a disk that is mounted read-only cannot.
func writable(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// copySparse copies a file and leaves out the runs of zeros that badger
// allocates ahead.
func copySparse(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	chunk, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	var size int64
	for {
		n, err := io.ReadFull(in, chunk)
		if n > 0 && !bytes.Equal(chunk[:n], zeros[:n]) {
			if _, err := out.WriteAt(chunk[:n], size); err != nil {
				return fmt.Errorf("copy %s: %w", from, err)
			}
		}
		size += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out.Truncate(size)
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", from, err)
		}
	}
}
