package network

import (
	"net/netip"
	"strings"
)

const spells = "its labels spell an internal address: "

// spelled says what internal address the labels of an ordinary name spell, or
// "": four labels in a row that are octets, or one label of four octets with
// dashes. Anybody's DNS may answer with what the name says; names of hosting
// services spell public addresses the same way, and those pass.
func spelled(name string) string {
	if !strings.ContainsAny(name, "0123456789") {
		return ""
	}
	var run octets
	for at := 0; at < len(name); {
		text, after := cutLabel(name, at)
		at = after
		v, ok := octet(text)
		if !ok {
			run.n = 0
			if what := dashed(text); what != "" {
				return what
			}
			continue
		}
		run.push(v)
		if what := run.internal(); what != "" {
			return what
		}
	}
	return ""
}

// dashed judges a label such as 10-0-0-1 or ip-10-0-0-1.
func dashed(text string) string {
	var run octets
	for part := range strings.SplitSeq(strings.TrimPrefix(text, "ip-"), "-") {
		v, ok := octet(part)
		if !ok || run.n == 4 {
			return ""
		}
		run.push(v)
	}
	return run.internal()
}

// echoed judges what is before the suffix of a service that answers with the
// address it finds in the name. Every reading must be public, and there must be
// one: a service without an address to echo answers with its own, or loopback.
func echoed(before string) string {
	var run octets
	found, what := false, ""
	note := func(a netip.Addr) {
		found = true
		r := reached(a)
		for _, a := range r.all() {
			if w := internal(a); w != "" {
				what = w
			}
		}
	}
	for text := range strings.FieldsFuncSeq(before, func(r rune) bool { return r == '.' || r == '-' }) {
		if a, ok := hexAddr(text); ok {
			note(a)
		}
		v, ok := octet(text)
		if !ok {
			run.n = 0
			continue
		}
		if run.push(v); run.n == 4 {
			note(run.addr())
		}
	}
	for text := range strings.SplitSeq(before, ".") {
		if a, err := netip.ParseAddr(strings.ReplaceAll(text, "-", ":")); err == nil {
			note(a.Unmap())
		}
	}
	switch {
	case !found:
		return "a name of a service that answers with any address"
	case what != "":
		return spells + what
	}
	return ""
}

// hexAddr reads eight hexadecimal digits, or thirty-two.
func hexAddr(s string) (netip.Addr, bool) {
	if len(s) != 8 && len(s) != 32 {
		return netip.Addr{}, false
	}
	var b [16]byte
	for i := range len(s) {
		d := unhex(s[i])
		if d > 15 {
			return netip.Addr{}, false
		}
		b[i/2] = b[i/2]<<4 | d
	}
	if len(s) == 8 {
		return four(b[:4]), true
	}
	return netip.AddrFrom16(b).Unmap(), true
}

// octets is a window on the last four numbers of a row.
type octets struct {
	v [4]byte
	n int
}

func (o *octets) push(v byte) {
	o.v = [4]byte{o.v[1], o.v[2], o.v[3], v}
	o.n = min(o.n+1, 4)
}

func (o *octets) addr() netip.Addr { return netip.AddrFrom4(o.v) }

func (o *octets) internal() string {
	if o.n < 4 {
		return ""
	}
	if what := internal(o.addr()); what != "" {
		return spells + what
	}
	return ""
}

// octet reads a decimal number of at most 255, with leading zeros at most to
// three digits.
func octet(s string) (byte, bool) {
	if s == "" || len(s) > 3 || !digits(s) {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return byte(n), n < 256
}
