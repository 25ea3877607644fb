package vc_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

// methods resolves exactly the methods it holds.
type methods map[string]*did.Method

func (m methods) Method(_ context.Context, url string, _ did.Purpose) (*did.Method, error) {
	if found := m[url]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("%w: %s", did.ErrMethod, url)
}

func processor(t testing.TB) *ld.Processor {
	t.Helper()
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type vector struct {
	Name     string            `json:"name"`
	Keys     map[string]string `json:"keys"`
	Hash     string            `json:"document_hash"`
	Document json.RawMessage   `json:"document"`
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/data-integrity.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// gate of a vector: the methods it names, controlled by its issuer.
func (v *vector) gate(t testing.TB, p *ld.Processor) vc.Gate {
	t.Helper()
	known := methods{}
	for url, key := range v.Keys {
		id, err := did.FromMultibase(key)
		if err != nil {
			t.Fatal(err)
		}
		known[url] = &did.Method{ID: url, Controller: "https://vc.example/issuers/5678", Key: did.NewEd25519(id.Key())}
	}
	return vc.Gate{
		Now: t0, TrustedIssuer: func(string) bool { return true }, AllowNoStatus: true,
		Methods: known, Suites: []vc.Suite{p.Suite(), p.LegacySuite()}, Vocabulary: p,
	}
}

// The vectors of Data Integrity EdDSA Cryptosuites 1.0: one proof, a proof set,
// a chain that follows the set, and a chain that follows that.
func TestPublishedVectors(t *testing.T) {
	p := processor(t)
	for _, v := range readVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			g := v.gate(t, p)
			if r := vc.VerifyCredential(v.Document, g); r.Err() != nil {
				t.Fatal(r.Err())
			}
			if v.Hash != "" {
				canonical, err := wire.Canonicalize(v.Document, wire.ForeignLimits)
				if err != nil {
					t.Fatal(err)
				}
				config, document, err := vc.Config(canonical)
				if err != nil {
					t.Fatal(err)
				}
				if got := hex.EncodeToString(vc.HashData(config, document)[32:]); got != v.Hash {
					t.Errorf("document hash %s, want %s", got, v.Hash)
				}
			}
			g.Suites = nil
			if r := vc.VerifyCredential(v.Document, g); v.Hash == "" && !errors.Is(r.Err(), vc.ErrSuite) {
				t.Errorf("without its suite: %v", r.Err())
			}
			g = v.gate(t, p)
			g.Methods = nil
			if r := vc.VerifyCredential(v.Document, g); !errors.Is(r.Err(), did.ErrMethod) && !errors.Is(r.Err(), vc.ErrController) {
				t.Errorf("without a resolver: %v", r.Err())
			}
		})
	}
}

// Whatever proof of a set or chain is changed, left out or moved to another
// place in the chain, the credential is worthless.
func TestEveryProofOfAChainCounts(t *testing.T) {
	p := processor(t)
	all := readVectors(t)
	v := all[len(all)-1]
	g := v.gate(t, p)
	var doc map[string]any
	if err := json.Unmarshal(v.Document, &doc); err != nil {
		t.Fatal(err)
	}
	proofs := doc["proof"].([]any)
	for i := range proofs {
		left := append(append([]any{}, proofs[:i]...), proofs[i+1:]...)
		doc["proof"] = left
		r := vc.VerifyCredential(wire.MustMarshal(doc), g)
		if last := i == len(proofs)-1; last != (r.Err() == nil) || !last && !errors.Is(r.Err(), vc.ErrProofChain) {
			t.Errorf("without proof %d: %v", i, r.Err())
		}
		original := proofs[i].(map[string]any)
		changed := map[string]any{}
		for k, val := range original {
			changed[k] = val
		}
		changed["created"] = "2023-02-24T23:36:39Z"
		doc["proof"] = append(append(append([]any{}, proofs[:i]...), changed), proofs[i+1:]...)
		if r := vc.VerifyCredential(wire.MustMarshal(doc), g); !errors.Is(r.Err(), wire.ErrBadSignature) {
			t.Errorf("proof %d changed: %v", i, r.Err())
		}
	}
}
