package settlement_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// evmRail drives the channels of one chain and key.
type evmRail struct {
	chain *evm.Chain
	final evm.Tag
	key   *evm.Key // of consents; nil where none is signed
}

var _ settlement.Rail = (*evmRail)(nil)

// newRail makes a rail. final names the block whose figures count as never to be
// undone: evm.Finalized, or for a development chain without finality
// evm.Latest.
func newRail(chain *evm.Chain, final evm.Tag) *evmRail { return &evmRail{chain: chain, final: final} }

// ChainID is the CAIP-2 id.
func (r *evmRail) ChainID() string { return caip2(r.chain.ID()) }

// Contract is the address of the channel contract.
func (r *evmRail) Contract() string { return r.chain.Contract().String() }

// Token is the address of the token.
func (r *evmRail) Token() string { return r.chain.Token().String() }

// Address is the account of the settlement key.
func (r *evmRail) Address() string { return r.chain.Address().String() }

func caip2(id uint64) string { return fmt.Sprintf("eip155:%d", id) }

func params(c settlement.Channel) (p evm.ChannelParams, err error) {
	for _, a := range [...]struct {
		to   *evm.Address
		text string
	}{{&p.Payer, c.Payer}, {&p.Payee, c.Payee}, {&p.Token, c.Token}} {
		if err := a.to.UnmarshalText([]byte(a.text)); err != nil {
			return p, err
		}
	}
	p.Salt = c.Salt
	return p, nil
}

// ChannelID is the id of a channel on this chain and contract.
func (r *evmRail) ChannelID(c settlement.Channel) (wire.Digest, error) {
	p, err := params(c)
	return r.chain.ChannelID(p), err
}

// Standing reads a channel at the latest and at the final block. The final one
// is read first, so that it is never ahead of the latest.
func (r *evmRail) Standing(ctx context.Context, channel wire.Digest) (settlement.Standing, error) {
	final, err := r.chain.ChannelState(ctx, channel, r.final)
	if err != nil {
		return settlement.Standing{}, err
	}
	now, err := r.chain.ChannelState(ctx, channel, evm.Latest)
	return settlement.Standing{
		Deposited: now.Deposited, Settled: now.Settled, CloseAt: now.CloseAt, Epoch: now.Epoch, FinalEpoch: final.Epoch, Time: int64(now.Time),
		FinalDeposited: final.Deposited, FinalSettled: final.Settled, Block: now.Block,
	}, err
}

// Fund makes a deposit and returns once it is mined.
func (r *evmRail) Fund(ctx context.Context, c settlement.Channel, amount, sequence uint64) (settlement.Transfer, error) {
	p, err := params(c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := r.chain.Fund(ctx, p, amount, sequence)
	return r.transfer(&t), err
}

// Funding returns the recorded transaction of a deposit. One that reverted for
// good counts as none.
func (r *evmRail) Funding(c settlement.Channel, sequence uint64) (settlement.Transfer, bool, error) {
	p, err := params(c)
	if err != nil {
		return settlement.Transfer{}, false, err
	}
	t, err := r.chain.Funding(r.chain.ChannelID(p), sequence)
	if errors.Is(err, evm.ErrUnknownTx) || err == nil && t.Reverted && t.State == evm.StateFinal {
		return settlement.Transfer{}, false, nil
	}
	return r.transfer(&t), err == nil, err
}

// SignVoucher makes a voucher of this chain; signatures are deterministic.
func (r *evmRail) SignVoucher(c settlement.Channel, cumulative uint64, statement wire.Digest) ([]byte, error) {
	p, err := params(c)
	if err != nil {
		return nil, err
	}
	v, err := r.chain.SignVoucher(p, cumulative, statement)
	if err != nil {
		return nil, err
	}
	return v.Bytes(), nil
}

// ParseVoucher decodes and verifies a voucher of any chain.
func (r *evmRail) ParseVoucher(doc []byte) (settlement.Voucher, error) { return parseVoucher(doc) }

// parseVoucher decodes and verifies a voucher file, offline.
func parseVoucher(doc []byte) (settlement.Voucher, error) {
	v, err := evm.ParseVoucher(doc)
	if err != nil {
		return settlement.Voucher{}, err
	}
	return settlement.Voucher{
		ChainID: caip2(v.ChainID), Contract: v.Contract.String(), Channel: v.Channel, Payer: v.Payer.String(),
		Payee: v.Payee.String(), Token: v.Token.String(), Cumulative: v.Cumulative, Statement: v.Statement,
	}, nil
}

// Redeem has a voucher paid and returns once that is mined.
func (r *evmRail) Redeem(ctx context.Context, voucher []byte) (settlement.Transfer, error) {
	v, err := evm.ParseVoucher(voucher)
	if err != nil {
		return settlement.Transfer{}, err
	}
	red, err := r.chain.Redeem(ctx, v)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t := r.transfer(&red.Tx)
	t.Settled = red.Settled
	return t, nil
}

// Close announces that the payer leaves.
func (r *evmRail) Close(ctx context.Context, c settlement.Channel) (settlement.Transfer, error) {
	p, err := params(c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := r.chain.StartClose(ctx, p)
	return r.transfer(&t), err
}

// Withdraw brings back the rest.
func (r *evmRail) Withdraw(ctx context.Context, c settlement.Channel) (settlement.Transfer, error) {
	p, err := params(c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := r.chain.Withdraw(ctx, p)
	if evm.IsReverted(err, "NotWithdrawable") {
		err = fmt.Errorf("%w: %w", settlement.ErrGrace, err)
	}
	return r.transfer(&t), err
}

func (r *evmRail) consent(req *settlement.CloseRequest) *evm.Consent {
	return &evm.Consent{ChainID: r.chain.ID(), Contract: r.chain.Contract(), Channel: req.Channel, Cumulative: req.Cumulative,
		Statement: req.Statement, Epoch: req.Epoch, ValidUntil: uint64(req.ValidUntil)}
}

// SignConsent signs as the payee.
func (r *evmRail) SignConsent(req settlement.CloseRequest) (string, error) {
	return evm.SignConsent(r.key, r.consent(&req))
}

// CloseWithConsent ends a channel at once.
func (r *evmRail) CloseWithConsent(ctx context.Context, c settlement.Channel, req settlement.CloseRequest, consent string) (settlement.Transfer, error) {
	p, err := params(c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := r.chain.CloseWithConsent(ctx, p, r.consent(&req), consent)
	return r.transfer(&t), err
}

// Returns lists the ends of a channel.
func (r *evmRail) Returns(ctx context.Context, channel wire.Digest, after uint64) ([]settlement.Return, error) {
	ends, err := r.chain.Returns(ctx, channel, after)
	var out []settlement.Return
	for _, e := range ends {
		out = append(out, settlement.Return(e))
	}
	return out, err
}

// Track resumes and follows what is under way.
func (r *evmRail) Track(ctx context.Context) error {
	_, err := r.chain.Track(ctx)
	return err
}

// transfer reports a transaction that was mined. Where the latest block counts
// as final, so does every mined transaction.
func (r *evmRail) transfer(t *evm.Tx) settlement.Transfer {
	mined := t.State.AtLeast(evm.StateMined) && !t.Reverted
	return settlement.Transfer{
		Tx: t.Hash, Block: t.BlockNumber, BlockHash: t.BlockHash,
		Final: mined && (t.State == evm.StateFinal || r.final == evm.Latest),
	}
}
