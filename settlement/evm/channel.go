package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/wire"
)

// authorizationSeconds is how long a funding authorization stays usable: long
// enough for a transaction that waits, short enough to end.
const authorizationSeconds = 7 * 24 * 3600

// ChannelState is a channel as of one block.
type ChannelState struct {
	Channel   wire.Digest
	Deposited uint64 // token units
	Settled   uint64 // token units
	CloseAt   int64  // unix seconds; 0 unless closing
	Epoch     uint64 // how often the channel has ended
	Block     uint64
	BlockHash wire.Digest
	Time      uint64 // of the block, unix seconds
}

// ChannelID is the id of a channel on this chain and contract.
func (c *Chain) ChannelID(p ChannelParams) wire.Digest {
	return ChannelID(c.config.ChainID, c.config.Channel, p)
}

// ChannelState reads a channel at the tagged block; a channel that was never
// funded is all zero.
func (c *Chain) ChannelState(ctx context.Context, id wire.Digest, tag Tag) (ChannelState, error) {
	s, err := c.agreedState(ctx, id, func(ctx context.Context) (block, error) { return c.block(ctx, tag) })
	if err != nil {
		return ChannelState{}, fmt.Errorf("reading channel %s: %w", id, err)
	}
	return s, nil
}

// FinalState reads a channel at the newest block that counts as final, by the
// same rule as a transaction's StateFinal. Before the contract existed every
// channel is all zero.
func (c *Chain) FinalState(ctx context.Context, id wire.Digest) (ChannelState, error) {
	s, err := c.agreedState(ctx, id, c.finalBlock)
	switch {
	case errors.Is(err, errNoBlock):
		return ChannelState{Channel: id}, nil
	case errors.Is(err, ErrWrongContract): // Dial found the contract at the latest block
		return ChannelState{Channel: id, Block: s.Block, BlockHash: s.BlockHash}, nil
	case err != nil:
		return ChannelState{}, fmt.Errorf("reading channel %s: %w", id, err)
	}
	return s, nil
}

func (c *Chain) channelAt(ctx context.Context, id wire.Digest, at block) (ChannelState, error) {
	s := ChannelState{Channel: id, Block: at.Number, BlockHash: wire.Digest(at.Hash), Time: at.Time}
	out, err := read(ctx, c, at, c.config.Channel, c.channel.PackChannels(id), c.channel.UnpackChannels)
	if err != nil {
		return s, err
	}
	s.CloseAt, s.Epoch = int64(out.CloseAt), uint64(out.Epoch)
	if s.Deposited, err = units(out.Deposited); err != nil {
		return s, err
	}
	s.Settled, err = units(out.Settled)
	return s, err
}

// Balance is the token balance of an account at the latest block, in token
// units.
func (c *Chain) Balance(ctx context.Context, account Address) (uint64, error) {
	at, err := c.block(ctx, Latest)
	if err != nil {
		return 0, fmt.Errorf("reading the balance of %s: %w", account, err)
	}
	out, err := read(ctx, c, at, c.config.Token, c.token.PackBalanceOf(toCommon(account)), c.token.UnpackBalanceOf)
	if err != nil {
		return 0, fmt.Errorf("reading the balance of %s: %w", account, err)
	}
	return units(out)
}

// OpenAndFund makes the first deposit of a channel; see Fund.
func (c *Chain) OpenAndFund(ctx context.Context, p ChannelParams, amount uint64) (Tx, error) {
	return c.Fund(ctx, p, amount, 1)
}

// Fund makes the deposit with the given sequence number, of amount token units,
// and returns when it is mined. The number makes it happen once: the token
// itself refuses a second use. Asked again it returns the recorded transaction;
// asked with another amount, ErrConflict.
func (c *Chain) Fund(ctx context.Context, p ChannelParams, amount, sequence uint64) (Tx, error) {
	if err := c.checkParams(p); err != nil {
		return Tx{}, err
	}
	if p.Payer != c.Address() {
		return Tx{}, fmt.Errorf("%w: the payer is %s, this node is %s", ErrVoucher, p.Payer, c.Address())
	}
	if amount == 0 || amount > wire.MaxUnits || sequence == 0 {
		return Tx{}, fmt.Errorf("%w: deposit %d of %d units", wire.ErrAmount, sequence, amount)
	}
	id := c.ChannelID(p)
	return c.perform(ctx, operation{
		key:    fmt.Sprintf("fund/%s/%d", id, sequence),
		detail: fmt.Sprintf("amount=%d", amount),
		amount: amount,
		to:     c.config.Channel,
		data: func(ctx context.Context) ([]byte, error) {
			return c.fundingCall(ctx, p, amount, sequence)
		},
	})
}

