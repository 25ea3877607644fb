package capability

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

func TestCheckRefuses(t *testing.T) {
	over := uint16(maxShareBps + 1)
	grant := func(t *Token) *ToolGrant { return &t.Scope.Grants[0] }
	cases := map[string]func(*Token){
		"schema":         func(t *Token) { t.Schema = "chio.capability.v2" },
		"algorithm":      func(t *Token) { t.Algorithm = "p256" },
		"no id":          func(t *Token) { t.ID = "" },
		"long id":        func(t *Token) { t.ID = strings.Repeat("x", MaxIDBytes+1) },
		"id with space":  func(t *Token) { t.ID = "a b" },
		"id not ascii":   func(t *Token) { t.ID = "é" },
		"no issuer":      func(t *Token) { t.Issuer = wire.PublicKey{} },
		"weak subject":   func(t *Token) { t.Subject = wire.PublicKey{1} },
		"negative start": func(t *Token) { t.IssuedAt = -1 },
		"empty window":   func(t *Token) { t.ExpiresAt = t.IssuedAt },
		"far end":        func(t *Token) { t.ExpiresAt = wire.MaxUnits + 1 },
		"share":          func(t *Token) { t.BudgetShareBps = &over },
		"many links":     func(t *Token) { t.DelegationChain = make([]Link, MaxLinks+1) },
		"link id":        func(t *Token) { t.DelegationChain = []Link{{}} },
		"link delegator": func(t *Token) { t.DelegationChain = []Link{{CapabilityID: "a"}} },
		"link delegatee": func(t *Token) { t.DelegationChain = []Link{{CapabilityID: "a", Delegator: t.Issuer}} },
		"link timestamp": func(t *Token) {
			t.DelegationChain = []Link{{CapabilityID: "a", Delegator: t.Issuer, Delegatee: t.Issuer, Timestamp: -1}}
		},
		"many grants":       func(t *Token) { t.Scope.Grants = make([]ToolGrant, MaxGrants+1) },
		"no server":         func(t *Token) { grant(t).ServerID = "" },
		"no tool":           func(t *Token) { grant(t).ToolName = "" },
		"long tool":         func(t *Token) { grant(t).ToolName = strings.Repeat("x", MaxNameBytes+1) },
		"tool with NUL":     func(t *Token) { grant(t).ToolName = "a\x00" },
		"tool not UTF-8":    func(t *Token) { grant(t).ToolName = "\xff" },
		"unknown operation": func(t *Token) { grant(t).Operations = []Operation{"fly"} },
		"twice":             func(t *Token) { grant(t).Operations = []Operation{Invoke, Invoke} },
		"many constraints":  func(t *Token) { grant(t).Constraints = make([]Constraint, MaxConstraints+1) },
		"constraint type":   func(t *Token) { grant(t).Constraints = []Constraint{{}} },
		"constraint value":  func(t *Token) { grant(t).Constraints = []Constraint{{Type: "x", Value: wire.Raw("{")}} },
		"cost over":         func(t *Token) { grant(t).MaxCostPerInvocation = usd(wire.MaxUnits + 1) },
		"cost currency":     func(t *Token) { grant(t).MaxTotalCost = &wire.MonetaryAmount{Units: 1, Currency: "usd"} },
		"no currency":       func(t *Token) { grant(t).MaxTotalCost = &wire.MonetaryAmount{Units: 1} },
		"resource pattern":  func(t *Token) { t.Scope.ResourceGrants = []ResourceGrant{{}} },
		"prompt operation":  func(t *Token) { t.Scope.PromptGrants = []PromptGrant{{"a", []Operation{"fly"}}} },
	}
	w := newWorld(t)
	for name, change := range cases {
		tok := w.tokens[0]
		tok.Scope = rootScope()
		change(&tok)
		err := tok.Check()
		if codeOf(err) != CodeInvalid || !strings.HasPrefix(err.Error(), CodeInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := VerifyChain([]Token{tok}, ChainInput{Now: testNow, TrustedRoot: func(wire.PublicKey) bool { return true }}); err == nil {
			t.Errorf("%s: accepted in a chain", name)
		}
	}
	atLimit := w.tokens[0]
	atLimit.ID = strings.Repeat("x", MaxIDBytes)
	if err := atLimit.Check(); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	w := newWorld(t)
	if _, err := Sign(Token{ID: "a", Issuer: w.agent.Public(), Subject: w.agent.Public(), ExpiresAt: 1}, w.root); codeOf(err) != CodeIssuer {
		t.Errorf("another issuer: %v", err)
	}
	if _, err := Sign(Token{ID: "a", Subject: w.agent.Public(), ExpiresAt: 1, Scope: Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t"}}}}, w.root); codeOf(err) != CodeInvalid {
		t.Errorf("no operations: %v", err)
	}
	if _, err := Sign(Token{Subject: w.agent.Public(), ExpiresAt: 1}, w.root); codeOf(err) != CodeInvalid {
		t.Errorf("no id: %v", err)
	}
	if _, err := SignProof(HolderProof{AgentKey: w.root.Public()}, w.agent); codeOf(err) != CodeProofMismatch {
		t.Errorf("another agent: %v", err)
	}
	if _, err := SignProof(HolderProof{Nonce: strings.Repeat("G", 32)}, w.agent); codeOf(err) != CodeProofInvalid {
		t.Errorf("nonce: %v", err)
	}
}

func TestAttenuateRefuses(t *testing.T) {
	w := newWorld(t)
	req := AttenuateRequest{ID: "c", Subject: w.agent.Public(), Scope: childScope(), IssuedAt: testNow, ExpiresAt: testNow + 1}
	if _, err := Attenuate(&w.tokens[0], req, w.agent); codeOf(err) != CodeChain {
		t.Errorf("not the subject: %v", err)
	}
	same := req
	same.ID = "cap-root"
	if _, err := Attenuate(&w.tokens[0], same, w.middle); codeOf(err) != CodeChain {
		t.Errorf("id of the parent: %v", err)
	}
	late := req
	late.ExpiresAt = testNow + 1000
	if _, err := Attenuate(&w.tokens[0], late, w.middle); codeOf(err) != CodeWidened {
		t.Errorf("outlives: %v", err)
	}
	odd := w.tokens[0]
	odd.Caveats = []wire.Raw{wire.Raw("1")}
	if _, err := Attenuate(&odd, req, w.middle); codeOf(err) != CodeInvalid {
		t.Errorf("caveat: %v", err)
	}
	early := req
	early.IssuedAt = testNow - 101
	if _, err := Attenuate(&w.tokens[0], early, w.middle); codeOf(err) != CodeChain {
		t.Errorf("before the parent: %v", err)
	}
}

// TestPlainBody: a token signed without schema is accepted only if it omits
// schema and carries nothing that admission does not enforce.
func TestPlainBody(t *testing.T) {
	w := newWorld(t)
	sign := func(change func(*Token)) *Token {
		tok := w.tokens[0]
		tok.Schema = ""
		change(&tok)
		input, err := tok.bodyBytes("")
		if err != nil {
			t.Fatal(err)
		}
		tok.Signature, _ = w.root.Sign(input)
		return &tok
	}
	if err := sign(func(*Token) {}).VerifySignature(); err != nil {
		t.Errorf("plain: %v", err)
	}
	if err := sign(func(tok *Token) { tok.Caveats = []wire.Raw{wire.Raw("1")} }).VerifySignature(); codeOf(err) != CodeSignature {
		t.Errorf("plain with caveat: %v", err)
	}
	named := sign(func(*Token) {})
	named.Schema = Schema
	if err := named.VerifySignature(); codeOf(err) != CodeSignature {
		t.Errorf("schema added after signing: %v", err)
	}
	omitted := w.tokens[0]
	omitted.Schema = "" // signed with schema, sent without, as upstream does
	if err := omitted.VerifySignature(); err != nil {
		t.Errorf("omitted: %v", err)
	}
	foreign := w.tokens[0]
	foreign.Algorithm = "hybrid"
	if err := foreign.VerifySignature(); codeOf(err) != CodeSignature {
		t.Errorf("algorithm: %v", err)
	}
	weak := w.tokens[0]
	weak.Issuer = wire.PublicKey{}
	if err := weak.VerifySignature(); codeOf(err) != CodeSignature {
		t.Errorf("weak issuer: %v", err)
	}
}

func TestCheckLinks(t *testing.T) {
	w := newWorld(t)
	link := func(from, to *wire.Key, at int64) Link {
		l := Link{CapabilityID: "c", Delegator: from.Public(), Delegatee: to.Public(), Timestamp: at}
		input, err := l.signingInput()
		if err != nil {
			t.Fatal(err)
		}
		l.Signature, _ = from.Sign(input)
		return l
	}
	a, b, c := w.root, w.middle, w.agent
	bad := link(a, b, 1)
	bad.Timestamp = 2
	for name, tc := range map[string]struct {
		links []Link
		depth int
		code  string
	}{
		"none":       {nil, 0, ""},
		"two":        {[]Link{link(a, b, 1), link(b, c, 1)}, 2, ""},
		"too deep":   {[]Link{link(a, b, 1), link(b, c, 1)}, 1, CodeChain},
		"broken":     {[]Link{link(a, b, 1), link(a, c, 1)}, 2, CodeChain},
		"backwards":  {[]Link{link(a, b, 2), link(b, c, 1)}, 2, CodeChain},
		"not signed": {[]Link{bad}, 2, CodeSignature},
	} {
		err := (&Token{ID: "t", DelegationChain: tc.links}).CheckLinks(tc.depth)
		if codeOf(err) != tc.code || (err == nil) != (tc.code == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := VerifyDelegation(nil); codeOf(err) != CodeMissing {
		t.Errorf("empty: %v", err)
	}
	if err := VerifyDelegation(make([]Token, MaxLinks+2)); codeOf(err) != CodeChain {
		t.Errorf("endless: %v", err)
	}
	for name, change := range map[string]func(*Link){
		"aggregate_budget":    func(l *Link) { l.AggregateBudget = wire.Raw("1") },
		"cumulative_approval": func(l *Link) { l.CumulativeApproval = wire.Raw("1") },
	} {
		tok := w.tokens[1]
		tok.DelegationChain = []Link{tok.DelegationChain[0]}
		change(&tok.DelegationChain[0])
		if got := tok.unsupported(); got != "delegation_chain[0]."+name {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestLastLinkOrder(t *testing.T) {
	w := newWorld(t)
	next := seedKey(t, 10)
	scope := Scope{}
	mid, err := Attenuate(&w.tokens[0], AttenuateRequest{ID: "m", Subject: w.agent.Public(), Scope: scope, IssuedAt: testNow - 5, ExpiresAt: testNow + 5}, w.middle)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := Attenuate(mid, AttenuateRequest{ID: "l", Subject: next.Public(), Scope: scope, IssuedAt: testNow - 4, ExpiresAt: testNow + 4}, w.agent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyChain([]Token{w.tokens[0], *mid, *leaf}, w.input()); err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyChain([]Token{w.tokens[0], *leaf, *mid}, w.input()); codeOf(err) != CodeChain {
		t.Errorf("out of order: %v", err)
	}
	if _, err := VerifyChain([]Token{w.tokens[0], *leaf}, w.input()); codeOf(err) != CodeChain {
		t.Errorf("gap: %v", err)
	}
	if _, err := VerifyChain([]Token{w.tokens[0], *mid, w.tokens[1]}, w.input()); codeOf(err) != CodeChain {
		t.Errorf("another branch: %v", err)
	}
}
