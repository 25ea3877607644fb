package p2p

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	service "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"
)

// Two protocols: one for any connection, one for direct ones.
const (
	anywhere = "/test/anywhere/1.0.0"
	nearby   = "/test/nearby/1.0.0"
)

func bothProtocols() []protocolSpec {
	l := testLimits
	l.Relayed, l.Open = true, true
	return []protocolSpec{{anywhere, l, answerEcho}, {nearby, testLimits, answerEcho}}
}

// flag is a set of peers that is empty or everybody.
type flag struct{ on atomic.Bool }

func (f *flag) is(PeerID) bool { return f.on.Load() }
func (f *flag) set()           { f.on.Store(true) }

// startRelay starts a relay, and returns the address that others configure.
func startRelay(t testing.TB, seed byte, cfg Config) (r *Host, addr string) {
	t.Helper()
	cfg.ServeRelay, cfg.Open = true, true
	if cfg.Allow == nil {
		cfg.Allow = everybody
	}
	r = startHost(t, seed, cfg)
	return r, r.Addrs()[0]
}

// startBehind starts a host that peers reach through relays, and waits until
// they do; it returns its address at the first.
func startBehind(t testing.TB, seed byte, cfg Config, protocols ...protocolSpec) (h *Host, addr string) {
	t.Helper()
	cfg.Open = true
	h = startHost(t, seed, cfg, protocols...)
	eventually(t, "a place at the relay", func() bool { return len(h.relayAddrs()) == len(cfg.Relays) })
	return h, h.relayAddrs()[0]
}

