package kernel_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// intentFor is a sound intent for m, changed.
func intentFor(m *kernel.Mandate, change func(*kernel.Intent)) wire.Raw {
	in := kernel.Intent{ID: "in-1", ServerID: m.Server, ToolName: m.Tool, Purpose: "read the notes"}
	if change != nil {
		change(&in)
	}
	return wire.MustMarshal(in)
}

// govern gives a mandate an intent and a proof that binds it.
func (h *harness) govern(m *kernel.Mandate, change func(*kernel.Intent)) {
	h.t.Helper()
	m.Intent = intentFor(m, change)
	hash := wire.Hash(m.Intent)
	h.prove(m, func(p *capability.HolderProof) { p.IntentSHA256 = &hash })
}

func (h *harness) attest(change func(*kernel.Attestation)) *wire.Envelope {
	h.t.Helper()
	attestor := key(h.t, 55)
	a := kernel.Attestation{Schema: kernel.AttestationSchema, Attestor: attestor.Public(), Subject: h.agent.Public(), Level: "verified",
		ModelID: "m-1", ModelSafetyTier: "high", IssuedAt: now - 10, ExpiresAt: now + 100}
	signer := attestor
	if change != nil {
		change(&a)
	}
	env, err := wire.Seal(kernel.AttestationSchema, a, signer)
	if err != nil {
		h.t.Fatal(err)
	}
	return env
}

// constrained replaces the capability by one with these constraints.
func (h *harness) constrained(cs ...capability.Constraint) {
	h.chain = []capability.Token{h.token(capability.ToolGrant{ServerID: "files", ToolName: "read_file",
		Operations: []capability.Operation{capability.Invoke}, Constraints: cs})}
}

