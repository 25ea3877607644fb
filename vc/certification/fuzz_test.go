package certification_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// Nothing but the bundle itself is accepted as one with this head: what can be
// left away is the report, and the head with records from the end.
func FuzzVerifyBundle(f *testing.F) {
	g := registry(f)
	_, doc := issued(f, key(f, 2), t0, nil)
	id := publish(f, g, doc, t0)
	whole, err := g.Export(id, t0)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(doc)
	f.Add([]byte(`{"certification":{"body":{},"signatures":[]},"schema":"chio.certification_bundle.v1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := certification.VerifyBundle(b, certification.Options{Now: t0, Trusted: certification.Trusting(didOf(key(t, 2)))})
		if r.Err() != nil {
			if r.Integrity || r.Holds(certification.Bronze) || r.State != certification.NotFound {
				t.Fatalf("refused and yet %+v", r)
			}
			return
		}
		if r.ID != id {
			t.Fatalf("accepted %s", b)
		}
		if r.AsOf != 0 && !bytes.Contains(whole, wire.MustMarshal(r.History.Head)) {
			t.Fatalf("a head of another chain: %s", b)
		}
	})
}

// A report is refused, or is what it says it is.
func FuzzParseReport(f *testing.F) {
	f.Add(report(nil))
	f.Add([]byte(`{"schema":"chio.conformance_report.v1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := certification.ParseReport(b)
		if err == nil && !bytes.Equal(wire.MustMarshal(r), b) {
			t.Fatalf("read %s", b)
		}
	})
}

// A record of a stranger never changes a registry.
func FuzzAccept(f *testing.F) {
	g := registry(f)
	_, doc := issued(f, key(f, 2), t0, nil)
	id := publish(f, g, doc, t0)
	f.Add(signed(f, get(f, g, id, t0), key(f, 9), certification.Record{Kind: certification.DisputeOpened, Reason: "r"}, t0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := g.Accept(t.Context(), b, t0); err == nil {
			t.Fatalf("accepted %s", b)
		}
		if s := get(t, g, id, t0).State; s != certification.Active {
			t.Fatalf("it is %s", s)
		}
	})
}
