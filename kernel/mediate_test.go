package kernel_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

func TestAllow(t *testing.T) {
	h := newHarness(t)
	out := h.kernel().Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Allow || string(out.Content) != `{"text":"hello"}` || out.Denial != nil {
		t.Fatalf("%+v", out)
	}
	if len(h.admission.closed) != 1 || len(h.admission.refused) != 0 || h.admission.closed[0].Disposition != kernel.Commit {
		t.Fatalf("closed %d, refused %d", len(h.admission.closed), len(h.admission.refused))
	}
	if got, want := out.Receipt.ContentHash, wire.Hash(out.Content).String(); got != want {
		t.Errorf("content hash %s, want %s", got, want)
	}
	checkReceipt(t, h, out)
}

// checkReceipt holds every outcome's receipt to what a verifier demands.
func checkReceipt(t *testing.T, h *harness, out kernel.Outcome) {
	t.Helper()
	if out.Receipt == nil {
		t.Fatal("an outcome without a receipt")
	}
	res := receipt.Verify(out.Receipt, receipt.TrustKernel(h.kernelKey.Public()))
	if !res.SignatureValid || !res.ReceiptIDValid || !res.ParameterHashValid || !res.SignerTrusted {
		t.Errorf("receipt does not verify: %+v", res)
	}
	if res.Authorized != (out.Verdict == kernel.Allow) {
		t.Errorf("authorized = %v for verdict %s", res.Authorized, out.Verdict)
	}
	if out.Verdict != kernel.Allow && out.Content != nil {
		t.Error("content was released without an allow")
	}
}

