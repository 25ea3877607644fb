package kernel_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

const notUTF8 = "bad\xff\xfebytes"

// TestI5_NoTextCostsTheReceipt: whatever bytes a caller, a collaborator or a
// peer puts into a field, the call ends in a receipt that verifies and is
// recorded, before and after the tool ran.
func TestI5_NoTextCostsTheReceipt(t *testing.T) {
	huge := strings.Repeat("\x01", 2<<20)
	for name, text := range map[string]string{"not utf-8": notUTF8, "huge": huge} {
		for _, tc := range []struct {
			name   string
			change func(*harness, *kernel.Mandate)
		}{
			{"call id", func(_ *harness, m *kernel.Mandate) { m.CallID = text }},
			{"server", func(_ *harness, m *kernel.Mandate) { m.Server = text }},
			{"tool", func(_ *harness, m *kernel.Mandate) { m.Tool = text }},
			{"operation", func(_ *harness, m *kernel.Mandate) { m.Operation = capability.Operation(text) }},
			{"edge", func(_ *harness, m *kernel.Mandate) { m.Edge = text }},
			{"holder", func(_ *harness, m *kernel.Mandate) { m.Holder.OnBehalfOf = text }},
			{"passport", func(_ *harness, m *kernel.Mandate) { m.Passport = &kernel.PassportRef{Issuer: text, ID: text} }},
			{"token id", func(_ *harness, m *kernel.Mandate) {
				m.Chain = append([]capability.Token(nil), m.Chain...)
				m.Chain[0].ID = text
			}},
			{"route error", func(h *harness, _ *kernel.Mandate) {
				h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) { return kernel.Route{}, errors.New(text) }
			}},
			{"price currency", func(h *harness, _ *kernel.Mandate) {
				h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
					return kernel.Route{Server: "files", Audience: h.kernelKey.Public(), Price: &wire.MonetaryAmount{Units: 1, Currency: text}}, nil
				}
			}},
			{"denial of a collaborator", func(h *harness, _ *kernel.Mandate) {
				d := kernel.Denial{Code: kernel.Code(text), Guard: text, Reason: text, Fix: text, Side: text}
				h.revocations.check = func() *kernel.Denial { return &d }
			}},
			{"guard evidence", func(h *harness, _ *kernel.Mandate) {
				h.policies.policy = func() (*kernel.Policy, error) { return &kernel.Policy{Local: textGuard{text}}, nil }
			}},
			{"dispatch error", withDispatch(kernel.Result{}, errors.New(text))},
			{"not dispatched", withDispatch(kernel.Result{}, fmt.Errorf("%w: %s", kernel.ErrNotDispatched, text))},
			{"peer outcome", withDispatch(kernel.Result{Peer: &kernel.PeerOutcome{ReceiptID: text, Verdict: text, Code: text, Reason: text}}, nil)},
			{"output guard error", withOutput(func(wire.Raw) (kernel.OutputDecision, error) { return kernel.OutputDecision{}, errors.New(text) })},
			{"output guard evidence", withOutput(func(wire.Raw) (kernel.OutputDecision, error) {
				return kernel.OutputDecision{Evidence: []kernel.Evidence{{Guard: text, Details: text, Rule: text}}}, nil
			})},
		} {
			t.Run(name+" "+tc.name, func(t *testing.T) {
				h := newHarness(t)
				m := h.mandate()
				tc.change(h, m)
				out := h.kernel().Mediate(context.Background(), m)
				if out.Verdict == kernel.Allow || out.Unlogged {
					t.Fatalf("verdict %s, unlogged %v: %v", out.Verdict, out.Unlogged, out.Denial.Code)
				}
				checkReceipt(t, h, out)
				checkRecorded(t, h)
			})
		}
	}
}

// checkRecorded demands one terminal receipt, the bytes of which are a receipt.
func checkRecorded(t *testing.T, h *harness) {
	t.Helper()
	var docs [][]byte
	for _, c := range h.admission.closed {
		docs = append(docs, c.ReceiptJSON)
	}
	for _, r := range h.admission.refused {
		docs = append(docs, r.ReceiptJSON)
	}
	if len(docs) != 1 || len(h.admission.closed) != len(h.admission.admitted) {
		t.Fatalf("%d receipts recorded, %d admitted, %d closed", len(docs), len(h.admission.admitted), len(h.admission.closed))
	}
	if _, res, err := receipt.VerifyJSON(docs[0], receipt.TrustKernel(h.kernelKey.Public())); err != nil || !res.Intact() {
		t.Fatalf("recorded bytes: %v, %+v", err, res)
	}
	if len(docs[0]) > receipt.Limits().Bytes {
		t.Errorf("receipt has %d bytes", len(docs[0]))
	}
}

