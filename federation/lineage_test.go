package federation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// three are organisations of which the first has a treaty with the second, and
// the second with the third.
func three(t *testing.T, termsB, termsC Terms) (a, b, c *peerNode) {
	t.Helper()
	a, b = newParty(t, 10, callTerms()), newParty(t, 20, termsB, didOf(t, 10))
	c = newParty(t, 30, termsC, didOf(t, 20))
	federate(t, a.org, b.org)
	federate(t, b.org, c.org)
	a.sync(b)
	b.sync(c)
	return a, b, c
}

// below is a call of our own agent at a peer, because of a call that we serve.
func (p *peerNode) below(parent *kernel.Mandate, other *peerNode, change func(*kernel.CallChain)) *kernel.Mandate {
	p.t.Helper()
	m := p.mandate(other, "read_file", readArgs)
	caller := parent.Chain[len(parent.Chain)-1].Subject
	chain := &kernel.CallChain{ChainID: "chain", ParentRequestID: parent.CallID, OriginSubject: caller, DelegatorSubject: caller}
	if change != nil {
		change(chain)
	}
	m.Intent = wire.MustMarshal(kernel.Intent{ID: "i", ServerID: m.Server, ToolName: m.Tool, Purpose: "serve the caller", CallChain: chain})
	hash, nonce := wire.Hash(m.Intent), make([]byte, 16)
	_, _ = rand.Read(nonce)
	var err error
	m.Proof, err = capability.SignProof(capability.HolderProof{Schema: capability.ProofSchema, CallID: m.CallID, Audience: other.kernel.Public(),
		Server: "files", Tool: m.Tool, ArgsSHA256: wire.Hash(m.Arguments), CapabilityID: m.Chain[len(m.Chain)-1].ID, IntentSHA256: &hash,
		Nonce: hex.EncodeToString(nonce), IssuedAt: p.clock.Load(), AgentKey: p.agent.Public()}, p.agent)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// serves lets p's tool call the same tool of the next organisation, and pass on
// what that answered. It returns where the outcomes are put.
func (p *peerNode) serves(next *peerNode, change func(*kernel.CallChain)) <-chan kernel.Outcome {
	outcomes := make(chan kernel.Outcome, 8)
	p.slow.set(func(ctx context.Context, m *kernel.Mandate) (kernel.Result, error) {
		out := p.kernelOf.Mediate(ctx, p.below(m, next, change))
		outcomes <- out
		if out.Verdict != kernel.Allow {
			return kernel.Result{Content: wire.Raw(`{"text":"the next organisation refused"}`), IsError: true}, nil
		}
		return kernel.Result{Content: out.Content}, nil
	})
	return outcomes
}

// lineageOf collects the receipts of all parties and the trust set that names
// them.
func lineageOf(t *testing.T, parties ...*peerNode) ([]wire.Raw, *receipt.TrustSet) {
	t.Helper()
	var docs []wire.Raw
	trust := &receipt.TrustSet{Schema: receipt.TrustSchema}
	for _, p := range parties {
		for _, r := range p.receipts() {
			doc, err := r.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, doc)
		}
		trust.Kernels = append(trust.Kernels, receipt.TrustedKernel{Key: p.kernel.Public(), DID: p.did().String()})
	}
	return docs, trust
}

// TestThreeOrganisations: a call of A's agent at B leads to a call of B's agent
// at C, under B's own treaty. C hears of A by a digest alone; the receipts of
// all are one chain that anybody verifies offline.
func TestThreeOrganisations(t *testing.T) {
	a, b, c := three(t, callTerms(), callTerms())
	outcomes := b.serves(c, nil)
	out := a.call(b)
	if out.Verdict != kernel.Allow || string(out.Content) != `{"text":"hello"}` || c.ran.Load() != 1 {
		t.Fatalf("outcome %+v, denial %+v; C ran %d", out, out.Denial, c.ran.Load())
	}
	child := <-outcomes
	if len(out.Peer.Children) != 1 || out.Peer.Children[0].ReceiptID != child.Receipt.ID || out.Peer.Children[0].Verdict != receipt.Allow {
		t.Fatalf("A is told of %+v, the call was %s", out.Peer.Children, child.Receipt.ID)
	}
	for _, r := range c.receipts() {
		doc, _ := r.Bytes()
		for name, secret := range map[string]string{"DID": a.did().String(), "kernel": a.kernel.Public().String(), "agent": a.agent.Public().String()} {
			if strings.Contains(string(doc), secret) {
				t.Errorf("C's receipt names A's %s", name)
			}
		}
	}
	docs, trust := lineageOf(t, a, b, c)
	report, err := receipt.VerifyLineage(docs, trust)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Hops) != 2 || report.Hops[0].From != a.did().String() || report.Hops[1].To != c.did().String() || report.Hops[1].HopIndex != 1 {
		t.Fatalf("lineage %+v", report.Hops)
	}
	a.sync(b)
	b.sync(c)
	for _, j := range append(a.joints(b), append(b.joints(a), append(b.joints(c), c.joints(b)...)...)...) {
		if j.At(startTime) != JointJoined || !j.Accrued {
			t.Errorf("joint record %+v", j)
		}
	}
	if len(c.joints(a)) != 0 || len(a.joints(c)) != 0 {
		t.Error("A and C filed something with each other")
	}
}

