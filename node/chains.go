package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	// watchInterval is how often the chains are looked at: a fraction of the
	// shortest grace period of a close, an hour.
	watchInterval = 30 * time.Second
	// watchTimeout bounds one look at one chain, so that one that stalls does
	// not keep the others.
	watchTimeout = 2 * time.Minute
)

// watchChains follows the transactions under way on every chain that has been
// used, and answers the closes of channels that owe us. A chain that nothing
// depends on is left alone.
func (m *money) watchChains(ctx context.Context) error {
	var failed []error
	for i := range m.n.cfg.Chains {
		if err := m.watchChain(ctx, &m.n.cfg.Chains[i]); err != nil {
			failed = append(failed, fmt.Errorf("chain %s: %w", m.n.cfg.Chains[i].Name, err))
		}
	}
	return errors.Join(failed...)
}

func (m *money) watchChain(ctx context.Context, c *ChainConfig) error {
	rail, err := newRail(m, c)
	if err != nil {
		return err
	}
	held := drawer{settler: m.settler, rail: rail}
	channels, err := held.Channels()
	if err != nil {
		return err
	}
	m.mu.Lock()
	used := m.chains[c.ChainID] != nil
	m.mu.Unlock()
	if len(channels) == 0 && !used {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	chain, err := m.dial(ctx, c)
	if err != nil {
		return err
	}
	_, trackErr := chain.Track(ctx)
	if errors.Is(trackErr, evm.ErrReorganised) {
		m.n.alarms.raise(alarmChain, c.Name, trackErr.Error())
		m.n.log.Error("payments are halted; chio-node settle txs says why", slog.String("chain", c.Name), slog.Any("error", trackErr))
	}
	if trackErr == nil {
		m.n.alarms.ended(alarmChain, c.Name)
	}
	closing, err := chain.Watch(ctx, held)
	for _, id := range closing {
		m.n.log.Warn("a payer is closing a channel; its best voucher is redeemed", slog.String("chain", c.Name), slog.String("channel", id.String()))
	}
	if errors.Is(err, evm.ErrUnclaimed) {
		m.n.log.Error("a channel closes and its voucher is not redeemed; raise close_max_fee_gwei or send the settlement account gas",
			slog.String("chain", c.Name), slog.Any("error", err))
	}
	return errors.Join(trackErr, err)
}

// drawer is evm.Vouchers on one chain.
type drawer struct {
	settler *settlement.Settler
	rail    *evmRail
}

func (d drawer) claims() ([]settlement.Claim, error) {
	return d.settler.Claims(d.rail.ChainID(), d.rail.Contract())
}

// Channels implements evm.Vouchers.
func (d drawer) Channels() ([]wire.Digest, error) {
	claims, err := d.claims()
	out := make([]wire.Digest, 0, len(claims))
	for _, c := range claims {
		out = append(out, c.Channel)
	}
	return out, err
}

// Best implements evm.Vouchers.
func (d drawer) Best(channel wire.Digest) (*evm.Voucher, error) {
	claims, err := d.claims()
	for _, c := range claims {
		if c.Channel == channel {
			return evm.ParseVoucher(c.Voucher)
		}
	}
	return nil, err
}

// chainNamed returns a configured chain by its name.
func (m *money) chainNamed(ctx context.Context, name string) (*evm.Chain, error) {
	for i := range m.n.cfg.Chains {
		if c := &m.n.cfg.Chains[i]; c.Name == name {
			return m.dial(ctx, c)
		}
	}
	return nil, usage("no chain is named %.80q in the configuration", name)
}

// settleTxs lists the transactions under way on the configured chains.
func (n *Node) settleTxs(ctx context.Context, _ Empty) (*ChainTxs, error) {
	answer := &ChainTxs{Chains: []ChainTx{}}
	for i := range n.cfg.Chains {
		c := &n.cfg.Chains[i]
		out := ChainTx{Chain: c.Name, Txs: []evm.Tx{}}
		chain, err := n.money.dial(ctx, c)
		if err == nil {
			_, err = chain.Track(ctx)
			open, openErr := chain.Open()
			if openErr != nil {
				return nil, openErr
			}
			out.Txs = append(out.Txs, open...)
		}
		if err != nil {
			out.Problem = problemOf(settleProblem(err)).Code + ": " + err.Error()
		}
		answer.Chains = append(answer.Chains, out)
	}
	return answer, nil
}

// settleCancel replaces a transaction that no block takes by an empty one.
func (n *Node) settleCancel(ctx context.Context, req ChainTxRequest) (*ChainTxs, error) {
	chain, err := n.money.chainNamed(ctx, req.Chain)
	if err != nil {
		return nil, err
	}
	t, err := chain.Cancel(ctx, req.Key)
	if err != nil {
		return nil, settleProblem(err)
	}
	return &ChainTxs{Chains: []ChainTx{{Chain: req.Chain, Txs: []evm.Tx{t}}}}, nil
}

// settleResume ends the halt that a deep reorganisation caused.
func (n *Node) settleResume(ctx context.Context, req ChainTxRequest) (*ChainTxs, error) {
	chain, err := n.money.chainNamed(ctx, req.Chain)
	if err != nil {
		return nil, err
	}
	if err := chain.Resume(ctx); err != nil {
		return nil, settleProblem(err)
	}
	open, err := chain.Track(ctx)
	if err != nil {
		return nil, settleProblem(err)
	}
	return &ChainTxs{Chains: []ChainTx{{Chain: req.Chain, Txs: open}}}, nil
}

// ChainTxRequest names a chain of the configuration, and for "settle/cancel"
// what the transaction is for.
type ChainTxRequest struct {
	Chain string `json:"chain"`
	Key   string `json:"key,omitempty"`
}

// ChainTxs answers "settle/txs", "settle/cancel" and "settle/resume".
type ChainTxs struct {
	Chains []ChainTx `json:"chains"`
}

// ChainTx is what is under way on one chain.
type ChainTx struct {
	Chain   string   `json:"chain"`
	Txs     []evm.Tx `json:"txs"`
	Problem string   `json:"problem,omitempty"`
}

// redeemTogether redeems what several of the peers owe us on one chain in one
// transaction. It only saves gas: whatever it leaves undone, and why, comes out
// when each peer's vouchers are redeemed by themselves.
func (m *money) redeemTogether(ctx context.Context, peers []did.DID) {
	for i := range m.n.cfg.Chains {
		if err := m.redeemBatch(ctx, &m.n.cfg.Chains[i], peers); err != nil {
			m.n.log.Warn("vouchers are redeemed one by one, not together", slog.String("chain", m.n.cfg.Chains[i].Name), slog.Any("error", err))
		}
	}
}

func (m *money) redeemBatch(ctx context.Context, c *ChainConfig, peers []did.DID) error {
	rail, err := newRail(m, c)
	if err != nil {
		return err
	}
	claims, err := m.settler.Claims(rail.ChainID(), rail.Contract())
	if err != nil {
		return err
	}
	var due []*evm.Voucher
	for _, claim := range claims {
		if !claim.Due || !slices.Contains(peers, claim.Peer) || len(due) == evm.MaxBatch {
			continue
		}
		v, err := evm.ParseVoucher(claim.Voucher)
		if err != nil {
			return err
		}
		due = append(due, v)
	}
	if len(due) < 2 {
		return nil
	}
	chain, err := m.dial(ctx, c)
	if err != nil {
		return err
	}
	_, err = chain.RedeemMany(ctx, due)
	return err
}
