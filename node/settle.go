package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/stripe"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The directions of settlement with one peer.
const (
	asPayer = "payer"
	asPayee = "payee"
)

// fund locks an amount of the settlement token for what we will owe a peer.
func (n *Node) fund(ctx context.Context, req FundRequest) (*SettleAnswer, error) {
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	if len(n.cfg.Chains) == 0 {
		return nil, errNoChain
	}
	peer, err := parseDID(req.Peer)
	if err != nil {
		return nil, err
	}
	terms, err := n.money.desk.Current(peer)
	if err != nil {
		return nil, federationProblem(err)
	}
	if req.Amount.Currency != terms.SettleCurrency {
		return nil, usage("the treaty settles in %s, not %s", terms.SettleCurrency, req.Amount.Currency)
	}
	f, err := n.money.settler.Fund(ctx, peer, req.Amount.Units)
	if err != nil {
		return nil, settleProblem(err)
	}
	deposited := wire.MonetaryAmount{Units: f.Deposited, Currency: terms.SettleCurrency}
	return &SettleAnswer{Peers: []SettledPeer{{Peer: peer.String(), Direction: asPayer, Net: &deposited, Channel: f.Channel.String(),
		Tx: "0x" + f.Tx.String(), Block: f.Block, State: "funded",
		GasUsed: n.money.gasUsed(func(c *evm.Chain) (evm.Tx, error) { return c.Funding(f.Channel, f.Sequence) })}}}, nil
}

// settle does whatever is due with one peer, or with all: as payer statements
// and vouchers, as payee redemptions.
func (n *Node) settle(ctx context.Context, req SettleRequest) (*SettleAnswer, error) {
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	peers, err := n.settlePeers(req)
	if err != nil {
		return nil, err
	}
	answer := &SettleAnswer{Peers: []SettledPeer{}}
	n.money.redeemTogether(ctx, peers)
	for _, peer := range peers {
		out, err := n.payDue(ctx, peer)
		if err != nil {
			return nil, err
		}
		answer.Peers = append(answer.Peers, out...)
		if len(n.cfg.Chains) == 0 && !n.cfg.Settlement.outside() {
			continue
		}
		answer.Peers = append(answer.Peers, n.redeemPeer(ctx, peer)...)
	}
	return answer, nil
}

func (n *Node) settlePeers(req SettleRequest) ([]did.DID, error) {
	if req.Peer != "" {
		peer, err := parseDID(req.Peer)
		if err != nil {
			return nil, err
		}
		return []did.DID{peer}, nil
	}
	var peers []did.DID
	for _, rec := range n.network.service.List() {
		if rec.At(n.now()) == federation.Active {
			peers = append(peers, rec.DID)
		}
	}
	return peers, nil
}

// payDue makes statements and vouchers of what we owe a peer.
func (n *Node) payDue(ctx context.Context, peer did.DID) ([]SettledPeer, error) {
	res, err := n.money.settler.Run(ctx, peer)
	if errors.Is(err, settlement.ErrTerms) {
		return nil, nil // the treaty has no money terms: nothing can be owed
	}
	var out []SettledPeer
	if res != nil {
		for _, st := range res.Statements {
			id, gross, net := st.Statement, st.Gross, st.Net
			out = append(out, SettledPeer{Peer: peer.String(), Direction: asPayer, Receipts: st.Count, Gross: &gross, Net: &net,
				Statement: &id, Cumulative: st.Cumulative, Channel: st.Channel.String(), State: "vouchered"})
		}
		for _, id := range res.Awaiting {
			out = append(out, SettledPeer{Peer: peer.String(), Direction: asPayer, Statement: &id, State: "awaiting_payment"})
		}
		if len(res.Disputed) > 0 || res.Unpriced > 0 {
			out = append(out, SettledPeer{Peer: peer.String(), Direction: asPayer, State: "open",
				Problem: fmt.Sprintf("%d receipt(s) are disputed and %d cannot be priced: %s", len(res.Disputed), res.Unpriced, res.Reason)})
		}
	}
	if err != nil {
		p := problemOf(settleProblem(err))
		out = append(out, SettledPeer{Peer: peer.String(), Direction: asPayer, State: "failed", Problem: p.Code + ": " + p.Message})
	}
	return out, nil
}

