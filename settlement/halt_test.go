package settlement_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// blockRail says where its final figures were read.
type blockRail struct {
	settlement.Rail
	block    uint64
	standing *settlement.Standing // nil: the chain's
}

func (r blockRail) Standing(ctx context.Context, id wire.Digest) (settlement.Standing, error) {
	s, err := r.Rail.Standing(ctx, id)
	if r.standing != nil {
		s = *r.standing
	}
	s.FinalBlock, s.FinalHash = r.block, wire.Hash([]byte("block"))
	return s, err
}

// silentRail is a chain that does not answer.
type silentRail struct{ settlement.Rail }

var errSilent = errors.New("no answer")

func (silentRail) Standing(context.Context, wire.Digest) (settlement.Standing, error) {
	return settlement.Standing{}, errSilent
}
func (silentRail) Track(context.Context) error { return errSilent }

// I8: a posting that has no business on a channel halts it with both figures
// and the block, one alarm is raised, and the halt survives a restart.
func TestI8_AWrongPostingHalts(t *testing.T) {
	w := settled(t)
	w.run()
	w.acme.useRail(blockRail{Rail: newRail(w.acme.chain, evm.Latest), block: 70})
	channel := w.acme.status().Out.Channels[0].Channel
	must(t, w.acme.db.Update(t.Context(), func(tx store.Tx) error {
		_, err := ledger.Post(tx, ledger.Posting{ID: wire.Hash([]byte("slip")), At: now, Memo: "slip", Entries: []ledger.Entry{
			{Account: ledger.Channel(channel.String()), Debit: 7, Currency: "USDC"}, {Account: ledger.USDC, Credit: 7, Currency: "USDC"}}})
		return err
	}))
	for range 2 {
		err := w.acme.settler.Reconcile(t.Context())
		if !errors.Is(err, settlement.ErrHalted) || !strings.Contains(err.Error(), fmt.Sprint("holds ", usdc+7, " less 99990, the chain says ", usdc-99_990, ", at block 70 0x")) {
			t.Fatalf("a wrong posting: %v", err)
		}
	}
	if len(w.acme.alarms) != 1 || w.acme.alarms[0].Channel != channel || w.acme.alarms[0].Peer != w.globex.did {
		t.Errorf("alarms %+v", w.acme.alarms)
	}
	w.acme.start() // another process, which has not looked yet
	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("paid after a restart: %v", err)
	}
	totals(t, w.acme, func(got *settlement.Totals) {
		if got.Halted != 1 || len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "the chain says") {
			t.Errorf("%d channels are counted as halted", got.Halted)
		}
	})
}

func totals(t *testing.T, p *party, check func(*settlement.Totals)) {
	t.Helper()
	must(t, p.db.View(func(r store.Reader) error {
		got, err := settlement.ReadTotals(r)
		if err == nil {
			check(got)
		}
		return err
	}))
}

// I7: a payment out of the channel by a voucher that this node's books do not
// know, signed with its key, halts the channel at its payer.
func TestI7_AnUnknownVoucherHalts(t *testing.T) {
	w := settled(t)
	w.run()
	rail := newRail(w.acme.chain, evm.Latest)
	doc, err := rail.SignVoucher(w.channel(), 150_000, wire.Hash([]byte("behind the node's back")))
	must(t, err)
	_, err = newRail(w.globex.chain, evm.Latest).Redeem(t.Context(), doc)
	must(t, err)
	err = w.acme.settler.Reconcile(t.Context())
	if !errors.Is(err, settlement.ErrHalted) || !strings.Contains(err.Error(), "150000") || !strings.Contains(err.Error(), "99990") {
		t.Fatalf("an unknown voucher was paid: %v", err)
	}
	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("paid all the same: %v", err)
	}
	if err := w.acme.settler.Resume(t.Context(), w.acme.status().Out.Channels[0].Channel, "never mind"); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("resumed all the same: %v", err)
	}
}

// An endpoint that is behind what was heard before says nothing: it neither
// halts a channel nor books anything.
func TestAnEndpointThatIsBehindSaysNothing(t *testing.T) {
	w := settled(t)
	w.run()
	real := newRail(w.acme.chain, evm.Latest)
	w.acme.useRail(blockRail{Rail: real, block: 70})
	must(t, w.acme.settler.Reconcile(t.Context()))
	w.acme.useRail(blockRail{Rail: real, block: 69, standing: &settlement.Standing{}})
	must(t, w.acme.settler.Reconcile(t.Context()))
	w.acme.useRail(blockRail{Rail: real, block: 70, standing: &settlement.Standing{}})
	if err := w.acme.settler.Reconcile(t.Context()); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("the same block says something else: %v", err)
	}
}