func (h *harness) governedKernel(change func(*kernel.Config)) *kernel.Kernel {
	h.t.Helper()
	cfg := kernel.Config{Signer: h.kernelKey, Now: func() int64 { return now }, Switches: &h.switches, Revocations: &h.revocations,
		Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission, Attestors: []wire.PublicKey{key(h.t, 55).Public()}}
	if change != nil {
		change(&cfg)
	}
	k, err := kernel.New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

func constraint(t string, value string) capability.Constraint {
	c := capability.Constraint{Type: t}
	if value != "" {
		c.Value = wire.Raw(value)
	}
	return c
}

func chainOf(h *harness) *kernel.CallChain {
	return &kernel.CallChain{ChainID: "c", ParentRequestID: "p", OriginSubject: h.agent.Public(), DelegatorSubject: h.agent.Public()}
}

// TestGovernedFailsClosed: rules 1 to 5 of step 9, each once broken.
func TestGovernedFailsClosed(t *testing.T) {
	const dollars = capability.MaxTransactionAmountUSD
	tests := []struct {
		name        string
		constraints []capability.Constraint
		priced      string // currency of a 500 unit price
		intent      func(*harness, *kernel.Mandate, *kernel.Intent)
		want        kernel.Code // "" allows
	}{
		{name: "plain intent", intent: func(*harness, *kernel.Mandate, *kernel.Intent) {}},
		{name: "other server", intent: func(_ *harness, _ *kernel.Mandate, in *kernel.Intent) { in.ServerID = "mail" }, want: kernel.CodeIntent},
		{name: "other tool", intent: func(_ *harness, _ *kernel.Mandate, in *kernel.Intent) { in.ToolName = "write_file" }, want: kernel.CodeIntent},
		{name: "maximum below the price", priced: "USD", intent: func(_ *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.MaxAmount = &wire.MonetaryAmount{Units: 499, Currency: "USD"}
		}, want: kernel.CodeIntent},
		{name: "maximum in another currency", priced: "USD", intent: func(_ *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.MaxAmount = &wire.MonetaryAmount{Units: 5000, Currency: "EUR"}
		}, want: kernel.CodeIntent},
		{name: "own parent", intent: func(h *harness, m *kernel.Mandate, in *kernel.Intent) {
			in.CallChain = chainOf(h)
			in.CallChain.ParentRequestID = m.CallID
		}, want: kernel.CodeIntent},
		{name: "untrusted attestor", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.RuntimeAttestation = h.attest(func(a *kernel.Attestation) { a.Attestor = h.agent.Public() })
		}, want: kernel.CodeAssurance},
		{name: "attestation of another agent", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.RuntimeAttestation = h.attest(func(a *kernel.Attestation) { a.Subject = h.kernelKey.Public() })
		}, want: kernel.CodeAssurance},
		{name: "attestation expired", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.RuntimeAttestation = h.attest(func(a *kernel.Attestation) { a.ExpiresAt = now })
		}, want: kernel.CodeAssurance},
		{name: "attestation for a week", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.RuntimeAttestation = h.attest(func(a *kernel.Attestation) { a.ExpiresAt = now + 7*86400 })
		}, want: kernel.CodeAssurance},
		{name: "attestation of an unknown level", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.RuntimeAttestation = h.attest(func(a *kernel.Attestation) { a.Level = "absolute" })
		}, want: kernel.CodeAssurance},
		{name: "attestation of an unknown tier", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.RuntimeAttestation = h.attest(func(a *kernel.Attestation) { a.ModelSafetyTier = "superb" })
		}, want: kernel.CodeAssurance},
		{name: "delegated without assurance", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.Autonomy, in.CallChain = &kernel.Autonomy{Tier: "delegated", DelegationBondID: "b"}, chainOf(h)
		}, want: kernel.CodeAssurance},
		{name: "delegated without a chain", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.Autonomy, in.RuntimeAttestation = &kernel.Autonomy{Tier: "delegated", DelegationBondID: "b"}, h.attest(nil)
		}, want: kernel.CodeIntent},
		{name: "delegated without a bond", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.Autonomy, in.RuntimeAttestation, in.CallChain = &kernel.Autonomy{Tier: "delegated"}, h.attest(nil), chainOf(h)
		}, want: kernel.CodeBond},
		{name: "a bond nobody checks", intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) {
			in.Autonomy, in.RuntimeAttestation, in.CallChain = &kernel.Autonomy{Tier: "autonomous", DelegationBondID: "b"}, h.attest(nil), chainOf(h)
		}, want: kernel.CodeBond},
		{name: "direct needs none", intent: func(_ *harness, _ *kernel.Mandate, in *kernel.Intent) { in.Autonomy = &kernel.Autonomy{Tier: "direct"} }},
		{name: "intent required and absent", constraints: []capability.Constraint{constraint(capability.GovernedIntentRequired, "")}, want: kernel.CodeIntent},
		{name: "seller missing", constraints: []capability.Constraint{constraint(capability.SellerExact, `"acme"`)},
			intent: func(*harness, *kernel.Mandate, *kernel.Intent) {}, want: kernel.CodeIntent},
		{name: "seller named", constraints: []capability.Constraint{constraint(capability.SellerExact, `"acme"`)},
			intent: func(_ *harness, _ *kernel.Mandate, in *kernel.Intent) { in.Commerce = &kernel.Commerce{Seller: "acme"} }},
		{name: "assurance asserted only", constraints: []capability.Constraint{constraint(capability.MinimumRuntimeAssurance, `"basic"`)},
			intent: func(*harness, *kernel.Mandate, *kernel.Intent) {}, want: kernel.CodeAssurance},
		{name: "assurance proved", constraints: []capability.Constraint{constraint(capability.MinimumRuntimeAssurance, `"attested"`)},
			intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) { in.RuntimeAttestation = h.attest(nil) }},
		{name: "tier missing", constraints: []capability.Constraint{constraint(capability.MinimumAutonomyTier, `"direct"`)},
			intent: func(*harness, *kernel.Mandate, *kernel.Intent) {}, want: kernel.CodeIntent},
		{name: "model proved", constraints: []capability.Constraint{constraint(capability.ModelConstraint, `{"allowed_model_ids":["m-1"],"min_safety_tier":"standard"}`)},
			intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) { in.RuntimeAttestation = h.attest(nil) }},
		{name: "another model", constraints: []capability.Constraint{constraint(capability.ModelConstraint, `{"allowed_model_ids":["m-2"]}`)},
			intent: func(h *harness, _ *kernel.Mandate, in *kernel.Intent) { in.RuntimeAttestation = h.attest(nil) }, want: kernel.CodeAssurance},
		{name: "dollars within", priced: "USD", constraints: []capability.Constraint{constraint(dollars, `"5"`)}},
		{name: "dollars over", priced: "USD", constraints: []capability.Constraint{constraint(dollars, `"4.99"`)}, want: kernel.CodeBudgetExceeded},
		{name: "no dollars known", priced: "EUR", constraints: []capability.Constraint{constraint(dollars, `"500"`)}, want: kernel.CodeBudgetExceeded},
		{name: "cumulative approval", constraints: []capability.Constraint{constraint(capability.RequireCumulativeApprovalAbove,
			`{"threshold":{"units":5,"currency":"USD"},"approval_budget_id":"x","approval_budget_epoch":0}`)}, want: kernel.CodeConstraint},
		{name: "content review", constraints: []capability.Constraint{constraint(capability.ContentReviewTier, `"basic"`)}, want: kernel.CodeConstraint},
		{name: "no content review", constraints: []capability.Constraint{constraint(capability.ContentReviewTier, `"none"`)}},
		{name: "approval below the threshold", priced: "USD", constraints: []capability.Constraint{constraint(capability.RequireApprovalAbove, `{"threshold_units":501}`)}},
		{name: "approval at the threshold", priced: "USD", constraints: []capability.Constraint{constraint(capability.RequireApprovalAbove, `{"threshold_units":500}`)}, want: kernel.CodeApprovalNone},
		{name: "dual approval", constraints: []capability.Constraint{constraint(capability.RequireDualApproval, `true`)}, want: kernel.CodeApprovalNone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			h.constrained(tt.constraints...)
			if tt.priced != "" {
				h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
					return kernel.Route{Server: "files", Audience: h.kernelKey.Public(), Price: &wire.MonetaryAmount{Units: 500, Currency: tt.priced}}, nil
				}
			}
			m := h.mandate()
			if tt.intent != nil {
				h.govern(m, func(in *kernel.Intent) { tt.intent(h, m, in) })
			}
			out := h.governedKernel(nil).Mediate(context.Background(), m)
			if tt.want == "" {
				if out.Verdict != kernel.Allow {
					t.Fatalf("denied: %v", out.Denial)
				}
			} else if out.Denial == nil || out.Denial.Code != tt.want || h.dispatchCalls != 0 {
				t.Fatalf("got %v, want %s", out.Denial, tt.want)
			}
			checkReceipt(t, h, out)
		})
	}
}

