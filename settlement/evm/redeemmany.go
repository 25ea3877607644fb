package evm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// MaxBatch is how many vouchers one transaction redeems at most: it stays well
// below the 2^24 gas that a transaction may use.
const MaxBatch = 400

// RedeemMany has the vouchers of several channels of this payee paid in one
// transaction and returns when it is mined, one Redemption for each in the
// order of their channels. The transaction is named by what it redeems, so asked
// again it resumes; a voucher that was paid meanwhile, by itself or in another
// batch, adds nothing. Any other fault of one refuses all: ErrDeposit names it.
func (c *Chain) RedeemMany(ctx context.Context, vouchers []*Voucher) ([]Redemption, error) {
	sorted, op, err := c.batch(vouchers)
	if err != nil {
		return nil, err
	}
	_, err = c.Tx(op.key)
	if err != nil && !errors.Is(err, ErrUnknownTx) {
		return nil, err
	}
	recorded := err == nil
	if !recorded {
		paid, err := c.allPaid(ctx, sorted)
		if err != nil {
			return nil, err
		}
		if paid {
			return c.settledOnes(ctx, sorted)
		}
	}
	t, err := c.perform(ctx, op)
	if errors.Is(err, ErrReverted) { // somebody was faster with all of them
		if paid, stateErr := c.allPaid(ctx, sorted); stateErr == nil && paid {
			return c.settledOnes(ctx, sorted)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := c.indexBatch(ctx, sorted, op.key); err != nil {
		return nil, err
	}
	return c.redemptions(ctx, sorted, t, recorded)
}

// batch checks and orders vouchers and names their transaction.
func (c *Chain) batch(vouchers []*Voucher) ([]*Voucher, operation, error) {
	if len(vouchers) == 0 || len(vouchers) > MaxBatch {
		return nil, operation{}, fmt.Errorf("%w: a batch of %d, want 1 to %d", ErrVoucher, len(vouchers), MaxBatch)
	}
	sorted := slices.SortedFunc(slices.Values(vouchers), func(a, b *Voucher) int { return bytes.Compare(a.Channel[:], b.Channel[:]) })
	var parts [][]byte
	var amount uint64
	claims := make([]channel.ChioChannelClaim, 0, len(sorted))
	for i, v := range sorted {
		if err := c.CheckVoucher(v); err != nil {
			return nil, operation{}, err
		}
		if v.Payee != sorted[0].Payee || i > 0 && v.Channel == sorted[i-1].Channel {
			return nil, operation{}, fmt.Errorf("%w: a batch is of one payee and has one voucher for a channel", ErrVoucher)
		}
		sig, err := v.signature()
		if err != nil {
			return nil, operation{}, err
		}
		if amount += v.Cumulative; amount > wire.MaxUnits {
			return nil, operation{}, fmt.Errorf("%w: a batch of more than 2^53-1 units", wire.ErrAmount)
		}
		parts = append(parts, v.Channel[:], uintWord(v.Cumulative), v.Statement[:])
		claims = append(claims, channel.ChioChannelClaim{Payer: toCommon(v.Payer), Salt: v.Salt,
			Cumulative: new(big.Int).SetUint64(v.Cumulative), Statement: v.Statement, Signature: sig[:]})
	}
	id := keccak(parts...)
	return sorted, operation{
		key:    "batch/" + id.String(),
		detail: fmt.Sprintf("vouchers=%d", len(sorted)),
		amount: amount,
		to:     c.config.Channel,
		data: func(context.Context) ([]byte, error) {
			return c.channel.TryPackRedeemMany(toCommon(sorted[0].Payee), toCommon(c.config.Token), claims)
		},
	}, nil
}

// allPaid reports whether no voucher adds anything, and refuses one that
// promises more than there is.
func (c *Chain) allPaid(ctx context.Context, vouchers []*Voucher) (bool, error) {
	paid := true
	for _, v := range vouchers {
		state, err := c.ChannelState(ctx, v.Channel, Latest)
		if err != nil {
			return false, err
		}
		if v.Cumulative > state.Deposited && state.Settled < v.Cumulative {
			return false, fmt.Errorf("%w: it promises %d units, channel %s holds %d", ErrDeposit, v.Cumulative, v.Channel, state.Deposited)
		}
		paid = paid && state.Settled >= v.Cumulative
	}
	return paid, nil
}

func (c *Chain) settledOnes(ctx context.Context, vouchers []*Voucher) ([]Redemption, error) {
	out := make([]Redemption, len(vouchers))
	for i, v := range vouchers {
		state, err := c.ChannelState(ctx, v.Channel, Latest)
		if err != nil {
			return nil, err
		}
		out[i] = Redemption{Settled: state.Settled, Repeated: true}
	}
	return out, nil
}

// redemptions reads what each voucher was paid from the events of the batch.
func (c *Chain) redemptions(ctx context.Context, vouchers []*Voucher, t Tx, repeated bool) ([]Redemption, error) {
	out, err := c.settledOnes(ctx, vouchers)
	if err != nil {
		return nil, err
	}
	r, err := c.receipt(ctx, common.Hash(t.Hash))
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%w: %s: %s left its block meanwhile; ask again", ErrUnavailable, c.config.Name, t.Key)
	}
	for _, log := range r.Logs {
		if log.Address != toCommon(c.config.Channel) {
			continue
		}
		event, err := c.channel.UnpackRedeemedEvent(log)
		if err != nil {
			continue // another event of the contract
		}
		for i, v := range vouchers {
			if v.Channel != event.Id || v.Statement != event.Statement {
				continue
			}
			paid, err := units(event.Paid)
			if err != nil {
				return nil, err
			}
			out[i] = Redemption{Tx: t, Paid: paid, Settled: v.Cumulative, Repeated: repeated}
		}
	}
	return out, nil
}

func (c *Chain) batchRow(v *Voucher) string {
	return c.row(fmt.Sprintf("in/%s/%d", v.Channel, v.Cumulative))
}

// indexBatch lets Redeem find the batch that paid a voucher:
//
//	in/<channel>/<cumulative> the key of the batch
func (c *Chain) indexBatch(ctx context.Context, vouchers []*Voucher, key string) error {
	err := c.config.DB.Update(ctx, func(tx store.Tx) error {
		for _, v := range vouchers {
			tx.Set(c.batchRow(v), []byte(key))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording what %s pays: %w", key, err)
	}
	return nil
}

// batchOf returns the batch that redeemed a voucher, or a zero Tx.
func (c *Chain) batchOf(v *Voucher) (Tx, error) {
	var t Tx
	err := c.config.DB.View(func(r store.Reader) error {
		key, err := r.Get(c.batchRow(v))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		t, err = c.readTx(r, string(key))
		return err
	})
	return t, err
}
