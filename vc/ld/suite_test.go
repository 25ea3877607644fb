package ld_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

var (
	_ vc.Suite      = (*ld.Cryptosuite)(nil)
	_ vc.Vocabulary = (*ld.Processor)(nil)
	_ vc.Contexts   = (*ld.Processor)(nil)
)

// TestHashDataCoversEveryMember: a change of any value in the document or in
// the proof configuration changes what is signed, or is refused.
func TestHashDataCoversEveryMember(t *testing.T) {
	suite := processor(t).Suite()
	config := strings.TrimSuffix(passportConfig, "}") +
		`,"expires":"2027-01-01T00:00:00Z","domain":"a.example","challenge":"c","nonce":"n","id":"urn:x:p"}`
	want, err := suite.HashData([]byte(agentPassport), []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ in, from, to string }{
		{"config", "assertionMethod", "authentication"},
		{"config", "#key-1", "#key-2"},
		{"config", "2026-01-01", "2026-01-02"},
		{"config", "2027-01-01", "2028-01-01"},
		{"config", "a.example", "b.example"},
		{"config", `"c"`, `"d"`},
		{"config", `"n"`, `"m"`},
		{"config", "urn:x:p", "urn:x:q"},
		{"config", `"nonce":"n",`, ``},
		{"config", `"nonce":"n"`, `"nonce":null`},
		{"config", `"nonce":"n"`, `"nonce":"n","unknown":"x"`},
		{"document", "researcher", "admin"},
		{"document", `"writer"`, `"owner"`},
		{"document", `,"writer"`, ``},
		{"document", "delegated", "autonomous"},
		{"document", "did:chio:00", "did:chio:02"},
		{"document", "did:chio:01", "did:chio:02"},
		{"document", `"7"`, `"8"`},
		{"document", "revocation", "suspension"},
		{"document", "2026-12-31", "2027-12-31"},
		{"document", "018bcfe5", "018bcfe6"},
		{"document", "urn:chio:terms:v1:roles", "urn:chio:terms:v1:notes"},
		{"document", `"name":"researcher"`, `"name":"researcher","extra":"x"`},
		{"document", `"name":"researcher"`, `"name":"researcher","description":"x"`},
		{"document", `,"ChioAgentPassport"]`, `]`},
	} {
		doc, cfg := agentPassport, config
		if tc.in == "config" {
			cfg = strings.Replace(config, tc.from, tc.to, 1)
		} else {
			doc = strings.Replace(agentPassport, tc.from, tc.to, 1)
		}
		if doc == agentPassport && cfg == config {
			t.Fatalf("%s is not in the %s", tc.from, tc.in)
		}
		if got, err := suite.HashData([]byte(doc), []byte(cfg)); err == nil && bytes.Equal(got, want) {
			t.Errorf("%s: %s -> %s is not signed", tc.in, tc.from, tc.to)
		}
	}
}