// A chain that does not answer at the start stops payments on its channels, and
// they go on once it does.
func TestNothingIsPaidBeforeTheChainWasAsked(t *testing.T) {
	w := settled(t)
	w.run()
	w.call(10, w.quote(100_000_000))
	w.acme.useRail(silentRail{newRail(w.acme.chain, evm.Latest)})
	if err := w.acme.settler.Reconcile(t.Context()); !errors.Is(err, errSilent) {
		t.Errorf("reconciled with a silent chain: %v", err)
	}
	if res, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, errSilent) || len(res.Statements) > 0 {
		t.Errorf("paid without asking the chain: %v", err)
	}
	if c := w.acme.status().Out.Channels[0]; c.Sequence != 1 {
		t.Errorf("statement %d was begun", c.Sequence)
	}
	w.acme.useRail(newRail(w.acme.chain, evm.Latest))
	if res := w.run(); res.Paid != 99_990 {
		t.Errorf("once it answers: %+v", res)
	}
}

// What could not be sent is sent again after 2, 4, 8, 16 and 32 seconds, then
// once an hour with one alarm; whoever gets through ends that.
func TestContinueWaitsLongerEachTime(t *testing.T) {
	w := newWorld(t)
	w.call(10, w.quote(100_000_000))
	w.fund(usdc)
	w.acme.losing = "deliver"
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	deaf := func() { w.acme.losing = "deliver" }
	var waited []int64
	for range 7 {
		deaf()
		before := w.acme.clock
		for w.acme.settler.Continue(t.Context()) == nil {
			if w.acme.clock++; w.acme.clock-before > 4000 {
				t.Fatal("it is not tried again")
			}
		}
		waited = append(waited, w.acme.clock-before)
	}
	if want := []int64{0, 2, 4, 8, 16, 32, 3600}; !slices.Equal(waited, want) {
		t.Errorf("waited %v, want %v", waited, want)
	}
	if len(w.acme.alarms) != 1 || w.acme.alarms[0].Peer != w.globex.did || !strings.Contains(w.acme.alarms[0].Reason, "6 times") {
		t.Errorf("alarms %+v", w.acme.alarms)
	}
	dead := func(want uint64) {
		t.Helper()
		totals(t, w.acme, func(got *settlement.Totals) {
			if got.DeadLetters != want {
				t.Errorf("%d dead letters, want %d", got.DeadLetters, want)
			}
		})
	}
	dead(1)
	w.acme.start() // remembered
	must(t, w.acme.settler.Continue(t.Context()))
	dead(1)
	w.acme.losing = ""
	w.run()
	must(t, w.acme.settler.Continue(t.Context()))
	dead(0)
	if w.redeem() != 99_990 {
		t.Error("the voucher did not arrive")
	}
	w.audited()
}

// A hold whose call is not under way any more is released, once it is as old as
// the lease, without spending it; that of a call under way stays.
func TestHoldsWithoutACallAreReleased(t *testing.T) {
	w := newWorld(t)
	w.globex.hold(t, "gone", 40)
	w.globex.clock += 3599
	if released, err := w.globex.settler.SweepHolds(t.Context(), 3600); err != nil || len(released) != 0 {
		t.Fatalf("released %v before the lease was over, %v", released, err)
	}
	w.globex.clock++
	w.globex.hold(t, "young", 2)
	if released, err := w.globex.settler.SweepHolds(t.Context(), 3600); err != nil || !slices.Equal(released, []string{"gone"}) {
		t.Fatalf("released %v, %v", released, err)
	}
	if x := w.globex.status().In.Exposure["USD"]; x.Held != 2 || x.Unvouchered != 0 {
		t.Errorf("exposure %+v", x)
	}
	if b := w.globex.balance(ledger.Revenue, "USD"); b != 0 {
		t.Errorf("%d were posted", b)
	}
}

// hold records the hold of a call that has no intent, as of now.
func (p *party) hold(t *testing.T, call string, cents uint64) {
	t.Helper()
	must(t, p.db.Update(t.Context(), func(tx store.Tx) error {
		tx.Set("s/h/"+call, wire.MustMarshal(map[string]any{"peer": p.peer.did, "at": now + p.clock,
			"charge": wire.MonetaryAmount{Units: cents, Currency: "USD"}}))
		x := p.status().In.Exposure["USD"]
		x.Held += cents
		tx.Set("s/x/in/"+p.peer.did.String()+"/USD", wire.MustMarshal(x))
		return nil
	}))
}
