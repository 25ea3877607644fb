package node

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// evmRail is settlement's Rail on one configured chain. What needs no network is
// answered from the configuration; the rest dials when first asked.
type evmRail struct {
	m        *money
	config   *ChainConfig
	chainID  uint64
	contract evm.Address
	token    evm.Address
}

var _ settlement.Rail = (*evmRail)(nil)

func newRail(m *money, c *ChainConfig) (*evmRail, error) {
	token, err := evm.ParseAddress(strings.ToLower(c.Token))
	if err != nil {
		return nil, fmt.Errorf("chain %s: token: %w", c.Name, err)
	}
	contract, err := evm.ParseAddress(strings.ToLower(c.Channel))
	if err != nil {
		return nil, fmt.Errorf("chain %s: channel: %w", c.Name, err)
	}
	return &evmRail{m: m, config: c, chainID: c.ChainID, contract: contract, token: token}, nil
}

func (r *evmRail) ChainID() string  { return fmt.Sprintf("eip155:%d", r.chainID) }
func (r *evmRail) Contract() string { return r.contract.String() }
func (r *evmRail) Token() string    { return r.token.String() }
func (r *evmRail) Address() string  { return r.m.settlementAddress() }

// params reads a channel's addresses.
func params(c settlement.Channel) (p evm.ChannelParams, err error) {
	for _, a := range []struct {
		text string
		into *evm.Address
	}{{c.Payer, &p.Payer}, {c.Payee, &p.Payee}, {c.Token, &p.Token}} {
		if *a.into, err = evm.ParseAddress(a.text); err != nil {
			return p, err
		}
	}
	p.Salt = c.Salt
	return p, nil
}

// ChannelID implements settlement.Rail.
func (r *evmRail) ChannelID(c settlement.Channel) (wire.Digest, error) {
	p, err := params(c)
	if err != nil {
		return wire.Digest{}, err
	}
	return evm.ChannelID(r.chainID, r.contract, p), nil
}

// Standing implements settlement.Rail.
func (r *evmRail) Standing(ctx context.Context, id wire.Digest) (settlement.Standing, error) {
	chain, err := r.m.dial(ctx, r.config)
	if err != nil {
		return settlement.Standing{}, err
	}
	final, err := chain.FinalState(ctx, id) // first, so that it is never ahead of the latest
	if err != nil {
		return settlement.Standing{}, err
	}
	latest, err := chain.ChannelState(ctx, id, evm.Latest)
	if err != nil {
		return settlement.Standing{}, err
	}
	return settlement.Standing{Deposited: latest.Deposited, Settled: latest.Settled, CloseAt: latest.CloseAt, Block: latest.Block, Epoch: latest.Epoch, FinalEpoch: final.Epoch, Time: int64(latest.Time),
		FinalDeposited: final.Deposited, FinalSettled: final.Settled, FinalBlock: final.Block, FinalHash: final.BlockHash}, nil
}

