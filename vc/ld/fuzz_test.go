package ld_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc/ld"
)

// FuzzCanonicalize: whatever comes in, the answer is an error or a canonical
// form, the same for the same JSON, that canonicalizes to itself.
func FuzzCanonicalize(f *testing.F) {
	p := processor(f)
	f.Add([]byte(agentPassport))
	f.Add([]byte(presentation(agentPassport)))
	f.Add([]byte(with(`,{"l":{"@id":"urn:x:l","@container":"@list"}}`, `,"l":["a",{"id":"_:b"},1.5]`)))
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := p.Canonicalize(doc)
		if err != nil {
			return
		}
		again, err := p.Canonicalize(doc)
		if err != nil || !bytes.Equal(got, again) {
			t.Fatalf("second time: %v\n%s\n%s", err, got, again)
		}
		if err := p.Check(doc); err != nil {
			t.Fatalf("Check refuses what can be signed: %v", err)
		}
		set, err := ld.ParseNQuads(strings.Split(string(got), "\n"))
		if err != nil {
			t.Fatalf("not N-Quads: %v\n%s", err, got)
		}
		back, err := ld.CanonicalizeQuads(set)
		if err != nil || !bytes.Equal(back, got) {
			t.Fatalf("not its own canonical form: %v\n%s\n%s", err, got, back)
		}
	})
}

// FuzzCheck: the vocabulary check answers, and what it lets pass has no context
// that is not embedded.
func FuzzCheck(f *testing.F) {
	p := processor(f)
	f.Add([]byte(agentPassport))
	f.Add([]byte(with(`,{"t":{"@id":"urn:x:t","@context":{"u":"urn:x:u"}}}`, `,"t":{"u":null}`)))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if err := p.Check(doc); err != nil {
			return
		}
		if !bytes.Contains(doc, []byte(`context`)) && !bytes.Contains(doc, []byte(`\u`)) {
			t.Fatalf("accepted without a context: %s", doc)
		}
	})
}

// FuzzHashData: a document and a configuration give 64 bytes or an error.
func FuzzHashData(f *testing.F) {
	p := processor(f)
	suite, legacy := p.Suite(), p.LegacySuite()
	for _, v := range integrityVectors(f) {
		f.Add([]byte(v.Document), []byte(v.ProofConfig))
	}
	f.Fuzz(func(t *testing.T, doc, config []byte) {
		data, err := suite.HashData(doc, config)
		if err == nil && len(data) != 64 {
			t.Fatalf("%d bytes", len(data))
		}
		if _, other := legacy.HashData(doc, config); err == nil && other == nil {
			t.Fatal("one configuration fits two suites")
		}
	})
}
