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

// TestNewNamesEachMissingPart: a kernel without one of its collaborators is not
// made.
func TestNewNamesEachMissingPart(t *testing.T) {
	h := newHarness(t)
	whole := kernel.Config{Signer: h.kernelKey, Now: func() int64 { return now }, Revocations: &h.revocations,
		Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission}
	for name, drop := range map[string]func(*kernel.Config){
		"Signer":      func(c *kernel.Config) { c.Signer = nil },
		"Now":         func(c *kernel.Config) { c.Now = nil },
		"Revocations": func(c *kernel.Config) { c.Revocations = nil },
		"Dispatcher":  func(c *kernel.Config) { c.Dispatcher = nil },
		"Policies":    func(c *kernel.Config) { c.Policies = nil },
		"Admission":   func(c *kernel.Config) { c.Admission = nil },
	} {
		cfg := whole
		drop(&cfg)
		if k, err := kernel.New(cfg); k != nil || err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	k, err := kernel.New(whole)
	if err != nil || k.Key() != h.kernelKey.Public() {
		t.Errorf("whole: %v", err)
	}
}

// TestI5_CrossingsFailClosed: who may be root and leaf of a call between
// organisations, and that no treaty means no call.
func TestI5_CrossingsFailClosed(t *testing.T) {
	peer := key(t, 40)
	for name, c := range map[string]struct {
		change func(*harness, *kernel.Mandate)
		want   kernel.Code
	}{
		"a name of a peer that is no text": {func(_ *harness, m *kernel.Mandate) { m.Origin = &kernel.Origin{PeerDID: "a\x00b"} }, kernel.CodeMalformed},
		"a session that is no text":        {func(_ *harness, m *kernel.Mandate) { m.Session = "a\nb" }, kernel.CodeMalformed},
		"a leaf that the peer did not issue": {func(_ *harness, m *kernel.Mandate) {
			m.Origin = &kernel.Origin{PeerDID: "did:chio:peer", PeerKernel: peer.Public()}
		}, kernel.CodeCapIssuer},
		"from a peer, without terms": {func(h *harness, m *kernel.Mandate) {
			m.Origin = &kernel.Origin{PeerDID: "did:chio:peer", PeerKernel: h.kernelKey.Public()}
		}, kernel.CodeNoPolicy},
		"a peer's call to another peer": {func(h *harness, m *kernel.Mandate) {
			h.toPeer(m, peer)
			m.Origin = &kernel.Origin{PeerDID: "did:chio:other", PeerKernel: peer.Public()}
		}, kernel.CodeContinuation},
		"to a peer, with a leaf of its kernel": {func(h *harness, m *kernel.Mandate) { h.toPeer(m, peer) }, kernel.CodeCapIssuer},
		"a dispatcher that says why": {func(h *harness, _ *kernel.Mandate) {
			h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
				return kernel.Route{}, &kernel.Denial{Code: kernel.CodeUnknownTool, Reason: "no guard is named"}
			}
		}, kernel.CodeUnknownTool},
	} {
		h := newHarness(t)
		m := h.mandate()
		c.change(h, m)
		out := h.kernel().Mediate(context.Background(), m)
		if out.Verdict != kernel.Deny || out.Denial == nil || out.Denial.Code != c.want || out.Denial.Guard == "" || out.Receipt == nil || h.dispatchCalls != 0 {
			t.Errorf("%s: %+v, want %s", name, out.Denial, c.want)
		}
	}
}

// toPeer makes a call one to a peer whose kernel issued its only token.
func (h *harness) toPeer(m *kernel.Mandate, peer *wire.Key) {
	h.t.Helper()
	h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
		return kernel.Route{Server: "files", Audience: peer.Public(), PeerDID: "did:chio:peer", PeerKernel: peer.Public()}, nil
	}
	own := h.kernelKey
	h.kernelKey = peer
	m.Chain = []capability.Token{h.token(capability.ToolGrant{ServerID: "files", ToolName: "read_file",
		Operations: []capability.Operation{capability.Invoke}})}
	h.kernelKey = own
}

