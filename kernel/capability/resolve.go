package capability

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// maxPathParts bounds how often one path is resolved.
const maxPathParts = 256

var (
	errPathDeep    = errors.New("has too many parts")
	errPathSpecial = errors.New("begins with something that is expanded elsewhere")
	errPathClimbs  = errors.New("has \"..\" behind a directory, which a symbolic link can redirect; write it without")
	errPathReal    = errors.New("does not resolve to an absolute path")
)

// climbsInside finds ".." behind a name: what it means depends on whether that
// name is a symbolic link, so it is refused where links are followed.
func climbsInside(s string) bool {
	inside := false
	for part := range strings.SplitSeq(s, "/") {
		switch part {
		case "", ".":
		case "..":
			if inside {
				return true
			}
		default:
			inside = true
		}
	}
	return false
}

// resolve follows the symbolic links of the deepest existing ancestor of p and
// appends the rest, of which nothing exists yet.
func (f *argumentFacts) resolve(p lexicalPath) (lexicalPath, error) {
	first, _, _ := strings.Cut(p.clean, "/")
	if !p.absolute && isSpecialRoot(first) {
		return lexicalPath{}, errPathSpecial
	}
	if strings.Count(p.clean, "/") >= maxPathParts {
		return lexicalPath{}, errPathDeep
	}
	known, rest := p.String(), ""
	for {
		real, err := f.call.Resolve(known)
		if err == nil {
			q, err := parsePath(real)
			if err != nil || !q.absolute {
				return lexicalPath{}, errPathReal
			}
			return parsePath(path.Join(real, rest))
		}
		if !errors.Is(err, fs.ErrNotExist) || known == "/" || known == "." || path.Base(known) == ".." {
			return lexicalPath{}, errors.New("cannot be resolved")
		}
		known, rest = path.Dir(known), path.Join(path.Base(known), rest)
	}
}
