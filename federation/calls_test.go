package federation

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// TestCallAcrossOrganisations: both kernels decide and sign, both file the pair,
// and both accrue the same obligation.
func TestCallAcrossOrganisations(t *testing.T) {
	a, b := federated(t)
	out := a.call(b)
	if out.Verdict != kernel.Allow || string(out.Content) != `{"text":"hello"}` {
		t.Fatalf("outcome %+v, denial %+v", out, out.Denial)
	}
	if b.ran.Load() != 1 || out.Peer == nil || out.Peer.Verdict != receipt.Allow {
		t.Fatalf("the tool ran %d times, peer %+v", b.ran.Load(), out.Peer)
	}
	md, err := metadataOf(out.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	if md.Federation.PeerReceiptID != out.Peer.ReceiptID || md.Federation.ContinuationSHA256 == nil || md.Financial.CostCharged != 3 {
		t.Fatalf("our receipt says %+v %+v", md.Federation, md.Financial)
	}
	a.sync(b)
	atA, atB := a.joints(b), b.joints(a)
	if len(atA) != 1 || len(atB) != 1 || atA[0].At(startTime) != JointJoined || atB[0].At(startTime) != JointJoined {
		t.Fatalf("joint records %+v and %+v", atA, atB)
	}
	if atB[0].OriginReceiptID != out.Receipt.ID {
		t.Fatalf("the host joined %s, ours is %s", atB[0].OriginReceiptID, out.Receipt.ID)
	}
	oa, ob := a.obligations(), b.obligations()
	if len(oa) != 1 || len(ob) != 1 || oa[0] != ob[0] || oa[0].Charge.Units != 3 || oa[0].Payer != a.did() || oa[0].Payee != b.did() {
		t.Fatalf("obligations %+v and %+v", oa, ob)
	}
	if got := a.exchange.Counts(b.did()); got.CallsOut != 1 || got.CallsIn != 0 {
		t.Errorf("counted at the origin: %+v", got)
	}
	if got := b.exchange.Counts(a.did()); got.CallsIn != 1 || got.CallsOut != 0 {
		t.Errorf("counted at the host: %+v", got)
	}
}

func TestDeniedByThePeersTermsAtTheOrigin(t *testing.T) {
	a, b := federated(t)
	out := a.kernelOf.Mediate(t.Context(), a.mandate(b, "delete_file", readArgs))
	if out.Verdict != kernel.Deny || out.Denial.Side != sidePeer || b.ran.Load() != 0 || len(b.receipts()) != 0 {
		t.Fatalf("outcome %+v, %d receipts at the host", out.Denial, len(b.receipts()))
	}
	// our own refusal stays ours: nothing of it is offered to the peer
	if report := b.sync(a); report.Receipts != 0 {
		t.Fatalf("the peer got %d receipts of a call it was never asked about", report.Receipts)
	}
}

func TestUnknownToolNamesWhatThereIs(t *testing.T) {
	terms := callTerms()
	terms.CapabilitySurface = terms.CapabilitySurface[:1]
	a, b := federatedUnder(t, callTerms(), terms)
	m := a.mandate(b, "read_file", readArgs)
	m.Tool = "write_file"
	out := a.kernelOf.Mediate(t.Context(), m)
	if out.Denial == nil || out.Denial.Code != kernel.CodeUnknownTool || !strings.Contains(out.Denial.Reason, "files/read_file") {
		t.Fatalf("denial %+v", out.Denial)
	}
}

type denyAll struct{}

func (denyAll) Name() string { return "house-rule" }
func (denyAll) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return judge("house-rule", kernel.Deny, kernel.CodeGuardDenied, "", "not today"), nil
}

// TestDeniedAtTheHost: the host's internal policy is its own; its denial is a
// receipt that both file, and nobody owes anything.
func TestDeniedAtTheHost(t *testing.T) {
	a, b := federated(t)
	b.local.set(denyAll{})
	out := a.call(b)
	if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodePeerDenied || b.ran.Load() != 0 {
		t.Fatalf("outcome %+v", out.Denial)
	}
	a.sync(b)
	atA, atB := a.joints(b), b.joints(a)
	if len(atA) != 1 || len(atB) != 1 || atA[0].Verdict != receipt.Deny || atB[0].At(startTime) != JointJoined {
		t.Fatalf("joint records %+v and %+v", atA, atB)
	}
	if len(a.obligations())+len(b.obligations()) != 0 {
		t.Fatal("a denied call made an obligation")
	}
}

