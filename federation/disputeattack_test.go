package federation

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// TestHalfAFileConvictsNobody: whoever exports chooses what is in the file, so
// an objection is refuted by documents that are there, never by missing ones,
// and by its own receipt, never by another's.
func TestHalfAFileConvictsNobody(t *testing.T) {
	a, b, _ := withheld(t)
	a.sync(b)
	first := a.joints(b)[0].CallID
	if _, err := a.exchange.Object(t.Context(), b.did(), first, VerdictDisagreement); err != nil {
		t.Fatal(err)
	}
	a.sync(b)
	report, whole := judged(t, b, a, first, nil)
	if report.Standing != StandingProven || report.Against != "" {
		t.Fatalf("the whole file: %+v", report)
	}
	for name, leaveOut := range map[string]func(*DisputeFile){
		"no origin's receipt": func(f *DisputeFile) { f.OriginReceipt = nil },
		"no continuation":     func(f *DisputeFile) { f.OriginReceipt, f.Continuation = nil, nil },
	} {
		half := *whole
		leaveOut(&half)
		if r, err := VerifyDispute(wire.MustMarshal(&half), keysOf(a, b)); err != nil || r.Standing != StandingClaimed || r.Against != "" {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	a.output.set(nil)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	for _, j := range a.joints(b) {
		if j.CallID != first {
			_, other := judged(t, a, b, j.CallID, nil)
			other.Objection = whole.Objection
			if r, err := VerifyDispute(wire.MustMarshal(other), keysOf(a, b)); !errors.Is(err, ErrDispute) {
				t.Errorf("the objection to another receipt: %+v, %v", r, err)
			}
		}
	}
}

// TestADenialIsNoMismatch: an origin sends other arguments than it signed for,
// and objects to the denial that says so.
func TestADenialIsNoMismatch(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	_, out := a.frame(m, nil)
	m.Arguments = wire.Raw(`{"path":"other"}`)
	frame, err := a.exchange.invokeFrame(m, out)
	if err != nil {
		t.Fatal(err)
	}
	r, md := answered(t, a.raw(b, frame))
	if r.Decision.Verdict != receipt.Deny || md.ArgsSHA256 == out.body.ArgsSHA256 {
		t.Fatalf("the host says %+v about %s", r.Decision, md.ArgsSHA256)
	}
	id, hash := out.continuation.ID(), wire.Digest{}
	if hash, err = wire.ParseDigest(r.ID); err != nil {
		t.Fatal(err)
	}
	env, err := wire.Seal(ObjectionSchema, Objection{Schema: ObjectionSchema, Objector: a.did(), Host: b.did(), CallID: m.CallID,
		ContinuationSHA256: &id, ReceiptSHA256: hash, TreatyID: md.Federation.TreatyID, Reason: ArgsMismatch, At: startTime}, a.kernel)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	f := &DisputeFile{Schema: DisputeSchema, Origin: a.did(), Host: b.did(), CallID: m.CallID, HostReceipt: doc, Continuation: out.continuation, Objection: env}
	if r, err := VerifyDispute(wire.MustMarshal(f), keysOf(a, b)); err != nil || r.Against == b.did() || r.Standing != StandingRefuted {
		t.Errorf("judged as %+v, %v", r, err)
	}
}

// TestTighterTermsConvictNobody: a host that denies by newer terms of its own
// does what the treaty lets it do. Its receipt names the treaty's.
func TestTighterTermsConvictNobody(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	tight := callTerms()
	tight.Ingress.ToolAccess.Block = append(slices.Clone(tight.Ingress.ToolAccess.Block), "read_file")
	if err := b.service.SetTerms(t.Context(), a.did(), tight); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.service.issue(t.Context(), a.did()); err != nil {
		t.Fatal(err)
	}
	if out := a.kernelOf.Mediate(t.Context(), m); out.Verdict != kernel.Deny {
		t.Fatalf("outcome %+v", out)
	}
	if r, _ := judged(t, a, b, m.CallID, wire.Raw(readArgs)); r.Attested != StandingProven || r.Against != "" {
		t.Errorf("%+v", r)
	}
}

// TestPriceIsTheAttestedOne: an origin that signs for no charge has not the
// treaty on its side.
func TestPriceIsTheAttestedOne(t *testing.T) {
	a, b := federated(t)
	b.twist.set(func(p *kernel.Policy) { // as a host whose treaty has no money
		p.Treaty = append(slices.Clone(p.Treaty), kernel.SidedGuard{Side: sideTreaty, Guard: &moneyGuard{}})
	})
	m := a.mandate(b, "read_file", readArgs)
	if out := a.kernelOf.Mediate(t.Context(), m); out.Verdict != kernel.Deny {
		t.Fatalf("outcome %+v", out)
	}
	_, f := judged(t, a, b, m.CallID, wire.Raw(readArgs))
	v := disputed{file: f}
	if err := openDispute(t, &v, keysOf(a, b)); err != nil {
		t.Fatal(err)
	}
	v.c.MaxCharge, v.treaty.Money = nil, nil
	if allowed, err := v.recompute(); err != nil || allowed {
		t.Errorf("allowed %t, %v", allowed, err)
	}
}

func openDispute(t testing.TB, v *disputed, keys KernelKeys) error {
	t.Helper()
	v.origin, v.host = keys(v.file.Origin), keys(v.file.Host)
	return errors.Join(v.hostSide(), v.permission(), v.originSide(), v.jointly(), v.agreed(), v.objected())
}

// TestOneStatementForOneReceipt: an origin that signs two receipts for one call,
// and asks for both at once, gets our signature under one statement.
func TestOneStatementForOneReceipt(t *testing.T) {
	a, b := federated(t)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	a.sync(b)
	j := b.joints(a)[0]
	if len(j.Cosign) == 0 {
		t.Fatalf("%+v", j)
	}
	join := func(whole wire.Raw) error {
		return b.exchange.join(t.Context(), a.did(), j.ReceiptID, whole, func(*Joint) {})
	}
	if err := join(j.Cosign); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := join(wire.Raw(`{"another":1}`)); err == nil || string(b.joints(a)[0].Cosign) != string(j.Cosign) {
		t.Errorf("another: %v", err)
	}
}

// TestAnyTreatyCanBeNamed: a receipt that names a treaty which one side has
// signed, or which we have with somebody else, neither ends the export nor
// brings that treaty into the file.
func TestAnyTreatyCanBeNamed(t *testing.T) {
	a, b := federated(t)
	c := newParty(t, 30, callTerms(), didOf(t, 10))
	federate(t, a.org, c.org)
	a.call(b)
	half := wire.Digest{}
	err := a.db.Update(t.Context(), func(tx store.Tx) error {
		env, err := readEnvelope(tx, prefixTreaty, *a.record(b.org).Treaty)
		if err != nil {
			return err
		}
		var tr Treaty
		if err := wire.Unmarshal(env.Body, &tr, wire.DocumentLimits); err != nil {
			return err
		}
		tr.Revision++
		if env, err = wire.Seal(TreatySchema, tr, b.org.org); err != nil {
			return err
		}
		half = env.ID()
		tx.Set(prefixTreaty+half.String(), env.Bytes())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, treaty := range []wire.Digest{half, *a.record(c.org).Treaty, wire.Hash([]byte("none"))} {
		callID := "0190a6a0-0000-7000-8000-00000000bee" + string(rune('0'+i))
		b.forge(a, func(_ *receipt.Receipt, md *receipt.Metadata) { md.CallID, md.Federation.TreatyID = callID, treaty })
		a.sync(b)
		if r, f := judged(t, a, b, callID, nil); r.Objection != NotRequested || f.Treaty != nil || len(f.Attestations) != 0 {
			t.Errorf("treaty %d: %+v, %+v", i, r, f.Treaty)
		}
	}
}

// TestReceiptsUnderOneCallID: a host that signs several receipts for one call id
// hides none of them, nor the call itself.
func TestReceiptsUnderOneCallID(t *testing.T) {
	a, b := federated(t)
	out := a.call(b)
	callID := a.joints(b)[0].CallID
	args := b.forge(a, func(_ *receipt.Receipt, md *receipt.Metadata) { md.ArgsSHA256 = wire.Hash([]byte("other")) })
	never := b.forge(a, func(_ *receipt.Receipt, md *receipt.Metadata) { md.Federation.ContinuationSHA256 = nil })
	b.forge(a, func(r *receipt.Receipt, md *receipt.Metadata) {
		r.Decision = &receipt.Decision{Verdict: receipt.Deny, Guard: "x", Reason: "x"}
	})
	a.sync(b)
	for name, want := range map[string]string{callID: "", out.Peer.ReceiptID: "", args: ArgsMismatch, never: NotRequested} {
		r, f := judged(t, a, b, name, nil)
		if r.Objection != want || r.CallID != callID || wire.CheckUUIDv7(name) != nil && receiptIDOf(f.HostReceipt) != name {
			t.Errorf("%.12s: %+v", name, r)
		}
		if id, err := a.exchange.ReceiptOf(b.did(), name); err != nil || id != receiptIDOf(f.HostReceipt) {
			t.Errorf("%.12s: receipt %s, %v", name, id, err)
		}
	}
}

// TestAWholeDayToObject: whoever lets a result lie until it is dropped cannot
// say then that another one came.
func TestAWholeDayToObject(t *testing.T) {
	row := &arrived{Done: true, ContentBytes: maxInlineBytes + 1, Delivered: true}
	if kept, err := keepsResult(nil, callKey{}, row, "x"); err != nil || !kept {
		t.Errorf("kept %t, %v", kept, err)
	}
}

// TestParentIsAdmitted: another peer's call under the parent's id, by the
// parent's agent as it says and without a proof, is not taken for the parent.
func TestParentIsAdmitted(t *testing.T) {
	a, b, c := three(t, callTerms(), callTerms())
	d := newParty(t, 40, callTerms())
	b.service.cfg.Admission.Peers = append(b.service.cfg.Admission.Peers, d.did())
	federate(t, d.org, b.org)
	var child kernel.Outcome
	b.slow.set(func(ctx context.Context, m *kernel.Mandate) (kernel.Result, error) {
		other := &arrival{continuation: m.Proof, subject: m.Chain[len(m.Chain)-1].Subject, body: &Continuation{From: d.did(), HopLimit: 2}, done: make(chan struct{})}
		b.exchange.mu.Lock()
		b.exchange.arriving[callKey{d.did(), m.CallID}] = other
		b.exchange.mu.Unlock()
		defer b.exchange.depart(callKey{d.did(), m.CallID}, other)
		child = b.kernelOf.Mediate(ctx, b.below(m, c, nil))
		return kernel.Result{Content: wire.Raw(`{}`)}, nil
	})
	for range 4 { // a map has no order
		out := a.call(b)
		if child.Verdict != kernel.Allow || len(out.Peer.Children) != 1 {
			t.Fatalf("child %s %+v; A is told of %+v", child.Ended, child.Denial, out.Peer)
		}
	}
}

// TestDisputesOfOneKindBuryNoOther: a thousand objections leave room in the list.
func TestDisputesOfOneKindBuryNoOther(t *testing.T) {
	var d Disputes
	for range maxDisputes + 1 {
		d.add(Dispute{Kind: DisputeObjection})
	}
	d.add(Dispute{Kind: DisputeAttested})
	if !d.Truncated || len(d.List) != maxDisputes+1 || d.List[maxDisputes].Kind != DisputeAttested {
		t.Errorf("%d listed, truncated %t", len(d.List), d.Truncated)
	}
}
