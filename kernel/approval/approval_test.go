package approval_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func TestApprovedCallRunsOnce(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	if again := d.decide(ask, now+5); again.State != kernel.Awaited || again.ID != id || again.ExpiresAt != now+3600 {
		t.Fatalf("the same call while it waits: %+v", again)
	}
	if err := d.pend(ask, d.decide(ask, now+5), now+5); err != nil {
		t.Fatal(err)
	}
	q, err := d.respond(d.token(d.alice, ask, id, approval.Approved, nil), now+10)
	if err != nil || q.State != approval.Ready || q.ReadyUntil != now+600 {
		t.Fatalf("approved: %+v, %v", q, err)
	}
	a := d.decide(ask, now+20)
	if a.State != kernel.Granted || a.ID != id || len(a.Approvers) != 1 || a.Approvers[0] != d.alice.Public() || a.ExpiresAt != now+600 || a.BatchID != "" {
		t.Fatalf("after approval: %+v", a)
	}
	if err := d.admit(ask, &a, now+20); err != nil {
		t.Fatal(err)
	}
	if code := codeOf(d.admit(ask, &a, now+21)); code != approval.CodeUsed {
		t.Fatalf("the same approval again: %s", code)
	}
	rid := d.close(ask, now+22)
	if d.reg.Live() != 0 {
		t.Fatalf("%d live after the call closed", d.reg.Live())
	}
	used := d.decide(ask, now+30)
	if used.State != kernel.Refused || used.Denial.Code != approval.CodeUsed || !strings.Contains(used.Denial.Reason, rid) {
		t.Fatalf("after use: %+v", used.Denial)
	}
	d.reopen()
	if q, err = d.reg.Get(id); err != nil || q.State != approval.Used || q.ReceiptID != rid || len(q.Votes) != 1 || q.Votes[0].Token == nil {
		t.Fatalf("after a restart: %+v, %v", q, err)
	}
}

func TestChangedCallsNeedAnotherApproval(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	if _, err := d.respond(d.token(d.alice, ask, id, approval.Approved, nil), now); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*kernel.ApprovalAsk){
		"arguments":  func(a *kernel.ApprovalAsk) { a.ArgsSHA256 = wire.Hash([]byte("other")) },
		"policy":     func(a *kernel.ApprovalAsk) { a.PolicySHA256 = wire.Hash([]byte("other")) },
		"capability": func(a *kernel.ApprovalAsk) { a.Capability.ID = "cap-2" },
		"agent":      func(a *kernel.ApprovalAsk) { a.Subject = d.bob.Public() },
		"tool":       func(a *kernel.ApprovalAsk) { a.Tool = "write_file" },
		"amount":     func(a *kernel.ApprovalAsk) { a.Amount = &wire.MonetaryAmount{Units: 1, Currency: "USD"} },
		"intent":     func(a *kernel.ApprovalAsk) { h := wire.Hash(nil); a.IntentSHA256 = &h },
		"approvers":  func(a *kernel.ApprovalAsk) { a.Approvers = 2 },
	} {
		other := *ask
		change(&other)
		if a := d.decide(&other, now+1); a.State != kernel.Refused || a.Denial.Code != approval.CodeMismatch {
			t.Errorf("%s changed: %+v", name, a)
		}
	}
	if a := d.decide(ask, now+1); a.State != kernel.Granted {
		t.Errorf("unchanged: %+v", a)
	}
}

