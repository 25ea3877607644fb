package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errDangling: what a link will lead to is not known yet.
var errDangling = errors.New("is a symbolic link to nothing")

// resolverIn follows symbolic links for a tool server that runs on this machine
// in dir, with which relative paths begin. It implements capability.CallFacts's
// Resolve: what does not exist at all is fs.ErrNotExist, a dangling link is not.
//
// A link made between this look and the tool's own use of the path is not seen:
// confinement is the answer to a tool server that makes links.
func resolverIn(dir string) func(string) (string, error) {
	if dir == "" {
		return nil
	}
	return func(p string) (string, error) {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		if _, err := os.Lstat(p); err != nil {
			return "", err
		}
		real, err := filepath.EvalSymlinks(p)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%.200q %w", p, errDangling)
		}
		return real, err
	}
}
