package guards

import (
	"bytes"
	"errors"
	"strings"
)

// maxPathBytes bounds one path.
const maxPathBytes = 4096

var errPath = errors.New("path is empty, longer than 4096 bytes, or holds a control character")

// CleanPath returns the lexical form of a path: backslashes are separators,
// repeated separators and "." disappear, ".." removes the element before it; a
// relative path keeps its leading "..", a rooted one drops them. The current
// directory is ".". NUL, newline and other control characters are refused.
func CleanPath(path string) (string, error) {
	if path == "" || len(path) > maxPathBytes {
		return "", errPath
	}
	tidy := true
	for i := range len(path) {
		c := path[i]
		if c < 0x20 || c == 0x7f {
			return "", errPath
		}
		switch {
		case c == '\\' || c == '/' && (i+1 == len(path) || path[i+1] == '/'):
			tidy = false
		case c == '.' && (i == 0 || path[i-1] == '/') && (i+1 == len(path) || path[i+1] == '/' || path[i+1] == '.'):
			tidy = false
		}
	}
	if tidy {
		return path, nil
	}
	return rebuild(strings.ReplaceAll(path, `\`, "/")), nil
}

func rebuild(path string) string {
	rooted := path[0] == '/'
	out := make([]byte, 0, len(path))
	if rooted {
		out = append(out, '/')
	}
	base := len(out) // ".." never removes what is before base
	for at := 0; at < len(path); {
		name, after := cut(path, at)
		at = after
		switch name {
		case "", ".":
			continue
		case "..":
			if len(out) > base {
				i := bytes.LastIndexByte(out[base:], '/')
				out = out[:base+max(i, 0)]
				continue
			}
			if rooted {
				continue
			}
		}
		if len(out) > 0 && out[len(out)-1] != '/' {
			out = append(out, '/')
		}
		out = append(out, name...)
		if name == ".." {
			base = len(out)
		}
	}
	if len(out) == 0 {
		return "."
	}
	return string(out)
}

// brief bounds a path in evidence.
func brief(path string) string {
	const limit = 200
	if len(path) > limit {
		return strings.ToValidUTF8(path[:limit], "") + "…"
	}
	return path
}
