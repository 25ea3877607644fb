package settlement_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// audit returns what the audit of a party's books says.
func (p *party) audit() *settlement.Audit {
	p.w.t.Helper()
	var a *settlement.Audit
	must(p.w.t, p.db.View(func(r store.Reader) (err error) {
		a, err = p.settler.Audit(r)
		return err
	}))
	return a
}

// audited holds both parties' books against their facts.
func (w *world) audited() {
	w.t.Helper()
	w.balanced()
	for _, p := range [...]*party{w.acme, w.globex} {
		if a := p.audit(); len(a.Differences) > 0 || a.Facts != a.Postings {
			w.t.Fatalf("%s: %d facts, %d postings\n%s", p.name, a.Facts, a.Postings, strings.Join(a.Differences, "\n"))
		}
	}
}

// I8: after any traffic, with crashes anywhere in it, the books balance, replay
// to the same balances, and agree with the facts both ways.
func TestI8_BooksAgreeWithTheFacts(t *testing.T) {
	points := []string{"", "", "deposit.planned_before_send", "deposit.mined_before_record", "statement.signed_before_send",
		"statement.acked_before_voucher", "voucher.persisted_before_send", "final_before_ledger", "tx.broadcast_before_record"}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 8))
			w := newWorld(t)
			round := w.quote(100_000_000)
			w.fund(20 * usdc)
			for range 12 {
				p := [...]*party{w.acme, w.globex}[rnd.IntN(2)]
				p.fail = points[rnd.IntN(len(points))]
				whole := true
				at := survives(func() {
					switch rnd.IntN(4) {
					case 0:
						_, err := w.acme.settler.Fund(t.Context(), w.globex.did, usdc)
						whole = err == nil
					case 1:
						_, err := w.acme.settler.Run(t.Context(), w.globex.did)
						whole = err == nil
					case 2:
						_, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did)
						whole = err == nil
					default:
						w.call(1+rnd.Uint64N(40), round)
					}
				})
				w.acme.fail, w.globex.fail = "", ""
				if at != "" || !whole {
					w.acme.restart()
					w.globex.restart()
				}
				w.audited()
			}
			w.run()
			w.redeem()
			w.run()
			w.audited()
			if owed := -w.acme.balance(ledger.Payable(w.globex.did.String()), "USDC"); owed != 0 {
				t.Errorf("%d USDC are still owed", owed)
			}
		})
	}
}

// What does not agree is named: the fact, or the posting.
func TestI8_AuditNamesWhatDiffers(t *testing.T) {
	id := wire.Hash([]byte("forged"))
	post := func(memo string) func(store.Tx, *world) error {
		return func(tx store.Tx, w *world) error {
			channel := ledger.Channel(w.acme.status().Out.Channels[0].Channel.String())
			_, err := ledger.Post(tx, ledger.Posting{ID: id, At: now, Memo: strings.ReplaceAll(memo, "CHANNEL", channel[8:]), Entries: []ledger.Entry{
				{Account: ledger.USDC, Debit: 5, Currency: "USDC"}, {Account: channel, Credit: 5, Currency: "USDC"}}})
			return err
		}
	}
	rowWith := func(prefix, old, new string) func(store.Tx, *world) error {
		return func(tx store.Tx, w *world) error {
			var key string
			var row []byte
			err := tx.Scan(prefix, "", func(k string, v []byte) error {
				key, row = k, append([]byte(nil), v...)
				return store.ErrStop
			})
			if err == nil && !strings.Contains(string(row), old) {
				err = fmt.Errorf("no %q in %s", old, row)
			}
			tx.Set(key, []byte(strings.Replace(string(row), old, new, 1)))
			return err
		}
	}
	for name, c := range map[string]struct {
		change func(store.Tx, *world) error
		want   string
	}{
		"a posting without a fact":          {post("a gift to myself"), `"a gift to myself", has no fact`},
		"one that pretends to have one":     {post("redeem 5 of channel CHANNEL"), "has no fact"},
		"an obligation of another amount":   {rowWith("s/o/", `"units":10`, `"units":11`), "the fact makes it"},
		"a deposit of another amount":       {rowWith("s/f/", `"amount":1000000`, `"amount":1000001`), "deposit 1 of channel"},
		"a deposit that is not booked":      {rowWith("s/f/", `"booked":true`, `"booked":false`), "is not as the channel says: 1 of 1 are booked"},
		"a channel that was paid more":      {rowWith("s/c/out/", `"settled":99990`, `"settled":99991`), "redemptions in the ledger 99990, at the channel 99991"},
		"a channel with a gift":             {rowWith("s/c/out/", `"gifts":0`, `"gifts":7`), "gifts in the ledger 0, at the channel 7"},
		"a channel with other deposits":     {rowWith("s/c/out/", `"deposited":1000000`, `"deposited":1000001`), "deposits in the ledger 1000000"},
		"an obligation filed under another": {func(tx store.Tx, w *world) error { return copyRow(tx, "s/o/", "s/o/"+id.String()) }, "holds obligation"},
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			w.run()
			w.audited()
			must(t, w.acme.db.Update(t.Context(), func(tx store.Tx) error { return c.change(tx, w) }))
			got := strings.Join(w.acme.audit().Differences, "\n")
			if !strings.Contains(got, c.want) {
				t.Errorf("the audit says %q, want %q", got, c.want)
			}
		})
	}
}

func copyRow(tx store.Tx, prefix, to string) error {
	return tx.Scan(prefix, "", func(_ string, v []byte) error {
		tx.Set(to, append([]byte(nil), v...))
		return store.ErrStop
	})
}

// A posting that another part of the node made is asked of that part.
func TestAuditAsksTheOthers(t *testing.T) {
	w := settled(t)
	must(t, w.acme.db.Update(t.Context(), func(tx store.Tx) error {
		_, err := ledger.Post(tx, ledger.Posting{ID: wire.Hash([]byte("gas")), At: now, Memo: "gas", Entries: []ledger.Entry{
			{Account: ledger.Expense, Debit: 5, Currency: "USDC"}, {Account: ledger.USDC, Credit: 5, Currency: "USDC"}}})
		return err
	}))
	must(t, w.acme.db.View(func(r store.Reader) error {
		a, err := w.acme.settler.Audit(r, func(_ store.Reader, rec *ledger.Record) (bool, string, error) {
			return rec.Posting.Memo == "gas", "", nil
		})
		if err == nil && (len(a.Differences) > 0 || a.Facts+1 != a.Postings) {
			t.Errorf("%+v", a)
		}
		return err
	}))
}