// bonds covers what it is told to.
type bonds struct {
	d     *kernel.Denial
	panic bool
}

func (b bonds) Cover(*kernel.Call, *kernel.Intent) (any, *kernel.Denial) {
	if b.panic {
		panic("boom")
	}
	return "held", b.d
}

func TestBondIsCheckedAndHandedToAdmit(t *testing.T) {
	for name, tt := range map[string]struct {
		bonds bonds
		want  kernel.Code
	}{
		"covered": {}, "denied": {bonds{d: &kernel.Denial{Code: kernel.CodeBond, Guard: "bond"}}, kernel.CodeBond}, "panics": {bonds{panic: true}, kernel.CodeBond},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			m := h.mandate()
			h.govern(m, func(in *kernel.Intent) {
				in.Autonomy, in.RuntimeAttestation, in.CallChain = &kernel.Autonomy{Tier: "autonomous", DelegationBondID: "b"}, h.attest(nil), chainOf(h)
			})
			out := h.governedKernel(func(c *kernel.Config) { c.Bonds = tt.bonds }).Mediate(context.Background(), m)
			if tt.want != "" {
				if out.Denial == nil || out.Denial.Code != tt.want {
					t.Fatalf("got %v", out.Denial)
				}
				return
			}
			if out.Verdict != kernel.Allow || h.admission.admitted[0].Bond != "held" {
				t.Fatalf("%v, bond %v", out.Denial, h.admission.admitted)
			}
			var md receipt.Metadata
			if err := wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits); err != nil {
				t.Fatal(err)
			}
			if g := md.Governed; g == nil || g.RuntimeAssurance != "verified" || g.AutonomyTier != "autonomous" || g.ChainEvidence != "asserted" || g.IntentSHA256 != wire.Hash(m.Intent) {
				t.Fatalf("the receipt says %+v", md.Governed)
			}
		})
	}
}

