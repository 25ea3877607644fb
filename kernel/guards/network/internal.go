package network

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// Internal denies a call that names a host inside: an address that is not
// public in any notation or wrapping, a name of an internal zone or of a
// metadata service, or a name whose labels spell such an address.
//
//  1. a host that cannot be judged: deny
//  2. a host of the configured block list: deny
//  3. an address: deny unless it, and every address it wraps, is public or let
//     pass by the configured allow list
//  4. a name: deny if internalName says so, unless the allow list has it
//  5. metadata services are let pass by an entry of their own only, never by a
//     range or a wildcard around them
//
// No name is looked up; see the package comment for what follows from that.
type Internal struct {
	rule           string
	blocked, allow *patterns
	pass           kernel.Decision
}

// NewInternal compiles the configuration. The zero configuration has the
// built-in rules. Errors wrap ErrPattern.
func NewInternal(c InternalConfig) (*Internal, error) {
	g := &Internal{rule: cmp.Or(c.Rule, "rules.egress")}
	var err error
	if g.blocked, err = compile(c.Blocked); err != nil {
		return nil, fmt.Errorf("%s blocked: %w", InternalName, err)
	}
	if g.allow, err = compile(c.Allowed); err != nil {
		return nil, fmt.Errorf("%s allowed: %w", InternalName, err)
	}
	if g.allow.any {
		return nil, fmt.Errorf("%s allowed: %w: \"**\" would let everything pass; leave the guard out instead", InternalName, ErrPattern)
	}
	g.pass = guard.Allowed(InternalName, "", "", "")
	return g, nil
}

// Name returns internal-network.
func (g *Internal) Name() string { return InternalName }

// Judge implements guard.Guard.
func (g *Internal) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(InternalName, r); bad {
		return d, nil
	}
	var f internalFinding
	if !eachTarget(r, true, func(raw string, c certainty) bool { return g.visit(&f, raw, c) }) {
		return g.refuse(&f), nil
	}
	return g.pass, nil
}

// internalFinding is why a host was refused.
type internalFinding struct {
	host, what string
	err        error
}

func (g *Internal) visit(f *internalFinding, raw string, c certainty) bool {
	h, err := ParseHost(raw)
	if err != nil {
		if c >= guessed || c == named && errors.Is(err, ErrNoHost) {
			return true
		}
		f.err = err // 1
		return false
	}
	if c == literal && !h.IsAddr() || c == guessed && h.IsAddr() && !evident(raw, h) {
		return true
	}
	f.host = h.Name
	switch {
	case g.blocked.matchReached(h): // 2
		f.what = "configured"
	case h.IsAddr(): // 3
		if f.what = g.judgeAddr(h.Addr); c == literal && f.what == reserved && h.Addr.Is6() {
			f.what = "" // a::b is a name in many languages before it is an address
		}
	default: // 4
		f.what = g.judgeName(h.Name, c)
	}
	return f.what == ""
}

const metadata = "cloud metadata"

func (g *Internal) judgeAddr(a netip.Addr) string {
	r := reached(a)
	for _, a := range r.all() {
		what := internal(a)
		if what == "" || g.allow.lists(a) || what != metadata && g.allow.matchAddr(a) {
			continue
		}
		return what
	}
	return ""
}

func (g *Internal) judgeName(name string, c certainty) string {
	what := internalName(name, c < guessed)
	if what == "" {
		return ""
	}
	if _, exact := g.allow.exact[name]; exact || what != metadata && g.allow.matchName(name) { // 5
		return ""
	}
	return what
}

func (g *Internal) refuse(f *internalFinding) kernel.Decision {
	details := "host " + f.host + " is internal: " + f.what
	if f.err != nil {
		details = "a url or host of the call: " + f.err.Error()
	}
	return guard.Refuse(InternalName, CodeInternal, g.rule, details)
}
