package network

import "net/netip"

// reach is an address and the IPv4 addresses that packets to it end at, after
// translation or tunnelling.
type reach struct {
	addrs [3]netip.Addr
	n     int
}

func (r *reach) add(a netip.Addr) {
	r.addrs[r.n] = a
	r.n++
}

func (r *reach) all() []netip.Addr { return r.addrs[:r.n] }

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
	low        = netip.MustParsePrefix("::/80") // compatible, mapped, and translated with ::ffff:0
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")
	global     = netip.MustParsePrefix("2000::/3")
)

// reached unwraps an address without zone: IPv4-mapped, IPv4-compatible, SIIT
// and NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380: server and client)
// and ISATAP (RFC 5214).
func reached(a netip.Addr) (r reach) {
	a = a.Unmap()
	r.add(a)
	if a.Is4() {
		return r
	}
	b := a.As16()
	switch {
	case nat64.Contains(a), nat64Local.Contains(a), low.Contains(a), translated.Contains(a):
		r.add(four(b[12:]))
	case sixToFour.Contains(a):
		r.add(four(b[2:]))
	case teredo.Contains(a):
		r.add(four(b[4:]))
		r.add(netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
		return r
	}
	if b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		r.add(four(b[12:]))
	}
	return r
}

func four(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b)) }

// special are the ranges that are not public, after the registries of IANA for
// special-purpose addresses, and the metadata services outside them.
type special struct {
	prefix netip.Prefix
	what   string
}

var special4 = []special{
	{netip.MustParsePrefix("169.254.169.254/32"), metadata},
	{netip.MustParsePrefix("169.254.170.2/32"), metadata},
	{netip.MustParsePrefix("168.63.129.16/32"), metadata},
	{netip.MustParsePrefix("100.100.100.200/32"), metadata},
	{netip.MustParsePrefix("192.0.0.192/32"), metadata},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT"},
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
	{netip.MustParsePrefix("192.0.0.0/24"), reserved},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), reserved},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), reserved},
}

var special6 = []special{
	{netip.MustParsePrefix("fd00:ec2::/32"), metadata},
	{netip.MustParsePrefix("fd20:ce::254/128"), metadata},
	{netip.MustParsePrefix("fd00:42::42/128"), metadata},
	{netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), metadata},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("::/128"), "unspecified"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
	{netip.MustParsePrefix("fc00::/7"), "unique local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
}

const reserved = "reserved"

var assignments = netip.MustParsePrefix("2001::/23") // IETF protocol assignments

// internal says what makes an address one that is not public, or "". It judges
// the address itself, not what it wraps; of IPv6 only what is global unicast,
// or a wrapping that reached knows, can be public.
func internal(a netip.Addr) string {
	list := special6
	if a.Is4() {
		list = special4
	}
	for i := range list {
		if list[i].prefix.Contains(a) {
			return list[i].what
		}
	}
	switch {
	case a.Is4(), nat64.Contains(a), teredo.Contains(a):
		return ""
	case !global.Contains(a), assignments.Contains(a):
		return reserved
	}
	return ""
}