// redeemPeer has the newest vouchers of a peer paid on chain.
func (n *Node) redeemPeer(ctx context.Context, peer did.DID) []SettledPeer {
	redeemed, err := n.money.settler.RedeemDue(ctx, peer)
	statements, statusErr := n.newestStatements(peer)
	err = errors.Join(err, statusErr)
	var out []SettledPeer
	for _, r := range redeemed {
		if r.Paid == 0 {
			continue
		}
		paid := wire.MonetaryAmount{Units: r.Paid, Currency: r.Currency}
		s := SettledPeer{Peer: peer.String(), Direction: asPayee, Net: &paid, Cumulative: r.Settled, Channel: r.Channel.String(),
			Statement: statements[r.Channel], Block: r.Block, State: "redeemed"}
		if !r.Tx.IsZero() {
			s.Tx = "0x" + r.Tx.String()
			s.GasUsed = n.money.gasUsed(func(c *evm.Chain) (evm.Tx, error) { return c.Redeeming(r.Channel, r.Settled) })
		}
		out = append(out, s)
	}
	if err != nil {
		p := problemOf(settleProblem(err))
		out = append(out, SettledPeer{Peer: peer.String(), Direction: asPayee, State: "failed", Problem: p.Code + ": " + p.Message})
	}
	return out
}

// newestStatements are the statements of a peer's channels to us, by channel.
func (n *Node) newestStatements(peer did.DID) (map[wire.Digest]*wire.Digest, error) {
	out := make(map[wire.Digest]*wire.Digest)
	err := n.db.View(func(r store.Reader) error {
		st, err := n.money.settler.Status(r, peer)
		if err != nil {
			return err
		}
		for _, c := range st.In.Channels {
			out[c.Channel] = c.Statement
		}
		return nil
	})
	return out, err
}

// gasUsed looks up what a transaction cost, 0 if it is not on record. What find
// asks for is on one chain at most: a channel's id names its chain.
func (m *money) gasUsed(find func(*evm.Chain) (evm.Tx, error)) uint64 {
	m.mu.Lock()
	chains := slices.Collect(maps.Values(m.chains))
	m.mu.Unlock()
	for _, chain := range chains {
		if t, err := find(chain); err == nil {
			return t.GasUsed
		}
	}
	return 0
}

