package p2p

import (
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

func TestPrefixes(t *testing.T) {
	for in, want := range map[string]string{
		"/ip4/203.0.113.77/tcp/1":         "203.0.113.0/24",
		"/ip4/203.0.113.78/udp/2/quic-v1": "203.0.113.0/24",
		"/ip6/2001:db8:1:2ff::7/tcp/1":    "2001:db8:1:200::/56",
		"/ip6/::ffff:203.0.113.9/tcp/1":   "203.0.113.0/24",
		"/ip6zone/eth0/ip6/fe80::1/tcp/1": "fe80::/56",
		"/dns4/example.org/tcp/1":         "invalid Prefix",
		"/memory/7":                       "invalid Prefix",
	} {
		a, err := ma.NewMultiaddr(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := prefixOf(a).String(); got != want {
			t.Errorf("%s is of %s, want %s", in, got, want)
		}
	}
}

// TestAdvertisedAddresses: a peer cannot have us dial into a network that is
// nearer to us than itself.
func TestAdvertisedAddresses(t *testing.T) {
	const loopback, private, public = "/ip4/127.0.0.1/tcp/4001", "/ip4/10.1.2.3/tcp/4001", "/ip4/203.0.113.7/udp/4001/quic-v1"
	for _, c := range []struct {
		met, advertised string
		want            bool
	}{
		{loopback, loopback, true}, {loopback, private, true}, {loopback, public, true},
		{private, loopback, false}, {private, private, true}, {private, public, true},
		{public, loopback, false}, {public, private, false}, {public, public, true},
		{public, "/ip4/0.0.0.0/tcp/1", false}, {public, "/ip4/169.254.169.254/tcp/80", false}, {public, "/ip4/100.64.0.1/tcp/1", false},
		{public, "/ip4/224.0.0.1/udp/1/quic-v1", false}, {public, "/ip6/::1/tcp/1", false}, {public, "/ip6/fd00::1/tcp/1", false},
		{public, "/ip6/fe80::1/tcp/1", false}, {public, "/ip6/::ffff:10.0.0.1/tcp/1", false}, {public, "/ip6/2001:db8::1/tcp/1", true},
		{public, "/dns4/localhost/tcp/1", false}, {loopback, "/dns/example.org/tcp/1", false}, {"", public, false}, {"/memory/1", public, false},
	} {
		p := Peer{ID: vectorPeerID, Address: c.met}
		if got := p.MayDial(c.advertised + "/p2p/" + vectorPeerID); got != c.want {
			t.Errorf("met at %q, advertised %s: %v", c.met, c.advertised, got)
		}
	}
	met := Peer{ID: vectorPeerID, Address: public}
	if other := "12D3KooWSrKnMZUcSxK8G7wmBbXdU8nFEfWGhLu6H8xjn8LmCSJb"; met.MayDial(public + "/p2p/" + other) {
		t.Error("an address with another's identity")
	}
	if met.MayDial(public) || met.MayDial("nonsense") {
		t.Error("an address without an identity")
	}
}