// approvals answers what it is told to and remembers what was asked.
type approvals struct {
	answer kernel.ApprovalAnswer
	err    error
	panic  bool
	asked  []*kernel.ApprovalAsk
}

func (a *approvals) Decide(ask *kernel.ApprovalAsk, _ []wire.Raw, _ int64) (kernel.ApprovalAnswer, error) {
	if a.panic {
		panic("boom")
	}
	a.asked = append(a.asked, ask)
	return a.answer, a.err
}

func TestApprovalStates(t *testing.T) {
	refusal := &kernel.Denial{Code: "CHIO-APPROVAL-DENIED", Guard: "approval", Reason: "no"}
	tests := map[string]struct {
		approvals approvals
		want      kernel.Verdict
		code      kernel.Code
	}{
		"granted":            {approvals{answer: kernel.ApprovalAnswer{State: kernel.Granted, ID: "a", Use: 7}}, kernel.Allow, ""},
		"granted, no id":     {approvals{answer: kernel.ApprovalAnswer{State: kernel.Granted}}, kernel.Deny, kernel.CodeApprovalNone},
		"awaited":            {approvals{answer: kernel.ApprovalAnswer{ID: "a", ExpiresAt: now + 5}}, kernel.PendingApproval, kernel.CodeApprovalPending},
		"zero answer":        {approvals{}, kernel.Deny, kernel.CodeApprovalNone},
		"refused":            {approvals{answer: kernel.ApprovalAnswer{State: kernel.Refused, ID: "a", Denial: refusal}}, kernel.Deny, "CHIO-APPROVAL-DENIED"},
		"refused, no reason": {approvals{answer: kernel.ApprovalAnswer{State: kernel.Refused, ID: "a"}}, kernel.Deny, kernel.CodeApprovalNone},
		"error":              {approvals{err: errBroken}, kernel.Deny, kernel.CodeApprovalNone},
		"denial as error":    {approvals{err: refusal}, kernel.Deny, "CHIO-APPROVAL-DENIED"},
		"panic":              {approvals{panic: true}, kernel.Deny, kernel.CodeApprovalNone},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.policies.policy = func() (*kernel.Policy, error) {
				return &kernel.Policy{LocalHash: wire.Hash([]byte("policy")), Local: verdictGuard{kernel.PendingApproval}}, nil
			}
			out := h.governedKernel(func(c *kernel.Config) { c.Approvals = &tt.approvals }).Mediate(context.Background(), h.mandate())
			if out.Verdict != tt.want || tt.code != "" && out.Denial.Code != tt.code {
				t.Fatalf("%s, %v", out.Verdict, out.Denial)
			}
			checkReceipt(t, h, out)
			switch tt.want {
			case kernel.Allow:
				if h.admission.admitted[0].Approval == nil || h.admission.admitted[0].Approval.Use != 7 {
					t.Fatal("Admit was not told which approval to use up")
				}
			case kernel.PendingApproval:
				r := h.admission.refused[0]
				if r.Pending == nil || out.Pending == nil || out.Ended != receipt.PendingApproval || out.Receipt.Decision.ApprovalID != "a" ||
					out.Receipt.Decision.Verdict != receipt.PendingApproval || h.dispatchCalls != 0 || len(h.admission.admitted) != 0 {
					t.Fatalf("refusal %+v, receipt %+v", r, out.Receipt.Decision)
				}
				ask := tt.approvals.asked[0]
				if ask.CallID != out.Pending.Ask.CallID || ask.Subject != h.agent.Public() || ask.Guard != "fixed" || ask.Approvers != 1 || ask.ArgsSHA256.IsZero() {
					t.Fatalf("the ask is %+v", ask)
				}
			}
		})
	}
}

