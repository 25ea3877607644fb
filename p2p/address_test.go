package p2p

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

const vectorPeerID = "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"

func seedKey(t testing.TB, b byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed([]byte(strings.Repeat(string(rune(b)), 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestPeerIDVector(t *testing.T) {
	k := seedKey(t, 7).Public()
	id, err := PeerIDOf(k)
	if err != nil || id != vectorPeerID {
		t.Fatalf("got %s, %v", id, err)
	}
	if back, err := id.Key(); err != nil || back != k {
		t.Fatalf("got %s, %v", back, err)
	}
	if string(id) != did.FromKey(k).PeerID() {
		t.Fatal("did and p2p disagree on the peer id of one key")
	}
}

func TestParseAddress(t *testing.T) {
	name := did.FromKey(seedKey(t, 9).Public()).String()
	where := "/ip4/127.0.0.1/udp/4001/quic-v1/p2p/" + vectorPeerID
	for _, s := range []string{where, name + "@" + where, name + "@/dns4/node.example/tcp/4001/p2p/" + vectorPeerID} {
		a, err := ParseAddress(s)
		if err != nil || a.String() != s || a.PeerID != vectorPeerID {
			t.Fatalf("%s read as %+v, %v", s, a, err)
		}
	}
	for _, s := range []string{
		"", name, name + "@", "@" + where, strings.ToUpper(name) + "@" + where, "did:web:x@" + where,
		"/ip4/127.0.0.1/udp/4001/quic-v1", "/p2p/" + vectorPeerID, where + "/p2p-circuit/p2p/" + vectorPeerID,
		"/ip4/1.2.3.4/tcp/1/p2p/" + vectorPeerID + "/p2p-circuit/p2p/" + vectorPeerID,
		"/dnsaddr/x.example/p2p/" + vectorPeerID,
		"/ip4/1.2.3.4/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", // an RSA key's id
		where + strings.Repeat("/tcp/1", 300),
	} {
		if a, err := ParseAddress(s); !errors.Is(err, ErrAddress) {
			t.Errorf("%.80q read as %+v, %v", s, a, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("/ip4/127.0.0.1/udp/4001/quic-v1/p2p/" + vectorPeerID)
	f.Add("did:chio:" + strings.Repeat("0", 64) + "@/ip6/::1/tcp/1/p2p/" + vectorPeerID)
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.String())
		if err != nil || again != a {
			t.Fatalf("%q → %q → %+v, %v", s, a, again, err)
		}
	})
}
