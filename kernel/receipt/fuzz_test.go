package receipt

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

func addVectors(f *testing.F, pattern string) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "vectors", pattern))
	if err != nil || len(names) == 0 {
		f.Fatalf("no vectors %s: %v", pattern, err)
	}
	for _, n := range names {
		doc, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
}

// FuzzVerifyJSON: only receipts signed by the trusted key are ever authorised,
// and the body cut out of the bytes is the canonical body.
func FuzzVerifyJSON(f *testing.F) {
	addVectors(f, "*_valid.json")
	trust := TrustKernel(seedKey(f, 7).Public())
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, res, err := VerifyJSON(doc, trust)
		if err != nil {
			if codeOf(err) != CodeFormat {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		if res.Authorized && (r.KernelKey != trust.Kernels[0].Key || !res.Intact()) {
			t.Fatalf("%+v", res)
		}
		canonical, err := wire.Canonicalize(doc, Limits())
		if err != nil {
			t.Fatal(err)
		}
		body := bodyOf(canonical, members(canonical))
		if err := wire.IsCanonical(body, Limits()); err != nil {
			t.Fatalf("body %s: %v", body, err)
		}
	})
}

// FuzzParseNote: a note that parses has one spelling.
func FuzzParseNote(f *testing.F) {
	addVectors(f, "*.txt")
	f.Fuzz(func(t *testing.T, doc []byte) {
		n, err := ParseNote(doc)
		if err == nil && !bytes.Equal(n.Bytes(), doc) {
			t.Fatalf("%q\n%q", n.Bytes(), doc)
		}
	})
}

// FuzzVerifyBundle: no input but the valid one is accepted, and none panics.
func FuzzVerifyBundle(f *testing.F) {
	addVectors(f, "bundle_*.json")
	valid, err := os.ReadFile(filepath.Join("testdata", "vectors", "bundle_valid.json"))
	if err != nil {
		f.Fatal(err)
	}
	trust := newFixture(f, 1).trust
	f.Fuzz(func(t *testing.T, doc []byte) {
		if _, err := VerifyBundle(doc, trust); err == nil && !bytes.Equal(doc, valid) {
			// A subset of the same receipts is fine; anything else is not.
			b, err := parseBundle(doc)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range b.Logs {
				for _, e := range l.Receipts {
					if !bytes.Contains(valid, e.Receipt) {
						t.Fatalf("accepted a receipt nobody signed: %s", e.Receipt)
					}
				}
			}
		}
	})
}

// FuzzSmallFiles covers trust sets, equivocation evidence and proofs.
func FuzzSmallFiles(f *testing.F) {
	addVectors(f, "trust.json")
	addVectors(f, "equivocation_*.json")
	addVectors(f, "consistency_*.json")
	trust := newFixture(f, 1).trust
	f.Fuzz(func(t *testing.T, doc []byte) {
		if ts, err := ParseTrustSet(doc); err == nil {
			if _, err := ts.Bytes(); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = VerifyEquivocation(doc, trust)
		_, _ = VerifyConsistencyFiles([]byte("x"), []byte("y"), doc, trust)
	})
}

// FuzzRetiredBundle: over a rotation, no receipt counts but those that were
// logged, whatever else the retired key may be made to say.
func FuzzRetiredBundle(f *testing.F) {
	x := newRotated(f)
	f.Add(bundleOf(f, x.part(f, len(x.docs), x.next)), []byte(nil))
	f.Add(bundleOf(f, x.part(f, finalSize, x.old)), []byte(nil))
	proof, err := (&ConsistencyProof{Schema: ConsistencySchema, Origin: testOrigin, From: 3, To: finalSize, Path: refProof(3, x.hashes[:finalSize])}).Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bundleOf(f, x.part(f, 3, x.old)), proof)
	f.Fuzz(func(t *testing.T, doc, proof []byte) {
		report, err := VerifyBundle(doc, x.trust, proof)
		if err != nil {
			if codeOf(err) == "" {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		b, err := ParseBundle(doc)
		if err != nil || report.Count() == 0 && len(b.Logs) == 0 {
			t.Fatalf("%v", err)
		}
		for _, l := range b.Logs {
			for _, e := range l.Receipts {
				if e.LeafIndex >= uint64(len(x.docs)) || !bytes.Equal(e.Receipt, x.docs[e.LeafIndex]) {
					t.Fatalf("accepted a receipt that was not logged: %s", e.Receipt)
				}
			}
		}
	})
}
