package kernel_test

import (
	"context"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
)

// TestI2_AggregateIsHeld: a bound on a whole token, the leaf's own or an
// ancestor's on its family, reaches the transaction that counts.
func TestI2_AggregateIsHeld(t *testing.T) {
	h := newHarness(t)
	delegator := key(t, 23)
	grant := capability.ToolGrant{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke, capability.Delegate}}
	root, err := capability.Sign(capability.Token{ID: "root", Subject: delegator.Public(), IssuedAt: now - 10, ExpiresAt: now + 600,
		Scope:                     capability.Scope{Grants: []capability.ToolGrant{grant}},
		AggregateInvocationBudget: capability.Aggregate{Scope: capability.AggregateFamily, MaxInvocations: 7}.Value()}, h.kernelKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := capability.Attenuate(root, capability.AttenuateRequest{ID: "leaf", Subject: h.agent.Public(), Scope: root.Scope,
		IssuedAt: now - 5, ExpiresAt: now + 300, Aggregate: &capability.Aggregate{Scope: capability.AggregateCapability, MaxInvocations: 3}}, delegator)
	if err != nil {
		t.Fatal(err)
	}
	h.chain = []capability.Token{*root, *leaf}
	if out := h.kernel().Mediate(context.Background(), h.mandate()); out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
	holds := h.admission.admitted[0].Holds
	if len(holds) != 2 || holds[0].MaxFamily == nil || *holds[0].MaxFamily != 3 || holds[1].MaxFamily == nil || *holds[1].MaxFamily != 7 {
		t.Fatalf("holds %+v", holds)
	}
}