// TestI5_EverySeamFailsClosed injects an error, a panic, a nil or an empty
// value at each collaborator and expects a deny with a receipt.
func TestI5_EverySeamFailsClosed(t *testing.T) {
	boom := func() { panic("boom") }
	for _, tc := range []struct {
		name     string
		change   func(*harness, *kernel.Mandate)
		code     kernel.Code
		unlogged bool
	}{
		{"emergency stop", func(h *harness, _ *kernel.Mandate) {
			h.switches.stop = func() *kernel.Denial { return &kernel.Denial{Code: kernel.CodeStopped, Guard: "stop"} }
		}, kernel.CodeStopped, false},
		{"switches panic", func(h *harness, _ *kernel.Mandate) {
			h.switches.stop = func() *kernel.Denial { boom(); return nil }
		}, kernel.CodeInternal, false},
		{"no call id", func(_ *harness, m *kernel.Mandate) { m.CallID = "" }, kernel.CodeMalformed, false},
		{"control character in tool", func(_ *harness, m *kernel.Mandate) { m.Tool = "read\x00file" }, kernel.CodeMalformed, false},
		{"name over its limit", func(_ *harness, m *kernel.Mandate) { m.Server = strings.Repeat("a", 257) }, kernel.CodeMalformed, false},
		{"arguments not an object", func(_ *harness, m *kernel.Mandate) { m.Arguments = wire.Raw(`[1]`) }, kernel.CodeMalformed, false},
		{"arguments with a duplicate key", func(_ *harness, m *kernel.Mandate) { m.Arguments = wire.Raw(`{"a":1,"a":2}`) }, kernel.CodeMalformed, false},
		{"arguments too deep", func(_ *harness, m *kernel.Mandate) {
			m.Arguments = wire.Raw(`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`)
		}, kernel.CodeTooLarge, false},
		{"too many tokens", func(_ *harness, m *kernel.Mandate) { m.Chain = make([]capability.Token, 6) }, kernel.CodeMalformed, false},
		{"route error", func(h *harness, _ *kernel.Mandate) {
			h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) { return kernel.Route{}, errBroken }
		}, kernel.CodeUnknownTool, false},
		{"route to another kernel without a peer", func(h *harness, _ *kernel.Mandate) {
			h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
				return kernel.Route{Server: "files", Audience: h.agent.Public()}, nil
			}
		}, kernel.CodeInternal, false},
		{"no capability", func(_ *harness, m *kernel.Mandate) { m.Chain = nil }, kernel.CodeNoCapability, false},
		{"capability of another issuer", func(h *harness, m *kernel.Mandate) {
			h.kernelKey, m.Chain = key(h.t, 8), nil
			m.Chain = []capability.Token{h.token(capability.ToolGrant{ServerID: "*", ToolName: "*", Operations: []capability.Operation{capability.Invoke}})}
			h.kernelKey = key(h.t, 7)
		}, kernel.CodeCapIssuer, false},
		{"capability tampered", func(_ *harness, m *kernel.Mandate) {
			tampered := m.Chain[0]
			tampered.ExpiresAt += 1000
			m.Chain = []capability.Token{tampered}
		}, kernel.CodeCapSignature, false},
		{"revoked", func(h *harness, _ *kernel.Mandate) {
			h.revocations.check = func() *kernel.Denial { return &kernel.Denial{Code: kernel.CodeRevokedToken, Guard: "revocation"} }
		}, kernel.CodeRevokedToken, false},
		{"revocations panic", func(h *harness, _ *kernel.Mandate) {
			h.revocations.check = func() *kernel.Denial { boom(); return nil }
		}, kernel.CodeInternal, false},
		{"no proof", func(_ *harness, m *kernel.Mandate) { m.Proof = nil }, kernel.CodeProofMissing, false},
		{"proof of another call", func(h *harness, m *kernel.Mandate) {
			h.prove(m, func(p *capability.HolderProof) { p.CallID = "01234567-89ab-7fff-bfff-ffffffffffff" })
		}, kernel.CodeProofMismatch, false},
		{"proof for another audience", func(h *harness, m *kernel.Mandate) {
			h.prove(m, func(p *capability.HolderProof) { p.Audience = h.agent.Public() })
		}, kernel.CodeProofMismatch, false},
		{"proof of other arguments", func(_ *harness, m *kernel.Mandate) { m.Arguments = wire.Raw(`{"path":"notes/b.txt"}`) }, kernel.CodeProofMismatch, false},
		{"stale proof", func(h *harness, m *kernel.Mandate) {
			h.prove(m, func(p *capability.HolderProof) { p.IssuedAt = now - capability.ProofTTLSeconds - 1 })
		}, kernel.CodeProofStale, false},
		{"proof from the future", func(h *harness, m *kernel.Mandate) {
			h.prove(m, func(p *capability.HolderProof) { p.IssuedAt = now + capability.ProofSkewSeconds + 1 })
		}, kernel.CodeProofStale, false},
		{"tool out of scope", func(h *harness, m *kernel.Mandate) {
			m.Tool = "write_file"
			h.prove(m, func(*capability.HolderProof) {})
		}, kernel.CodeOutOfScope, false},
		{"operation out of scope", func(_ *harness, m *kernel.Mandate) { m.Operation = capability.Subscribe }, kernel.CodeOutOfScope, false},
		{"log not ready", func(h *harness, _ *kernel.Mandate) { h.admission.ready = errBroken }, kernel.CodeNotReady, false},
		{"ready panics", func(h *harness, _ *kernel.Mandate) { h.admission.panicIn = "ready" }, kernel.CodeInternal, false},
		{"policy error", func(h *harness, _ *kernel.Mandate) {
			h.policies.policy = func() (*kernel.Policy, error) { return nil, errBroken }
		}, kernel.CodePolicyError, false},
		{"nil policy", func(h *harness, _ *kernel.Mandate) {
			h.policies.policy = func() (*kernel.Policy, error) { return nil, nil }
		}, kernel.CodeNoPolicy, false},
		{"empty policy", func(h *harness, _ *kernel.Mandate) {
			h.policies.policy = func() (*kernel.Policy, error) { return &kernel.Policy{}, nil }
		}, kernel.CodeNoPolicy, false},
		{"zero verdict", withGuard(verdictGuard{}), "CHIO-GUARD-FIXED", false},
		{"pending without a channel", withGuard(verdictGuard{kernel.PendingApproval}), kernel.CodeApprovalNone, false},
		{"guard error", withGuard(errGuard{}), kernel.CodeGuardError, false},
		{"guard panic", withGuard(panicGuard{}), kernel.CodeGuardError, false},
		{"intent of nothing", func(_ *harness, m *kernel.Mandate) { m.Intent = wire.Raw(`{}`) }, kernel.CodeMalformed, false},
		{"intent the proof does not bind", func(_ *harness, m *kernel.Mandate) { m.Intent = intentFor(m, nil) }, kernel.CodeProofMismatch, false},
		{"too many approval tokens", func(_ *harness, m *kernel.Mandate) { m.Approvals = make([]wire.Raw, 9) }, kernel.CodeMalformed, false},
		{"admit error", func(h *harness, _ *kernel.Mandate) { h.admission.admitErr = errBroken }, kernel.CodeNotReady, false},
		{"admit denial", func(h *harness, _ *kernel.Mandate) {
			h.admission.admitErr = &kernel.Denial{Code: kernel.CodeBudgetExceeded, Guard: "budget"}
		}, kernel.CodeBudgetExceeded, false},
		{"admit panics", func(h *harness, _ *kernel.Mandate) { h.admission.panicIn = "admit" }, kernel.CodeInternal, false},
		{"refusal cannot be recorded", func(h *harness, m *kernel.Mandate) { m.Chain, h.admission.ref = nil, errBroken }, kernel.CodeNoCapability, true},
		{"refusal panics", func(h *harness, m *kernel.Mandate) { m.Chain, h.admission.panicIn = nil, "refuse" }, kernel.CodeInternal, true},
		{"close fails", func(h *harness, _ *kernel.Mandate) { h.admission.closeErr = errBroken }, kernel.CodeNotReady, true},
		{"not dispatched", withDispatch(kernel.Result{}, fmt.Errorf("child is gone: %w", kernel.ErrNotDispatched)), kernel.CodeNotDispatched, false},
		{"unknown effect", withDispatch(kernel.Result{}, errBroken), kernel.CodeUnknownEffect, false},
		{"dispatch panics", func(h *harness, _ *kernel.Mandate) {
			h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) { boom(); return kernel.Result{}, nil }
		}, kernel.CodeInternal, false},
		{"charge without a hold", withDispatch(kernel.Result{Content: wire.Raw("{}"), Cost: &wire.MonetaryAmount{Units: 1, Currency: "USD"}}, nil), kernel.CodeOverCharge, false},
		{"peer denied", withDispatch(kernel.Result{Peer: &kernel.PeerOutcome{Verdict: receipt.Deny}}, nil), kernel.CodePeerDenied, false},
		{"peer incomplete", withDispatch(kernel.Result{Peer: &kernel.PeerOutcome{Verdict: receipt.Incomplete}}, nil), kernel.CodeUnknownEffect, false},
		{"peer says nothing", withDispatch(kernel.Result{Peer: &kernel.PeerOutcome{}}, nil), kernel.CodeUnknownEffect, false},
		{"output blocked", withOutput(func(wire.Raw) (kernel.OutputDecision, error) { return kernel.OutputDecision{}, nil }), kernel.CodeOutputBlocked, false},
		{"output guard error", withOutput(func(wire.Raw) (kernel.OutputDecision, error) {
			return kernel.OutputDecision{Verdict: kernel.Allow}, errBroken
		}), kernel.CodeOutputBlocked, false},
		{"output guard panics", withOutput(func(wire.Raw) (kernel.OutputDecision, error) { boom(); return kernel.OutputDecision{}, nil }), kernel.CodeOutputBlocked, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHarness(t)
			m := h.mandate()
			tc.change(h, m)
			out := h.kernel().Mediate(context.Background(), m)
			if out.Verdict != kernel.Deny || out.Denial == nil || out.Denial.Code != tc.code {
				t.Fatalf("verdict %s, denial %v; want deny %s", out.Verdict, out.Denial, tc.code)
			}
			if out.Unlogged != tc.unlogged {
				t.Errorf("unlogged = %v", out.Unlogged)
			}
			checkReceipt(t, h, out)
			if recorded := len(h.admission.closed) + len(h.admission.refused); !tc.unlogged && recorded != 1 {
				t.Errorf("%d terminal receipts were recorded, want 1", recorded)
			}
		})
	}
}

