package log_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// facts is a receipt as far as the index is concerned.
type facts struct {
	id, server, tool, verdict, capability, currency string
	agent                                           wire.PublicKey
	at                                              int64
	cost                                            uint64
}

func agentKey(i int) wire.PublicKey {
	return wire.PublicKey(wire.Hash(fmt.Appendf(nil, "agent %d", i)))
}

// leaf is the canonical receipt, as far as the index reads it.
func (f *facts) leaf(t testing.TB) []byte {
	md := map[string]any{"call_id": f.id}
	if !f.agent.IsZero() {
		md["attribution"] = map[string]any{"subject_key": f.agent.String(), "grant_index": 0}
	}
	if f.currency != "" {
		md["financial"] = map[string]any{"cost_charged": f.cost, "currency": f.currency}
	}
	doc, err := wire.Marshal(map[string]any{"id": f.id, "timestamp": f.at, "tool_server": f.server, "tool_name": f.tool,
		"capability_id": f.capability, "decision": map[string]any{"verdict": f.verdict}, "metadata": md,
		"action": map[string]any{"parameters": map[string]any{"tool_name": "decoy", "timestamp": 1, "x": `"}{\`}}})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func appendFacts(t testing.TB, db store.DB, all ...facts) {
	t.Helper()
	update(t, db, func(tx store.Tx) error {
		for i := range all {
			if _, err := log.Append(tx, all[i].id, all[i].leaf(t)); err != nil {
				return err
			}
		}
		return nil
	})
}

// passes is the definition of a filter, on the facts themselves.
func passes(f log.Filter, r *facts) bool {
	cost := r.cost
	if r.currency == "" {
		cost = 0
	}
	return (f.Agent.IsZero() || f.Agent == r.agent) && (f.Server == "" || f.Server == r.server) && (f.Tool == "" || f.Tool == r.tool) &&
		(f.Outcome == "" || f.Outcome == r.verdict) && (f.Capability == "" || f.Capability == r.capability) &&
		(f.Since == 0 || r.at >= f.Since) && (f.Until == 0 || r.at < f.Until) && (f.Currency == "" || f.Currency == r.currency) &&
		(f.MinCost == nil || cost >= *f.MinCost) && (f.MaxCost == nil || cost <= *f.MaxCost)
}

var long = strings.Repeat("a tool with a long name ", 5)

func drawFacts(t *rapid.T, i int) facts {
	f := facts{id: fmt.Sprintf("r%d", i), at: rapid.Int64Range(1000, 1100).Draw(t, "at"),
		server: rapid.SampledFrom([]string{"files", "mail", ""}).Draw(t, "server"), tool: rapid.SampledFrom([]string{"read", long, `q"\é`}).Draw(t, "tool"),
		verdict: rapid.SampledFrom(log.Outcomes()).Draw(t, "verdict"), capability: rapid.SampledFrom([]string{"", "c1", "c2"}).Draw(t, "capability")}
	if n := rapid.IntRange(0, 3).Draw(t, "agent"); n > 0 {
		f.agent = agentKey(n)
	}
	if rapid.Bool().Draw(t, "priced") {
		f.currency, f.cost = rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency"), rapid.Uint64Range(0, 9).Draw(t, "cost")
	}
	return f
}

func drawFilter(t *rapid.T) log.Filter {
	var f log.Filter
	maybe := func(name string, set func()) {
		if rapid.IntRange(0, 3).Draw(t, name) == 0 {
			set()
		}
	}
	maybe("agent?", func() { f.Agent = agentKey(rapid.IntRange(1, 4).Draw(t, "agent")) })
	maybe("server?", func() { f.Server = rapid.SampledFrom([]string{"files", "mail", "none"}).Draw(t, "server") })
	maybe("tool?", func() { f.Tool = rapid.SampledFrom([]string{"read", long, `q"\é`}).Draw(t, "tool") })
	maybe("outcome?", func() { f.Outcome = rapid.SampledFrom(log.Outcomes()).Draw(t, "outcome") })
	maybe("capability?", func() { f.Capability = "c1" })
	maybe("since?", func() { f.Since = rapid.Int64Range(990, 1110).Draw(t, "since") })
	maybe("until?", func() { f.Until = rapid.Int64Range(990, 1110).Draw(t, "until") })
	maybe("cost?", func() {
		low, high := rapid.Uint64Range(0, 9).Draw(t, "min"), rapid.Uint64Range(0, 9).Draw(t, "max")
		f.Currency, f.MinCost, f.MaxCost = "USD", &low, &high
	})
	return f
}

// TestSelectIsTheFilterApplied: whatever the log and the filter, whatever the
// page and the budget of one call, walking the pages gives exactly the receipts
// that pass, newest first, also while the log grows.
func TestSelectIsTheFilterApplied(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := open(t)
		var all []facts
		for i := range rapid.IntRange(0, 100).Draw(rt, "n") {
			all = append(all, drawFacts(rt, i))
		}
		appendFacts(t, db, all...)
		f := drawFilter(rt)
		limit := rapid.IntRange(1, 50).Draw(rt, "limit")
		page := rapid.IntRange(1, 5).Draw(rt, "page")
		var got, want []uint64
		for i := len(all) - 1; i >= 0; i-- {
			if passes(f, &all[i]) {
				want = append(want, uint64(i))
			}
		}
		before, grown := uint64(0), 0
		for round := 0; ; round++ {
			var next uint64
			view(t, db, func(r store.Reader) (err error) {
				n := 0
				next, err = log.Select(r, f, before, limit, func(c log.Card) error {
					got = append(got, c.Index)
					if n++; n == page {
						return store.ErrStop
					}
					return nil
				})
				return err
			})
			if next == 0 {
				break
			}
			before = next
			appendFacts(t, db, drawFacts(rt, len(all)+grown))
			grown++
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("filter %+v: got %v, want %v", f, got, want)
		}
		view(t, db, func(r store.Reader) error {
			_, err := log.Verify(r)
			return err
		})
	})
}

// TestIndexOfALogBegunWithoutOne: the rows are built where there are none, and
// an append in between neither needs nor disturbs them.
func TestIndexOfALogBegunWithoutOne(t *testing.T) {
	for _, n := range []int{1, 31, 32, 33, 64, 5000} {
		for _, keep := range []int{0, 1} { // blocks that stay
			db := open(t)
			fill(t, db, n)
			var blocks []string
			view(t, db, func(r store.Reader) error {
				return r.Scan("r/x/", "", func(key string, _ []byte) error {
					blocks = append(blocks, key)
					return nil
				})
			})
			want := rows(t, db, "r/x/")
			if keep = min(keep, len(blocks)-1); keep < 0 {
				t.Fatal("nothing is indexed")
			}
			update(t, db, func(tx store.Tx) error {
				for _, key := range blocks[:len(blocks)-keep] { // newest first
					tx.Delete(key)
				}
				return nil
			})
			view(t, db, func(r store.Reader) error {
				if _, err := log.Select(r, log.Filter{}, 0, 10, nil); !errors.Is(err, log.ErrNotIndexed) {
					t.Errorf("%d receipts, %d blocks kept: %v", n, keep, err)
				}
				if _, err := log.Verify(r); err != nil {
					t.Errorf("%d receipts without an index: %v", n, err)
				}
				return nil
			})
			added, err := log.BuildIndex(context.Background(), db)
			if err != nil || added != uint64(n-32*keep) {
				t.Fatalf("%d receipts: indexed %d, %v", n, added, err)
			}
			if got := rows(t, db, "r/x/"); !bytes.Equal(got, want) {
				t.Errorf("%d receipts: the index built later differs from the one written with each append", n)
			}
			if added, err := log.BuildIndex(context.Background(), db); added != 0 || err != nil {
				t.Errorf("built again: %d, %v", added, err)
			}
		}
	}
}

// TestAppendBeforeTheIndexIsBuilt: on a log without an index appends leave it
// to the builder.
func TestAppendBeforeTheIndexIsBuilt(t *testing.T) {
	for _, n := range []int{40, 64} {
		db := open(t)
		fill(t, db, n)
		update(t, db, func(tx store.Tx) error {
			return tx.Scan("r/x/", "", func(key string, _ []byte) error {
				tx.Delete(key)
				return nil
			})
		})
		appendFacts(t, db, facts{id: "late", verdict: receipt.Allow, at: 7})
		if rows(t, db, "r/x/") != nil {
			t.Errorf("%d receipts: an index that does not begin at the beginning", n)
		}
		if added, err := log.BuildIndex(context.Background(), db); err != nil || added != uint64(n+1) {
			t.Fatalf("indexed %d, %v", added, err)
		}
		view(t, db, func(r store.Reader) error {
			found := 0
			_, err := log.Select(r, log.Filter{Outcome: receipt.Allow}, 0, 1000, func(log.Card) error { found++; return nil })
			if found != 1 {
				t.Errorf("found %d", found)
			}
			return err
		})
	}
}

func rows(t testing.TB, db store.DB, prefix string) (out []byte) {
	t.Helper()
	view(t, db, func(r store.Reader) error {
		return r.Scan(prefix, "", func(key string, value []byte) error {
			out = fmt.Appendf(out, "%s %x\n", key, value)
			return nil
		})
	})
	return out
}

// TestIndexRowsThatContradict: every way a block can be wrong is refused by
// those who read it, and noticed by Verify.
func TestIndexRowsThatContradict(t *testing.T) {
	first, second := "r/x/ffffffffffffffff", "r/x/fffffffffffffffe"
	for name, change := range map[string]func(store.Tx, []byte){
		"cut":            func(tx store.Tx, row []byte) { tx.Set(second, row[:len(row)-1]) },
		"empty":          func(tx store.Tx, row []byte) { tx.Set(second, row[:8]) },
		"no head":        func(tx store.Tx, row []byte) { tx.Set(second, row[:3]) },
		"later time":     func(tx store.Tx, row []byte) { row[7] = 200; tx.Set(second, row) },
		"absurd time":    func(tx store.Tx, row []byte) { row[0] = 255; tx.Set(second, row) },
		"one card more":  func(tx store.Tx, row []byte) { tx.Set(second, append(row, 2)) },
		"unknown kind":   func(tx store.Tx, row []byte) { row[8] = 9; tx.Set(second, row) },
		"unknown result": func(tx store.Tx, row []byte) { row[9] = 99; tx.Set(second, row) },
		"misplaced":      func(tx store.Tx, row []byte) { tx.Set("r/x/fffffffffffffff0", row) },
		"gap":            func(tx store.Tx, _ []byte) { tx.Delete(first) },
		"odd key":        func(tx store.Tx, row []byte) { tx.Set("r/x/1", row) },
		"no number":      func(tx store.Tx, row []byte) { tx.Set("r/x/zz", row) },
		"lower head":     func(tx store.Tx, row []byte) { row[7] = 1; tx.Set(second, row) },
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			var all []facts
			for i := range 40 {
				all = append(all, facts{id: fmt.Sprint("r", i), at: 100, verdict: receipt.Allow})
			}
			appendFacts(t, db, all...)
			update(t, db, func(tx store.Tx) error {
				row, err := tx.Get(second)
				change(tx, row)
				return err
			})
			view(t, db, func(r store.Reader) error {
				if _, err := log.Verify(r); !errors.Is(err, log.ErrCorrupt) {
					t.Errorf("verify: %v", err)
				}
				return nil
			})
		})
	}
}

