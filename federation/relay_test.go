package federation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/p2p"
)

// translated is a host whose own addresses nobody else can use.
type translated struct{ *p2p.Host }

// Addrs lists the addresses at relays.
func (h translated) Addrs() []string {
	return slices.DeleteFunc(h.Host.Addrs(), isDirect)
}

// TestRelayCarriesHelloAndRevocation: nodes that meet at a relay only prove who
// they are and tell what is revoked; calls wait for a direct connection.
func TestRelayCarriesHelloAndRevocation(t *testing.T) {
	a, b := federated(t)
	relay, err := p2p.New(p2p.Config{Key: key(t, 90), Open: true, ServeRelay: true, Allow: func(p2p.PeerID) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	if err := relay.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Stop() })
	first := a.mandate(b, "read_file", readArgs)
	for _, p := range []*peerNode{a, b} {
		if err := p.host.Stop(); err != nil {
			t.Fatal(err)
		}
		p.relays = relay.Addrs()[:1]
		p.behind = func(h *p2p.Host) Host { return translated{h} }
		p.open()
	}
	within(t, "a place at the relay", func() bool { return len(translated{b.host}.Addrs()) > 0 })
	met := translated{b.host}.Addrs()[0]
	if _, err := a.service.Hello(t.Context(), b.did().String()+"@"+met); err != nil {
		t.Fatal(err)
	}
	if rec := a.record(b.org); rec.State != Active || !slices.Equal(rec.Addresses, []string{met}) || a.host.Connected(b.host.ID()) {
		t.Fatalf("%+v", rec)
	}
	if out := a.kernelOf.Mediate(t.Context(), first); out.Verdict == kernel.Allow || b.ran.Load() != 0 || !strings.Contains(fmt.Sprint(out), p2p.ErrRelayed.Error()) {
		t.Fatalf("a call was relayed, or why not is not said: %+v", out)
	}
	a.revoke(authority.Entry{Kind: authority.KindPassport, Issuer: a.did().String(), ID: "urn:uuid:0190a6a0-0000-7000-8000-000000000001"})
	if err := a.exchange.PushRevocations(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reached := a.exchange.Propagations(); len(reached) != 1 || reached[0].Epoch != a.revocations.Epoch() {
		t.Fatalf("propagation %+v", reached)
	}
	if _, err := a.exchange.exchange(t.Context(), a.record(b.org)); err != nil {
		t.Fatalf("an exchange of what may be relayed: %v", err)
	}
	direct := slices.DeleteFunc(b.host.Addrs(), p2p.IsRelayed)[0]
	if _, err := a.host.Connect(t.Context(), direct); err != nil {
		t.Fatal(err)
	}
	if out := a.call(b); out.Verdict != kernel.Allow || b.ran.Load() != 1 {
		t.Fatalf("over the direct connection: %+v", out.Denial)
	}
}
