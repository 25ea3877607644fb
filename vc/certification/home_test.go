package certification_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// revokedAtHome is a certification that its certifier, key 2, has published and
// then revoked in its own registry: the bundle from before, and from after.
func revokedAtHome(t testing.TB) (before, after []byte) {
	t.Helper()
	_, doc := issued(t, key(t, 2), t0, nil)
	home := registryOf(t, 2)
	id := publish(t, home, doc, t0)
	before, err := home.Export(id, t0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := home.Say(t.Context(), certification.Record{Certification: id, Kind: certification.Revoked, Reason: "broken"}, t0+1); err != nil {
		t.Fatal(err)
	}
	if after, err = home.Export(id, t0+1); err != nil {
		t.Fatal(err)
	}
	return before, after
}

// TestNoOtherRegistryRevives: what its certifier has revoked does not hold
// because a registry of somebody else's, or a shortened chain, says so.
func TestNoOtherRegistryRevives(t *testing.T) {
	before, after := revokedAtHome(t)
	whole, err := certification.ParseBundle(after)
	if err != nil {
		t.Fatal(err)
	}
	fresh := homed(t, key(t, 9), whole, t0+2)
	cut := &certification.Bundle{Certification: whole.Certification, Report: whole.Report, Records: whole.Records[:1]}
	beside := *fresh
	beside.Home = &certification.Home{Records: whole.Records, Head: whole.Head}
	trusted := certification.Trusting(didOf(key(t, 2)))
	for _, c := range []struct {
		name       string
		doc        []byte
		registries []byte
		want       certification.State
	}{
		{"before", before, nil, certification.Active},
		{"at home", after, nil, certification.StateRevoked},
		{"in a registry of a fresh key", pack(t, fresh), nil, certification.Unpublished},
		{"in a registry while another is named", pack(t, fresh), []byte{8}, certification.Unpublished},
		{"in a registry that the verifier names", pack(t, fresh), []byte{9}, certification.Active},
		{"there, beside its home", pack(t, &beside), []byte{9}, certification.StateRevoked},
		{"without its end", pack(t, cut), nil, certification.Unpublished},
	} {
		o := certification.Options{Now: t0 + 3, Trusted: trusted}
		for _, b := range c.registries {
			o.Registries = certification.Trusting(didOf(key(t, b)))
		}
		f := certification.VerifyBundle(c.doc, o)
		if f.Err() != nil || f.State != c.want || f.Holds(certification.Bronze) != (c.want == certification.Active) {
			t.Errorf("%s: %+v, want %s", c.name, f, c.want)
		}
	}
}

// TestPublishWantsTheHome: somebody else's certification is listed only as its
// own registry tells of it, and from then on can only get worse.
func TestPublishWantsTheHome(t *testing.T) {
	before, after := revokedAtHome(t)
	whole, err := certification.ParseBundle(after)
	if err != nil {
		t.Fatal(err)
	}
	fresh := homed(t, key(t, 9), whole, t0+2)
	beside := *fresh
	beside.Home = &certification.Home{Records: whole.Records, Head: whole.Head}
	headless := &certification.Bundle{Certification: whole.Certification, Report: whole.Report, Records: whole.Records[:1]}
	for name, doc := range map[string][]byte{
		"no chain":              pack(t, &certification.Bundle{Certification: whole.Certification, Report: whole.Report}),
		"a fresh registry's":    pack(t, fresh),
		"no head":               pack(t, headless),
		"revoked at home":       after,
		"revoked at its home's": pack(t, &beside),
	} {
		if _, err := registry(t).Publish(t.Context(), doc, certification.PublicUntrusted, t0+3); !errors.Is(err, certification.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}

	// A registry lists it, and a third from that one's bundle.
	second, third := registry(t), registryOf(t, 4)
	id := publish(t, second, before, t0+3)
	doc, err := second.Export(id, t0+3)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, third, doc, t0+3)
	o := certification.Options{Now: t0 + 3, Trusted: certification.Trusting(didOf(key(t, 2)))}
	if f := certification.VerifyBundle(doc, o); f.State != certification.Active || f.AsOf != t0 || f.Home == nil || !f.Holds(certification.Silver) {
		t.Errorf("%+v", f)
	}
	b, err := certification.ParseBundle(doc)
	if err != nil {
		t.Fatal(err)
	}
	b.Home = nil
	if f := certification.VerifyBundle(pack(t, b), o); f.State != certification.Unpublished || f.Holds(certification.Bronze) {
		t.Errorf("without its home: %+v", f)
	}
	dispute, err := second.Say(t.Context(), certification.Record{Certification: id, Kind: certification.DisputeOpened, Reason: "r"}, t0+3)
	if err != nil || get(t, second, id, t0+3).State != certification.Disputed {
		t.Errorf("disputed here: %v", err)
	}
	if _, err := second.Say(t.Context(), certification.Record{Certification: id, Kind: certification.DisputeUpheld, Dispute: dispute, Reason: "r"}, t0+3); err != nil {
		t.Fatal(err)
	}
	if f := get(t, second, id, t0+3); f.State != certification.StateRevoked {
		t.Errorf("%+v", f)
	}
}

// TestADisputeAtHomeCounts: a new chain elsewhere does not leave it behind.
func TestADisputeAtHomeCounts(t *testing.T) {
	_, doc := issued(t, key(t, 2), t0, nil)
	home := registryOf(t, 2)
	id := publish(t, home, doc, t0)
	if _, err := home.Say(t.Context(), certification.Record{Certification: id, Kind: certification.DisputeOpened, Reason: "r"}, t0); err != nil {
		t.Fatal(err)
	}
	disputed, err := home.Export(id, t0)
	if err != nil {
		t.Fatal(err)
	}
	g := registry(t)
	publish(t, g, disputed, t0)
	if f := get(t, g, id, t0); f.State != certification.Disputed || len(f.History.Disputes) != 0 || len(f.Home.Disputes) != 1 {
		t.Errorf("%+v", f)
	}
	a, err := g.Resolve(certification.Query{ManifestSHA256: wire.Hash([]byte("manifest"))}, certification.Options{Now: t0, Trusted: certification.Trusting(didOf(key(t, 2)))})
	if err != nil || a.State != certification.Disputed || a.Holds(certification.Bronze) {
		t.Errorf("%+v, %v", a, err)
	}
}
