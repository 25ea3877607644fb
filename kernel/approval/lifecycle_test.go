package approval_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func TestExpiryIsASignedDenial(t *testing.T) {
	d := newDesk(t, func(c *approval.Config) { c.TTLSeconds = 60 })
	never, neverID := d.waiting()
	unused, unusedID := d.waiting()
	if _, err := d.respond(d.token(d.alice, unused, unusedID, approval.Approved, nil), now); err != nil {
		t.Fatal(err)
	}
	if n, err := d.reg.Sweep(ctx, now+59); err != nil || n != 0 {
		t.Fatalf("swept %d before anything expired: %v", n, err)
	}
	if n, err := d.reg.Sweep(ctx, now+60); err != nil || n != 1 {
		t.Fatalf("swept %d, %v; want the one nobody approved", n, err)
	}
	if a := d.decide(unused, now+60); a.State != kernel.Granted {
		t.Fatalf("an approval outlives the request's own expiry: %+v", a)
	}
	if n, err := d.reg.Sweep(ctx, now+600); err != nil || n != 1 {
		t.Fatalf("swept %d, %v; want the one nobody used", n, err)
	}
	for _, id := range []string{neverID, unusedID} {
		if q, err := d.reg.Get(id); err != nil || q.State != approval.Expired || q.Code != approval.CodeExpired || q.ReceiptID == "" {
			t.Fatalf("%+v, %v", q, err)
		}
	}
	if got := d.terminals(); got[never.CallID] != 1 || got[unused.CallID] != 1 || d.reg.Live() != 0 {
		t.Fatalf("terminal receipts %v, live %d", got, d.reg.Live())
	}
	if err := d.db.Update(ctx, func(tx store.Tx) error { return journal.Fresh(tx, never.CallID) }); codeOf(err) != kernel.CodeDuplicateCall {
		t.Fatalf("the id of an expired call: %v", err)
	}
	if a := d.decide(never, now+700); a.Denial == nil || a.Denial.Code != approval.CodeExpired {
		t.Fatalf("repeated: %+v", a)
	}
	// A day later nothing of them is left.
	if n, err := d.reg.Sweep(ctx, now+600+approval.RetentionSeconds); err != nil || n != 0 {
		t.Fatalf("swept %d, %v", n, err)
	}
	d.left(0)
}

// left checks how many rows of any kind remain, counters aside.
func (d *desk) left(want int) {
	d.t.Helper()
	total := 0
	err := d.db.View(func(r store.Reader) error {
		for _, prefix := range []string{"req/", "call/", "agent/", "due/", "tell/", "batch/", "batchid/"} {
			n, err := approval.Rows(r, prefix)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	if err != nil || total != want {
		d.t.Fatalf("%d rows are left, want %d; %v", total, want, err)
	}
}

func TestExpiryIsSeenByWhoLooks(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	a := d.decide(ask, now+3600)
	if a.State != kernel.Refused || a.Denial.Code != approval.CodeExpired {
		t.Fatalf("repeated after expiry: %+v", a)
	}
	late := d.token(d.alice, ask, id, approval.Approved, func(k *approval.Token) { k.IssuedAt, k.ExpiresAt = now+3600, now+3700 })
	if _, err := d.respond(late, now+3600); codeOf(err) != approval.CodeExpired {
		t.Fatalf("approved after expiry: %v", err)
	}
	if q, err := d.reg.Get(id); err != nil || q.State != approval.Expired || d.terminals()[ask.CallID] != 1 {
		t.Fatalf("%+v, %v", q, err)
	}
	// Looked at by the kernel instead: its own denial ends the request.
	ask, id = d.waiting()
	if err := d.deny(ask, d.decide(ask, now+3600).Denial.Code, now+3600); err != nil {
		t.Fatal(err)
	}
	if q, err := d.reg.Get(id); err != nil || q.State != approval.Expired || d.terminals()[ask.CallID] != 1 {
		t.Fatalf("%+v, %v", q, err)
	}
}

// The sweeper's clock is whoever calls it: here a ticker in a bubble.
func TestSweeperEndsWhatExpiresWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		start := time.Now()
		clock := func() int64 { return now + int64(time.Since(start)/time.Second) }
		ask, _ := d.waiting()
		sweeping, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			tick := time.NewTicker(15 * time.Second)
			defer tick.Stop()
			for {
				select {
				case <-sweeping.Done():
					return
				case <-tick.C:
					if _, err := d.reg.Sweep(sweeping, clock()); err != nil && sweeping.Err() == nil {
						t.Error(err)
					}
				}
			}
		}()
		time.Sleep(3599 * time.Second) // of the bubble: it takes no time
		synctest.Wait()
		if n := d.terminals()[ask.CallID]; n != 0 {
			t.Errorf("%d receipts a second early", n)
		}
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if n := d.terminals()[ask.CallID]; n != 1 {
			t.Errorf("%d receipts after expiry", n)
		}
		cancel()
		<-done
		_ = d.db.Close()
	})
}

