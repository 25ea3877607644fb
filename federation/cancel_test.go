package federation

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// hangs is a tool that runs until it is told to stop.
func hangs(started chan<- struct{}) func(context.Context, *kernel.Mandate) (kernel.Result, error) {
	return func(ctx context.Context, _ *kernel.Mandate) (kernel.Result, error) {
		close(started)
		<-ctx.Done()
		return kernel.Result{}, context.Cause(ctx)
	}
}

// TestCancelReachesTheHost: the caller goes away; the host's tool is told, both
// receipts say that the effect is unknown, both are filed, and nobody owes.
func TestCancelReachesTheHost(t *testing.T) {
	a, b := federated(t)
	started := make(chan struct{})
	b.slow.set(hangs(started))
	ctx, leave := context.WithCancelCause(t.Context())
	go func() {
		<-started
		leave(errors.New("the client is gone"))
	}()
	out := a.kernelOf.Mediate(ctx, a.mandate(b, "read_file", readArgs))
	if out.Ended != receipt.Incomplete || !strings.Contains(out.Denial.Reason, "the client is gone") || out.Peer == nil || out.Peer.Verdict != receipt.Incomplete {
		t.Fatalf("outcome %s %+v, peer %+v", out.Ended, out.Denial, out.Peer)
	}
	host := b.receipts()
	if len(host) != 1 || host[0].Decision.Verdict != receipt.Incomplete || !strings.Contains(host[0].Decision.Reason, errCancelled.Error()) {
		t.Fatalf("the host's receipts %+v", host)
	}
	a.sync(b)
	if j := a.joints(b); len(j) != 1 || j[0].At(startTime) != JointJoined || j[0].Accrued {
		t.Fatalf("joint records %+v", j)
	}
	if len(a.obligations())+len(b.obligations()) != 0 {
		t.Fatal("a call that was cancelled is owed")
	}
}

// TestDeadlineOfTheContinuation: the host ends a call when the time that the
// origin gave it is over, though the origin's word never comes.
func TestDeadlineOfTheContinuation(t *testing.T) {
	a, b := federated(t)
	b.slow.set(hangs(make(chan struct{})))
	frame, _ := a.frame(a.mandate(b, "read_file", readArgs), func(c *Continuation) { c.TimeoutSeconds = 1 })
	begun := time.Now()
	r, _ := answered(t, a.raw(b, frame))
	if r.Decision.Verdict != receipt.Incomplete || !strings.Contains(r.Decision.Reason, errCallTime.Error()) {
		t.Fatalf("the host's receipt says %+v", r.Decision)
	}
	if took := time.Since(begun); took > b.exchange.cfg.CallTimeout/2 {
		t.Fatalf("it took %s", took)
	}
}

// cancels asks a host to cancel a call and returns the answer's status.
func (p *peerNode) cancels(host *peerNode, callID string) string {
	p.t.Helper()
	var a callAnswer
	if err := readAnswer(p.raw(host, object(part{"type", text("cancel")}, part{"call_id", text(callID)})), &a); err != nil {
		p.t.Fatal(err)
	}
	return a.Status
}

