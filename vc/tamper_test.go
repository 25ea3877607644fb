package vc_test

import (
	"bytes"
	"testing"

	"github.com/gowebpki/jcs"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// changes calls refused with every document that differs from doc in one byte:
// a bit of every byte, and every byte taken out.
func changes(doc []byte, step int, refused func(bad []byte, at int)) {
	for i := 0; i < len(doc); i += step {
		bad := bytes.Clone(doc)
		bad[i] ^= []byte{0x01, 0x20, 0x02}[i%3] // 0x20 swaps the case of a letter
		refused(bad, i)
		refused(append(bytes.Clone(doc[:i]), doc[i+1:]...), i)
	}
}

// Every byte of a signed credential, once changed, makes it worthless: one
// proof, a set, a chain, over JSON and over RDF.
func TestEveryByteOfACredentialIsCovered(t *testing.T) {
	p := processor(t)
	org, other := key(t, 7), key(t, 11)
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const full = `{"id":"urn:x:y","name":"n","validFrom":"2026-01-01T00:00:00.5+01:00","validUntil":"2036-01-01T00:00:00Z",` +
		`"evidence":{"type":"https://example.org/E"},"credentialSubject":{"id":"did:example:1","description":"A"}}`
	one := must(vc.SignCredential(base(t, full), org, vc.SignOptions{ID: "urn:p:1", Created: timeOf(t0), Nonce: "n"}))
	set := must(vc.AddProof(one, other, vc.SignOptions{Domain: []string{"d", "e"}, Expires: timeOf(t0 + 9)}))
	chain := must(vc.AddProof(one, other, vc.SignOptions{PreviousProof: []string{"urn:p:1"}}))
	rdf := must(vc.SignCredential(base(t, full), org, vc.SignOptions{Suite: p.Suite(), Created: timeOf(t0)}))
	for name, c := range map[string]struct {
		doc  []byte
		step int
	}{"one": {one, 1}, "set": {set, 1}, "chain": {chain, 1}, "rdf": {rdf, 5}} {
		g := vc.Gate{
			Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Suites: []vc.Suite{p.Suite()},
			Bound: func([]string, string) bool { return true },
		}
		if r := vc.VerifyCredential(c.doc, g); r.Err() != nil {
			t.Fatalf("%s: %v", name, r.Err())
		}
		same, err := wire.Canonicalize(c.doc, wire.ForeignLimits)
		if err != nil {
			t.Fatal(err)
		}
		changes(c.doc, c.step, func(bad []byte, at int) {
			r := vc.VerifyCredential(bad, g)
			if r.Err() == nil || r.Integrity {
				if again, err := wire.Canonicalize(bad, wire.ForeignLimits); err == nil && bytes.Equal(again, same) {
					return // another spelling of the same JSON
				}
				t.Fatalf("%s: byte %d changed and accepted: %s", name, at, bad)
			}
		})
	}
}

// The same holds for a presentation, and for what is in it.
func TestEveryByteOfAPresentationIsCovered(t *testing.T) {
	doc, g := presented(t)
	if r := vc.VerifyPresentation(doc, g); r.Err() != nil {
		t.Fatal(r.Err())
	}
	changes(doc, 1, func(bad []byte, at int) {
		if r := vc.VerifyPresentation(bad, g); r.Err() == nil || r.Integrity {
			t.Fatalf("byte %d changed and accepted: %s", at, bad)
		}
	})
}

func sameJSON(a, b []byte) bool {
	x, errX := jcs.Transform(a)
	y, errY := jcs.Transform(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// asSet writes the one proof of a document in a list: another document in JSON
// that says the same.
func asSet(doc []byte) []byte {
	var m map[string]wire.Raw
	if wire.Unmarshal(doc, &m, wire.ForeignLimits) != nil {
		return doc
	}
	if raw := m["proof"]; len(raw) > 0 && raw[0] == '{' {
		m["proof"] = append(append(wire.Raw{'['}, raw...), ']')
	}
	b, err := wire.Marshal(m)
	if err != nil {
		return doc
	}
	return b
}

// Nothing but a credential that was signed is accepted as one.
func FuzzVerifyCredential(f *testing.F) {
	_, doc, lists, _ := issued(f)
	for _, b := range [][]byte{doc, lists[0], asSet(doc), []byte(`{"proof":{}}`), []byte(`{"a":{"b":"\"}"},"proof":[]}`)} {
		f.Add(b)
	}
	g, org := gate(f, lists, t0), didOf(f, 7)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := vc.VerifyCredential(b, g); r.Err() == nil && !sameJSON(asSet(b), asSet(doc)) {
			t.Fatalf("accepted %s", b)
		}
		_, _ = vc.OpenStatusList(b, org.String())
	})
}

// Nothing but the presentation that was signed is accepted.
func FuzzVerifyPresentation(f *testing.F) {
	doc, g := presented(f)
	sealed := enveloped("EnvelopedVerifiablePresentation", "data:application/x-seal,00.00.00")
	for _, b := range [][]byte{doc, asSet(doc), sealed, []byte(`{"proof":{},"verifiableCredential":[{}]}`)} {
		f.Add(b)
	}
	g.Envelope = openSeal(vc.Opened{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := vc.VerifyPresentation(b, g); r.Err() == nil && !sameJSON(asSet(b), asSet(doc)) {
			t.Fatalf("accepted %s", b)
		}
	})
}

// Whatever proof is read, it names a method, a signature, the purpose and a
// cryptosuite.
func FuzzProof(f *testing.F) {
	org := key(f, 7)
	for _, o := range []vc.SignOptions{
		{}, {Created: timeOf(t0), Expires: timeOf(t0 + 1)}, {Domain: []string{"a"}, Challenge: "c"},
		{Domain: []string{"a", "b"}, Nonce: "n", ID: "urn:x:y"},
	} {
		doc, err := vc.SignCredential(base(f, `{}`), org, o)
		if err != nil {
			f.Fatal(err)
		}
		var m map[string]wire.Raw
		if err := wire.Unmarshal(doc, &m, wire.ForeignLimits); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(m["proof"]))
	}
	f.Add([]byte(`[{"id":"urn:a:b"},{"previousProof":"urn:a:b"}]`))
	f.Fuzz(func(t *testing.T, proof []byte) {
		var m map[string]wire.Raw
		if err := wire.Unmarshal(base(t, `{}`), &m, wire.ForeignLimits); err != nil {
			t.Fatal(err)
		}
		if m["proof"] = proof; wire.IsCanonical(proof, wire.DocumentLimits) != nil {
			return
		}
		proofs, err := vc.ReadProofs(wire.MustMarshal(m))
		if err != nil || len(proofs) != 1 {
			return
		}
		p := proofs[0]
		if p.VerificationMethod == "" || p.Value == "" || p.Purpose != did.PurposeAssertion || p.Suite() == "" {
			t.Fatalf("read %+v of %s", p, proof)
		}
	})
}
