package authority_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func usd(units uint64) *wire.MonetaryAmount {
	return &wire.MonetaryAmount{Units: units, Currency: "USD"}
}

func u32(n uint32) *uint32 { return &n }

func org(t testing.TB) did.DID { return did.FromKey(key(t, 1).Public()) }

func toolGrant(server, tool string, ops ...capability.Operation) capability.ToolGrant {
	if len(ops) == 0 {
		ops = []capability.Operation{capability.Invoke}
	}
	return capability.ToolGrant{ServerID: server, ToolName: tool, Operations: ops}
}

// readers is the rule the tests vary.
func readers(t testing.TB) authority.IssuanceRule {
	g := toolGrant("files", "*")
	g.Constraints = []capability.Constraint{capability.NewPathPrefix("/w")}
	g.MaxInvocations, g.MaxCostPerInvocation, g.MaxTotalCost = u32(10), usd(5), usd(50)
	yes := true
	g.DPoPRequired = &yes
	return authority.IssuanceRule{Name: "readers", Issuers: []did.DID{org(t)}, Roles: []string{"researcher", "auditor"},
		Organizations: []string{"acme"}, AutonomyTiers: []string{"direct", "delegated"}, MaxTTLSeconds: 600,
		Scope: capability.Scope{Grants: []capability.ToolGrant{g}, ResourceGrants: []capability.ResourceGrant{{URIPattern: "file:///w/*",
			Operations: []capability.Operation{capability.Read}}}}}
}

