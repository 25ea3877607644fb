package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a peer's head is refused.
var (
	// ErrHead: the note is not the head it should be.
	ErrHead = errors.New("peer's log head is not acceptable")
	// ErrRollback: the peer's log is shorter than the head we cosigned.
	ErrRollback = errors.New("peer's log was rolled back")
	// ErrEquivocation: the peer signed two heads of one size. The evidence is
	// kept and the peer is frozen.
	ErrEquivocation = errors.New("peer's log equivocates")
)

// witnessHead fetches a peer's head and cosigns it:
//
//	1 the note is signed by the peer's kernel key under its one log
//	2 its size is not below the head we hold
//	3 same size: same root; else two signed heads contradict: evidence, frozen
//	4 larger: the consistency proof holds; if it does not, the peer is asked to
//	  sign its root at the old size, which it cannot do honestly
//	5 the head is stored, then cosigned, then given back; it is not stored if
//	  its log is ours or the one log of another peer
func (x *Exchange) witnessHead(ctx context.Context, rec Record) (*KnownHead, error) {
	held, err := x.heldHead(rec.DID)
	if err != nil {
		return nil, err
	}
	var a headAnswer
	if err := x.syncRequest(ctx, rec, syncRequest{Type: "head", From: held.Size}, &a); err != nil {
		return nil, err
	}
	cp, err := checkHead([]byte(a.Note), held, rec) // 1
	if err != nil {
		return nil, err
	}
	switch {
	case cp.Size < held.Size: // 2
		return nil, x.shrank(ctx, rec, held, cp.Size)
	case cp.Size == held.Size && held.Note != "" && cp.Root != held.Root: // 3
		return nil, x.equivocated(ctx, rec, []byte(held.Note), []byte(a.Note))
	case cp.Size == held.Size && len(held.Witnesses) > 0: // 3
		return held, x.regrown(ctx, rec.DID, held.Size)
	}
	if held.Size > 0 && held.Size < cp.Size { // 4
		if err := receipt.VerifyConsistency(held.Size, cp.Size, held.Root, cp.Root, a.Path); err != nil {
			return nil, x.inconsistent(ctx, rec, held, err)
		}
	}
	next := &KnownHead{Peer: rec.DID, Origin: cp.Origin, Size: cp.Size, Root: cp.Root, Note: a.Note, Witnesses: []string{}, At: x.now()}
	if err := x.storeHead(ctx, next); err != nil { // 5
		return nil, err
	}
	if err := x.regrown(ctx, rec.DID, next.Size); err != nil {
		return nil, err
	}
	return next, x.cosignHead(ctx, rec, next)
}

// cosignHead signs a stored head and gives it to the log. A head without our
// line in the row was not given: the next exchange tries again.
func (x *Exchange) cosignHead(ctx context.Context, rec Record, h *KnownHead) error {
	note, err := receipt.Cosign([]byte(h.Note), x.did.String(), x.cfg.KernelKey, x.now())
	if err != nil {
		return err
	}
	if err := x.syncRequest(ctx, rec, syncRequest{Type: "cosignature", Note: string(note)}, &answerHead{}); err != nil {
		return fmt.Errorf("give the cosignature: %w", err)
	}
	h.Note, h.Witnesses = string(note), []string{x.did.String()}
	return x.storeHead(ctx, h)
}

// checkHead is rule 1. The first head pins the log's id.
func checkHead(note []byte, held *KnownHead, rec Record) (receipt.Checkpoint, error) {
	n, err := receipt.ParseNote(note)
	if err != nil {
		return receipt.Checkpoint{}, fmt.Errorf("%w: %w", ErrHead, err)
	}
	if held.Origin != "" && n.Checkpoint.Origin != held.Origin {
		return receipt.Checkpoint{}, fmt.Errorf("%w: it is of log %.80q, the peer's is %s", ErrHead, n.Checkpoint.Origin, held.Origin)
	}
	cp, err := receipt.VerifyCheckpoint(note, n.Checkpoint.Origin, rec.Kernel)
	if err != nil {
		return cp, fmt.Errorf("%w: %w", ErrHead, err)
	}
	return cp, nil
}