func withGuard(g kernel.Guard) func(*harness, *kernel.Mandate) {
	return func(h *harness, _ *kernel.Mandate) {
		h.policies.policy = func() (*kernel.Policy, error) { return &kernel.Policy{Local: g}, nil }
	}
}

func withDispatch(r kernel.Result, err error) func(*harness, *kernel.Mandate) {
	return func(h *harness, _ *kernel.Mandate) {
		h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) { return r, err }
	}
}

func withOutput(fn func(wire.Raw) (kernel.OutputDecision, error)) func(*harness, *kernel.Mandate) {
	return func(h *harness, _ *kernel.Mandate) {
		h.policies.policy = func() (*kernel.Policy, error) {
			return &kernel.Policy{Local: verdictGuard{kernel.Allow}, Output: []kernel.OutputGuard{outGuard{fn}}}, nil
		}
	}
}

// TestDispositions: an unknown effect keeps the hold, a certain non-effect
// releases it, a withheld result is still paid for.
func TestDispositions(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*harness, *kernel.Mandate)
		want   kernel.Disposition
		ended  string
	}{
		{"not dispatched", withDispatch(kernel.Result{}, kernel.ErrNotDispatched), kernel.Release, receipt.Deny},
		{"unknown", withDispatch(kernel.Result{}, errBroken), kernel.Retain, receipt.Incomplete},
		{"peer denied", withDispatch(kernel.Result{Peer: &kernel.PeerOutcome{Verdict: receipt.Deny}}, nil), kernel.Release, receipt.Deny},
		{"blocked output", withOutput(func(wire.Raw) (kernel.OutputDecision, error) { return kernel.OutputDecision{}, nil }), kernel.Commit, receipt.Deny},
		{"panic in dispatch", func(h *harness, _ *kernel.Mandate) {
			h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) { panic("boom") }
		}, kernel.Retain, receipt.Incomplete},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHarness(t)
			m := h.mandate()
			tc.change(h, m)
			out := h.kernel().Mediate(context.Background(), m)
			if len(h.admission.closed) != 1 || h.admission.closed[0].Disposition != tc.want || out.Ended != tc.ended {
				t.Fatalf("ended %s with %d closings: %+v", out.Ended, len(h.admission.closed), h.admission.closed)
			}
		})
	}
}