// Every token that is not exactly an approver's decision about this request,
// now, is refused, both when it is posted and when the agent presents it.
func TestHostileTokens(t *testing.T) {
	d := newDesk(t, func(c *approval.Config) {
		c.IsAgent = func(_ store.Reader, k wire.PublicKey) (bool, error) { return k == key(t, 5).Public(), nil }
	})
	ask, id := d.waiting()
	other, otherID := d.waiting()
	good := d.token(d.alice, ask, id, approval.Approved, nil)
	tamper := func(from, to string) []byte { return []byte(strings.Replace(string(good), from, to, 1)) }
	edited := *ask
	edited.Reason = "harmless"
	cases := map[string]struct {
		doc  []byte
		at   int64
		want kernel.Code
	}{
		"not json":           {[]byte("no"), now, approval.CodeToken},
		"not canonical":      {append([]byte(" "), good...), now, approval.CodeToken},
		"too large":          {[]byte(`{"body":"` + strings.Repeat("a", approval.TokenLimits.Bytes) + `"}`), now, approval.CodeToken},
		"unknown member":     {tamper(`"decision"`, `"decisioN":1,"decision"`), now, approval.CodeToken},
		"another schema":     {tamper("chio.approval.v1", "chio.approval.v2"), now, approval.CodeToken},
		"forged decision":    {tamper(`"approved"`, `"denied"`), now, approval.CodeToken},
		"forged signature":   {forged(t, good), now, approval.CodeToken},
		"unsigned":           {unsigned(t, good), now, approval.CodeToken},
		"signed by two":      {countersigned(t, good, d.bob), now, approval.CodeToken},
		"another request":    {d.token(d.alice, other, id, approval.Approved, nil), now, approval.CodeMismatch},
		"another ask":        {d.token(d.alice, &edited, id, approval.Approved, nil), now, approval.CodeMismatch},
		"untrusted":          {d.token(key(t, 9), ask, id, approval.Approved, nil), now, approval.CodeUntrusted},
		"the agent":          {d.token(d.agent, ask, id, approval.Approved, nil), now, approval.CodeUntrusted},
		"an agent":           {d.token(d.carol, ask, id, approval.Approved, nil), now, approval.CodeUntrusted},
		"the kernel":         {d.token(d.kernel, ask, id, approval.Approved, nil), now, approval.CodeUntrusted},
		"expired":            {good, now + 600, approval.CodeWindow},
		"not yet valid":      {good, now - 1, approval.CodeWindow},
		"denial not yet":     {d.token(d.alice, ask, id, approval.Denied, nil), now - 1, approval.CodeWindow},
		"claims another key": {claimed(t, good, d.bob), now, approval.CodeToken},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := d.respond(tc.doc, tc.at); codeOf(err) != tc.want {
				t.Errorf("posted: %v, want %s", err, tc.want)
			}
			a := d.decide(ask, tc.at, wire.Raw(tc.doc))
			if a.State != kernel.Refused || a.Denial.Code != tc.want {
				t.Errorf("presented: %+v, want %s", a, tc.want)
			}
		})
	}
	if _, err := d.respond(d.token(d.alice, ask, newID(t), approval.Approved, nil), now); codeOf(err) != approval.CodeUnknown {
		t.Errorf("an unknown id: %v", err)
	}
	if a := d.decide(ask, now, wire.Raw(d.token(d.alice, other, otherID, approval.Approved, nil))); a.Denial == nil || a.Denial.Code != approval.CodeMismatch {
		t.Errorf("presented, another approval's: %+v", a)
	}
	fresh := d.ask()
	if a := d.decide(fresh, now, wire.Raw(good)); a.Denial == nil || a.Denial.Code != approval.CodeUnknown {
		t.Errorf("a token before anything was asked: %+v", a)
	}
	if a := d.decide(ask, now, make([]wire.Raw, approval.MaxApprovers+1)...); a.Denial == nil || a.Denial.Code != approval.CodeToken {
		t.Errorf("too many tokens: %+v", a)
	}
	if q, err := d.reg.Get(id); err != nil || q.State != approval.Waiting || len(q.Votes) != 0 {
		t.Errorf("hostile tokens left %+v, %v", q, err)
	}
	if a := d.decide(ask, now, wire.Raw(good)); a.State != kernel.Granted {
		t.Errorf("the good one: %+v", a)
	}
}

