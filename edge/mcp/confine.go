package mcp

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ConfineMode says which files a tool server may open.
type ConfineMode string

// The modes. In each of the first two nothing under Confinement.Hide can be
// read, written, listed or executed, and the server cannot trace or signal
// processes outside of itself.
const (
	// ConfineHome leaves everything but the hidden folders.
	ConfineHome ConfineMode = "home"
	// ConfineWorkspace leaves programs and libraries to read, and the working
	// directory and the server's own empty home to write.
	ConfineWorkspace ConfineMode = "workspace-only"
	// ConfineNone is for servers that cannot work otherwise; it is warned about.
	ConfineNone ConfineMode = "none"
)

// CodeConfineUnavailable is how the absence of confinement is named wherever
// it is reported.
const CodeConfineUnavailable = "CHIO-CONFINE-UNAVAILABLE"

// The reasons a server is not started confined.
var (
	// ErrConfineUnavailable: this kernel cannot confine, and it was required.
	ErrConfineUnavailable = errors.New("this system cannot confine a tool server")
	// ErrConfine: the confinement asked for contradicts itself or was refused.
	ErrConfine = errors.New("tool server cannot be confined as asked")
)

// Confinement is what the operating system is asked to keep a tool server
// from. The zero value is ConfineNone.
type Confinement struct {
	Mode    ConfineMode
	Hide    []string // folders that stay closed whatever else is open: the node's home
	Read    []string // ConfineWorkspace: further files or folders to read and execute
	Require bool     // refuse to start where the system cannot confine
	// Self is the command line that makes this program call RunConfined: a
	// confined server is started by it.
	Self []string
}

func (c *Confinement) on() bool { return c.Mode == ConfineHome || c.Mode == ConfineWorkspace }

func (c *Confinement) validate() error {
	switch c.Mode {
	case "", ConfineNone, ConfineHome, ConfineWorkspace:
	default:
		return fmt.Errorf("%w: mode %.40q is none of %s, %s, %s", ErrConfine, c.Mode, ConfineHome, ConfineWorkspace, ConfineNone)
	}
	if c.Require && !c.on() {
		return fmt.Errorf("%w: confinement is required and switched off", ErrConfine)
	}
	if c.Mode == ConfineHome && len(c.Hide) == 0 {
		return fmt.Errorf("%w: mode %s names no folder to hide", ErrConfine, ConfineHome)
	}
	if c.on() && (len(c.Self) == 0 || c.Self[0] == "") {
		return fmt.Errorf("%w: nothing says how to start this program's confining stage", ErrConfine)
	}
	return nil
}

// plan is how one server will be confined.
type plan struct {
	confined bool
	grants   []grant // what stays open; none at all is possible
	how      string  // in words, for the operator
	self     []string
}

// prepare plans the confinement of a server whose own empty home is home. That
// the system cannot confine is an error only where it is required; anything
// else that keeps a plan from being made is one always.
func (c *Confinement) prepare(cfg *ProcessConfig, home string) (plan, error) {
	if !c.on() {
		return plan{how: "none: switched off"}, nil
	}
	version, err := ConfinementVersion()
	if err != nil && c.Require {
		return plan{}, fmt.Errorf("%s: %w: %w", CodeConfineUnavailable, ErrConfineUnavailable, err)
	}
	if err != nil {
		return plan{how: fmt.Sprintf("none: %s: %v", CodeConfineUnavailable, err)}, nil
	}
	paths := make([]string, 0, len(c.Hide)+2)
	for _, path := range append([]string{cfg.Dir, home}, c.Hide...) {
		real, err := realPath(path)
		if err != nil {
			return plan{}, fmt.Errorf("%w: %w", ErrConfine, err)
		}
		paths = append(paths, real)
	}
	dir, home, hide := paths[0], paths[1], paths[2:]
	p := plan{confined: true, self: c.Self, how: fmt.Sprintf("landlock %d: %s%s", version, c.Mode, missing(version))}
	for _, h := range hide {
		if within(dir, h) {
			return plan{}, fmt.Errorf("%w: the working directory %s is inside %s, which stays closed; choose another", ErrConfine, dir, h)
		}
		if within(h, dir) {
			p.how += fmt.Sprintf("; %s leads to %s, so no new file can be made directly in it", dir, h)
		}
	}
	if p.grants, err = c.grants(hide, dir, home, cfg.Command[0]); err != nil {
		return plan{}, fmt.Errorf("%w: %w", ErrConfine, err)
	}
	return p, nil
}

func (c *Confinement) grants(hide []string, dir, home, program string) ([]grant, error) {
	if c.Mode == ConfineHome {
		return grantsAround(grant{Path: "/", Write: true}, hide, listFolder)
	}
	roots := []grant{{Path: dir, Write: true}, {Path: home, Write: true}}
	for _, path := range devices {
		roots = append(roots, grant{Path: path, Write: true})
	}
	read := append(append([]string{}, systemFolders...), c.Read...)
	if path, err := exec.LookPath(program); err == nil {
		read = append(read, path)
	}
	for _, path := range read {
		real, err := realPath(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // not every system has each of them; what is not there needs no right
		}
		if err != nil {
			return nil, err
		}
		roots = append(roots, grant{Path: real})
	}
	var out []grant
	for _, root := range roots {
		around, err := grantsAround(root, hide, listFolder)
		if err != nil {
			return nil, err
		}
		out = append(out, around...)
	}
	return out, nil
}

// What a program needs to run at all, in ConfineWorkspace.
var (
	systemFolders = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/proc", "/sys"}
	devices       = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
)

// missing names what an old version leaves open.
func missing(version int) string {
	switch {
	case version < 3:
		return "; this kernel does not keep it from truncating files it cannot open, nor from signalling other processes"
	case version < 6:
		return "; this kernel does not keep it from signalling other processes"
	default:
		return ""
	}
}

// realPath is absolute and free of symbolic links.
func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// within reports whether path is folder or lies under it. Both are clean.
func within(path, folder string) bool {
	return path == folder || folder == "/" || strings.HasPrefix(path, folder+"/")
}
