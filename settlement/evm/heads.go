package evm

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrReorganised: the chain undid what had counted as final, or more than this
// node remembers. Nothing more is sent until an operator has looked.
var ErrReorganised = errors.New("chain was reorganised below what was final")

// DefaultHeads is how many blocks are remembered.
const DefaultHeads = 256

// head is one remembered block.
type head struct {
	Number uint64      `json:"number"`
	Hash   wire.Digest `json:"hash"`
	Parent wire.Digest `json:"parent"`
}

// Rows of the ring, next to the outbox's:
//
//	head/<number> a block of the canonical chain as last seen
//	final         the newest block that counted as final
//	halt          why nothing is sent any more
func (c *Chain) headRow(number uint64) string { return c.row(fmt.Sprintf("head/%020d", number)) }

// ring is the remembered part of the chain: rows by number, and its ends.
type ring struct {
	rows      map[uint64]head
	low, high uint64
}

func (r *ring) empty() bool { return len(r.rows) == 0 }

func (c *Chain) readRing() (out ring, final *head, err error) {
	out.rows = make(map[uint64]head)
	err = c.config.DB.View(func(r store.Reader) error {
		doc, err := r.Get(c.row("final"))
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		default:
			final = new(head)
			if err := wire.UnmarshalCanonical(doc, final, wire.DocumentLimits); err != nil {
				return err
			}
		}
		return r.Scan(c.row("head/"), "", func(_ string, doc []byte) error {
			var h head
			if err := wire.UnmarshalCanonical(doc, &h, wire.DocumentLimits); err != nil {
				return err
			}
			if out.empty() {
				out.low = h.Number
			}
			out.rows[h.Number], out.high = h, h.Number
			return nil
		})
	})
	if err != nil {
		return ring{}, nil, fmt.Errorf("reading the remembered blocks of %s: %w", c.config.Name, err)
	}
	return out, final, nil
}

// observeHeads brings the ring up to the chain's head. The caller holds the
// sender's lock.
//
//	1 a head that the ring has, or that continues it, orphans nothing
//	2 otherwise the walk goes back by parent hash to the newest block that both
//	  have; transactions in the orphaned blocks are in no block again
//	3 a walk that leaves a full ring halts: what was lost cannot be told
//	4 a block that counted as final and is not canonical halts
//
// After a halt nothing is sent. A node that was away longer than the ring is
// long begins a new ring; 4 still holds then.
func (c *Chain) observeHeads(ctx context.Context) error {
	if err := c.halted(); err != nil {
		return err
	}
	was, final, err := c.readRing()
	if err != nil {
		return err
	}
	now, err := c.block(ctx, Latest)
	if err != nil {
		return err
	}
	if known, ok := was.rows[now.Number]; ok && known.Hash == wire.Digest(now.Hash) { // 1
		return nil
	}
	added, ancestor, err := c.walkBackTo(ctx, now, &was)
	if errors.Is(err, ErrReorganised) {
		return c.halt(ctx, err) // 3
	}
	if err != nil {
		return err
	}
	final, err = c.advanceFinal(ctx, now, final)
	if errors.Is(err, ErrReorganised) {
		return c.halt(ctx, err) // 4
	}
	if err != nil {
		return err
	}
	return c.saveRing(ctx, &was, added, ancestor, final)
}

// walkBackTo returns the blocks that the ring lacks, newest first, and the
// number of the newest one that it has. Without a ring, or after a gap longer
// than it, the head alone begins a new one, and no block counts as orphaned
// by the ring: locate looks each transaction up anyway.
func (c *Chain) walkBackTo(ctx context.Context, now block, was *ring) (added []head, ancestor uint64, err error) {
	added = []head{now.head()}
	if was.empty() || now.Number >= was.high+c.config.Heads {
		return added, now.Number, nil
	}
	for b := now; ; {
		if b.Number == 0 || b.Number <= was.low {
			break
		}
		if known, ok := was.rows[b.Number-1]; ok && known.Hash == wire.Digest(b.Parent) {
			return added, b.Number - 1, nil
		}
		parent, err := c.blockAt(ctx, b.Number-1)
		if err != nil {
			return nil, 0, err
		}
		if parent.Hash != b.Parent {
			return nil, 0, fmt.Errorf("%w: %s: the chain moved while it was read; ask again", ErrUnavailable, c.config.Name)
		}
		added = append(added, parent.head())
		b = parent
	}
	if was.high-was.low+1 >= c.config.Heads { // 3
		return nil, 0, fmt.Errorf("%w: %s: none of the %d blocks from %d to %d that this node remembers is on the chain any more", ErrReorganised, c.config.Name, len(was.rows), was.low, was.high)
	}
	return added, added[len(added)-1].Number - min(1, added[len(added)-1].Number), nil
}

func (b *block) head() head {
	return head{Number: b.Number, Hash: wire.Digest(b.Hash), Parent: wire.Digest(b.Parent)}
}

