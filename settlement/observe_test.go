package settlement_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// A deposit that this node did not record, as anyone may make into a channel,
// is booked as a gift: a stranger cannot halt a channel with a cent.
func TestGiftsDoNotHalt(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	if _, err := newRail(w.acme.chain, evm.Latest).Fund(t.Context(), w.channel(), 5, 77); err != nil {
		t.Fatal(err)
	}
	w.acme.restart()
	w.acme.restart() // books it once
	if got := w.acme.balance(ledger.Revenue, "USDC"); got != -5 {
		t.Errorf("gifts of %d are booked", -got)
	}
	if c := w.acme.status().Out.Channels[0]; c.Deposited != usdc+5 || c.Halted != "" {
		t.Errorf("channel %+v", c)
	}
	w.call(10, w.quote(100_000_000))
	if res := w.run(); res.Paid != 99_990 || w.redeem() != 99_990 {
		t.Errorf("settled %+v", res)
	}
	w.balanced()
}

// fakeRail answers for a chain that has lost what it had.
type fakeRail struct {
	settlement.Rail
	standing settlement.Standing
}

func (r fakeRail) Standing(_ context.Context, id wire.Digest) (settlement.Standing, error) {
	return r.standing, nil
}

// I7: a chain that holds or has paid less than the ledger says halts the
// channel, and nobody resumes it before the figures agree again.
func TestI7_AChainThatForgetsHalts(t *testing.T) {
	w := settled(t)
	w.run()
	real := newRail(w.acme.chain, evm.Latest)
	for name, c := range map[string]struct {
		standing settlement.Standing
		want     []string
	}{
		"deposit": {settlement.Standing{FinalDeposited: 7, FinalSettled: 99_990}, []string{"7", fmt.Sprint(usdc)}},
		"payment": {settlement.Standing{FinalDeposited: usdc, FinalSettled: 8}, []string{"8", "99990"}},
	} {
		w.acme.useRail(fakeRail{real, c.standing})
		err := w.acme.settler.Reconcile(t.Context())
		if !errors.Is(err, settlement.ErrHalted) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, figure := range c.want {
			if !strings.Contains(err.Error(), figure) {
				t.Errorf("%s: %v does not name %s", name, err, figure)
			}
		}
		if w.acme.status().Out.Channels[0].Halted == "" {
			t.Errorf("%s: not halted", name)
		}
	}
	channel := w.acme.status().Out.Channels[0].Channel
	if err := w.acme.settler.Resume(t.Context(), channel, "I say so"); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("resumed while the figures differ: %v", err)
	}
	w.acme.useRail(real)
	if err := w.acme.settler.Reconcile(t.Context()); !errors.Is(err, settlement.ErrHalted) || !strings.Contains(err.Error(), "settle release") {
		t.Errorf("once they agree again: %v", err)
	}
	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("paid before somebody looked: %v", err)
	}
	for reason, want := range map[string]error{"": settlement.ErrReason, strings.Repeat("x", 501): settlement.ErrReason, "\xff": settlement.ErrReason} {
		if err := w.acme.settler.Resume(t.Context(), channel, reason); !errors.Is(err, want) {
			t.Errorf("resumed for %.10q: %v", reason, err)
		}
	}
	must(t, w.acme.settler.Resume(t.Context(), channel, "the endpoint had an old copy"))
	if err := w.acme.settler.Resume(t.Context(), channel, "again"); !errors.Is(err, settlement.ErrNotHalted) {
		t.Errorf("resumed twice: %v", err)
	}
	if err := w.acme.settler.Resume(t.Context(), wire.Hash([]byte("other")), "x"); !errors.Is(err, settlement.ErrUnknownChannel) {
		t.Errorf("resumed another: %v", err)
	}
	if res := w.run(); res.Paid != 99_990 || w.redeem() != 99_990 {
		t.Errorf("after it: %+v", res)
	}
	w.audited()
}

