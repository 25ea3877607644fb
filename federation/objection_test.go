package federation

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// contested returns what a party filed about a receipt.
func (p *peerNode) contestedWith(other *peerNode) []Contested {
	p.t.Helper()
	list, err := p.exchange.Objections(other.did())
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// withheld makes a call whose result our own kernel refuses after the host
// charged for it.
func withheld(t *testing.T) (a, b *peerNode, out kernel.Outcome) {
	t.Helper()
	a, b = federated(t)
	a.output.set(denyOutput{})
	out = a.call(b)
	if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeOutputBlocked || b.ran.Load() != 1 {
		t.Fatalf("outcome %+v", out.Denial)
	}
	return a, b, out
}

type denyOutput struct{}

func (denyOutput) Name() string { return "house-rule" }
func (denyOutput) Inspect(*kernel.Call, wire.Raw) (kernel.OutputDecision, error) {
	return kernel.OutputDecision{Verdict: kernel.Deny}, nil
}

// TestObjectionDisputesTheObligation: an operator objects to a charge for a
// result that its kernel refused. Both sides file it and take the obligation out
// of what is settled; a joint statement after all puts it back.
func TestObjectionDisputesTheObligation(t *testing.T) {
	a, b, out := withheld(t)
	a.sync(b)
	if j := a.joints(b); len(j) != 1 || j[0].At(startTime) != JointPending || !j[0].Accrued {
		t.Fatalf("held back: %+v", j)
	}
	callID := a.joints(b)[0].CallID
	for range 2 { // again changes nothing
		if _, err := a.exchange.Object(t.Context(), b.did(), callID, VerdictDisagreement); err != nil {
			t.Fatal(err)
		}
		a.sync(b)
	}
	for _, p := range []*peerNode{a, b} {
		other := map[*peerNode]*peerNode{a: b, b: a}[p]
		list, j := p.contestedWith(other), p.joints(other)
		if len(list) != 1 || list[0].State() != "open" || len(j) != 1 || j[0].At(startTime+JoinSeconds+1) != JointDisputed || j[0].Disputed != VerdictDisagreement {
			t.Fatalf("%s filed %+v beside %+v", p.did().Short(), list, j)
		}
		if got := p.contests(); len(got) != 1 || !got[0].contested || got[0].receipt != out.Peer.ReceiptID || got[0].payer != a.did() {
			t.Fatalf("contested %+v", got)
		}
	}
	if list := a.contestedWith(b); !list[0].Told {
		t.Fatal("the host answered and is not marked as told")
	}
	if err := b.exchange.Withdraw(t.Context(), a.did(), out.Peer.ReceiptID); !errors.Is(err, ErrObjection) {
		t.Fatalf("the host withdrew: %v", err)
	}
	if err := a.exchange.Withdraw(t.Context(), b.did(), out.Peer.ReceiptID); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*peerNode{a, b} {
		other := map[*peerNode]*peerNode{a: b, b: a}[p]
		j := p.joints(other)
		if j[0].At(startTime) != JointJoined || p.contestedWith(other)[0].State() != "withdrawn" {
			t.Fatalf("after withdrawing: %+v", j)
		}
		if got := p.contests(); len(got) != 2 || got[1].contested {
			t.Fatalf("contested %+v", got)
		}
	}
	if _, err := a.exchange.Object(t.Context(), b.did(), callID, VerdictDisagreement); !errors.Is(err, ErrJoined) {
		t.Fatalf("objected to a joined receipt: %v", err)
	}
}

// TestDisagreementIsCosignedWithBothVerdicts: without an objection the joint
// statement records both verdicts and denies.
func TestDisagreementIsCosignedWithBothVerdicts(t *testing.T) {
	a, b, _ := withheld(t)
	a.clock.Add(ObjectionSeconds)
	b.clock.Add(ObjectionSeconds)
	a.sync(b)
	j := a.joints(b)[0]
	if j.At(startTime) != JointJoined {
		t.Fatalf("%+v", j)
	}
	var d dsse
	if err := wire.UnmarshalCanonical(j.Cosign, &d, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	st := statementIn(t, d)
	if p := st.Predicate.Policy; p.A.Verdict != receipt.Deny || p.B.Verdict != receipt.Allow || p.Joint != receipt.Deny || p.A.RationaleCode != string(kernel.CodeOutputBlocked) {
		t.Fatalf("the statement says %+v", p)
	}
}

// TestJoinedReceiptIsNotObjectedTo: who signed has agreed, at both ends.
func TestJoinedReceiptIsNotObjectedTo(t *testing.T) {
	a, b, out := withheld(t)
	env := a.sealObjection(b, out, nil)
	a.clock.Add(ObjectionSeconds)
	b.clock.Add(ObjectionSeconds)
	a.sync(b)
	if _, err := a.exchange.Object(t.Context(), b.did(), a.joints(b)[0].CallID, VerdictDisagreement); !errors.Is(err, ErrJoined) {
		t.Errorf("at the origin: %v", err)
	}
	if err := a.tell(b, env, out); !isRefused(err, refusedConflict) {
		t.Errorf("at the host: %v", err)
	}
	if len(b.contestedWith(a))+len(a.contestedWith(b)) != 0 {
		t.Error("something was filed")
	}
}

func isRefused(err error, code string) bool {
	var e *PeerError
	return errors.As(err, &e) && e.Code == code
}

// sealObjection signs an objection without judging it.
func (p *peerNode) sealObjection(host *peerNode, out kernel.Outcome, change func(*Objection)) *wire.Envelope {
	p.t.Helper()
	md, err := metadataOf(out.Receipt)
	if err != nil {
		p.t.Fatal(err)
	}
	own, _ := wire.ParseDigest(out.Receipt.ID)
	id, _ := wire.ParseDigest(out.Peer.ReceiptID)
	o := Objection{Schema: ObjectionSchema, Objector: p.did(), Host: host.did(), CallID: md.CallID, ContinuationSHA256: md.Federation.ContinuationSHA256,
		ReceiptSHA256: id, TreatyID: md.Federation.TreatyID, Reason: VerdictDisagreement, OwnReceiptSHA256: &own, At: p.clock.Load()}
	if change != nil {
		change(&o)
	}
	env, err := wire.Seal(ObjectionSchema, o, p.kernel)
	if err != nil {
		p.t.Fatal(err)
	}
	return env
}

// tell sends an objection with our receipt.
func (p *peerNode) tell(host *peerNode, env *wire.Envelope, out kernel.Outcome) error {
	p.t.Helper()
	doc, err := out.Receipt.Bytes()
	if err != nil {
		p.t.Fatal(err)
	}
	frame := object(part{"type", text("objection")}, part{"objection", env.Bytes()}, part{"receipt", doc})
	return p.exchange.request(p.t.Context(), p.record(host.org), ProtocolCosign, frame, new(cosignAnswer))
}

// TestObjectionsThatNothingBearsOut: the host recomputes each reason and files
// none that its documents contradict; nor does the origin sign one.
func TestObjectionsThatNothingBearsOut(t *testing.T) {
	a, b := federated(t)
	out := a.call(b)
	if out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	other := wire.Hash([]byte("other"))
	drop := func(reason string) func(*Objection) {
		return func(o *Objection) { o.Reason, o.OwnReceiptSHA256 = reason, nil }
	}
	for name, c := range map[string]struct {
		change func(*Objection)
		code   string
	}{
		"verdicts that agree":       {nil, refusedMismatch},
		"charge within the maximum": {drop(ChargeAboveMaximum), refusedMismatch},
		"the arguments signed for":  {drop(ArgsMismatch), refusedMismatch},
		"a call that was requested": {func(o *Objection) { drop(NotRequested)(o); o.ContinuationSHA256 = nil }, refusedMismatch},
		"a result that is kept":     {func(o *Objection) { drop(ResultMismatch)(o); o.ResultSHA256 = &other }, refusedMismatch},
		"the result signed for": {func(o *Objection) {
			drop(ResultMismatch)(o)
			d, _ := wire.ParseDigest(out.Receipt.ContentHash)
			o.ResultSHA256 = &d
		}, refusedMismatch},
		"an unknown reason":         {drop("dislike"), refusedMismatch},
		"members of another reason": {func(o *Objection) { o.ResultSHA256 = &other }, refusedMismatch},
		"another continuation":      {func(o *Objection) { drop(ChargeAboveMaximum)(o); o.ContinuationSHA256 = &other }, refusedMismatch},
		"another call":              {func(o *Objection) { drop(ChargeAboveMaximum)(o); o.CallID = "x" }, refusedMismatch},
		"another treaty":            {func(o *Objection) { drop(ChargeAboveMaximum)(o); o.TreatyID = other }, refusedMismatch},
		"another receipt":           {func(o *Objection) { o.ReceiptSHA256 = other }, refusedNotFound},
		"another receipt of ours":   {func(o *Objection) { o.OwnReceiptSHA256 = &other }, refusedMismatch},
		"of somebody else":          {func(o *Objection) { o.Objector = didOf(t, 99) }, refusedNotAParty},
		"to somebody else":          {func(o *Objection) { o.Host = didOf(t, 99) }, refusedNotAParty},
		"no time":                   {func(o *Objection) { o.At = 0 }, refusedMismatch},
	} {
		if err := a.tell(b, a.sealObjection(b, out, c.change), out); !isRefused(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	callID := a.joints(b)[0].CallID
	for _, reason := range []string{NotRequested, ArgsMismatch, ResultMismatch, ChargeAboveMaximum, VerdictDisagreement, "dislike"} {
		if _, err := a.exchange.Object(t.Context(), b.did(), callID, reason); !errors.Is(err, ErrObjection) {
			t.Errorf("we signed %s: %v", reason, err)
		}
	}
	if _, err := a.exchange.Object(t.Context(), b.did(), "0190a6a0-0000-7000-8000-00000000ffff", NotRequested); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a call nobody made: %v", err)
	}
	if len(b.contestedWith(a))+len(a.contestedWith(b))+len(b.contests()) != 0 {
		t.Error("something was filed")
	}
}

// TestObjectionByAnotherKey: what the documents bear out is said by the
// objector's kernel key, alone.
func TestObjectionByAnotherKey(t *testing.T) {
	a, b, out := withheld(t)
	good := a.sealObjection(b, out, nil)
	for name, keys := range map[string][]*wire.Key{"another": {key(t, 99)}, "organisation": {a.org.org}, "host": {b.kernel}, "two": {a.kernel, key(t, 99)}} {
		env := &wire.Envelope{Body: good.Body}
		for _, k := range keys {
			if err := env.AddSignature(ObjectionSchema, k); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.tell(b, env, out); !isRefused(err, refusedMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(b.contestedWith(a)) != 0 {
		t.Fatal("something was filed")
	}
	if err := a.tell(b, good, out); err != nil || len(b.contestedWith(a)) != 1 {
		t.Fatalf("the objector's own: %v", err)
	}
}

// TestOverchargeIsObjectedTo: the origin objects by itself, its objection
// verifies offline, and the pair cannot be joined.
func TestOverchargeIsObjectedTo(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	a.failAt(func(name string) {
		if name == "continuation.signed_before_send" {
			b.plantReply(a, m)
		}
	})
	if out := a.kernelOf.Mediate(t.Context(), m); out.Ended != receipt.Incomplete {
		t.Fatalf("outcome %s", out.Ended)
	}
	list := a.contestedWith(b)
	if len(list) != 1 {
		t.Fatalf("objections %+v", list)
	}
	var row departed
	if err := a.db.View(func(r store.Reader) error { _, err := load(r, prefixOut+m.CallID, &row); return err }); err != nil {
		t.Fatal(err)
	}
	ex := Exhibit{HostReceipt: list[0].HostReceipt, Continuation: row.Continuation,
		OriginKeys: []wire.PublicKey{a.kernel.Public()}, HostKeys: []wire.PublicKey{b.kernel.Public()}}
	o, err := VerifyObjection(list[0].Objection, ex)
	if err != nil || o.Reason != ChargeAboveMaximum || o.CallID != m.CallID {
		t.Fatalf("objection %+v, %v", o, err)
	}
	if err := a.exchange.Withdraw(t.Context(), b.did(), a.joints(b)[0].ReceiptID); !errors.Is(err, ErrOverCharge) {
		t.Fatalf("an overcharge was cosigned: %v", err)
	}
}

// TestReceiptForACallNeverRequested: a receipt in a peer's log for a call that
// we never signed for is objected to, and the peer that took the call from
// somebody without our key files that.
func TestReceiptForACallNeverRequested(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	_, out := a.frame(m, nil)
	a.resign(out, key(t, 99))
	frame, err := a.exchange.invokeFrame(m, out)
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := answered(t, a.raw(b, frame)); r.Decision.Verdict != receipt.Deny {
		t.Fatalf("the host says %+v", r.Decision)
	}
	if err := a.db.Update(t.Context(), dropRows(prefixOut)); err != nil { // it was not us
		t.Fatal(err)
	}
	a.sync(b)
	if len(a.contestedWith(b)) != 0 {
		t.Fatal("a denial claims nothing and was objected to")
	}
	if _, err := a.exchange.Object(t.Context(), b.did(), m.CallID, NotRequested); err != nil {
		t.Fatal(err)
	}
	a.sync(b)
	if list := b.contestedWith(a); len(list) != 1 || !a.contestedWith(b)[0].Told {
		t.Fatalf("the host filed %+v, we %+v", list, a.contestedWith(b))
	}
}

// TestForgedReceiptIsObjectedTo: a host that logs an allow which nobody asked
// for meets a signed objection, of which it cannot prove the contrary.
func TestForgedReceiptIsObjectedTo(t *testing.T) {
	a, b := federated(t)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	forged := b.forge(a, func(r *receipt.Receipt, md *receipt.Metadata) { md.CallID = "0190a6a0-0000-7000-8000-00000000beef" })
	a.sync(b)
	list := a.contestedWith(b)
	if len(list) != 1 {
		t.Fatalf("objections %+v", list)
	}
	o, err := list[0].Body()
	if err != nil || o.Reason != NotRequested || o.ReceiptSHA256.String() != forged {
		t.Fatalf("objection %+v, %v", o, err)
	}
	if len(a.obligations()) != 1 {
		t.Fatalf("%d obligations", len(a.obligations()))
	}
	// the same continuation with other arguments
	b.forge(a, func(r *receipt.Receipt, md *receipt.Metadata) { md.ArgsSHA256 = wire.Hash([]byte("other")) })
	a.sync(b)
	reasons := ""
	for _, c := range a.contestedWith(b) {
		o, err := c.Body()
		if err != nil {
			t.Fatal(err)
		}
		reasons += o.Reason + " "
	}
	if !strings.Contains(reasons, ArgsMismatch) || !strings.Contains(reasons, NotRequested) || len(a.obligations()) != 1 {
		t.Fatalf("reasons %s, %d obligations", reasons, len(a.obligations()))
	}
}

// statementIn reads the payload of a joint statement.
func statementIn(t testing.TB, d dsse) (st statement) {
	t.Helper()
	payload, err := base64.StdEncoding.DecodeString(d.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := wire.UnmarshalCanonical(payload, &st, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	return st
}

// forge logs a receipt of ours that is like the last one, but for a change.
func (p *peerNode) forge(_ *peerNode, change func(*receipt.Receipt, *receipt.Metadata)) string {
	p.t.Helper()
	return p.plant(*p.receipts()[0], change)
}

// plant logs a receipt of ours that is like another, but for a change.
func (p *peerNode) plant(r receipt.Receipt, change func(*receipt.Receipt, *receipt.Metadata)) string {
	p.t.Helper()
	md, err := metadataOf(&r)
	if err != nil {
		p.t.Fatal(err)
	}
	change(&r, md)
	r.Metadata = wire.MustMarshal(md)
	doc, err := receipt.Sign(&r, p.kernel)
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.db.Update(p.t.Context(), func(tx store.Tx) error {
		index, err := log.Append(tx, r.ID, doc)
		if err == nil {
			tx.Set(boxKey(did.DID(md.Federation.PeerDID), index), []byte(r.ID))
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return r.ID
}

// TestAnotherResultIsObjectedTo: a result that is not the one the receipt was
// signed for reaches nobody, and when the receipt comes its charge is disputed.
// A host that has the right result refuses the objection.
func TestAnotherResultIsObjectedTo(t *testing.T) {
	for name, keeps := range map[string]bool{"lost for good": false, "lost on the way": true} {
		t.Run(name, func(t *testing.T) {
			a, b := federated(t)
			m := a.mandate(b, "read_file", readArgs)
			replace := func(doc string) {
				err := b.db.Update(context.Background(), func(tx store.Tx) error {
					tx.Set(contentKey(callKey{a.did(), m.CallID}), []byte(doc))
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			b.failAt(func(name string) {
				if name == "host.receipt_committed_before_reply" {
					replace(`{"text":"another"}`)
					b.forget(callKey{a.did(), m.CallID})
				}
			})
			if out := a.kernelOf.Mediate(t.Context(), m); out.Ended != receipt.Incomplete || out.Content != nil {
				t.Fatalf("outcome %s %s", out.Ended, out.Content)
			}
			if keeps {
				replace(`{"text":"hello"}`)
			}
			a.sync(b)
			list, j := a.contestedWith(b), a.joints(b)
			if len(list) != 1 || len(j) != 1 || j[0].Disputed != ResultMismatch || !j[0].Accrued || len(a.contests()) != 1 {
				t.Fatalf("objections %+v beside %+v", list, j)
			}
			if list[0].Told == keeps || (list[0].Refused != "") != keeps || (len(b.contestedWith(a)) == 0) != keeps {
				t.Fatalf("told %t, refused %q, the host filed %d", list[0].Told, list[0].Refused, len(b.contestedWith(a)))
			}
		})
	}
}

// TestObjectionSurvivesAnAbsentHost: it is told when the host is back, once it
// can be.
func TestObjectionSurvivesAnAbsentHost(t *testing.T) {
	a, b, _ := withheld(t)
	a.sync(b)
	if err := b.host.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.exchange.Object(t.Context(), b.did(), a.joints(b)[0].CallID, VerdictDisagreement); err != nil {
		t.Fatal(err)
	}
	a.reopen()
	b.open()
	a.meet(b)
	a.sync(b)
	if list := b.contestedWith(a); len(list) != 1 || !a.contestedWith(b)[0].Told {
		t.Fatalf("the host filed %+v", list)
	}
}