func policy(t testing.TB, rules ...authority.IssuanceRule) *authority.IssuancePolicy {
	t.Helper()
	p := &authority.IssuancePolicy{Rules: rules}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

func researcher(t testing.TB) authority.Presentation {
	return authority.Presentation{Issuer: org(t), Organization: "acme", Roles: []string{"guest", "researcher"}, AutonomyTier: "delegated", ExpiresAt: now + 3600}
}

func TestDecideGivesWhatTheRuleSays(t *testing.T) {
	p := policy(t, readers(t))
	asked := capability.Scope{Grants: []capability.ToolGrant{toolGrant("files", "read_file")}}
	d, denial := p.Decide(researcher(t), asked, 9999, now)
	if denial != nil {
		t.Fatal(denial)
	}
	g := d.Scope.Grants[0]
	if d.TTLSeconds != 600 || d.Rule.Name != "readers" || d.Rule.PeriodSeconds != 600 || g.ToolName != "read_file" || len(g.Constraints) != 1 ||
		*g.MaxInvocations != 10 || *g.MaxCostPerInvocation != *usd(5) || *g.MaxTotalCost != *usd(50) || !*g.DPoPRequired {
		t.Fatalf("%+v", d)
	}
	if asked.Grants[0].Constraints != nil {
		t.Error("what was asked for was changed")
	}
	less := toolGrant("files", "read_file")
	less.MaxInvocations, less.MaxCostPerInvocation, less.MaxTotalCost = u32(2), usd(1), usd(3)
	less.Constraints = []capability.Constraint{capability.NewPathPrefix("/w"), capability.NewMaxArgsSize(99)}
	d, denial = p.Decide(researcher(t), capability.Scope{Grants: []capability.ToolGrant{less}}, 60, now)
	if denial != nil {
		t.Fatal(denial)
	}
	if g := d.Scope.Grants[0]; d.TTLSeconds != 60 || len(g.Constraints) != 2 || *g.MaxInvocations != 2 || g.MaxTotalCost.Units != 3 {
		t.Fatalf("asked for less, got %+v", d)
	}
	short := researcher(t)
	short.ExpiresAt = now + 5
	if d, denial := p.Decide(short, asked, 60, now); denial != nil || d.TTLSeconds != 5 {
		t.Fatalf("a passport that ends soon: %+v, %v", d, denial)
	}
}

func TestDecideFailsClosed(t *testing.T) {
	euro := toolGrant("files", "read_file")
	euro.MaxTotalCost = &wire.MonetaryAmount{Units: 1, Currency: "EUR"}
	same := func(*authority.Presentation) {}
	tests := map[string]struct {
		who   func(*authority.Presentation)
		grant []capability.ToolGrant
		code  kernel.Code
	}{
		"another issuer":       {func(p *authority.Presentation) { p.Issuer = did.FromKey(key(t, 2).Public()) }, nil, authority.CodeIssuanceNoRule},
		"another role":         {func(p *authority.Presentation) { p.Roles = []string{"guest"} }, nil, authority.CodeIssuanceNoRule},
		"no role":              {func(p *authority.Presentation) { p.Roles = nil }, nil, authority.CodeIssuanceNoRule},
		"another organisation": {func(p *authority.Presentation) { p.Organization = "globex" }, nil, authority.CodeIssuanceNoRule},
		"another tier":         {func(p *authority.Presentation) { p.AutonomyTier = "autonomous" }, nil, authority.CodeIssuanceNoRule},
		"passport over":        {func(p *authority.Presentation) { p.ExpiresAt = now }, nil, authority.CodeIssuanceScope},
		"another server":       {same, []capability.ToolGrant{toolGrant("mail", "send")}, authority.CodeIssuanceScope},
		"every server":         {same, []capability.ToolGrant{toolGrant("*", "read_file")}, authority.CodeIssuanceScope},
		"to delegate":          {same, []capability.ToolGrant{toolGrant("files", "read_file", capability.Invoke, capability.Delegate)}, authority.CodeIssuanceScope},
		"another currency":     {same, []capability.ToolGrant{euro}, authority.CodeIssuanceScope},
		"the caps twice":       {same, []capability.ToolGrant{toolGrant("files", "a"), toolGrant("files", "b")}, authority.CodeIssuanceScope},
		"one too many":         {same, []capability.ToolGrant{toolGrant("files", "a"), toolGrant("mail", "b")}, authority.CodeIssuanceScope},
	}
	p := policy(t, readers(t))
	for name, tt := range tests {
		who := researcher(t)
		tt.who(&who)
		if tt.grant == nil {
			tt.grant = []capability.ToolGrant{toolGrant("files", "read_file")}
		}
		d, denial := p.Decide(who, capability.Scope{Grants: tt.grant}, 60, now)
		if denial == nil || denial.Code != tt.code || denial.Fix == "" || d.Rule != nil {
			t.Errorf("%s: %+v, %v, want %s", name, d, denial, tt.code)
		}
	}
	var none authority.IssuancePolicy
	if _, denial := none.Decide(researcher(t), capability.Scope{Grants: []capability.ToolGrant{toolGrant("files", "x")}}, 60, now); denial == nil {
		t.Error("the zero policy gives something")
	}
}

func TestDecideTriesTheNextRule(t *testing.T) {
	second := readers(t)
	second.Name, second.Scope = "mailers", capability.Scope{Grants: []capability.ToolGrant{toolGrant("mail", "send")}}
	p := policy(t, readers(t), second)
	d, denial := p.Decide(researcher(t), second.Scope, 60, now)
	if denial != nil || d.Rule.Name != "mailers" {
		t.Fatalf("%+v, %v", d, denial)
	}
}

// TestI3_DecideNeverExceedsTheRule: whatever is asked for, what is given is
// covered by the rule's scope and lives no longer than rule and passport.
func TestI3_DecideNeverExceedsTheRule(t *testing.T) {
	gen := func(t *rapid.T, label string) capability.ToolGrant {
		ops := []capability.Operation{capability.Invoke, capability.Delegate, capability.ReadResult}
		g := toolGrant(rapid.SampledFrom([]string{"files", "mail", "*"}).Draw(t, label+"server"),
			rapid.SampledFrom([]string{"a", "b", "*"}).Draw(t, label+"tool"), ops[:rapid.IntRange(1, 3).Draw(t, label+"ops")]...)
		if n := rapid.Uint32Range(0, 4).Draw(t, label+"calls"); n > 0 {
			g.MaxInvocations = &n
		}
		if n := rapid.Uint64Range(0, 4).Draw(t, label+"cost"); n > 0 {
			g.MaxTotalCost = &wire.MonetaryAmount{Units: n, Currency: rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, label+"currency")}
		}
		for _, prefix := range []string{"/a", "/b"} {
			if rapid.Bool().Draw(t, label+prefix) {
				g.Constraints = append(g.Constraints, capability.NewPathPrefix(prefix))
			}
		}
		return g
	}
	issuer := org(t)
	rapid.Check(t, func(t *rapid.T) {
		rule := authority.IssuanceRule{Name: "r", Issuers: []did.DID{issuer}, MaxTTLSeconds: rapid.Int64Range(1, 100).Draw(t, "most")}
		for i := range rapid.IntRange(1, 3).Draw(t, "rule grants") {
			rule.Scope.Grants = append(rule.Scope.Grants, gen(t, "rule"+string(rune('0'+i))))
		}
		p := &authority.IssuancePolicy{Rules: []authority.IssuanceRule{rule}}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		var asked capability.Scope
		for i := range rapid.IntRange(1, 3).Draw(t, "asked grants") {
			asked.Grants = append(asked.Grants, gen(t, "asked"+string(rune('0'+i))))
		}
		ends := now + rapid.Int64Range(-1, 100).Draw(t, "passport")
		d, denial := p.Decide(authority.Presentation{Issuer: issuer, ExpiresAt: ends}, asked, rapid.Int64Range(1, 200).Draw(t, "ttl"), now)
		if denial != nil {
			return
		}
		if err := capability.Covers(rule.Scope, d.Scope); err != nil || d.TTLSeconds > rule.MaxTTLSeconds || now+d.TTLSeconds > ends || d.TTLSeconds <= 0 {
			t.Fatalf("gave %+v under %+v: %v", d, rule, err)
		}
	})
}

