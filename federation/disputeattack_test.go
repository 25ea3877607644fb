package federation

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
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
	a.output = nil
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
	b.twist = func(p *kernel.Policy) { // as a host whose treaty has no money
		p.Treaty = append(slices.Clone(p.Treaty), kernel.SidedGuard{Side: sideTreaty, Guard: &moneyGuard{}})
	}
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
