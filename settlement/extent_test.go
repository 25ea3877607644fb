package settlement_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// newExtentWorld is a world whose statements over more than two receipts list
// none.
func newExtentWorld(t testing.TB) *world {
	w := newWorld(t)
	w.configure = func(_ *party, c *settlement.Config) { c.ListedReceipts = 2 }
	w.acme.start()
	w.globex.start()
	return w
}

// receipts returns the receipts of the newest statement that a party pays or is
// paid.
func (p *party) receipts(side settlement.Side) (ids []wire.Digest) {
	p.w.t.Helper()
	d := p.status().Out
	if side == settlement.In {
		d = p.status().In
	}
	c := d.Channels[0]
	must(p.w.t, p.db.View(func(r store.Reader) (err error) {
		ids, err = p.settler.Receipts(r, c.Channel, c.Sequence)
		return err
	}))
	return ids
}

// unfiled counts the rows of open obligations, read or not.
func (p *party) unfiled() (n int) {
	p.w.t.Helper()
	must(p.w.t, p.db.View(func(r store.Reader) error {
		return r.Scan("s/u/", "", func(string, []byte) error { n++; return nil })
	}))
	return n
}

// One statement is over as many receipts as there are. Both sides know which
// those are, and neither listed them.
func TestStatementWithoutAList(t *testing.T) {
	w := newExtentWorld(t)
	w.fund(5 * usdc)
	round := w.quote(100_000_000)
	var want []wire.Digest
	for range 7 {
		want = append(want, receiptOf(t, w.call(1, round)))
	}
	slices.SortFunc(want, func(a, b wire.Digest) int { return bytes.Compare(a[:], b[:]) })
	var sent settlement.Proposal
	w.acme.lie = func(p settlement.Proposal) settlement.Proposal { sent = p; return p }
	res := w.run()
	if len(res.Statements) != 1 || res.Statements[0].Count != 7 || len(sent.Receipts) != 0 || sent.Extent == nil || w.acme.mismatches != 0 {
		t.Fatalf("%+v, proposed with %d receipts and %+v", res, len(sent.Receipts), sent.Extent)
	}
	for name, got := range map[string][]wire.Digest{"payer": w.acme.receipts(settlement.Out), "payee": w.globex.receipts(settlement.In)} {
		if !slices.Equal(got, want) {
			t.Errorf("%s: the statement is over %v, want %v", name, got, want)
		}
	}
	// The payee has not filed them yet, and nobody sees that.
	if w.globex.unfiled() != 7 || w.acme.unfiled() != 0 {
		t.Errorf("%d and %d obligations are not filed", w.acme.unfiled(), w.globex.unfiled())
	}
	if d := w.globex.status().In; d.Count != 0 || len(d.Open) != 0 {
		t.Errorf("the payee still has open: %+v", d)
	}
	must(t, w.globex.settler.Continue(t.Context()))
	if n := w.globex.unfiled(); n != 0 {
		t.Errorf("%d obligations are not filed", n)
	}
	if res = w.run(); len(res.Statements) != 0 {
		t.Errorf("paid again: %+v", res)
	}
	if p, err := settlement.VerifyEvidence(w.acme.evidence(settlement.Out), w.checks()); err != nil || len(p.Evidence.Receipts) != 7 {
		t.Errorf("evidence: %v", err)
	}
	for range 5 {
		w.call(1, round)
	}
	if res = w.run(); len(res.Statements) != 1 || res.Statements[0].Count != 5 {
		t.Fatalf("the next statement: %+v", res)
	}
	paid := w.redeem()
	w.run()
	checkBooks(t, w, 12, paid, 5*usdc)
}

