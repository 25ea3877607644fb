package admit_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// TestFullNonceTableEmptiesItself: denied calls keep their nonces too, so a
// table that only denials filled must empty without a single admission, also
// behind a restart.
func TestFullNonceTableEmptiesItself(t *testing.T) {
	p := newProcess(t, 1000, 1_000_000)
	p.limits = authority.NonceLimits{PerAgent: 8, Total: 8}
	p.restart()
	for range 16 { // proved, and outside the scope: each keeps its nonce
		m := p.mandate()
		m.Operation = capability.Read
		if out := p.kernel.Mediate(context.Background(), m); out.Denial == nil || out.Unlogged {
			t.Fatalf("%+v", out)
		}
	}
	if out := p.call(); out.Denial == nil || out.Denial.Code != authority.CodeNoncesFull {
		t.Fatalf("the table is not full: %s %v", out.Verdict, out.Denial)
	}
	p.at += 1000 // every nonce has expired
	p.restart()
	for range 10 {
		if out := p.call(); out.Verdict == kernel.Allow {
			return
		}
		p.at += 100
	}
	t.Fatal("expired nonces lock the agent out for ever")
}

// greedy is a participant that writes more than one row may hold.
type greedy struct{ admit, refuse bool }

func (g *greedy) fill(tx store.Tx, on bool) error {
	if on {
		tx.Set("x/greedy", make([]byte, store.MaxValueBytes+1))
	}
	return nil
}
func (g *greedy) Admit(tx store.Tx, _ *kernel.Admittance, _ *kernel.Ticket) error {
	return g.fill(tx, g.admit)
}
func (g *greedy) Close(store.Tx, *kernel.Closing, uint64) error { return nil }
func (g *greedy) Refuse(tx store.Tx, _ *kernel.Refusal, _ uint64) error {
	return g.fill(tx, g.refuse)
}

// TestI5_RowThatDoesNotFitIsNotADeadDisk: before anything ran, a transaction
// that the store refuses for its size denies that call and nobody else's.
func TestI5_RowThatDoesNotFitIsNotADeadDisk(t *testing.T) {
	g := &greedy{}
	p := newProcess(t, 10, 100)
	p.parts = append(p.parts, g)
	p.restart()
	g.admit = true
	if out := p.call(); out.Verdict == kernel.Allow || out.Unlogged {
		t.Fatalf("%+v", out)
	}
	g.admit, g.refuse = false, true
	m := p.mandate()
	m.Chain = nil
	if out := p.kernel.Mediate(context.Background(), m); out.Verdict == kernel.Allow || !out.Unlogged {
		t.Fatalf("%+v", out)
	}
	g.refuse = false
	if err := p.admission.Ready(); err != nil {
		t.Fatalf("one call's row stopped the node: %v", err)
	}
	if out := p.call(); out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
}

// TestIntentThatCouldNotBeReadBackIsNotBegun: after a crash it would keep the
// node from starting.
func TestIntentThatCouldNotBeReadBackIsNotBegun(t *testing.T) {
	p := newProcess(t, 10, 100)
	for name, id := range map[string]string{"huge": strings.Repeat("p", 300<<10), "not utf-8": "\xff"} {
		in, err := journal.NewIntent(&kernel.Admittance{Call: &kernel.Call{Mandate: p.mandate(), Now: now}})
		if err != nil {
			t.Fatal(err)
		}
		in.Passport = &kernel.PassportRef{Issuer: "did:chio:x", ID: id}
		if _, err := journal.Prepare(in); err == nil {
			t.Errorf("%s: an intent that recovery cannot read was prepared", name)
		} else if name == "huge" && !errors.Is(err, wire.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
