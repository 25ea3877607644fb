package vc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
)

// RDF signs what a name means. An end that was signed as validUntil must not
// vanish by being written under another name that means the same.
func TestSignedMembersCannotBeHidden(t *testing.T) {
	p := processor(t)
	const until = `"validUntil":"2026-01-01T00:00:00Z"`
	signed, err := vc.SignCredential(base(t, `{`+until+`}`), key(t, 7), vc.SignOptions{Suite: p.Suite(), Vocabulary: p})
	if err != nil {
		t.Fatal(err)
	}
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Suites: []vc.Suite{p.Suite()}, Vocabulary: p}
	if r := vc.VerifyCredential(signed, g); !errors.Is(r.Err(), vc.ErrExpired) {
		t.Fatalf("the control: %v", r.Err())
	}
	const iri = "https://www.w3.org/2018/credentials#validUntil"
	const typed = `{"@type":"http://www.w3.org/2001/XMLSchema#dateTime","@value":"2026-01-01T00:00:00Z"}`
	const inline = `credentials/v2"]`
	for name, c := range map[string]struct{ context, member string }{
		"as an IRI":          {inline, `"` + iri + `":` + typed},
		"as an escaped IRI":  {inline, `"https\u003a//www.w3.org/2018/credentials#validUntil":` + typed},
		"as a compact IRI":   {`credentials/v2",{"c":"https://www.w3.org/2018/credentials#"}]`, `"c:validUntil":` + typed},
		"as an alias":        {`credentials/v2",{"vu":"` + iri + `"}]`, `"vu":` + typed},
		"as a typed alias":   {`credentials/v2",{"vu":{"@id":"` + iri + `","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}]`, `"vu":"2026-01-01T00:00:00Z"`},
		"under a vocabulary": {`credentials/v2",{"@vocab":"https://www.w3.org/2018/credentials#valid"}]`, `"Until":` + typed},
		"under a prefix":     {`credentials/v2",{"w":{"@id":"https://www.w3.org/2018/","@prefix":true},"vu":{"@id":"w:credentials#validUntil"}}]`, `"vu":` + typed},
		"in a nest":          {`credentials/v2",{"n":"@nest"}]`, `"n":{"validUntil":"2026-01-01T00:00:00Z"}`},
		"in a defined nest":  {`credentials/v2",{"n":{"@id":"@nest"}}]`, `"n":{"validUntil":"2026-01-01T00:00:00Z"}`},
		"in an inclusion":    {`credentials/v2",{"n":"@included"}]`, `"n":{"validUntil":"2026-01-01T00:00:00Z"}`},
		"in a graph":         {`credentials/v2",{"n":"@graph"}]`, `"n":{"validUntil":"2026-01-01T00:00:00Z"}`},
		"spelled by escapes": {`credentials/v2",{"vu":"https:\u002f/www.w3.org/2018/credentials#validUntil"}]`, `"vu":` + typed},
	} {
		doc := strings.Replace(strings.Replace(string(signed), inline, c.context, 1), until, c.member, 1)
		r := vc.VerifyCredential([]byte(doc), g)
		if r.Err() == nil || r.Integrity {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}