// TestI4_DenyBeatsPending: a guard that wants approval never hides a later Deny.
func TestI4_DenyBeatsPending(t *testing.T) {
	h := newHarness(t)
	h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
		return kernel.Route{Server: "files", Audience: h.kernelKey.Public()}, nil
	}
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash(nil), Local: verdictGuard{kernel.PendingApproval},
			Treaty: []kernel.SidedGuard{{Side: "treaty", Guard: verdictGuard{kernel.PendingApproval}}, {Side: "peer_terms", Guard: verdictGuard{}}}}, nil
	}
	a := &approvals{answer: kernel.ApprovalAnswer{State: kernel.Granted, ID: "a"}}
	out := h.governedKernel(func(c *kernel.Config) { c.Approvals = a }).Mediate(context.Background(), h.mandate())
	if out.Denial == nil || out.Denial.Side != "peer_terms" || len(a.asked) != 0 {
		t.Fatalf("%s %v, asked %d times", out.Verdict, out.Denial, len(a.asked))
	}
}

// A grant that asks for less is enough: the demanding one is not used.
func TestLeastDemandingGrantIsUsed(t *testing.T) {
	h := newHarness(t)
	grant := capability.ToolGrant{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke}}
	strict := grant
	strict.Constraints = []capability.Constraint{constraint(capability.RequireDualApproval, "true")}
	h.chain = []capability.Token{h.token(strict, grant)}
	m := h.mandate()
	if out := h.governedKernel(nil).Mediate(context.Background(), m); out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
	if c := h.admission.admitted[0].Holds[0].Candidates; len(c) != 1 || c[0].Index != 1 {
		t.Fatalf("held under %+v", c)
	}
}

