package authority_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// nonceLaw drives one table and checks after each step that no nonce is
// accepted twice while a proof that carries it could be fresh, that a live one
// is never forgotten, and that the bounds hold.
type nonceLaw struct {
	db       *store.Engine
	nonces   *authority.Nonces
	limits   authority.NonceLimits
	now      int64
	cursor   string
	accepted map[kernel.Nonce]int64 // when
}

func newNonceLaw(limits authority.NonceLimits) (*nonceLaw, error) {
	l := &nonceLaw{db: memory.New(), limits: limits, now: now, accepted: map[kernel.Nonce]int64{}}
	return l, l.reopen()
}

func (l *nonceLaw) reopen() error {
	l.cursor = ""
	return l.db.View(func(r store.Reader) (err error) {
		l.nonces, err = authority.OpenNonces(r, l.limits)
		return err
	})
}

// use presents one of a few proofs: the nonce fixes when it was signed.
func (l *nonceLaw) use(agent byte, value int, remember bool) error {
	n := kernel.Nonce{AgentKey: wire.PublicKey{agent + 1}, Value: fmt.Sprintf("%032x", value), ExpiresAt: now + int64(value%8)*40}
	if n.ExpiresAt < l.now || n.ExpiresAt-l.now > 330 {
		return nil // the proof itself is stale or not signed yet; step 5 denies it
	}
	before := l.nonces.Count()
	err := l.db.Update(context.Background(), func(tx store.Tx) error {
		if remember {
			return l.nonces.Remember(tx, n, l.now)
		}
		return l.nonces.Use(tx, n, l.now)
	})
	at, seen := l.accepted[n]
	var d *kernel.Denial
	switch {
	case err == nil && !remember && seen:
		return fmt.Errorf("nonce %v accepted at %d and again at %d", n, at, l.now)
	case err == nil && !remember && before >= l.limits.Total:
		return fmt.Errorf("accepted with %d in the table, limit %d", before, l.limits.Total)
	case err == nil:
		l.accepted[n] = l.now
	case remember || !errors.As(err, &d):
		return err
	case seen && d.Code != kernel.CodeProofReplayed:
		return fmt.Errorf("a live nonce was forgotten: %w", err)
	}
	return nil
}

func (l *nonceLaw) sweep(limit int) error {
	return l.db.Update(context.Background(), func(tx store.Tx) (err error) {
		l.cursor, err = l.nonces.Sweep(tx, l.cursor, limit, l.now)
		return err
	})
}

// settled: the counts are those of the rows.
func (l *nonceLaw) settled() error {
	have := l.nonces.Count()
	if err := l.reopen(); err != nil {
		return err
	}
	if l.nonces.Count() != have {
		return fmt.Errorf("%d in memory, %d on disk", have, l.nonces.Count())
	}
	return nil
}

func (l *nonceLaw) step(op, a, b byte) error {
	switch op % 8 {
	case 0:
		return l.sweep(1 + int(a%5))
	case 1:
		l.now += int64(a % 60)
		return nil
	case 2:
		return l.settled()
	case 3:
		return l.use(a%3, int(b%24), true)
	default:
		return l.use(a%3, int(b%24), false)
	}
}

func TestI9_NoScheduleAcceptsANonceTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := newNonceLaw(authority.NonceLimits{PerAgent: rapid.IntRange(1, 8).Draw(t, "per agent"), Total: rapid.IntRange(1, 12).Draw(t, "total")})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.db.Close() }()
		for _, op := range rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [3]byte {
			return [3]byte{rapid.Byte().Draw(t, "op"), rapid.Byte().Draw(t, "a"), rapid.Byte().Draw(t, "b")}
		}), 0, 80).Draw(t, "ops") {
			if err := l.step(op[0], op[1], op[2]); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.settled(); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzNonces(f *testing.F) {
	f.Add([]byte{4, 0, 1, 4, 0, 1, 2, 0, 0, 4, 0, 1})
	f.Add([]byte{5, 1, 8, 1, 59, 0, 0, 3, 0, 5, 1, 8})
	f.Add([]byte{3, 2, 9, 6, 2, 9, 2, 0, 0, 7, 2, 9, 1, 50, 0, 0, 4, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) > 300 {
			return
		}
		l, err := newNonceLaw(authority.NonceLimits{PerAgent: 3, Total: 6})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.db.Close() }()
		for ; len(ops) >= 3; ops = ops[3:] {
			if err := l.step(ops[0], ops[1], ops[2]); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.settled(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestNoncesAreFair: an agent at its own bound is denied; the others are not,
// and its sweep makes room for it again.
func TestNoncesAreFair(t *testing.T) {
	db := open(t)
	n := openNonces(t, db, authority.NonceLimits{PerAgent: 4, Total: 100})
	for i := range 200 {
		err := use(db, n, nonce(1, i), now)
		if i < 4 && err != nil {
			t.Fatal(err)
		}
		if i >= 4 {
			wantCode(t, err, authority.CodeNoncesFull)
		}
		if i%10 == 0 {
			if err := use(db, n, nonce(byte(2+i/40), i), now); err != nil {
				t.Fatalf("another agent was denied: %v", err)
			}
		}
	}
	if !n.SweepDue() || n.SweepDue() {
		t.Error("a full table asks for one sweep")
	}
}

func TestNonceRowsFailClosed(t *testing.T) {
	db := open(t)
	for _, l := range []authority.NonceLimits{{PerAgent: -1}, {Total: -1}} {
		if err := db.View(func(r store.Reader) error { _, err := authority.OpenNonces(r, l); return err }); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
	n := openNonces(t, db, authority.NonceLimits{})
	update(t, db, func(tx store.Tx) error { tx.Set("n/a/b", binary.BigEndian.AppendUint32(nil, 1)); return nil })
	err := db.Update(context.Background(), func(tx store.Tx) error { _, err := n.Sweep(tx, "", 9, now); return err })
	if !errors.Is(err, authority.ErrCorrupt) {
		t.Errorf("a short row: %v", err)
	}
	update(t, db, func(tx store.Tx) error { tx.Set("n/x", nil); return nil })
	if err := db.View(func(r store.Reader) error { _, err := authority.OpenNonces(r, authority.NonceLimits{}); return err }); !errors.Is(err, authority.ErrCorrupt) {
		t.Errorf("a key without an agent: %v", err)
	}
	bad := kernel.Nonce{}
	err = db.Update(context.Background(), func(tx store.Tx) error { return n.Remember(tx, bad, now) })
	wantCode(t, err, kernel.CodeProofInvalid)
}
