package evm

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrUnclaimed: a channel is closing and its voucher could not be redeemed;
// what it promises is lost at the deadline that the error names.
var ErrUnclaimed = errors.New("closing channel is not redeemed yet")

// Vouchers is what the watcher needs of who keeps them.
type Vouchers interface {
	// Channels lists those in which this node is the payee and has a voucher.
	Channels() ([]wire.Digest, error)
	// Best returns the highest voucher of a channel, or nil if there is none.
	Best(channel wire.Digest) (*Voucher, error)
}

// Watch answers closes: for each channel whose payer has announced to leave it
// redeems the best voucher, up to the fee for closing, and returns the channels
// that it found closing. The first call of a process looks at every channel
// with a voucher, the later ones at events. What it cannot redeem is an error
// (ErrUnclaimed) for each; call it again before the deadline.
func (c *Chain) Watch(ctx context.Context, vouchers Vouchers) ([]wire.Digest, error) {
	ctx = urgent(ctx)
	var closing []wire.Digest
	var failed []error
	answer := func(id wire.Digest) {
		found, err := c.answerClose(ctx, id, vouchers)
		if err != nil {
			failed = append(failed, err)
		}
		if found {
			closing = append(closing, id)
		}
	}
	if !c.watched.Load() {
		channels, err := vouchers.Channels()
		if err != nil {
			return nil, err
		}
		for _, id := range channels {
			answer(id)
		}
	}
	err := c.scanEvents(ctx, "closing", c.channel.GetABI().Events["Closing"].ID, func(l *types.Log) error {
		event, err := c.channel.UnpackClosingEvent(l)
		if err != nil {
			return fmt.Errorf("%w: an event of %s: %w", ErrWrongContract, c.config.Channel, err)
		}
		before := len(failed)
		if answer(event.Id); len(failed) > before {
			return failed[before] // the cursor stays, so that it is looked at again
		}
		return nil
	})
	if err != nil && len(failed) == 0 {
		failed = append(failed, err)
	}
	if len(failed) == 0 {
		c.watched.Store(true)
	}
	return closing, errors.Join(failed...)
}

// answerClose redeems the best voucher of one channel if it is closing.
func (c *Chain) answerClose(ctx context.Context, id wire.Digest, vouchers Vouchers) (closing bool, err error) {
	v, err := vouchers.Best(id)
	if err != nil || v == nil || v.Payee != c.Address() {
		return false, err
	}
	state, err := c.ChannelState(ctx, id, Latest)
	if err != nil {
		return false, err
	}
	if state.CloseAt == 0 || state.Settled >= v.Cumulative {
		return false, nil
	}
	if v.Cumulative > state.Deposited {
		return true, fmt.Errorf("%w: channel %s: the voucher promises %d units, %d are there; deadline %d", ErrUnclaimed, id, v.Cumulative, state.Deposited, state.CloseAt)
	}
	if _, err := c.Redeem(ctx, v); err != nil {
		return true, fmt.Errorf("%w: channel %s, %d units, deadline %d (unix): %w", ErrUnclaimed, id, v.Cumulative-state.Settled, state.CloseAt, err)
	}
	return true, nil
}
