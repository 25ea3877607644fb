package settlement_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// proves reads the evidence file of a statement at a party, verifies it offline
// as a third would, and returns what each side says of its payment:
// "acme: state state; globex: state".
func (w *world) proves(p *party, statement wire.Digest) string {
	w.t.Helper()
	var doc []byte
	must(w.t, p.db.View(func(r store.Reader) (err error) {
		doc, err = p.settler.EvidenceFile(r, statement)
		return err
	}))
	checks := w.checks()
	checks.Note = func(doc []byte) (settlement.Note, error) {
		n, err := evm.ParseNote(doc)
		if err != nil {
			return settlement.Note{}, err
		}
		return n.Plain(), nil
	}
	proven, err := settlement.VerifyEvidence(doc, checks)
	must(w.t, err)
	must(w.t, proven.VerifyPayments(w.trust()))
	said := map[string][]string{}
	for _, r := range proven.Payments {
		name := w.acme.name
		if r.Observer == w.globex.did {
			name = w.globex.name
		}
		said[name] = append(said[name], r.State)
	}
	// Without one of them, or with one twice, the file does not hold.
	for i := range proven.Evidence.Payments {
		bad := proven.Evidence
		bad.Payments = slices.Insert(slices.Clone(bad.Payments), i, bad.Payments[i])
		if _, err := settlement.VerifyEvidence(wire.MustMarshal(bad), checks); !errors.Is(err, settlement.ErrEvidence) {
			w.t.Errorf("receipt %d twice: %v", i, err)
		}
		if len(said[w.acme.name]) > 1 || i+1 < len(proven.Evidence.Payments) {
			continue
		}
		if err := proven.VerifyPayments(settlement.Kernels{w.acme.did: {w.globex.kernel.Public()}, w.globex.did: {w.acme.kernel.Public()}}); !errors.Is(err, settlement.ErrUntrusted) {
			w.t.Errorf("under each other's keys: %v", err)
		}
	}
	var out []string
	for _, name := range []string{w.acme.name, w.globex.name} {
		if len(said[name]) > 0 {
			out = append(out, name+": "+strings.Join(said[name], " "))
		}
	}
	return strings.Join(out, "; ")
}

func (w *world) provesBoth(statement wire.Digest, acme, globex string) {
	w.t.Helper()
	if got := w.proves(w.acme, statement); got != acme {
		w.t.Errorf("acme's file says %q, want %q", got, acme)
	}
	if got := w.proves(w.globex, statement); got != globex {
		w.t.Errorf("globex's file says %q, want %q", got, globex)
	}
}

// shifted is a chain whose figures a test bends.
type shifted struct {
	settlement.Rail
	bend func(*settlement.Standing)
}

func (r shifted) Standing(ctx context.Context, id wire.Digest) (settlement.Standing, error) {
	s, err := r.Rail.Standing(ctx, id)
	r.bend(&s)
	return s, err
}

// One redemption pays two statements: each has a receipt of its own part, at
// both sides, once. Before that one side sees it mined, and gone again.
func TestI7_ChannelPaymentsHaveReceipts(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	w.call(10, w.quote(100_000_000))
	first := w.run().Statements[0].Statement
	w.call(7, w.quote(100_000_000))
	second := w.run().Statements[0].Statement
	w.provesBoth(first, "", "")

	real := newRail(w.globex.chain, evm.Latest)
	notFinal := func(s *settlement.Standing) { s.FinalSettled, s.FinalBlock = 0, 1 }
	w.globex.useRail(shifted{real, notFinal})
	if paid := w.redeem(); paid != 169_983 {
		t.Fatalf("redeemed %d", paid)
	}
	w.provesBoth(first, "", "")

	// An endpoint that is behind says nothing; one that has come further does.
	gone := func(block uint64) func(*settlement.Standing) {
		return func(s *settlement.Standing) { notFinal(s); s.Settled = 0; s.Block = block }
	}
	w.globex.useRail(shifted{real, gone(1)})
	must(t, w.globex.settler.Reconcile(t.Context()))
	w.provesBoth(second, "", "")
	w.globex.useRail(shifted{real, gone(1 << 40)})
	for range 2 {
		must(t, w.globex.settler.Reconcile(t.Context()))
		w.provesBoth(first, "", "globex: reorged")
		w.provesBoth(second, "", "globex: reorged")
	}
	if st := w.globex.status(); st.In.Channels[0].Redeemed != 0 || st.In.Channels[0].Stage != "vouchered" {
		t.Errorf("after the reorganisation: %+v", st.In.Channels[0])
	}

	// A payment that ends within the second statement pays a part of it.
	w.globex.useRail(shifted{real, func(s *settlement.Standing) { s.FinalSettled, s.FinalBlock = 120_000, 2 }})
	w.redeem()
	w.provesBoth(first, "", "globex: reorged settled")
	w.provesBoth(second, "", "globex: reorged partially_settled")
	w.globex.useRail(shifted{real, func(s *settlement.Standing) { s.FinalBlock = 3 }})
	w.redeem()
	w.run()
	for range 2 {
		must(t, w.globex.settler.Reconcile(t.Context()))
		w.provesBoth(first, "acme: settled", "globex: reorged settled")
		w.provesBoth(second, "acme: settled", "globex: reorged partially_settled settled")
	}
	w.balanced()
}

