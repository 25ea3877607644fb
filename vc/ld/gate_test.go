package ld_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

const gateTime = 1_790_000_000

// secured returns a credential signed with a suite, and the gate that accepts it.
func secured(t *testing.T, suite *ld.Cryptosuite, context string) ([]byte, vc.Gate) {
	t.Helper()
	p := processor(t)
	org, err := wire.KeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	issuer := string(did.FromKey(org.Public()))
	created := vc.Time(gateTime)
	doc := strings.Replace(with(","+context, `,"name":"n","validUntil":"2030-01-01T00:00:00Z"`), "did:example:i", issuer, 1)
	doc = strings.Replace(doc, `"type":"VerifiableCredential"`, `"type":["VerifiableCredential"]`, 1)
	out, err := vc.SignCredential([]byte(doc), org, vc.SignOptions{Suite: suite, Created: &created, Vocabulary: p})
	if err != nil {
		t.Fatal(err)
	}
	return out, vc.Gate{
		Now: gateTime, TrustedIssuer: func(i string) bool { return i == issuer }, AllowNoStatus: true,
		Suites: []vc.Suite{p.Suite(), p.LegacySuite()}, Vocabulary: p,
	}
}

// TestI9_GateOverRDF: through the gate, a credential signed over its RDF is
// accepted as it is, and no changed copy of it.
func TestI9_GateOverRDF(t *testing.T) {
	p := processor(t)
	for _, tc := range []struct {
		suite   *ld.Cryptosuite
		context string
	}{
		{p.Suite(), `{"extra":"urn:x:extra"}`},
		{p.LegacySuite(), `{"extra":"urn:x:extra"},"https://w3id.org/security/suites/ed25519-2020/v1"`},
	} {
		t.Run(tc.suite.Name(), func(t *testing.T) {
			doc, gate := secured(t, tc.suite, tc.context)
			if err := vc.VerifyCredential(doc, gate).Err(); err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
			for _, change := range [][2]string{
				{`"name":"n"`, `"name":"m"`},
				{`"name":"n"`, `"name":["n","m"]`},
				{`"name":"n"`, `"name":"n","description":"d"`},
				{`"name":"n"`, `"name":"n","extra":"x"`},
				{`"name":"n"`, `"name":"n","unmapped":"x"`},
				{`"name":"n"`, `"name":null`},
				{`"name":"n"`, `"name":{"@value":"n","@direction":"rtl"}`},
				{`"name":"n"`, `"name":{"@value":"n","@language":"en"}`},
				{`"name":"n"`, `"name":"n","evidence":{"@set":[{"unmapped":1}]}`},
				{"did:example:s", "did:example:t"},
				{"2030", "2031"},
				{"assertionMethod", "authentication"},
				{`"proofPurpose"`, `"expires":"2031-01-01T00:00:00Z","proofPurpose"`},
				{`"proofPurpose"`, `"unmapped":"x","proofPurpose"`},
				{`"proofPurpose"`, `"@context":"https://www.w3.org/ns/credentials/v2","proofPurpose"`},
				{`https://www.w3.org/ns/credentials/v2`, `https://www.w3.org/2018/credentials/v1`},
			} {
				changed := bytes.Replace(doc, []byte(change[0]), []byte(change[1]), 1)
				if bytes.Equal(changed, doc) {
					t.Errorf("%s is not in %s", change[0], doc)
				}
				if err := vc.VerifyCredential(changed, gate).Err(); err == nil {
					t.Errorf("accepted with %s for %s", change[1], change[0])
				}
			}
			gate.Suites = nil
			if err := vc.VerifyCredential(doc, gate).Err(); err == nil {
				t.Error("accepted without the suite")
			}
		})
	}
}
