package ld_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/backbay-labs/chio-node/vc/ld"
)

func processor(t testing.TB) *ld.Processor {
	t.Helper()
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func load(t testing.TB, path string, v any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// integrity is one vector of vc-di-eddsa with its intermediate values.
type integrity struct {
	Name, Suite, PublicKeyMultibase string
	Document, ProofConfig           json.RawMessage
	CanonicalDocument               []string
	DocumentSHA256                  string
	CanonicalProofConfig            []string
	ProofConfigSHA256               string
	ProofValue                      string
}

func integrityVectors(t testing.TB) []integrity {
	t.Helper()
	var vectors []integrity
	load(t, "testdata/vectors/vc-di-eddsa.json", &vectors)
	return vectors
}

func joined(lines []string) string { return strings.Join(lines, "\n") + "\n" }

func hashHex(s []byte) string {
	sum := sha256.Sum256(s)
	return hex.EncodeToString(sum[:])
}

// TestSpecificationVectors runs the public vectors of vc-di-eddsa through every
// step: canonical forms, hashes, signature.
func TestSpecificationVectors(t *testing.T) {
	p := processor(t)
	for _, v := range integrityVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			suite := p.Suite()
			if v.Suite != suite.Name() {
				suite = p.LegacySuite()
			}
			if v.Suite != suite.Name() {
				t.Fatalf("no suite is called %s", v.Suite)
			}
			doc, err := p.Canonicalize(v.Document)
			if err != nil || string(doc) != joined(v.CanonicalDocument) || hashHex(doc) != v.DocumentSHA256 {
				t.Fatalf("document: %v\n%s", err, doc)
			}
			config := map[string]any{}
			_ = json.Unmarshal(v.ProofConfig, &config)
			whole := map[string]any{}
			_ = json.Unmarshal(v.Document, &whole)
			config["@context"] = whole["@context"]
			raw, _ := json.Marshal(config)
			options, err := p.Canonicalize(raw)
			if err != nil || string(options) != joined(v.CanonicalProofConfig) {
				t.Fatalf("proof configuration: %v\n%s", err, options)
			}
			if v.ProofConfigSHA256 != "" && hashHex(options) != v.ProofConfigSHA256 {
				t.Fatalf("proof configuration: hash %s", hashHex(options))
			}
			data, err := suite.HashData(v.Document, v.ProofConfig)
			if err != nil || hex.EncodeToString(data) != hashHex(options)+v.DocumentSHA256 {
				t.Fatalf("HashData: %x, %v", data, err)
			}
			_, key, err := multibase.Decode(v.PublicKeyMultibase)
			if err != nil {
				t.Fatal(err)
			}
			_, sig, err := multibase.Decode(v.ProofValue)
			if err != nil {
				t.Fatal(err)
			}
			if !ed25519.Verify(key[2:], data, sig) {
				t.Fatal("the signature of the specification does not verify")
			}
		})
	}
}

// TestCanonicalizationVectors runs the RDFC-1.0 test suite.
func TestCanonicalizationVectors(t *testing.T) {
	var cases []struct {
		Name             string
		Input, Canonical []string
	}
	load(t, "testdata/vectors/rdf-canon.json", &cases)
	if len(cases) < 45 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, tc := range cases {
		t.Run(tc.Name, func(t *testing.T) {
			for name, lines := range map[string][]string{"given": tc.Input, "reversed": reversed(tc.Input), "canonical": tc.Canonical} {
				set, err := ld.ParseNQuads(lines)
				if err != nil {
					t.Fatal(err)
				}
				got, err := ld.CanonicalizeQuads(set)
				if err != nil || strings.TrimSuffix(string(got), "\n") != strings.Join(tc.Canonical, "\n") {
					t.Fatalf("%s: %v\ngot\n%s\nwant\n%s", name, err, got, strings.Join(tc.Canonical, "\n"))
				}
			}
		})
	}
}

func reversed(in []string) []string {
	out := make([]string, 0, len(in))
	for i := range in {
		out = append(out, in[len(in)-1-i])
	}
	return out
}

// clique relates every one of n blank nodes to every other.
func clique(n int, graph string) (lines []string) {
	for i := range n {
		for j := range n {
			if i != j {
				lines = append(lines, fmt.Sprintf("_:e%d <http://example.com/#p> _:e%d%s .", i, j, graph))
			}
		}
	}
	return lines
}

// TestPoisonDocuments: what a document may cost is less than what the hardest
// dataset of the test suite takes.
func TestPoisonDocuments(t *testing.T) {
	ring := func(n int) (doc string, lines []string) {
		nodes := make([]string, n)
		for i := range n {
			nodes[i] = fmt.Sprintf(`{"id":"_:e%d","next":{"id":"_:e%d"}}`, i, (i+1)%n)
			lines = append(lines, fmt.Sprintf("_:e%d <urn:x:next> _:e%d .", i, (i+1)%n))
		}
		return with(`,{"next":"urn:x:next"}`, `,"evidence":[`+strings.Join(nodes, ",")+`]`), lines
	}
	p := processor(t)
	doc, _ := ring(12)
	if _, err := p.Canonicalize([]byte(doc)); err != nil {
		t.Errorf("a small ring: %v", err)
	}
	doc, lines := ring(40)
	if _, err := p.Canonicalize([]byte(doc)); !errors.Is(err, ld.ErrLimit) {
		t.Errorf("a ring: %v", err)
	}
	set, err := ld.ParseNQuads(lines)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ld.CanonicalizeQuads(set); err != nil {
		t.Errorf("the control: %v", err)
	}
}

// TestPoisonGraphs: a dataset that would take exponential time is refused after
// a bounded number of steps, the same on every machine.
func TestPoisonGraphs(t *testing.T) {
	star := func(n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("_:hub <http://example.com/#p> _:leaf%d .", i))
		}
		return append(lines, "_:leaf0 <http://example.com/#q> _:hub .", "_:other <http://example.com/#p> _:hub .")
	}
	for _, tc := range []struct {
		name  string
		lines []string
		ok    bool
	}{
		{"clique of 3", clique(3, ""), true},
		{"clique of 6", clique(6, ""), false},
		{"clique of 10, the negative test of the suite", clique(10, ""), false},
		{"clique of 8 in a graph named by one of its nodes", clique(8, " _:e0"), false},
		{"clique of 24", clique(24, ""), false},
		{"many leaves of one hub", star(40), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := ld.ParseNQuads(tc.lines)
			if err != nil {
				t.Fatal(err)
			}
			_, err = ld.CanonicalizeQuads(set)
			if tc.ok != (err == nil) || err != nil && !errors.Is(err, ld.ErrLimit) {
				t.Fatalf("%v", err)
			}
		})
	}
}
