package network

import (
	"errors"
	"net/netip"
	"strings"
)

var (
	// ErrHost refuses a host that is malformed, or that two parsers would read
	// differently.
	ErrHost = errors.New("host cannot be judged")
	// ErrNoHost is a URL that contacts no host, such as mailto: or about:.
	ErrNoHost = errors.New("url names no host")
)

// hostError says why; every one is an ErrHost.
type hostError string

func (e hostError) Error() string { return "host cannot be judged: " + string(e) }

func (e hostError) Is(target error) bool { return target == ErrHost }

// Host is a host in canonical form.
type Host struct {
	// Name is lower-case ASCII without a trailing dot, or the text of Addr.
	// ParseHost of a Name is the same Host without its port.
	Name string
	// Addr is valid if the host is an address: without zone, and the IPv4
	// address itself if it was written as IPv4-mapped IPv6.
	Addr netip.Addr
	Port uint16 // 0: none was written
}

// IsAddr reports whether the host is an address rather than a name.
func (h Host) IsAddr() bool { return h.Addr.IsValid() }

// ParseHost returns the host that a URL, a host:port or a bare host contacts.
//
//  1. controls and blanks within the authority, and any backslash, are refused:
//     parsers drop them, or end the host at them, or neither
//  2. a web scheme is followed by exactly two slashes; other numbers of slashes
//     name a host for some parsers and none for others
//  3. user info is cut at the one "@"; two are refused
//  4. percent-encoding is decoded once; what is still encoded, or decodes to a
//     delimiter, is refused
//  5. a host whose last label is a number is an IPv4 address in one of the
//     forms of inet_aton or is refused; a part that reads differently in octal
//     and in decimal is refused
//  6. IPv6 in brackets or bare; a zone only on link-local addresses
//  7. names are mapped by UTS #46 without transition: width, enclosed letters,
//     ideographic stops and case fold; a name that IDNA 2003 would map to
//     another is refused
//
// Errors are ErrHost or ErrNoHost.
func ParseHost(raw string) (Host, error) {
	h, _, err := parse(raw)
	return h, err
}

// parse also returns the scheme as written, "" if there was none.
func parse(raw string) (h Host, scheme string, err error) {
	a, err := split(raw)
	if err != nil {
		return Host{}, a.scheme, err
	}
	if a.literal { // 6
		h, err = parseIPv6(a.host)
	} else {
		h, err = parseName(a.host)
	}
	h.Port = a.port
	if err != nil {
		h = Host{}
	}
	return h, a.scheme, err
}

// parseName is rules 4, 5 and 7 for a host that is not in brackets.
func parseName(s string) (Host, error) {
	if strings.IndexByte(s, '%') >= 0 { // 4
		var err error
		if s, err = decodePercent(s); err != nil {
			return Host{}, err
		}
	}
	s, err := canonicalName(s) // 7
	if err != nil {
		return Host{}, err
	}
	if !endsInNumber(s) {
		return Host{Name: s}, nil
	}
	addr, err := parseIPv4(s) // 5
	if err != nil {
		return Host{}, err
	}
	return addrHost(addr, s), nil
}

// parseIPv6 is rule 6. The text is without brackets.
func parseIPv6(s string) (Host, error) {
	s, zone, zoned := strings.Cut(s, "%")
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Is4() {
		return Host{}, hostError("not an IPv6 address")
	}
	if zoned && (zone == "" || zone == "25" || !addr.IsLinkLocalUnicast() && !addr.IsLinkLocalMulticast()) {
		return Host{}, hostError("a zone on an address that has none")
	}
	return addrHost(addr.Unmap(), s), nil
}

// addrHost builds the host of an address, reusing its text where canonical.
func addrHost(addr netip.Addr, text string) Host {
	var buf [64]byte
	if canonical := addr.AppendTo(buf[:0]); string(canonical) != text {
		text = string(canonical)
	}
	return Host{Name: text, Addr: addr}
}
