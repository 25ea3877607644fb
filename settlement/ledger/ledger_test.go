package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const peer = "did:chio:ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func id(n int) wire.Digest { return wire.Hash(fmt.Append(nil, "cause ", n)) }

// owed is the simplest posting: we spent something and owe it.
func owed(n int, units uint64) ledger.Posting {
	return ledger.Posting{ID: id(n), At: 1_700_000_000, Memo: "call", Entries: []ledger.Entry{
		{Account: ledger.Expense, Debit: units, Currency: "USD"},
		{Account: ledger.Payable(peer), Credit: units, Currency: "USD"},
	}}
}

func post(db store.DB, p ledger.Posting) (out ledger.Outcome, err error) {
	err = db.Update(context.Background(), func(tx store.Tx) (err error) {
		out, err = ledger.Post(tx, p)
		return err
	})
	return out, err
}

func verify(t *testing.T, db store.DB) ledger.Summary {
	t.Helper()
	var s ledger.Summary
	must(t, db.View(func(r store.Reader) (err error) { s, err = ledger.Verify(r); return err }))
	return s
}

func TestPostMovesBalances(t *testing.T) {
	db := memory.New()
	for n := range 3 {
		out, err := post(db, owed(n, 100))
		if err != nil || out.Sequence != uint64(n+1) || out.Replay {
			t.Fatalf("posting %d: %+v, %v", n, out, err)
		}
	}
	must(t, db.View(func(r store.Reader) error {
		b, err := ledger.ReadBalance(r, ledger.Payable(peer), "USD")
		must(t, err)
		if owes, err := b.NetCredit(); owes != 300 || err != nil {
			t.Errorf("owes %d, %v", owes, err)
		}
		if _, err := b.NetDebit(); !errors.Is(err, wire.ErrAmount) {
			t.Errorf("a liability as an asset: %v", err)
		}
		if b, err := ledger.ReadBalance(r, ledger.Payable(peer), "USDC"); b != (ledger.Balance{}) || err != nil {
			t.Errorf("unused balance %+v, %v", b, err)
		}
		if _, err := ledger.ReadBalance(r, "world", "USD"); !errors.Is(err, ledger.ErrAccount) {
			t.Errorf("foreign account: %v", err)
		}
		var seen []uint64
		must(t, ledger.Scan(r, 1, func(rec ledger.Record) error { seen = append(seen, rec.Sequence); return nil }))
		if fmt.Sprint(seen) != "[2 3]" {
			t.Errorf("scan after 1 gives %v", seen)
		}
		rec, err := ledger.Get(r, id(1))
		if err != nil || rec.Sequence != 2 {
			t.Errorf("get: %+v, %v", rec, err)
		}
		if _, err := ledger.Get(r, id(99)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown id: %v", err)
		}
		return nil
	}))
	if s := verify(t, db); s.Sequence != 3 || s.Accounts != 2 || s.Totals["USD"] != (ledger.Balance{Debits: 300, Credits: 300}) {
		t.Errorf("summary %+v", s)
	}
}

func TestReplayAndConflict(t *testing.T) {
	db := memory.New()
	_, err := post(db, owed(1, 100))
	must(t, err)
	later := owed(1, 100)
	later.At += 3600 // a retry after a restart
	if out, err := post(db, later); err != nil || !out.Replay || out.Sequence != 1 {
		t.Errorf("replay: %+v, %v", out, err)
	}
	if _, err := post(db, owed(1, 101)); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("other amount: %v", err)
	}
	memo := owed(1, 100)
	memo.Memo = "another call"
	if _, err := post(db, memo); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("other memo: %v", err)
	}
	if s := verify(t, db); s.Sequence != 1 {
		t.Errorf("%d postings", s.Sequence)
	}
}