func TestProofConfigurationRefused(t *testing.T) {
	p := processor(t)
	ok := strings.TrimSuffix(passportConfig, "}")
	context := agentPassport[len(`{"@context":`):strings.Index(agentPassport, `,"credentialStatus"`)]
	own := func(c string) string { return `{"@context":` + c + `,` + passportConfig[1:] }
	for _, tc := range []struct {
		name, config string
		want         error
	}{
		{"own context, the same", own(context), nil},
		{"own context, shorter", own(v2), ld.ErrConfig},
		{"own context, null", own("null"), ld.ErrConfig},
		{"proofValue", ok + `,"proofValue":"z1"}`, ld.ErrConfig},
		{"jws", ok + `,"jws":"x"}`, ld.ErrConfig},
		{"signatureValue", ok + `,"signatureValue":"x"}`, ld.ErrConfig},
		{"other suite", strings.Replace(passportConfig, "eddsa-rdfc-2022", "eddsa-jcs-2022", 1), ld.ErrConfig},
		{"other type", strings.Replace(passportConfig, "DataIntegrityProof", "Ed25519Signature2020", 1), ld.ErrConfig},
		{"no suite", strings.Replace(passportConfig, `"cryptosuite":"eddsa-rdfc-2022",`, "", 1), ld.ErrConfig},
		{"suite null", strings.Replace(passportConfig, `"eddsa-rdfc-2022"`, "null", 1), ld.ErrConfig},
		{"two types", strings.Replace(passportConfig, `"DataIntegrityProof"`, `["DataIntegrityProof","Ed25519Signature2020"]`, 1), ld.ErrConfig},
		{"repeated member", ok + `,"created":"2027-01-01T00:00:00Z"}`, ld.ErrMalformed},
		{"unknown member", ok + `,"extra":"x"}`, ld.ErrTerm},
		{"relative purpose", strings.Replace(passportConfig, "assertionMethod", "doing", 1), ld.ErrIRI},
		{"empty", `{}`, ld.ErrConfig},
		{"null", `null`, ld.ErrConfig},
		{"array", `[` + passportConfig + `]`, ld.ErrConfig},
		{"nothing", ``, ld.ErrConfig},
	} {
		if _, err := p.Suite().HashData([]byte(agentPassport), []byte(tc.config)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := p.LegacySuite().HashData([]byte(agentPassport), []byte(passportConfig)); !errors.Is(err, ld.ErrConfig) {
		t.Errorf("a Data Integrity proof for the legacy suite: %v", err)
	}
	// Under a context that does not define the legacy proof it has no meaning.
	legacy := `{"proofPurpose":"assertionMethod","type":"Ed25519Signature2020","verificationMethod":"did:chio:01#key-1"}`
	if _, err := p.LegacySuite().HashData([]byte(agentPassport), []byte(legacy)); err == nil {
		t.Error("Ed25519Signature2020 without its context")
	}
	withCrypto := `{"cryptosuite":"",` + legacy[1:]
	if _, err := p.LegacySuite().HashData([]byte(agentPassport), []byte(withCrypto)); !errors.Is(err, ld.ErrConfig) {
		t.Errorf("Ed25519Signature2020 with a cryptosuite: %v", err)
	}
}

// TestIssuedPassport: a passport as it is issued, proof and all, uses no term
// that its contexts do not define, and has an RDF form.
func TestIssuedPassport(t *testing.T) {
	p := processor(t)
	org, err := wire.KeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	agent, err := wire.KeyFromSeed(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	issuer := string(did.FromKey(org.Public()))
	for _, roles := range [][]string{nil, {"reader"}, {"reader", "writer"}} {
		doc, _, err := passport.Issue(org, passport.Request{
			Subject:   passport.Subject{ID: did.FromKey(agent.Public()), Name: "researcher", Organization: "acme", Roles: roles, AutonomyTier: passport.TierDirect},
			ValidFrom: 1_790_000_000, TTLSeconds: 3600,
		}, vc.StatusEntries{vc.NewStatusEntryFor(vc.PurposeRevocation, issuer+"/status/1", 7), vc.NewStatusEntryFor(vc.PurposeSuspension, issuer+"/status/2", 9)}, 1_790_000_000, rand.NewChaCha8([32]byte{1}))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(doc); err != nil {
			t.Errorf("%v roles: %v", roles, err)
		}
		got, err := p.Canonicalize(doc)
		if err != nil || strings.Count(string(got), "terms:v1:roles") != len(roles) || !strings.Contains(string(got), "proofValue> ") {
			t.Errorf("%v roles: %v\n%s", roles, err, got)
		}
	}
}

// TestI10_CanonicalFormIsDeterministic: the spelling of the JSON does not reach
// the canonical form.
func TestI10_CanonicalFormIsDeterministic(t *testing.T) {
	want, err := processor(t).Canonicalize([]byte(agentPassport))
	if err != nil {
		t.Fatal(err)
	}
	reordered := `{"validUntil":"2026-12-31T00:00:00Z", ` + strings.TrimSuffix(agentPassport[1:], `,"validUntil":"2026-12-31T00:00:00Z"}`) + "}\n"
	swapped := strings.Replace(agentPassport, `["reader","writer"]`, `[ "writer", "re\u0061der" ]`, 1)
	for range 10 { // map order
		p := processor(t)
		for _, doc := range []string{agentPassport, reordered, swapped} {
			if got, err := p.Canonicalize([]byte(doc)); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%v\n%s\nwant\n%s", err, got, want)
			}
		}
	}
}
