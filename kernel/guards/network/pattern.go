package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ErrPattern refuses an entry of a host list.
var ErrPattern = errors.New("entry is no host pattern")

const maxPattern = 512

// patterns is a compiled list of hosts. Names are found by the literal labels
// they end in and addresses by their prefix, so that the cost of a decision
// grows with the host and not with the list.
type patterns struct {
	any      bool // "**"
	exact    map[string]struct{}
	wild     map[string][][]label // by the literal labels at the end, without their leading dot
	prefixes map[netip.Prefix]struct{}
	bits     [2][]int // the prefix lengths in use, of IPv4 and IPv6
}

// compile builds a list. In it "*" stands for one label or part of one, "**"
// for any number of labels, an address for itself, and a range in CIDR form
// for its addresses; "**" alone matches everything.
func compile(list []string) (*patterns, error) {
	p := &patterns{exact: map[string]struct{}{}, wild: map[string][][]label{}, prefixes: map[netip.Prefix]struct{}{}}
	for _, entry := range list {
		if err := p.add(entry); err != nil {
			return nil, fmt.Errorf("%w: %.80q: %w", ErrPattern, entry, err)
		}
	}
	return p, nil
}

var (
	errPatternURL   = errors.New("write a host, without scheme, user, port or path")
	errPatternRange = errors.New("a range needs its lowest address and a length, as in 10.0.0.0/8")
	errPatternStar  = errors.New(`"**" stands alone between dots`)
)

func (p *patterns) add(entry string) error {
	switch {
	case entry == "" || len(entry) > maxPattern || strings.ContainsAny(entry, "@\\#% \t\r\n"):
		return errPatternURL
	case entry == "**":
		p.any = true
		return nil
	case strings.ContainsAny(entry, "*?"):
		return p.addWild(entry)
	case strings.Contains(entry, "/"):
		prefix, err := netip.ParsePrefix(entry)
		if err != nil || prefix != prefix.Masked() || prefix.Addr().Is4In6() {
			return errPatternRange
		}
		p.addPrefix(prefix)
		return nil
	}
	h, err := ParseHost(entry)
	switch {
	case err != nil:
		return err
	case h.Port != 0 || strings.HasSuffix(entry, ":") && !h.IsAddr():
		return errPatternURL
	case h.IsAddr():
		p.addPrefix(netip.PrefixFrom(h.Addr, h.Addr.BitLen()))
	default:
		p.exact[h.Name] = struct{}{}
	}
	return nil
}

func (p *patterns) addPrefix(prefix netip.Prefix) {
	p.prefixes[prefix] = struct{}{}
	family := family(prefix.Addr())
	if !slices.Contains(p.bits[family], prefix.Bits()) {
		p.bits[family] = append(p.bits[family], prefix.Bits())
	}
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

func (p *patterns) addWild(entry string) error {
	var labels []label
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.ToLower(entry), "."), ".") {
		switch {
		case part == "**":
			labels = append(labels, label{many: true})
			continue
		case strings.Contains(part, "**"):
			return errPatternStar
		case strings.ContainsAny(part, "*?"):
			for i := range len(part) {
				if c := part[i]; c != '*' && c != '?' && !labelByte(c) {
					return errPatternURL
				}
			}
		default:
			name, err := canonicalName(part)
			if err != nil {
				return err
			}
			part = name
		}
		labels = append(labels, label{text: part})
	}
	n := len(labels)
	for n > 0 && !labels[n-1].many && !strings.ContainsAny(labels[n-1].text, "*?") {
		n--
	}
	var end []string
	for _, l := range labels[n:] {
		end = append(end, l.text)
	}
	key := strings.Join(end, ".")
	p.wild[key] = append(p.wild[key], labels[:n:n])
	return nil
}

// match reports whether the list covers a host as it is written.
func (p *patterns) match(h Host) bool {
	if p.any || h.IsAddr() && p.matchAddr(h.Addr) {
		return true
	}
	return (!h.IsAddr() || h.Addr.Is4()) && p.matchName(h.Name)
}

// matchReached also reports a list that covers an address the host wraps.
func (p *patterns) matchReached(h Host) bool {
	if p.match(h) {
		return true
	}
	if !h.IsAddr() || h.Addr.Is4() {
		return false
	}
	r := reached(h.Addr)
	for _, a := range r.all() {
		if p.matchAddr(a) {
			return true
		}
	}
	return false
}

func (p *patterns) matchAddr(a netip.Addr) bool {
	for _, bits := range p.bits[family(a)] {
		prefix, err := a.Prefix(bits)
		if err != nil {
			return false
		}
		if _, ok := p.prefixes[prefix]; ok {
			return true
		}
	}
	return false
}

// lists reports a list that names this one address, not a range around it.
func (p *patterns) lists(a netip.Addr) bool {
	_, ok := p.prefixes[netip.PrefixFrom(a, a.BitLen())]
	return ok
}

func (p *patterns) matchName(name string) bool {
	if _, ok := p.exact[name]; ok {
		return true
	}
	if len(p.wild) == 0 {
		return false
	}
	for at := 0; ; {
		before := ""
		if at > 0 {
			before = name[:at-1]
		}
		for _, labels := range p.wild[name[at:]] {
			if matchLabels(labels, before) {
				return true
			}
		}
		if at == len(name) {
			return false
		}
		if i := strings.IndexByte(name[at:], '.'); i >= 0 {
			at += i + 1
			continue
		}
		for _, labels := range p.wild[""] {
			if matchLabels(labels, name) {
				return true
			}
		}
		return false
	}
}
