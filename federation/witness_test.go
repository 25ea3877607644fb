package federation

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// witnessed makes two parties of which b has cosigned a head of a's log of at
// least n receipts, and returns that size.
func witnessed(t *testing.T, n int) (a, b *peerNode, size uint64) {
	t.Helper()
	a, b = federated(t)
	for i := range n {
		a.logLocal(i)
	}
	a.sync(b)
	return a, b, a.heads()[true].Size
}

func (p *peerNode) ask() ([]did.DID, error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	return p.exchange.AskWitnesses(ctx)
}

// TestI11_WitnessProvesARollback: store and head file agree with each other and
// with the keys; only the peer that cosigned a later head knows better.
func TestI11_WitnessProvesARollback(t *testing.T) {
	for name, c := range map[string]struct {
		grown int // receipts in the log that came back, relative to the cosigned head
		says  string
	}{
		"shorter":              {-2, "holds a head of"},
		"other, of that size":  {0, "another root at that size"},
		"other, longer by now": {+3, "another root at that size"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b, size := witnessed(t, 5)
			a.forkLog(int(size) + c.grown)
			a.reopen()
			silent, err := a.ask()
			var proof *RolledBack
			if !errors.Is(err, ErrRolledBack) || !errors.As(err, &proof) || len(silent) != 0 {
				t.Fatalf("asked: %v, silent %v", err, silent)
			}
			if proof.Peer != b.did() || proof.Size != size || proof.Have != uint64(int(size)+c.grown) {
				t.Errorf("proof %+v", proof)
			}
			if cp, err := receipt.VerifyCheckpoint([]byte(proof.Note), a.logOrigin, a.kernel.Public()); err != nil || cp.Size != size {
				t.Errorf("the note does not prove it: %+v, %v", cp, err)
			}
			// Nothing is signed any more, in any way that a head leaves the node.
			if _, err := b.exchange.SyncNow(t.Context(), a.did()); err == nil {
				t.Error("a peer got something signed")
			}
			if rec := b.record(a.org); rec.State == Frozen {
				t.Errorf("the peer was given evidence: %+v", rec)
			}
			err = a.db.View(func(r store.Reader) error { _, err := a.exchange.checkpointAt(r, 1); return err })
			if err == nil {
				t.Error("signed a checkpoint")
			}
			if _, err := a.exchange.SyncNow(t.Context(), b.did()); !errors.Is(err, ErrRolledBack) {
				t.Errorf("exchanged: %v", err)
			}
		})
	}
}

// TestI11_LateWitness: a witness that was away at the start is asked before it
// is shown anything, whoever of the two comes to the other.
func TestI11_LateWitness(t *testing.T) {
	for name, meet := range map[string]func(a, b *peerNode) error{
		"we call":       func(a, b *peerNode) error { _, err := a.exchange.SyncNow(a.t.Context(), b.did()); return err },
		"it calls":      func(a, b *peerNode) error { _, err := b.exchange.SyncNow(b.t.Context(), a.did()); return err },
		"it only looks": func(a, b *peerNode) error { _, err := b.exchange.exchange(b.t.Context(), b.record(a.org)); return err },
	} {
		t.Run(name, func(t *testing.T) {
			a, b, size := witnessed(t, 5)
			if err := b.host.Stop(); err != nil {
				t.Fatal(err)
			}
			a.forkLog(int(size) + 1)
			a.reopen()
			silent, err := a.ask()
			if err != nil || !slices.Equal(silent, []did.DID{b.did()}) {
				t.Fatalf("with the witness away: %v, silent %v", err, silent)
			}
			b.open()
			if _, err := a.service.Hello(t.Context(), b.address()); err != nil {
				t.Fatal(err)
			}
			if err := meet(a, b); err == nil {
				t.Error("the exchange was completed")
			}
			if !errors.Is(a.exchange.RolledBack(), ErrRolledBack) {
				t.Error("the late witness was not asked")
			}
			if held, err := b.exchange.heldHead(a.did()); err != nil || held.Size != size {
				t.Errorf("the witness now holds a head of %d, had %d: %v", held.Size, size, err)
			}
		})
	}
}