// fundingCall signs the authorization. Its validity is counted by the chain's
// clock, which is the one that decides.
func (c *Chain) fundingCall(ctx context.Context, p ChannelParams, amount, sequence uint64) ([]byte, error) {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return nil, err
	}
	nonce := DepositNonce(c.ChannelID(p), sequence)
	used, err := read(ctx, c, head, c.config.Token, c.token.PackAuthorizationState(toCommon(p.Payer), nonce), c.token.UnpackAuthorizationState)
	if err != nil {
		return nil, err
	}
	if used {
		return nil, fmt.Errorf("%w: deposit %d of channel %s is on the chain and not in this store; use the next sequence number", ErrConflict, sequence, c.ChannelID(p))
	}
	before := head.Time + authorizationSeconds
	sig, err := c.config.Key.compact(receiveData(c.tokenDomain, p.Payer, c.config.Channel, amount, before, nonce))
	if err != nil {
		return nil, err
	}
	v := 27 + sig[32]>>7
	sig[32] &= 0x7f
	return c.channel.TryPackFundWithAuthorization(p.binding(), new(big.Int).SetUint64(amount), channel.ChioChannelAuthorization{
		ValidAfter: new(big.Int), ValidBefore: new(big.Int).SetUint64(before), Sequence: new(big.Int).SetUint64(sequence),
		V: v, R: [32]byte(sig[:32]), S: [32]byte(sig[32:]),
	})
}

// StartClose announces that the payer leaves; the payee has until CloseAt to
// redeem. Withdraw then returns the rest.
func (c *Chain) StartClose(ctx context.Context, p ChannelParams) (Tx, error) {
	return c.exit(ctx, p, "close", c.channel.TryPackClose)
}

// Withdraw returns the rest of a closed channel to its payer.
func (c *Chain) Withdraw(ctx context.Context, p ChannelParams) (Tx, error) {
	return c.exit(ctx, p, "withdraw", c.channel.TryPackWithdraw)
}

// exit performs a step of closing. A channel can be funded and closed again, so
// the step is named by how often it has ended.
func (c *Chain) exit(ctx context.Context, p ChannelParams, step string, pack func(channel.ChioChannelParams) ([]byte, error)) (Tx, error) {
	if err := c.checkParams(p); err != nil {
		return Tx{}, err
	}
	s, err := c.ChannelState(ctx, c.ChannelID(p), Latest)
	if err != nil {
		return Tx{}, err
	}
	return c.perform(ctx, operation{
		key:    fmt.Sprintf("%s/%s/%d", step, s.Channel, s.Epoch),
		detail: fmt.Sprintf("epoch=%d", s.Epoch),
		to:     c.config.Channel,
		data:   func(context.Context) ([]byte, error) { return pack(p.binding()) },
	})
}

// perform submits an operation and waits until it is mined.
func (c *Chain) perform(ctx context.Context, op operation) (Tx, error) {
	if t, err := c.submit(ctx, op); err != nil {
		return t, err
	}
	t, err := c.Await(ctx, op.key, StateMined)
	switch {
	case err == nil && t.Cancelled:
		return t, fmt.Errorf("%s: %w; ask again once that is final", op.key, ErrCancelled)
	case err == nil && t.Reverted:
		return t, fmt.Errorf("%s: %w", op.key, &RevertError{Reason: t.Reason})
	}
	return t, err
}

func (c *Chain) checkParams(p ChannelParams) error {
	switch {
	case p.Token != c.config.Token:
		return fmt.Errorf("%w: the channel's token %s is not the configured %s", ErrVoucher, p.Token, c.config.Token)
	case p.Payer.IsZero() || p.Payee.IsZero() || p.Payer == p.Payee:
		return fmt.Errorf("%w: payer %s and payee %s", ErrVoucher, p.Payer, p.Payee)
	}
	return nil
}

// IsReverted tells a refusal by the contract with the named error from others.
func IsReverted(err error, name string) bool {
	var revert *RevertError
	return errors.As(err, &revert) && (revert.Name == name || revert.Name == "" && revert.Reason == name)
}