// TestStoppedWhileUnderWay: a stop that comes after admission keeps the call
// from being dispatched, and one that comes during it withholds the result.
func TestStoppedWhileUnderWay(t *testing.T) {
	for name, c := range map[string]struct {
		after       int // how often the switches say go
		dispatched  int
		disposition kernel.Disposition
	}{
		"before dispatch": {1, 0, kernel.Release},
		"after it":        {2, 1, kernel.Commit},
	} {
		h := newHarness(t)
		asked := 0
		h.switches.stop = func() *kernel.Denial {
			if asked++; asked <= c.after {
				return nil
			}
			return &kernel.Denial{Code: kernel.CodeStopped, Guard: "stop", Reason: "stopped", Fix: "wait"}
		}
		out := h.kernel().Mediate(context.Background(), h.mandate())
		if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeStopped || out.Content != nil || h.dispatchCalls != c.dispatched ||
			len(h.admission.closed) != 1 || h.admission.closed[0].Disposition != c.disposition {
			t.Errorf("%s: %+v, dispatched %d times", name, out.Denial, h.dispatchCalls)
		}
	}
}

// TestEdgeRefusals: what an edge refuses has a receipt, whatever its arguments
// are and whatever fails.
func TestEdgeRefusals(t *testing.T) {
	deny := &kernel.Denial{Step: 2, Code: kernel.CodeMethodDenied, Guard: "edge", Reason: "no such method", Fix: "use another"}
	h := newHarness(t)
	m := h.mandate()
	m.Arguments = wire.Raw(`{"a":`)
	if out := h.kernel().Refuse(context.Background(), m, deny); out.Denial.Code != kernel.CodeMethodDenied || out.Receipt == nil || out.Unlogged {
		t.Errorf("arguments that are no JSON: %+v", out)
	}
	h.admission.panicIn = "refuse"
	if out := h.kernel().Refuse(context.Background(), h.mandate(), deny); out.Verdict != kernel.Deny || out.Receipt == nil || !out.Unlogged {
		t.Errorf("a log that panics: %+v", out)
	}
}

// TestReceiptsMaskSecrets: a value that looks like a key, and a number under a
// name that says secret, are not in the receipt.
func TestReceiptsMaskSecrets(t *testing.T) {
	h := newHarness(t)
	m := h.mandate()
	m.Arguments = wire.Raw(`{"flag":true,"nothing":null,"note":"AKIAABCDEFGHIJKLMNOP","password":12345678,"path":"notes/a.txt"}`)
	h.prove(m, func(*capability.HolderProof) {})
	out := h.kernel().Mediate(context.Background(), m)
	if out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
	params := string(out.Receipt.Action.Parameters)
	if strings.Contains(params, "AKIA") || strings.Contains(params, "12345678") || !strings.Contains(params, "notes/a.txt") ||
		!strings.Contains(params, `"flag":true`) || out.Receipt.RedactionMode != receipt.RedactSummary {
		t.Errorf("%s, %s", params, out.Receipt.RedactionMode)
	}
}

// TestOutputGuardMayReplaceTheResult: what is released, and hashed into the
// receipt, is what the guard left of it.
func TestOutputGuardMayReplaceTheResult(t *testing.T) {
	h := newHarness(t)
	masked := wire.Raw(`{"text":"***"}`)
	withOutput(func(wire.Raw) (kernel.OutputDecision, error) {
		return kernel.OutputDecision{Verdict: kernel.Allow, Content: masked}, nil
	})(h, nil)
	out := h.kernel().Mediate(context.Background(), h.mandate())
	if out.Verdict != kernel.Allow || string(out.Content) != string(masked) || out.Receipt.ContentHash != wire.Hash(masked).String() {
		t.Errorf("%s, %+v", out.Content, out.Denial)
	}
}