// TestDeniedCallIsNeverDispatched: whatever denies before step 11, the tool
// does not run.
func TestDeniedCallIsNeverDispatched(t *testing.T) {
	h := newHarness(t)
	m := h.mandate()
	withGuard(verdictGuard{kernel.Deny})(h, m)
	h.kernel().Mediate(context.Background(), m)
	if h.dispatchCalls != 0 || len(h.admission.admitted) != 0 {
		t.Fatalf("dispatched %d times, admitted %d", h.dispatchCalls, len(h.admission.admitted))
	}
}

// TestNonceOfAStrangerIsNotKept: a proof that does not verify takes no place
// in the nonce store; one that does is kept even when the call is denied.
func TestNonceOfAStrangerIsNotKept(t *testing.T) {
	h := newHarness(t)
	m := h.mandate()
	m.Proof = nil
	h.kernel().Mediate(context.Background(), m)
	denied := h.mandate()
	withGuard(verdictGuard{})(h, denied)
	h.kernel().Mediate(context.Background(), denied)
	if h.admission.refused[0].Nonce != nil || h.admission.refused[1].Nonce == nil {
		t.Fatalf("nonces: %v, %v", h.admission.refused[0].Nonce, h.admission.refused[1].Nonce)
	}
}

// TestTreatyTakesTheStrictest: both sides' terms are evaluated and the receipt
// names the side that bound.
func TestTreatyTakesTheStrictest(t *testing.T) {
	h := newHarness(t)
	treaty := func(own, peer kernel.Verdict) {
		h.policies.policy = func() (*kernel.Policy, error) {
			return &kernel.Policy{Local: verdictGuard{kernel.Allow}, Treaty: []kernel.SidedGuard{
				{Side: "own_terms", Guard: verdictGuard{own}}, {Side: "peer_terms", Guard: verdictGuard{peer}}}}, nil
		}
	}
	for _, tc := range []struct {
		own, peer kernel.Verdict
		side      string
	}{{kernel.Allow, kernel.Deny, "peer_terms"}, {kernel.Deny, kernel.Allow, "own_terms"}, {kernel.Allow, kernel.Allow, ""},
		{kernel.PendingApproval, kernel.Deny, "peer_terms"}} {
		treaty(tc.own, tc.peer)
		out := h.kernel().Mediate(context.Background(), h.mandate())
		got := ""
		if out.Denial != nil {
			got = out.Denial.Side
		}
		if got != tc.side || (out.Verdict == kernel.Allow) != (tc.side == "") {
			t.Errorf("own %s, peer %s: verdict %s bound by %q, want %q", tc.own, tc.peer, out.Verdict, got, tc.side)
		}
	}
}

