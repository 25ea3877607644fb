package kernel_test

import (
	"context"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// said is a lineage source.
type said string

func (s said) Class(*kernel.CallChain) string {
	if s == "panic" {
		panic("boom")
	}
	return string(s)
}

// A call chain is never worth more than the three words, and nothing upgrades
// it by failing.
func TestChainEvidence(t *testing.T) {
	for source, want := range map[said]string{"verified": "verified", "observed": "observed", "asserted": "asserted", "proven": "asserted", "panic": "asserted"} {
		h := newHarness(t)
		m := h.mandate()
		h.govern(m, func(in *kernel.Intent) { in.CallChain = chainOf(h) })
		out := h.governedKernel(func(c *kernel.Config) { c.Lineage = source }).Mediate(context.Background(), m)
		var md receipt.Metadata
		if err := wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits); err != nil {
			t.Fatal(err)
		}
		if out.Verdict != kernel.Allow || md.Governed == nil || md.Governed.ChainEvidence != want {
			t.Errorf("%s: %v, %+v", source, out.Denial, md.Governed)
		}
	}
}

// What an approver signs names the intent, and the peer that sent the call.
func TestAskSaysWhatAnApproverMustKnow(t *testing.T) {
	h := newHarness(t)
	peer := key(t, 41)
	root := h.token(capability.ToolGrant{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke, capability.Delegate}})
	root.Subject = peer.Public()
	signed, err := capability.Sign(capability.Token{ID: root.ID, Subject: peer.Public(), Scope: root.Scope, IssuedAt: root.IssuedAt, ExpiresAt: root.ExpiresAt}, h.kernelKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := capability.Attenuate(signed, capability.AttenuateRequest{ID: "leaf", Subject: h.agent.Public(), Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files",
		ToolName: "read_file", Operations: []capability.Operation{capability.Invoke}}}}, IssuedAt: now - 5, ExpiresAt: now + 100}, peer)
	if err != nil {
		t.Fatal(err)
	}
	h.chain = []capability.Token{*signed, *leaf}
	effective := wire.Hash([]byte("effective"))
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash([]byte("policy")), EffectiveHash: &effective, Local: verdictGuard{kernel.Allow},
			Treaty: []kernel.SidedGuard{{Side: "peer_terms", Guard: verdictGuard{kernel.PendingApproval}}}}, nil
	}
	m := h.mandate()
	m.Origin = &kernel.Origin{PeerDID: "did:chio:peer", PeerKernel: peer.Public()}
	h.govern(m, nil)
	a := &approvals{answer: kernel.ApprovalAnswer{ID: "a"}}
	out := h.governedKernel(func(c *kernel.Config) { c.Approvals = a }).Mediate(context.Background(), m)
	if out.Verdict != kernel.PendingApproval || out.Denial.Side != "peer_terms" {
		t.Fatalf("%s %v", out.Verdict, out.Denial)
	}
	ask := a.asked[0]
	if ask.PeerDID != "did:chio:peer" || ask.Purpose != "read the notes" || ask.IntentSHA256 == nil || *ask.IntentSHA256 != wire.Hash(m.Intent) ||
		ask.EffectiveSHA256 == nil || *ask.EffectiveSHA256 != effective {
		t.Fatalf("the ask is %+v", ask)
	}
}

// TestI5_PeersPriceIsCovered: the continuation bounds what the origin pays.
func TestI5_PeersPriceIsCovered(t *testing.T) {
	for name, tt := range map[string]struct {
		max  *wire.MonetaryAmount
		want kernel.Code
	}{
		"covered": {&wire.MonetaryAmount{Units: 5, Currency: "USD"}, ""}, "none": {nil, kernel.CodeContinuation},
		"less": {&wire.MonetaryAmount{Units: 4, Currency: "USD"}, kernel.CodeContinuation}, "other currency": {&wire.MonetaryAmount{Units: 5, Currency: "EUR"}, kernel.CodeContinuation},
	} {
		h := newHarness(t)
		h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
			return kernel.Route{Server: "files", Audience: h.kernelKey.Public(), Price: &wire.MonetaryAmount{Units: 5, Currency: "USD"}}, nil
		}
		h.policies.policy = func() (*kernel.Policy, error) {
			return &kernel.Policy{LocalHash: wire.Hash(nil), Local: verdictGuard{kernel.Allow}, Treaty: []kernel.SidedGuard{{Side: "treaty", Guard: verdictGuard{kernel.Allow}}}}, nil
		}
		m := h.mandate()
		m.Origin = &kernel.Origin{PeerDID: "did:chio:peer", PeerKernel: h.kernelKey.Public(), MaxCharge: tt.max}
		out := h.kernel().Mediate(context.Background(), m)
		if tt.want == "" && out.Verdict != kernel.Allow || tt.want != "" && (out.Denial == nil || out.Denial.Code != tt.want) {
			t.Errorf("%s: %v", name, out.Denial)
		}
	}
}

