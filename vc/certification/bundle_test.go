package certification_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// exported is a bundle of registry 1 with a chain of three records.
func exported(t testing.TB) (g *certification.Registry, id wire.Digest, doc []byte) {
	t.Helper()
	g = registry(t)
	_, first := issued(t, key(t, 2), t0, nil)
	id = publish(t, g, first, t0)
	dispute, err := g.Accept(t.Context(), signed(t, get(t, g, id, t0), key(t, 3), certification.Record{Kind: certification.DisputeOpened, Reason: "r"}, t0+1), t0+1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Say(t.Context(), certification.Record{Certification: id, Kind: certification.DisputeReviewed, Dispute: dispute, Reason: "r"}, t0+2); err != nil {
		t.Fatal(err)
	}
	doc, err = g.Export(id, t0+5)
	if err != nil {
		t.Fatal(err)
	}
	return g, id, doc
}

func TestExport(t *testing.T) {
	g, id, doc := exported(t)
	o := certification.Options{Now: t0 + 5, Trusted: certification.Trusting(didOf(key(t, 2)))}
	f := certification.VerifyBundle(doc, o)
	if f.Err() != nil || f.ID != id || f.State != certification.Disputed || f.AsOf != t0 || f.HomeAsOf != t0 || f.Holds(certification.Bronze) || !f.CertifierTrusted {
		t.Errorf("%+v", f)
	}
	again := get(t, g, id, t0+5)
	again.AsOf = f.AsOf
	if a, b := string(wire.MustMarshal(again)), string(wire.MustMarshal(f)); a != b {
		t.Errorf("the registry says %s, its bundle %s", a, b)
	}
	if f := certification.VerifyBundle(doc, certification.Options{Now: t0 + 5}); f.CertifierTrusted || f.Err() != nil {
		t.Errorf("trusting nobody: %+v", f)
	}
	if _, err := g.Export(wire.Hash(nil), t0); !errors.Is(err, certification.ErrUnknown) {
		t.Errorf("nothing exported: %v", err)
	}
}

// TestBundleRefuses: each rule of VerifyBundle has a bundle that breaks only it.
func TestBundleRefuses(t *testing.T) {
	_, id, doc := exported(t)
	head := func(edit func(*certification.Head), by ...wire.Signer) func(*certification.Bundle) {
		return func(b *certification.Bundle) {
			var h certification.Head
			if err := wire.Unmarshal(b.Head.Body, &h, wire.DocumentLimits); err != nil {
				t.Fatal(err)
			}
			edit(&h)
			if by == nil {
				by = []wire.Signer{key(t, 1)}
			}
			var err error
			if b.Head, err = wire.Seal(certification.SchemaHead, &h, by...); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name string
		edit func(*certification.Bundle)
		want error
	}{
		{"no certification", func(b *certification.Bundle) { b.Certification = nil }, certification.ErrBundle},
		{"another report", func(b *certification.Bundle) { b.Report = report(func(r *certification.Report) { r.StartedAt-- }) }, certification.ErrReport},
		{"a record taken from the end", func(b *certification.Bundle) { b.Records = b.Records[:2] }, certification.ErrChain},
		{"no records", func(b *certification.Bundle) { b.Records = nil }, certification.ErrChain},
		{"a record taken from the middle", func(b *certification.Bundle) { b.Records = append(b.Records[:1:1], b.Records[2]) }, certification.ErrChain},
		{"a head of another certification", head(func(h *certification.Head) { h.Certification = wire.Hash(nil) }), certification.ErrChain},
		{"a head of another place", head(func(h *certification.Head) { h.Sequence-- }), certification.ErrChain},
		{"a head of another record", head(func(h *certification.Head) { h.Record = id }), certification.ErrChain},
		{"a head from before", head(func(h *certification.Head) { h.AsOf = t0 + 1 }), certification.ErrChain},
		{"a head by the certifier", head(func(h *certification.Head) { h.Registry = didOf(key(t, 2)) }, key(t, 2)), certification.ErrChain},
		{"a head signed by another", head(func(*certification.Head) {}, key(t, 2)), certification.ErrBundle},
		{"a home without a head", func(b *certification.Bundle) { b.Home.Head = nil }, certification.ErrChain},
		{"a home without records", func(b *certification.Bundle) { b.Home.Records = nil }, certification.ErrChain},
		{"a home that is another's", func(b *certification.Bundle) { b.Home = &certification.Home{Records: b.Records, Head: b.Head} }, certification.ErrChain},
		{"a home with another's head", func(b *certification.Bundle) { b.Home.Head = b.Head }, certification.ErrChain},
		{"a home alone", func(b *certification.Bundle) { b.Records, b.Head = nil, nil }, certification.ErrChain},
		{"a home that is the chain itself", func(b *certification.Bundle) { b.Records, b.Head = b.Home.Records, b.Home.Head }, certification.ErrChain},
		{"a head that is a record", func(b *certification.Bundle) { b.Head = b.Records[2] }, certification.ErrBundle},
	} {
		b, err := certification.ParseBundle(doc)
		if err != nil {
			t.Fatal(err)
		}
		c.edit(b)
		f := certification.VerifyBundle(pack(t, b), certification.Options{Now: t0 + 5})
		if !errors.Is(f.Err(), c.want) || f.Integrity || f.State != certification.NotFound || f.Problem == "" {
			t.Errorf("%s: %+v (%v), want %v", c.name, f, f.Err(), c.want)
		}
	}
	// Left away are the report, or head and records from the end: what remains is
	// intact, and nobody vouches for how current it is: nothing holds.
	b, err := certification.ParseBundle(doc)
	if err != nil {
		t.Fatal(err)
	}
	b.Report, b.Head, b.Records = nil, nil, b.Records[:1]
	if f := certification.VerifyBundle(pack(t, b), certification.Options{Now: t0 + 5}); f.Err() != nil || f.AsOf != 0 || f.State != certification.Unpublished {
		t.Errorf("%+v", f)
	}
}

func TestAcceptRefuses(t *testing.T) {
	g := registry(t)
	_, doc := issued(t, key(t, 2), t0, nil)
	id := publish(t, g, doc, t0)
	f := get(t, g, id, t0)
	dispute := certification.Record{Kind: certification.DisputeOpened, Reason: "r"}
	elsewhere, err := certification.SignRecord(key(t, 2), f, didOf(key(t, 4)), certification.Record{Kind: certification.Revoked, Reason: "r"}, t0)
	if err != nil {
		t.Fatal(err)
	}
	stale := signed(t, f, key(t, 3), dispute, t0)
	for _, c := range []struct {
		name string
		doc  []byte
		want error
	}{
		{"garbage", []byte("{"), certification.ErrRecord},
		{"a bundle", doc, certification.ErrRecord},
		{"for another registry", elsewhere.Bytes(), certification.ErrNotAllowed},
		{"by a stranger", signed(t, f, key(t, 9), dispute, t0), certification.ErrNotAllowed},
		{"from the future", signed(t, f, key(t, 3), dispute, t0+certification.SkewSeconds+1), certification.ErrNotAllowed},
		{"a revocation by somebody", signed(t, f, key(t, 3), certification.Record{Kind: certification.Revoked, Reason: "r"}, t0), certification.ErrNotAllowed},
		{"about what is not listed", signed(t, &certification.Finding{ID: wire.Hash(nil), History: f.History}, key(t, 3), dispute, t0), certification.ErrUnknown},
	} {
		if _, err := g.Accept(t.Context(), c.doc, t0); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if f := get(t, g, id, t0); f.State != certification.Active || f.History.Sequence != 1 {
		t.Errorf("a refused record changed it: %+v", f.History)
	}
	if _, err := g.Accept(t.Context(), stale, t0); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Accept(t.Context(), stale, t0); !errors.Is(err, certification.ErrChain) {
		t.Errorf("accepted twice: %v", err)
	}
	// The certifier needs no introduction.
	other := registryOf(t, 1)
	if publish(t, other, doc, t0) != id {
		t.Fatal("one certification has two ids")
	}
	if _, err := other.Accept(t.Context(), signed(t, get(t, other, id, t0), key(t, 2), certification.Record{Kind: certification.Revoked, Reason: "r"}, t0), t0); err != nil {
		t.Error(err)
	}
}
