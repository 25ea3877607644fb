package evm

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// errUndecided: one of two endpoints has not come far enough to be asked.
var errUndecided = errors.New("an endpoint lags behind")

// decide says where a transaction is on the chain; nil means in no canonical
// block. Above the configured amount two endpoints are asked, and
//
//	1 both must name the same variant, block, outcome and cost
//	2 it is as settled as the more careful of the two says
//	3 one whose head is below the block that the other names decides nothing yet
func (c *Chain) decide(ctx context.Context, t Tx) (*place, error) {
	jurors, err := c.jurors(t.Amount)
	if err != nil {
		return nil, err
	}
	if len(jurors) == 1 {
		return c.locate(ctx, t)
	}
	var found [2]*place
	for i, p := range jurors {
		if found[i], err = c.locate(pinned(ctx, p), t); err != nil {
			return nil, err
		}
	}
	a, b := found[0], found[1]
	switch {
	case a == nil && b == nil:
		return nil, nil
	case a == nil:
		return nil, c.lagging(pinned(ctx, jurors[0]), t, b)
	case b == nil:
		return nil, c.lagging(pinned(ctx, jurors[1]), t, a)
	}
	if a.variant != b.variant || a.receipt.BlockHash != b.receipt.BlockHash || a.receipt.Status != b.receipt.Status || a.receipt.GasUsed != b.receipt.GasUsed { // 1
		return nil, fmt.Errorf("%w: %s: endpoints %d and %d place %s in blocks %s and %s; nothing is decided until they agree", ErrDisagree,
			c.config.Name, jurors[0].n, jurors[1].n, t.Key, a.receipt.BlockHash, b.receipt.BlockHash)
	}
	if a.state.AtLeast(b.state) { // 2
		a.state = b.state
	}
	return a, nil
}

// lagging tells an endpoint that has not seen a block from one that denies it.
func (c *Chain) lagging(ctx context.Context, t Tx, other *place) error {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return err
	}
	if head.Number < uint64(other.receipt.BlockNumber) { // 3
		return errUndecided
	}
	return fmt.Errorf("%w: %s: one endpoint has %s in block %d (%s), another at height %d does not; nothing is decided until they agree", ErrDisagree,
		c.config.Name, t.Key, uint64(other.receipt.BlockNumber), other.receipt.BlockHash, head.Number)
}

// agreedState reads a channel at the block that choose answers. Above the
// configured amount two endpoints must have that block, the lower one of
// theirs, and the same state in it.
func (c *Chain) agreedState(ctx context.Context, id wire.Digest, choose func(context.Context) (block, error)) (ChannelState, error) {
	at, err := choose(ctx)
	if err != nil {
		return ChannelState{}, err
	}
	s, err := c.channelAt(ctx, id, at)
	if err != nil {
		return s, err
	}
	jurors, err := c.jurors(max(s.Deposited, s.Settled))
	if err != nil || len(jurors) == 1 {
		return s, err
	}
	for i, p := range jurors {
		b, err := choose(pinned(ctx, p))
		if err != nil {
			return s, err
		}
		if i == 0 || b.Number < at.Number {
			at = b
		}
	}
	for i, p := range jurors {
		b, err := c.blockAt(pinned(ctx, p), at.Number)
		if err != nil {
			return s, err
		}
		if b.Hash != at.Hash {
			return s, fmt.Errorf("%w: %s: endpoint %d has block %s at height %d, another %s", ErrDisagree, c.config.Name, p.n, b.Hash, at.Number, at.Hash)
		}
		got, err := c.channelAt(pinned(ctx, p), id, at)
		if err != nil {
			return got, err
		}
		if i > 0 && got != s {
			return s, fmt.Errorf("%w: %s: of channel %s in block %d endpoint %d says deposited %d, settled %d; endpoint %d %d, %d", ErrDisagree, c.config.Name,
				id, at.Number, p.n, got.Deposited, got.Settled, jurors[0].n, s.Deposited, s.Settled)
		}
		s = got
	}
	return s, nil
}