// TestLostAnswerIsAskedForAgain: the stream breaks after the host ran the call;
// the answer is found by call id and nothing runs twice.
func TestLostAnswerIsAskedForAgain(t *testing.T) {
	a, b := federated(t)
	broken := false
	b.failAt(func(name string) {
		if name == "host.receipt_committed_before_reply" && !broken {
			broken = true
			panic("the stream breaks here")
		}
	})
	out := a.call(b)
	if out.Verdict != kernel.Allow || !broken || b.ran.Load() != 1 || len(b.receipts()) != 1 {
		t.Fatalf("outcome %+v %+v, ran %d, broken %t", out, out.Denial, b.ran.Load(), broken)
	}
	if len(a.obligations()) != 1 || len(b.obligations()) != 1 {
		t.Fatalf("obligations %d and %d", len(a.obligations()), len(b.obligations()))
	}
}

// TestLateReceiptIsFiledOnce: an answer that stays lost leaves the effect
// unknown; the receipt that comes by sync is filed and accrued, once.
func TestLateReceiptIsFiledOnce(t *testing.T) {
	a, b := federated(t)
	b.failAt(func(name string) {
		if name == "host.receipt_committed_before_reply" {
			if err := b.service.Directory().Freeze(context.Background(), a.did(), "cut off"); err != nil {
				t.Error(err)
			}
			panic("the stream breaks here")
		}
	})
	out := a.call(b)
	if out.Ended != receipt.Incomplete || out.Denial.Code != kernel.CodeUnknownEffect || len(a.joints(b)) != 0 {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
	if err := b.service.Directory().Resume(t.Context(), a.did(), "test"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		a.sync(b)
		b.sync(a)
	}
	j := a.joints(b)
	if len(j) != 1 || j[0].Verdict != receipt.Allow || !j[0].Accrued || j[0].At(startTime) != JointJoined {
		t.Fatalf("joint records %+v", j)
	}
	if oa, ob := a.obligations(), b.obligations(); len(oa) != 1 || len(ob) != 1 || oa[0] != ob[0] {
		t.Fatalf("obligations %+v and %+v", oa, ob)
	}
}

// TestUnreachablePeerReleasesTheHold: nothing left this node, so nothing is
// spent.
func TestUnreachablePeerReleasesTheHold(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	if err := b.host.Stop(); err != nil {
		t.Fatal(err)
	}
	_ = a.host.Disconnect(b.host.ID())
	out := a.kernelOf.Mediate(t.Context(), m)
	if out.Ended != receipt.Deny || out.Denial.Code != kernel.CodeNotDispatched {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
}

// TestReplayedContinuation: the same request again gets the same bytes, and
// other content under the same call id is refused.
func TestReplayedContinuation(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	frame, out := a.frame(m, nil)
	first := a.raw(b, frame)
	if r, _ := answered(t, first); r.Decision.Verdict != receipt.Allow {
		t.Fatalf("first answer %s", first)
	}
	b.reopen()
	a.meet(b)
	if again := a.raw(b, frame); !bytes.Equal(first, again) || b.ran.Load() != 1 {
		t.Fatalf("the second answer differs or the tool ran %d times", b.ran.Load())
	}
	out.body.Nonce = strings.Repeat("0", 32)
	a.resign(out, a.kernel)
	frame, err := a.exchange.invokeFrame(m, out)
	if err != nil {
		t.Fatal(err)
	}
	var refused *PeerError
	if err := readAnswer(a.raw(b, frame), new(callAnswer)); !errors.As(err, &refused) || refused.Code != refusedConflict {
		t.Fatalf("another continuation under the same call id: %v", err)
	}
}

// TestConcurrentDuplicatesRunOnce: requests that arrive while the call is under
// way wait for its one answer.
func TestConcurrentDuplicatesRunOnce(t *testing.T) {
	a, b := federated(t)
	started, release := make(chan struct{}), make(chan struct{})
	b.tool.set(func(*kernel.Mandate) (kernel.Result, error) {
		close(started)
		<-release
		return kernel.Result{Content: wire.Raw(`{"n":1}`)}, nil
	})
	frame, out := a.frame(a.mandate(b, "read_file", readArgs), nil)
	answers := make(chan []byte, 3)
	ask := func() {
		doc, err := a.host.Call(t.Context(), b.host.ID(), ProtocolInvoke, frame)
		if err != nil {
			t.Error(err)
		}
		answers <- doc
	}
	go ask()
	<-started
	if got, err := a.exchange.query(t.Context(), b.did(), out.body.CallID); err != nil || got.Status != statusRunning {
		t.Fatalf("query of a running call: %+v, %v", got, err)
	}
	go ask()
	go ask()
	close(release)
	first := <-answers
	for range 2 {
		if other := <-answers; !bytes.Equal(first, other) {
			t.Fatalf("two answers:\n%s\n%s", first, other)
		}
	}
	if b.ran.Load() != 1 {
		t.Fatalf("the tool ran %d times", b.ran.Load())
	}
}

// TestCallsPerTreatyAreCounted: both sides count, the first to reach the limit
// denies.
func TestCallsPerTreatyAreCounted(t *testing.T) {
	terms := callTerms()
	two := int64(2)
	terms.Ingress.Caps.MaxCallsPerTreaty = &two
	a, b := federatedUnder(t, callTerms(), terms)
	for i := range 3 {
		out := a.call(b)
		if i < 2 && out.Verdict != kernel.Allow {
			t.Fatalf("call %d: %+v", i, out.Denial)
		}
		if i == 2 && (out.Denial == nil || out.Denial.Code != CodeCallsExhausted) {
			t.Fatalf("call %d: %+v", i, out.Denial)
		}
	}
	if b.ran.Load() != 2 {
		t.Fatalf("the tool ran %d times", b.ran.Load())
	}
	// a peer that does not count is stopped by the host
	if err := a.db.Update(t.Context(), dropRows("f/calls/")); err != nil {
		t.Fatal(err)
	}
	out := a.call(b)
	if out.Denial == nil || out.Denial.Code != kernel.CodePeerDenied || out.Peer.Code != string(CodeCallsExhausted) {
		t.Fatalf("outcome %+v", out.Denial)
	}
}

// TestPassportComesWithTheCall: a host that wants to see passports refuses a
// call that names one and does not bring it, and judges the one it brings.
func TestPassportComesWithTheCall(t *testing.T) {
	a, b := federated(t)
	a.passport = &kernel.PassportRef{Issuer: a.did().String(), ID: "urn:uuid:0190a6a0-0000-7000-8000-000000000002"}
	good := wire.Raw(`{"id":"good"}`)
	b.exchange.cfg.CheckPassport = func(doc wire.Raw, ref kernel.PassportRef, subject wire.PublicKey, _ int64) error {
		if string(doc) != string(good) || ref != *a.passport || subject != a.agent.Public() {
			return errors.New("not the passport")
		}
		return nil
	}
	sends := func(doc wire.Raw) {
		a.exchange.cfg.PassportDocument = func(kernel.PassportRef) (wire.Raw, error) { return doc, nil }
	}
	if out := a.call(b); out.Denial == nil || out.Peer.Code != string(kernel.CodeRevokedPassport) {
		t.Fatalf("without it: %+v", out.Denial)
	}
	sends(wire.Raw(`{"id":"bad"}`))
	if out := a.call(b); out.Denial == nil || out.Peer.Code != string(kernel.CodeRevokedPassport) {
		t.Fatalf("with another: %+v", out.Denial)
	}
	sends(good)
	if out := a.call(b); out.Verdict != kernel.Allow || b.ran.Load() != 1 {
		t.Fatalf("with it: %+v", out.Denial)
	}
	a.exchange.cfg.PassportDocument = func(kernel.PassportRef) (wire.Raw, error) { return nil, errors.New("none") }
	if out := a.call(b); out.Denial == nil || out.Denial.Code != kernel.CodeNotDispatched {
		t.Fatalf("when ours is missing: %+v", out.Denial)
	}
}

// TestUnsentCallIsSentAgain: the host never saw the request, and says so; the
// identical request is sent again.
func TestUnsentCallIsSentAgain(t *testing.T) {
	a, b := federated(t)
	k := b.exchange.kernel.Swap(nil) // the host answers before it looks at the call
	if out := a.call(b); out.Ended != receipt.Incomplete {
		t.Fatalf("a host that is not ready: %s %+v", out.Ended, out.Denial)
	}
	b.exchange.kernel.Store(k)
	frame, out := a.frame(a.mandate(b, "read_file", readArgs), nil)
	answer, err := a.exchange.collect(t.Context(), out.body, frame, errors.New("the stream broke"))
	if err != nil || answer.Status != statusDone || b.ran.Load() != 1 {
		t.Fatalf("answer %+v, %v, ran %d", answer, err, b.ran.Load())
	}
	if _, err := a.exchange.collect(t.Context(), &Continuation{To: b.did(), CallID: a.mandate(b, "read_file", readArgs).CallID}, nil, nil); err == nil {
		t.Fatal("a call that was never sent was answered")
	}
}