func TestSecretsAreMaskedInReceipts(t *testing.T) {
	h := newHarness(t)
	m := h.mandate()
	secret, long := "hunter2-not-in-any-receipt", strings.Repeat("x", 300)
	m.Arguments = wire.Raw(`{"path":"a","password":"` + secret + `","body":"` + long + `","key":"AKIA` + secret + `"}`)
	h.prove(m, func(*capability.HolderProof) {})
	out := h.kernel().Mediate(context.Background(), m)
	doc := string(wire.MustMarshal(out.Receipt))
	if out.Verdict != kernel.Allow || strings.Contains(doc, secret) || strings.Contains(doc, long) || !strings.Contains(doc, `"length":300`) {
		t.Fatalf("%s: %s", out.Verdict, doc)
	}
}

// TestParametersAreBounded: arguments too big or too deep for a receipt are
// recorded as their digest, never at the price of the receipt.
func TestParametersAreBounded(t *testing.T) {
	for _, args := range []string{
		`{"path":"a","deep":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
		`{"path":"a","wide":[` + strings.Repeat("1,", 200_000) + `1]}`,
	} {
		h := newHarness(t)
		m := h.mandate()
		m.Arguments = wire.Raw(args)
		h.prove(m, func(*capability.HolderProof) {})
		out := h.kernel().Mediate(context.Background(), m)
		if out.Verdict != kernel.Allow || out.Receipt.RedactionMode != receipt.RedactAll {
			t.Fatalf("%s %v, redaction %s", out.Verdict, out.Denial, out.Receipt.RedactionMode)
		}
		checkReceipt(t, h, out)
	}
}

// TestCachedChainStillExpires: the cache remembers signatures, not time.
func TestCachedChainStillExpires(t *testing.T) {
	h := newHarness(t)
	clock := int64(now)
	k, err := kernel.New(kernel.Config{Signer: h.kernelKey, Now: func() int64 { return clock }, Revocations: &h.revocations,
		Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission})
	if err != nil {
		t.Fatal(err)
	}
	if out := k.Mediate(context.Background(), h.mandate()); out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
	clock = now + 600
	if out := k.Mediate(context.Background(), h.mandate()); out.Denial == nil || out.Denial.Code != kernel.CodeCapExpired {
		t.Fatalf("after expiry: %v", out.Denial)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	if _, err := kernel.New(kernel.Config{}); err == nil || !strings.Contains(err.Error(), "Signer") {
		t.Fatal(err)
	}
}

func BenchmarkMediate(b *testing.B) {
	h := newHarness(b)
	k := h.kernel()
	mandates := make([]*kernel.Mandate, 256)
	for i := range mandates {
		mandates[i] = h.mandate()
	}
	i := 0
	inUnits(b, h, func() {
		if out := k.Mediate(context.Background(), mandates[i%len(mandates)]); out.Verdict != kernel.Allow {
			b.Fatal(out.Denial)
		}
		i++
	})
}

// BenchmarkMediateCustodial is a call whose proof was signed in this process, by
// the edge that holds the agent's key: the receipt's signature and nothing to
// verify.
func BenchmarkMediateCustodial(b *testing.B) {
	h := newHarness(b)
	k := h.kernel()
	mandates := make([]*kernel.Mandate, 256)
	for i := range mandates {
		m := h.mandate()
		proof, err := capability.MakeProof(capability.HolderProof{CallID: m.CallID, Audience: h.kernelKey.Public(), Server: "files", Tool: m.Tool,
			ArgsSHA256: wire.Hash(m.Arguments), CapabilityID: h.chain[0].ID, Nonce: "00112233445566778899aabbccddeeff", IssuedAt: now}, h.agent)
		if err != nil {
			b.Fatal(err)
		}
		m.Proof, m.Made = nil, proof
		mandates[i] = m
	}
	i := 0
	inUnits(b, h, func() {
		if out := k.Mediate(context.Background(), mandates[i%len(mandates)]); out.Verdict != kernel.Allow {
			b.Fatal(out.Denial)
		}
		i++
	})
}

// BenchmarkMediateUncachedChain is a call under a two-token chain that this
// kernel sees for the first time: two token signatures, the link's, and the
// holder proof's.
func BenchmarkMediateUncachedChain(b *testing.B) {
	h := newHarness(b)
	delegator := key(b, 23)
	grant := capability.ToolGrant{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke, capability.Delegate}}
	root, err := capability.Sign(capability.Token{ID: "root", Subject: delegator.Public(), IssuedAt: now - 10, ExpiresAt: now + 600,
		Scope: capability.Scope{Grants: []capability.ToolGrant{grant}}}, h.kernelKey)
	if err != nil {
		b.Fatal(err)
	}
	leaf, err := capability.Attenuate(root, capability.AttenuateRequest{ID: "leaf", Subject: h.agent.Public(), Scope: root.Scope,
		IssuedAt: now - 5, ExpiresAt: now + 300}, delegator)
	if err != nil {
		b.Fatal(err)
	}
	h.chain = []capability.Token{*root, *leaf}
	m := h.mandate()
	inUnits(b, h, func() {
		if out := h.kernel().Mediate(context.Background(), m); out.Verdict != kernel.Allow { // a new kernel has cached nothing
			b.Fatal(out.Denial)
		}
	})
}

// inUnits reports op in v, the cost of one Ed25519 verification: the two are
// timed in turns, so that a busy machine slows both alike.
func inUnits(b *testing.B, h *harness, op func()) {
	b.Helper()
	msg := make([]byte, 1024)
	sig, err := h.kernelKey.Sign(msg)
	if err != nil {
		b.Fatal(err)
	}
	public := h.kernelKey.Public()
	var ops, units []float64
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		op()
		middle := time.Now()
		if public.Verify(msg, sig) != nil {
			b.Fatal("verify")
		}
		ops, units = append(ops, float64(middle.Sub(start))), append(units, float64(time.Since(middle)))
		h.admission.admitted, h.admission.closed = h.admission.admitted[:0], h.admission.closed[:0]
	}
	slices.Sort(ops)
	slices.Sort(units)
	b.ReportMetric(ops[len(ops)/2]/units[len(units)/2], "v/op") // medians: whoever was preempted does not count
}
