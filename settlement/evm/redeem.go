package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrDeposit: a voucher promises more than the channel holds.
var ErrDeposit = errors.New("voucher exceeds the deposit")

// Redemption is the payment of a voucher.
type Redemption struct {
	// Tx is the transaction that paid it, zero if somebody else submitted it.
	Tx Tx
	// Paid is what that transaction moved, in token units; 0 if the voucher had
	// been paid, by itself or by a later one, without us.
	Paid uint64
	// Settled is the channel's total afterwards.
	Settled uint64
	// Repeated says that this call moved nothing: Tx was recorded before it.
	Repeated bool
}

// SignVoucher makes a voucher of a channel of this chain; the key must be the
// payer's.
func (c *Chain) SignVoucher(p ChannelParams, cumulative uint64, statement wire.Digest) (*Voucher, error) {
	if err := c.checkParams(p); err != nil {
		return nil, err
	}
	return SignVoucher(c.config.Key, c.config.ChainID, c.config.Channel, p, cumulative, statement)
}

// CheckVoucher verifies a voucher and that it is of this chain, contract and
// token. Whether the channel holds enough is a question to ChannelState.
func (c *Chain) CheckVoucher(v *Voucher) error {
	if err := VerifyVoucher(v); err != nil {
		return err
	}
	if v.ChainID != c.config.ChainID || v.Contract != c.config.Channel {
		return fmt.Errorf("%w: it is for contract %s on chain %d, not %s on chain %d", ErrVoucher, v.Contract, v.ChainID, c.config.Channel, c.config.ChainID)
	}
	return c.checkParams(v.Params())
}

// Redeem has the contract pay a voucher and returns when that is mined. The
// contract pays the difference to what was paid before, so redeeming a voucher
// again, or an older one, pays nothing and is no error.
func (c *Chain) Redeem(ctx context.Context, v *Voucher) (Redemption, error) {
	if err := c.CheckVoucher(v); err != nil {
		return Redemption{}, err
	}
	op := c.redeemOperation(v)
	_, err := c.Tx(op.key)
	if err != nil && !errors.Is(err, ErrUnknownTx) {
		return Redemption{}, err
	}
	recorded := err == nil
	if !recorded {
		state, err := c.ChannelState(ctx, v.Channel, Latest)
		if err != nil {
			return Redemption{}, err
		}
		if state.Settled >= v.Cumulative {
			t, err := c.batchOf(v)
			return Redemption{Tx: t, Settled: state.Settled, Repeated: true}, err
		}
		if v.Cumulative > state.Deposited {
			return Redemption{}, fmt.Errorf("%w: it promises %d units, channel %s holds %d", ErrDeposit, v.Cumulative, v.Channel, state.Deposited)
		}
	}
	t, err := c.perform(ctx, op)
	if errors.Is(err, ErrReverted) {
		return c.paidByOthers(ctx, v, err)
	}
	if err != nil {
		return Redemption{Tx: t}, err
	}
	return c.redemption(ctx, v, t, recorded)
}

func (c *Chain) redeemOperation(v *Voucher) operation {
	return operation{
		key:    fmt.Sprintf("redeem/%s/%d", v.Channel, v.Cumulative),
		detail: "statement=" + v.Statement.String(),
		amount: v.Cumulative,
		to:     c.config.Channel,
		data: func(context.Context) ([]byte, error) {
			sig, err := v.signature()
			if err != nil {
				return nil, err
			}
			return c.channel.TryPackRedeem(v.Params().binding(), new(big.Int).SetUint64(v.Cumulative), v.Statement, sig[:])
		},
	}
}

// paidByOthers explains a refusal: anyone may submit a voucher, and somebody
// was faster.
func (c *Chain) paidByOthers(ctx context.Context, v *Voucher, refusal error) (Redemption, error) {
	state, err := c.ChannelState(ctx, v.Channel, Latest)
	if err != nil {
		return Redemption{}, err
	}
	if state.Settled < v.Cumulative {
		return Redemption{}, refusal
	}
	return Redemption{Settled: state.Settled, Repeated: true}, nil
}

// redemption reads the amount from the event of the transaction.
func (c *Chain) redemption(ctx context.Context, v *Voucher, t Tx, repeated bool) (Redemption, error) {
	receipt, err := c.receipt(ctx, common.Hash(t.Hash))
	if err != nil {
		return Redemption{Tx: t}, err
	}
	if receipt == nil {
		return Redemption{Tx: t}, fmt.Errorf("%w: %s: %s left its block meanwhile; ask again", ErrUnavailable, c.config.Name, t.Key)
	}
	for _, log := range receipt.Logs {
		if log.Address != toCommon(c.config.Channel) {
			continue
		}
		event, err := c.channel.UnpackRedeemedEvent(log)
		if err != nil || event.Id != v.Channel || event.Statement != v.Statement {
			continue
		}
		paid, err := units(event.Paid)
		if err != nil {
			return Redemption{Tx: t}, err
		}
		settled, err := units(event.Cumulative)
		return Redemption{Tx: t, Paid: paid, Settled: settled, Repeated: repeated}, err
	}
	return Redemption{Tx: t}, fmt.Errorf("%w: transaction %s has no such event", ErrWrongContract, t.Hash)
}

func toCommon(a Address) common.Address { return common.Address(a) }

// binding is the parameters as the contract's binding takes them.
func (p ChannelParams) binding() channel.ChioChannelParams {
	return channel.ChioChannelParams{Payer: toCommon(p.Payer), Payee: toCommon(p.Payee), Token: toCommon(p.Token), Salt: p.Salt}
}
