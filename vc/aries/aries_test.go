package aries_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/hyperledger/aries-framework-go/component/models/signature/suite"
	"github.com/hyperledger/aries-framework-go/component/models/signature/suite/ed25519signature2020"
	"github.com/hyperledger/aries-framework-go/component/models/signature/verifier"
	"github.com/hyperledger/aries-framework-go/component/models/verifiable"
	jsonld "github.com/piprate/json-gold/ld"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	t0      = 1_790_000_000 // 2026-09-21
	suite20 = "https://w3id.org/security/suites/ed25519-2020/v1"
)

type members = map[string]any

func with(m, change members) members {
	out := maps.Clone(m)
	for k, v := range change {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

func key(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func didOf(t testing.TB, fill byte) string { return did.FromKey(key(t, fill).Public()).String() }

// contexts gives aries the contexts that vc/ld embeds, and nothing else.
type contexts map[string]*jsonld.RemoteDocument

func (c contexts) LoadDocument(url string) (*jsonld.RemoteDocument, error) {
	if d := c[url]; d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("%q is not embedded", url)
}

func embedded(t testing.TB) contexts {
	t.Helper()
	out := contexts{}
	for url, file := range map[string]string{vc.ContextV1: "credentials-v1", suite20: "ed25519-2020-v1"} {
		raw, err := os.ReadFile(filepath.Join("..", "ld", "contexts", file+".jsonld"))
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		out[url] = &jsonld.RemoteDocument{DocumentURL: url, Document: doc}
	}
	return out
}

// accepts reports what aries alone says, with the options its examples use: a
// key for every issuer, the suite, and contexts.
func (c contexts) accepts(doc []byte) error {
	fetch := func(issuer, keyID string) (*verifier.PublicKey, error) {
		id, err := did.Parse(issuer)
		if err != nil {
			return nil, err
		}
		public := id.Key()
		return &verifier.PublicKey{Type: "Ed25519VerificationKey2018", Value: public[:]}, nil
	}
	_, err := verifiable.ParseCredential(doc,
		verifiable.WithPublicKeyFetcher(fetch),
		verifiable.WithEmbeddedSignatureSuites(ed25519signature2020.New(
			suite.WithVerifier(ed25519signature2020.NewPublicKeyVerifier()))),
		verifiable.WithJSONLDDocumentLoader(c))
	return err
}

func processor(t testing.TB) *ld.Processor {
	t.Helper()
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func gate(p *ld.Processor) vc.Gate {
	return vc.Gate{Now: t0, TrustedIssuer: func(string) bool { return true }, AllowNoStatus: true,
		Suites: []vc.Suite{p.LegacySuite()}, Vocabulary: p, Envelope: jose.Open}
}

func credential(t testing.TB) members {
	return members{
		"@context": []any{vc.ContextV1, suite20}, "type": []any{"VerifiableCredential"}, "id": "urn:uuid:5c1f2f6e-5ad3-4f0f-8a39-0a1d31a4a001",
		"issuer": didOf(t, 7), "issuanceDate": "2026-09-01T00:00:00Z", "expirationDate": "2026-12-01T00:00:00Z",
		"credentialSubject": members{"id": didOf(t, 9)},
	}
}

// signed signs whatever it is given, as nobody of ours would.
func signed(t testing.TB, p *ld.Processor, doc members, by byte) members {
	t.Helper()
	o := vc.SignOptions{Suite: p.LegacySuite(), AllowV1: true, Created: new(vc.Time(t0 - 10)), Controller: doc["issuer"].(string)}
	o.Method = didOf(t, by) + "#key-1"
	out, err := vc.SignCredential(wire.MustMarshal(doc), key(t, by), o)
	if err != nil {
		t.Fatal(err)
	}
	var m members
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// What we issue, an implementation that is not ours accepts.
func TestAriesAcceptsWhatWeIssue(t *testing.T) {
	p, a := processor(t), embedded(t)
	doc := wire.MustMarshal(signed(t, p, credential(t), 7))
	if err := a.accepts(doc); err != nil {
		t.Errorf("Ed25519Signature2020: %v", err)
	}
	if r := vc.VerifyCredential(doc, gate(p)); r.Err() != nil {
		t.Error(r.Err())
	}
	token, err := jose.SignVCJWT(wire.MustMarshal(credential(t)), key(t, 7), jose.SignOptions{Vocabulary: p})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.accepts(token); err != nil {
		t.Errorf("VC-JWT: %v", err)
	}
	if r := vc.VerifyEnvelope(jose.MediaJWT, token, gate(p)); r.Err() != nil {
		t.Error(r.Err())
	}
}

// What aries alone accepts and our gate refuses. A row that aries comes to
// refuse, or we to accept, fails.
func TestAriesAloneAccepts(t *testing.T) {
	p, a := processor(t), embedded(t)
	good := signed(t, p, credential(t), 7)
	subject := credential(t)["credentialSubject"].(members)
	for name, c := range map[string]struct {
		doc  members
		want error
	}{
		"no proof":               {with(good, members{"proof": nil}), vc.ErrNoProof},
		"empty proofs":           {with(good, members{"proof": []any{}}), vc.ErrNoProof},
		"expired":                {signed(t, p, with(credential(t), members{"expirationDate": "2026-09-02T00:00:00Z"}), 7), vc.ErrExpired},
		"not yet valid":          {signed(t, p, with(credential(t), members{"issuanceDate": "2026-11-01T00:00:00Z"}), 7), vc.ErrNotYetValid},
		"foreign issuer":         {signed(t, p, with(credential(t), members{"issuer": didOf(t, 11)}), 7), vc.ErrController},
		"undefined term":         {with(good, members{"role": "admin"}), ld.ErrTerm},
		"undefined term, inside": {with(good, members{"credentialSubject": with(subject, members{"role": "admin"})}), ld.ErrTerm},
		"injected proof member":  {with(good, members{"proof": with(good["proof"].(members), members{"scope": "all"})}), vc.ErrProof},
	} {
		doc := wire.MustMarshal(c.doc)
		if err := a.accepts(doc); err != nil {
			t.Errorf("%s: aries refuses it too: %v", name, err)
		}
		if r := vc.VerifyCredential(doc, gate(p)); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

// What neither accepts.
func TestBothRefuse(t *testing.T) {
	p, a := processor(t), embedded(t)
	good := signed(t, p, credential(t), 7)
	for name, doc := range map[string]members{
		"another subject":  with(good, members{"credentialSubject": members{"id": didOf(t, 11)}}),
		"another issuer":   with(good, members{"issuer": didOf(t, 11), "proof": with(good["proof"].(members), members{"verificationMethod": didOf(t, 11) + "#key-1"})}),
		"a later end":      with(good, members{"expirationDate": "2027-12-01T00:00:00Z"}),
		"another purpose":  with(good, members{"proof": with(good["proof"].(members), members{"proofPurpose": "authentication"})}),
		"unknown context":  with(good, members{"@context": []any{vc.ContextV1, suite20, "https://x.example/v1"}}),
		"another creation": with(good, members{"proof": with(good["proof"].(members), members{"created": "2026-09-02T00:00:00Z"})}),
	} {
		raw := wire.MustMarshal(doc)
		if a.accepts(raw) == nil {
			t.Errorf("%s: aries accepts it", name)
		}
		if r := vc.VerifyCredential(raw, gate(p)); r.Err() == nil {
			t.Errorf("%s: our gate accepts it", name)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	p, a := processor(b), embedded(b)
	doc := wire.MustMarshal(signed(b, p, credential(b), 7))
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			if r := vc.VerifyCredential(doc, gate(p)); r.Err() != nil {
				b.Fatal(r.Err())
			}
		}
	})
	b.Run("aries", func(b *testing.B) {
		for b.Loop() {
			if err := a.accepts(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerifyToken(b *testing.B) {
	p, a := processor(b), embedded(b)
	token, err := jose.SignVCJWT(wire.MustMarshal(credential(b)), key(b, 7), jose.SignOptions{Vocabulary: p})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			if r := vc.VerifyEnvelope(jose.MediaJWT, token, gate(p)); r.Err() != nil {
				b.Fatal(r.Err())
			}
		}
	})
	b.Run("aries", func(b *testing.B) {
		for b.Loop() {
			if err := a.accepts(token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