// The next statement does not wait for anybody to file the one before: its payee
// does that first.
func TestNextStatementFilesTheLast(t *testing.T) {
	w := newExtentWorld(t)
	w.fund(5 * usdc)
	round := w.quote(100_000_000)
	for n := range 3 {
		for range 4 {
			w.call(1, round)
		}
		if res := w.run(); len(res.Statements) != 1 || res.Statements[0].Count != 4 || w.globex.unfiled() != 4 {
			t.Fatalf("statement %d: %+v, %d are not filed", n+1, res, w.globex.unfiled())
		}
	}
	paid := w.redeem()
	w.run()
	checkBooks(t, w, 12, paid, 5*usdc)
}

// I7: a statement without a list is paid once wherever either process ends.
func TestI7_CrashesOfAStatementWithoutAList(t *testing.T) {
	const owed = 99_990
	for _, c := range []struct{ who, at string }{
		{"acme", "statement.receipts_before_record"},
		{"acme", "statement.signed_before_send"},
		{"acme", "statement.acked_before_voucher"},
		{"acme", "voucher.persisted_before_send"},
		{"acme", "statement.receipts_partly_filed"},
		{"globex", "statement.receipts_before_record"},
		{"globex", "statement.countersigned_before_reply"},
		{"globex", "voucher.accepted_before_reply"},
		{"globex", "statement.receipts_partly_filed"},
	} {
		t.Run(c.who+" "+c.at, func(t *testing.T) {
			w := newExtentWorld(t)
			round := w.quote(100_000_000)
			for range 5 {
				w.call(2, round)
			}
			victim := w.acme
			if c.who == "globex" {
				victim = w.globex
			}
			victim.fail = c.at
			for attempts := 1; !w.attempt(t) && attempts < 3; attempts++ {
				w.acme.restart()
				w.globex.restart()
			}
			if at := survives(func() { must(t, w.globex.settler.Continue(t.Context())) }); at != "" {
				if w.globex.unfiled() != 3 || w.globex.status().In.Count != 0 {
					t.Errorf("after %s: %d obligations are not filed, %d are open", at, w.globex.unfiled(), w.globex.status().In.Count)
				}
				w.globex.restart()
				must(t, w.globex.settler.Continue(t.Context()))
			}
			if victim.fail != "" {
				t.Fatalf("failpoint %q was not reached", victim.fail)
			}
			if got := w.received(); got != owed {
				t.Fatalf("received %d, owed %d", got, owed)
			}
			if res := w.run(); res.Paid != 0 {
				t.Fatalf("paid %d again", res.Paid)
			}
			if w.acme.unfiled()+w.globex.unfiled() != 0 || len(w.acme.receipts(settlement.Out)) != 5 {
				t.Errorf("%d and %d obligations are not filed", w.acme.unfiled(), w.globex.unfiled())
			}
			checkBooks(t, w, 10, owed, 5*usdc)
		})
	}
}

// Where the two differ is found by the roots of the parts. What both have is paid
// in one statement, and what only one had when both have it.
func TestDescentFindsWhatDiffers(t *testing.T) {
	w := newExtentWorld(t)
	w.fund(5 * usdc)
	round := w.quote(100_000_000)
	for range 4 {
		w.call(1, round)
	}
	late, forged := w.receipt(20, round, now+4), w.receipt(30, round, now+5)
	w.accrue(late, w.globex)
	w.accrue(forged, w.acme)
	unpriced := w.receipt(3, nil, now+6) // the payer leaves it out, and says so
	w.accrue(unpriced, w.acme, w.globex)
	for range 4 {
		w.call(1, round)
	}
	res := w.run()
	if len(res.Statements) != 1 || res.Statements[0].Count != 8 || res.Statements[0].Gross.Units != 8 || res.Unpriced != 1 {
		t.Fatalf("%+v", res)
	}
	if len(res.Missing) != 1 || res.Missing[0] != receiptOf(t, late) || len(res.Disputed) != 1 || res.Disputed[0] != receiptOf(t, forged) {
		t.Fatalf("missing %v, disputed %v", res.Missing, res.Disputed)
	}
	roots := 0 // what was withdrawn has no rows any more
	must(t, w.acme.db.View(func(r store.Reader) error {
		return r.Scan("s/q/", "", func(string, []byte) error { roots++; return nil })
	}))
	if roots != 1 {
		t.Errorf("the receipts of %d statements are kept", roots)
	}
	if w.acme.mismatches != 1 || w.acme.descents != 1 {
		t.Errorf("it took %d mismatches and %d descents", w.acme.mismatches, w.acme.descents)
	}
	if st := w.acme.status().Out; len(st.Disputed) != 2 {
		t.Errorf("the payer remembers %+v", st)
	}
	w.accrue(late, w.acme)
	w.accrue(forged, w.globex)
	if res = w.run(); len(res.Statements) != 1 || res.Statements[0].Gross.Units != 50 {
		t.Fatalf("once both have them: %+v", res)
	}
	w.balanced()
}

