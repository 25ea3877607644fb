package federation

import (
	"errors"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func (p *peerNode) revoke(e authority.Entry) {
	p.t.Helper()
	err := p.db.Update(p.t.Context(), func(tx store.Tx) error {
		_, err := p.revocations.Revoke(tx, []authority.Entry{e}, p.kernel, p.clock.Load())
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestRevokedPassportIsRefusedByTheHost: the revocation is pushed before the
// call arrives, so the host refuses a mandate that was good when it was signed.
func TestRevokedPassportIsRefusedByTheHost(t *testing.T) {
	a, b := federated(t)
	a.passport = &kernel.PassportRef{Issuer: a.did().String(), ID: "urn:uuid:0190a6a0-0000-7000-8000-000000000001"}
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("before: %+v", out.Denial)
	}
	frame, _ := a.frame(a.mandate(b, "read_file", readArgs), nil)
	a.revoke(authority.Entry{Kind: authority.KindPassport, Issuer: a.passport.Issuer, ID: a.passport.ID})
	if err := a.exchange.PushRevocations(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, md := answered(t, a.raw(b, frame))
	if r.Decision.Verdict != receipt.Deny || md.Code != string(kernel.CodeRevokedPassport) || b.ran.Load() != 1 {
		t.Fatalf("verdict %s, code %s, ran %d", r.Decision.Verdict, md.Code, b.ran.Load())
	}
	reached := a.exchange.Propagations()
	if len(reached) != 1 || reached[0].Peer != b.did() || reached[0].Epoch != a.revocations.Epoch() {
		t.Fatalf("propagation %+v", reached)
	}
}

// TestSuspendedPassportIsRefusedByTheHost: a suspension pushed over the open
// connection counts at the peer's next decision, and so does its end.
func TestSuspendedPassportIsRefusedByTheHost(t *testing.T) {
	a, b := federated(t)
	a.passport = &kernel.PassportRef{Issuer: a.did().String(), ID: "urn:uuid:0190a6a0-0000-7000-8000-000000000001"}
	for i, step := range []struct {
		kind    authority.Kind
		verdict string
		code    kernel.Code
	}{
		{authority.KindSuspension, receipt.Deny, authority.CodePassportSuspended}, {authority.KindResumption, receipt.Allow, ""},
		{authority.KindSuspension, receipt.Deny, authority.CodePassportSuspended}, {authority.KindPassport, receipt.Deny, kernel.CodeRevokedPassport},
	} {
		frame, _ := a.frame(a.mandate(b, "read_file", readArgs), nil) // good when it was signed, or not
		a.revoke(authority.Entry{Kind: step.kind, Issuer: a.passport.Issuer, ID: a.passport.ID})
		if err := a.exchange.PushRevocations(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, md := answered(t, a.raw(b, frame))
		if r.Decision.Verdict != step.verdict || md.Code != string(step.code) {
			t.Fatalf("step %d, %s: verdict %s, code %s", i, step.kind, r.Decision.Verdict, md.Code)
		}
	}
	if b.ran.Load() != 1 {
		t.Errorf("it ran %d times", b.ran.Load())
	}
}

// TestRevocationsAreCaughtUp: a peer that missed many epochs gets them in pages
// when it comes back.
func TestRevocationsAreCaughtUp(t *testing.T) {
	a, b := federated(t)
	const missed = 700
	for i := range missed {
		a.revoke(authority.Entry{Kind: authority.KindCapability, Issuer: a.kernel.Public().String(), ID: wire.Hash([]byte{byte(i), byte(i >> 8)}).String()})
	}
	if report := b.sync(a); report.Epochs != missed {
		t.Fatalf("report %+v, want %d epochs", report, missed)
	}
	for i := range missed {
		a.revoke(authority.Entry{Kind: authority.KindCapability, Issuer: a.kernel.Public().String(), ID: wire.Hash([]byte{byte(i), byte(i >> 8), 1}).String()})
	}
	if err := a.exchange.PushRevocations(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := a.exchange.Propagations(); len(p) != 1 || p[0].Epoch != a.revocations.Epoch() {
		t.Fatalf("propagation %+v, our epoch is %d", p, a.revocations.Epoch())
	}
}

// TestStaleEpochsDenyPaidCalls: an age over the treaty's bound denies on our
// side before anything is signed; an exchange heals it.
func TestStaleEpochsDenyPaidCalls(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	for _, p := range []*peerNode{a, b} {
		p.clock.Add(DefaultMaxStalenessSeconds + 1)
	}
	out := a.kernelOf.Mediate(t.Context(), m)
	if out.Denial == nil || out.Denial.Code != kernel.CodeRevocationStale || b.ran.Load() != 0 {
		t.Fatalf("outcome %+v", out.Denial)
	}
	a.sync(b)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("after an exchange: %+v", out.Denial)
	}
}

// TestSameEpochTwoRoots: two histories of one peer end the relationship
// until an operator looks.
func TestSameEpochTwoRoots(t *testing.T) {
	a, b := federated(t)
	if err := a.db.Update(t.Context(), dropRows("a/own/")); err != nil {
		t.Fatal(err)
	}
	a.clock.Add(1)
	err := a.db.Update(t.Context(), func(tx store.Tx) error {
		_, err := a.revocations.Heartbeat(tx, a.kernel, a.clock.Load())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, _, err := a.exchange.epochsAfter(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = a.push(b, page); !errors.Is(err, ErrRefused) {
		t.Fatalf("push: %v", err)
	}
	if rec := b.record(a.org); rec.State != Frozen {
		t.Fatalf("the peer is %s", rec.State)
	}
}

// TestPropagationIsMeasured reports what a push over loopback takes.
func TestPropagationIsMeasured(t *testing.T) {
	a, b := federated(t)
	begun := time.Now()
	a.exchange.cfg.Clock = time.Now
	a.revoke(authority.Entry{Kind: authority.KindSubject, Issuer: a.did().String(), ID: key(t, 66).Public().String()})
	if err := a.exchange.PushRevocations(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := a.exchange.Propagations()
	if len(p) != 1 || p[0].Took <= 0 || p[0].Took > time.Since(begun) {
		t.Fatalf("propagation %+v", p)
	}
	denial := b.revocations.Check(nil, nil, key(t, 66).Public(), &kernel.Origin{PeerDID: a.did().String()}, startTime)
	if denial == nil || denial.Code != kernel.CodeRevokedSubject {
		t.Fatalf("the peer answers %+v", denial)
	}
	t.Logf("one revocation reached the peer and was applied in %s", p[0].Took)
}
