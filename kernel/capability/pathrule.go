package capability

import (
	"strings"
)

// argumentPath is the value of argument_path_prefix.
type argumentPath struct {
	Pointer *string `json:"pointer"`
	Prefix  *string `json:"prefix"`
}

func (c *Constraint) parsePathRule(r *rule) *Error {
	if c.Type == PathPrefix {
		if err := c.str(&r.text, MaxItemBytes); err != nil {
			return err
		}
	} else if err := c.parseArgumentPath(r); err != nil {
		return err
	}
	p, err := parsePath(r.text)
	if err != nil {
		return c.malformed("the prefix " + err.Error())
	}
	if c.Type == ArgumentPathPrefix && !p.absolute {
		return c.malformed("the prefix is not absolute")
	}
	r.path = p
	return nil
}

func (c *Constraint) parseArgumentPath(r *rule) *Error {
	var v argumentPath
	if err := c.decode(&v); err != nil {
		return err
	}
	if v.Pointer == nil || v.Prefix == nil || len(*v.Prefix) > MaxItemBytes {
		return c.malformed("it needs a pointer and a prefix")
	}
	if !isPointer(*v.Pointer) {
		return c.malformed("the pointer is not RFC 6901")
	}
	r.pointer, r.text = *v.Pointer, *v.Prefix
	return nil
}

// isPointer accepts the RFC 6901 pointers of something inside the arguments;
// each place has one spelling.
func isPointer(s string) bool {
	if s == "" || s[0] != '/' || len(s) > maxPathPointer {
		return false
	}
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return false
		}
	}
	return true
}

// fence is a prefix that paths are judged against, with and without its
// symbolic links.
type fence struct {
	prefix, real lexicalPath
	follow       bool
}

func (f *argumentFacts) fence(r *rule) (fence, *Error) {
	w := fence{prefix: r.path, follow: f.call.Resolve != nil}
	if !w.follow {
		return w, nil
	}
	var err error
	if w.real, err = f.resolve(r.path); err != nil {
		return w, refuse(CodeConstraint, "path prefix %.80q %v", r.text, err)
	}
	return w, nil
}

// inside is "" for a path within the fence, both as written and after its
// symbolic links are followed, or says why not.
func (f *argumentFacts) inside(w *fence, text string) string {
	p, err := parsePath(text)
	if err != nil {
		return err.Error()
	}
	if !w.prefix.contains(p) {
		return "is outside"
	}
	if !w.follow {
		return ""
	}
	if climbsInside(text) {
		return errPathClimbs.Error()
	}
	real, err := f.resolve(p)
	if err != nil {
		return err.Error()
	}
	if !w.real.contains(real) {
		return "leads outside through a symbolic link"
	}
	return ""
}

// pathPrefix holds when the arguments name at least one path and every string
// that could be one is inside the prefix.
func (f *argumentFacts) pathPrefix(r *rule) *Error {
	leaves, err := f.pathLeaves()
	if err != nil {
		return err
	}
	w, err := f.fence(r)
	if err != nil {
		return err
	}
	named := false
	for i := range leaves {
		named = named || !leaves[i].isName && leaves[i].keys&pathKey != 0
	}
	found := false
	for i := range leaves {
		if !f.couldBePath(&leaves[i], named) {
			continue
		}
		found = true
		if why := f.inside(&w, leaves[i].text); why != "" {
			return refuse(CodeConstraint, "path_prefix %.80q: argument at %.80q %s", r.text, f.at(i), why)
		}
	}
	if !found {
		return refuse(CodeConstraint, "path_prefix %.80q: the arguments name no path", r.text)
	}
	return nil
}

func (f *argumentFacts) pathLeaves() ([]leaf, *Error) {
	if len(f.call.PathPointers) > 0 {
		return f.pointed()
	}
	return f.strings()
}

// couldBePath decides which strings a path_prefix judges.
//
// With declared arguments: those, everything below them, and values under
// path-like names. Without: every string, because a bare file name can stand
// under any name, except, where another value stands under a path-like name
// (named), text under a content name, one word under an option name, and a
// filter that cannot leave a directory. Names are judged where they look like
// paths, or stand in an object whose own name is path-like.
func (f *argumentFacts) couldBePath(l *leaf, named bool) bool {
	if declared := f.call.PathPointers; len(declared) > 0 {
		return !l.isName && l.keys&pathKey != 0 || below(declared, l)
	}
	switch {
	case l.isName:
		return looksLikePath(l.text) || l.keys&pathKey != 0 && l.near&pathKey == 0
	case l.keys&pathKey != 0 || !named:
		return true
	case l.near&contentKey != 0:
		return false
	case l.near&optionKey != 0:
		return !isWord(l.text)
	case l.near&patternKey != 0:
		return looksLikePath(l.text)
	}
	return true
}

// below reports whether a leaf is one of the places, or inside one.
func below(places []string, l *leaf) bool {
	for _, p := range places {
		if rest, ok := strings.CutPrefix(l.pointer, p); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// isWord accepts what an option such as "utf-8" or "read" looks like.
func isWord(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if b := s[i] | 0x20; (b < 'a' || b > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return true
}

// argumentPathPrefix holds when the value at the pointer is one string, a path
// inside the prefix.
func (f *argumentFacts) argumentPathPrefix(r *rule) *Error {
	leaves, err := f.pointed()
	if err != nil {
		return err
	}
	w, err := f.fence(r)
	if err != nil {
		return err
	}
	for i := range leaves {
		if leaves[i].isName || leaves[i].pointer != r.pointer {
			continue
		}
		if why := f.inside(&w, leaves[i].text); why != "" {
			return refuse(CodeConstraint, "argument_path_prefix %.80q: argument at %.80q %s", r.text, r.pointer, why)
		}
		return nil
	}
	return refuse(CodeConstraint, "argument_path_prefix %.80q: there is no string at %.80q", r.text, r.pointer)
}
