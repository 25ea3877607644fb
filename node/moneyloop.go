package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// How often the node looks after payments by itself.
const (
	watchEvery    = time.Minute
	continueEvery = 2 * time.Second
	holdsEvery    = 5 * time.Minute
	holdLease     = 3600 // seconds
)

// loops starts what looks after payments while the node runs.
func (m *money) loops() {
	m.lookout.loops()
	m.n.every("continue payments", continueEvery, nil, m.settler.Continue)
	m.n.every("release holds without a call", holdsEvery, nil, func(ctx context.Context) error { return m.sweepHolds(ctx, holdLease) })
	if m.n.cfg.Settlement.outside() {
		m.n.every("report usage and tell payers", reportEvery, nil, func(ctx context.Context) error {
			return m.settler.Report(ctx, m.n.cfg.Settlement.AutoRedeem)
		})
	}
	if len(m.n.cfg.Chains) > 0 {
		m.n.every("compare channels with their chains", watchEvery, nil, m.watch)
	}
}

// watch holds every channel against its chain. One that is halted has raised
// its alarm and is no failure of this task.
func (m *money) watch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, watchEvery)
	defer cancel()
	if err := m.settler.Reconcile(ctx); err != nil && !errors.Is(err, settlement.ErrHalted) {
		return err
	}
	return nil
}

// sweepHolds releases what is held for calls that are over.
func (m *money) sweepHolds(ctx context.Context, lease int64) error {
	released, err := m.settler.SweepHolds(ctx, lease)
	if err != nil {
		return fmt.Errorf("release holds: %w", err)
	}
	for _, call := range released {
		m.n.log.Warn("a hold had no call under way and was released without spending it", slog.String("call", call))
	}
	return nil
}

// alarm tells the operator.
func (m *money) alarm(a settlement.Alarm) {
	if a.Channel.IsZero() {
		m.n.log.Error("a payment does not get through to a peer", slog.String("peer", a.Peer.String()), slog.String("reason", a.Reason))
		m.n.alarms.raise(alarmPayment, a.Peer.String(), a.Reason)
		return
	}
	m.n.alarms.ended(alarmChannel, a.Channel.String()) // it is told once per halt
	m.n.alarms.raise(alarmChannel, a.Channel.String(), a.Reason)
	m.n.log.Error("a payment channel is halted: chain and ledger differ", slog.String("peer", a.Peer.String()),
		slog.String("channel", a.Channel.String()), slog.String("reason", a.Reason))
}

// ReleaseRequest asks "settle/release": let a halted channel pay again.
type ReleaseRequest struct {
	Channel string `json:"channel"`
	Reason  string `json:"reason"`
}

func (n *Node) releaseChannel(ctx context.Context, req ReleaseRequest) (*Empty, error) {
	channel, err := wire.ParseDigest(req.Channel)
	if err != nil {
		return nil, usage("channel %.80q: %v", req.Channel, err)
	}
	err = n.money.settler.Resume(ctx, channel, req.Reason)
	switch {
	case errors.Is(err, settlement.ErrReason):
		return nil, usage("--reason: %v", err)
	case errors.Is(err, settlement.ErrUnknownChannel), errors.Is(err, settlement.ErrNotHalted):
		return nil, &Problem{Code: "CHIO-SETTLE-NOT-HALTED", Message: err.Error(), Hint: "chio-node settle status lists the channels", Exit: ExitFailure}
	case err != nil:
		return nil, settleProblem(err)
	}
	n.log.Warn("an operator released a payment channel", slog.String("channel", req.Channel), slog.String("reason", req.Reason))
	return &Empty{}, nil
}

// measurePayments writes what payments come to.
func (n *Node) measurePayments(e *exposition) error {
	var t *settlement.Totals
	if err := n.db.View(func(r store.Reader) (err error) {
		t, err = settlement.ReadTotals(r)
		return err
	}); err != nil {
		return err
	}
	e.family("chio_channels_halted", kindGauge, "Payment channels on which nothing is paid: chain and ledger differed.")
	e.sample("chio_channels_halted", int64(t.Halted))
	e.family("chio_payment_dead_letters", kindGauge, "Peers to whom a statement or voucher could not be sent.")
	e.sample("chio_payment_dead_letters", int64(t.DeadLetters))
	for _, m := range [...]struct {
		name, help string
		of         func(settlement.Amounts) uint64
	}{
		{"chio_vouchered_minor", "Promised by vouchers since the beginning, in minor units; payer: by us.", func(a settlement.Amounts) uint64 { return a.Vouchered }},
		{"chio_payments_mined_minor", "Of that, paid in a block that may still be reorganised, or final.", func(a settlement.Amounts) uint64 { return a.Redeemed }},
		{"chio_payments_final_minor", "Of that, final and in the ledger.", func(a settlement.Amounts) uint64 { return a.Final }},
		{"chio_unvouchered_minor", "Obligations that no voucher covers, in minor units; payer: ours.", func(a settlement.Amounts) uint64 { return a.Unvouchered }},
	} {
		e.family(m.name, kindGauge, m.help)
		for _, f := range t.Flows() {
			direction := asPayer
			if f.Side == settlement.In {
				direction = asPayee
			}
			e.sample(m.name, int64(m.of(t.Money[f])), "direction", direction, "currency", f.Currency)
		}
	}
	return nil
}
