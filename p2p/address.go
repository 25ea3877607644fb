package p2p

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	ma "github.com/multiformats/go-multiaddr"

	"github.com/backbay-labs/chio-node/did"
)

// ErrAddress refuses an address that is not a multiaddr ending in /p2p/<id>.
var ErrAddress = errors.New("not a peer address")

const (
	// maxAddressBytes bounds a peer address before it is parsed.
	maxAddressBytes = 1024
	// maxResolved bounds how many addresses one name may stand for.
	maxResolved = 16
)

// Address is how a node is named to a person: who it must prove to be, and
// where it listens.
type Address struct {
	DID       did.DID // "" when only the place is known
	Multiaddr string  // ends in /p2p/<peer id>
	PeerID    PeerID
}

// ParseAddress reads did:chio:<hex>@/ip4/…/p2p/12D3… or the multiaddr alone.
func ParseAddress(s string) (Address, error) {
	if len(s) > maxAddressBytes {
		return Address{}, fmt.Errorf("%w: %d characters, limit %d", ErrAddress, len(s), maxAddressBytes)
	}
	var a Address
	a.Multiaddr = s
	if name, where, ok := strings.Cut(s, "@"); ok {
		id, err := did.Parse(name)
		if err != nil {
			return Address{}, fmt.Errorf("%w: %w", ErrAddress, err)
		}
		a.DID, a.Multiaddr = id, where
	}
	where, id, err := splitMultiaddr(a.Multiaddr)
	if err != nil {
		return Address{}, err
	}
	a.PeerID = id
	a.Multiaddr = where.String() + "/p2p/" + string(id)
	return a, nil
}

// String is what ParseAddress reads.
func (a Address) String() string {
	if a.DID == "" {
		return a.Multiaddr
	}
	return a.DID.String() + "@" + a.Multiaddr
}

// splitMultiaddr separates the place from the /p2p/<id> that must end it.
func splitMultiaddr(s string) (ma.Multiaddr, PeerID, error) {
	m, err := ma.NewMultiaddr(s)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %.200q: write did:chio:<hex>@/ip4/…/p2p/12D3…", ErrAddress, s)
	}
	where, last := ma.SplitLast(m)
	if last == nil || last.Protocol().Code != ma.P_P2P || len(where) == 0 {
		return nil, "", fmt.Errorf("%w: %.200q does not end in /p2p/12D3…", ErrAddress, s)
	}
	if err := checkPlace(where, last.Value()); err != nil {
		return nil, "", fmt.Errorf("%w: %.200q: %w", ErrAddress, s, err)
	}
	id, err := ParsePeerID(last.Value())
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return where, id, nil
}

// checkPlace refuses a place that is neither a node's own nor that of one relay,
// another node, written <place>/p2p/<relay>/p2p-circuit.
func checkPlace(where ma.Multiaddr, id string) error {
	if rest, last := ma.SplitLast(where); last.Protocol().Code == ma.P_CIRCUIT {
		before, relay := ma.SplitLast(rest)
		if relay == nil || relay.Protocol().Code != ma.P_P2P || len(before) == 0 {
			return errors.New("a relay is written /ip4/…/p2p/12D3…/p2p-circuit")
		}
		if _, err := ParsePeerID(relay.Value()); err != nil {
			return err
		}
		if relay.Value() == id {
			return errors.New("a node is not its own relay")
		}
		where = before
	}
	for _, c := range where {
		if code := c.Protocol().Code; code == ma.P_P2P || code == ma.P_CIRCUIT || code == ma.P_DNSADDR {
			return errors.New("chains of relays and dnsaddr are not supported, name the node itself or one relay")
		}
	}
	return nil
}

// resolve replaces a leading DNS name by the IP addresses it stands for, so
// that the gater permits exactly what is dialled.
func resolve(ctx context.Context, where ma.Multiaddr) ([]ma.Multiaddr, error) {
	head, tail := ma.SplitFirst(where)
	var network string
	switch head.Protocol().Code {
	case ma.P_DNS:
		network = "ip"
	case ma.P_DNS4:
		network = "ip4"
	case ma.P_DNS6:
		network = "ip6"
	default:
		return []ma.Multiaddr{where}, nil
	}
	ips, err := net.DefaultResolver.LookupIP(ctx, network, head.Value())
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", head.Value(), err)
	}
	var out []ma.Multiaddr
	for _, ip := range ips[:min(len(ips), maxResolved)] {
		family := "ip6"
		if v4 := ip.To4(); v4 != nil {
			ip, family = v4, "ip4"
		}
		c, err := ma.NewComponent(family, ip.String())
		if err != nil {
			return nil, fmt.Errorf("resolve %s: %w", head.Value(), err)
		}
		out = append(out, c.Encapsulate(tail))
	}
	return out, nil
}
