package kernel_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// policyGuard is a local policy with everything a pipeline can answer.
type policyGuard struct {
	d     kernel.Decision
	again func() (kernel.Decision, error)
}

func (g *policyGuard) Name() string                                     { return "policy" }
func (g *policyGuard) Evaluate(*kernel.Call) (kernel.Decision, error)   { return g.d, nil }
func (g *policyGuard) Revalidate(*kernel.Call) (kernel.Decision, error) { return g.again() }

func allowAgain() (kernel.Decision, error) { return kernel.Decision{Verdict: kernel.Allow}, nil }

func (h *harness) under(g kernel.Guard) {
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash([]byte("policy")), Local: g}, nil
	}
}

func observing() *policyGuard {
	return &policyGuard{again: allowAgain, d: kernel.Decision{Verdict: kernel.Allow, Observed: true, Evidence: []kernel.Evidence{
		{Guard: "egress-allowlist", Verdict: kernel.PendingApproval, Code: "CHIO-GUARD-DENIED"},
		{Guard: "forbidden-path", Verdict: kernel.Deny, Code: "CHIO-GUARD-FORBIDDEN-PATH", Rule: "rules.forbidden_paths.patterns"},
		{Guard: "mcp-tool", Verdict: kernel.Allow}}}}
}

// A call that only passed because a guard observed gets its result, and a
// receipt that authorises nothing and says what would have been decided.
func TestObservedCallIsAnAdvisoryEvaluation(t *testing.T) {
	h := newHarness(t)
	h.under(observing())
	out := h.kernel().Mediate(context.Background(), h.mandate())
	r := out.Receipt
	if out.Verdict != kernel.Allow || r.ReceiptKind != receipt.AdvisoryEvaluation || r.Decision != nil || r.ObservationOutcome != receipt.Evaluated {
		t.Fatalf("%v %+v", out.Verdict, r)
	}
	if res := receipt.Verify(r, receipt.TrustKernel(h.kernelKey.Public())); res.Verdict != receipt.VerdictAdvisory || res.Authorized || !res.SignatureValid {
		t.Errorf("verifies as %+v", res)
	}
	var md receipt.Metadata
	if err := wire.Unmarshal(r.Metadata, &md, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	if md.Observed == nil || md.Observed.Verdict != "deny" || md.Observed.Guard != "forbidden-path" || md.Observed.Rule == "" {
		t.Errorf("metadata.observed is %+v", md.Observed)
	}
}

// Observe mode is for unpaid calls within the organisation, whatever the
// pipeline says.
func TestObservedIsRefusedWhereSomethingIsOwed(t *testing.T) {
	for name, route := range map[string]func(*kernel.Route){
		"paid":   func(r *kernel.Route) { r.Price = &wire.MonetaryAmount{Units: 3, Currency: "USD"} },
		"remote": func(r *kernel.Route) { r.PeerDID = "did:chio:" + "00" }, // and no kernel of it: see TestObservedCallToAPeerIsDenied
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			g := observing()
			treaty := []kernel.SidedGuard{{Side: "treaty", Guard: verdictGuard{kernel.Allow}}}
			h.policies.policy = func() (*kernel.Policy, error) {
				return &kernel.Policy{LocalHash: wire.Hash(nil), Local: g, Treaty: treaty}, nil
			}
			plain := h.dispatcher.route
			h.dispatcher.route = func(m *kernel.Mandate) (kernel.Route, error) {
				r, err := plain(m)
				route(&r)
				return r, err
			}
			out := h.kernel().Mediate(context.Background(), h.mandate())
			if out.Verdict != kernel.Deny || h.dispatchCalls != 0 {
				t.Fatalf("%v %+v", out.Verdict, out.Denial)
			}
			if name == "paid" && out.Denial.Code != kernel.CodeGuardError {
				t.Errorf("code %s", out.Denial.Code)
			}
		})
	}
	h := newHarness(t)
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash(nil), Local: verdictGuard{kernel.Allow},
			Treaty: []kernel.SidedGuard{{Side: "treaty", Guard: observing()}}}, nil
	}
	if out := h.kernel().Mediate(context.Background(), h.mandate()); out.Verdict != kernel.Deny {
		t.Errorf("a treaty conjunct was observed only: %v", out.Verdict)
	}
}

// What changed between decision and dispatch denies, and nothing is spent.
func TestRevalidationBeforeDispatch(t *testing.T) {
	for name, tc := range map[string]struct {
		again func() (kernel.Decision, error)
		code  kernel.Code
	}{
		"denies": {func() (kernel.Decision, error) {
			return kernel.Decision{Evidence: []kernel.Evidence{{Guard: "path-allowlist", Code: "CHIO-GUARD-PATH-ALLOWLIST", Details: "moved"}}}, nil
		}, "CHIO-GUARD-PATH-ALLOWLIST"},
		"asks": {func() (kernel.Decision, error) { return kernel.Decision{Verdict: kernel.PendingApproval}, nil }, kernel.CodeGuardDenied},
		"errs": {func() (kernel.Decision, error) {
			return kernel.Decision{Verdict: kernel.Allow}, errors.New("no disk")
		}, kernel.CodeGuardError},
		"panics": {func() (kernel.Decision, error) { panic("boom") }, kernel.CodeGuardError},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.under(&policyGuard{d: kernel.Decision{Verdict: kernel.Allow}, again: tc.again})
			out := h.kernel().Mediate(context.Background(), h.mandate())
			if out.Verdict != kernel.Deny || out.Denial.Code != tc.code || out.Denial.Step != 11 || h.dispatchCalls != 0 {
				t.Fatalf("%v %+v, dispatched %d", out.Verdict, out.Denial, h.dispatchCalls)
			}
			if c := h.admission.closed; len(c) != 1 || c[0].Disposition != kernel.Release {
				t.Errorf("closed with %+v, want the hold released", c)
			}
		})
	}
	h := newHarness(t)
	h.under(&policyGuard{d: kernel.Decision{Verdict: kernel.Allow, Consume: []any{"room"}}, again: allowAgain})
	if out := h.kernel().Mediate(context.Background(), h.mandate()); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	if a := h.admission.admitted; len(a) != 1 || len(a[0].Consume) != 1 || a[0].Consume[0] != "room" {
		t.Errorf("admitted %+v, want what the guard wants consumed", a)
	}
}

