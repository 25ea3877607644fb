package guards

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
)

// maxPathParts bounds how often one path is resolved.
const maxPathParts = 256

var (
	errPathDeep  = errors.New("path has too many parts")
	errPathReal  = errors.New("path does not resolve to an absolute path")
	errPathClimb = errors.New(`path has ".." behind a symbolic link; write it without`)
)

// reach says which file a path leads to. Where the call's route follows links
// (this node sees the tool's file system), that is the target, and its name
// relative to the directory the tool runs in; else the path as written. What
// does not exist is its deepest existing parent and the rest. An error denies.
// The answer is kept for the other guards that judge the same request.
func reach(r *guard.Request, p *guard.Path, clean string) (guard.Reach, error) {
	resolve := r.Call.Route.Resolve
	if resolve == nil || r.Call.Route.PeerDID != "" || expanded(clean) {
		return guard.Reach{Path: clean}, nil
	}
	if known, ok := r.Reached[p.Text]; ok {
		return known, nil
	}
	base, err := resolve(".")
	if err != nil {
		return guard.Reach{}, fmt.Errorf("resolving the tool's directory: %w", err)
	}
	if err := climbs(resolve, base, p.Text); err != nil {
		return guard.Reach{}, err
	}
	target, err := target(resolve, clean)
	if err != nil {
		return guard.Reach{}, err
	}
	out := guard.Reach{Path: target, Redirected: target != under(base, clean)}
	switch rest, inside := strings.CutPrefix(target, strings.TrimSuffix(base, "/")+"/"); {
	case target == base:
		out.Relative = "."
	case inside:
		out.Relative = rest
	}
	if r.Reached == nil {
		r.Reached = map[string]guard.Reach{}
	}
	r.Reached[p.Text] = out
	return out, nil
}

// expanded reports a path that a shell or a tool expands: what it leads to
// cannot be asked of the file system.
func expanded(clean string) bool {
	return clean[0] == '~' || strings.ContainsAny(clean, "$%")
}

// target follows the links of the deepest existing parent.
func target(resolve func(string) (string, error), clean string) (string, error) {
	if strings.Count(clean, "/") >= maxPathParts {
		return "", errPathDeep
	}
	known, rest := clean, ""
	for {
		real, err := resolve(known)
		if err == nil {
			if !path.IsAbs(real) {
				return "", errPathReal
			}
			return path.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || known == "/" || known == "." || path.Base(known) == ".." {
			return "", err
		}
		known, rest = path.Dir(known), path.Join(path.Base(known), rest)
	}
}

// climbs refuses a ".." behind a name that is a link: a judge reads the path
// lexically, the system follows the link first.
func climbs(resolve func(string) (string, error), base, text string) error {
	if !strings.Contains(text, "..") {
		return nil
	}
	text = strings.ReplaceAll(text, `\`, "/")
	for at, tried := 0, 0; at < len(text); {
		name, after := cut(text, at)
		before := text[:at]
		at = after
		if name != ".." || strings.Trim(before, "./") == "" {
			continue
		}
		if tried++; tried > maxPathParts {
			return errPathDeep
		}
		clean, err := CleanPath(before)
		if err != nil {
			return err
		}
		real, err := target(resolve, clean)
		if err != nil {
			return err
		}
		if real != under(base, clean) {
			return errPathClimb
		}
	}
	return nil
}

// under is a clean path seen from a directory.
func under(base, clean string) string {
	if path.IsAbs(clean) {
		return clean
	}
	return path.Join(base, clean)
}