func TestRelayedConnections(t *testing.T) {
	_, relay := startRelay(t, 1, Config{})
	cfg := Config{Allow: everybody, Relays: []string{relay}, NoPunching: true}
	a, behind := startBehind(t, 2, cfg, bothProtocols()...)
	// b would open the second protocol over any connection.
	rash := testLimits
	rash.Relayed = true
	b, _ := startBehind(t, 3, cfg, bothProtocols()[0], protocolSpec{nearby, rash, answerEcho})
	if id, err := b.Connect(t.Context(), behind); err != nil || id != a.ID() {
		t.Fatalf("connected to %s: %v", id, err)
	}
	if b.Connected(a.ID()) || !b.Relayed(a.ID()) || !a.Relayed(b.ID()) {
		t.Fatal("a relayed connection counts as a direct one")
	}
	for _, h := range []struct{ from, to *Host }{{b, a}, {a, b}} {
		if got, err := h.from.Call(t.Context(), h.to.ID(), anywhere, []byte("hello")); err != nil || string(got) != "hello" {
			t.Fatalf("over the relay: %q, %v", got, err)
		}
	}
	if _, err := a.Call(t.Context(), b.ID(), nearby, []byte("call")); !errors.Is(err, ErrRelayed) {
		t.Fatalf("opened over a relayed connection: %v", err)
	}
	if _, err := b.Call(t.Context(), a.ID(), nearby, []byte("call")); err == nil || a.Refused().RelayedStreams != 1 {
		t.Fatalf("served over a relayed connection: %v; refused: %+v", err, a.Refused())
	}
	if _, err := b.Connect(t.Context(), a.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	if !b.Connected(a.ID()) || b.Relayed(a.ID()) {
		t.Fatal("no direct connection was made beside the relayed one")
	}
	for _, h := range []struct{ from, to *Host }{{b, a}, {a, b}} {
		if _, err := h.from.Call(t.Context(), h.to.ID(), nearby, []byte("call")); err != nil {
			t.Fatalf("over the direct connection: %v", err)
		}
	}
	if n := a.Refused().RelayedStreams; n != 1 {
		t.Fatalf("%d streams were relayed", n)
	}
}

// TestRelayedConnectionBecomesDirect: peers that know each other leave the relay.
func TestRelayedConnectionBecomesDirect(t *testing.T) {
	_, relay := startRelay(t, 1, Config{})
	cfg := Config{Allow: everybody, Relays: []string{relay}}
	a, behind := startBehind(t, 2, cfg, bothProtocols()...)
	b, _ := startBehind(t, 3, cfg, bothProtocols()...)
	if _, err := b.Connect(t.Context(), behind); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Call(t.Context(), a.ID(), nearby, []byte("call")); err != nil {
		t.Fatalf("the stream did not wait for a direct connection: %v", err)
	}
	eventually(t, "a direct connection on both sides", func() bool { return a.Connected(b.ID()) && b.Connected(a.ID()) })
	eventually(t, "a relay's opinion of us", func() bool { a.askReachability(); return a.Reachability() == ReachabilityPublic })
}

// TestStrangersStayRelayed: who is not known is told no address and sent to none,
// until a hello made it known.
func TestStrangersStayRelayed(t *testing.T) {
	_, relay := startRelay(t, 1, Config{})
	var met, back flag
	a, behind := startBehind(t, 2, Config{Allow: met.is, Relays: []string{relay}}, bothProtocols()...)
	b, _ := startBehind(t, 3, Config{Allow: back.is, Relays: []string{relay}}, bothProtocols()...)
	if _, err := b.Connect(t.Context(), behind); err != nil {
		t.Fatal(err)
	}
	from, err := b.ID().decode()
	if err != nil {
		t.Fatal(err)
	}
	f, own := punchFilter{a}, []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/udp/9/quic-v1")}
	if f.FilterLocal(from, own) != nil || f.FilterRemote(from, own) != nil {
		t.Fatal("a stranger is told where we are, or sends us somewhere")
	}
	met.set()
	if _, err := b.Call(t.Context(), a.ID(), anywhere, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	back.set() // later than a, whose first try may be over
	eventually(t, "a direct connection after the hello", func() bool { return a.Connected(b.ID()) })
}

// TestPunchedAddresses: a known peer has us dial what it could advertise, no
// more, and for one try.
func TestPunchedAddresses(t *testing.T) {
	_, relay := startRelay(t, 1, Config{})
	cfg := Config{Allow: everybody, Relays: []string{relay}, NoPunching: true}
	a, behind := startBehind(t, 2, cfg, bothProtocols()...)
	b, _ := startBehind(t, 3, cfg, bothProtocols()...)
	if _, err := b.Connect(t.Context(), behind); err != nil {
		t.Fatal(err)
	}
	from, err := b.ID().decode()
	if err != nil {
		t.Fatal(err)
	}
	near, nowhere := ma.StringCast("/ip4/127.0.0.1/udp/9/quic-v1"), ma.StringCast("/ip4/224.0.0.1/udp/9/quic-v1")
	theirs := []ma.Multiaddr{nowhere, near, ma.StringCast("/dns4/example.com/udp/9/quic-v1")}
	for range punchAddrs {
		theirs = append(theirs, near)
	}
	kept := punchFilter{a}.FilterRemote(from, theirs)
	if len(kept) != punchAddrs || !kept[0].Equal(near) {
		t.Fatalf("kept %v", kept)
	}
	if !a.gater.InterceptAddrDial(from, near) || a.gater.InterceptAddrDial(from, nowhere) {
		t.Fatal("what was kept and what may be dialled differ")
	}
}

// TestUnnamedRelays: neither a peer's address nor a peer that says it is a relay
// brings in one that the configuration does not name.
func TestUnnamedRelays(t *testing.T) {
	_, named := startRelay(t, 1, Config{})
	other, unnamed := startRelay(t, 4, Config{})
	a, _ := startBehind(t, 2, Config{Allow: everybody, Relays: []string{named}, NoPunching: true}, bothProtocols()...)
	b, _ := startBehind(t, 3, Config{Allow: everybody, Relays: []string{unnamed}, NoPunching: true}, bothProtocols()...)
	if _, err := b.Connect(t.Context(), a.relayAddrs()[0]); !errors.Is(err, ErrUnknownRelay) {
		t.Fatalf("dialled through a relay that is not named: %v", err)
	}
	if _, err := a.Connect(t.Context(), unnamed); err != nil {
		t.Fatal(err)
	}
	id, err := other.ID().decode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := circuit.Reserve(t.Context(), a.host, peer.AddrInfo{ID: id}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := b.Connect(ctx, unnamed+circuitPart+"/p2p/"+string(a.ID())); err == nil || b.Relayed(a.ID()) && a.Relayed(b.ID()) {
		t.Fatal("a connection came in through a relay that is not named")
	}
}

// TestRelayThatSaysItIsNone: a relay without limits makes connections that libp2p
// takes for as good as direct ones. We do not.
func TestRelayThatSaysItIsNone(t *testing.T) {
	r := startHost(t, 1, Config{Allow: everybody, Open: true})
	endless, err := service.New(r.host, service.WithInfiniteLimits())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = endless.Close() })
	cfg := Config{Allow: everybody, Relays: r.Addrs()[:1], NoPunching: true}
	a, behind := startBehind(t, 2, cfg, bothProtocols()...)
	cfg.NoPunching = false // it waits for a direct connection, and a never begins one
	b, _ := startBehind(t, 3, cfg, bothProtocols()...)
	if _, err := b.Connect(t.Context(), behind); err != nil {
		t.Fatal(err)
	}
	if b.Connected(a.ID()) || !b.Relayed(a.ID()) || !a.Relayed(b.ID()) {
		t.Fatal("a relayed connection counts as a direct one")
	}
	if _, err := b.Call(t.Context(), a.ID(), anywhere, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Call(t.Context(), a.ID(), nearby, []byte("call")); !errors.Is(err, ErrRelayed) || a.Refused().RelayedStreams != 0 {
		t.Fatalf("opened over a relayed connection: %v", err)
	}
}

// TestRelayServesPartners: a place, and a connection, are for peers with an
// agreement.
func TestRelayServesPartners(t *testing.T) {
	var agreed flag
	_, relay := startRelay(t, 1, Config{Trusted: agreed.is})
	a := startHost(t, 2, Config{Allow: everybody, Relays: []string{relay}})
	eventually(t, "a refusal", func() bool { return strings.Contains(a.Relays()[0].Problem, "PERMISSION_DENIED") })
	if len(a.relayAddrs()) != 0 {
		t.Fatal("an address is advertised without a place")
	}
	agreed.set()
	if err := a.reserve(a.relays[0]); err != nil || len(a.relayAddrs()) != 1 {
		t.Fatalf("no place for a partner: %v", err)
	}
}

func TestRelayAddresses(t *testing.T) {
	const id, relay, other = "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7", "12D3KooWSrKnMZUcSxK8G7wmBbXdU8nFEfWGhLu6H8xjn8LmCSJb", "/ip4/127.0.0.1/tcp/4001"
	for addr, good := range map[string]bool{
		other + "/p2p/" + relay + "/p2p-circuit/p2p/" + id:                                  true,
		"/dns4/relay.example/udp/4001/quic-v1/p2p/" + relay + "/p2p-circuit/p2p/" + id:      true,
		other + "/p2p-circuit/p2p/" + id:                                                    false,
		"/p2p/" + relay + "/p2p-circuit/p2p/" + id:                                          false,
		"/p2p-circuit/p2p/" + id:                                                            false,
		other + "/p2p/" + relay + "/p2p-circuit/p2p/" + relay + "/p2p-circuit/p2p/" + id:    false,
		other + "/p2p/" + relay + "/p2p-circuit/ip4/10.0.0.1/tcp/80/p2p/" + id:              false,
		other + "/p2p/" + relay + "/p2p/" + relay + "/p2p-circuit/p2p/" + id:                false,
		other + "/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N/p2p-circuit/p2p/" + id: false,
	} {
		a, err := ParseAddress(addr)
		if (err == nil) != good || good && (a.Multiaddr != addr || !IsRelayed(addr)) {
			t.Errorf("%s: %+v, %v", addr, a, err)
		}
	}
	for name, relays := range map[string][]string{
		"no identity":    {other},
		"behind another": {other + "/p2p/" + relay + "/p2p-circuit/p2p/" + id},
		"twice":          {other + "/p2p/" + relay, "/ip4/127.0.0.2/tcp/1/p2p/" + relay},
		"too many":       make([]string, MaxRelays+1),
	} {
		if err := CheckRelays(relays); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckRelays([]string{other + "/p2p/" + relay}); err != nil {
		t.Error(err)
	}
}

// TestMayDialThroughRelay: a relay counts as where it is, too.
func TestMayDialThroughRelay(t *testing.T) {
	const id, relay = "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7", "/p2p/12D3KooWSrKnMZUcSxK8G7wmBbXdU8nFEfWGhLu6H8xjn8LmCSJb/p2p-circuit"
	for _, c := range []struct {
		met, named string
		may        bool
	}{
		{"/ip4/8.8.8.8/udp/1/quic-v1" + relay, "/ip4/8.8.4.4/udp/1/quic-v1" + relay, true},
		{"/ip4/8.8.8.8/udp/1/quic-v1" + relay, "/ip4/9.9.9.9/udp/1/quic-v1", true},
		{"/ip4/8.8.8.8/udp/1/quic-v1" + relay, "/ip4/10.0.0.1/udp/1/quic-v1", false},
		{"/ip4/8.8.8.8/udp/1/quic-v1" + relay, "/ip4/10.0.0.1/udp/1/quic-v1" + relay, false},
		{"/ip4/8.8.8.8/udp/1/quic-v1", "/ip4/127.0.0.1/udp/1/quic-v1" + relay, false},
		{"/ip4/10.0.0.1/udp/1/quic-v1" + relay, "/ip4/10.0.0.2/udp/1/quic-v1", true},
	} {
		if got := (Peer{ID: id, Address: c.met}).MayDial(c.named + "/p2p/" + id); got != c.may {
			t.Errorf("met at %s, named %s: %v", c.met, c.named, got)
		}
	}
}
