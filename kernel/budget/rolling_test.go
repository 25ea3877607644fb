package budget_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/store"
)

func rolling(seconds int64, max uint64) budget.NodeConfig {
	return budget.NodeConfig{ID: "r", Window: budget.Rolling, WindowSeconds: seconds, MaxInvocations: calls(max), MaxCost: usd(1000)}
}

func mustHold(t testing.TB, db store.DB, tree *budget.Tree, id string, at int64) {
	t.Helper()
	if err := (call{id: id, at: at, charge: usd(1)}).hold(db, tree); err != nil {
		t.Fatal(err)
	}
}

func buckets(t testing.TB, db store.DB) (n int) {
	t.Helper()
	if err := db.View(func(r store.Reader) (err error) { n, err = budget.Buckets(r); return err }); err != nil {
		t.Fatal(err)
	}
	return n
}

// A rolling window is exact to the second: a hold leaves it window_seconds
// after it was made, not when a calendar turns.
func TestI2_RollingWindowIsExact(t *testing.T) {
	tree, db := newTree(t, rolling(60, 3)), open(t)
	for i, at := range []int64{0, 30, 30} {
		mustHold(t, db, tree, fmt.Sprint("c", i), now+at)
	}
	for _, at := range []int64{30, 59} {
		err := call{id: "no", at: now + at, charge: usd(1)}.hold(db, tree)
		wantDenial(t, err, budget.CodeWindowExceeded, "allows 3 calls in any 60 seconds and 3 are used", fmt.Sprint("room returns at unix ", now+60))
	}
	mustHold(t, db, tree, "c3", now+60)
	wantDenial(t, call{id: "no", at: now + 89, charge: usd(1)}.hold(db, tree), budget.CodeWindowExceeded, fmt.Sprint(now+90))
	mustHold(t, db, tree, "c4", now+90)
	mustHold(t, db, tree, "c5", now+90)
	if s := status(t, db, tree, "r", now+90); s.Invocations != 3 || s.Spent.Units != 3 || s.WindowStart != now+31 || s.WindowEnd != now+120 || s.Account.Invocations != 6 {
		t.Fatalf("%+v", s)
	}
	sound(t, db)
}

// Settlement gives back in the second the hold was made in, and nothing once
// that second has left the window.
func TestRollingSettlement(t *testing.T) {
	tree, db := newTree(t, rolling(60, 2)), open(t)
	mustHold(t, db, tree, "c1", now)
	mustHold(t, db, tree, "c2", now)
	if err := settle(db, "c1", kernel.Release, nil); err != nil {
		t.Fatal(err)
	}
	mustHold(t, db, tree, "c3", now+1)
	if err := settle(db, "c2", kernel.Release, nil); err != nil { // its second is now empty
		t.Fatal(err)
	}
	sound(t, db)
	mustHold(t, db, tree, "c4", now+2)
	mustHold(t, db, tree, "c5", now+61)
	for id, how := range map[string]kernel.Disposition{"c3": kernel.Release, "c4": kernel.Commit, "c5": kernel.Retain} {
		if err := settle(db, id, how, usd(0)); err != nil { // c3 left the window before
			t.Fatal(err)
		}
		sound(t, db)
	}
	if s := status(t, db, tree, "r", now+61); s.Invocations != 2 || s.Spent.Units != 1 {
		t.Fatalf("%+v", s)
	}
	if s := status(t, db, tree, "r", now+500); s.Invocations != 0 || s.WindowEnd != 0 {
		t.Fatalf("%+v", s)
	}
}

// Expiry is bounded work: a backlog counts until it is worked off, which
// refusals do as well as admissions.
func TestI2_BacklogCountsUntilItIsExpired(t *testing.T) {
	const backlog = 10 * budget.ExpirePerHold
	tree, db := newTree(t, rolling(1000, backlog)), open(t)
	for i := range backlog {
		mustHold(t, db, tree, fmt.Sprint("c", i), now+int64(i))
	}
	at := int64(now + 999 + backlog - 10) // all but ten seconds are over
	s := status(t, db, tree, "r", at)
	if s.Invocations != 10 {
		t.Fatalf("status does not see through the backlog: %+v", s)
	}
	// A full window that a single refusal could not drain.
	full := newTree(t, rolling(1000, backlog-2*budget.ExpirePerHold))
	refused := 0
	for ; ; refused++ {
		err := call{id: fmt.Sprint("late", refused), at: at, charge: usd(1)}.hold(db, full)
		if err == nil {
			break
		}
		if refused == 10 {
			t.Fatalf("refused for ever: %v", err)
		}
		wantCode(t, err, budget.CodeWindowExceeded)
		refusal := call{id: "late", at: at}.admittance().Call
		if err := db.Update(context.Background(), func(tx store.Tx) error { return full.Expire(tx, refusal) }); err != nil {
			t.Fatal(err)
		}
		sound(t, db)
	}
	if refused == 0 {
		t.Fatal("one admission expired more than its bound")
	}
	sound(t, db)
}