// settleProblem gives the causes an operator can act on a code.
func settleProblem(err error) error {
	for _, known := range []struct {
		cause      error
		code, hint string
	}{
		{settlement.ErrNoConsent, "CHIO-SETTLE-NO-CONSENT", "settle with it and ask again; chio-node settle close --force leaves without, after the grace period"},
		{settlement.ErrDeposit, "CHIO-SETTLE-DEPOSIT", "lock more first: chio-node settle fund"},
		{settlement.ErrHalted, "CHIO-SETTLE-HALTED", "chain and ledger differ; nothing is paid on this channel until that is explained"},
		{settlement.ErrUnpaid, "CHIO-SETTLE-UNPAID", "the payer holds too little, the token refuses one of the two, or Stripe refuses the report; it is tried again by the next run"},
		{settlement.ErrRail, "CHIO-SETTLE-NO-RAIL", "configure the chain or rail that the treaty names"},
		{settlement.ErrPayment, "CHIO-SETTLE-PAYMENT", "chio-node settle payments --all lists them"},
		{settlement.ErrAmount, "CHIO-SETTLE-AMOUNT", "chio-node settle payments --all shows what is left"},
		{settlement.ErrState, "CHIO-SETTLE-STATE", "chio-node settle payments --all shows the states; docs/settlement.md what follows each"},
		{stripe.ErrNoEvent, "CHIO-STRIPE-EVENT", "chio-node settle stripe lists what waits"},
		{stripe.ErrWaits, "CHIO-STRIPE-EVENT", "it is booked once that has come; chio-node settle stripe drop takes it off the list"},
		{stripe.ErrAnswer, "CHIO-STRIPE-ANSWER", "it is not known whether Stripe counted it; it is asked again, and counts once"},
		{settlement.ErrRefused, "CHIO-SETTLE-REFUSED", "the peer says why; both operators should look"},
		{settlement.ErrGrace, "CHIO-SETTLE-GRACE", "settle status shows the channels; the node withdraws by itself once the grace period is over"},
		{settlement.ErrClosing, "CHIO-SETTLE-CLOSING", "wait for the end of the channel, then settle fund opens it again"},
		{settlement.ErrNothingHeld, "CHIO-SETTLE-EMPTY", "there is nothing to take back"},
		{settlement.ErrOwed, "CHIO-SETTLE-OWED", "chio-node settle run first; settle close --force leaves all the same, and what is owed stays owed"},
		{settlement.ErrUnknownChannel, "CHIO-SETTLE-CHANNEL", "chio-node settle status lists the channels"},
		{settlement.ErrConflict, "CHIO-SETTLE-CONFLICT", "run it again"},
		{evm.ErrSigner, codeSigner, "is settlement.signer.url up, has it the key, and do token and certificate fit? nothing was sent"},
		{evm.ErrUnavailable, "CHIO-CHAIN", "is the rpc endpoint in the config up?"},
		{evm.ErrWrongChain, "CHIO-CHAIN-ID", "correct chain_id or rpc in the config"},
		{evm.ErrReorganised, "CHIO-CHAIN-REORG", "compare chain and ledger (settle status, ledger verify), then chio-node settle resume CHAIN"},
		{evm.ErrDisagree, "CHIO-CHAIN-DISAGREE", "find out which rpc endpoint is wrong and take it out of the config"},
		{evm.ErrUnknownTx, "CHIO-CHAIN-TX", "chio-node settle txs lists what is under way"},
		{evm.ErrMined, "CHIO-CHAIN-TX", "chio-node settle txs lists what is under way"},
		{evm.ErrCancelled, "CHIO-CHAIN-TX", "run it again once the cancellation is final"},
		{evm.ErrFee, "CHIO-CHAIN-FEE", "raise max_fee_gwei or wait"},
		{evm.ErrForeignNonce, "CHIO-CHAIN-NONCE", "the settlement key must be used by this node alone"},
	} {
		if errors.Is(err, known.cause) {
			return &Problem{Code: known.code, Message: err.Error(), Hint: known.hint, Exit: ExitFailure}
		}
	}
	return err
}

// settleStatus shows how things stand with one peer, or with all.
func (n *Node) settleStatus(_ context.Context, req SettleRequest) (*SettleAnswer, error) {
	answer := &SettleAnswer{Peers: []SettledPeer{}}
	err := n.db.View(func(r store.Reader) error {
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
			answer.Peers = append(answer.Peers, statusRows(peer, asPayer, &st.Out)...)
			answer.Peers = append(answer.Peers, statusRows(peer, asPayee, &st.In)...)
		}
		return nil
	})
	return answer, err
}

// statusRows is one direction: what is open, and each channel.
func statusRows(peer did.DID, direction string, d *settlement.Direction) []SettledPeer {
	var out []SettledPeer
	for _, currency := range slices.Sorted(maps.Keys(d.Open)) {
		gross := wire.MonetaryAmount{Units: d.Open[currency], Currency: currency}
		out = append(out, SettledPeer{Peer: peer.String(), Direction: direction, Receipts: d.Count, Gross: &gross, State: "accrued"})
	}
	for _, currency := range slices.Sorted(maps.Keys(d.Contested)) {
		gross := wire.MonetaryAmount{Units: d.Contested[currency], Currency: currency}
		out = append(out, SettledPeer{Peer: peer.String(), Direction: direction, Receipts: uint64(len(d.Disputed)), Gross: &gross, State: "disputed"})
	}
	for _, c := range d.Channels {
		paid := wire.MonetaryAmount{Units: c.Redeemed, Currency: c.Currency}
		s := SettledPeer{Peer: peer.String(), Direction: direction, Net: &paid, Statement: c.Statement, Cumulative: c.Cumulative,
			Channel: c.Channel.String(), State: c.Stage, Problem: c.Halted}
		if s.State == "" {
			s.State = "funded"
		}
		if !c.Tx.IsZero() {
			s.Tx = "0x" + c.Tx.String()
		}
		out = append(out, s)
	}
	return out
}