func TestAppendToADamagedIndex(t *testing.T) {
	for _, n := range []int{32, 33} {
		db := open(t)
		fill(t, db, n)
		update(t, db, func(tx store.Tx) error {
			tx.Set("r/x/ffffffffffffffff", []byte("short"))
			return nil
		})
		err := db.Update(context.Background(), func(tx store.Tx) error {
			_, err := log.Append(tx, "next", leafBytes(99))
			return err
		})
		if n == 32 && !errors.Is(err, log.ErrCorrupt) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// FuzzIndexBlock: what decodes has one spelling.
func FuzzIndexBlock(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x02"))
	f.Add(append([]byte{0, 0, 0, 0, 0, 0, 0, 9, 1, 1, 9}, make([]byte, 27)...))
	f.Fuzz(func(t *testing.T, row []byte) {
		if again, err := log.ReencodeBlock(row); err == nil && !bytes.Equal(again, row) {
			t.Fatalf("%x decodes and encodes to %x", row, again)
		}
	})
}

// TestFilterOnTheReceiptAgreesWithFilterOnTheCard: what the index lets through
// by its digests is what the receipt itself is judged by.
func TestFilterOnTheReceiptAgreesWithFilterOnTheCard(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, f := drawFacts(rt, 1), drawFilter(rt)
		b, err := receipt.Peek(r.leaf(t))
		if err != nil {
			rt.Fatal(err)
		}
		if got, want := f.Accepts(&b), passes(f, &r); got != want {
			rt.Fatalf("%+v on %+v: %t, want %t", f, r, got, want)
		}
	})
}
