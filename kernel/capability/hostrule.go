package capability

import (
	"net/netip"
	"strings"
)

// hostPattern is a host to be equal to, a ".suffix" to end in, or any name.
type hostPattern struct {
	exact  string
	suffix string
	any    bool
}

// parseHostRule reads a host, or for domain_glob also "*.example.com" (one
// label or more before the suffix) and "*".
func (c *Constraint) parseHostRule(r *rule) *Error {
	if err := c.str(&r.text, MaxItemBytes); err != nil {
		return err
	}
	if c.Type == DomainGlob {
		if r.text == "*" {
			r.host.any = true
			return nil
		}
		if suffix, ok := strings.CutPrefix(r.text, "*."); ok {
			name, sound := parseHost(suffix)
			if !sound || !isHostName(name) {
				return c.malformed("what follows *. is not a host name")
			}
			r.host.suffix = "." + name
			return nil
		}
	}
	name, ok := parseHost(r.text)
	if !ok {
		return c.malformed("it is not a host")
	}
	r.host.exact = name
	return nil
}

func (p *hostPattern) matches(host string) bool {
	switch {
	case p.exact != "":
		return host == p.exact
	case !isHostName(host):
		return false
	}
	return p.any || strings.HasSuffix(host, p.suffix)
}

// isHostName excludes addresses, also in the spellings (2130706433, 0x7f.1)
// that resolvers and browsers read as one: a glob is about names.
func isHostName(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

// domain holds when the arguments name at least one host and every host is
// one the pattern allows.
func (f *argumentFacts) domain(kind string, r *rule) *Error {
	leaves, bad := f.strings()
	if bad != nil {
		return bad
	}
	found := false
	for i := range leaves {
		l := &leaves[i]
		hosts, err := hostsIn(l.text, !l.isName && l.keys&hostKey != 0)
		if err != nil {
			return refuse(CodeConstraint, "%s %.80q: argument at %.80q %v", kind, r.text, f.at(i), err)
		}
		for _, h := range hosts {
			if !r.host.matches(h) {
				return refuse(CodeConstraint, "%s %.80q: argument at %.80q names host %.80q", kind, r.text, f.at(i), h)
			}
			found = true
		}
	}
	if !found {
		return refuse(CodeConstraint, "%s %.80q: the arguments name no host", kind, r.text)
	}
	return nil
}