// Fund implements settlement.Rail.
func (r *evmRail) Fund(ctx context.Context, c settlement.Channel, amount, sequence uint64) (settlement.Transfer, error) {
	chain, p, err := r.open(ctx, c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := chain.Fund(ctx, p, amount, sequence)
	return transfer(t), err
}

// Funding implements settlement.Rail.
func (r *evmRail) Funding(c settlement.Channel, sequence uint64) (settlement.Transfer, bool, error) {
	chain, p, err := r.open(r.m.n.context(), c)
	if err != nil {
		return settlement.Transfer{}, false, err
	}
	t, err := chain.Funding(chain.ChannelID(p), sequence)
	if errors.Is(err, evm.ErrUnknownTx) {
		return settlement.Transfer{}, false, nil
	}
	return transfer(t), err == nil, err
}

// SignVoucher implements settlement.Rail.
func (r *evmRail) SignVoucher(c settlement.Channel, cumulative uint64, statement wire.Digest) ([]byte, error) {
	p, err := params(c)
	if err != nil {
		return nil, err
	}
	v, err := evm.SignVoucher(r.m.key, r.chainID, r.contract, p, cumulative, statement)
	if err != nil {
		return nil, err
	}
	return v.Bytes(), nil
}

// ParseVoucher implements settlement.Rail.
func (r *evmRail) ParseVoucher(doc []byte) (settlement.Voucher, error) {
	v, err := evm.ParseVoucher(doc)
	if err != nil {
		return settlement.Voucher{}, err
	}
	return settlement.Voucher{ChainID: fmt.Sprintf("eip155:%d", v.ChainID), Contract: v.Contract.String(), Channel: v.Channel,
		Payer: v.Payer.String(), Payee: v.Payee.String(), Token: v.Token.String(), Cumulative: v.Cumulative, Statement: v.Statement}, nil
}

// Redeem implements settlement.Rail.
func (r *evmRail) Redeem(ctx context.Context, voucher []byte) (settlement.Transfer, error) {
	v, err := evm.ParseVoucher(voucher)
	if err != nil {
		return settlement.Transfer{}, err
	}
	chain, err := r.m.dial(ctx, r.config)
	if err != nil {
		return settlement.Transfer{}, err
	}
	done, err := chain.Redeem(ctx, v)
	t := transfer(done.Tx)
	t.Settled = done.Settled
	return t, err
}

// Close implements settlement.Rail.
func (r *evmRail) Close(ctx context.Context, c settlement.Channel) (settlement.Transfer, error) {
	chain, p, err := r.open(ctx, c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := chain.StartClose(ctx, p)
	return transfer(t), err
}

// Withdraw implements settlement.Rail.
func (r *evmRail) Withdraw(ctx context.Context, c settlement.Channel) (settlement.Transfer, error) {
	chain, p, err := r.open(ctx, c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := chain.Withdraw(ctx, p)
	if evm.IsReverted(err, "NotWithdrawable") {
		err = fmt.Errorf("%w: the grace period is not over: %w", settlement.ErrGrace, err)
	}
	return transfer(t), err
}

func (r *evmRail) consent(req *settlement.CloseRequest) *evm.Consent {
	return &evm.Consent{ChainID: r.chainID, Contract: r.contract, Channel: req.Channel, Cumulative: req.Cumulative, Statement: req.Statement,
		Epoch: req.Epoch, ValidUntil: uint64(max(req.ValidUntil, 0))}
}

// SignConsent implements settlement.Rail.
func (r *evmRail) SignConsent(req settlement.CloseRequest) (string, error) {
	return evm.SignConsent(r.m.key, r.consent(&req))
}

// CloseWithConsent implements settlement.Rail.
func (r *evmRail) CloseWithConsent(ctx context.Context, c settlement.Channel, req settlement.CloseRequest, consent string) (settlement.Transfer, error) {
	chain, p, err := r.open(ctx, c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := chain.CloseWithConsent(ctx, p, r.consent(&req), consent)
	return transfer(t), err
}

// Returns implements settlement.Rail.
func (r *evmRail) Returns(ctx context.Context, channel wire.Digest, after uint64) ([]settlement.Return, error) {
	chain, err := r.m.dial(ctx, r.config)
	if err != nil {
		return nil, err
	}
	ends, err := chain.Returns(ctx, channel, after)
	out := make([]settlement.Return, len(ends))
	for i, e := range ends {
		out[i] = settlement.Return(e)
	}
	return out, err
}

// Track implements settlement.Rail.
func (r *evmRail) Track(ctx context.Context) error {
	chain, err := r.m.dial(ctx, r.config)
	if err != nil {
		return err
	}
	_, err = chain.Track(ctx)
	return err
}

func (r *evmRail) open(ctx context.Context, c settlement.Channel) (*evm.Chain, evm.ChannelParams, error) {
	p, err := params(c)
	if err != nil {
		return nil, p, err
	}
	chain, err := r.m.dial(ctx, r.config)
	return chain, p, err
}

func transfer(t evm.Tx) settlement.Transfer {
	return settlement.Transfer{Tx: t.Hash, Block: t.BlockNumber, BlockHash: t.BlockHash, Final: t.State.AtLeast(evm.StateFinal)}
}