// inconsistent is what follows a proof that does not hold: a signed root at the
// size we cosigned either contradicts ours, which is evidence, or agrees, and
// then the peer's proof was at fault.
func (x *Exchange) inconsistent(ctx context.Context, rec Record, held *KnownHead, cause error) error {
	var a headAnswer
	if err := x.syncRequest(ctx, rec, syncRequest{Type: "head", From: held.Size, Size: held.Size}, &a); err != nil {
		return errors.Join(fmt.Errorf("%w: %w", ErrHead, cause), err)
	}
	cp, err := checkHead([]byte(a.Note), held, rec)
	if err != nil {
		return err
	}
	if cp.Size == held.Size && cp.Root != held.Root {
		return x.equivocated(ctx, rec, []byte(held.Note), []byte(a.Note))
	}
	return fmt.Errorf("%w: %w", ErrHead, cause)
}

// equivocated keeps both heads as evidence, freezes the peer, and has the
// evidence said in the log's topic.
func (x *Exchange) equivocated(ctx context.Context, rec Record, first, second []byte) error {
	ctx = context.WithoutCancel(ctx)
	evidence, err := receipt.NewEquivocation(first, second)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHead, err)
	}
	doc, err := evidence.Bytes()
	if err != nil {
		return err
	}
	err = x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if _, err := tx.Get(prefixFork + rec.DID.String()); !errors.Is(err, store.ErrNotFound) {
			return err // the first evidence is kept
		}
		tx.Set(prefixFork+rec.DID.String(), doc)
		return nil
	})
	x.sayEvidence(rec.DID)
	freeze := x.s.cfg.Directory.Suspect(ctx, rec.DID, "signed two log heads of one size")
	return errors.Join(fmt.Errorf("%w: %s: it is frozen and the evidence is kept", ErrEquivocation, rec.DID), err, freeze)
}

// heldHead is the newest head of a peer's log that we stored, or an empty one.
func (x *Exchange) heldHead(peer did.DID) (*KnownHead, error) {
	h := &KnownHead{Peer: peer, Root: receipt.EmptyRoot()}
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		_, err := load(r, prefixHead+peer.String(), h)
		return err
	})
	return h, err
}

func (x *Exchange) storeHead(ctx context.Context, h *KnownHead) error {
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if err := x.ownsLog(tx, h); err != nil {
			return err
		}
		tx.Set(logOwnerKey(h.Origin), []byte(h.Peer))
		tx.AfterCommit(func() { x.remember(h) })
		return save(tx, prefixHead+h.Peer.String(), h)
	})
}

func logOwnerKey(origin string) string { return prefixLogOwner + wire.Hash([]byte(origin)).String() }

// ownsLog refuses a head under a log id that is ours or that another peer's
// first head pinned: whoever names another's log would be trusted in it. A peer
// whose relationship has ended holds its log id no longer.
func (x *Exchange) ownsLog(r store.Reader, h *KnownHead) error {
	own, err := x.logID(r)
	if err != nil {
		return err
	}
	if h.Origin == own {
		return fmt.Errorf("%w: it is of log %.80q, which is ours", ErrHead, h.Origin)
	}
	switch owner, err := r.Get(logOwnerKey(h.Origin)); {
	case err == nil:
		return x.gaveUp(r, did.DID(owner), h)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	return each(r, prefixHead, func(_ string, other *KnownHead) error { // the first under its id since owners have rows
		if other.Origin != h.Origin {
			return nil
		}
		return x.gaveUp(r, other.Peer, h)
	})
}

// gaveUp refuses a head under the log id of another peer that is still one.
func (x *Exchange) gaveUp(r store.Reader, owner did.DID, h *KnownHead) error {
	if owner == h.Peer {
		return nil
	}
	rec, err := readRecord(r, owner)
	if err != nil {
		return err
	}
	switch rec.State {
	case Revoked, Terminated, Deactivated:
		return nil
	}
	return fmt.Errorf("%w: it is of log %.80q, which is the one of %s", ErrHead, h.Origin, owner)
}