func TestIssuancePolicyFailsClosed(t *testing.T) {
	tests := map[string]func(*authority.IssuanceRule){
		"name":           func(r *authority.IssuanceRule) { r.Name = "A b" },
		"nobody":         func(r *authority.IssuanceRule) { r.Issuers = nil },
		"no did":         func(r *authority.IssuanceRule) { r.Issuers = []did.DID{"did:web:x"} },
		"tier":           func(r *authority.IssuanceRule) { r.AutonomyTiers = []string{"sovereign"} },
		"ttl":            func(r *authority.IssuanceRule) { r.MaxTTLSeconds = 0 },
		"long ttl":       func(r *authority.IssuanceRule) { r.MaxTTLSeconds = authority.MaxTTLSeconds + 1 },
		"short period":   func(r *authority.IssuanceRule) { r.PeriodSeconds = 599 },
		"agents":         func(r *authority.IssuanceRule) { r.MaxAgents = -1 },
		"nothing":        func(r *authority.IssuanceRule) { r.Scope = capability.Scope{} },
		"no such grant":  func(r *authority.IssuanceRule) { r.Scope.Grants[0].ToolName = "" },
		"bad constraint": func(r *authority.IssuanceRule) { r.Scope.Grants[0].Constraints[0].Type = "path_prefx" },
		"the name again": func(r *authority.IssuanceRule) { r.Name = "first" },
		"no operation":   func(r *authority.IssuanceRule) { r.Scope.Grants[0].Operations = nil },
	}
	for name, spoil := range tests {
		first, bad := readers(t), readers(t)
		first.Name = "first"
		spoil(&bad)
		p := &authority.IssuancePolicy{Rules: []authority.IssuanceRule{first, bad}}
		if err := p.Validate(); !errors.Is(err, authority.ErrIssuancePolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&authority.IssuancePolicy{Rules: make([]authority.IssuanceRule, 257)}).Validate(); err == nil {
		t.Error("257 rules")
	}
}

func request(t testing.TB) authority.CapabilityRequest {
	return authority.CapabilityRequest{Audience: key(t, 1).Public(), PassportID: "urn:uuid:1", Scope: scope("read_file"), TTLSeconds: 60,
		Nonce: strings.Repeat("0a", 16), IssuedAt: now}
}

func sealed(t testing.TB, q authority.CapabilityRequest, agent wire.Signer) *wire.Envelope {
	t.Helper()
	env, err := authority.SignRequest(q, agent)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func TestRequestOpens(t *testing.T) {
	agent := key(t, 9)
	q, nonce, d := authority.OpenRequest(sealed(t, request(t), agent), key(t, 1).Public(), now+5)
	if d != nil {
		t.Fatal(d)
	}
	if q.Subject != agent.Public() || nonce.AgentKey != agent.Public() || nonce.Value != q.Nonce || nonce.ExpiresAt != now+330 {
		t.Fatalf("%+v, %+v", q, nonce)
	}
}

func TestRequestFailsClosed(t *testing.T) {
	agent, self := key(t, 9), key(t, 1).Public()
	refused := func(name string, env *wire.Envelope, at int64, code kernel.Code) {
		t.Helper()
		if _, _, d := authority.OpenRequest(env, self, at); d == nil || d.Code != code || d.Fix == "" {
			t.Errorf("%s: %v, want %s", name, d, code)
		}
	}
	bad := authority.CodeRequestInvalid
	for name, spoil := range map[string]func(*authority.CapabilityRequest){
		"another kernel":  func(q *authority.CapabilityRequest) { q.Audience = agent.Public() },
		"nothing":         func(q *authority.CapabilityRequest) { q.Scope = capability.Scope{} },
		"no token's":      func(q *authority.CapabilityRequest) { q.Scope.Grants[0].ServerID = "" },
		"no life":         func(q *authority.CapabilityRequest) { q.TTLSeconds = 0 },
		"no passport":     func(q *authority.CapabilityRequest) { q.PassportID = "" },
		"short nonce":     func(q *authority.CapabilityRequest) { q.Nonce = "00" },
		"nonce not hex":   func(q *authority.CapabilityRequest) { q.Nonce = strings.Repeat("zz", 16) },
		"upper-case hex":  func(q *authority.CapabilityRequest) { q.Nonce = strings.Repeat("AA", 16) },
		"control in name": func(q *authority.CapabilityRequest) { q.PassportID = "a\nb" },
	} {
		q := request(t)
		spoil(&q)
		refused(name, sealed(t, q, agent), now, bad)
	}
	good := sealed(t, request(t), agent)
	refused("too old", good, now+301, kernel.CodeProofStale)
	refused("from the future", good, now-31, kernel.CodeProofStale)
	refused("none", nil, now, bad)
	tampered := &wire.Envelope{Body: wire.Raw(strings.Replace(string(good.Body), `"ttl_seconds":60`, `"ttl_seconds":61`, 1)), Signatures: good.Signatures}
	refused("tampered", tampered, now, bad)
	two := sealed(t, request(t), agent)
	if err := two.AddSignature(authority.CapabilityRequestSchema, key(t, 8)); err != nil {
		t.Fatal(err)
	}
	refused("two signatures", two, now, bad)
	body := request(t)
	body.Schema, body.Subject = authority.CapabilityRequestSchema, agent.Public()
	stolen, err := wire.Seal(authority.CapabilityRequestSchema, body, key(t, 8))
	if err != nil {
		t.Fatal(err)
	}
	refused("signed by another", stolen, now, bad)
}

func FuzzCapabilityRequest(f *testing.F) {
	agent, self := key(f, 9), key(f, 1).Public()
	f.Add(sealed(f, request(f), agent).Bytes())
	f.Add([]byte(`{"body":{"schema":"chio.capability_request.v1"},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var env wire.Envelope
		if wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits) != nil {
			return
		}
		if q, nonce, d := authority.OpenRequest(&env, self, now); d == nil && (q.Audience != self || nonce.AgentKey != q.Subject) {
			t.Fatalf("accepted %+v", q)
		}
	})
}

// TestIssueUnderOncePerPeriod: asking again multiplies nothing.
func TestIssueUnderOncePerPeriod(t *testing.T) {
	db := open(t)
	rule := readers(t)
	rule.PeriodSeconds, rule.MaxAgents = 1000, 2
	p := policy(t, rule)
	live := true
	ask := func(agent byte, tool string, at int64) (c *authority.Capability, err error) {
		who := researcher(t)
		who.ExpiresAt = now + 1_000_000
		d, denial := p.Decide(who, capability.Scope{Grants: []capability.ToolGrant{toolGrant("files", tool)}}, 500, at)
		if denial != nil {
			t.Fatal(denial)
		}
		err = db.Update(context.Background(), func(tx store.Tx) (err error) {
			c, err = authority.IssueUnder(tx, d, authority.Request{Subject: key(t, agent).Public()}, key(t, 1), at, rand.Reader,
				func(*authority.Capability) bool { return live })
			return err
		})
		return c, err
	}
	first, err := ask(9, "read_file", now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ask(9, "read_file", now+499)
	if err != nil || again.Leaf().ID != first.Leaf().ID {
		t.Fatalf("the same again: %v, %v", again, err)
	}
	_, err = ask(9, "write_file", now+1)
	wantCode(t, err, authority.CodeIssuanceHeld)
	_, err = ask(9, "read_file", now+500) // expired, its period is not over
	wantCode(t, err, authority.CodeIssuanceHeld)
	live = false
	_, err = ask(9, "read_file", now+2) // revoked
	wantCode(t, err, authority.CodeIssuanceHeld)
	if _, err := ask(8, "read_file", now); err != nil {
		t.Fatalf("another agent: %v", err)
	}
	_, err = ask(7, "read_file", now+1)
	wantCode(t, err, authority.CodeIssuanceHeld)
	if next, err := ask(9, "write_file", now+1000); err != nil || next.Leaf().ID == first.Leaf().ID {
		t.Fatalf("the next period: %v", err)
	}
	if _, err := ask(7, "read_file", now+1000); err != nil {
		t.Fatalf("room in the next period: %v", err)
	}
	update(t, db, func(tx store.Tx) error {
		tx.Set("a/share/readers/"+key(t, 9).Public().String(), []byte("{"))
		return nil
	})
	if _, err := ask(9, "write_file", now+3000); !errors.Is(err, authority.ErrCorrupt) {
		t.Fatalf("a corrupt share: %v", err)
	}
	if _, err := ask(6, "write_file", now+3000); !errors.Is(err, authority.ErrCorrupt) {
		t.Fatalf("beside a corrupt share: %v", err)
	}
}