// TestCancelOfAnothersCall: only who sent a call can cancel it.
func TestCancelOfAnothersCall(t *testing.T) {
	a, b := federated(t)
	c := newParty(t, 30, callTerms())
	b.peers = append(b.peers, c.did())
	b.reopen()
	a.meet(b)
	federate(t, c.org, b.org)
	started, release := make(chan struct{}), make(chan struct{})
	b.slow.set(func(ctx context.Context, _ *kernel.Mandate) (kernel.Result, error) {
		close(started)
		<-release
		return kernel.Result{Content: wire.Raw(`{"n":1}`)}, ctx.Err()
	})
	m := a.mandate(b, "read_file", readArgs)
	ended := make(chan kernel.Outcome, 1)
	go func() { ended <- a.kernelOf.Mediate(t.Context(), m) }()
	<-started
	if status := c.cancels(b, m.CallID); status != statusUnknown {
		t.Fatalf("a stranger to the call was answered %s", status)
	}
	close(release)
	if out := <-ended; out.Verdict != kernel.Allow {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
}

// TestCancelOfAFinishedCall changes nothing.
func TestCancelOfAFinishedCall(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	out := a.kernelOf.Mediate(t.Context(), m)
	if status := a.cancels(b, m.CallID); status != statusDone || len(b.receipts()) != 1 {
		t.Fatalf("answered %s, %d receipts", status, len(b.receipts()))
	}
	a.sync(b)
	if j := b.joints(a); out.Verdict != kernel.Allow || len(j) != 1 || !j[0].Accrued {
		t.Fatalf("joint records %+v", j)
	}
}

// TestCancelAfterTheResult: the tool had finished when the cancellation came;
// what ran is paid, and both say the same.
func TestCancelAfterTheResult(t *testing.T) {
	a, b := federated(t)
	ctx, leave := context.WithCancel(t.Context())
	b.failAt(func(name string) {
		if name == "host.receipt_committed_before_reply" {
			leave()
			<-ctx.Done()
		}
	})
	out := a.kernelOf.Mediate(ctx, a.mandate(b, "read_file", readArgs))
	if out.Ended != receipt.Allow || len(a.obligations()) != 1 || len(b.obligations()) != 1 {
		t.Fatalf("outcome %s %+v, obligations %d and %d", out.Ended, out.Denial, len(a.obligations()), len(b.obligations()))
	}
}

// TestCancelThatDoesNotArrive: the peer is gone; the caller is not kept.
func TestCancelThatDoesNotArrive(t *testing.T) {
	a, b := federated(t)
	ctx, leave := context.WithCancel(t.Context())
	b.slow.set(func(inner context.Context, _ *kernel.Mandate) (kernel.Result, error) {
		if err := b.service.Directory().Freeze(context.Background(), a.did(), "cut off"); err != nil {
			t.Error(err)
		}
		leave()
		<-inner.Done()
		return kernel.Result{}, context.Cause(inner)
	})
	b.exchange.cfg.CallTimeout = time.Second
	out := a.kernelOf.Mediate(ctx, a.mandate(b, "read_file", readArgs))
	if out.Ended != receipt.Incomplete || !strings.Contains(out.Denial.Reason, "was not told") {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
}

// TestCancelOvertakesItsCall: two streams, and the cancellation comes first. The
// call is refused when it arrives, with a receipt, and nothing runs.
func TestCancelOvertakesItsCall(t *testing.T) {
	a, b := federated(t)
	frame, out := a.frame(a.mandate(b, "read_file", readArgs), nil)
	if status := a.cancels(b, out.body.CallID); status != statusUnknown {
		t.Fatalf("answered %s", status)
	}
	r, md := answered(t, a.raw(b, frame))
	if r.Decision.Verdict != receipt.Deny || md.Code != string(CodeCancelled) || b.ran.Load() != 0 {
		t.Fatalf("the host says %+v, code %s, ran %d", r.Decision, md.Code, b.ran.Load())
	}
	again, _ := answered(t, a.raw(b, frame))
	b.exchange.early.mu.Lock()
	defer b.exchange.early.mu.Unlock()
	if kept := len(b.exchange.early.until); again.ID != r.ID || kept != 0 {
		t.Fatalf("asked again: %s, then %s; %d kept", r.ID, again.ID, kept)
	}
}

// TestCancelBeforeTheToolBegins: the cancellation comes while the call is
// looked at. It is not lost, and nobody waits for the tool.
func TestCancelBeforeTheToolBegins(t *testing.T) {
	a, b := federated(t)
	_, out := a.frame(a.mandate(b, "read_file", readArgs), nil)
	key := callKey{a.did(), out.body.CallID}
	arr, _ := b.exchange.arrive(key, out.continuation, out.body)
	if _, err := b.exchange.cancelled(key); err != nil {
		t.Fatal(err)
	}
	running, end := b.exchange.bound(t.Context(), out.body, arr)
	defer end()
	if d := overtaken(running); d == nil || d.Code != CodeCancelled || !errors.Is(context.Cause(running), errCancelled) {
		t.Fatalf("%+v, %v", d, context.Cause(running))
	}
	b.exchange.depart(key, arr)
}

// TestEarlyCancelsHaveABound: what one peer cancels and never sends is bounded,
// goes with the time of its continuations, and is nobody else's.
func TestEarlyCancelsHaveABound(t *testing.T) {
	var e earlyCancels
	one, other := didOf(t, 1), didOf(t, 2)
	for i := range maxEarly {
		if err := e.note(callKey{one, strconv.Itoa(i)}, 1000); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.note(callKey{one, "more"}, 1000); !errors.Is(err, ErrRefused) {
		t.Fatalf("one more: %v", err)
	}
	if err := e.note(callKey{other, "0"}, 1000); err != nil || e.take(callKey{other, "1"}, 1000) {
		t.Fatalf("another peer's: %v", err)
	}
	later := int64(1000 + ContinuationTTLSeconds + ClockSkewSeconds)
	if !e.take(callKey{one, "1"}, later) || e.take(callKey{one, "2"}, later+1) {
		t.Fatal("a cancellation holds as long as its continuation")
	}
	if err := e.note(callKey{one, "more"}, later+1); err != nil || len(e.until[one]) > maxEarly {
		t.Fatalf("%v, %d kept", err, len(e.until[one]))
	}
}
