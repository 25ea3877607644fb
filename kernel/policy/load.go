package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// BuiltinDefault is the name of the policy in the binary.
const BuiltinDefault = "builtin:default"

//go:embed builtin/default.yaml
var builtinDefault []byte

const builtinPrefix = "builtin:"

// maxExtends bounds the length of a chain of documents.
const maxExtends = 16

// Load reads the document called name from fsys, loads what it extends, and
// returns the resolved document. Extends names "builtin:default" or a file
// relative to the document that says it, inside fsys. A name that begins with
// "builtin:" needs no file system.
func Load(name string, fsys fs.FS) (*Document, error) {
	var chain []*Document // leaf first
	seen := map[string]bool{}
	for at := name; at != ""; {
		if seen[at] {
			return nil, invalid(name, "extends", fmt.Sprintf("%q extends itself through %s", at, strings.Join(sources(chain), " → ")), "break the cycle")
		}
		if len(chain) >= maxExtends {
			return nil, invalid(name, "extends", fmt.Sprintf("chain is longer than %d documents", maxExtends), "merge some of them")
		}
		seen[at] = true
		doc, err := readDocument(at, fsys)
		if err != nil {
			return nil, err
		}
		d, err := Parse(at, doc)
		if err != nil {
			return nil, err
		}
		chain = append(chain, d)
		if d.Extends == "" {
			break
		}
		if at, err = reference(at, d.Extends); err != nil {
			return nil, err
		}
	}
	resolved := chain[len(chain)-1]
	for i := len(chain) - 2; i >= 0; i-- {
		resolved = Merge(resolved, chain[i])
	}
	resolved.Extends, resolved.MergeStrategy = "", ""
	return resolved, nil
}

func sources(chain []*Document) []string {
	var names []string
	for _, d := range chain {
		names = append(names, d.Sources...)
	}
	return names
}

// reference resolves what a document extends.
func reference(from, extends string) (string, error) {
	switch {
	case strings.HasPrefix(extends, "builtin:"):
		return extends, nil
	case strings.HasPrefix(from, "builtin:"):
		return "", invalid(from, "extends", "a builtin policy extends no file", "")
	case strings.Contains(extends, "://"):
		return "", invalid(from, "extends", fmt.Sprintf("%.120q is remote, and policies are not fetched", extends), "keep a copy beside this file")
	case strings.Contains(extends, `\`) || path.IsAbs(extends):
		return "", invalid(from, "extends", fmt.Sprintf("%.120q is not a relative path with slashes", extends), "name a file relative to this one")
	}
	to := path.Join(path.Dir(from), extends)
	if !fs.ValidPath(to) {
		return "", invalid(from, "extends", fmt.Sprintf("%.120q leaves the folder policies are read from", extends), "keep the base beside this file")
	}
	return to, nil
}

func readDocument(name string, fsys fs.FS) ([]byte, error) {
	if name == BuiltinDefault {
		return builtinDefault, nil
	}
	if strings.HasPrefix(name, "builtin:") {
		return nil, invalid(name, "", "is not a policy of this build", "use "+BuiltinDefault)
	}
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
