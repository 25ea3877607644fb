package capability

import (
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// The constraint types this package evaluates. Every other type does not hold.
const (
	PathPrefix  = "path_prefix"   // value: string
	DomainExact = "domain_exact"  // value: string
	MaxArgsSize = "max_args_size" // value: integer, bytes
)

// NewPathPrefix confines every path in the arguments to a directory.
func NewPathPrefix(prefix string) Constraint {
	return Constraint{Type: PathPrefix, Value: wire.MustMarshal(prefix)}
}

// NewDomainExact confines every host in the arguments to one name.
func NewDomainExact(host string) Constraint {
	return Constraint{Type: DomainExact, Value: wire.MustMarshal(host)}
}

// NewMaxArgsSize bounds the canonical arguments, in bytes.
func NewMaxArgsSize(limit uint64) Constraint {
	return Constraint{Type: MaxArgsSize, Value: wire.MustMarshal(limit)}
}

// holds is nil only if the constraint was evaluated and is met.
func (c *Constraint) holds(f *argumentFacts) *Error {
	switch c.Type {
	case PathPrefix:
		return c.pathPrefix(f)
	case DomainExact:
		return c.domainExact(f)
	case MaxArgsSize:
		return c.maxArgsSize(f)
	}
	return refuse(CodeConstraint, "constraint %.64q cannot be evaluated by this kernel", c.Type)
}

func (c *Constraint) decode(v any) *Error {
	if err := wire.Unmarshal(c.Value, v, wire.DocumentLimits); err != nil {
		return refuse(CodeConstraint, "constraint %s has an unusable value", c.Type)
	}
	return nil
}

// pathPrefix holds when at least one path is in the arguments and every string
// that could be one is inside the prefix, after lexical cleaning.
func (c *Constraint) pathPrefix(f *argumentFacts) *Error {
	var text string
	if err := c.decode(&text); err != nil {
		return err
	}
	prefix, err := parsePath(text)
	if err != nil {
		return refuse(CodeConstraint, "path_prefix %.80q: %v", text, err)
	}
	leaves, err := f.strings()
	if err != nil {
		return refuse(CodeConstraint, "path_prefix: %v", err)
	}
	found := false
	for i := range leaves {
		l := &leaves[i]
		if !isPathCandidate(l, f.call.PathPointers) {
			continue
		}
		found = true
		p, err := parsePath(l.text)
		if err != nil {
			return refuse(CodeConstraint, "path_prefix %.80q: argument at %.80q %v", text, l.pointer, err)
		}
		if !prefix.contains(p) {
			return refuse(CodeConstraint, "path_prefix %.80q: argument at %.80q is outside", text, l.pointer)
		}
	}
	if !found {
		return refuse(CodeConstraint, "path_prefix %.80q: the arguments name no path", text)
	}
	return nil
}

// isPathCandidate decides which strings a path_prefix judges.
func isPathCandidate(l *leaf, declared []string) bool {
	switch {
	case l.isName:
		return len(declared) == 0 && looksLikePath(l.text)
	case l.keys&pathKey != 0 || slices.Contains(declared, l.pointer):
		return true
	default:
		return len(declared) == 0 && looksLikePath(l.text)
	}
}

// domainExact holds when at least one host is in the arguments and every host
// is the named one.
func (c *Constraint) domainExact(f *argumentFacts) *Error {
	var text string
	if err := c.decode(&text); err != nil {
		return err
	}
	want, ok := parseHost(text)
	if !ok {
		return refuse(CodeConstraint, "domain_exact %.80q is not a host name", text)
	}
	leaves, err := f.strings()
	if err != nil {
		return refuse(CodeConstraint, "domain_exact: %v", err)
	}
	found := false
	for i := range leaves {
		l := &leaves[i]
		hosts, err := hostsIn(l.text, l.keys&hostKey != 0)
		if err != nil {
			return refuse(CodeConstraint, "domain_exact %.80q: argument at %.80q %v", text, l.pointer, err)
		}
		for _, h := range hosts {
			if h != want {
				return refuse(CodeConstraint, "domain_exact %.80q: argument at %.80q names host %.80q", text, l.pointer, h)
			}
			found = true
		}
	}
	if !found {
		return refuse(CodeConstraint, "domain_exact %.80q: the arguments name no host", text)
	}
	return nil
}

func (c *Constraint) maxArgsSize(f *argumentFacts) *Error {
	var limit uint64
	if err := c.decode(&limit); err != nil {
		return err
	}
	if size := max(f.call.ArgsBytes, len(f.call.Arguments)); uint64(size) > limit {
		return refuse(CodeConstraint, "max_args_size %d: the arguments have %d bytes", limit, size)
	}
	return nil
}
