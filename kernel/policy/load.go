package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// maxExtends bounds the length of a chain of documents.
const maxExtends = 16

// Load reads the document called name from fsys, loads what it extends, and
// returns the resolved document, checked as a whole. Extends names a policy of
// the binary ("builtin:strict" or "strict"), a file relative to the document
// that says it, inside fsys, or an https address pinned by "#sha256=", of
// which Vendor must have stored a copy. A name that begins with "builtin:"
// needs no file system.
func Load(name string, fsys fs.FS) (*Document, error) {
	chain, err := chainOf(name, fsys, readDocument)
	if err != nil {
		return nil, err
	}
	resolved := chain[len(chain)-1]
	for i := len(chain) - 2; i >= 0; i-- {
		resolved = Merge(resolved, chain[i])
	}
	resolved.Extends, resolved.MergeStrategy = "", ""
	settle(resolved)
	if err := Validate(resolved); err != nil {
		return nil, err
	}
	return resolved, nil
}

// settle fills defaults that a document leaves open until it is resolved, so
// that it does not override what its base says.
func settle(d *Document) {
	if o := d.Extensions.Origins; o != nil && o.DefaultBehavior == "" {
		filled := *o
		filled.DefaultBehavior = "deny"
		d.Extensions.Origins = &filled
	}
}

// chainOf reads a document and what it extends, the leaf first.
func chainOf(name string, fsys fs.FS, read func(ref reference, fsys fs.FS) ([]byte, error)) ([]*Document, error) {
	var chain []*Document
	seen := map[string][]byte{}
	for at := (reference{name: name}); ; {
		if _, again := seen[at.name]; again {
			return nil, placed(seen, invalid(name, "extends", fmt.Sprintf("%q extends itself through %s", at.name, strings.Join(sources(chain), " → ")), "break the cycle"))
		}
		if len(chain) >= maxExtends {
			return nil, placed(seen, invalid(name, "extends", fmt.Sprintf("chain is longer than %d documents", maxExtends), "merge some of them"))
		}
		doc, err := read(at, fsys)
		if len(chain) > 0 && at.pin == nil && errors.Is(err, fs.ErrNotExist) {
			child := chain[len(chain)-1]
			err = invalid(nameOf(child), "extends", fmt.Sprintf("there is no file %.120q", child.Extends), "name one beside this file, or one of "+strings.Join(BuiltinNames(), ", "))
		}
		if err != nil {
			return nil, placed(seen, err)
		}
		d, err := Parse(at.name, doc)
		if err != nil {
			return nil, err
		}
		seen[at.name], chain = doc, append(chain, d)
		if d.Extends == "" {
			return chain, nil
		}
		if at, err = resolve(at, d.Extends); err != nil {
			return nil, placed(seen, err)
		}
	}
}

// placed gives problems with what a document extends their positions in it.
func placed(docs map[string][]byte, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	for i := range e.Problems {
		p := &e.Problems[i]
		doc, have := docs[p.File]
		if !have || p.Line > 0 {
			continue
		}
		if _, r, failed := read(p.File, doc); failed == nil {
			r.place(p)
		}
	}
	return err
}

func sources(chain []*Document) []string {
	var names []string
	for _, d := range chain {
		names = append(names, d.Sources...)
	}
	return names
}

// reference is where a document is read from.
type reference struct {
	name string // builtin:NAME, or a path in the file system
	pin  *pin   // of a vendored copy
	from string // the document that extends a vendored copy
}

// resolve finds what a document extends.
func resolve(from reference, extends string) (reference, error) {
	switch {
	case isBareBuiltin(extends):
		return reference{name: builtinPrefix + extends}, nil
	case strings.HasPrefix(extends, builtinPrefix):
		return reference{name: extends}, nil
	case strings.HasPrefix(from.name, builtinPrefix):
		return reference{}, invalid(from.name, "extends", "a builtin policy extends no file", "")
	case strings.Contains(extends, "://"):
		p, err := parsePin(from.name, extends)
		if err != nil {
			return reference{}, err
		}
		return reference{name: p.file(from), pin: p, from: from.name}, nil
	case from.pin != nil:
		return reference{}, invalid(from.name, "extends", fmt.Sprintf("%.120q is a file, and a vendored policy has none beside it", extends),
			"extend a builtin policy or an https address with #sha256=")
	case strings.Contains(extends, `\`) || path.IsAbs(extends):
		return reference{}, invalid(from.name, "extends", fmt.Sprintf("%.120q is not a relative path with slashes", extends), "name a file relative to this one")
	}
	to := path.Join(path.Dir(from.name), extends)
	if !fs.ValidPath(to) {
		return reference{}, invalid(from.name, "extends", fmt.Sprintf("%.120q leaves the folder policies are read from", extends), "keep the base beside this file")
	}
	return reference{name: to}, nil
}

func readDocument(ref reference, fsys fs.FS) ([]byte, error) {
	if strings.HasPrefix(ref.name, builtinPrefix) {
		doc, ok := Builtin(ref.name)
		if !ok {
			return nil, invalid(ref.name, "", "is not a policy of this build",
				suggest(strings.TrimPrefix(ref.name, builtinPrefix), "they are ", BuiltinNames()))
		}
		return doc, nil
	}
	doc, err := readFile(ref.name, fsys)
	switch {
	case ref.pin == nil:
		return doc, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, invalid(ref.from, "extends", fmt.Sprintf("%.200s has no copy beside this file, and policies are not fetched while a node runs", ref.pin.url),
			"run chio-node policy vendor FILE")
	case err != nil:
		return nil, err
	}
	if err := ref.pin.check(ref.name, doc); err != nil {
		return nil, err
	}
	return doc, nil
}

func readFile(name string, fsys fs.FS) ([]byte, error) {
	if fsys == nil {
		return nil, fmt.Errorf("reading policy %s: %w", name, errors.New("no file system is given"))
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	defer func() { _ = f.Close() }()
	doc, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading policy %s: %w", name, err)
	}
	return doc, nil
}