// What each rail without a deposit says, at both sides. The payer's file has
// the payee's word where only the payee can see the money.
func TestPaymentsOfEveryRailAreProven(t *testing.T) {
	t.Run("note", func(t *testing.T) {
		w := noteWorld(t)
		w.owe(10)
		id := w.run().Statements[0].Statement
		_, doc, _ := w.globex.noteFile()
		n, err := evm.ParseNote(doc)
		must(t, err)
		w.clock = int64(n.ValidBefore) - now
		for range 2 {
			w.acme.observe()
		}
		w.run()
		w.redeem()
		w.run()
		w.provesBoth(id, "acme: timed_out settled", "globex: settled")
	})
	t.Run("note in a block that goes", func(t *testing.T) {
		w := noteWorld(t)
		w.owe(10)
		id := w.run().Statements[0].Statement
		w.globex.useNotes(bentNotes{w.globex.chain.Notes(), func(s *settlement.NoteState) { s.Transfer.Final = false }})
		w.redeem()
		w.globex.useNotes(bentNotes{w.globex.chain.Notes(), func(s *settlement.NoteState) { *s = settlement.NoteState{} }})
		for range 2 {
			w.globex.observe()
		}
		w.globex.start()
		w.redeem()
		w.provesBoth(id, "", "globex: reorged settled")
	})
	t.Run("offchain", func(t *testing.T) {
		w := offchainWorld(t)
		id := w.awaiting(40)
		w.claim(id, "a", 0)
		_, err := w.globex.settler.RejectPaid(t.Context(), id, "not here")
		must(t, err)
		w.claim(id, "b", 0)
		w.confirm(id, 30)
		must(t, w.giveBack(id, settlement.MoveRefund, "r", "b", 5))
		w.claim(id, "c", 0)
		w.confirm(id, 0)
		payee := "globex: failed partially_settled reversed settled"
		w.provesBoth(id, "acme: partially_settled reversed settled; "+payee, payee)
	})
	t.Run("stripe", func(t *testing.T) {
		w, _ := stripeWorld(t)
		w.call(30, nil)
		id := w.run().Statements[0].Statement
		w.redeem()
		s, acme := w.globex.settler, w.acme.did
		must(t, s.InvoicePaid(t.Context(), acme, "in_1", w.usd(30), now))
		must(t, s.InvoiceReturned(t.Context(), acme, settlement.MoveReversal, "du_1", "in_1", w.usd(30), "insufficient_funds"))
		must(t, s.InvoicePaid(t.Context(), acme, "in_2", w.usd(30), now))
		must(t, s.InvoiceReturned(t.Context(), acme, settlement.MoveChargeback, "du_2", "in_2", w.usd(30), "fraudulent"))
		must(t, s.InvoiceRestored(t.Context(), acme, settlement.MoveChargeback, "du_2", "du_2", "in_2", w.usd(30)))
		payee := "settled reversed settled charged_back settled"
		w.provesBoth(id, "acme: "+payee+"; globex: "+payee, "globex: "+payee)
	})
}

// bentNotes is a chain that says something else of a note.
type bentNotes struct {
	settlement.NoteRail
	bend func(*settlement.NoteState)
}

func (r bentNotes) FindNote(ctx context.Context, doc []byte, since uint64) (settlement.NoteState, error) {
	s, err := r.NoteRail.FindNote(ctx, doc, since)
	if s.Used {
		r.bend(&s)
	}
	return s, err
}