func TestRefusedPostings(t *testing.T) {
	change := func(f func(*ledger.Posting)) ledger.Posting {
		p := owed(1, 100)
		f(&p)
		return p
	}
	cases := map[string]struct {
		posting ledger.Posting
		want    error
	}{
		"no id":         {change(func(p *ledger.Posting) { p.ID = wire.Digest{} }), ledger.ErrPosting},
		"no time":       {change(func(p *ledger.Posting) { p.At = 0 }), ledger.ErrPosting},
		"long memo":     {change(func(p *ledger.Posting) { p.Memo = strings.Repeat("x", 257) }), ledger.ErrPosting},
		"memo not utf8": {change(func(p *ledger.Posting) { p.Memo = "\xff" }), ledger.ErrPosting},
		"no entries":    {change(func(p *ledger.Posting) { p.Entries = nil }), ledger.ErrPosting},
		"one entry":     {change(func(p *ledger.Posting) { p.Entries = p.Entries[:1] }), ledger.ErrPosting},
		"65 entries": {change(func(p *ledger.Posting) {
			for len(p.Entries) < 65 {
				p.Entries = append(p.Entries, p.Entries[0])
			}
		}), ledger.ErrPosting},
		"unknown account":   {change(func(p *ledger.Posting) { p.Entries[0].Account = "world" }), ledger.ErrAccount},
		"no subject":        {change(func(p *ledger.Posting) { p.Entries[0].Account = "payable:" }), ledger.ErrAccount},
		"odd subject":       {change(func(p *ledger.Posting) { p.Entries[0].Account = "payable:a/b" }), ledger.ErrAccount},
		"subject on one":    {change(func(p *ledger.Posting) { p.Entries[0].Account = "usdc:a" }), ledger.ErrAccount},
		"long account":      {change(func(p *ledger.Posting) { p.Entries[0].Account = ledger.Payable(strings.Repeat("a", 256)) }), ledger.ErrAccount},
		"currency":          {change(func(p *ledger.Posting) { p.Entries[0].Currency = "usd" }), ledger.ErrPosting},
		"empty currency":    {change(func(p *ledger.Posting) { p.Entries[0].Currency = "" }), ledger.ErrPosting},
		"both sides":        {change(func(p *ledger.Posting) { p.Entries[0].Credit = 100 }), ledger.ErrPosting},
		"no side":           {change(func(p *ledger.Posting) { p.Entries[0].Debit = 0 }), ledger.ErrPosting},
		"over 2^53":         {owed(1, wire.MaxUnits+1), wire.ErrAmount},
		"wraps to zero":     {change(func(p *ledger.Posting) { p.Entries[0].Debit = math.MaxUint64 }), wire.ErrAmount},
		"unbalanced":        {change(func(p *ledger.Posting) { p.Entries[0].Debit = 99 }), ledger.ErrUnbalanced},
		"across currencies": {change(func(p *ledger.Posting) { p.Entries[0].Currency = "EUR" }), ledger.ErrUnbalanced},
		"one of two currencies": {change(func(p *ledger.Posting) {
			p.Entries = append(p.Entries, ledger.Entry{Account: ledger.USDC, Debit: 1, Currency: "USDC"})
		}), ledger.ErrUnbalanced},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			db := memory.New()
			if _, err := post(db, c.posting); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if s := verify(t, db); s.Sequence != 0 || s.Accounts != 0 {
				t.Errorf("a refused posting left %+v", s)
			}
		})
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	db := memory.New()
	_, err := post(db, owed(1, wire.MaxUnits))
	must(t, err)
	p := owed(2, 1)
	p.Memo = strings.Repeat("x", 256)
	for len(p.Entries) < 64 {
		p.Entries = append(p.Entries, p.Entries[:2]...)
	}
	_, err = post(db, p)
	must(t, err)
	verify(t, db)
}

func TestTotalsOverflowIsRefused(t *testing.T) {
	db := memory.New()
	must(t, db.Update(context.Background(), func(tx store.Tx) error {
		for n := 0; ; n++ { // 2^64 / 2^53 postings fill a total
			_, err := ledger.Post(tx, owed(n, wire.MaxUnits))
			if errors.Is(err, ledger.ErrOverflow) {
				if n != 2048 {
					t.Errorf("overflow after %d postings", n)
				}
				return nil
			}
			if err != nil {
				return err
			}
		}
	}))
	if s := verify(t, db); s.Sequence != 2048 {
		t.Errorf("%d postings", s.Sequence)
	}
}