// More than an extent can name are left out: the others are paid with lists.
func TestTooMuchIsLeftOutToBeNamed(t *testing.T) {
	w := newExtentWorld(t)
	w.fund(5 * usdc)
	round := w.quote(100_000_000)
	for range 3 {
		w.call(1, round)
	}
	for range 257 {
		w.call(100, nil)
	}
	for range 3 {
		w.call(1, round)
	}
	var lists, extents int
	w.acme.lie = func(p settlement.Proposal) settlement.Proposal {
		if p.Extent != nil {
			extents++
		} else {
			lists++
		}
		return p
	}
	res := w.run()
	var count uint64
	for _, st := range res.Statements {
		count += st.Count
	}
	if count != 6 || res.Unpriced != 257 || extents != 1 || lists != 2 {
		t.Fatalf("%d receipts paid, %d unpriced, %d extents, %d lists", count, res.Unpriced, extents, lists)
	}
	w.balanced()
}

// An extent ends with one receipt, also where others came in the same second.
func TestExtentEndsWithinASecond(t *testing.T) {
	w := newExtentWorld(t)
	round := w.quote(100_000_000)
	var ids []wire.Digest
	var all []uint64
	for n := uint64(0); n < 1024; n += 64 {
		r := w.receipt(1, round, now)
		w.accrue(r, w.globex)
		ids = append(ids, receiptOf(t, r))
	}
	slices.SortFunc(ids, func(a, b wire.Digest) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		all = append(all, uint64(id[0])<<2|uint64(id[1])>>6)
	}
	e := settlement.Extent{To: now, Last: ids[9], Beyond: ids[3:5]}
	got, err := w.globex.settler.AnswerDescent(w.acme.did, settlement.Descent{Treaty: treatyID, Extent: e, Parts: all})
	if want := slices.Concat(ids[:3], ids[5:10]); err != nil || !slices.Equal(got, want) {
		t.Errorf("the extent holds %v, %v, want %v", got, err, want)
	}
}

// Where too much differs, statements list what they are over, and the rest is
// named as far as an answer goes.
func TestTooMuchDiffersForADescent(t *testing.T) {
	w := newExtentWorld(t)
	w.fund(5 * usdc)
	round := w.quote(100_000_000)
	for n := range 200 {
		r := w.receipt(1, round, now+int64(n))
		w.accrue(r, w.globex)
		if n%20 == 0 {
			w.accrue(r, w.acme)
		}
	}
	res := w.run()
	var count uint64
	for _, st := range res.Statements {
		if st.Count > 2 {
			t.Errorf("a statement over %d receipts", st.Count)
		}
		count += st.Count
	}
	if count != 10 || w.acme.descents != 0 || len(res.Missing) == 0 {
		t.Fatalf("%d receipts are paid after %d descents, %d missing", count, w.acme.descents, len(res.Missing))
	}
	w.balanced()
}

