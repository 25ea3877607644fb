package store

import (
	"bytes"
	"errors"
	"fmt"
	"sort"

	"github.com/backbay-labs/chio-node/wire"
)

// chainKey is the engine's own row. Its first byte keeps it out of every
// caller's reach; it is not part of the rows sum.
const chainKey = "!head"

// chain is where the store stands: it advances by one with every backend
// transaction and travels in the same transaction as the rows.
type chain struct {
	Sequence uint64      `json:"sequence"` // transactions so far
	Rows     uint64      `json:"rows"`     // rows, without the engine's own
	Sum      wire.Digest `json:"sum"`
	PrevSum  wire.Digest `json:"prev_sum"` // Sum before this transaction
	// HeadKey signed the heads of this store from some transaction on; zero if
	// none ever was signed. Kept as text so that zero has an encoding.
	HeadKey string `json:"head_key"`
}

// readChain returns the zero chain for a store without rows of its own.
func readChain(r Reader) (chain, error) {
	b, err := r.Get(chainKey)
	if errors.Is(err, ErrNotFound) {
		return chain{}, nil
	}
	if err != nil {
		return chain{}, fmt.Errorf("read row %s: %w", chainKey, err)
	}
	var c chain
	if err := wire.UnmarshalCanonical(b, &c, wire.DocumentLimits); err != nil {
		return chain{}, fmt.Errorf("%w: row %s: %w", ErrCorrupt, chainKey, err)
	}
	if !bytes.Equal(wire.MustMarshal(c), b) {
		return chain{}, fmt.Errorf("%w: row %s lacks a member", ErrCorrupt, chainKey)
	}
	return c, nil
}

// advance returns the writes of a group and the chain after them. Writes that
// change nothing are left out.
func (c chain) advance(base Reader, o *overlay) (chain, []Write, error) {
	sum := sumOf(c.Sum)
	next := chain{Sequence: c.Sequence + 1, Rows: c.Rows, PrevSum: c.Sum, HeadKey: c.HeadKey}
	var writes []Write
	for _, key := range o.keys() {
		value := o.rows[key]
		old, err := base.Get(key)
		switch {
		case errors.Is(err, ErrNotFound):
			if value == nil {
				continue
			}
			next.Rows++
		case err != nil:
			return chain{}, nil, fmt.Errorf("read %.80q before replacing it: %w", key, err)
		case value != nil && bytes.Equal(old, value):
			continue
		default:
			sum = sum.sub(rowHash(key, old))
			if value == nil {
				next.Rows--
			}
		}
		if value != nil {
			sum = sum.add(rowHash(key, value))
		}
		writes = append(writes, Write{Key: key, Value: value, Delete: value == nil})
	}
	next.Sum = sum.digest()
	return next, writes, nil
}

// with adds the chain's own row to the writes of its transaction.
func (c chain) with(writes []Write) []Write {
	writes = append(writes, Write{Key: chainKey, Value: wire.MustMarshal(c)})
	sort.Slice(writes, func(i, j int) bool { return writes[i].Key < writes[j].Key })
	return writes
}

// commitGroup makes a group durable: the head is prepared first, because a
// head that cannot be made must stop the rows too; then the rows are applied;
// then the head file is written. A crash in between leaves the rows one
// transaction ahead of the head, which start-up accepts and completes.
func (e *Engine) commitGroup(g *group) error {
	if cause := e.cause.Load(); cause != nil { // what this group was built on is not on disk
		return *cause
	}
	if len(g.overlay.rows) == 0 {
		return nil
	}
	e.commit.Lock()
	defer e.commit.Unlock()
	// What the group before this one wrote is in its overlay; of the rest, what
	// the closures read before it is still so after it.
	before := layers{base: g.reads}
	if g.prev != nil {
		before.top = []*overlay{g.prev}
	}
	next, writes, err := e.chain.advance(before, g.overlay)
	if err != nil {
		return e.latch(err)
	}
	if len(writes) == 0 {
		return nil
	}
	var slot []byte
	if e.heads != nil {
		if e.signer != nil {
			next.HeadKey = e.signer.Public().String()
		}
		slot, err = e.nextHead(next, layers{top: []*overlay{g.overlay}, base: g.base})
		if err != nil {
			return e.latch(err)
		}
	}
	if err := e.backend.Apply(next.with(writes)); err != nil {
		return e.latch(fmt.Errorf("commit: %w", err))
	}
	e.chain = next
	if e.heads != nil {
		if err := e.heads.write(slot); err != nil {
			return e.latch(fmt.Errorf("write head: %w", err))
		}
	}
	if err := e.publish(); err != nil {
		return e.latch(err)
	}
	return nil
}