// One form for every rail and state: what fits is signed and verifies offline;
// what contradicts itself is neither signed nor read.
func TestReceiptsOfEveryRailAndState(t *testing.T) {
	w := &world{t: t}
	kernel, err := wire.KeyFromSeed(scalar("globex kernel"))
	must(t, err)
	org, err := wire.KeyFromSeed(scalar("globex org"))
	must(t, err)
	payer, err := wire.KeyFromSeed(scalar("acme org"))
	must(t, err)
	self, peer := did.FromKey(org.Public()), did.FromKey(payer.Public())
	trust := settlement.Kernels{self: {kernel.Public()}}
	states := map[string]func(*settlement.SettlementReceipt){
		settlement.PayPartial: func(r *settlement.SettlementReceipt) { r.Kind, r.Amount, r.Settled = settlement.MoveCapture, 4, 4 },
		settlement.PaySettled: func(r *settlement.SettlementReceipt) { r.Kind, r.Amount, r.Settled = settlement.MoveCapture, 6, 10 },
		settlement.PayReversed: func(r *settlement.SettlementReceipt) {
			r.Kind, r.Amount, r.Settled, r.ReversalOf = settlement.MoveRefund, 4, 6, "a"
		},
		settlement.PayCharged: func(r *settlement.SettlementReceipt) {
			r.Kind, r.Amount, r.Settled, r.ReversalOf = settlement.MoveChargeback, 10, 0, "a"
		},
		settlement.PayTimedOut: func(r *settlement.SettlementReceipt) { r.Failure, r.Finality = "it ran out", settlement.FinalityOpen },
		settlement.PayFailed:   func(r *settlement.SettlementReceipt) { r.Failure = "not here" },
		settlement.PayReorged: func(r *settlement.SettlementReceipt) {
			r.Failure, r.Finality = "its block is gone", settlement.FinalityOpen
		},
	}
	wrong := map[string]func(*settlement.SettlementReceipt){
		"another schema":         func(r *settlement.SettlementReceipt) { r.Schema = "chio.statement.v1" },
		"a state there is not":   func(r *settlement.SettlementReceipt) { r.State = settlement.PaySubmitted },
		"a rail there is not":    func(r *settlement.SettlementReceipt) { r.Rail = "cash" },
		"a third observer":       func(r *settlement.SettlementReceipt) { r.Observer = did.FromKey(kernel.Public()) },
		"one party":              func(r *settlement.SettlementReceipt) { r.Payer = r.Payee },
		"nobody":                 func(r *settlement.SettlementReceipt) { r.Payer = "acme" },
		"no number":              func(r *settlement.SettlementReceipt) { r.Number = 0 },
		"no statement":           func(r *settlement.SettlementReceipt) { r.Statement = wire.Digest{} },
		"no time":                func(r *settlement.SettlementReceipt) { r.ObservedAt = 0 },
		"no net":                 func(r *settlement.SettlementReceipt) { r.Net.Units = 0 },
		"more than the net":      func(r *settlement.SettlementReceipt) { r.Settled = 11 },
		"a finality there isn't": func(r *settlement.SettlementReceipt) { r.Finality = "surely" },
		"no reference":           func(r *settlement.SettlementReceipt) { r.Reference = "" },
		"a reference over lines": func(r *settlement.SettlementReceipt) { r.Reference = "a\nb" },
	}
	only := map[string]map[string]func(*settlement.SettlementReceipt){
		settlement.PayPartial: {"all of it": func(r *settlement.SettlementReceipt) { r.Settled = 10 }, "nothing": func(r *settlement.SettlementReceipt) { r.Settled = 0 },
			"by a refund": func(r *settlement.SettlementReceipt) { r.Kind = settlement.MoveRefund }},
		settlement.PaySettled: {"a part": func(r *settlement.SettlementReceipt) { r.Settled = 9 }, "not for good": func(r *settlement.SettlementReceipt) { r.Finality = settlement.FinalityOpen },
			"undoing": func(r *settlement.SettlementReceipt) { r.ReversalOf = "a" }},
		settlement.PayReversed: {"of no capture": func(r *settlement.SettlementReceipt) { r.ReversalOf = "" }, "by a chargeback": func(r *settlement.SettlementReceipt) { r.Kind = settlement.MoveChargeback },
			"more than came": func(r *settlement.SettlementReceipt) { r.Amount = 5 }},
		settlement.PayCharged:  {"by a refund": func(r *settlement.SettlementReceipt) { r.Kind = settlement.MoveRefund }, "of nothing": func(r *settlement.SettlementReceipt) { r.Amount = 0 }},
		settlement.PayTimedOut: {"without a reason": func(r *settlement.SettlementReceipt) { r.Failure = "" }},
		settlement.PayFailed:   {"with money": func(r *settlement.SettlementReceipt) { r.Amount = 1 }, "with a movement": func(r *settlement.SettlementReceipt) { r.Kind = settlement.MoveCapture }},
		settlement.PayReorged:  {"without a reason": func(r *settlement.SettlementReceipt) { r.Failure = "" }},
	}
	for _, rail := range []string{settlement.RailChannel, settlement.RailNote, settlement.RailOffchain, settlement.RailStripe, settlement.RailX402} {
		for state, fill := range states {
			good := settlement.SettlementReceipt{Schema: settlement.ReceiptSchema, Observer: self, Payer: settlement.PartyOf(peer), Payee: settlement.PartyOf(self),
				Statement: wire.Hash([]byte("statement")), Number: 1, Rail: rail, State: state, Net: wire.MonetaryAmount{Units: 10, Currency: "USD"},
				Reference: "a b", ObservedAt: now, Finality: settlement.FinalityFinal}
			if rail == settlement.RailX402 {
				good.Payer = "eip155:84532:0x036cbd53842c5426634e7929541ec2318f3dcf7e"
			}
			fill(&good)
			doc, err := settlement.SealReceipt(kernel, &good)
			must(t, err)
			got, err := settlement.VerifyReceipt(doc, trust)
			if err != nil || *got != good {
				t.Fatalf("%s by %s: %+v, %v", state, rail, got, err)
			}
			if _, err := settlement.VerifyReceipt(doc, settlement.Kernels{}); !errors.Is(err, settlement.ErrUntrusted) {
				t.Errorf("%s by %s, without trust: %v", state, rail, err)
			}
			for name, change := range wrong {
				w.refusesReceipt(kernel, good, change, fmt.Sprint(state, " by ", rail, ", ", name))
			}
			for name, change := range only[state] {
				w.refusesReceipt(kernel, good, change, fmt.Sprint(state, " by ", rail, ", ", name))
			}
		}
	}
	account := func(r *settlement.SettlementReceipt) {
		r.Payer = "eip155:84532:0x036cbd53842c5426634e7929541ec2318f3dcf7e"
	}
	w.refusesReceipt(kernel, settlement.SettlementReceipt{Schema: settlement.ReceiptSchema, Observer: self, Payee: settlement.PartyOf(self), Statement: wire.Hash([]byte("s")), Number: 1,
		Rail: settlement.RailNote, State: settlement.PayFailed, Failure: "x", Net: wire.MonetaryAmount{Units: 1, Currency: "USD"}, Reference: "a", ObservedAt: now,
		Finality: settlement.FinalityFinal}, account, "an account where organisations pay")
	sample, err := settlement.SealReceipt(kernel, &settlement.SettlementReceipt{Schema: settlement.ReceiptSchema, Observer: self, Payer: settlement.PartyOf(peer), Payee: settlement.PartyOf(self),
		Statement: wire.Hash([]byte("s")), Number: 1, Rail: settlement.RailNote, State: settlement.PayFailed, Failure: "x", Net: wire.MonetaryAmount{Units: 1, Currency: "USD"},
		Reference: "a", ObservedAt: now, Finality: settlement.FinalityFinal})
	must(t, err)
	for i := range sample {
		bad := slices.Clone(sample)
		bad[i] ^= 1
		if _, err := settlement.VerifyReceipt(bad, trust); err == nil {
			t.Fatalf("byte %d is free", i)
		}
	}
}

// refusesReceipt: a changed receipt is not signed and, signed by a kernel that
// does not check, not read.
func (w *world) refusesReceipt(kernel *wire.Key, r settlement.SettlementReceipt, change func(*settlement.SettlementReceipt), name string) {
	w.t.Helper()
	change(&r)
	if _, err := settlement.SealReceipt(kernel, &r); !errors.Is(err, settlement.ErrReceipt) {
		w.t.Errorf("%s is signed: %v", name, err)
	}
	env, err := wire.Seal(settlement.ReceiptSchema, &r, kernel)
	if err != nil {
		return // not even that
	}
	if _, _, err := settlement.ParseReceipt(env.Bytes()); err == nil {
		w.t.Errorf("%s is read", name)
	}
}