// outputGuard answers one thing about every result.
type outputGuard struct{ d kernel.OutputDecision }

func (outputGuard) Name() string { return "results" }
func (g outputGuard) Inspect(*kernel.Call, wire.Raw) (kernel.OutputDecision, error) {
	return g.d, nil
}

// A result that was only released because its guard observed is an advisory
// evaluation too, and where something is owed it is withheld.
func TestObservedResult(t *testing.T) {
	would := kernel.OutputDecision{Verdict: kernel.Allow, Observed: true,
		Evidence: []kernel.Evidence{{Guard: "results", Verdict: kernel.Deny, Code: "CHIO-GUARD-INDIRECT-INJECTION"}}}
	for _, paid := range []bool{false, true} {
		h := newHarness(t)
		h.policies.policy = func() (*kernel.Policy, error) {
			return &kernel.Policy{LocalHash: wire.Hash(nil), Local: verdictGuard{kernel.Allow}, Output: []kernel.OutputGuard{outputGuard{would}}}, nil
		}
		if paid {
			plain := h.dispatcher.route
			h.dispatcher.route = func(m *kernel.Mandate) (kernel.Route, error) {
				r, err := plain(m)
				r.Price = &wire.MonetaryAmount{Units: 3, Currency: "USD"}
				return r, err
			}
		}
		out := h.kernel().Mediate(context.Background(), h.mandate())
		switch {
		case paid && (out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeOutputBlocked || out.Receipt.ReceiptKind != receipt.MediatedDecision):
			t.Errorf("paid: %v %+v", out.Verdict, out.Denial)
		case !paid && (out.Verdict != kernel.Allow || out.Receipt.ReceiptKind != receipt.AdvisoryEvaluation):
			t.Errorf("unpaid: %v %s", out.Verdict, out.Receipt.ReceiptKind)
		}
	}
}

// Every output guard looks, each at what the one before left.
func TestOutputGuardsRunInOrder(t *testing.T) {
	h := newHarness(t)
	masked := wire.Raw(`{"text":"***"}`)
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash(nil), Local: verdictGuard{kernel.Allow}, Output: []kernel.OutputGuard{
			outputGuard{kernel.OutputDecision{Verdict: kernel.Allow, Content: masked}},
			seeing{string(masked)},
		}}, nil
	}
	if out := h.kernel().Mediate(context.Background(), h.mandate()); out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeOutputBlocked || out.Denial.Guard != "seeing" {
		t.Errorf("%v %+v", out.Verdict, out.Denial)
	}
}

// seeing withholds one content and no other.
type seeing struct{ withheld string }

func (seeing) Name() string { return "seeing" }
func (s seeing) Inspect(_ *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	if string(content) == s.withheld {
		return kernel.OutputDecision{}, nil
	}
	return kernel.OutputDecision{Verdict: kernel.Allow}, nil
}

// A call to a peer is never only observed.
func TestObservedCallToAPeerIsDenied(t *testing.T) {
	h, peer := peerHarness(t)
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{Local: observing(), Treaty: []kernel.SidedGuard{{Side: "own_terms", Guard: verdictGuard{kernel.Allow}}}}, nil
	}
	out := h.kernel().Mediate(context.Background(), h.peerMandate(peer))
	if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeGuardError || h.dispatchCalls != 0 {
		t.Errorf("%v %+v", out.Verdict, out.Denial)
	}
}

// A pipeline that says it only observed and not what is recorded as a denial.
func TestObservedWithoutEvidence(t *testing.T) {
	h := newHarness(t)
	h.under(&policyGuard{again: allowAgain, d: kernel.Decision{Verdict: kernel.Allow, Observed: true}})
	out := h.kernel().Mediate(context.Background(), h.mandate())
	var md receipt.Metadata
	if err := wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	if md.Observed == nil || *md.Observed != (receipt.WouldBe{Verdict: "deny", Guard: "policy"}) {
		t.Errorf("metadata.observed is %+v", md.Observed)
	}
}

// The conjuncts of a treaty are asked again before dispatch too.
func TestTreatyRevalidates(t *testing.T) {
	h := newHarness(t)
	again := &policyGuard{d: kernel.Decision{Verdict: kernel.Allow}, again: func() (kernel.Decision, error) { return kernel.Decision{}, nil }}
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash(nil), Local: verdictGuard{kernel.Allow},
			Treaty: []kernel.SidedGuard{{Side: "treaty", Guard: verdictGuard{kernel.Allow}}, {Side: "peer_terms", Guard: again}}}, nil
	}
	out := h.kernel().Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Deny || out.Denial.Step != 11 || out.Denial.Side != "peer_terms" || h.dispatchCalls != 0 {
		t.Fatalf("%v %+v", out.Verdict, out.Denial)
	}
}
