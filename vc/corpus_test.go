package vc_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

var update = flag.Bool("update", false, "write the vectors of testdata again")

// example is one vector that verifiers of other languages share: a document as
// its exact bytes, what the verifier brings, and how it must answer.
type example struct {
	Description string      `json:"description"`
	Kind        string      `json:"kind"` // credential or presentation
	Document    string      `json:"document"`
	Gate        exampleGate `json:"gate"`
	Error       string      `json:"error,omitempty"` // the cause; absent: accepted
	Rule        int         `json:"rule,omitempty"`  // the first rule that fails
}

// exampleGate is what a verifier brings, in JSON.
type exampleGate struct {
	Now             int64           `json:"now"` // unix seconds
	SkewSeconds     int64           `json:"skew_seconds,omitempty"`
	Trusted         []string        `json:"trusted_issuers,omitempty"`
	StatusLists     []string        `json:"status_lists,omitempty"` // documents
	ListIssuer      string          `json:"status_list_issuer,omitempty"`
	NoStatus        bool            `json:"allow_no_status,omitempty"`
	Linked          bool            `json:"json_ld,omitempty"` // vocabulary, and the two suites over RDF
	Methods         []exampleMethod `json:"methods,omitempty"` // nil: did:chio and did:key only
	Challenge       string          `json:"challenge,omitempty"`
	Domain          string          `json:"domain,omitempty"`
	HolderIsSubject bool            `json:"holder_is_subject,omitempty"`
	MaxCredentials  int             `json:"max_credentials,omitempty"`
}

type exampleMethod struct {
	ID         string   `json:"id"`
	Controller string   `json:"controller"`
	Key        string   `json:"public_key_multibase"`
	Purposes   []string `json:"purposes"`
}

// causes names the sentinels.
var causes = map[string]error{
	"malformed": vc.ErrMalformed, "no-proof": vc.ErrNoProof, "too-many-proofs": vc.ErrManyProofs, "proof": vc.ErrProof,
	"cryptosuite": vc.ErrSuite, "key-kind": vc.ErrKeyKind, "proof-chain": vc.ErrProofChain, "controller": vc.ErrController,
	"bad-signature": wire.ErrBadSignature, "duplicate-key": wire.ErrDuplicateKey, "not-json": wire.ErrNotJSON,
	"expired": vc.ErrExpired, "not-yet-valid": vc.ErrNotYetValid, "untrusted-issuer": vc.ErrUntrustedIssuer,
	"revoked": vc.ErrRevoked, "suspended": vc.ErrSuspended, "status-unknown": vc.ErrStatusUnknown,
	"method": did.ErrMethod, "purpose": did.ErrPurpose, "vocabulary": vc.ErrVocabulary, "resource": vc.ErrResource,
	"schema": vc.ErrSchema, "bound": vc.ErrBound, "envelope": vc.ErrEnvelope, "presentation": vc.ErrPresentation,
	"holder": vc.ErrHolder, "challenge": vc.ErrChallenge, "not-subject": vc.ErrNotSubject, "no-credentials": vc.ErrNoCredentials,
}

// listed resolves the methods of an example for the purposes it lists.
type listed []exampleMethod

func (l listed) Method(_ context.Context, url string, p did.Purpose) (*did.Method, error) {
	for _, m := range l {
		if m.ID == url && slices.Contains(m.Purposes, string(p)) {
			k, err := did.ParseMultikey(m.Key)
			return &did.Method{ID: m.ID, Controller: m.Controller, Key: k}, err
		}
		if m.ID == url {
			return nil, fmt.Errorf("%w: %s", did.ErrPurpose, url)
		}
	}
	return nil, fmt.Errorf("%w: %s", did.ErrMethod, url)
}

func (g *exampleGate) gate(t testing.TB, p *ld.Processor) vc.PresentationGate {
	t.Helper()
	out := vc.PresentationGate{Challenge: g.Challenge, Domain: g.Domain, HolderIsSubject: g.HolderIsSubject, MaxCredentials: g.MaxCredentials}
	out.Now, out.SkewSeconds, out.AllowNoStatus = g.Now, g.SkewSeconds, g.NoStatus
	out.TrustedIssuer = func(issuer string) bool { return slices.Contains(g.Trusted, issuer) }
	if g.Methods != nil {
		out.Methods = listed(g.Methods)
	}
	if g.Linked {
		out.Vocabulary, out.Suites = p, []vc.Suite{p.Suite(), p.LegacySuite()}
	}
	lists := map[string]*vc.StatusList{}
	for _, doc := range g.StatusLists {
		l, err := vc.OpenStatusList([]byte(doc), g.ListIssuer)
		if err != nil {
			t.Fatal(err)
		}
		lists[l.ID()] = l
	}
	out.StatusList = func(url string) (*vc.StatusList, error) { return lists[url], nil }
	return out
}

// answer is what the gate says of an example: the first rule that failed, and
// the cause.
func (e *example) answer(t testing.TB, p *ld.Processor) (rule int, cause error) {
	t.Helper()
	g := e.Gate.gate(t, p)
	var checks []vc.Check
	var err error
	if e.Kind == "presentation" {
		r := vc.VerifyPresentation([]byte(e.Document), g)
		checks, err = r.Checks, r.Err()
		if accepted := r.Integrity && r.Bound && r.Authorized; accepted != (err == nil) {
			t.Errorf("%s: answers %+v with %v", e.Description, r, err)
		}
	} else {
		r := vc.VerifyCredential([]byte(e.Document), g.Gate)
		checks, err = r.Checks, r.Err()
		if accepted := r.Integrity && r.IssuerTrusted && r.Authorized; accepted != (err == nil) {
			t.Errorf("%s: answers %+v with %v", e.Description, r, err)
		}
	}
	for _, c := range checks {
		if !c.OK {
			return c.Rule, err
		}
	}
	return 0, err
}

func directory(e *example) string {
	if e.Error == "" {
		return "testdata/valid"
	}
	return "testdata/must-reject"
}

// The vectors are what the generator makes, and every one is answered as it
// says.
func TestSharedVectors(t *testing.T) {
	p := processor(t)
	names := map[string]bool{}
	for name, e := range examples(t, p) {
		path := filepath.Join(directory(e), name+".json")
		names[path] = true
		b, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, '\n')
		if *update {
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if stored, err := os.ReadFile(path); err != nil || string(stored) != string(b) {
			t.Errorf("%s is not what is made now (run with -update): %v", path, err)
		}
	}
	for _, dir := range []string{"testdata/valid", "testdata/must-reject"} {
		files, err := filepath.Glob(dir + "/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		for _, path := range files {
			if !names[path] {
				t.Errorf("%s is made by nothing", path)
			}
			run(t, p, path)
		}
	}
}

func run(t *testing.T, p *ld.Processor, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var e example
	if err := wire.Unmarshal(b, &e, wire.ForeignLimits); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	cause, known := causes[e.Error]
	if !known && e.Error != "" {
		t.Fatalf("%s: no cause %q", path, e.Error)
	}
	rule, got := e.answer(t, p)
	if !errors.Is(got, cause) || rule != e.Rule {
		t.Errorf("%s: rule %d, %v; want rule %d, %v", path, rule, got, e.Rule, cause)
	}
}
