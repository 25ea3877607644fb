package node

import (
	"path"
	"strings"
)

// narrowRoots is what two lists of directories have in common. A list that is
// nil confines nothing; an empty one permits nothing.
func narrowRoots(a, b []string) []string {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := []string{}
	for _, x := range a {
		for _, y := range b {
			switch x, y := path.Clean(x), path.Clean(y); {
			case within(x, y):
				out = append(out, x)
			case within(y, x):
				out = append(out, y)
			}
		}
	}
	return out
}

// within reports whether a clean path is dir or below it.
func within(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}
