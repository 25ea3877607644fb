package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
)

// follow asks a peer for its head because one was heard, and compares the two:
// what others are shown of a log must be what we are shown.
func (x *Exchange) follow(ctx context.Context, peer did.DID, heard heardHead) {
	if x.s.alive() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, x.cfg.SyncEvery)
	defer cancel()
	rec, err := x.s.Connect(ctx, peer)
	if err == nil {
		if rec.inForce(x.now()) != nil {
			return
		}
		err = x.compareHeard(ctx, rec, &heard)
	}
	if err == nil || errors.Is(err, ErrEquivocation) {
		return
	}
	x.compareLater(peer, heard)
	if !errors.Is(err, p2p.ErrNotConnected) {
		x.warn("a head that was heard does not fit what the peer shows, or could not be compared", peer, err)
	}
}

// compareHeard judges a head that the peer's kernel signed and somebody else
// showed us:
//
//	1 the peer's newest head extends the one we hold (witnessHead)
//	2 it is not shorter than the one heard: that is a rollback, which is
//	  reported and proves nothing, as a head says no time
//	3 same size: same root; else evidence
//	4 the newest extends the one heard; if that is not proven, the peer is asked
//	  to sign its root at that size, which it cannot do honestly
func (x *Exchange) compareHeard(ctx context.Context, rec Record, heard *heardHead) error {
	if err := x.confirm(ctx, rec); err != nil {
		return err
	}
	release, err := x.turn(ctx, rec.DID)
	if err != nil {
		return err
	}
	defer release()
	held, err := x.witnessHead(ctx, rec) // 1
	if err != nil {
		return err
	}
	if heard.cp.Size > held.Size { // 2
		return x.shrank(ctx, rec, &KnownHead{Origin: heard.cp.Origin, Size: heard.cp.Size, Root: heard.cp.Root, Note: string(heard.note)}, held.Size)
	}
	if heard.cp.Size == held.Size { // 3
		if heard.cp.Root != held.Root {
			return x.equivocated(ctx, rec, []byte(held.Note), heard.note)
		}
		return nil
	}
	var a headAnswer
	if err := x.syncRequest(ctx, rec, syncRequest{Type: "head", From: heard.cp.Size, Size: held.Size}, &a); err != nil {
		return err
	}
	cp, err := checkHead([]byte(a.Note), held, rec)
	switch {
	case err != nil:
		return err
	case cp.Size != held.Size:
		return fmt.Errorf("%w: asked for %d receipts, got %d", ErrHead, held.Size, cp.Size)
	case cp.Root != held.Root: // 3
		return x.equivocated(ctx, rec, []byte(held.Note), []byte(a.Note))
	}
	if err := receipt.VerifyConsistency(heard.cp.Size, held.Size, heard.cp.Root, held.Root, a.Path); err != nil { // 4
		at := &KnownHead{Peer: rec.DID, Origin: heard.cp.Origin, Size: heard.cp.Size, Root: heard.cp.Root, Note: string(heard.note)}
		return x.inconsistent(ctx, rec, at, err)
	}
	return nil
}

// prefixShrunk holds peer → Shrunk.
const prefixShrunk = "f/shrunk/"

// Shrunk says that a peer's log was longer once: it signed a head of Signed
// receipts and shows us one of Shown. Heads name no time, so this accuses
// nobody before others; the row goes when the log has that head again.
type Shrunk struct {
	Signed uint64 `json:"signed"`
	Shown  uint64 `json:"shown"`
	Note   string `json:"note"` // of the longer one
	At     int64  `json:"at"`   // unix seconds, when it was found
}

// shrank records a rollback.
func (x *Exchange) shrank(ctx context.Context, rec Record, signed *KnownHead, shown uint64) error {
	err := x.s.cfg.DB.Update(context.WithoutCancel(ctx), func(tx store.Tx) error {
		return save(tx, prefixShrunk+rec.DID.String(), Shrunk{Signed: signed.Size, Shown: shown, Note: signed.Note, At: x.now()})
	})
	return errors.Join(fmt.Errorf("%w: %d receipts, it signed a head of %d", ErrRollback, shown, signed.Size), err)
}

// Shrunk returns what was found about a peer's log being shorter than it was,
// or nil.
func (x *Exchange) Shrunk(peer did.DID) (found *Shrunk, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		var s Shrunk
		have, err := load(r, prefixShrunk+peer.String(), &s)
		if have {
			found = &s
		}
		return err
	})
	return found, err
}

// regrown removes the record of a rollback once the log is long enough again.
func (x *Exchange) regrown(ctx context.Context, peer did.DID, size uint64) error {
	was, err := x.Shrunk(peer)
	if err != nil || was == nil || size < was.Signed {
		return err
	}
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		tx.Delete(prefixShrunk + peer.String())
		return nil
	})
}