func TestI8_ConcurrentPostersKeepTheLedgerBalanced(t *testing.T) {
	db := memory.New()
	var wg sync.WaitGroup
	for caller := range 16 {
		wg.Go(func() {
			for n := range 20 {
				// Every posting is tried by two callers: one of them replays.
				if _, err := post(db, owed(caller/2*100+n, uint64(n+1))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s := verify(t, db); s.Sequence != 160 || s.Totals["USD"].Debits != 8*210 {
		t.Errorf("summary %+v", s)
	}
}

// TestI8_DebitsEqualCreditsAfterEveryCommitAndReplay posts random movements,
// some malformed, some repeated, in closures of which some abort. After every
// commit the stored sides are equal, and at the end a replay into an empty
// ledger gives the same head and the same totals.
func TestI8_DebitsEqualCreditsAfterEveryCommitAndReplay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := memory.New()
		aborted := errors.New("abort")
		for range rapid.IntRange(1, 15).Draw(rt, "closures") {
			abort := rapid.Bool().Draw(rt, "abort")
			err := db.Update(context.Background(), func(tx store.Tx) error {
				for range rapid.IntRange(1, 3).Draw(rt, "postings") {
					_, err := ledger.Post(tx, drawPosting(rt))
					if err != nil && !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrUnbalanced) {
						return err
					}
				}
				if abort {
					return aborted
				}
				return nil
			})
			if err != nil && !errors.Is(err, aborted) {
				rt.Fatal(err)
			}
			verify(t, db)
		}
		again := memory.New()
		err := db.View(func(r store.Reader) error {
			return ledger.Scan(r, 0, func(rec ledger.Record) error {
				_, err := post(again, rec.Posting)
				return err
			})
		})
		if err != nil {
			rt.Fatal(err)
		}
		if a, b := verify(t, db), verify(t, again); fmt.Sprint(a) != fmt.Sprint(b) {
			rt.Fatalf("replay gives %+v, want %+v", b, a)
		}
	})
}

func drawPosting(rt *rapid.T) ledger.Posting {
	account := rapid.SampledFrom([]string{
		ledger.USDC, ledger.Revenue, ledger.Expense, ledger.FXRounding,
		ledger.Receivable(peer), ledger.Payable(peer), ledger.Channel("c1"), ledger.Deposit("d1"),
	})
	p := ledger.Posting{ID: id(rapid.IntRange(0, 30).Draw(rt, "id")), At: 1}
	for range rapid.IntRange(1, 4).Draw(rt, "pairs") {
		units := rapid.Uint64Range(1, wire.MaxUnits/64).Draw(rt, "units")
		currency := rapid.SampledFrom([]string{"USD", "USDC"}).Draw(rt, "currency")
		p.Entries = append(p.Entries,
			ledger.Entry{Account: account.Draw(rt, "debit"), Debit: units, Currency: currency},
			ledger.Entry{Account: account.Draw(rt, "credit"), Credit: units, Currency: currency})
	}
	if rapid.IntRange(0, 4).Draw(rt, "spoil") == 0 {
		p.Entries[0].Debit++
	}
	return p
}

func TestVerifyFindsEveryKindOfDamage(t *testing.T) {
	row := func(n int) string { return fmt.Sprintf("l/e/%020d", n) }
	edit := func(key, from, to string) func(store.Tx) error {
		return func(tx store.Tx) error {
			b, err := tx.Get(key)
			if err != nil {
				return err
			}
			changed := strings.Replace(string(b), from, to, 1)
			if changed == string(b) {
				return fmt.Errorf("%s does not hold %q", key, from)
			}
			tx.Set(key, []byte(changed))
			return nil
		}
	}
	del := func(key string) func(store.Tx) error {
		return func(tx store.Tx) error {
			_, err := tx.Get(key)
			tx.Delete(key)
			return err
		}
	}
	put := func(key, value string) func(store.Tx) error {
		return func(tx store.Tx) error { tx.Set(key, []byte(value)); return nil }
	}
	for name, damage := range map[string]func(store.Tx) error{
		"amount changed on both sides": func(tx store.Tx) error {
			return errors.Join(edit(row(2), `"debit":100`, `"debit":900`)(tx), edit(row(2), `"credit":100`, `"credit":900`)(tx))
		},
		"amount changed on one side": edit(row(2), `"debit":100`, `"debit":900`),
		"memo changed":               edit(row(1), `"call"`, `"bribe"`),
		"first posting gone":         del(row(1)),
		"middle posting gone":        del(row(2)),
		"last posting gone":          del(row(3)),
		"posting not canonical":      edit(row(2), `{"posting"`, `{ "posting"`),
		"unknown member":             edit(row(2), `"sequence":2`, `"sequence":2,"x":1`),
		"other schema":               edit(row(3), ledger.Schema, "chio.ledger_posting.v2"),
		"index gone":                 del("l/i/" + id(1).String()),
		"index added":                put("l/i/"+id(77).String(), "\x00\x00\x00\x00\x00\x00\x00\x01"),
		"index elsewhere":            put("l/i/"+id(1).String(), "\x00\x00\x00\x00\x00\x00\x00\x03"),
		"balance gone":               del("l/b/USD/expense"),
		"balance changed":            put("l/b/USD/expense", strings.Repeat("\x00", 16)),
		"balance short":              put("l/b/USD/expense", "1"),
		"balance added":              put("l/b/USD/revenue", strings.Repeat("\x00", 16)),
		"total changed":              put("l/t/USD", strings.Repeat("\x01", 16)),
		"total gone":                 del("l/t/USD"),
		"counter behind":             put("l/n", "\x00\x00\x00\x00\x00\x00\x00\x02"),
		"counter broken":             put("l/n", "2"),
	} {
		t.Run(name, func(t *testing.T) {
			db := memory.New()
			for n := range 3 {
				_, err := post(db, owed(n, 100))
				must(t, err)
			}
			must(t, db.Update(context.Background(), damage))
			err := db.View(func(r store.Reader) error { _, err := ledger.Verify(r); return err })
			if !errors.Is(err, ledger.ErrInconsistent) {
				t.Errorf("verify says %v", err)
			}
		})
	}
}
