package network

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// Egress judges every host a call names against a block list and an allow
// list.
//
//  1. a host that cannot be judged: deny
//  2. a blocked host, or an address that wraps a blocked one: deny
//  3. a host that the allow list names: allow
//  4. any other: the default, as in HushSpec
//
// Ports do not matter, case does not, a trailing dot does not. What only may
// be a host is judged by the lists if its last label is a public top-level
// domain, and by the block list in any case.
type Egress struct {
	rule         string
	block, allow *patterns
	defaultAllow bool

	pass, passListed, passDefault kernel.Decision
}

// NewEgress compiles the configuration. The zero configuration denies every
// host. Errors wrap ErrPattern.
func NewEgress(c EgressConfig) (*Egress, error) {
	g := &Egress{rule: cmp.Or(c.Rule, "rules.egress"), defaultAllow: c.DefaultAllow}
	var err error
	if g.block, err = compile(c.Block); err != nil {
		return nil, fmt.Errorf("%s block: %w", EgressName, err)
	}
	if g.allow, err = compile(c.Allow); err != nil {
		return nil, fmt.Errorf("%s allow: %w", EgressName, err)
	}
	g.pass = guard.Allowed(EgressName, "", "", "")
	g.passListed = guard.Allowed(EgressName, "", g.rule+".allow", "")
	g.passDefault = guard.Allowed(EgressName, "", g.rule+".default", "")
	return g, nil
}

// Name returns egress-allowlist.
func (g *Egress) Name() string { return EgressName }

// Judge implements guard.Guard.
func (g *Egress) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(EgressName, r); bad {
		return d, nil
	}
	var f egressFinding
	if !eachTarget(r, false, func(raw string, c certainty) bool { return g.visit(&f, raw, c) }) {
		return g.refuse(&f), nil
	}
	switch {
	case f.byDefault:
		return g.passDefault, nil
	case f.listed:
		return g.passListed, nil
	}
	return g.pass, nil
}

// egressFinding is what was found so far, and why the last host was refused.
type egressFinding struct {
	listed, byDefault bool
	host              string
	field             string
	err               error
}

func (g *Egress) visit(f *egressFinding, raw string, c certainty) bool {
	h, err := ParseHost(raw)
	if err != nil {
		if c >= guessed || c == named && errors.Is(err, ErrNoHost) {
			return true
		}
		f.err = err // 1
		return false
	}
	f.host = h.Name
	if g.block.matchReached(h) { // 2
		f.field = ".block"
		return false
	}
	if c >= guessed && !evident(raw, h) {
		return true
	}
	switch {
	case g.allow.match(h): // 3
		f.listed = true
	case !g.defaultAllow: // 4
		f.field = ".default"
		return false
	default:
		f.byDefault = true
	}
	return true
}

// evident reports a host that text can hardly be unless it means one: an
// address with all its parts, a name under a public top-level domain, or
// either within a URL.
func evident(raw string, h Host) bool {
	if h.IsAddr() {
		bare := raw
		if i := strings.IndexAny(raw, "/?#"); i > 0 {
			bare = raw[:i]
		}
		return addressForm(bare) || strings.Contains(raw, "://") ||
			strings.HasPrefix(raw, "//") && (strings.Count(raw, ".") > 2 || raw[2] == '[')
	}
	return publicName(h.Name)
}

func (g *Egress) refuse(f *egressFinding) kernel.Decision {
	details := ""
	switch {
	case f.err != nil:
		details = "a url or host of the call: " + f.err.Error()
	case f.field == ".block":
		details = "host " + f.host + " is blocked"
	default:
		details = "host " + f.host + " is not listed and the default is block"
	}
	return guard.Refuse(EgressName, CodeEgress, g.rule+f.field, details)
}
