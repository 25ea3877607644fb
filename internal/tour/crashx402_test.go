//go:build unix

package tour

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/node"
)

// paidRead is what Globex asks for a read over HTTP 402, in token units.
const paidRead = 50_000

// TestI7_KillPaidCall kills the buying or the selling node at every step of a
// call that is paid over HTTP 402. A call is charged at most once and only if
// it ran; what was cut off ends without anybody asking, and the books of both
// say what the chain says.
func TestI7_KillPaidCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.initialise()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shop := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	w.write("globex/chio-node.yaml", w.config("globex", w.chain.ChainID())+fmt.Sprintf(
		"x402: {sell: {listen: %q, timeout_seconds: 60, tools: [{path: /read, server: files, tool: read_file, price: 0.05 USDC}]}}\n", shop))
	w.write("acme/chio-node.yaml", w.config("acme", w.chain.ChainID())+fmt.Sprintf(
		"x402: {buy: {server: shop, tools: [{name: read, url: %q, max_price: 0.06 USDC}]}}\n", "http://"+shop+"/read"))
	w.write("prices.yaml", "prices: {}\n")
	f := &fed{world: w}
	for _, o := range []*org{w.globex, w.acme} {
		o.start()
	}
	w.globex.serve()
	w.acme.ok(nil, "capability", "issue", "--agent", "researcher", "--server", "shop", "--tool", "read", "--max-total", "5.00 USDC")
	acme, globex := w.usdc(w.acme.status.Settlement), w.usdc(w.globex.status.Settlement)

	var paid uint64
	for _, c := range []struct {
		dies      *org
		failpoint string
		pays      bool // the transfer happens
	}{
		{w.acme, "purchase.signed", false},
		{w.globex, "sale.accepted", false},
		{w.globex, "sale.executed", false},
		{w.globex, "tx.persisted", true},
		{w.globex, "sale.mined", true},
		{w.acme, "purchase.sent", true},
	} {
		c.dies.arm(c.failpoint, 1)
		calling := spawn(t, "call", w.dir, w.acme.env(), nodeProgram, "--json", "call", "--agent", "researcher", "shop", "read", readNote)
		c.dies.crashed()
		f.restart(c.dies)
		calling.wait()
		if c.pays {
			paid += paidRead
		}
		eventually(t, c.failpoint+": what was signed is paid", func() error {
			if a, g := w.usdc(w.acme.status.Settlement), w.usdc(w.globex.status.Settlement); a != acme-paid || g != globex+paid {
				return fmt.Errorf("the accounts went from %d and %d to %d and %d, paid %d", acme, globex, a, g, paid)
			}
			return nil
		})
	}
	if a := w.acme.call("researcher", "shop", "read", readNote); a.Verdict != "allow" || a.Charged != paidRead {
		t.Fatalf("%+v", a)
	}
	paid += paidRead

	eventually(t, "both books are closed", func() error {
		if err := w.chain.Finalize(t.Context()); err != nil {
			return err
		}
		return errors.Join(w.acme.closed("purchases", "expense", paid), w.globex.closed("sales", "revenue", paid))
	})
	w.acme.audit()
	w.globex.audit()
}

// closed checks that sales or purchases that were paid are final and in an
// account, each once. The others may be paid until their time is over.
func (o *org) closed(kind, account string, want uint64) error {
	var list node.X402Entries
	var balance node.LedgerAccounts
	var v node.LedgerVerdict
	if err := errors.Join(o.post("x402/"+kind, node.ListX402{}, &list), o.post("ledger/balance", node.ByID{ID: account}, &balance),
		o.post("ledger/verify", node.Empty{}, &v)); err != nil {
		return err
	}
	var states []string
	var final uint64
	for _, e := range list.Entries {
		states = append(states, e.State)
		if e.State == "final" {
			final += e.Amount
		}
	}
	var booked uint64
	for _, a := range balance.Accounts {
		booked += a.Debits + a.Credits
	}
	if final != want || booked != want || len(v.Differences) > 0 {
		return fmt.Errorf("%s has %d final (%s), %d booked, want %d; %v", o.name, final, strings.Join(states, " "), booked, want, v.Differences)
	}
	return nil
}