func TestSweepWorksInBoundedSteps(t *testing.T) {
	d := newDesk(t, nil)
	const many = 70
	for i := range many {
		ask := d.ask()
		ask.Subject = d.bob.Public()
		if i%10 == 0 {
			ask.Parameters = wire.MustMarshal(map[string]string{"blob": string(slices.Repeat([]byte("x"), 120<<10))})
		}
		if err := d.pend(ask, d.decide(ask, now), now); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.reg.Sweep(ctx, now+4000); err != nil || n != many {
		t.Fatalf("swept %d, %v", n, err)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := d.reg.Sweep(stopped, now); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled sweep: %v", err)
	}
}

// However many admissions race for one approval, one gets it.
func TestApprovalIsConsumedOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t, func(c *approval.Config) { c.Threshold = rapid.IntRange(1, 2).Draw(rt, "threshold") })
		defer func() { _ = d.db.Close() }()
		ask, id := d.waiting()
		for _, by := range []*wire.Key{d.alice, d.bob}[:d.cfg.Threshold] {
			if _, err := d.respond(d.token(by, ask, id, approval.Approved, nil), now); err != nil {
				rt.Fatal(err)
			}
		}
		callers := rapid.IntRange(2, 8).Draw(rt, "callers")
		won := make(chan error, callers)
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				a, err := d.reg.Decide(ask, nil, now+1)
				if err == nil && a.State == kernel.Granted {
					err = d.admit(ask, &a, now+1)
				} else if err == nil {
					err = a.Denial
				}
				won <- err
			})
		}
		deny := rapid.Bool().Draw(rt, "somebody denies meanwhile")
		var denied error
		if deny {
			_, denied = d.respond(d.token(d.carol, ask, id, approval.Denied, nil), now+1)
		}
		wg.Wait()
		close(won)
		admitted := 0
		for err := range won {
			switch code := codeOf(err); {
			case err == nil:
				admitted++
			case code != approval.CodeUsed && code != approval.CodeDenied && code != kernel.CodeDuplicateCall:
				rt.Fatalf("unexpected end: %v", err)
			}
		}
		want := 1
		if deny && denied == nil {
			want = 0
		}
		if admitted != want {
			rt.Fatalf("%d of %d admitted, denial %t (%v)", admitted, callers, deny, denied)
		}
	})
}

// A process that ends anywhere leaves each waiting call either waiting or with
// its one terminal receipt.
func TestI1_PendingCallsEndOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t, nil)
		defer func() { _ = d.db.Close() }()
		type waiter struct {
			ask *kernel.ApprovalAsk
			id  string
			ran bool
		}
		var all []*waiter
		at := int64(now)
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"ask", "ask", "grant", "deny", "repeat", "fail", "sweep", "kill", "time"}).Draw(rt, "step") {
			case "ask":
				ask := d.ask()
				a, err := d.reg.Decide(ask, nil, at)
				if err == nil && d.pend(ask, a, at) == nil {
					all = append(all, &waiter{ask: ask, id: a.ID})
				}
			case "grant", "deny":
				if w := pick(rt, all); w != nil {
					word := rapid.SampledFrom([]string{approval.Approved, approval.Denied}).Draw(rt, "decision")
					by := rapid.SampledFrom([]*wire.Key{d.alice, d.bob}).Draw(rt, "approver")
					_, _ = d.respond(d.token(by, w.ask, w.id, word, func(k *approval.Token) { k.IssuedAt, k.ExpiresAt = at, at+600 }), at)
				}
			case "repeat":
				if w := pick(rt, all); w != nil && !w.ran {
					a, err := d.reg.Decide(w.ask, nil, at)
					switch {
					case err != nil:
					case a.State == kernel.Granted && d.admit(w.ask, &a, at) == nil:
						w.ran = true
						d.close(w.ask, at)
					case a.State == kernel.Awaited:
						_ = d.pend(w.ask, a, at)
					}
				}
			case "fail":
				if w := pick(rt, all); w != nil {
					if q, err := d.reg.Get(w.id); err == nil && q.Open() {
						_ = d.deny(w.ask, kernel.CodeRevokedToken, at)
					}
				}
			case "sweep":
				if _, err := d.reg.Sweep(ctx, at); err != nil {
					rt.Fatal(err)
				}
			case "kill":
				d.disk.dead.Store(true)
				if w := pick(rt, all); w != nil { // whatever was under way is lost whole
					_, _ = d.respond(d.token(d.alice, w.ask, w.id, approval.Denied, func(k *approval.Token) { k.IssuedAt, k.ExpiresAt = at, at+600 }), at)
				}
				d.reopen()
			case "time":
				at += rapid.Int64Range(1, 2000).Draw(rt, "seconds")
			}
		}
		if _, err := d.reg.Sweep(ctx, at+2*approval.MaxTTLSeconds); err != nil {
			rt.Fatal(err)
		}
		ends := d.terminals()
		for _, w := range all {
			if ends[w.ask.CallID] != 1 {
				rt.Fatalf("call %s has %d terminal receipts", w.ask.CallID, ends[w.ask.CallID])
			}
		}
		if d.reg.Live() != 0 {
			rt.Fatalf("%d live at the end", d.reg.Live())
		}
	})
}

