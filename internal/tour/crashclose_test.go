//go:build unix

package tour

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement"
)

// TestI7_KillClose kills the paying or the paid node at every step between
// leaving a channel and having one's money back. Asked again, the channel is
// left once: the payee has what was promised, the payer the rest, and both books
// say so.
func TestI7_KillClose(t *testing.T) {
	t.Parallel()
	f := newFed(t, tcp, 1000) // a killed process is noticed at once
	peer := f.globex.ready.DID
	f.acme.refused(node.ExitFailure, "CHIO-SETTLE-CHANNEL", "settle", "close", peer)
	acme, globex := f.usdc(f.acme.status.Settlement), f.usdc(f.globex.status.Settlement)

	var paid uint64
	promise := func() {
		t.Helper()
		f.acme.ok(nil, "settle", "fund", peer, "1 USDC")
		if a := f.acme.call("researcher", f.server, "read_file", readNote); a.Verdict != "allow" {
			t.Fatalf("%+v", a)
		}
		f.synchronised()
		f.acme.refused(node.ExitFailure, "CHIO-SETTLE-OWED", "settle", "close", peer)
		f.acme.ok(nil, "settle", "run")
		paid += readPrice * usdcPerCent
	}
	balanced := func(what string) {
		t.Helper()
		if a, g := f.usdc(f.acme.status.Settlement), f.usdc(f.globex.status.Settlement); a != acme-paid || g != globex+paid {
			t.Fatalf("%s: the accounts went from %d and %d to %d and %d, %d were promised", what, acme, globex, a, g, paid)
		}
	}
	for _, c := range []struct {
		dies      *org
		failpoint string
	}{
		{f.acme, "close.marked_before_send"},
		{f.acme, "close.consented_before_send"},
		{f.globex, "close.recorded_before_reply"},
		{f.acme, "close.mined_before_record"},
	} {
		promise()
		c.dies.arm(c.failpoint, 1)
		closing := spawn(t, "settle close", f.dir, f.acme.env(), nodeProgram, "--json", "settle", "close", peer)
		c.dies.crashed()
		closing.wait()
		f.restart(c.dies)
		f.synchronised()
		eventually(t, c.failpoint+": the channel ends", func() error {
			if r := f.acme.run("settle", "close", peer); r.exit != node.ExitOK && !bytes.Contains(r.stdout, []byte("CHIO-SETTLE-EMPTY")) {
				return fmt.Errorf("%s", r)
			}
			return nil
		})
		f.acme.refused(node.ExitFailure, "CHIO-SETTLE-EMPTY", "settle", "close", peer)
		balanced(c.failpoint)
	}

	// The payee is gone: the payer leaves alone, and waits.
	promise()
	f.globex.ok(nil, "settle", "run")
	f.globex.up.kill()
	f.acme.refused(node.ExitFailure, "CHIO-SETTLE-NO-CONSENT", "settle", "close", peer)
	var exits node.ChannelExits
	f.acme.ok(&exits, "settle", "close", peer, "--force")
	if len(exits.Exits) != 1 || exits.Exits[0].State != settlement.ExitClosing {
		t.Fatalf("%+v", exits)
	}
	f.acme.refused(node.ExitFailure, "CHIO-SETTLE-GRACE", "settle", "withdraw", peer)
	f.acme.refused(node.ExitFailure, "CHIO-SETTLE-CLOSING", "settle", "fund", peer, "1 USDC")
	eventually(t, "a day passes", func() error { return f.chain.AdjustTime(25 * time.Hour) })
	f.acme.arm("withdraw.mined_before_record", 1)
	withdrawing := spawn(t, "settle withdraw", f.dir, f.acme.env(), nodeProgram, "--json", "settle", "withdraw", peer)
	f.acme.crashed()
	withdrawing.wait()
	f.acme.start()
	f.acme.refused(node.ExitFailure, "CHIO-SETTLE-GRACE", "settle", "withdraw", peer) // it is back
	balanced("withdraw.mined_before_record")

	eventually(t, "the books say so", func() error {
		if err := f.chain.Finalize(t.Context()); err != nil {
			return err
		}
		if err := f.acme.post("settle/withdraw", node.SettleRequest{Peer: peer}, nil); err == nil {
			return errors.New("withdrawn twice")
		}
		var balance node.LedgerAccounts
		var v node.LedgerVerdict
		if err := errors.Join(f.acme.post("ledger/balance", node.ByID{ID: "usdc"}, &balance), f.acme.post("ledger/verify", node.Empty{}, &v)); err != nil {
			return err
		}
		var spent uint64
		for _, a := range balance.Accounts {
			spent += a.Credits - a.Debits
		}
		if spent != paid || len(v.Differences) > 0 {
			return fmt.Errorf("the ledger spent %d, want %d; %v", spent, paid, v.Differences)
		}
		return nil
	})
}