// TestWitnessCannotStopAnHonestNode: a restart passes, and what a peer makes up
// is not believed.
func TestWitnessCannotStopAnHonestNode(t *testing.T) {
	a, b, size := witnessed(t, 3)
	forged := receipt.Checkpoint{Origin: a.logOrigin, Size: size + 50, Root: wire.Hash([]byte("made up"))}
	for name, c := range map[string]struct {
		key    *wire.Key
		cp     receipt.Checkpoint
		silent int
	}{
		"as it is":             {nil, forged, 0},
		"signed by itself":     {b.kernel, forged, 1},
		"signed by nobody":     {key(t, 99), forged, 1},
		"of another log":       {a.kernel, receipt.Checkpoint{Origin: "chio-log/else", Size: size + 50, Root: forged.Root}, 0},
		"ours, and really big": {a.kernel, forged, -1},
	} {
		t.Run(name, func(t *testing.T) {
			held, err := b.exchange.heldHead(a.did())
			if err != nil {
				t.Fatal(err)
			}
			if c.key != nil {
				note, err := receipt.SignCheckpoint(c.cp, c.key)
				if err != nil {
					t.Fatal(err)
				}
				told := *held
				told.Note, told.Origin = string(note), c.cp.Origin
				if err := b.exchange.storeHead(t.Context(), &told); err != nil {
					t.Fatal(err)
				}
			}
			a.reopen()
			silent, err := a.ask()
			if c.silent < 0 {
				if !errors.Is(err, ErrRolledBack) {
					t.Errorf("what we signed was not believed: %v", err)
				}
			} else if err != nil || len(silent) != c.silent {
				t.Errorf("%v, silent %v", err, silent)
			}
			if err := b.exchange.storeHead(t.Context(), held); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestSilentWitnessDelaysGossip: a connected peer that does not say what it
// holds of our log holds our head back for a while, and not for ever.
func TestSilentWitnessDelaysGossip(t *testing.T) {
	a, b, _ := witnessed(t, 3)
	if a.exchange.witnessesWait() {
		t.Fatal("waits for a witness that has answered")
	}
	delete(a.exchange.witness.asked, b.did())
	for range witnessTurns {
		if !a.exchange.witnessesWait() {
			t.Fatal("does not wait")
		}
	}
	if a.exchange.witnessesWait() {
		t.Fatal("waits on")
	}
}

// TestI11_RollbackAcrossARotation: the head is signed by a key that this store
// no longer knows, and the organisation key vouches for it.
func TestI11_RollbackAcrossARotation(t *testing.T) {
	a, b, size := witnessed(t, 3)
	next := key(t, 77)
	bound, err := did.Bind(a.org.org, next, did.Term{Role: did.RoleKernel, Sequence: 9, NotBefore: a.clock.Load() - 10, NotAfter: a.clock.Load() + 1000})
	if err != nil {
		t.Fatal(err)
	}
	rec := b.record(a.org)
	err = b.service.Directory().update(t.Context(), a.did(), func(_ store.Tx, r *Record) error { r.KernelBound = bound; return nil })
	if err != nil {
		t.Fatal(err)
	}
	note, err := receipt.SignCheckpoint(receipt.Checkpoint{Origin: a.logOrigin, Size: size + 1, Root: wire.Hash(nil)}, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.exchange.storeHead(t.Context(), &KnownHead{Peer: rec.DID, Origin: a.logOrigin, Size: size + 1, Note: string(note), Witnesses: []string{}}); err != nil {
		t.Fatal(err)
	}
	a.reopen()
	if _, err := a.ask(); !errors.Is(err, ErrRolledBack) {
		t.Errorf("asked: %v", err)
	}
}
