package guard

import (
	"path"
	"strings"
)

// patched is the shape of a diff: its own path argument and every file its
// headers name become paths of the action. A diff that names no file and comes
// without a path is malformed.
func (a arguments) patched(f *finder, base, diff string) Shape {
	named, file := 0, base
	var bad error
	diffFiles(diff, func(name string, guess bool) {
		switch {
		case bad != nil:
		case guess:
			bad = f.path(name, true)
		default:
			named++
			bad = f.patchPath(base, name)
			file = orText(file, name)
		}
	})
	switch {
	case bad != nil:
		return Malformed{Reason: bad.Error()}
	case file == "":
		return Malformed{Reason: `argument "path" is missing and the diff names no file`}
	case named == 0:
		if err := f.path(file, false); err != nil {
			return Malformed{Reason: err.Error()}
		}
	}
	return Patch{Path: file, Diff: diff}
}

// patchPath adds a file that a header names. Where the call also names a path,
// that is either the same file or the directory the diff is applied in.
func (f *finder) patchPath(base, name string) error {
	if base == "" || base == name || strings.HasSuffix(base, "/"+name) {
		return f.pathOf(orText(base, name), AccessPatch)
	}
	if rooted(name) && name[0] != '.' {
		return f.pathOf(name, AccessPatch)
	}
	return f.pathOf(path.Join(base, name), AccessPatch)
}

func orText(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func (f *finder) pathOf(text string, access Access) error {
	kept := f.access
	f.access = access
	err := f.path(text, false)
	f.access = kept
	return err
}

// diffFiles calls fn with every file name in the headers of a unified diff or
// of the "*** Begin Patch" form. It errs on the side of more: a line that may
// be a header is one, unless the counts of a hunk say that it is content. A
// guess is what only some tools take for a name: an indented header, and the
// target of a symbolic link that the diff makes.
func diffFiles(diff string, fn func(name string, guess bool)) {
	var old, new int
	link := false
	for line := range strings.SplitSeq(diff, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if old > 0 || new > 0 {
			switch {
			case new > 0 && strings.HasPrefix(line, "+"):
				new--
				if link && len(line) > 1 {
					fn(line[1:], true)
				}
				continue
			case old > 0 && strings.HasPrefix(line, "-"):
				old--
				continue
			case old > 0 && new > 0 && (line == "" || line[0] == ' '):
				old, new = old-1, new-1
				continue
			case strings.HasPrefix(line, `\`):
				continue
			}
			old, new = 0, 0 // the hunk is shorter than it says
		}
		if rest, ok := strings.CutPrefix(line, "@@ -"); ok {
			old, new = hunkCounts(rest)
			continue
		}
		if rest, ok := strings.CutPrefix(line, "diff --git "); ok {
			link = false
			gitNames(rest, func(name string) { fn(name, false) })
			continue
		}
		link = link || strings.HasPrefix(line, "new ") && strings.HasSuffix(line, "mode 120000")
		bare := strings.TrimLeft(line, " \t")
		if name := headerFile(bare); name != "" && name != "/dev/null" {
			fn(name, len(bare) < len(line))
		}
	}
}

// gitNames reads "a/x b/y". Blanks in a name are not quoted: two equal halves
// are one name, else everything between blanks is one.
func gitNames(rest string, fn func(string)) {
	if half := len(rest) / 2; len(rest)%2 == 1 && rest[half] == ' ' {
		if a, b := unprefixed(rest[:half]), unprefixed(rest[half+1:]); a == b {
			fn(a)
			return
		}
	}
	if old, new, ok := strings.Cut(rest, " b/"); ok && !strings.Contains(new, " b/") {
		fn(unprefixed(old))
		fn(unprefixed("b/" + strings.TrimSuffix(new, `"`)))
		return
	}
	for name := range strings.FieldsSeq(rest) {
		fn(unprefixed(name))
	}
}

// unprefixed is a name of a diff without quotes and git's "a/" or "b/".
func unprefixed(name string) string {
	name = unquoted(name)
	if len(name) > 2 && (name[0] == 'a' || name[0] == 'b') && name[1] == '/' {
		return name[2:]
	}
	return name
}

// hunkCounts reads "1,7 +1,6 @@"; what cannot be read counts nothing, so that
// the lines that follow are looked at as headers.
func hunkCounts(s string) (old, new int) {
	a, rest, ok := strings.Cut(s, " +")
	if !ok {
		return 0, 0
	}
	b, _, ok := strings.Cut(rest, " @@")
	if !ok {
		return 0, 0
	}
	return lineCount(a), lineCount(b)
}

func lineCount(span string) int {
	_, count, ok := strings.Cut(span, ",")
	if !ok {
		return 1
	}
	n := 0
	for _, c := range []byte(count) {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// headerFile returns the file a header line names, without the "a/" or "b/"
// that git puts before it and the time stamp that diff puts behind it.
func headerFile(line string) string {
	for _, prefix := range [...]string{"*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: ",
		"rename from ", "rename to ", "copy from ", "copy to ", "Index: "} {
		if name, ok := strings.CutPrefix(line, prefix); ok {
			return unquoted(name)
		}
	}
	for _, prefix := range [...]string{"--- ", "+++ "} {
		name, ok := strings.CutPrefix(line, prefix)
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, "\t")
		return unprefixed(name)
	}
	return ""
}

// unquoted undoes git's quoting of unusual names as far as it matters to a
// judge: quotes go, and octal escapes become their bytes.
func unquoted(name string) string {
	name = strings.TrimSpace(name)
	if len(name) < 2 || name[0] != '"' || name[len(name)-1] != '"' {
		return name
	}
	name = name[1 : len(name)-1]
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c != '\\' || i+1 >= len(name) {
			out = append(out, c)
			continue
		}
		i++
		if i+2 < len(name) && name[i] >= '0' && name[i] <= '3' {
			v := 0
			for _, d := range []byte(name[i : i+3]) {
				v = v*8 + int(d-'0')&7
			}
			out = append(out, byte(v))
			i += 2
			continue
		}
		switch name[i] {
		case 't':
			out = append(out, '\t')
		case 'n':
			out = append(out, '\n')
		default:
			out = append(out, name[i])
		}
	}
	return string(out)
}
