package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/node"
)

// checkHome looks at the folder itself.
func checkHome(home string, fix bool) finding {
	const name = "home"
	if !node.Exists(home) {
		return wrong(name, "there is nothing to check", "create one: chio-node init --name NAME", "%s is not a node's home", home)
	}
	return private(name, home, 0o700, fix)
}

// checkFiles looks at the files that must be their owner's alone.
func checkFiles(home string, fix bool) finding {
	const name = "permissions"
	found := 0
	for _, file := range []string{"master.key", "master.age", "api.token"} {
		path := filepath.Join(home, file)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if f := private(name, path, 0o600, fix); f.State != stateOK {
			return f
		}
		found++
	}
	return fine(name, "%d secret file(s), each its owner's alone", found)
}

// private checks that nobody but the owner can reach path, and sees to it if
// that is wanted.
func private(name, path string, want os.FileMode, fix bool) finding {
	info, err := os.Stat(path)
	if err != nil {
		return bad(name, err, "", "")
	}
	mode := info.Mode().Perm()
	switch {
	case mode&0o077 == 0:
		return fine(name, "%s", path)
	case fix && os.Chmod(path, want) == nil:
		return fine(name, "%s could be read by others (%04o), and no longer can", path, mode)
	}
	return wrong(name, "another user of this machine can copy the node's keys, or act as its operator",
		fmt.Sprintf("chmod %o %s, or doctor --fix; if others may have read it, replace the keys: docs/keys.md", want, path),
		"%s can be read by others (%04o)", path, mode)
}

// checkSocket finds a socket that a killed node left behind.
func checkSocket(home string, running, fix bool) finding {
	const name = "socket"
	path := filepath.Join(home, "node.sock")
	info, err := os.Lstat(path)
	switch {
	case running:
		return fine(name, "%s answers", path)
	case errors.Is(err, os.ErrNotExist):
		return fine(name, "none: no node is up")
	case err != nil:
		return bad(name, err, "", "")
	case info.Mode()&os.ModeSocket == 0:
		return wrong(name, "the node's API cannot listen there", "see what it is, then move it away", "%s is not a socket", path)
	case fix && os.Remove(path) == nil:
		return fine(name, "removed %s, which nobody served", path)
	}
	return doubt(name, "the last node was killed; the next start replaces it", "nothing, or doctor --fix", "%s is there and nobody serves it", path)
}

// The free space below which the store refuses writes, and below which an
// operator should know.
const (
	minFreeBytes  = 64 << 20
	warnFreeBytes = 512 << 20
)

func checkDisk(home string) finding {
	const name = "disk"
	free, known := freeBytes(home)
	switch {
	case !known:
		return fine(name, "this system does not say how much is free")
	case free < minFreeBytes:
		return wrong(name, "every call is denied, with receipts that are in no log", "free space under "+home+", then restart the node",
			"%d MiB are free, the store needs %d", free>>20, minFreeBytes>>20)
	case free < warnFreeBytes:
		return doubt(name, fmt.Sprintf("at %d MiB every call will be denied", minFreeBytes>>20),
			"free space, or archive receipts: chio-node receipt archive --help", "%d MiB are free", free>>20)
	}
	return fine(name, "%d MiB are free", free>>20)
}

func checkConfinement() finding {
	const name = "confinement"
	version, err := mcp.ConfinementVersion()
	if err != nil {
		return doubt(name, "wrapped tool servers can read and write every file of this user, the node's home too",
			"run them as another user or in a container; mcp serve --require-confinement refuses to start them here", "%s: %v", mcp.CodeConfineUnavailable, err)
	}
	return fine(name, "landlock %d: wrapped tool servers are kept out of the node's home", version)
}
