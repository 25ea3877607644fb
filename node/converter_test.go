package node

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/wire"
)

// pricedNode is a node that trusts two operators; the round it imported says
// that a USDC costs between 1.00 and 1.01 USD.
func pricedNode(t *testing.T, at *time.Time) (*Node, wire.Digest) {
	t.Helper()
	o := newHome(t)
	var keys []*signed.Key
	cfg := defaultConfig()
	cfg.Policy = "builtin:default"
	for i := range 2 {
		k, err := signed.KeyFromScalar(append(make([]byte, 31), byte(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
		cfg.Oracle.Operators = append(cfg.Oracle.Operators, k.Operator())
	}
	o.Config, o.Now = cfg, func() time.Time { return *at }
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	n := openNode(t, o)
	req := ImportRound{}
	for i, k := range keys {
		s, err := k.Sign(signed.Reading{Pair: oracle.Pair{Base: "USDC", Quote: "USD"}, Value: 100 + int64(i), Expo: -2,
			ObservedAt: n.now(), ValidUntil: n.now() + 600, Sequence: 1})
		if err != nil {
			t.Fatal(err)
		}
		req.Observations = append(req.Observations, s.Bytes())
	}
	r, err := n.importRound(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return n, r.ID
}

func TestConverter(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	n, round := pricedNode(t, &at)
	c := &converter{n: n}
	usd := func(units uint64) wire.MonetaryAmount { return wire.MonetaryAmount{Units: units, Currency: "USD"} }
	for _, named := range []*wire.Digest{&round, nil} {
		got, err := c.Convert(usd(101), "USDC", named, n.now())
		if err != nil {
			t.Fatal(err)
		}
		// 1.01 USD at 1.00 plus 2 %.
		if h := got.Hold(); h.Units != 1_030_200 || h.Currency != "USDC" {
			t.Fatalf("hold %+v", h)
		}
		// At the median, 1.005.
		cost, err := got.Cost(usd(101))
		if err != nil || cost.Units != 1_004_975 {
			t.Fatalf("cost %+v, %v", cost, err)
		}
		if cost, err := got.Cost(usd(0)); err != nil || cost.Units != 0 {
			t.Fatalf("nothing costs %+v, %v", cost, err)
		}
		for _, bad := range []wire.MonetaryAmount{usd(102), {Units: 1, Currency: "EUR"}} {
			if _, err := got.Cost(bad); err == nil {
				t.Errorf("cost %+v was accepted", bad)
			}
		}
		e := got.Evidence()
		if e.RoundSHA256 != round || e.RateNumerator != "201" || e.RateDenominator != "200" || e.MarginBps != 200 ||
			e.OriginalCostUnits != 101 || e.ConvertedCostUnits != 1_030_200 || e.GrantCurrency != "USDC" || e.UpdatedAt != n.now() {
			t.Errorf("evidence %+v", e)
		}
	}
	back, err := c.Convert(wire.MonetaryAmount{Units: 1_000_000, Currency: "USDC"}, "USD", nil, n.now())
	if err != nil || back.Hold().Units != 104 { // 1.01 plus 2 %, rounded up
		t.Fatalf("%+v, %v", back, err)
	}
	if _, err := c.Convert(usd(1), "EUR", nil, n.now()); !errors.Is(err, errNoRound) {
		t.Errorf("no round: %v", err)
	}
	if _, err := c.Convert(usd(1), "EUR", &round, n.now()); !errors.Is(err, oracle.ErrCurrency) {
		t.Errorf("a round of another pair: %v", err)
	}
	if _, err := c.Convert(usd(1), "USDC", &wire.Digest{1}, n.now()); err == nil {
		t.Error("an unknown round was accepted")
	}
	at = at.Add(601 * time.Second)
	for range 2 {
		if _, err := c.Convert(usd(1), "USDC", nil, n.now()); !errors.Is(err, oracle.ErrStale) {
			t.Errorf("a stale round: %v", err)
		}
	}
}

// A price in dollars counts in a budget in USDC, at the round, and what is
// spent is the median's.
func TestBudgetInAnotherCurrency(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	n, _ := pricedNode(t, &at)
	o := n.opts
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	o.Config.Budgets = []BudgetConfig{{ID: "coins", Window: "total", MaxCost: "0.07 USDC"}}
	n = openNode(t, o)
	serve(t, n, MCPServer{Server: "files", Agent: "local", Prices: map[string]string{"read_file": "0.03 USD"}})
	grant(t, n)
	for i, want := range []string{"", "", "CHIO-BUDGET-EXCEEDED"} {
		if a := callNode(t, n, `{"path":"a"}`); a.Code != want {
			t.Fatalf("call %d: %+v", i, a)
		}
	}
	b, err := n.showBudget(context.Background(), ByID{ID: "coins"})
	if err != nil || b.Spent.Units != 2*29851 || b.Ever.Purses[0].Reserved != 2*30600 { // 0.03/1.005; 0.03·1.02
		t.Fatalf("%+v, %v", b, err)
	}
	at = at.Add(601 * time.Second)
	if a := callNode(t, n, `{"path":"a"}`); a.Code != "CHIO-BUDGET-CURRENCY" {
		t.Fatalf("at a stale price: %+v", a)
	}
}