// What was owed under a treaty that names another chain waits, and does not
// hold up the treaty in force.
func TestDebtUnderAnUnusableTreatyWaits(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	round := w.quote(100_000_000)
	inForce := w.terms.Treaty
	w.terms.Treaty = wire.Hash([]byte("elsewhere"))
	w.call(4, round)
	w.terms.Treaty = inForce
	w.call(10, round)
	res := w.run()
	if res.Paid != 99_990 || res.Unpriced != 1 || !strings.Contains(res.Reason, "none with") {
		t.Fatalf("%+v", res)
	}
	must(t, w.globex.db.View(func(r store.Reader) error {
		x, err := w.globex.settler.Exposure(r, w.acme.did)
		if err != nil || x["USD"].Unvouchered != 4 {
			t.Errorf("exposure %+v, %v", x, err)
		}
		return nil
	}))
	heads, err := w.globex.settler.Heads(w.acme.did)
	if err != nil || len(heads) != 1 || heads[0].Vouchered != 99_990 {
		t.Errorf("heads %+v, %v", heads, err)
	}
	w.terms.ChainID = "eip155:1"
	w.call(5, round)
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrRail) {
		t.Errorf("the treaty in force has no rail: %v", err)
	}
}

// A deposit that counts as final before the chain's final block includes it is
// not booked yet, and is no disagreement.
func TestFinalBlockLagsBehindConfirmations(t *testing.T) {
	w := newWorld(t)
	lagging := lagRail{newRail(w.acme.chain, evm.Latest)}
	w.acme.useRail(lagging)
	w.fund(usdc)
	if c := w.acme.status().Out.Channels[0]; c.Deposited != 0 || c.Halted != "" {
		t.Fatalf("before the final block: %+v", c)
	}
	w.call(10, w.quote(100_000_000))
	if res := w.run(); res.Paid != 99_990 {
		t.Fatalf("run: %+v", res)
	}
	w.acme.useRail(lagging.Rail)
	must(t, w.acme.settler.Reconcile(t.Context()))
	if c := w.acme.status().Out.Channels[0]; c.Deposited != usdc {
		t.Fatalf("after it: %+v", c)
	}
	w.balanced()
}

// lagRail has no final block yet.
type lagRail struct{ settlement.Rail }

func (r lagRail) Standing(ctx context.Context, id wire.Digest) (settlement.Standing, error) {
	s, err := r.Rail.Standing(ctx, id)
	s.FinalDeposited, s.FinalSettled = 0, 0
	return s, err
}

// A payment out of a deposit whose own transaction was not followed to its end
// yet is booked with the deposit, and is no disagreement.
func TestPaymentIsFinalBeforeItsDepositIsKnownToBe(t *testing.T) {
	w := newWorld(t)
	real := newRail(w.acme.chain, evm.Latest)
	w.acme.useRail(unfollowedRail{real})
	w.fund(usdc)
	w.call(10, w.quote(100_000_000))
	if res := w.run(); res.Paid != 99_990 || w.redeem() != 99_990 {
		t.Fatalf("settled %+v", res)
	}
	must(t, w.acme.settler.Reconcile(t.Context()))
	if c := w.acme.status().Out.Channels[0]; c.Deposited != 0 || c.Settled != 0 || c.Halted != "" {
		t.Fatalf("before the deposit is known to be final: %+v", c)
	}
	w.acme.useRail(real)
	must(t, w.acme.settler.Reconcile(t.Context()))
	if c := w.acme.status().Out.Channels[0]; c.Deposited != usdc || c.Settled != 99_990 || c.Halted != "" {
		t.Fatalf("after it: %+v", c)
	}
	w.balanced()
}

// unfollowedRail has not looked at its deposits since they were mined.
type unfollowedRail struct{ settlement.Rail }

func (r unfollowedRail) Funding(c settlement.Channel, n uint64) (settlement.Transfer, bool, error) {
	t, ok, err := r.Rail.Funding(c, n)
	t.Final = false
	return t, ok, err
}

func (r unfollowedRail) Standing(ctx context.Context, id wire.Digest) (settlement.Standing, error) {
	s, err := r.Rail.Standing(ctx, id)
	s.FinalDeposited, s.FinalSettled = s.Deposited, s.Settled
	return s, err
}