func TestAttestationNeedsItsOneSigner(t *testing.T) {
	h := newHarness(t)
	for name, bend := range map[string]func(*wire.Envelope){
		"two signers": func(e *wire.Envelope) {
			if err := e.AddSignature(kernel.AttestationSchema, h.agent); err != nil {
				t.Fatal(err)
			}
		},
		"nobody":       func(e *wire.Envelope) { e.Signatures = nil },
		"changed body": func(e *wire.Envelope) { e.Body = wire.Raw(strings.Replace(string(e.Body), "verified", "attested", 1)) },
	} {
		env := h.attest(nil)
		bend(env)
		m := h.mandate()
		h.govern(m, func(in *kernel.Intent) { in.RuntimeAttestation = env })
		if out := h.governedKernel(nil).Mediate(context.Background(), m); out.Denial == nil || out.Denial.Code != kernel.CodeAssurance {
			t.Errorf("%s: %v", name, out.Denial)
		}
	}
}

// The caller's own maximum counts for the approval threshold, also of a free
// tool, and a limit in dollars says nothing about a free one.
func TestDemandsWithAnIntent(t *testing.T) {
	h := newHarness(t)
	h.constrained(constraint(capability.RequireApprovalAbove, `{"threshold_units":500}`), constraint(capability.MaxTransactionAmountUSD, `"1"`))
	m := h.mandate()
	h.govern(m, func(in *kernel.Intent) { in.MaxAmount = &wire.MonetaryAmount{Units: 500, Currency: "USD"} })
	if out := h.governedKernel(nil).Mediate(context.Background(), m); out.Denial == nil || out.Denial.Code != kernel.CodeApprovalNone {
		t.Fatalf("at the threshold by the caller's word: %v", out.Denial)
	}
	dear := newHarness(t)
	dear.constrained(constraint(capability.MaxTransactionAmountUSD, `"0.40"`))
	dear.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
		return kernel.Route{Server: "files", Audience: dear.kernelKey.Public(), Price: &wire.MonetaryAmount{Units: 10, Currency: "EUR"}}, nil
	}
	k := dear.governedKernel(func(c *kernel.Config) { c.Converter = rate{} })
	if out := k.Mediate(context.Background(), dear.mandate()); out.Verdict != kernel.Allow {
		t.Fatalf("40 cents of 40: %v", out.Denial)
	}
	dear.constrained(constraint(capability.MaxTransactionAmountUSD, `"0.39"`))
	if out := k.Mediate(context.Background(), dear.mandate()); out.Denial == nil || out.Denial.Code != kernel.CodeBudgetExceeded {
		t.Fatalf("40 cents of 39: %v", out.Denial)
	}
}

func TestShapeReachesTheConstraints(t *testing.T) {
	h := newHarness(t)
	h.constrained(constraint(capability.OperationClass, `"read_only"`))
	shaped := func(action string) kernel.Outcome {
		h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
			return kernel.Route{Server: "files", Audience: h.kernelKey.Public(), Shape: &kernel.Shape{Action: action, Paths: []string{"/path"}}}, nil
		}
		return h.kernel().Mediate(context.Background(), h.mandate())
	}
	if out := shaped("file_read"); out.Verdict != kernel.Allow {
		t.Errorf("a declared read: %v", out.Denial)
	}
	if out := shaped("file_write"); out.Denial == nil || out.Denial.Code != kernel.CodeConstraint {
		t.Errorf("a declared write: %v", out.Denial)
	}
}

// mixed finds something to allow after what it denies.
type mixed struct{}

func (mixed) Name() string { return "mixed" }
func (mixed) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return kernel.Decision{Evidence: []kernel.Evidence{{Guard: "first", Verdict: kernel.Deny, Code: "CHIO-GUARD-FIRST", Details: strings.Repeat("é", 2000)},
		{Guard: "second", Verdict: kernel.Allow, Code: "CHIO-GUARD-SECOND"}}}, nil
}

// The evidence that denied is named, whatever came after it, and a reason is
// never cut in the middle of a character.
func TestDecidingEvidenceIsNamed(t *testing.T) {
	h := newHarness(t)
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash(nil), Local: mixed{}}, nil
	}
	out := h.kernel().Mediate(context.Background(), h.mandate())
	if out.Denial == nil || out.Denial.Guard != "first" || out.Denial.Code != "CHIO-GUARD-FIRST" {
		t.Fatalf("%+v", out.Denial)
	}
	checkReceipt(t, h, out)
}

func TestToolThatAnswersNothing(t *testing.T) {
	h := newHarness(t)
	h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) { return kernel.Result{}, nil }
	out := h.kernel().Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Allow || out.Receipt.ContentHash != wire.Hash([]byte("null")).String() {
		t.Fatalf("%v, content hash %s", out.Denial, out.Receipt.ContentHash)
	}
}

func TestCallChainMustNameItsParties(t *testing.T) {
	h := newHarness(t)
	for name, bend := range map[string]func(*kernel.CallChain){
		"no chain":   func(c *kernel.CallChain) { c.ChainID = "" },
		"no parent":  func(c *kernel.CallChain) { c.ParentRequestID = "" },
		"bad parent": func(c *kernel.CallChain) { c.ParentReceiptID = "a\x00" },
		"no origin":  func(c *kernel.CallChain) { c.OriginSubject = wire.PublicKey{} },
		"weak key":   func(c *kernel.CallChain) { c.DelegatorSubject = wire.PublicKey{1} },
	} {
		c := chainOf(h)
		bend(c)
		m := h.mandate()
		m.Intent = intentFor(m, func(in *kernel.Intent) { in.CallChain = c })
		if out := h.kernel().Mediate(context.Background(), m); out.Denial == nil || out.Denial.Code != kernel.CodeMalformed {
			t.Errorf("%s: %v", name, out.Denial)
		}
	}
}