func reseal(t *testing.T, doc []byte, change func(*wire.Envelope)) []byte {
	t.Helper()
	var e wire.Envelope
	if err := wire.Unmarshal(doc, &e, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	change(&e)
	return e.Bytes()
}

func forged(t *testing.T, doc []byte) []byte {
	return reseal(t, doc, func(e *wire.Envelope) { e.Signatures[0].Signature = strings.Repeat("00", 64) })
}

func unsigned(t *testing.T, doc []byte) []byte {
	return reseal(t, doc, func(e *wire.Envelope) { e.Signatures = []wire.EnvelopeSignature{} })
}

func countersigned(t *testing.T, doc []byte, by *wire.Key) []byte {
	return reseal(t, doc, func(e *wire.Envelope) {
		if err := e.AddSignature(approval.TokenSchema, by); err != nil {
			t.Fatal(err)
		}
	})
}

// claimed keeps alice's body but carries another approver's signature.
func claimed(t *testing.T, doc []byte, by *wire.Key) []byte {
	return reseal(t, doc, func(e *wire.Envelope) {
		e.Signatures = nil
		if err := e.AddSignature(approval.TokenSchema, by); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOneDecisionPerApprover(t *testing.T) {
	d := newDesk(t, func(c *approval.Config) { c.Threshold = 2 })
	ask, id := d.waiting()
	first := d.token(d.alice, ask, id, approval.Approved, nil)
	for range 2 {
		if q, err := d.respond(first, now); err != nil || q.State != approval.Waiting || len(q.Votes) != 1 {
			t.Fatalf("one key of two: %+v, %v", q, err)
		}
	}
	if a := d.decide(ask, now, wire.Raw(first), wire.Raw(first)); a.State != kernel.Awaited {
		t.Fatalf("the same key presented again counts again: %+v", a)
	}
	if _, err := d.respond(d.token(d.alice, ask, id, approval.Denied, nil), now); codeOf(err) != approval.CodeResolved {
		t.Fatalf("the opposite: %v", err)
	}
	longer := d.token(d.alice, ask, id, approval.Approved, func(k *approval.Token) { k.ExpiresAt += 300 })
	if q, err := d.respond(longer, now+1); err != nil || len(q.Votes) != 1 || q.Votes[0].ExpiresAt != now+900 {
		t.Fatalf("renewed: %+v, %v", q, err)
	}
	if a := d.decide(ask, now+2, wire.Raw(d.token(d.bob, ask, id, approval.Approved, nil))); a.State != kernel.Granted || len(a.Approvers) != 2 || a.ExpiresAt != now+600 {
		t.Fatalf("one stored, one presented: %+v", a)
	}
	if q, err := d.respond(d.token(d.bob, ask, id, approval.Approved, nil), now+2); err != nil || q.State != approval.Ready || q.ReadyUntil != now+600 {
		t.Fatalf("two keys: %+v, %v", q, err)
	}
	a := d.decide(ask, now+3)
	if err := d.admit(ask, &a, now+3); err != nil {
		t.Fatal(err)
	}
	if q, err := d.respond(first, now+5000); err != nil || q.State != approval.Used {
		t.Fatalf("the settled outcome: %+v, %v", q, err)
	}
	for _, late := range [][]byte{d.token(d.carol, ask, id, approval.Approved, nil), d.token(d.alice, ask, id, approval.Denied, nil)} {
		if _, err := d.respond(late, now+4); codeOf(err) != approval.CodeResolved {
			t.Fatalf("after use: %v", err)
		}
	}
}

func TestThresholdIsTheStricterOfBoth(t *testing.T) {
	d := newDesk(t, nil)
	ask := d.ask()
	ask.Approvers = 3
	a := d.decide(ask, now)
	if err := d.pend(ask, a, now); err != nil {
		t.Fatal(err)
	}
	for i, by := range []*wire.Key{d.carol, d.bob, d.alice} {
		if got := d.decide(ask, now); got.State != kernel.Awaited {
			t.Fatalf("after %d of 3: %+v", i, got)
		}
		if _, err := d.respond(d.token(by, ask, a.ID, approval.Approved, nil), now); err != nil {
			t.Fatal(err)
		}
	}
	got := d.decide(ask, now)
	if got.State != kernel.Granted || len(got.Approvers) != 3 {
		t.Fatalf("three of three: %+v", got)
	}
	for i := 1; i < 3; i++ {
		if got.Approvers[i-1].String() >= got.Approvers[i].String() {
			t.Fatal("approvers are not sorted")
		}
	}
	ask = d.ask()
	ask.Approvers = 4
	if a := d.decide(ask, now); a.State != kernel.Refused || a.Denial.Code != kernel.CodeApprovalNone {
		t.Fatalf("more approvers than there are: %+v", a)
	}
	// An approver that is no longer trusted no longer counts.
	ask, id := d.waiting()
	if _, err := d.respond(d.token(d.bob, ask, id, approval.Approved, nil), now); err != nil {
		t.Fatal(err)
	}
	d.cfg.Approvers = []approval.Approver{{"alice", d.alice.Public()}}
	granted := d.decide(ask, now)
	d.reopen()
	if a := d.decide(ask, now); a.State != kernel.Awaited {
		t.Fatalf("approved by who is no longer trusted: %+v", a)
	}
	if code := codeOf(d.admit(ask, &granted, now)); code != approval.CodeLapsed {
		t.Fatalf("admitted on it: %s", code)
	}
}

func TestDenialEndsTheCallAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	if _, err := d.respond(d.token(d.alice, ask, id, approval.Approved, nil), now); err != nil {
		t.Fatal(err)
	}
	granted := d.decide(ask, now)
	no := d.token(d.bob, ask, id, approval.Denied, func(k *approval.Token) { k.Reason = "not on a Friday" })
	q, err := d.respond(no, now+1)
	if err != nil || q.State != approval.Refused || q.ReceiptID == "" || q.Code != approval.CodeDenied {
		t.Fatalf("denied: %+v, %v", q, err)
	}
	if d.terminals()[ask.CallID] != 1 || d.reg.Live() != 0 {
		t.Fatalf("terminal receipts %v, live %d", d.terminals(), d.reg.Live())
	}
	a := d.decide(ask, now+2)
	if a.State != kernel.Refused || a.Denial.Code != approval.CodeDenied || !strings.Contains(a.Denial.Reason, q.ReceiptID) || !strings.Contains(a.Denial.Reason, "Friday") {
		t.Fatalf("repeated: %+v", a.Denial)
	}
	if err := d.deny(ask, approval.CodeDenied, now+2); err != nil {
		t.Fatal(err)
	}
	if after, err := d.reg.Get(id); err != nil || after.ReceiptID != q.ReceiptID {
		t.Fatalf("a repetition changed the end: %+v, %v", after, err)
	}
	// The id cannot be used for another call, and what was granted before the
	// denial is worth nothing.
	var dup *kernel.Denial
	if err := d.admit(ask, &granted, now+2); !errors.As(err, &dup) || dup.Code != kernel.CodeDuplicateCall {
		t.Fatalf("admitted: %v", err)
	}
	err = d.db.Update(ctx, func(tx store.Tx) error {
		return d.reg.Admit(tx, &kernel.Admittance{Call: d.call(ask, now+2), Approval: &granted}, nil)
	})
	if codeOf(err) != approval.CodeDenied {
		t.Fatalf("consumed: %v", err)
	}
	if again, err := d.respond(no, now+9999); err != nil || again.State != approval.Refused {
		t.Fatalf("the same denial: %+v, %v", again, err)
	}
	// Presented by the caller, a denial denies too.
	ask, id = d.waiting()
	a = d.decide(ask, now, wire.Raw(d.token(d.bob, ask, id, approval.Denied, nil)))
	if a.State != kernel.Refused || a.Denial.Code != approval.CodeDenied {
		t.Fatalf("presented: %+v", a)
	}
	if err := d.deny(ask, a.Denial.Code, now); err != nil {
		t.Fatal(err)
	}
	if q, err := d.reg.Get(id); err != nil || q.State != approval.Refused {
		t.Fatalf("%+v, %v", q, err)
	}
}

func TestOnlyTheAgentEndsItsRequest(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	stranger := *ask
	stranger.Subject = d.bob.Public()
	if err := d.deny(&stranger, approval.CodeMismatch, now); err != nil {
		t.Fatal(err)
	}
	r, raw := d.receipt(ask, receipt.Deny, kernel.CodeProofInvalid, "", now)
	if err := d.refuse(&kernel.Refusal{Call: d.call(ask, now), Receipt: r, ReceiptJSON: raw}); err != nil {
		t.Fatal(err)
	}
	for _, code := range []kernel.Code{kernel.CodeProofReplayed, kernel.CodeDuplicateCall} {
		if err := d.deny(ask, code, now+1); err != nil {
			t.Fatal(err)
		}
	}
	if q, err := d.reg.Get(id); err != nil || !q.Open() {
		t.Fatalf("ended by who did not prove to be the agent: %+v, %v", q, err)
	}
	if err := d.deny(ask, kernel.CodeBudgetExceeded, now+2); err != nil {
		t.Fatal(err)
	}
	if q, err := d.reg.Get(id); err != nil || q.State != approval.Ended || q.Code != kernel.CodeBudgetExceeded || q.ReceiptID == "" {
		t.Fatalf("denied for another reason: %+v, %v", q, err)
	}
	if a := d.decide(ask, now+3); a.Denial == nil || a.Denial.Code != approval.CodeEnded {
		t.Fatalf("repeated: %+v", a)
	}
	if n, err := d.reg.Sweep(ctx, now+10_000); err != nil || n != 0 {
		t.Fatalf("swept %d, %v", n, err)
	}
}

func TestCallAdmittedWithoutApprovalEndsItsRequest(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	if err := d.admit(ask, nil, now+1); err != nil {
		t.Fatal(err)
	}
	rid := d.close(ask, now+1)
	if q, err := d.reg.Get(id); err != nil || q.State != approval.Used || q.ReceiptID != rid {
		t.Fatalf("%+v, %v", q, err)
	}
	other := d.ask()
	if err := d.admit(other, nil, now); err != nil {
		t.Fatal(err)
	}
	d.close(other, now)
	d.waiting()
	if err := d.admit(other, nil, now+1); err != nil {
		t.Fatal(err)
	}
	d.close(other, now+1)
}

func TestPendingCallIsFoundByWhatItDoes(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	find := func(tool string, at int64) (string, bool) {
		callID, ok, err := d.reg.PendingCall(ask.Subject, ask.Server, tool, ask.ArgsSHA256, at)
		if err != nil {
			t.Fatal(err)
		}
		return callID, ok
	}
	if got, ok := find(ask.Tool, now+1); !ok || got != ask.CallID {
		t.Fatalf("got %q, %t", got, ok)
	}
	if _, ok := find("another", now+1); ok {
		t.Fatal("found for another tool")
	}
	if _, ok := find(ask.Tool, now+3600); ok {
		t.Fatal("found after expiry")
	}
	if _, err := d.respond(d.token(d.alice, ask, id, approval.Denied, nil), now); err != nil {
		t.Fatal(err)
	}
	if _, ok := find(ask.Tool, now+1); ok {
		t.Fatal("found after its end")
	}
}

func TestFullDenies(t *testing.T) {
	d := newDesk(t, func(c *approval.Config) { *c = approval.WithBounds(*c, 3, 2, 0) })
	d.waiting()
	ask, _ := d.waiting()
	extra := d.ask()
	before := kernel.ApprovalAnswer{State: kernel.Awaited, ID: newID(t), ExpiresAt: now + 60}
	if a := d.decide(extra, now); a.State != kernel.Refused || a.Denial.Code != approval.CodeFull {
		t.Fatalf("a third of one agent: %+v", a)
	}
	if code := codeOf(d.pend(extra, before, now)); code != approval.CodeFull {
		t.Fatalf("written in spite of it: %s", code)
	}
	other := d.ask()
	other.Subject = d.bob.Public()
	if err := d.pend(other, d.decide(other, now), now); err != nil {
		t.Fatal(err)
	}
	third := d.ask()
	third.Subject = d.carol.Public()
	if a := d.decide(third, now); a.Denial == nil || a.Denial.Code != approval.CodeFull {
		t.Fatalf("a fourth in all: %+v", a)
	}
	if a := d.decide(ask, now); a.State != kernel.Awaited {
		t.Fatalf("what is pending was evicted: %+v", a)
	}
	if err := d.deny(ask, kernel.CodeOutOfScope, now); err != nil {
		t.Fatal(err)
	}
	if a := d.decide(extra, now); a.State != kernel.Awaited {
		t.Fatalf("room again: %+v", a)
	}
}

func TestWhatTheKernelNeverSendsFailsClosed(t *testing.T) {
	d := newDesk(t, nil)
	for name, change := range map[string]func(*kernel.ApprovalAsk){
		"schema":  func(a *kernel.ApprovalAsk) { a.Schema = "" },
		"call id": func(a *kernel.ApprovalAsk) { a.CallID = "x/y" },
	} {
		ask := d.ask()
		change(ask)
		if a, err := d.reg.Decide(ask, nil, now); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if _, err := d.reg.Decide(nil, nil, now); err == nil {
		t.Error("no ask was decided")
	}
	ask, id := d.waiting()
	for name, a := range map[string]*kernel.ApprovalAnswer{
		"zero use":    {State: kernel.Granted, ID: id},
		"foreign use": {State: kernel.Granted, ID: id, Use: "approved, honestly"},
	} {
		if err := d.admit(ask, a, now); err == nil {
			t.Errorf("%s: admitted", name)
		}
	}
	if _, err := d.respond(d.token(d.alice, ask, id, approval.Approved, nil), now); err != nil {
		t.Fatal(err)
	}
	granted := d.decide(ask, now)
	if err := d.admit(d.ask(), &granted, now); err == nil {
		t.Error("one call's approval admitted another")
	}
	if code := codeOf(d.admit(ask, &granted, now+600)); code != approval.CodeExpired {
		t.Errorf("an approval that ran out between decision and admission: %s", code)
	}
	fresh := d.ask()
	r, raw := d.receipt(fresh, receipt.PendingApproval, approval.CodePending, id, now)
	for name, p := range map[string]*kernel.Awaiting{"no ask": {}, "another call's": {Ask: ask}} {
		if err := d.refuse(&kernel.Refusal{Call: d.call(fresh, now), Pending: p, Receipt: r, ReceiptJSON: raw}); err == nil {
			t.Errorf("%s: recorded", name)
		}
	}
	again := d.decide(ask, now)
	again.ID = newID(t)
	if code := codeOf(d.pend(ask, again, now)); code != kernel.CodeDuplicateCall {
		t.Errorf("two asks at one time under one call id: %s", code)
	}
	if err := d.db.Update(ctx, func(tx store.Tx) error { return journal.Fresh(tx, ask.CallID) }); err != nil {
		t.Errorf("the id of a waiting call is spent: %v", err)
	}
}
