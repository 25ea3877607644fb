package federation

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrForeign refuses a receipt that a peer sent from its log.
var ErrForeign = errors.New("peer's log entry is not acceptable")

// maxSyncPages bounds the pages of one exchange; the rest comes with the next.
const maxSyncPages = 64

// ForeignReceipt is a receipt of a peer's log that names us, as it was proven.
type ForeignReceipt struct {
	Receipt    wire.Raw      `json:"receipt"`
	Index      uint64        `json:"leaf_index"`
	Path       []wire.Digest `json:"audit_path,omitzero"`
	Checkpoint string        `json:"checkpoint"` // the head that the path leads to
}

// ForeignReceipts calls fn for every receipt of a peer's log that we hold, in
// log order, until fn returns an error; store.ErrStop ends it with nil.
func (x *Exchange) ForeignReceipts(peer did.DID, fn func(*ForeignReceipt) error) error {
	return x.s.cfg.DB.View(func(r store.Reader) error {
		return each(r, prefixForeign+peer.String()+"/", func(_ string, f *ForeignReceipt) error { return fn(f) })
	})
}

// pullReceipts collects what a peer's log holds about us under a head that was
// verified and stored, and returns how many receipts were new:
//
//	1 the answer's checkpoint is the peer's, of the size and root we verified
//	2 indexes rise, from where we left off
//	3 each receipt is intact, canonical, signed by the peer's kernel key, and
//	  names us
//	4 each is included under that head at its index
func (x *Exchange) pullReceipts(ctx context.Context, rec Record, head *KnownHead) (int, error) {
	next, err := x.cursor(rec.DID)
	if err != nil || next >= head.Size {
		return 0, err
	}
	total := 0
	for range maxSyncPages {
		var a receiptsAnswer
		if err := x.syncRequest(ctx, rec, syncRequest{Type: "receipts", After: next, Limit: maxSyncReceipts, Size: head.Size}, &a); err != nil {
			return total, err
		}
		cp, err := checkHead([]byte(a.Checkpoint), head, rec) // 1
		if err != nil {
			return total, err
		}
		if cp.Size != head.Size || cp.Root != head.Root { // 1
			return total, fmt.Errorf("%w: the checkpoint is not the head we verified", ErrForeign)
		}
		page := make([]foreign, 0, len(a.Receipts))
		after := next
		for i := range a.Receipts {
			f, err := x.checkForeign(rec, head, &a.Receipts[i], after) // 2, 3, 4
			if err != nil {
				return total, err
			}
			f.row.Checkpoint = a.Checkpoint
			page, after = append(page, f), f.row.Index+1
		}
		if !a.More {
			after = head.Size // nothing else below the head names us
		} else if len(page) == 0 {
			return total, fmt.Errorf("%w: more is promised and nothing sent", ErrForeign)
		}
		if len(page) > 0 {
			x.failpoint("outbox.sent_before_ack")
		}
		if err := x.keepForeign(ctx, rec.DID, page, after); err != nil {
			return total, err
		}
		total, next = total+len(page), after
		if !a.More {
			break
		}
	}
	return total, nil
}

// foreign is a verified entry with what filing needs of it.
type foreign struct {
	row ForeignReceipt
	md  *receipt.Metadata
}

// checkForeign is rules 2 to 4 of pullReceipts.
func (x *Exchange) checkForeign(rec Record, head *KnownHead, e *loggedReceipt, from uint64) (foreign, error) {
	if e.Index < from || e.Index >= head.Size { // 2
		return foreign{}, fmt.Errorf("%w: index %d, expected %d … %d", ErrForeign, e.Index, from, head.Size)
	}
	_, md, err := openReceipt(e.Receipt, rec.Kernel) // 3
	if err != nil {
		return foreign{}, fmt.Errorf("%w: index %d: %w", ErrForeign, e.Index, err)
	}
	if md.Federation == nil || md.Federation.PeerDID != x.did.String() { // 3
		return foreign{}, fmt.Errorf("%w: index %d does not name us", ErrForeign, e.Index)
	}
	if err := receipt.VerifyInclusion(receipt.LeafHash(e.Receipt), e.Index, head.Size, e.Path, head.Root); err != nil { // 4
		return foreign{}, fmt.Errorf("%w: index %d: %w", ErrForeign, e.Index, err)
	}
	return foreign{ForeignReceipt{Receipt: e.Receipt, Index: e.Index, Path: e.Path}, md}, nil
}

