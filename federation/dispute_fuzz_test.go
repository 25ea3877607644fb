package federation

import (
	"bytes"
	"os"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// kept is a dispute file of the organisations of seeds 10 and 20: a result that
// the origin withheld, its objection, and the statement it signed afterwards.
func kept(t testing.TB) ([]byte, *DisputeFile, KernelKeys) {
	t.Helper()
	doc, err := os.ReadFile("testdata/dispute.json")
	if err != nil {
		t.Fatal(err)
	}
	var f DisputeFile
	if err := wire.UnmarshalCanonical(doc, &f, wire.BundleLimits); err != nil {
		t.Fatal(err)
	}
	keys := map[did.DID][]wire.PublicKey{didOf(t, 10): {key(t, 11).Public()}, didOf(t, 20): {key(t, 21).Public()}}
	return doc, &f, func(id did.DID) []wire.PublicKey { return keys[id] }
}

// TestKeptDisputeIsJudgedTheSame: what was exported once keeps its meaning.
func TestKeptDisputeIsJudgedTheSame(t *testing.T) {
	doc, _, keys := kept(t)
	r, err := VerifyDispute(doc, keys)
	if err != nil || r.Objection != VerdictDisagreement || r.Standing != StandingWithdrawn || r.Joint != "deny" || r.Against != "" || r.Charge.Units != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
}

// FuzzObjection: of all bytes only what the origin's kernel signed is an
// objection, and it is judged as it was signed.
func FuzzObjection(f *testing.F) {
	_, file, keys := kept(f)
	ex := Exhibit{HostReceipt: file.HostReceipt, Continuation: file.Continuation, OriginReceipt: file.OriginReceipt,
		OriginKeys: keys(file.Origin), HostKeys: keys(file.Host)}
	signed := file.Objection.Bytes()
	f.Add(signed)
	f.Add([]byte(`{"body":{"schema":"chio.federation_objection.v1"},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var q cosignRequest
		_ = wire.UnmarshalCanonical(object(part{"objection", doc}, part{"type", text("objection")}), &q, frameLimits)
		if q.Objection == nil {
			return
		}
		_, err := VerifyObjection(q.Objection, ex)
		if (err == nil) != bytes.Equal(q.Objection.Bytes(), signed) {
			t.Fatalf("%s: %v", doc, err)
		}
	})
}

// FuzzDispute: a file that was changed proves nothing, or what remains of it.
func FuzzDispute(f *testing.F) {
	doc, _, keys := kept(f)
	f.Add(doc)
	f.Add([]byte(`{"schema":"chio.federation_dispute.v1"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := VerifyDispute(doc, keys)
		if err == nil && (r.Against != "" || r.HostVerdict != "allow" || r.Charge == nil || r.Charge.Units != 3) {
			t.Fatalf("%s proves %+v", doc, r)
		}
	})
}