// advanceFinal checks that the block that counted as final still is canonical
// and returns the newest that does now. An endpoint that has not come as far
// decides nothing.
func (c *Chain) advanceFinal(ctx context.Context, now block, was *head) (*head, error) {
	if was != nil {
		if now.Number < was.Number {
			return nil, fmt.Errorf("%w: %s is at height %d, block %d counted as final; the endpoint is behind, or the chain was started anew", ErrUnavailable, c.config.Name, now.Number, was.Number)
		}
		same, err := c.blockAt(ctx, was.Number)
		if err != nil {
			return nil, err
		}
		if same.Hash != common.Hash(was.Hash) {
			return nil, fmt.Errorf("%w: %s: block %d was %s and counted as final, now it is %s", ErrReorganised, c.config.Name, was.Number, was.Hash, same.Hash)
		}
	}
	b, err := c.finalBlock(ctx)
	switch {
	case errors.Is(err, errNoBlock):
		return was, nil
	case err != nil:
		return nil, err
	case was != nil && b.Number <= was.Number:
		return was, nil
	}
	newest := b.head()
	return &newest, nil
}

// saveRing replaces the orphaned rows and walks back the transactions in them,
// in one step.
func (c *Chain) saveRing(ctx context.Context, was *ring, added []head, ancestor uint64, final *head) error {
	err := c.config.DB.Update(ctx, func(tx store.Tx) error {
		newest := added[0].Number
		for number := range was.rows {
			if number > ancestor || number+c.config.Heads <= newest {
				tx.Delete(c.headRow(number))
			}
		}
		for _, h := range added {
			if h.Number+c.config.Heads <= newest {
				break
			}
			doc, err := wire.Marshal(h)
			if err != nil {
				return err
			}
			tx.Set(c.headRow(h.Number), doc)
		}
		if final != nil {
			doc, err := wire.Marshal(final)
			if err != nil {
				return err
			}
			tx.Set(c.row("final"), doc)
		}
		if was.empty() || ancestor >= was.high {
			return nil
		}
		return c.orphan(tx, was, ancestor)
	})
	if err != nil {
		return fmt.Errorf("remembering the blocks of %s: %w", c.config.Name, err)
	}
	return nil
}

// orphan walks back every transaction in a remembered block above ancestor.
func (c *Chain) orphan(tx store.Tx, was *ring, ancestor uint64) error {
	var open []Tx
	err := tx.Scan(c.row("open/"), "", func(_ string, key []byte) error {
		t, err := c.readTx(tx, string(key))
		open = append(open, t)
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range open {
		lost, ok := was.rows[t.BlockNumber]
		if t.State == StateSigned || t.BlockNumber <= ancestor || !ok || lost.Hash != t.BlockHash {
			continue
		}
		t.walkBack()
		if err := c.writeTx(tx, t); err != nil {
			return err
		}
	}
	return nil
}

// halt makes the reason durable and returns it.
func (c *Chain) halt(ctx context.Context, why error) error {
	err := c.config.DB.Update(ctx, func(tx store.Tx) error {
		tx.Set(c.row("halt"), []byte(why.Error()))
		return nil
	})
	if err != nil {
		return errors.Join(why, err)
	}
	return why
}

// halted returns why nothing is sent any more, or nil.
func (c *Chain) halted() error {
	return c.config.DB.View(func(r store.Reader) error {
		why, err := r.Get(c.row("halt"))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the halt of %s: %w", c.config.Name, err)
		}
		return fmt.Errorf("%w: %s: payments are halted (%s); compare what the chain and the other side say with settle status, then resume", ErrReorganised, c.config.Name, why)
	})
}

// Resume ends a halt once an operator has looked: every record that is not in
// a canonical block now, final ones included, is open again, and the blocks are
// remembered anew.
func (c *Chain) Resume(ctx context.Context) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	var all []Tx
	err := c.config.DB.View(func(r store.Reader) error {
		prefix := c.row("tx/")
		return r.Scan(prefix, "", func(key string, _ []byte) error {
			t, err := c.readTx(r, key[len(prefix):])
			all = append(all, t)
			return err
		})
	})
	if err != nil {
		return err
	}
	var lost []Tx
	for _, t := range all {
		if t.State == StateSigned {
			continue
		}
		found, err := c.locate(ctx, t)
		if err != nil {
			return err
		}
		if found == nil || wire.Digest(found.receipt.BlockHash) != t.BlockHash {
			t.walkBack()
			lost = append(lost, t)
		}
	}
	return c.config.DB.Update(ctx, func(tx store.Tx) error {
		for _, t := range lost {
			if err := c.writeTx(tx, t); err != nil {
				return err
			}
		}
		for _, row := range []string{"halt", "final"} {
			tx.Delete(c.row(row))
		}
		var numbers []uint64
		prefix := c.row("head/")
		err := tx.Scan(prefix, "", func(key string, _ []byte) error {
			n, err := strconv.ParseUint(key[len(prefix):], 10, 64)
			numbers = append(numbers, n)
			return err
		})
		for _, n := range numbers {
			tx.Delete(c.headRow(n))
		}
		return err
	})
}