// An objection that comes while a statement is made is in no statement: neither
// side signs what it read before.
func TestObjectionWhileAStatementIsMade(t *testing.T) {
	for _, name := range []string{"payer", "payee"} {
		t.Run(name, func(t *testing.T) {
			w := newExtentWorld(t)
			w.fund(5 * usdc)
			round := w.quote(100_000_000)
			var o settlement.Obligation
			for range 4 {
				var err error
				o, _, err = settlement.FromReceipt(w.call(1, round), w.globex.did)
				must(t, err)
			}
			contest := func(p *party) {
				must(t, p.db.Update(t.Context(), func(tx store.Tx) error { return p.settler.Contest(tx, o, true) }))
			}
			victim, want := w.acme, settlement.ErrConflict
			if name == "payee" {
				victim, want = w.globex, settlement.ErrRefused
			}
			victim.passing = func(at string) {
				if at == "statement.receipts_before_record" {
					victim.passing = nil
					contest(victim)
				}
			}
			if res, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, want) || res.Paid != 0 {
				t.Fatalf("%+v, %v", res, err)
			}
			must(t, w.globex.db.View(func(r store.Reader) error { // what was not signed leaves nothing
				return r.Scan("s/q/", "", func(key string, _ []byte) error { t.Errorf("row %s", key); return nil })
			}))
			if name == "payer" {
				contest(w.globex)
			}
			res := w.run()
			if len(res.Statements) != 1 || res.Statements[0].Count != 3 {
				t.Fatalf("%+v", res)
			}
			if name == "payer" && len(res.Disputed) != 0 || name == "payee" && len(res.Disputed) != 1 {
				t.Errorf("disputed %v", res.Disputed)
			}
			w.balanced()
		})
	}
}

// A payee signs nothing whose receipts another try of it has deleted meanwhile.
func TestSignedOnlyWithItsReceipts(t *testing.T) {
	w := newExtentWorld(t)
	w.fund(5 * usdc)
	round := w.quote(100_000_000)
	for range 4 {
		w.call(1, round)
	}
	w.globex.passing = func(at string) {
		if at != "statement.receipts_before_record" {
			return
		}
		w.globex.passing = nil
		must(t, w.globex.db.Update(t.Context(), func(tx store.Tx) error {
			var keys []string
			err := tx.Scan("s/q/", "", func(key string, _ []byte) error { keys = append(keys, key); return nil })
			for _, key := range keys {
				tx.Delete(key)
			}
			return err
		}))
	}
	if res, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrRefused) || res.Paid != 0 {
		t.Fatalf("%+v, %v", res, err)
	}
	if res := w.run(); len(res.Statements) != 1 || res.Statements[0].Count != 4 || len(w.globex.receipts(settlement.In)) != 4 {
		t.Fatalf("%+v", res)
	}
	w.balanced()
}

// What both signed a moment ago is not contested, filed or not.
func TestUnfiledIsNotContested(t *testing.T) {
	w := newExtentWorld(t)
	w.fund(usdc)
	round := w.quote(100_000_000)
	o, _, err := settlement.FromReceipt(w.call(1, round), w.globex.did)
	must(t, err)
	w.call(1, round)
	w.call(1, round)
	w.run()
	if w.globex.unfiled() != 3 {
		t.Fatalf("%d are not filed", w.globex.unfiled())
	}
	err = w.globex.db.Update(t.Context(), func(tx store.Tx) error { return w.globex.settler.Contest(tx, o, true) })
	if !errors.Is(err, settlement.ErrConflict) {
		t.Errorf("contested: %v", err)
	}
}

