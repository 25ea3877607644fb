package node

import (
	"context"
	"slices"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
)

// Retried answers "settle/retry": what was under way on each chain and how it
// stands now, what came of what was begun with each peer, and the channels that
// only an operator can release.
type Retried struct {
	Chains []ChainTx     `json:"chains"`
	Peers  []SettledPeer `json:"peers"`
	Halted []SettledPeer `json:"halted"`
}

// settleRetry goes on at once with everything that waits: transactions that no
// block has, statements and vouchers that did not reach their peer, vouchers
// that are not redeemed. With a peer with whom nothing waits it does nothing.
func (n *Node) settleRetry(ctx context.Context, req SettleRequest) (*Retried, error) {
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	out := &Retried{Chains: []ChainTx{}, Peers: []SettledPeer{}, Halted: []SettledPeer{}}
	if req.Peer != "" {
		if _, err := parseDID(req.Peer); err != nil {
			return nil, err
		}
	}
	for i := range n.cfg.Chains {
		out.Chains = append(out.Chains, n.money.retryChain(ctx, &n.cfg.Chains[i]))
	}
	pending, err := n.money.settler.Pending()
	if err != nil {
		return nil, err
	}
	for _, peer := range pending {
		if req.Peer != "" && peer.String() != req.Peer {
			continue
		}
		paid, err := n.payDue(ctx, peer)
		if err != nil {
			return nil, err
		}
		out.Peers = append(append(out.Peers, paid...), n.redeemPeer(ctx, peer)...)
	}
	err = n.db.View(func(r store.Reader) error {
		peers, err := n.money.settler.Peers(r)
		if err != nil {
			return err
		}
		for _, peer := range peers {
			if req.Peer != "" && peer.String() != req.Peer {
				continue
			}
			st, err := n.money.settler.Status(r, peer)
			if err != nil {
				return err
			}
			for _, d := range []struct {
				name string
				of   *settlement.Direction
			}{{asPayer, &st.Out}, {asPayee, &st.In}} {
				rows := statusRows(peer, d.name, d.of)
				out.Halted = append(out.Halted, slices.DeleteFunc(rows, func(s SettledPeer) bool { return s.Problem == "" })...)
			}
		}
		return nil
	})
	return out, err
}

// retryChain sends again what no block has and says of each how it stands.
func (m *money) retryChain(ctx context.Context, c *ChainConfig) ChainTx {
	out := ChainTx{Chain: c.Name, Txs: []evm.Tx{}}
	chain, err := m.dial(ctx, c)
	var before []evm.Tx
	if err == nil {
		before, err = chain.Open()
	}
	if err == nil {
		_, err = chain.Track(ctx)
	}
	for _, t := range before {
		now, txErr := chain.Tx(t.Key)
		if txErr != nil {
			now = t
		}
		out.Txs = append(out.Txs, now)
	}
	if err != nil {
		out.Problem = problemOf(settleProblem(err)).Code + ": " + err.Error()
	}
	return out
}