// keepForeign stores a page, moves the cursor, and files what we were waiting
// for, in one transaction.
func (x *Exchange) keepForeign(ctx context.Context, peer did.DID, page []foreign, next uint64) error {
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		key := func(f *foreign) string { return prefixForeign + peer.String() + "/" + ordered(f.row.Index) }
		fresh := uint64(0)
		for i := range page {
			if _, err := tx.Get(key(&page[i])); errors.Is(err, store.ErrNotFound) {
				fresh++
			} else if err != nil {
				return err
			}
		}
		if fresh > 0 {
			if err := countFiled(tx, peer, Filed{Foreign: fresh}); err != nil {
				return err
			}
		}
		for i := range page {
			f := &page[i]
			if err := save(tx, key(f), &f.row); err != nil {
				return err
			}
			if f.md.Federation.Role != RoleHost {
				continue
			}
			if wire.CheckUUIDv7(f.md.CallID) == nil {
				tx.Set(prefixForeignID+peer.String()+"/"+f.md.CallID, strconv.AppendUint(nil, f.row.Index, 10))
			}
			if err := errors.Join(x.fileLate(tx, peer, f), x.objectToForeign(tx, peer, f)); err != nil {
				return err
			}
		}
		tx.Set(prefixCursor+peer.String(), strconv.AppendUint(nil, next, 10))
		return nil
	})
}

// fileLate files a host's receipt for a call that we closed without one. A
// receipt that is not for the call as we signed it is kept and not filed.
func (x *Exchange) fileLate(tx store.Tx, peer did.DID, f *foreign) error {
	var row departed
	found, err := load(tx, prefixOut+f.md.CallID, &row)
	if err != nil || !found || row.Peer != peer || row.ReceiptID == "" || row.PeerReceiptID != "" {
		return err
	}
	h := lateReceipt(&row, f.row.Receipt)
	if h == nil {
		return nil
	}
	c, err := peekContinuation(row.Continuation)
	if err != nil {
		return err
	}
	return x.fileDeparture(tx, &row, c, h)
}

// lateReceipt is the host's receipt if it is for the continuation we signed.
func lateReceipt(row *departed, doc wire.Raw) *hostReceipt {
	c, err := peekContinuation(row.Continuation)
	if err != nil {
		return nil
	}
	h, err := checkHostReceipt(doc, c, row.Continuation.ID())
	if err != nil {
		return nil
	}
	return h
}

// arrivedBySync finds a host's receipt that came by sync while the call was
// still open here.
func (x *Exchange) arrivedBySync(tx store.Tx, row *departed, callID string) (*hostReceipt, error) {
	f, err := x.foreignOf(tx, row.Peer, callID)
	if err != nil || f == nil {
		return nil, err
	}
	return lateReceipt(row, f.Receipt), nil
}

// foreignOf is the last receipt of a peer's log for a call id, or nil.
func (x *Exchange) foreignOf(r store.Reader, peer did.DID, callID string) (*ForeignReceipt, error) {
	index, err := r.Get(prefixForeignID + peer.String() + "/" + callID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(string(index), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: index of call %s", store.ErrCorrupt, callID)
	}
	var f ForeignReceipt
	found, err := load(r, prefixForeign+peer.String()+"/"+ordered(n), &f)
	if err == nil && !found {
		err = fmt.Errorf("%w: receipt of call %s", store.ErrCorrupt, callID)
	}
	return &f, err
}

// cursor is the first index of a peer's log that we have not asked for.
func (x *Exchange) cursor(peer did.DID) (next uint64, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		row, err := r.Get(prefixCursor + peer.String())
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			next, err = strconv.ParseUint(string(row), 10, 64)
		}
		return err
	})
	return next, err
}
