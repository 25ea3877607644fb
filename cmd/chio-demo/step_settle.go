package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func stepSettle(ctx context.Context, w *world, d *detail) error {
	if err := w.grubstake(ctx); err != nil {
		return err
	}
	funded, err := w.settle(ctx, w.acme, "settle/fund", node.FundRequest{Peer: w.globex.did, Amount: wire.MonetaryAmount{Units: locked, Currency: "USDC"}})
	if err != nil {
		return err
	}
	d.add("channel", funded.Channel)
	if err := w.mined(ctx, d, "fund", funded.Tx); err != nil {
		return err
	}
	before, err := w.balances(ctx)
	if err != nil {
		return err
	}
	d.add("balances_before", before)
	if before.Acme != acmeUSDC-locked || before.Channel != locked {
		return errors.New("the channel does not hold what was locked")
	}
	net, err := w.pay(ctx, d)
	if err != nil {
		return err
	}
	after, err := w.balances(ctx)
	if err != nil {
		return err
	}
	d.add("balances_after", after)
	if after.Globex != before.Globex+net || after.Channel != before.Channel-net || after.Acme != before.Acme {
		return fmt.Errorf("the balances did not move by exactly %d", net)
	}
	return w.payAgain(ctx, d, after)
}

// pay has Acme state and voucher what it owes, and Globex redeem it. Both must
// name the same statement, and the net amount must be what the demo's own
// count and arithmetic give.
func (w *world) pay(ctx context.Context, d *detail) (net uint64, err error) {
	payer, err := w.settle(ctx, w.acme, "settle/run", node.SettleRequest{Peer: w.globex.did})
	if err != nil {
		return 0, err
	}
	if payer.Statement == nil || payer.Gross == nil || payer.Net == nil {
		return 0, fmt.Errorf("no statement by Acme: state %s", payer.State)
	}
	w.statement = *payer.Statement
	d.add("receipts", payer.Receipts)
	d.add("gross", wire.DefaultCurrencies().Format(*payer.Gross))
	d.add("net", wire.DefaultCurrencies().Format(*payer.Net))
	d.add("statement", payer.Statement.String())
	d.add("cumulative_minor", payer.Cumulative)
	want := expectedNet(w.bill.minor)
	switch {
	case payer.Receipts != w.bill.calls || payer.Gross.Units != w.bill.minor || payer.Gross.Currency != "USD":
		return 0, fmt.Errorf("the statement is over %d receipts and %d %s, want %d and %d USD cents", payer.Receipts, payer.Gross.Units, payer.Gross.Currency, w.bill.calls, w.bill.minor)
	case payer.Net.Units != want || payer.Net.Currency != "USDC" || payer.Cumulative != want:
		return 0, fmt.Errorf("the statement nets %d %s, cumulative %d, want %d", payer.Net.Units, payer.Net.Currency, payer.Cumulative, want)
	}
	payee, err := w.settle(ctx, w.globex, "settle/run", node.SettleRequest{Peer: w.acme.did})
	if err != nil {
		return 0, err
	}
	if payee.State != "redeemed" || payee.Net == nil || payee.Net.Units != want {
		return 0, fmt.Errorf("not redeemed by Globex: %d: state %q", want, payee.State)
	}
	if err := w.mined(ctx, d, "redeem", payee.Tx); err != nil {
		return 0, err
	}
	return want, w.sameStatement(ctx, d, want)
}

// sameStatement checks that both ledgers now stand at the one statement.
func (w *world) sameStatement(ctx context.Context, d *detail, cumulative uint64) error {
	for _, o := range w.orgs() {
		s, err := w.settle(ctx, o, "settle/status", node.SettleRequest{Peer: w.other(o).did})
		if err != nil {
			return err
		}
		d.add(strings.ToLower(o.name)+"_state", s.State)
		if s.Statement == nil || *s.Statement != w.statement || s.Cumulative != cumulative {
			return fmt.Errorf("%s stands at statement %v, cumulative %d; want %s, %d", o.name, s.Statement, s.Cumulative, w.statement, cumulative)
		}
	}
	return nil
}

// payAgain runs the same settlement once more on both sides.
func (w *world) payAgain(ctx context.Context, d *detail, after balances) error {
	for _, o := range w.orgs() {
		if _, err := w.settle(ctx, o, "settle/run", node.SettleRequest{Peer: w.other(o).did}); err != nil {
			return fmt.Errorf("settling again: %w", err)
		}
	}
	again, err := w.balances(ctx)
	if err != nil {
		return err
	}
	d.add("balances_after_settling_again", again)
	if again != after {
		return errors.New("settling again moved money or sent a transaction")
	}
	return nil
}

// settle runs one settlement operation with the one peer there is. Nothing to
// do is an answer without peers.
func (w *world) settle(ctx context.Context, o *org, op string, req any) (node.SettledPeer, error) {
	a, err := ask[node.SettleAnswer](ctx, o, op, req)
	if err != nil || len(a.Peers) == 0 {
		return node.SettledPeer{}, err
	}
	for _, p := range a.Peers {
		if p.Problem != "" {
			return p, fmt.Errorf("%s at %s: %s", op, o.name, p.Problem)
		}
	}
	for _, p := range a.Peers {
		if p.Direction == w.direction(o) {
			return p, nil
		}
	}
	return a.Peers[0], nil
}

// direction is the side an organisation takes in what the demo settles.
func (w *world) direction(o *org) string {
	if o == w.acme {
		return "payer"
	}
	return "payee"
}

// expectedNet is the amount in millionths of USDC that cents are worth at the
// mean of the two prices, half to even, computed apart from the node's code.
func expectedNet(cents uint64) uint64 {
	num := new(big.Int).Mul(new(big.Int).SetUint64(cents), big.NewInt(usdcScale/100))
	num.Mul(num, big.NewInt(2*100_000_000)) // two prices, each times 10^8
	den := big.NewInt(acmePrice + globexPrice)
	units, rest := new(big.Int).QuoRem(num, den, new(big.Int))
	switch half := new(big.Int).Lsh(rest, 1).Cmp(den); {
	case half > 0, half == 0 && units.Bit(0) == 1:
		units.Add(units, big.NewInt(1))
	}
	return units.Uint64()
}