// TestLineageOfADenialByTheThird: C denies; B's receipt for A names the call and
// its verdict, so A sees where it ended.
func TestLineageOfADenialByTheThird(t *testing.T) {
	a, b, c := three(t, callTerms(), callTerms())
	c.local.set(denyAll{})
	outcomes := b.serves(c, nil)
	out := a.call(b)
	child := <-outcomes
	if child.Denial == nil || child.Denial.Code != kernel.CodePeerDenied || c.ran.Load() != 0 {
		t.Fatalf("B's call ended as %s %+v", child.Ended, child.Denial)
	}
	if !out.IsError || !slices.Equal(out.Peer.Children, []receipt.Child{{ReceiptID: child.Receipt.ID, Verdict: receipt.Deny}}) {
		t.Fatalf("A sees %+v of %+v", out.Peer.Children, out)
	}
	docs, trust := lineageOf(t, a, b, c)
	report, err := receipt.VerifyLineage(docs, trust)
	if err != nil || report.Hops[1].HostVerdict != receipt.Deny {
		t.Fatalf("%+v, %v", report, err)
	}
}

// TestForgedParent: a call chain that names anything but the peer's call under
// way, or another agent than its, leaves no organisation.
func TestForgedParent(t *testing.T) {
	a, b, c := three(t, callTerms(), callTerms())
	stranger := key(t, 99).Public()
	for name, change := range map[string]func(*kernel.CallChain){
		"a call nobody made": func(c *kernel.CallChain) { c.ParentRequestID = "0190a6a0-0000-7000-8000-000000000009" },
		"another caller":     func(c *kernel.CallChain) { c.OriginSubject = stranger },
		"another delegator":  func(c *kernel.CallChain) { c.DelegatorSubject = stranger },
	} {
		outcomes := b.serves(c, change)
		_ = a.call(b)
		if out := <-outcomes; out.Denial == nil || out.Denial.Code != CodeLineage {
			t.Errorf("%s: %s %+v", name, out.Ended, out.Denial)
		}
	}
	b.slow.set(nil)
	m := a.mandate(b, "read_file", readArgs)
	if out := a.kernelOf.Mediate(t.Context(), m); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	if out := b.kernelOf.Mediate(t.Context(), b.below(m, c, nil)); out.Denial == nil || out.Denial.Code != CodeLineage {
		t.Errorf("below a call that ended: %s %+v", out.Ended, out.Denial)
	}
	if c.ran.Load() != 0 {
		t.Fatalf("C ran %d calls", c.ran.Load())
	}
}

// TestCycleInLineage: B calls A back while A waits for it; B's kernel refuses,
// and A's does if B's does not.
func TestCycleInLineage(t *testing.T) {
	a, b, _ := three(t, callTerms(), callTerms())
	outcomes := b.serves(a, nil)
	if _ = a.call(b); true {
		if out := <-outcomes; out.Denial == nil || out.Denial.Code != CodeCycle || a.ran.Load() != 0 {
			t.Fatalf("%s %+v", out.Ended, out.Denial)
		}
	}
	answer := make(chan *receipt.Metadata, 1)
	b.slow.set(func(_ context.Context, m *kernel.Mandate) (kernel.Result, error) {
		frame, _ := b.frame(b.mandate(a, "read_file", readArgs), func(c *Continuation) {
			c.HopIndex, c.HopLimit, c.Lineage = 1, 2, []wire.Digest{m.Origin.ContinuationSHA256}
		})
		_, md := answered(t, b.raw(a, frame))
		answer <- md
		return kernel.Result{Content: wire.Raw(`{}`)}, nil
	})
	_ = a.call(b)
	if md := <-answer; md.Code != string(CodeCycle) || a.ran.Load() != 0 {
		t.Fatalf("A answered %s", md.Code)
	}
}

// TestHopLimit: the first caller's treaty says how far its calls go, and the
// last one's how far they may have come.
func TestHopLimit(t *testing.T) {
	one := int64(1)
	near := callTerms()
	near.Ingress.Caps.MaxHops = &one
	for name, terms := range map[string][2]Terms{"the first treaty": {near, callTerms()}, "the second treaty": {callTerms(), near}} {
		a, b, c := three(t, terms[0], terms[1])
		outcomes := b.serves(c, nil)
		_ = a.call(b)
		if out := <-outcomes; out.Denial == nil || out.Denial.Code != CodeHopLimit || c.ran.Load() != 0 {
			t.Errorf("%s: %s %+v", name, out.Ended, out.Denial)
		}
		_ = a.host.Stop()
	}
}

// TestParentCancelled: the first caller leaves, and every organisation's tool is
// told.
func TestParentCancelled(t *testing.T) {
	a, b, c := three(t, callTerms(), callTerms())
	started := make(chan struct{})
	c.slow.set(hangs(started))
	outcomes := b.serves(c, nil)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-started
		leave()
	}()
	out := a.kernelOf.Mediate(ctx, a.mandate(b, "read_file", readArgs))
	child := <-outcomes
	if child.Ended != receipt.Incomplete || len(c.receipts()) != 1 || c.receipts()[0].Decision.Verdict != receipt.Incomplete {
		t.Fatalf("A %s, B's call %s %+v", out.Ended, child.Ended, child.Denial)
	}
}

// TestChildrenAreBounded: one call of a peer cannot make this node call without
// end.
func TestChildrenAreBounded(t *testing.T) {
	a, b, c := three(t, callTerms(), callTerms())
	var last kernel.Outcome
	b.slow.set(func(ctx context.Context, m *kernel.Mandate) (kernel.Result, error) {
		b.exchange.mu.Lock()
		for _, arr := range b.exchange.arriving {
			arr.children = make([]receipt.Child, maxChildren-1)
		}
		b.exchange.mu.Unlock()
		for range 2 {
			last = b.kernelOf.Mediate(ctx, b.below(m, c, nil))
		}
		return kernel.Result{Content: wire.Raw(`{}`)}, nil
	})
	_ = a.call(b)
	if last.Denial == nil || last.Denial.Code != CodeLineage || c.ran.Load() != 1 {
		t.Fatalf("%s %+v, C ran %d", last.Ended, last.Denial, c.ran.Load())
	}
}
