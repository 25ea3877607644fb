package node

import (
	"context"
	"log/slog"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
)

// CloseRequest asks "settle/close": leave the channels through which we pay a
// peer, with its consent, or by force alone.
type CloseRequest struct {
	Peer  string `json:"peer"`
	Force bool   `json:"force,omitzero"`
}

// ChannelExits answers "settle/close" and "settle/withdraw".
type ChannelExits struct {
	Exits []settlement.Exit `json:"exits"`
}

func (n *Node) exitingPeer(text string) (did.DID, error) {
	if err := n.needNetwork(); err != nil {
		return "", err
	}
	if len(n.cfg.Chains) == 0 {
		return "", errNoChain
	}
	return parseDID(text)
}

func (n *Node) closeChannels(ctx context.Context, req CloseRequest) (*ChannelExits, error) {
	peer, err := n.exitingPeer(req.Peer)
	if err != nil {
		return nil, err
	}
	out, err := n.money.settler.Close(ctx, peer, req.Force)
	if err != nil {
		return nil, settleProblem(err)
	}
	return &ChannelExits{Exits: out}, nil
}

func (n *Node) withdrawChannels(ctx context.Context, req SettleRequest) (*ChannelExits, error) {
	peer, err := n.exitingPeer(req.Peer)
	if err != nil {
		return nil, err
	}
	out, err := n.money.settler.Withdraw(ctx, peer)
	if err != nil {
		return nil, settleProblem(err)
	}
	return &ChannelExits{Exits: out}, nil
}

// withdrawDue brings back what is left in channels that were closed alone.
func (m *money) withdrawDue(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	out, err := m.settler.WithdrawDue(ctx)
	for _, e := range out {
		m.n.log.Info("the rest of a closed channel came back", slog.String("peer", e.Peer.String()), slog.String("channel", e.Channel.String()),
			slog.Uint64("amount_minor", e.Left), slog.String("currency", e.Currency))
	}
	return err
}
