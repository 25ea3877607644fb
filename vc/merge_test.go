package vc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
)

// RDF signs what is said about a node and not where. Of a credential that its
// own contents refer to, no member may move to where it is referred to.
func TestSignedMembersCannotMove(t *testing.T) {
	p := processor(t)
	const (
		until  = `"validUntil":"2026-01-01T00:00:00Z"`
		status = `"credentialStatus":{"id":"https://e.example/s#1","statusListCredential":"https://e.example/s","statusListIndex":"1","statusPurpose":"revocation","type":"BitstringStatusListEntry"}`
		about  = `"about":"urn:x:c"`
	)
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Suites: []vc.Suite{p.Suite()}, Vocabulary: p}
	for name, c := range map[string]struct {
		member string
		want   error
	}{"an end": {until, vc.ErrExpired}, "a status": {status, vc.ErrStatusUnknown}} {
		doc := base(t, `{"@context":["https://www.w3.org/ns/credentials/v2",{"about":{"@id":"urn:x:about","@type":"@id"}}],
			"id":"urn:x:c","credentialSubject":{"id":"did:example:subject","about":"urn:x:c"},`+c.member+`}`)
		signed, err := vc.SignCredential(doc, key(t, 7), vc.SignOptions{Suite: p.Suite(), Vocabulary: p})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r := vc.VerifyCredential(signed, g); !errors.Is(r.Err(), c.want) || !r.Integrity {
			t.Fatalf("%s, the control: %v", name, r.Err())
		}
		moved := strings.Replace(strings.Replace(string(signed), ","+c.member, "", 1), c.member+",", "", 1)
		for place, node := range map[string]string{
			"by its id":    `"about":{"id":"urn:x:c","type":"VerifiableCredential",` + c.member + `}`,
			"by a context": `"about":{"@context":"https://www.w3.org/ns/credentials/v2","id":"urn:x:c","type":["VerifiableCredential"],` + c.member + `}`,
			"by a keyword": `"about":{"@id":"urn:x:c","@type":"VerifiableCredential",` + c.member + `}`,
		} {
			changed := strings.Replace(moved, about, node, 1)
			if changed == moved || moved == string(signed) {
				t.Fatalf("%s %s: nothing changed in %s", name, place, signed)
			}
			if r := vc.VerifyCredential([]byte(changed), g); r.Err() == nil || r.Integrity {
				t.Errorf("%s moved, %s: %v", name, place, r.Err())
			}
		}
	}
}

// What was signed of a subject does not move to where something else refers to
// it, nor does a type under another name for types: a reader of the JSON would
// look for both in vain.
func TestSignedSubjectsCannotBeEmptied(t *testing.T) {
	p := processor(t)
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Suites: []vc.Suite{p.Suite()}, Vocabulary: p}
	const terms = `{"Minor":"urn:x:Minor","by":{"@id":"urn:x:by","@type":"@id"},"name2":"urn:x:name2"}`
	doc := base(t, `{"@context":["https://www.w3.org/ns/credentials/v2",`+terms+`],"by":"did:example:subject",
		"credentialSubject":{"id":"did:example:subject","type":"Minor","name2":"a child"}}`)
	b, err := vc.SignCredential(doc, key(t, 7), vc.SignOptions{Suite: p.Suite(), Vocabulary: p})
	if err != nil {
		t.Fatal(err)
	}
	signed := string(b)
	if r := vc.VerifyCredential(b, g); r.Err() != nil {
		t.Fatalf("the control: %v", r.Err())
	}
	const alone, described = `{"id":"did:example:subject"}`, `{"id":"did:example:subject","name2":"a child","type":"Minor"}`
	moved := strings.Replace(strings.Replace(signed, described, alone, 1), `"by":"did:example:subject"`, `"by":`+described, 1)
	aliased := strings.Replace(strings.Replace(signed, `"Minor":"urn:x:Minor"`, `"Minor":"urn:x:Minor","kind":"@type"`, 1), `"type":"Minor"`, `"kind":"Minor"`, 1)
	defined := strings.Replace(aliased, `"kind":"@type"`, `"kind":{"@id":"@type"}`, 1)
	for name, changed := range map[string]string{"described elsewhere": moved, "another name of @type": aliased, "a defined one": defined} {
		if changed == signed {
			t.Fatalf("%s: nothing changed in %s", name, signed)
		}
		if r := vc.VerifyCredential([]byte(changed), g); r.Err() == nil || r.Integrity {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}