// TestI5_ManyFindingsFitOneReceipt: evidence without end is cut, and says so.
func TestI5_ManyFindingsFitOneReceipt(t *testing.T) {
	h := newHarness(t)
	withOutput(func(c wire.Raw) (kernel.OutputDecision, error) {
		e := make([]kernel.Evidence, 20_000)
		for i := range e {
			e[i] = kernel.Evidence{Guard: "output", Verdict: kernel.Allow, Details: strings.Repeat("\x02", 200)}
		}
		return kernel.OutputDecision{Verdict: kernel.Allow, Evidence: e}, nil
	})(h, nil)
	out := h.kernel().Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Allow {
		t.Fatalf("%s %v", out.Verdict, out.Denial)
	}
	checkReceipt(t, h, out)
	checkRecorded(t, h)
	if last := out.Receipt.Evidence[len(out.Receipt.Evidence)-1]; !strings.Contains(last.Details, "not shown") {
		t.Errorf("last evidence: %+v", last)
	}
}

// TestI5_PanicWhileDraftingKeepsTheReceipt: a seam that the receipt itself asks
// can panic too; after the effect the call still ends in a closed intent.
func TestI5_PanicWhileDraftingKeepsTheReceipt(t *testing.T) {
	h := newHarness(t)
	k, err := kernel.New(kernel.Config{Signer: h.kernelKey, Now: func() int64 { return now }, Revocations: &h.revocations,
		Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission,
		FullParameters: func(string, string) bool { panic("boom") }})
	if err != nil {
		t.Fatal(err)
	}
	out := k.Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Deny || out.Ended != receipt.Incomplete || out.Unlogged || out.Content != nil {
		t.Fatalf("%+v", out)
	}
	if len(h.admission.closed) != 1 || h.admission.closed[0].Disposition != kernel.Retain {
		t.Fatalf("closed %+v", h.admission.closed)
	}
	checkReceipt(t, h, out)
	checkRecorded(t, h)
}

// TestI5_NilDenialIsNoPermission: an error whose *Denial is nil is still an
// error at every seam that may return one.
func TestI5_NilDenialIsNoPermission(t *testing.T) {
	var none *kernel.Denial
	for name, change := range map[string]func(*harness){
		"route": func(h *harness) {
			h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) { return h.local(), none }
		},
		"admit":    func(h *harness) { h.admission.admitErr = none },
		"dispatch": func(h *harness) { withDispatch(kernel.Result{Content: wire.Raw(`{}`)}, none)(h, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			change(h)
			out := h.kernel().Mediate(context.Background(), h.mandate())
			if out.Verdict != kernel.Deny || out.Content != nil || name != "dispatch" && h.dispatchCalls != 0 {
				t.Fatalf("%s after %d dispatches", out.Verdict, h.dispatchCalls)
			}
			checkReceipt(t, h, out)
			checkRecorded(t, h)
		})
	}
	h := newHarness(t)
	out := h.kernel().Refuse(context.Background(), h.mandate(), nil)
	if out.Unlogged || out.Denial == nil {
		t.Fatalf("refusal without a denial: %+v", out)
	}
	checkRecorded(t, h)
}

func (h *harness) local() kernel.Route {
	return kernel.Route{Server: "files", Audience: h.kernelKey.Public()}
}

// textGuard denies with evidence that holds a given text.
type textGuard struct{ text string }

func (g textGuard) Name() string { return g.text }
func (g textGuard) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return kernel.Decision{Evidence: []kernel.Evidence{{Guard: g.text, Code: kernel.Code(g.text), Rule: g.text, Details: g.text}}}, nil
}

// peerRoute is a harness whose tool is a peer's, with a chain that suits it.
func peerHarness(t *testing.T) (*harness, *wire.Key) {
	h := newHarness(t)
	peer := key(t, 21)
	root, err := capability.Sign(capability.Token{ID: "treaty-root", Subject: h.kernelKey.Public(), IssuedAt: now - 10, ExpiresAt: now + 600,
		Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file",
			Operations: []capability.Operation{capability.Invoke, capability.Delegate}}}}}, peer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := capability.Attenuate(root, capability.AttenuateRequest{ID: "leaf", Subject: h.agent.Public(), IssuedAt: now - 5, ExpiresAt: now + 300,
		Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file",
			Operations: []capability.Operation{capability.Invoke}}}}}, h.kernelKey)
	if err != nil {
		t.Fatal(err)
	}
	h.chain = []capability.Token{*root, *leaf}
	treaty := wire.Hash([]byte("treaty"))
	h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
		return kernel.Route{Server: "files", Audience: peer.Public(), PeerDID: "did:chio:peer", PeerKernel: peer.Public(), TreatyID: &treaty}, nil
	}
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{Local: verdictGuard{kernel.Allow}, Treaty: []kernel.SidedGuard{{Side: "own_terms", Guard: verdictGuard{kernel.Allow}}}}, nil
	}
	return h, peer
}

