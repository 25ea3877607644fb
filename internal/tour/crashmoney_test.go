//go:build unix

package tour

import (
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/node"
)

// TestI7_KillSettlement kills the paying or the paid node at every step
// between a debt and its money. Whatever was cut off is finished by the next
// run, with the same bytes, and is paid once.
func TestI7_KillSettlement(t *testing.T) {
	t.Parallel()
	f := newFed(t, quic, 1000)
	f.acme.ok(nil, "settle", "fund", f.globex.ready.DID, "5 USDC")
	f.killDeposits()
	start, paid := f.usdc(f.globex.status.Settlement), uint64(0)
	for _, c := range []struct {
		dies, runs *org
		failpoint  string
	}{
		{f.acme, f.acme, "statement.signed_before_send"},
		{f.globex, f.acme, "statement.countersigned_before_reply"},
		{f.acme, f.acme, "statement.acked_before_voucher"},
		{f.acme, f.acme, "voucher.signed_before_persist"},
		{f.acme, f.acme, "voucher.persisted_before_send"},
		{f.globex, f.acme, "voucher.accepted_before_reply"},
		{f.globex, f.globex, "nonce.reserved_before_sign"},
		{f.globex, f.globex, "tx.signed"},
		{f.globex, f.globex, "tx.persisted"},
		{f.globex, f.globex, "tx.broadcast_before_record"},
		{f.globex, f.globex, "mined_before_status"},
		{f.globex, f.globex, "redeem.mined_before_record"},
		{f.globex, f.globex, "final_before_ledger"},
	} {
		if a := f.acme.call("researcher", f.server, "read_file", readNote); a.Verdict != "allow" {
			t.Fatalf("%s: %+v", c.failpoint, a)
		}
		f.synchronised()
		if c.runs == f.globex {
			f.acme.ok(nil, "settle", "run")
		}
		c.dies.arm(c.failpoint, 1)
		running := spawn(t, "settle run", f.dir, c.runs.env(), nodeProgram, "--json", "settle", "run")
		c.dies.crashed()
		f.restart(c.dies)
		running.wait()
		paid += readPrice * usdcPerCent
		f.settled(c.failpoint, start+paid)
	}
	f.synchronised()
	f.acme.audit()
	f.globex.audit()
}

// killDeposits kills the payer while it funds the channel. A deposit that was
// signed is made by the restart alone; asking again for what was interrupted
// makes it once, whatever the restart did.
func (f *fed) killDeposits() {
	f.t.Helper()
	const amount = 1_000_000
	fund := []string{"settle", "fund", f.globex.ready.DID, "1 USDC"}
	for _, c := range []struct {
		failpoint string
		resumes   bool
	}{
		{"deposit.planned_before_send", false},
		{"tx.signed", false},
		{"tx.persisted", true},
		{"tx.broadcast_before_record", true},
		{"deposit.mined_before_record", true},
	} {
		before := f.usdc(f.acme.status.Settlement)
		f.acme.arm(c.failpoint, 1)
		funding := spawn(f.t, "settle fund", f.dir, f.acme.env(), nodeProgram, append([]string{"--json"}, fund...)...)
		f.acme.crashed()
		if code := funding.wait(); code != node.ExitFailure {
			f.t.Fatalf("%s: funding ended with %d", c.failpoint, code)
		}
		f.restart(f.acme)
		if c.resumes {
			eventually(f.t, c.failpoint+": the restart makes the deposit", func() error {
				if got := f.usdc(f.acme.status.Settlement); got != before-amount {
					return fmt.Errorf("the account went from %d to %d", before, got)
				}
				return nil
			})
		} else if got := f.usdc(f.acme.status.Settlement); got != before {
			f.t.Fatalf("%s: %d left the account before a transaction was on disk", c.failpoint, before-got)
		}
		f.acme.ok(nil, fund...)
		if got := f.usdc(f.acme.status.Settlement); got != before-amount {
			f.t.Fatalf("%s: asked for 1 USDC again, and the account went from %d to %d", c.failpoint, before, got)
		}
	}
}

// settled runs both sides until nothing is due, and checks what was paid.
func (f *fed) settled(what string, want uint64) {
	f.t.Helper()
	for range 2 {
		eventually(f.t, what+": both sides settle", func() error {
			for _, o := range []*org{f.acme, f.globex} {
				if r := o.run("settle", "retry"); r.exit != node.ExitOK {
					return fmt.Errorf("%s", r)
				}
				if r := o.run("settle", "run"); r.exit != node.ExitOK {
					return fmt.Errorf("%s", r)
				}
			}
			return nil
		})
		if got := f.usdc(f.globex.status.Settlement); got != want {
			f.t.Fatalf("%s: Globex has %d, want %d", what, got, want)
		}
	}
}
