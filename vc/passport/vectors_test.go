package passport_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

var update = flag.Bool("update", false, "write the vectors of testdata again")

// example is one vector that verifiers of other languages share: a document as
// its exact bytes, what the verifier brings, and how it must answer.
type example struct {
	Description string   `json:"description"`
	Kind        string   `json:"kind"` // passport, file or presentation
	Document    string   `json:"document"`
	Now         int64    `json:"now"`                       // unix seconds
	Trusted     []string `json:"trusted_issuers,omitempty"` // of a passport or file
	StatusLists []string `json:"status_lists,omitempty"`    // documents, for a passport
	ListIssuer  string   `json:"status_list_issuer,omitempty"`
	Challenge   string   `json:"challenge,omitempty"` // of a presentation
	Policy      string   `json:"policy,omitempty"`
	Error       string   `json:"error,omitempty"` // the cause; absent: accepted
	Rule        int      `json:"rule,omitempty"`  // of a passport or file: the first that fails
}

// causes names the sentinels.
var causes = map[string]error{
	"malformed": vc.ErrMalformed, "no-proof": vc.ErrNoProof, "proof": vc.ErrProof, "controller": vc.ErrController,
	"bad-signature": wire.ErrBadSignature, "duplicate-key": wire.ErrDuplicateKey, "schema": wire.ErrSchema,
	"not-canonical": wire.ErrNotCanonical, "unknown-field": wire.ErrUnknownField,
	"expired": vc.ErrExpired, "not-yet-valid": vc.ErrNotYetValid, "untrusted-issuer": vc.ErrUntrustedIssuer,
	"revoked": vc.ErrRevoked, "suspended": vc.ErrSuspended, "status-unknown": vc.ErrStatusUnknown, "status-list": vc.ErrStatusList,
	"presentation": passport.ErrPresentation, "challenge": vc.ErrChallenge, "refused": passport.ErrRefused,
	"withdrawn": passport.ErrWithdrawn, "two-agents": passport.ErrTwoAgents,
}

// answer is what this package says of an example.
func (e *example) answer(t *testing.T) (rule int, cause error) {
	t.Helper()
	if e.Kind == "presentation" {
		return 0, e.judge(t)
	}
	g := gate(t, nil, e.Now)
	if e.StatusLists != nil {
		docs := make([]wire.Raw, len(e.StatusLists))
		for i, s := range e.StatusLists {
			docs[i] = wire.Raw(s)
		}
		g = gate(t, docs, e.Now)
	}
	g.TrustedIssuer = func(issuer string) bool { return slices.Contains(e.Trusted, issuer) }
	verify := passport.Verify
	if e.Kind == "file" {
		verify = passport.VerifyFile
	}
	r := verify([]byte(e.Document), g)
	if accepted := r.Integrity && r.IssuerTrusted && r.Authorized && r.Passport != nil; accepted != (r.Err() == nil) {
		t.Errorf("%s: answers %+v with %v", e.Description, r, r.Err())
	}
	for _, c := range r.Checks {
		if !c.OK {
			return c.Rule, r.Err()
		}
	}
	return 0, r.Err()
}

func (e *example) judge(t *testing.T) error {
	t.Helper()
	var asked passport.Asked
	if err := wire.Unmarshal([]byte(e.Challenge), &asked.Challenge, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	if err := wire.Unmarshal([]byte(e.Policy), &asked.Policy, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	r, err := passport.ParseResponse([]byte(e.Document))
	if err != nil {
		return err
	}
	v, err := asked.Verify(r, vc.Gate{Now: e.Now}, nil)
	if err != nil {
		return err
	}
	if v.Accepted != (v.Err() == nil) {
		t.Errorf("%s: accepted %t with %v", e.Description, v.Accepted, v.Err())
	}
	return v.Err()
}

// The vectors are what the generator makes, and every one is answered as it
// says.
func TestSharedVectors(t *testing.T) {
	made := map[string]bool{}
	for name, e := range examples(t) {
		dir := "must-reject"
		if e.Error == "" {
			dir = "valid"
		}
		path := filepath.Join("testdata", dir, name+".json")
		made[path] = true
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
		stored, err := os.ReadFile(path)
		if err != nil || string(stored) != string(b) {
			t.Errorf("%s is not what is made now (run with -update): %v", path, err)
			continue
		}
		var read example
		if err := wire.Unmarshal(stored, &read, wire.ForeignLimits); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		cause, known := causes[read.Error]
		if !known && read.Error != "" {
			t.Fatalf("%s: no cause %q", path, read.Error)
		}
		if rule, got := read.answer(t); !errors.Is(got, cause) || rule != read.Rule {
			t.Errorf("%s: rule %d, %v; want rule %d, %v", path, rule, got, read.Rule, cause)
		}
	}
	for _, dir := range []string{"valid", "must-reject"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		for _, path := range files {
			if !made[path] {
				t.Errorf("%s is made by nothing", path)
			}
		}
	}
}