// peerMandate is a mandate whose proof is for the peer's kernel.
func (h *harness) peerMandate(peer *wire.Key) *kernel.Mandate {
	m := h.mandate()
	h.prove(m, func(p *capability.HolderProof) { p.Audience = peer.Public() })
	return m
}

// TestI5_RemoteResultNeedsThePeersWord: content that came from a peer without
// what its kernel decided is nobody's result.
func TestI5_RemoteResultNeedsThePeersWord(t *testing.T) {
	for name, tc := range map[string]struct {
		peer *kernel.PeerOutcome
		want kernel.Verdict
	}{"peer allowed": {&kernel.PeerOutcome{Verdict: receipt.Allow}, kernel.Allow}, "peer is silent": {nil, kernel.Deny}} {
		t.Run(name, func(t *testing.T) {
			h, peer := peerHarness(t)
			withDispatch(kernel.Result{Content: wire.Raw(`{"text":"hello"}`), Peer: tc.peer}, nil)(h, nil)
			out := h.kernel().Mediate(context.Background(), h.peerMandate(peer))
			if out.Verdict != tc.want {
				t.Fatalf("%s: %v", out.Verdict, out.Denial)
			}
			if tc.want == kernel.Deny && (h.admission.closed[0].Disposition != kernel.Retain || out.Ended != receipt.Incomplete) {
				t.Fatalf("ended %s with %+v", out.Ended, h.admission.closed[0])
			}
			checkReceipt(t, h, out)
		})
	}
}

// TestRouteMustNotContradictItself: a route whose audience is not the kernel
// that executes binds the holder proof to somebody else.
func TestRouteMustNotContradictItself(t *testing.T) {
	for name, change := range map[string]func(*kernel.Route, wire.PublicKey){
		"audience is another kernel": func(r *kernel.Route, _ wire.PublicKey) { r.Audience = key(t, 33).Public() },
		"peer is ourselves":          func(r *kernel.Route, self wire.PublicKey) { r.Audience, r.PeerKernel = self, self },
		"no server":                  func(r *kernel.Route, _ wire.PublicKey) { r.Server = "" },
		"price over every integer": func(r *kernel.Route, _ wire.PublicKey) {
			r.Price = &wire.MonetaryAmount{Units: 1 << 63, Currency: "USD"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, peer := peerHarness(t)
			sound := h.dispatcher.route
			h.dispatcher.route = func(m *kernel.Mandate) (kernel.Route, error) {
				r, err := sound(m)
				change(&r, h.kernelKey.Public())
				return r, err
			}
			out := h.kernel().Mediate(context.Background(), h.peerMandate(peer))
			if out.Denial == nil || out.Denial.Code != kernel.CodeInternal || out.Denial.Step != 2 {
				t.Fatalf("%s: %v", out.Verdict, out.Denial)
			}
			checkReceipt(t, h, out)
			checkRecorded(t, h)
		})
	}
}

// TestI1_RelayedResultIsBounded: what a peer is answered is stored with the
// receipt, so a result over the bound is withheld instead of costing the node
// its admission.
func TestI1_RelayedResultIsBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		bytes int
		want  kernel.Verdict
	}{"fits": {100, kernel.Allow}, "does not fit": {kernel.MaxRelayedBytes, kernel.Deny}} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			origin := key(t, 21)
			root, err := capability.Sign(capability.Token{ID: "treaty-root", Subject: origin.Public(), IssuedAt: now - 10, ExpiresAt: now + 600,
				Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file",
					Operations: []capability.Operation{capability.Invoke, capability.Delegate}}}}}, h.kernelKey)
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := capability.Attenuate(root, capability.AttenuateRequest{ID: "leaf", Subject: h.agent.Public(), IssuedAt: now - 5, ExpiresAt: now + 300,
				Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file",
					Operations: []capability.Operation{capability.Invoke}}}}}, origin)
			if err != nil {
				t.Fatal(err)
			}
			h.chain = []capability.Token{*root, *leaf}
			h.policies.policy = func() (*kernel.Policy, error) {
				return &kernel.Policy{Local: verdictGuard{kernel.Allow}, Treaty: []kernel.SidedGuard{{Side: "own_terms", Guard: verdictGuard{kernel.Allow}}}}, nil
			}
			withDispatch(kernel.Result{Content: wire.Raw(`{"text":"` + strings.Repeat("x", tc.bytes) + `"}`)}, nil)(h, nil)
			m := h.mandate()
			m.Origin = &kernel.Origin{PeerDID: "did:chio:peer", PeerKernel: origin.Public()}
			out := h.kernel().Mediate(context.Background(), m)
			if out.Verdict != tc.want || len(h.admission.closed) != 1 || h.admission.closed[0].Disposition != kernel.Commit {
				t.Fatalf("%s: %v", out.Verdict, out.Denial)
			}
			checkReceipt(t, h, out)
		})
	}
}

