package p2p

import (
	"net/netip"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Strangers are told apart by where they are: an identity costs nothing, an
// address of another network does.
const (
	prefixBits4 = 24
	prefixBits6 = 56
)

// addrOf is the IP address that a multiaddr begins with, if it does.
func addrOf(a ma.Multiaddr) (netip.Addr, bool) {
	ip, err := manet.ToIP(a)
	if err != nil {
		return netip.Addr{}, false
	}
	addr, ok := netip.AddrFromSlice(ip)
	return addr.Unmap().WithZone(""), ok
}

// prefixOf is the network an address counts for. One without an IP address
// counts for the zero prefix, together with its like.
func prefixOf(a ma.Multiaddr) netip.Prefix {
	addr, ok := addrOf(a)
	if !ok {
		return netip.Prefix{}
	}
	bits := prefixBits4
	if addr.Is6() {
		bits = prefixBits6
	}
	p, _ := addr.Prefix(bits) // bits fit the address
	return p
}

// reach says how far away an address can be: an advertised address is dialled
// only if it is not nearer than its owner, who could otherwise have us knock on
// doors of our own network.
type reach int

const (
	reachNone     reach = iota // unspecified, multicast, no IP address
	reachLoopback              // this machine
	reachPrivate               // this network: private and link-local ranges
	reachPublic
)

// shared is the range that carriers give to their customers, RFC 6598.
var shared = netip.MustParsePrefix("100.64.0.0/10")

func reachOf(a ma.Multiaddr) reach {
	addr, ok := addrOf(a)
	switch {
	case !ok || !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast() || addr.IsInterfaceLocalMulticast():
		return reachNone
	case addr.IsLoopback():
		return reachLoopback
	case addr.IsPrivate() || addr.IsLinkLocalUnicast() || shared.Contains(addr):
		return reachPrivate
	}
	return reachPublic
}

// MayDial reports whether an address that a peer advertised may be dialled. It
// begins with an IP address, names the peer's own identity, and is not nearer
// to us than where the peer itself was met: who comes from a private network may
// name one, who comes from elsewhere names public addresses.
func (p Peer) MayDial(advertised string) bool {
	where, id, err := splitMultiaddr(advertised)
	if err != nil || id != p.ID {
		return false
	}
	met, err := ma.NewMultiaddr(p.Address)
	if err != nil {
		return false
	}
	at, there := reachOf(met), reachOf(where)
	return there != reachNone && at != reachNone && there >= at
}

// IsPublic reports whether a peer address begins with an IP address outside of
// this machine and its networks. A name is not: what it stands for may change.
func IsPublic(address string) bool {
	where, _, err := splitMultiaddr(address)
	return err == nil && reachOf(where) == reachPublic
}
