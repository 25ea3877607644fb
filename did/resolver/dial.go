package resolver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// ErrInternalAddress refuses to connect to an address that is not public.
var ErrInternalAddress = errors.New("address is not public")

// maxAddresses bounds what one name may resolve to.
const maxAddresses = 16

// notPublic4 are the IPv4 ranges that IANA reserves for special purposes, and
// the metadata services that stand outside them.
var notPublic4 = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")

// public6 is the global unicast space, and notPublic6 what is special in it:
// protocol assignments and Teredo, documentation, and 6to4, whose packets end
// at an IPv4 address.
var (
	public6    = netip.MustParsePrefix("2000::/3")
	notPublic6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// isPublic says no to every address that does not lead to the public internet,
// or wraps an IPv4 address, whatever that is.
func isPublic(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	list := notPublic4
	if a = a.Unmap(); a.Is6() {
		if b := a.As16(); !public6.Contains(a) || b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe { // ISATAP, RFC 5214
			return false
		}
		list = notPublic6
	}
	for _, p := range list {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// dial resolves a name once, checks every address it has, and connects to one
// that was checked: what DNS answers a moment later does not matter. One
// address that is not public refuses the name, for which of them is taken
// would be the attacker's choice.
func (c *client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialling: %w", err)
	}
	addrs, err := c.config.Lookup(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolving %s: %w", host, err)
	}
	if len(addrs) == 0 || len(addrs) > maxAddresses {
		return nil, fmt.Errorf("resolving %s: it has %d addresses", host, len(addrs))
	}
	for _, a := range addrs {
		if !isPublic(a) && (c.config.PermitInternalAddress == nil || !c.config.PermitInternalAddress(a)) {
			return nil, fmt.Errorf("dialling %s: %w: %s", host, ErrInternalAddress, a)
		}
	}
	for _, a := range addrs {
		var conn net.Conn
		if conn, err = c.config.Dial(ctx, network, net.JoinHostPort(a.Unmap().String(), port)); err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() }) // the end of the fetch is that of a handshake, too
			return conn, nil
		}
	}
	return nil, fmt.Errorf("dialling %s: %w", host, err)
}
