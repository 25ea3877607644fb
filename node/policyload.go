package node

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

const builtinPrefix = "builtin:"

// LoadedPolicy is a policy document with everything it extends merged in.
type LoadedPolicy struct {
	Document *policy.Document
	files    *watchedFS
	read     map[string][]byte // files that the document names and Compile read
}

// LoadPolicy reads a policy: a file, or builtin:NAME.
func LoadPolicy(path string) (*LoadedPolicy, error) {
	dir, name := filepath.Dir(path), filepath.Base(path)
	if strings.HasPrefix(path, builtinPrefix) {
		dir, name = ".", path
	}
	l, err := loadDocument(newWatchedFS(dir), name)
	if err != nil {
		return nil, policyProblem(path, err)
	}
	return l, nil
}

func loadDocument(files *watchedFS, name string) (*LoadedPolicy, error) {
	d, err := policy.Load(name, files)
	if err != nil {
		return nil, err
	}
	return &LoadedPolicy{Document: d, files: files, read: map[string][]byte{}}, nil
}

// Compile compiles the document; files that it names are read beside it.
func (l *LoadedPolicy) Compile(o policy.CompileOptions) (*policy.Compiled, error) {
	o.ReadFile = l.readFile
	return policy.Compile(l.Document, o)
}

func (l *LoadedPolicy) readFile(name string) ([]byte, error) {
	clean := filepath.ToSlash(filepath.Clean(name))
	if !fs.ValidPath(clean) {
		return nil, fmt.Errorf("%.120q leaves the folder of the policy", name)
	}
	doc, err := fs.ReadFile(l.files, clean)
	if err == nil {
		l.read[name] = doc
	}
	return doc, err
}

// policyLoader reads and compiles a node's own policy.
type policyLoader struct {
	home    string
	name    string // a file relative to the home, or builtin:NAME
	options policy.CompileOptions
}

// load also returns what it looked at, with an error too.
func (l *policyLoader) load() (*policy.Compiled, *watchedFS, error) {
	dir, name := l.home, l.name
	if !strings.HasPrefix(name, builtinPrefix) {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(l.home, path)
		}
		dir, name = filepath.Dir(path), filepath.Base(path)
	}
	files := newWatchedFS(dir)
	doc, err := loadDocument(files, name)
	if err != nil {
		return nil, files, policyProblem(l.name, err)
	}
	compiled, err := doc.Compile(l.options)
	if err != nil {
		return nil, files, policyProblem(l.name, err)
	}
	return compiled, files, nil
}

func policyProblem(name string, err error) error {
	hint := "docs/policy-reference.md lists every block and field"
	var invalid *policy.Error
	var file *fs.PathError
	switch {
	case errors.As(err, &invalid):
		hint = "correct the lines named above; docs/policy-reference.md lists every block and field"
	case errors.As(err, &file):
		hint = "name a file that can be read; the program's own are builtin:" + strings.Join(policy.BuiltinNames(), ", builtin:")
	}
	return &Problem{Code: "CHIO-POLICY-INVALID", Message: fmt.Sprintf("policy %s: %v", name, err), Hint: hint, Exit: ExitFailure, Cause: err}
}

// ServerPolicy is a resolved policy as a running node is handed it, with the
// bytes of the files that it names.
type ServerPolicy struct {
	Document wire.Raw          `json:"document"`
	Files    map[string][]byte `json:"files,omitempty"` // by the name that the document uses
	// Observe are guards that only observe, besides those the document names;
	// "all" are all of them.
	Observe []string `json:"observe,omitempty"`
}

// ResolvePolicy reads a policy file and everything it extends and names into
// what a running node can be handed. What is too large for that is refused.
func ResolvePolicy(path string, observe []string) (*ServerPolicy, error) {
	l, err := LoadPolicy(path)
	if err != nil {
		return nil, err
	}
	c, err := l.Compile(policy.CompileOptions{})
	if err != nil {
		return nil, policyProblem(path, err)
	}
	return l.handOver(path, c.Canonical, observe)
}

// handOver packs a policy with the files that compiling it read.
func (l *LoadedPolicy) handOver(path string, document wire.Raw, observe []string) (*ServerPolicy, error) {
	p := &ServerPolicy{Document: document, Files: l.read, Observe: observe}
	doc, err := wire.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode policy %s: %w", path, err)
	}
	if len(doc) > maxServerPolicy {
		return nil, &Problem{Code: "CHIO-POLICY-LARGE", Exit: ExitFailure,
			Message: fmt.Sprintf("policy %s and the files it names (%s) are %d bytes as one message, limit %d", path,
				strings.Join(slices.Sorted(maps.Keys(l.read)), ", "), len(doc), maxServerPolicy),
			Hint: "put the large part into the node's own policy, which reads its files itself"}
	}
	return p, nil
}

// maxServerPolicy leaves room for the rest of the message that attaches a server.
const maxServerPolicy = 3 << 20

// compile compiles a policy that a server brought along.
func (p *ServerPolicy) compile(o policy.CompileOptions) (*policy.Compiled, error) {
	const name = "--policy"
	d, err := policy.Parse(name, p.Document)
	if err != nil {
		return nil, policyProblem(name, err)
	}
	o.Observe, o.Custom = p.Observe, configured(d, o.Custom)
	o.ReadFile = func(file string) ([]byte, error) {
		if doc, have := p.Files[file]; have {
			return doc, nil
		}
		return nil, fmt.Errorf("%.120q was not handed over with the policy: %w", file, fs.ErrNotExist)
	}
	c, err := policy.Compile(d, o)
	if err != nil {
		return nil, policyProblem(name, err)
	}
	return c, nil
}

// configured are the custom guards that a server's policy says more about. The
// others run under the node's own policy already.
func configured(d *policy.Document, all map[string]guard.Guard) map[string]guard.Guard {
	out := map[string]guard.Guard{}
	if c := d.Extensions.Chio; c != nil {
		for name := range c.Custom {
			if g := all[name]; g != nil {
				out[name] = g
			}
		}
	}
	return out
}

// customGuards checks the guards that an embedding program brought.
func (o *Options) customGuards() (map[string]guard.Guard, error) {
	taken := map[string]bool{"all": true}
	for _, e := range guards.Catalogue() {
		taken[e.Name] = true
	}
	out := make(map[string]guard.Guard, len(o.Guards))
	for i, g := range o.Guards {
		if g == nil {
			return nil, usage("guard %d of the program is nil", i)
		}
		name := g.Name()
		if !namePattern.MatchString(name) || taken[name] {
			return nil, usage("guard %d of the program is called %.80q: a name of its own is needed, of letters, digits, '.', '_' or '-'", i, name)
		}
		taken[name], out[name] = true, g
	}
	return out, nil
}

// PanicFile is the name of the file in a home that denies every call while it
// exists.
const PanicFile = ".hushspec_panic"

// panicking reports whether a home has the file. A home that cannot be looked
// at counts as having it.
func panicking(home string) func() bool {
	path := filepath.Join(home, PanicFile)
	return func() bool {
		_, err := os.Lstat(path)
		return !errors.Is(err, fs.ErrNotExist)
	}
}
