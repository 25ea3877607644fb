package passport_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func policy(t testing.TB) *passport.Policy {
	return &passport.Policy{ID: "door", Issuers: []did.DID{didOf(t, 7)}, MaxStatusAge: day}
}

func reputation() *passport.Reputation {
	return &passport.Reputation{CompositePPM: new(uint64(800_000)), ConfidencePPM: 900_000, Receipts: 120, ActiveDays: 20, SelfIssued: 100,
		Metrics:    passport.Metrics{BoundaryPressure: new(uint64(50_000)), Reliability: new(uint64(990_000))},
		Evidence:   []passport.ReputationEvidence{{LogID: "log", TreeSize: 500, Root: wire.Hash(nil), Receipts: 120, FirstIndex: 3, LastIndex: 400, Indexes: wire.Hash(nil)}},
		ComputedAt: t0 - day}
}

// full is a request for a passport that says everything there is to say.
func full(t testing.TB) passport.Request {
	req := request(t)
	req.Subject.AutonomyTier = passport.TierDelegated
	req.Subject.Roles = []string{"reader", "writer"}
	req.Subject.Assurance = &passport.Assurance{KeyCustody: passport.CustodyOwn, RuntimeTier: "attested"}
	req.Subject.Reputation = reputation()
	req.Subject.Provenance = &passport.Provenance{Provider: "https://login.acme.example", Method: "oidc", Digest: wire.Hash([]byte("x"))}
	return req
}

// judged issues a passport by the organisation of a key and judges it.
func judged(t testing.TB, p *passport.Policy, now int64, reqs ...passport.Request) *passport.Verdict {
	t.Helper()
	g := registry(t)
	var reports []*passport.Report
	for _, req := range reqs {
		_, file, err := g.Issue(t.Context(), req, t0)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, passport.VerifyFile(file, p.Gate(vc.Gate{Now: now}, nil)))
	}
	return p.Judge(reports, now)
}

