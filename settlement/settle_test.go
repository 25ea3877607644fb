package settlement_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/settlement/ledger"
)

// The whole way: calls accrue, both sides sign one statement, one voucher is
// redeemed, and doing all of it again pays nothing.
func TestSettleOnce(t *testing.T) {
	w := newWorld(t)
	round := w.quote(100_000_000) // 1.0000 and 1.0002: median 1.0001
	w.call(3, round)
	w.call(7, round)
	w.fund(5 * usdc)
	res := w.run()
	const owed = 99_990 // 0.10 USD / 1.0001, half even: 99990.0009…
	if res.Paid != owed || len(res.Statements) != 1 || res.Statements[0].Count != 2 || res.Statements[0].Gross.Units != 10 {
		t.Fatalf("run: %+v", res)
	}
	if len(w.globex.noted) != 1 || w.globex.noted[0] != w.acme.did {
		t.Errorf("redemption was announced to %v", w.globex.noted)
	}
	if paid := w.redeem(); paid != owed || w.received() != owed {
		t.Fatalf("redeemed %d, received %d", paid, w.received())
	}
	if res := w.run(); res.Paid != 0 || len(res.Statements) != 0 {
		t.Fatalf("second run: %+v", res)
	}
	if paid := w.redeem(); paid != 0 || w.received() != owed {
		t.Fatalf("second redemption paid %d, received %d", paid, w.received())
	}
	w.call(2, round)
	if res := w.run(); res.Statements[0].Sequence != 2 || res.Statements[0].Cumulative != owed+res.Paid {
		t.Fatalf("next statement: %+v", res.Statements[0])
	}
	total := owed + w.redeem()
	if w.received() != total {
		t.Fatalf("received %d of %d", w.received(), total)
	}
	w.run() // observes the redemption
	checkBooks(t, w, 12, total, 5*usdc)
}

// checkBooks holds both ledgers against what was owed, paid and deposited.
func checkBooks(t *testing.T, w *world, cents, paid, deposited uint64) {
	t.Helper()
	w.balanced()
	channel := ledger.Channel(w.acme.status().Out.Channels[0].Channel.String())
	for _, c := range []struct {
		p                 *party
		account, currency string
		want              int64
	}{
		{w.acme, ledger.Expense, "USD", int64(cents)},
		{w.acme, ledger.Payable(w.globex.did.String()), "USD", 0},
		{w.acme, ledger.Payable(w.globex.did.String()), "USDC", 0},
		{w.acme, channel, "USDC", int64(deposited - paid)},
		{w.acme, ledger.USDC, "USDC", -int64(deposited)},
		{w.globex, ledger.Revenue, "USD", -int64(cents)},
		{w.globex, ledger.Receivable(w.acme.did.String()), "USD", 0},
		{w.globex, ledger.Receivable(w.acme.did.String()), "USDC", 0},
		{w.globex, ledger.USDC, "USDC", int64(paid)},
	} {
		if got := c.p.balance(c.account, c.currency); got != c.want {
			t.Errorf("%s: %s in %s is %d, want %d", c.p.name, c.account, c.currency, got, c.want)
		}
	}
}
