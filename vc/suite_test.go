package vc_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/multiformats/go-multibase"
	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/vc"
)

// The cryptosuite computed a second time from its specification, with another
// canonicalizer and the standard JSON package.
func TestSuiteAgreesWithASecondComputation(t *testing.T) {
	_, doc, lists, _ := issued(t)
	for _, signed := range [][]byte{doc, lists[0], lists[1]} {
		var whole map[string]any
		if err := json.Unmarshal(signed, &whole); err != nil {
			t.Fatal(err)
		}
		proof := whole["proof"].(map[string]any)
		value := proof["proofValue"].(string)
		delete(whole, "proof")
		delete(proof, "proofValue")
		document, config := second(t, whole), second(t, proof)

		gotConfig, gotDocument, err := vc.Config(signed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(config, gotConfig) || !bytes.Equal(document, gotDocument) {
			t.Fatalf("preimages differ:\n%s\n%s\n%s\n%s", config, gotConfig, document, gotDocument)
		}
		c, d := sha256.Sum256(config), sha256.Sum256(document)
		message := append(c[:], d[:]...)
		if !bytes.Equal(message, vc.HashData(gotConfig, gotDocument)) {
			t.Fatal("hash data differs")
		}
		_, sig, err := multibase.Decode(value)
		if err != nil {
			t.Fatal(err)
		}
		org := key(t, 7).Public()
		if !ed25519.Verify(org[:], message, sig) {
			t.Fatal("signature does not verify outside")
		}
	}
}

func second(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jcs.Transform(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Whatever the spelling of a signed document, it verifies; the canonical form
// is what was signed.
func TestSpellingOfTheDocumentDoesNotMatter(t *testing.T) {
	_, doc, lists, _ := issued(t)
	var whole any
	if err := json.Unmarshal(doc, &whole); err != nil {
		t.Fatal(err)
	}
	pretty, err := json.MarshalIndent(whole, " ", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if r := vc.VerifyCredential(pretty, gate(t, lists, t0)); r.Err() != nil {
		t.Fatal(r.Err())
	}
}

// Every combination of set bits survives encoding, and no bit is a neighbour's.
func TestStatusBitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := make([]byte, vc.ListBits/8)
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, vc.ListBits-1), 0, 50).Draw(t, "set") {
			bits[i/8] |= 0x80 >> (i % 8)
		}
		s, err := vc.EncodeList(bits)
		if err != nil {
			t.Fatal(err)
		}
		back, err := vc.DecodeList(s)
		if err != nil || !bytes.Equal(back, bits) {
			t.Fatalf("changed: %v", err)
		}
	})
}