// After an idle time longer than the window all of it is over at once, and the
// sweeper removes the rows, whatever they belong to.
func TestSweepRemovesWhatCountsNoMore(t *testing.T) {
	const seconds = 100
	tree, db := newTree(t, rolling(60, 1000)), open(t)
	for i := range seconds {
		mustHold(t, db, tree, fmt.Sprint("c", i), now+int64(i))
	}
	sweep := func(at int64) {
		t.Helper()
		for cursor, round := "", 0; ; round++ {
			if err := db.Update(context.Background(), func(tx store.Tx) (err error) {
				cursor, err = budget.Sweep(tx, cursor, 7, at)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			sound(t, db)
			if cursor == "" {
				return
			}
			if round > seconds {
				t.Fatal("the sweep does not end")
			}
		}
	}
	sweep(now + 99)
	if n := buckets(t, db); n != 60 {
		t.Fatalf("%d buckets after a sweep, the window has 60 seconds", n)
	}
	sweep(now + 109)
	if s := status(t, db, tree, "r", now+109); buckets(t, db) != 50 || s.Invocations != 50 {
		t.Fatalf("%d buckets, %d calls", buckets(t, db), s.Invocations)
	}
	mustHold(t, db, tree, "later", now+1000)
	if s := status(t, db, tree, "r", now+1000); s.Invocations != 1 || buckets(t, db) != 51 {
		t.Fatalf("%d buckets, %d calls; want the new one beside the old rows", buckets(t, db), s.Invocations)
	}
	sweep(now + 1000)
	if n := buckets(t, db); n != 1 {
		t.Fatalf("%d buckets, want the new one", n)
	}
	if err := settle(db, "c99", kernel.Release, nil); err != nil { // of the window before
		t.Fatal(err)
	}
	sound(t, db)
}

// A clock that goes back frees no room.
func TestI2_ClockBackFreesNothing(t *testing.T) {
	tree, db := newTree(t, rolling(60, 2)), open(t)
	mustHold(t, db, tree, "c1", now)
	mustHold(t, db, tree, "c2", now+30)
	for _, at := range []int64{now - 1000, now + 29, now + 59} {
		err := call{id: "no", at: at, charge: usd(1)}.hold(db, tree)
		wantCode(t, err, budget.CodeWindowExceeded)
	}
	mustHold(t, db, tree, "c3", now+60)
	// Time has been now+60: a hold made at now+31 counts as made then.
	wantCode(t, call{id: "no", at: now + 31, charge: usd(1)}.hold(db, tree), budget.CodeWindowExceeded)
	mustHold(t, db, tree, "c4", now+90)
	if s := status(t, db, tree, "r", now-5); s.Invocations != 2 {
		t.Fatalf("%+v", s)
	}
	sound(t, db)
}

// What cannot be said exactly within a bounded look is said as a lower bound.
func TestRoomFarAhead(t *testing.T) {
	tree, db := newTree(t, rolling(4000, 2000)), open(t)
	for i := range 300 {
		if err := (call{id: fmt.Sprint("c", i), at: now + int64(i), charge: usd(3)}).hold(db, tree); err != nil {
			t.Fatal(err)
		}
	}
	err := call{id: "large", at: now + 300, charge: usd(1000)}.hold(db, tree)
	wantDenial(t, err, budget.CodeWindowExceeded, "900 are spent or held", fmt.Sprint("room returns after unix ", now+255+4000))
}

// Expire looks at what a refused call counts in, whoever the agent is, and
// only at windows with something to expire.
func TestExpireOnlyWhatIsOver(t *testing.T) {
	own := rolling(60, 100)
	own.Agents = []string{"writer"}
	own.Servers = []string{"files"}
	tree, db := newTree(t, own), open(t)
	for i := range 2 {
		if err := (call{id: fmt.Sprint("c", i), at: now + int64(i)*30, agent: 11, server: "files", charge: usd(1)}).hold(db, tree); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		server string
		at     int64
		left   int
	}{{"files", 59, 2}, {"web", 60, 2}, {"files", 60, 1}, {"files", 60, 1}} {
		refused := call{at: now + step.at, server: step.server}.admittance().Call
		if err := db.Update(context.Background(), func(tx store.Tx) error { return tree.Expire(tx, refused) }); err != nil {
			t.Fatal(err)
		}
		if n := buckets(t, db); n != step.left {
			t.Fatalf("%+v: %d seconds are left", step, n)
		}
		sound(t, db)
	}
}
