package mcp

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// grant is one path that stays open, with everything under it.
type grant struct {
	Path  string `json:"path"`
	Write bool   `json:"write,omitzero"` // else read and execute
}

// entry is one name in a folder.
type entry struct {
	name string
	link bool
}

// maxGrants bounds the rules of one child.
const maxGrants = 1 << 16

// grantsAround splits a grant of everything under root into grants that leave
// the hidden folders out. Landlock can only allow, so every sibling along the
// way from root down to each hidden folder is allowed by name:
//
//	1 nothing hidden under root: root itself
//	2 root hidden, or under a hidden folder: nothing
//	3 else, at each folder on the way down, every entry that is neither hidden
//	  nor on the way; the folder itself is not granted, because a grant covers
//	  all that is under it
//	4 symbolic links are left out: what they point at is judged by its own path
//
// What appears in a folder on the way after the list was read stays closed.
// Paths are absolute and clean, and those of hide free of symbolic links.
func grantsAround(root grant, hide []string, list func(dir string) ([]entry, error)) ([]grant, error) {
	for _, h := range append([]string{root.Path}, hide...) {
		if !path.IsAbs(h) || path.Clean(h) != h {
			return nil, fmt.Errorf("%q is not an absolute, clean path", h)
		}
	}
	if slices.ContainsFunc(hide, func(h string) bool { return within(root.Path, h) }) { // 2
		return nil, nil
	}
	inside := slices.DeleteFunc(slices.Clone(hide), func(h string) bool { return !within(h, root.Path) })
	if len(inside) == 0 { // 1
		return []grant{root}, nil
	}
	entries, err := list(root.Path) // 3
	if err != nil {
		return nil, err
	}
	var out []grant
	names := onTheWay(root.Path, inside)
	for _, e := range entries {
		if !e.link && !slices.Contains(names, e.name) { // 4
			out = append(out, grant{Path: path.Join(root.Path, e.name), Write: root.Write})
		}
	}
	for _, name := range names {
		below, err := grantsAround(grant{Path: path.Join(root.Path, name), Write: root.Write}, inside, list)
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	if len(out) > maxGrants {
		return nil, fmt.Errorf("more than %d files lie beside the way to %s", maxGrants, strings.Join(hide, ", "))
	}
	return out, nil
}

// onTheWay names the entries of dir that lead to the hidden folders.
func onTheWay(dir string, hide []string) []string {
	var names []string
	for _, h := range hide {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(h, dir), "/"), "/")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// listFolder reads a folder. One that this user may pass through and not list
// has no entries here, so its contents stay closed to the server too.
func listFolder(dir string) ([]entry, error) {
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	out := make([]entry, len(found))
	for i, f := range found {
		out[i] = entry{name: f.Name(), link: f.Type()&fs.ModeSymlink != 0}
	}
	return out, nil
}