func TestPolicyJudgesEachDemand(t *testing.T) {
	if v := judged(t, policy(t), t0+60, full(t)); v.Err() != nil || !v.Accepted || v.Agent != didOf(t, 9) || v.PolicySHA256.IsZero() {
		t.Fatalf("%+v", v)
	}
	for name, c := range map[string]struct {
		demand func(*passport.Policy)
		lack   func(*passport.Request) // of a passport that does not meet the demand
		at     int64                   // 0 means a minute after the issue
	}{
		"issuer":           {demand: func(p *passport.Policy) { p.Issuers = []did.DID{didOf(t, 8)} }, lack: func(*passport.Request) {}},
		"tier":             {demand: func(p *passport.Policy) { p.MinTier = passport.TierDelegated }, lack: func(r *passport.Request) { r.Subject.AutonomyTier = passport.TierDirect }},
		"role":             {demand: func(p *passport.Policy) { p.Roles = []string{"reader", "writer"} }, lack: func(r *passport.Request) { r.Subject.Roles = []string{"reader"} }},
		"custody":          {demand: func(p *passport.Policy) { p.KeyCustody = "own" }, lack: func(r *passport.Request) { r.Subject.Assurance.KeyCustody = "custodial" }},
		"custody not said": {demand: func(p *passport.Policy) { p.KeyCustody = "own" }, lack: func(r *passport.Request) { r.Subject.Assurance = nil }},
		"runtime":          {demand: func(p *passport.Policy) { p.MinRuntime = "attested" }, lack: func(r *passport.Request) { r.Subject.Assurance.RuntimeTier = "basic" }},
		"runtime not said": {demand: func(p *passport.Policy) { p.MinRuntime = "basic" }, lack: func(r *passport.Request) { r.Subject.Assurance.RuntimeTier = "" }},
		"receipts": {demand: func(p *passport.Policy) { p.MinReceipts = 100 }, lack: func(r *passport.Request) {
			r.Subject.Reputation.Receipts = 99
			r.Subject.Reputation.SelfIssued = 99
			r.Subject.Reputation.Evidence[0].Receipts = 99
		}},
		"days":             {demand: func(p *passport.Policy) { p.MinDays = 20 }, lack: func(r *passport.Request) { r.Subject.Reputation.ActiveDays = 19 }},
		"history not said": {demand: func(p *passport.Policy) { p.MinDays = 1 }, lack: func(r *passport.Request) { r.Subject.Reputation = nil }},
		"metric": {demand: func(p *passport.Policy) {
			p.MinMetrics = map[string]uint64{"composite": 800_000, "reliability": 990_000}
		}, lack: func(r *passport.Request) { *r.Subject.Reputation.Metrics.Reliability-- }},
		"metric unknown":     {demand: func(p *passport.Policy) { p.MinMetrics = map[string]uint64{"reliability": 0} }, lack: func(r *passport.Request) { r.Subject.Reputation.Metrics.Reliability = nil }},
		"metrics not said":   {demand: func(p *passport.Policy) { p.MinMetrics = map[string]uint64{"composite": 0} }, lack: func(r *passport.Request) { r.Subject.Reputation = nil }},
		"pressure":           {demand: func(p *passport.Policy) { p.MaxBoundaryPressure = new(uint64(50_000)) }, lack: func(r *passport.Request) { *r.Subject.Reputation.Metrics.BoundaryPressure++ }},
		"pressure unknown":   {demand: func(p *passport.Policy) { p.MaxBoundaryPressure = new(uint64(1_000_000)) }, lack: func(r *passport.Request) { r.Subject.Reputation.Metrics.BoundaryPressure = nil }},
		"reputation too old": {demand: func(p *passport.Policy) { p.MaxAge = day + 60 }, lack: func(r *passport.Request) { r.Subject.Reputation.ComputedAt-- }},
		"passport too old":   {demand: func(p *passport.Policy) { p.MaxAge = day + 60 }, lack: func(r *passport.Request) { r.ValidFrom -= day + 1; r.Subject.Reputation = nil }},
	} {
		p := policy(t)
		c.demand(p)
		if err := p.Check(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v := judged(t, p, t0+60, full(t)); name != "issuer" && v.Err() != nil {
			t.Errorf("%s: what meets the demand is refused: %v", name, v.Err())
		}
		req := full(t)
		c.lack(&req)
		v := judged(t, p, t0+60, req)
		if v.Accepted || !errors.Is(v.Err(), passport.ErrRefused) || v.Reason == "" {
			t.Errorf("%s: accepted: %+v", name, v)
		}
		if v := judged(t, policy(t), t0+60, req); v.Err() != nil {
			t.Errorf("%s: the lack is refused by another rule: %v", name, v.Err())
		}
	}
}

func TestPortfolioNeedsOneAndNoneWithdrawn(t *testing.T) {
	p := policy(t)
	p.Roles = []string{"writer"}
	if v := judged(t, p, t0+60, request(t), full(t)); v.Err() != nil || v.Credentials[0].Accepted || !v.Credentials[1].Accepted {
		t.Errorf("one of two: %+v", v)
	}
	if v := judged(t, p, t0+60, request(t), request(t)); v.Accepted {
		t.Error("none of two is accepted")
	}
	if v := p.Judge(nil, t0); v.Accepted || !errors.Is(v.Err(), passport.ErrRefused) {
		t.Errorf("nothing presented: %v", v.Err())
	}
	other := full(t)
	other.Subject.ID = didOf(t, 10)
	if v := judged(t, p, t0+60, full(t), other); v.Accepted || !errors.Is(v.Err(), passport.ErrTwoAgents) {
		t.Errorf("two agents: %v", v.Err())
	}
	g := registry(t)
	good, file, err := g.Issue(t.Context(), full(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	bad, _, err := g.Issue(t.Context(), request(t), t0)
	if err == nil {
		err = g.Revoke(t.Context(), bad.ID, "", t0+1)
	}
	if err != nil {
		t.Fatal(err)
	}
	revoked, err := g.File(t.Context(), bad.ID, t0+2)
	if err != nil {
		t.Fatal(err)
	}
	gate := p.Gate(vc.Gate{Now: t0 + 60}, nil)
	v := p.Judge([]*passport.Report{passport.VerifyFile(file, gate), passport.VerifyFile(revoked, gate)}, t0+60)
	if v.Accepted || !errors.Is(v.Err(), passport.ErrWithdrawn) || !v.Credentials[0].Accepted {
		t.Errorf("beside a revoked one %s counts: %v", good.ID, v.Err())
	}
	broken := passport.VerifyFile(bytes.Replace(file, []byte("researcher"), []byte("researchex"), 1), gate)
	if v := p.Judge([]*passport.Report{broken}, t0+60); v.Accepted || v.Agent != "" {
		t.Errorf("a broken one: %+v", v)
	}
}

func TestAnchorsAreWhatTheCallerSays(t *testing.T) {
	p := &passport.Policy{ID: "door", TrustAnchors: []string{passport.AnchorPeers}, MaxStatusAge: day}
	_, _, _, file := issued(t)
	for name, want := range map[string]bool{passport.AnchorPeers: true, passport.AnchorSelf: false} {
		gate := p.Gate(vc.Gate{Now: t0}, func(anchor string, issuer did.DID) bool { return anchor == name && issuer == didOf(t, 7) })
		if v := p.Judge([]*passport.Report{passport.VerifyFile(file, gate)}, t0); v.Accepted != want {
			t.Errorf("%s: %v", name, v.Err())
		}
	}
	if v := p.Judge([]*passport.Report{passport.VerifyFile(file, p.Gate(vc.Gate{Now: t0}, nil))}, t0); v.Accepted {
		t.Error("an anchor nobody knows counts")
	}
}

func TestNoPolicyRefuses(t *testing.T) {
	_, _, list, file := issued(t)
	reports := []*passport.Report{passport.VerifyFile(file, gate(t, list, t0))}
	var none *passport.Policy
	if v := none.Judge(reports, t0); v.Accepted || !errors.Is(v.Err(), passport.ErrNoPolicy) {
		t.Errorf("no policy: %v", v.Err())
	}
	if (&passport.Verdict{}).Err() == nil {
		t.Error("the zero verdict accepts")
	}
	for name, change := range map[string]func(*passport.Policy){
		"empty":            func(p *passport.Policy) { *p = passport.Policy{} },
		"no name":          func(p *passport.Policy) { p.ID = "" },
		"nobody":           func(p *passport.Policy) { p.Issuers = []did.DID{} },
		"issuer malformed": func(p *passport.Policy) { p.Issuers = []did.DID{"did:web:acme.example"} },
		"issuer twice":     func(p *passport.Policy) { p.Issuers = append(p.Issuers, p.Issuers[0]) },
		"many issuers":     func(p *passport.Policy) { p.Issuers = make([]did.DID, 257) },
		"anchor unknown":   func(p *passport.Policy) { p.TrustAnchors = []string{"everybody"} },
		"anchor twice":     func(p *passport.Policy) { p.TrustAnchors = []string{"self", "self"} },
		"tier":             func(p *passport.Policy) { p.MinTier = "god" },
		"runtime":          func(p *passport.Policy) { p.MinRuntime = "none" },
		"custody":          func(p *passport.Policy) { p.KeyCustody = "custodial" },
		"role":             func(p *passport.Policy) { p.Roles = []string{""} },
		"metric":           func(p *passport.Policy) { p.MinMetrics = map[string]uint64{"charm": 1} },
		"metric size":      func(p *passport.Policy) { p.MinMetrics = map[string]uint64{"composite": 1_000_001} },
		"pressure as min":  func(p *passport.Policy) { p.MinMetrics = map[string]uint64{"boundary_pressure": 1} },
		"pressure size":    func(p *passport.Policy) { p.MaxBoundaryPressure = new(uint64(1_000_001)) },
		"age":              func(p *passport.Policy) { p.MaxAge = -1 },
		"no status age":    func(p *passport.Policy) { p.MaxStatusAge = 0 },
		"status age":       func(p *passport.Policy) { p.MaxStatusAge = 31 * day },
	} {
		p := policy(t)
		change(p)
		if v := p.Judge(reports, t0); v.Accepted || !errors.Is(v.Err(), passport.ErrPolicy) {
			t.Errorf("%s: %v", name, v.Err())
		}
		if _, err := passport.SignPolicy(p, key(t, 7), t0, day); !errors.Is(err, passport.ErrPolicy) {
			t.Errorf("%s is signed: %v", name, err)
		}
		if doc, err := wire.Marshal(p); err == nil {
			if _, err := passport.ParsePolicy(doc); !errors.Is(err, passport.ErrPolicy) {
				t.Errorf("%s is parsed: %v", name, err)
			}
		}
	}
	if _, err := passport.ParsePolicy([]byte(`{"policy_id":"x","max_status_age_seconds":9,"issuers":["` + string(didOf(t, 7)) + `"],"min_charm":1}`)); !errors.Is(err, wire.ErrUnknownField) {
		t.Errorf("unknown field: %v", err)
	}
}

func TestSignedPolicy(t *testing.T) {
	env, err := passport.SignPolicy(policy(t), key(t, 7), t0, day)
	if err != nil {
		t.Fatal(err)
	}
	s, err := passport.OpenPolicy(env.Bytes(), t0)
	if err != nil || s.Verifier != didOf(t, 7) || s.Policy.ID != "door" {
		t.Fatalf("%+v %v", s, err)
	}
	for name, c := range map[string]struct {
		doc  []byte
		now  int64
		want error
	}{
		"early":   {env.Bytes(), t0 - 1, passport.ErrPolicyTime},
		"expired": {env.Bytes(), t0 + day, passport.ErrPolicyTime},
		"changed": {bytes.Replace(env.Bytes(), []byte(`"door"`), []byte(`"dood"`), 1), t0, passport.ErrPolicy},
		"by a thief": {mustSeal(t, passport.SchemaPolicy, passport.SignedPolicy{Schema: passport.SchemaPolicy, Verifier: didOf(t, 7), CreatedAt: t0, ExpiresAt: t0 + day,
			Policy: *policy(t)}, key(t, 11)), t0, wire.ErrSignerSet},
		"by two": {mustSeal(t, passport.SchemaPolicy, passport.SignedPolicy{Schema: passport.SchemaPolicy, Verifier: didOf(t, 7), CreatedAt: t0, ExpiresAt: t0 + day,
			Policy: *policy(t)}, key(t, 7), key(t, 11)), t0, wire.ErrSignerSet},
		"of nobody": {mustSeal(t, passport.SchemaPolicy, passport.SignedPolicy{Schema: passport.SchemaPolicy, Verifier: didOf(t, 7), CreatedAt: t0, ExpiresAt: t0 + day,
			Policy: passport.Policy{ID: "x", MaxStatusAge: 1}}, key(t, 7)), t0, passport.ErrPolicy},
		"for ever": {mustSeal(t, passport.SchemaPolicy, passport.SignedPolicy{Schema: passport.SchemaPolicy, Verifier: didOf(t, 7), CreatedAt: t0, ExpiresAt: t0 + 367*day,
			Policy: *policy(t)}, key(t, 7)), t0, passport.ErrPolicyTime},
	} {
		if _, err := passport.OpenPolicy(c.doc, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := passport.SignPolicy(policy(t), key(t, 7), t0, 367*day); !errors.Is(err, passport.ErrPolicy) {
		t.Errorf("signed for ever: %v", err)
	}
}

func mustSeal(t testing.TB, schema string, body any, signers ...*wire.Key) []byte {
	t.Helper()
	var all []wire.Signer
	for _, s := range signers {
		all = append(all, s)
	}
	env, err := wire.Seal(schema, body, all...)
	if err != nil {
		t.Fatal(err)
	}
	return env.Bytes()
}

func TestIssueRefusesWhatIsNotWhole(t *testing.T) {
	g := registry(t)
	for name, change := range map[string]func(*passport.Subject){
		"custody":           func(s *passport.Subject) { s.Assurance.KeyCustody = "shared" },
		"runtime":           func(s *passport.Subject) { s.Assurance.RuntimeTier = "none" },
		"provider":          func(s *passport.Subject) { s.Provenance.Provider = "acme" },
		"method":            func(s *passport.Subject) { s.Provenance.Method = "hearsay" },
		"provenance digest": func(s *passport.Subject) { s.Provenance.Digest = wire.Digest{} },
		"composite size":    func(s *passport.Subject) { *s.Reputation.CompositePPM = 1_000_001 },
		"confidence size":   func(s *passport.Subject) { s.Reputation.ConfidencePPM = 1_000_001 },
		"metric size":       func(s *passport.Subject) { *s.Reputation.Metrics.Reliability = 1_000_001 },
		"no time":           func(s *passport.Subject) { s.Reputation.ComputedAt = 0 },
		"composite of none": func(s *passport.Subject) {
			*s.Reputation = passport.Reputation{CompositePPM: new(uint64(1)), ComputedAt: 1}
		},
		"days":        func(s *passport.Subject) { s.Reputation.ActiveDays = 121 },
		"self issued": func(s *passport.Subject) { s.Reputation.SelfIssued = 121 },
		"evidence twice": func(s *passport.Subject) {
			s.Reputation.Evidence = append(s.Reputation.Evidence, s.Reputation.Evidence[0])
		},
		"evidence missing":    func(s *passport.Subject) { s.Reputation.Evidence = nil },
		"evidence adds up":    func(s *passport.Subject) { s.Reputation.Evidence[0].Receipts-- },
		"evidence outside":    func(s *passport.Subject) { s.Reputation.Evidence[0].LastIndex = 500 },
		"evidence upside":     func(s *passport.Subject) { s.Reputation.Evidence[0].FirstIndex = 401 },
		"evidence too narrow": func(s *passport.Subject) { s.Reputation.Evidence[0].FirstIndex = 300 },
		"evidence log":        func(s *passport.Subject) { s.Reputation.Evidence[0].LogID = "" },
		"evidence root":       func(s *passport.Subject) { s.Reputation.Evidence[0].Root = wire.Digest{} },
		"many logs":           func(s *passport.Subject) { s.Reputation.Evidence = make([]passport.ReputationEvidence, 65) },
		"role twice":          func(s *passport.Subject) { s.Roles = []string{"a", "a"} },
		"long provider":       func(s *passport.Subject) { s.Provenance.Provider = "x:" + strings.Repeat("y", 255) },
	} {
		req := full(t)
		change(&req.Subject)
		if _, _, err := g.Issue(t.Context(), req, t0); !errors.Is(err, vc.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := g.Issue(t.Context(), full(t), t0); err != nil {
		t.Error(err)
	}
}

// TestFirstEditionStillVerifies: passports issued before there were words for
// assurance and reputation count as before, and cannot be given the new words.
func TestFirstEditionStillVerifies(t *testing.T) {
	_, doc, list, _ := issued(t)
	old := bytes.ReplaceAll(doc, []byte(passport.Context), []byte(passport.Context1))
	if r := passport.Verify(resign(t, old, key(t, 7), "", ""), gate(t, list, t0)); r.Err() != nil {
		t.Errorf("the first edition: %v", r.Err())
	}
	more := resign(t, old, key(t, 7), `"autonomyTier":"`, `"assurance":{"keyCustody":"own"},"autonomyTier":"`)
	if r := passport.Verify(more, gate(t, list, t0)); !errors.Is(r.Err(), vc.ErrMalformed) {
		t.Errorf("a term its context does not define: %v", r.Err())
	}
	if c, err := wire.Canonicalize([]byte(passport.Context), wire.DocumentLimits); err != nil || string(c) != passport.Context {
		t.Errorf("the context is not canonical: %v", err)
	}
}