// A payee signs for no other receipts than its own of the extent.
func TestAnswerRefusesExtents(t *testing.T) {
	w := newExtentWorld(t)
	round := w.quote(100_000_000)
	for range 4 {
		w.call(1, round)
	}
	for name, lie := range map[string]func(*settlement.Extent){
		"another time":        func(e *settlement.Extent) { e.To++ },
		"no time":             func(e *settlement.Extent) { e.To = 0 },
		"no receipt":          func(e *settlement.Extent) { e.Last = wire.Digest{} },
		"not in order":        func(e *settlement.Extent) { e.Beyond = []wire.Digest{{2}, {1}} },
		"one of them twice":   func(e *settlement.Extent) { e.Beyond = []wire.Digest{{1}, {1}} },
		"too many are beyond": func(e *settlement.Extent) { e.Beyond = digests(257) },
	} {
		w.acme.lie = func(p settlement.Proposal) settlement.Proposal {
			e := *p.Extent
			lie(&e)
			p.Extent = &e
			return p
		}
		if res, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrRefused) || res.Paid != 0 {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
	good := settlement.Extent{To: now + 10, Last: wire.Digest{1}, Beyond: []wire.Digest{}}
	for name, q := range map[string]settlement.Descent{
		"no part":        {Treaty: treatyID, Extent: good},
		"17 parts":       {Treaty: treatyID, Extent: good, Parts: make([]uint64, 17)},
		"part 1024":      {Treaty: treatyID, Extent: good, Parts: []uint64{0, 1024}},
		"not in order":   {Treaty: treatyID, Extent: good, Parts: []uint64{2, 1}},
		"another treaty": {Treaty: wire.Digest{9}, Extent: good, Parts: []uint64{1}},
		"no extent":      {Treaty: treatyID, Parts: []uint64{1}},
	} {
		if ids, err := w.globex.settler.AnswerDescent(w.acme.did, q); err == nil {
			t.Errorf("%s: answered with %v", name, ids)
		}
	}
	if ids, err := w.globex.settler.AnswerDescent(didOf(t, "stranger"), settlement.Descent{Treaty: treatyID, Extent: good, Parts: []uint64{1}}); err == nil {
		t.Errorf("a stranger got %v", ids)
	}
}

func digests(n int) []wire.Digest {
	out := make([]wire.Digest, n)
	for i := range out {
		out[i] = wire.Digest{byte(i >> 8), byte(i), 1}
	}
	return out
}

// Whatever each side has, all that both have and can convert is paid, nothing
// else is, and both name the same receipts for it.
func TestStatementsPayWhatBothHave(t *testing.T) {
	first, worlds := newWorld(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		w := *first // others on the same chain
		worlds++
		w.acme, w.globex = w.newParty(fmt.Sprint("acme ", worlds)), w.newParty(fmt.Sprint("globex ", worlds))
		w.acme.w, w.acme.peer, w.globex.w, w.globex.peer = &w, w.globex, &w, w.acme
		listed := rapid.SampledFrom([]int{1, 2, 5, 0}).Draw(rt, "listed")
		w.configure = func(_ *party, c *settlement.Config) { c.ListedReceipts = listed }
		w.acme.start()
		w.globex.start()
		w.fund(5 * usdc)
		round := w.quote(100_000_000)
		both, acme := 0, 0
		for range rapid.IntRange(1, 3).Draw(rt, "runs") {
			for _, who := range rapid.SliceOfN(rapid.SampledFrom([]string{"both", "both", "both", "acme", "globex", "unpriced"}), 0, 12).Draw(rt, "calls") {
				at := now + rapid.Int64Range(0, 5).Draw(rt, "at") // several in one second
				switch who {
				case "both":
					w.accrue(w.receipt(1, round, at), w.acme, w.globex)
					both++
				case "acme":
					w.accrue(w.receipt(100, round, at), w.acme)
					acme++
				case "globex":
					w.accrue(w.receipt(100, round, at), w.globex)
				case "unpriced":
					w.accrue(w.receipt(100, nil, at), w.acme, w.globex)
				}
			}
			res := w.run()
			for _, st := range res.Statements {
				both -= int(st.Gross.Units)
			}
			if both != 0 || len(res.Disputed) != acme {
				rt.Fatalf("%d cents are unpaid, %d of %d disputed: %+v", both, len(res.Disputed), acme, res)
			}
		}
		if len(w.acme.status().Out.Channels) > 0 && w.acme.status().Out.Channels[0].Sequence > 0 {
			if a, b := w.acme.receipts(settlement.Out), w.globex.receipts(settlement.In); !slices.Equal(a, b) {
				rt.Fatalf("payer %v, payee %v", a, b)
			}
		}
		w.balanced()
	})
}
