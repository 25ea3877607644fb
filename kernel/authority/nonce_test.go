package authority_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_800_000_000

func open(t testing.TB) *store.Engine {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func update(t testing.TB, db store.DB, fn func(store.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, db store.DB, fn func(store.Reader) error) {
	t.Helper()
	if err := db.View(fn); err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code kernel.Code) {
	t.Helper()
	var d *kernel.Denial
	if !errors.As(err, &d) || d.Code != code || d.Reason == "" || d.Fix == "" {
		t.Fatalf("got %v, want a denial %s", err, code)
	}
}

func openNonces(t testing.TB, db store.DB, limits authority.NonceLimits) (n *authority.Nonces) {
	t.Helper()
	view(t, db, func(r store.Reader) (err error) {
		n, err = authority.OpenNonces(r, limits)
		return err
	})
	return n
}

func use(db store.DB, n *authority.Nonces, nonce kernel.Nonce, at int64) error {
	return db.Update(context.Background(), func(tx store.Tx) error { return n.Use(tx, nonce, at) })
}

func nonce(agent byte, i int) kernel.Nonce {
	return kernel.Nonce{AgentKey: wire.PublicKey{agent}, Value: fmt.Sprintf("%032x", i), ExpiresAt: now + 330}
}

func TestNonceIsTakenOnceAlsoAfterRestart(t *testing.T) {
	db := open(t)
	n := openNonces(t, db, authority.NonceLimits{})
	if err := use(db, n, nonce(1, 1), now); err != nil {
		t.Fatal(err)
	}
	wantCode(t, use(db, n, nonce(1, 1), now), kernel.CodeProofReplayed)
	if err := use(db, n, nonce(2, 1), now); err != nil {
		t.Fatalf("another agent's nonce of the same value: %v", err)
	}
	again := openNonces(t, db, authority.NonceLimits{})
	if again.Count() != 2 {
		t.Fatalf("%d nonces after reopening, want 2", again.Count())
	}
	wantCode(t, use(db, again, nonce(1, 1), now), kernel.CodeProofReplayed)
}

func TestNonceTableDeniesWhenFullAndEvictsNothing(t *testing.T) {
	db := open(t)
	n := openNonces(t, db, authority.NonceLimits{PerAgent: 3, Total: 5})
	for i := range 3 {
		if err := use(db, n, nonce(1, i), now); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, use(db, n, nonce(1, 3), now), authority.CodeNoncesFull)
	for i := range 2 {
		if err := use(db, n, nonce(2, i), now); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, use(db, n, nonce(2, 2), now), authority.CodeNoncesFull)
	for i := range 3 {
		wantCode(t, use(db, n, nonce(1, i), now), kernel.CodeProofReplayed)
	}
	sweep := func(at int64) (cursor string) {
		update(t, db, func(tx store.Tx) (err error) {
			cursor, err = n.Sweep(tx, "", 100, at)
			return err
		})
		return cursor
	}
	if sweep(now + 330); n.Count() != 5 {
		t.Fatalf("a live nonce was swept: %d left, want 5", n.Count())
	}
	if sweep(now + 331); n.Count() != 0 {
		t.Fatalf("%d expired nonces stayed", n.Count())
	}
	late := nonce(1, 9)
	late.ExpiresAt = now + 660
	if err := use(db, n, late, now+331); err != nil {
		t.Fatalf("room after the sweep: %v", err)
	}
}

func TestNonceSweepIsBounded(t *testing.T) {
	db := open(t)
	n := openNonces(t, db, authority.NonceLimits{})
	for i := range 10 {
		if err := use(db, n, nonce(1, i), now); err != nil {
			t.Fatal(err)
		}
	}
	cursor := ""
	for step, want := range []int{6, 2, 0} {
		update(t, db, func(tx store.Tx) (err error) {
			cursor, err = n.Sweep(tx, cursor, 4, now+400)
			return err
		})
		if n.Count() != want {
			t.Fatalf("step %d left %d, want %d", step, n.Count(), want)
		}
	}
	if cursor != "" {
		t.Fatalf("cursor %q at the end, want none", cursor)
	}
}

func TestNonceFailsClosed(t *testing.T) {
	db := open(t)
	n := openNonces(t, db, authority.NonceLimits{})
	stale, far, empty, zero := nonce(1, 1), nonce(1, 2), nonce(1, 3), nonce(0, 4)
	stale.ExpiresAt, far.ExpiresAt, empty.Value = now-1, now+100_000, ""
	wantCode(t, use(db, n, stale, now), kernel.CodeProofStale)
	wantCode(t, use(db, n, far, now), kernel.CodeProofInvalid)
	wantCode(t, use(db, n, empty, now), kernel.CodeProofInvalid)
	wantCode(t, use(db, n, zero, now), kernel.CodeProofInvalid)
	if n.Count() != 0 {
		t.Fatalf("a refused nonce was stored: %d", n.Count())
	}
	abort := errors.New("abort")
	err := db.Update(context.Background(), func(tx store.Tx) error {
		if err := n.Use(tx, nonce(1, 5), now); err != nil {
			return err
		}
		return abort
	})
	if !errors.Is(err, abort) || n.Count() != 0 {
		t.Fatalf("aborted use: %v, count %d", err, n.Count())
	}
	if err := use(db, n, nonce(1, 5), now); err != nil {
		t.Fatalf("the nonce of an aborted transaction: %v", err)
	}
}

func TestRememberedNonceCannotBeUsed(t *testing.T) {
	db := open(t)
	n := openNonces(t, db, authority.NonceLimits{})
	for range 2 {
		update(t, db, func(tx store.Tx) error { return n.Remember(tx, nonce(1, 1), now) })
	}
	if n.Count() != 1 {
		t.Fatalf("remembered %d, want 1", n.Count())
	}
	wantCode(t, use(db, n, nonce(1, 1), now), kernel.CodeProofReplayed)
}