func pick[T any](rt *rapid.T, all []*T) *T {
	if len(all) == 0 {
		return nil
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(rt, "which")]
}

func TestNotificationsAreOwedUntilTold(t *testing.T) {
	d := newDesk(t, nil)
	var ids []string
	for range 3 {
		_, id := d.waiting()
		ids = append(ids, id)
	}
	if d.told.Load() != 3 {
		t.Fatalf("woken %d times", d.told.Load())
	}
	owed := func(want ...string) {
		t.Helper()
		all, err := d.reg.Untold(10, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, q := range all {
			got = append(got, q.ApprovalID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("owed %v, want %v", got, want)
		}
	}
	owed(ids...)
	if some, err := d.reg.Untold(1, func(id string) bool { return id != ids[0] }); err != nil || len(some) != 1 || some[0].ApprovalID == ids[0] {
		t.Fatalf("%v, %v", some, err)
	}
	if err := d.reg.Told(ctx, ids[1]); err != nil {
		t.Fatal(err)
	}
	d.reopen()
	owed(ids[0], ids[2])
	if _, err := d.reg.Sweep(ctx, now+4000); err != nil {
		t.Fatal(err)
	}
	owed()
	seen := 0
	if err := d.reg.List("", func(*approval.Request) error { return store.ErrStop }); err != nil {
		t.Fatal(err)
	}
	if err := d.reg.List("", func(*approval.Request) error { seen++; return nil }); err != nil || seen != 3 {
		t.Fatalf("listed %d, %v", seen, err)
	}
	if err := d.reg.List(slices.Max(ids), func(*approval.Request) error { seen++; return nil }); err != nil || seen != 3 {
		t.Fatalf("listed more after the last: %d, %v", seen, err)
	}
}

func TestNoticeIsWhatIsSigned(t *testing.T) {
	d := newDesk(t, nil)
	_, id := d.waiting()
	q, err := d.reg.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.Seal(approval.NoticeSchema, q.Notice(), d.kernel)
	if err != nil {
		t.Fatal(err)
	}
	k, other := d.kernel.Public(), d.bob.Public()
	for _, signer := range []*wire.PublicKey{nil, &k} {
		if n, err := approval.ParseNotice(e.Bytes(), signer); err != nil || n.RequestSHA256 != q.RequestSHA256 || n.ApprovalID != id {
			t.Fatalf("%+v, %v", n, err)
		}
	}
	if _, err := approval.ParseNotice(e.Bytes(), &other); !errors.Is(err, wire.ErrNoSigner) {
		t.Fatalf("another kernel's: %v", err)
	}
	for name, change := range map[string]func(*approval.Notice){
		"ask":    func(n *approval.Notice) { n.Ask.Reason = "harmless" },
		"schema": func(n *approval.Notice) { n.Ask.Schema = "x" },
	} {
		n := q.Notice()
		change(&n)
		e, err := wire.Seal(approval.NoticeSchema, n, d.kernel)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := approval.ParseNotice(e.Bytes(), nil); err == nil {
			t.Errorf("%s changed: accepted", name)
		}
	}
}