func TestResultIsJudgedByTheGrantsDemands(t *testing.T) {
	rows := func(n string) capability.Constraint { return constraint(capability.MaxRowsReturned, n) }
	text := func(s string) string {
		return `{"content":[{"type":"text","text":` + string(wire.MustMarshal(s)) + `}]}`
	}
	tests := []struct {
		name       string
		constraint capability.Constraint
		content    string
		allow      bool
	}{
		{"few rows", rows("2"), `{"structuredContent":{"rows":[1,2]}}`, true},
		{"many rows", rows("1"), `{"structuredContent":{"rows":[1,2]}}`, false},
		{"rows in rows", rows("2"), `{"structuredContent":{"t":[{"rows":[1,2,3]}]}}`, false},
		{"rows in text", rows("2"), text(`[1,2]`), true},
		{"too many in text", rows("2"), text(`[1,2,3]`), false},
		{"two tellings agree", rows("2"), `{"content":[{"type":"text","text":"{\"rows\": [1]}"}],"structuredContent":{"rows":[1]}}`, true},
		{"two tellings differ", rows("2"), `{"content":[{"type":"text","text":"[1,2,3]"}],"structuredContent":{"rows":[1]}}`, false},
		{"prose", rows("2"), text("three rows"), false},
		{"no array", rows("2"), text(`{"a":1}`), false},
		{"two texts", rows("2"), `{"content":[{"type":"text","text":"[]"},{"type":"text","text":"[]"}]}`, false},
		{"not a result", rows("2"), `[1]`, false},
		{"the very result", constraint(capability.OutputDigestSHA256, `"`+wire.Hash([]byte(`{"a":1}`)).String()+`"`), `{"a":1}`, true},
		{"another result", constraint(capability.OutputDigestSHA256, `"`+wire.Hash([]byte(`{"a":1}`)).String()+`"`), `{"a":2}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			h.constrained(tt.constraint)
			h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) {
				return kernel.Result{Content: wire.Raw(tt.content)}, nil
			}
			out := h.governedKernel(nil).Mediate(context.Background(), h.mandate())
			if (out.Verdict == kernel.Allow) != tt.allow || !tt.allow && (out.Denial.Code != kernel.CodeOutputBlocked || out.Content != nil) {
				t.Fatalf("%s %v", out.Verdict, out.Denial)
			}
			checkReceipt(t, h, out)
		})
	}
}

// rate converts at two dollars a euro; the margin doubles the hold.
type rate struct{ err error }

type converted struct {
	price wire.MonetaryAmount
	to    string
}

func (r rate) Convert(price wire.MonetaryAmount, currency string, _ *wire.Digest, _ int64) (kernel.Conversion, error) {
	return converted{price, currency}, r.err
}
func (c converted) Hold() wire.MonetaryAmount {
	return wire.MonetaryAmount{Units: c.price.Units * 4, Currency: c.to}
}
func (c converted) Cost(a wire.MonetaryAmount) (wire.MonetaryAmount, error) {
	if a.Currency != c.price.Currency {
		return a, errors.New("another currency")
	}
	return wire.MonetaryAmount{Units: a.Units * 2, Currency: c.to}, nil
}
func (c converted) Evidence() receipt.OracleEvidence {
	return receipt.OracleEvidence{BaseCurrency: c.price.Currency, QuoteCurrency: c.to, RateNumerator: "2", RateDenominator: "1"}
}

func TestCapInAnotherCurrency(t *testing.T) {
	price := &wire.MonetaryAmount{Units: 10, Currency: "EUR"}
	for name, tt := range map[string]struct {
		cap  uint64
		rate kernel.Converter
		want kernel.Code
	}{
		"fits": {40, rate{}, ""}, "margin does not fit": {39, rate{}, kernel.CodeBudgetExceeded}, "no round": {40, rate{err: errBroken}, kernel.CodeBudgetCurrency},
		"no converter": {40, nil, kernel.CodeBudgetCurrency},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
				return kernel.Route{Server: "files", Audience: h.kernelKey.Public(), Price: price}, nil
			}
			h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) {
				return kernel.Result{Content: wire.Raw(`{}`), Cost: &wire.MonetaryAmount{Units: 7, Currency: "EUR"}}, nil
			}
			h.chain = []capability.Token{h.token(capability.ToolGrant{ServerID: "files", ToolName: "read_file",
				Operations: []capability.Operation{capability.Invoke}, MaxTotalCost: &wire.MonetaryAmount{Units: tt.cap, Currency: "USD"}})}
			out := h.governedKernel(func(c *kernel.Config) { c.Converter = tt.rate }).Mediate(context.Background(), h.mandate())
			if tt.want != "" {
				if out.Denial == nil || out.Denial.Code != tt.want || out.Denial.Step != 7 {
					t.Fatalf("got %+v", out.Denial)
				}
				return
			}
			if out.Verdict != kernel.Allow {
				t.Fatal(out.Denial)
			}
			held := h.admission.admitted[0].Holds[0].Candidates[0].Charge
			if held == nil || *held != (wire.MonetaryAmount{Units: 40, Currency: "USD"}) {
				t.Fatalf("held %v", held)
			}
			if usd, err := h.admission.admitted[0].ChargeIn("USD"); err != nil || usd.Units != 40 {
				t.Fatalf("in USD %v, %v", usd, err)
			}
			if usd, err := h.admission.closed[0].CostIn("USD"); err != nil || usd.Units != 14 {
				t.Fatalf("cost in USD %v, %v", usd, err)
			}
		})
	}
}

// sessions is a journal of one session.
type sessions struct {
	entries []kernel.SessionEntry
	keys    []string
	panic   bool
}

func (s *sessions) View(name string) kernel.SessionView {
	if s.panic {
		panic("boom")
	}
	return kernel.SessionView{ID: name, Sequence: uint64(len(s.entries)), Head: wire.Hash([]byte{byte(len(s.entries))})}
}
func (s *sessions) Record(name string, e kernel.SessionEntry) {
	s.keys, s.entries = append(s.keys, name), append(s.entries, e)
}

func TestSessionIsTheCallersOwn(t *testing.T) {
	h := newHarness(t)
	j := &sessions{}
	k := h.governedKernel(func(c *kernel.Config) { c.Sessions = j })
	for range 2 {
		m := h.mandate()
		m.Session = "s"
		h.prove(m, func(p *capability.HolderProof) { p.Session = "s" })
		out := k.Mediate(context.Background(), m)
		if out.Verdict != kernel.Allow {
			t.Fatal(out.Denial)
		}
		var md receipt.Metadata
		if err := wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits); err != nil {
			t.Fatal(err)
		}
		if md.Session == nil || md.Session.ID != "s" || md.Session.Sequence != uint64(len(j.entries)-1) {
			t.Fatalf("receipt says %+v", md.Session)
		}
	}
	forged := h.mandate()
	forged.Session = "s" // the proof names none
	if out := k.Mediate(context.Background(), forged); out.Denial == nil || out.Denial.Code != kernel.CodeProofMismatch {
		t.Fatalf("got %v", out.Denial)
	}
	if len(j.entries) != 2 || j.keys[0] != h.agent.Public().String()+"/s" || j.entries[0].Ended != receipt.Allow || j.entries[0].ReceiptID == "" {
		t.Fatalf("journal %v %+v", j.keys, j.entries)
	}
	j.panic = true
	m := h.mandate()
	m.Session = "s"
	h.prove(m, func(p *capability.HolderProof) { p.Session = "s" })
	if out := k.Mediate(context.Background(), m); out.Denial == nil || out.Denial.Code != kernel.CodeInternal {
		t.Fatalf("a broken journal: %v", out.Denial)
	}
}

// TestMadeProofIsJudgedLikeAnyOther: only its signature is taken as known.
func TestMadeProofIsJudgedLikeAnyOther(t *testing.T) {
	h := newHarness(t)
	m := h.mandate()
	made := func(change func(*capability.HolderProof)) *capability.MadeProof {
		p := capability.HolderProof{CallID: m.CallID, Audience: h.kernelKey.Public(), Server: "files", Tool: m.Tool,
			ArgsSHA256: wire.Hash(m.Arguments), CapabilityID: h.chain[0].ID, Nonce: "00112233445566778899aabbccddeeff", IssuedAt: now}
		change(&p)
		proof, err := capability.MakeProof(p, h.agent)
		if err != nil {
			t.Fatal(err)
		}
		return proof
	}
	m.Proof = nil
	for name, tt := range map[string]struct {
		proof *capability.MadeProof
		want  kernel.Code
	}{
		"this call":    {made(func(*capability.HolderProof) {}), ""},
		"another tool": {made(func(p *capability.HolderProof) { p.Tool = "write_file" }), kernel.CodeProofMismatch},
		"stale":        {made(func(p *capability.HolderProof) { p.IssuedAt = now - 301 }), kernel.CodeProofStale},
		"zero":         {&capability.MadeProof{}, kernel.CodeProofMissing},
		"none":         {nil, kernel.CodeProofMissing},
	} {
		own := *m
		own.Made = tt.proof
		out := h.kernel().Mediate(context.Background(), &own)
		if tt.want == "" && out.Verdict != kernel.Allow || tt.want != "" && (out.Denial == nil || out.Denial.Code != tt.want) {
			t.Errorf("%s: %v", name, out.Denial)
		}
	}
}

func TestParseIntentFailsClosed(t *testing.T) {
	for _, doc := range []string{``, `[]`, `{}`, `{"id":"a","server_id":"s","tool_name":"t","purpose":"p","extra":1}`,
		`{"id":"a","server_id":"s","tool_name":"t","purpose":""}`, `{"id":"a","id":"a","server_id":"s","tool_name":"t","purpose":"p"}`,
		`{"id":"a","server_id":"s","tool_name":"t","purpose":"p","max_amount":{"units":9007199254740992,"currency":"USD"}}`,
		`{"id":"a","server_id":"s","tool_name":"t","purpose":"p","max_amount":{"units":1,"currency":""}}`,
		`{"id":"a","server_id":"s","tool_name":"t","purpose":"p","commerce":{"seller":""}}`,
		`{"id":"a","server_id":"s","tool_name":"t","purpose":"p","autonomy":{"tier":"total"}}`,
		`{"id":"a","server_id":"s","tool_name":"t","purpose":"p","call_chain":{"chain_id":"","parent_request_id":"x","origin_subject":"00","delegator_subject":"00"}}`,
		`{"id":"a","server_id":"s","tool_name":"t","purpose":"p","metered_billing":{}}`,
	} {
		if in, err := kernel.ParseIntent(wire.Raw(doc)); err == nil {
			t.Errorf("%s was accepted as %+v", doc, in)
		}
	}
}

func FuzzParseIntent(f *testing.F) {
	f.Add([]byte(`{"id":"a","server_id":"s","tool_name":"t","purpose":"p","autonomy":{"tier":"direct"},"context":{"x":[1]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		in, err := kernel.ParseIntent(doc)
		if err != nil {
			return
		}
		again, err := kernel.ParseIntent(wire.MustMarshal(in))
		if err != nil || string(wire.MustMarshal(again)) != string(wire.MustMarshal(in)) {
			t.Fatalf("%q does not survive its own form: %v", doc, err)
		}
	})
}

// TestI9_WhomItActsForIsSigned: nobody on the way can add a person to a call.
func TestI9_WhomItActsForIsSigned(t *testing.T) {
	h := newHarness(t)
	signed := func(p *capability.HolderProof) { p.OnBehalfOf, p.Human = "ann@acme", true }
	for name, tt := range map[string]struct {
		claim  receipt.Holder
		proof  func(*capability.HolderProof)
		denied bool
	}{
		"as signed":       {receipt.Holder{Kind: "agent", OnBehalfOf: "ann@acme", Human: true}, signed, false},
		"another person":  {receipt.Holder{Kind: "agent", OnBehalfOf: "eve@acme", Human: true}, signed, true},
		"no person":       {receipt.Holder{Kind: "agent", OnBehalfOf: "ann@acme"}, signed, true},
		"a person added":  {receipt.Holder{Kind: "agent", Human: true}, func(*capability.HolderProof) {}, true},
		"a name added":    {receipt.Holder{Kind: "agent", OnBehalfOf: "ann@acme"}, func(*capability.HolderProof) {}, true},
		"the claim taken": {receipt.Holder{Kind: "agent"}, signed, true},
	} {
		m := h.mandate()
		m.Holder = tt.claim
		h.prove(m, tt.proof)
		out := h.kernel().Mediate(context.Background(), m)
		if (out.Denial != nil) != tt.denied || tt.denied && out.Denial.Code != kernel.CodeProofMismatch {
			t.Errorf("%s: %v", name, out.Denial)
			continue
		}
		var md receipt.Metadata
		if err := wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits); err != nil {
			t.Fatal(err)
		}
		if !tt.denied && (md.Holder == nil || *md.Holder != tt.claim) {
			t.Errorf("%s: the receipt says %+v", name, md.Holder)
		}
	}
}

// A proof on record is turned away at step 5, before anything else of the call
// is looked at, and writes nothing into the session of whom it was taken from.
func TestI9_ReplayIsTurnedAwayEarly(t *testing.T) {
	for name, tt := range map[string]struct {
		replays func(kernel.Nonce) (bool, error)
		want    kernel.Code
	}{
		"seen": {func(kernel.Nonce) (bool, error) { return true, nil }, kernel.CodeProofReplayed}, "fresh": {func(kernel.Nonce) (bool, error) { return false, nil }, ""},
		"unreadable": {func(kernel.Nonce) (bool, error) { return false, errBroken }, kernel.CodeNotReady},
		"panics":     {func(kernel.Nonce) (bool, error) { panic("boom") }, kernel.CodeNotReady},
	} {
		h := newHarness(t)
		h.constrained(capability.NewPathPrefix("elsewhere")) // step 6 would deny
		j := &sessions{}
		m := h.mandate()
		m.Session = "s"
		h.prove(m, func(p *capability.HolderProof) { p.Session = "s" })
		out := h.governedKernel(func(c *kernel.Config) { c.Replays, c.Sessions = tt.replays, j }).Mediate(context.Background(), m)
		if tt.want == "" {
			tt.want = kernel.CodeConstraint
		}
		if out.Denial == nil || out.Denial.Code != tt.want || len(j.entries) != 0 {
			t.Errorf("%s: %v, %d entries", name, out.Denial, len(j.entries))
		}
		checkReceipt(t, h, out)
	}
}
