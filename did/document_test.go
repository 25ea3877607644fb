package did_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

func TestDocumentRoundTrip(t *testing.T) {
	d := did.FromKey(key(t, 7).Public())
	doc, err := did.NewDocument(d, did.Service{
		ID: string(d) + "#receipt-log", Type: did.ServiceReceiptLog, Endpoint: "https://acme.example/log",
	})
	if err != nil {
		t.Fatal(err)
	}
	raw := wire.MustMarshal(doc)
	back, err := did.ParseDocument(raw)
	if err != nil {
		t.Fatal(err)
	}
	if string(wire.MustMarshal(back)) != string(raw) {
		t.Errorf("changed:\n%s\n%s", raw, wire.MustMarshal(back))
	}
	if !strings.Contains(string(raw), `"publicKeyMultibase":"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"`) {
		t.Errorf("no published key in %s", raw)
	}
}

func TestDocumentReadsUpstreamForm(t *testing.T) {
	d := string(did.FromKey(key(t, 7).Public()))
	doc := `{"@context":"https://www.w3.org/ns/did/v1","id":"` + d + `","verificationMethod":[{"id":"` + d +
		`#key-1","type":"Ed25519VerificationKey2020","controller":"` + d +
		`","publicKeyMultibase":"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"}],"authentication":["` + d +
		`#key-1"],"assertionMethod":["` + d + `#key-1"]}`
	if _, err := did.ParseDocument([]byte(doc)); err != nil {
		t.Fatal(err)
	}
}

func TestDocumentRefuses(t *testing.T) {
	d := did.FromKey(key(t, 7).Public())
	other := did.FromKey(key(t, 9).Public())
	for name, change := range map[string]func(*did.Document){
		"other key":          func(x *did.Document) { x.VerificationMethod[0].PublicKeyMultibase = other.Multibase() },
		"other controller":   func(x *did.Document) { x.VerificationMethod[0].Controller = other },
		"second method":      func(x *did.Document) { x.VerificationMethod = append(x.VerificationMethod, x.VerificationMethod[0]) },
		"no method":          func(x *did.Document) { x.VerificationMethod = nil },
		"odd type":           func(x *did.Document) { x.VerificationMethod[0].Type = "JsonWebKey2020" },
		"authenticated else": func(x *did.Document) { x.Authentication = []string{other.KeyID()} },
		"no assertion":       func(x *did.Document) { x.AssertionMethod = nil },
		"alias of another":   func(x *did.Document) { x.AlsoKnownAs = []string{other.DIDKey()} },
		"alias not a URI":    func(x *did.Document) { x.AlsoKnownAs = []string{"acme"} },
		"unknown context":    func(x *did.Document) { x.Context = append(x.Context, "https://evil.example") },
		"no context":         func(x *did.Document) { x.Context = nil },
		"http service": func(x *did.Document) {
			x.Service = []did.Service{{ID: string(d) + "#a", Type: "A", Endpoint: "http://a"}}
		},
		"foreign service": func(x *did.Document) {
			x.Service = []did.Service{{ID: string(other) + "#a", Type: "A", Endpoint: "https://a"}}
		},
		"service over key": func(x *did.Document) { x.Service = []did.Service{{ID: d.KeyID(), Type: "A", Endpoint: "https://a"}} },
	} {
		x, err := did.NewDocument(d)
		if err != nil {
			t.Fatal(err)
		}
		change(x)
		if _, err := did.ParseDocument(wire.MustMarshal(x)); !errors.Is(err, did.ErrDocument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x, _ := did.NewDocument(d)
	raw := strings.Replace(string(wire.MustMarshal(x)), `"id":`, `"admin":true,"id":`, 1)
	if _, err := did.ParseDocument([]byte(raw)); !errors.Is(err, wire.ErrUnknownField) {
		t.Errorf("unknown member: %v", err)
	}
}

func FuzzParseDocument(f *testing.F) {
	d, err := did.NewDocument(did.FromKey(key(f, 7).Public()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire.MustMarshal(d))
	f.Add([]byte(`{"@context":["a"]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := did.ParseDocument(doc)
		if err != nil {
			return
		}
		if again, err := did.ParseDocument(wire.MustMarshal(d)); err != nil || again.ID != d.ID {
			t.Fatalf("does not parse again: %v", err)
		}
	})
}

func TestServices(t *testing.T) {
	d := did.FromKey(key(t, 7).Public())
	peer := d.PeerID()
	for _, c := range []struct {
		kind, end string
		ok        bool
	}{
		{did.ServiceReceiptLog, "https://acme.example/log", true},
		{did.ServicePassportStatus, "https://acme.example:8443/status?x=1", true},
		{did.ServicePassportStatus, "https://user@acme.example/", false},
		{did.ServicePassportStatus, "https:///status", false},
		{did.ServicePassportStatus, "https://acme.example/" + strings.Repeat("a", 1100), false},
		{did.ServiceReceiptLog, "multiaddr:/dns4/acme.example/tcp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/tcp/4001/p2p/" + peer, true},
		{did.ServiceFederation, "multiaddr:/dns/acme.example/udp/4001/quic-v1/p2p/" + peer, true},
		{did.ServiceFederation, "multiaddr:/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" + peer, true},
		{did.ServiceFederation, "multiaddr:/ip6/2001:db8::1/tcp/4001/p2p/" + peer, true},
		{did.ServiceFederation, "https://acme.example/federate", false},
		{did.ServiceFederation, "/dns4/acme.example/tcp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/tcp/4001", false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/udp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/tcp/04001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/tcp/0/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/tcp/65536/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/dns4/Acme.example/tcp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/ip4/2001:db8::1/tcp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/ip6/2001:DB8::1/tcp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/ip6/fe80::1%25eth0/tcp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/unix/x/tcp/4001/p2p/" + peer, false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/tcp/4001/p2p/nobody", false},
		{did.ServiceFederation, "multiaddr:/dns4/acme.example/tcp/4001/p2p/" + peer + "/p2p-circuit", false},
	} {
		doc, err := did.NewDocument(d, did.Service{ID: string(d) + "#s", Type: c.kind, Endpoint: c.end})
		if (err == nil) != c.ok || err != nil && !errors.Is(err, did.ErrDocument) {
			t.Errorf("%s %s: %v", c.kind, c.end, err)
		}
		if c.ok {
			if _, err := did.ParseDocument(wire.MustMarshal(doc)); err != nil {
				t.Errorf("%s %s: %v", c.kind, c.end, err)
			}
		}
	}
}