// brokenSigner signs until it is broken.
type brokenSigner struct {
	wire.Signer
	broken bool
}

func (s *brokenSigner) Sign(message []byte) (wire.Signature, error) {
	if s.broken {
		return wire.Signature{}, errBroken
	}
	return s.Signer.Sign(message)
}

// TestI1_UnsignableEndingIsReported: if not even a bare receipt can be signed
// after the effect, the admission is told that a receipt stays owed, so that
// it stops admitting until recovery paid it.
func TestI1_UnsignableEndingIsReported(t *testing.T) {
	h := newHarness(t)
	s := &brokenSigner{Signer: h.kernelKey}
	h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) {
		s.broken = true
		return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, nil
	}
	k, err := kernel.New(kernel.Config{Signer: s, Now: func() int64 { return now }, Revocations: &h.revocations,
		Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission})
	if err != nil {
		t.Fatal(err)
	}
	out := k.Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Deny || out.Content != nil || !out.Unlogged {
		t.Fatalf("%+v", out)
	}
	if c := h.admission.closed; len(c) != 1 || c[0].Receipt != nil || c[0].Disposition != kernel.Retain || c[0].Content != nil {
		t.Fatalf("the admission was told %+v", c)
	}
}

// TestSecretsInsideObjectsAreMasked: what stands under a secret-like key is
// masked whole, however it is nested.
func TestSecretsInsideObjectsAreMasked(t *testing.T) {
	for _, args := range []string{
		`{"path":"a","credentials":{"user":"u","pw":"hunter2-nested"}}`,
		`{"path":"a","password":[{"v":"hunter2-nested"}]}`,
		`{"path":"a","token":{"deep":{"deeper":["hunter2-nested"]}}}`,
	} {
		h := newHarness(t)
		m := h.mandate()
		m.Arguments = wire.Raw(args)
		h.prove(m, func(*capability.HolderProof) {})
		out := h.kernel().Mediate(context.Background(), m)
		if doc := string(wire.MustMarshal(out.Receipt)); out.Verdict != kernel.Allow || strings.Contains(doc, "hunter2-nested") {
			t.Errorf("%s: %s", out.Verdict, doc)
		}
	}
}

// TestI5_ClockThatPanicsDenies: without a time nothing is valid.
func TestI5_ClockThatPanicsDenies(t *testing.T) {
	h := newHarness(t)
	k, err := kernel.New(kernel.Config{Signer: h.kernelKey, Now: func() int64 { panic("boom") }, Revocations: &h.revocations,
		Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission})
	if err != nil {
		t.Fatal(err)
	}
	out := k.Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Deny || h.dispatchCalls != 0 {
		t.Fatalf("%+v", out)
	}
	checkReceipt(t, h, out)
	checkRecorded(t, h)
}

// TestI2_OnlyCertaintyReleases: a dispatcher's denial gives the hold back only
// if it also says that the effect certainly did not happen.
func TestI2_OnlyCertaintyReleases(t *testing.T) {
	d := &kernel.Denial{Code: "CHIO-TEST-DENIED", Guard: "dispatcher", Reason: "no"}
	for name, tc := range map[string]struct {
		err   error
		want  kernel.Disposition
		ended string
	}{
		"a denial alone":                 {d, kernel.Retain, receipt.Incomplete},
		"a denial that nothing was sent": {fmt.Errorf("%w: %w", kernel.ErrNotDispatched, d), kernel.Release, receipt.Deny},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			withDispatch(kernel.Result{}, tc.err)(h, nil)
			out := h.kernel().Mediate(context.Background(), h.mandate())
			if out.Ended != tc.ended || h.admission.closed[0].Disposition != tc.want || out.Denial.Code != d.Code {
				t.Fatalf("ended %s, disposition %d: %v", out.Ended, h.admission.closed[0].Disposition, out.Denial)
			}
			checkReceipt(t, h, out)
		})
	}
}
