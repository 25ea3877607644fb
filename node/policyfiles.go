package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// watchedFS is a folder that remembers what was read from it, so that a change
// can be noticed later. A file that was not there is remembered as well.
type watchedFS struct {
	dir string

	mu   sync.Mutex
	seen map[string]fileMark
}

// fileMark is how a file looked when it was read.
type fileMark struct {
	missing bool // or unreadable
	size    int64
	written time.Time
	fresh   bool // written so shortly before that a second change may show the same time
	digest  wire.Digest
}

const (
	// maxPolicyFile bounds one file that a policy consists of or names.
	maxPolicyFile = 64 << 20
	// freshFile is longer than the resolution of any file system's times.
	freshFile = 3 * time.Second
)

func newWatchedFS(dir string) *watchedFS {
	return &watchedFS{dir: dir, seen: map[string]fileMark{}}
}

// Open implements fs.FS. It reads the file whole.
func (w *watchedFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	doc, info, err := w.read(name)
	mark := fileMark{missing: true}
	if err == nil {
		mark = markOf(doc, info)
	}
	w.mu.Lock()
	w.seen[name] = mark
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return &readFile{bytes.NewReader(doc), info}, nil
}

func markOf(doc []byte, info fs.FileInfo) fileMark {
	return fileMark{size: info.Size(), written: info.ModTime(), fresh: time.Since(info.ModTime()) < freshFile, digest: wire.Hash(doc)}
}

// read refuses what is no regular file: opening a pipe would block.
func (w *watchedFS) read(name string) ([]byte, fs.FileInfo, error) {
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("is not a file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err = f.Stat(); err != nil {
		return nil, nil, err
	}
	doc, err := io.ReadAll(io.LimitReader(f, maxPolicyFile+1))
	if err == nil && len(doc) > maxPolicyFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxPolicyFile)
	}
	return doc, info, err
}

// changed reports whether anything that was read is other than it was. A file
// with another time and the same bytes is not.
func (w *watchedFS) changed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, mark := range w.seen {
		if strings.HasPrefix(name, builtinPrefix) {
			continue
		}
		info, err := os.Stat(filepath.Join(w.dir, filepath.FromSlash(name)))
		if err == nil && !mark.missing && !mark.fresh && info.Size() == mark.size && info.ModTime().Equal(mark.written) {
			continue
		}
		doc, info, err := w.read(name)
		if err != nil {
			if !mark.missing {
				return true
			}
			continue
		}
		now := markOf(doc, info)
		if mark.missing || now.digest != mark.digest {
			return true
		}
		w.seen[name] = now
	}
	return false
}

// readFile is a file that was read.
type readFile struct {
	*bytes.Reader
	info fs.FileInfo
}

// Stat implements fs.File.
func (f *readFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close implements fs.File.
func (f *readFile) Close() error { return nil }
