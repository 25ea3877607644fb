package budget_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// remember keeps the state the process might be killed in.
func (w *world) remember(t *rapid.T) {
	m := moment{rows: map[string][]byte{}, calls: map[string]*modelCall{}, now: w.now}
	snapshot, err := w.disk.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	if err := snapshot.Scan("", "", func(key string, value []byte) error {
		m.rows[key] = slices.Clone(value)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for id, c := range w.calls {
		own := *c
		m.calls[id] = &own
	}
	w.past = append(w.past, m)
}

// crash goes back to what an earlier commit left on the disk.
func (w *world) crash(t *rapid.T) {
	if len(w.past) == 0 {
		return
	}
	n := rapid.IntRange(max(0, len(w.past)-4), len(w.past)-1).Draw(t, "prefix")
	m := w.past[n]
	w.past = w.past[:n]
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	w.disk = memory.NewBackend()
	var writes []store.Write
	for _, key := range slices.Sorted(maps.Keys(m.rows)) {
		writes = append(writes, store.Write{Key: key, Value: m.rows[key]})
	}
	if err := w.disk.Apply(writes); err != nil {
		t.Fatal(err)
	}
	w.calls = m.calls
	w.open(t)
}

// check is the law, and agreement with the model, in every account.
func (w *world) check(t *rapid.T) {
	err := w.db.View(func(r store.Reader) error {
		report, err := budget.Audit(r, func(id string) (bool, error) { c := w.calls[id]; return c != nil && c.state == budget.Open, nil })
		if len(report.Problems) > 0 {
			t.Fatalf("audit: %s", strings.Join(report.Problems, "\n"))
		}
		if err != nil {
			return err
		}
		for id, c := range w.calls {
			if state, err := budget.StateOf(r, id); !c.forgotten && (err != nil || state != c.state) {
				t.Fatalf("call %s is %s, %v; want %s", id, state, err, c.state)
			}
		}
		for i, h := range append(w.tokens(1, 0), w.tokens(0, 0)...) {
			currency, match := "EUR", func(*modelCall) bool { return true }
			if i%2 == 0 {
				currency, match = "USD", func(c *modelCall) bool { return c.leaf == 1-i/2 }
			}
			a, err := budget.Snapshot(r, h.Token, h.Candidates[0].Index)
			if err != nil {
				return err
			}
			w.agree(t, h.Token.ID, &a, currency, match, h.Candidates[0].MaxTotalCost.Units)
			family, err := budget.Family(r, h.Token)
			if err != nil || h.MaxFamily != nil && family.Invocations != a.Invocations {
				t.Fatalf("family of %s: %d calls, %v; its grant has %d", h.Token.ID, family.Invocations, err, a.Invocations)
			}
		}
		nodes, err := w.tree.Status(r, w.now)
		for _, s := range nodes {
			limit, currency := uint64(wire.MaxUnits), s.Spent.Currency
			if s.Window == budget.Total && s.MaxCost != nil && s.ID != "team" { // whose cap is lowered at times
				limit = s.MaxCost.Units
			}
			w.agree(t, s.ID, &s.Account, currency, w.in(s.ID, 0), limit)
			since := map[budget.Window]int64{budget.Daily: w.now - w.now%86400, budget.Rolling: w.now - rollingSeconds + 1}[s.Window]
			units, taken := w.used(currency, w.in(s.ID, since))
			if currency != "" && s.Spent.Units != units || s.Invocations != taken {
				t.Fatalf("window of %s: %d in %d calls, the model says %d in %d", s.ID, s.Spent.Units, s.Invocations, units, taken)
			}
			if s.MaxInvocations != nil && s.Invocations > *s.MaxInvocations || s.MaxCost != nil && s.ID != "team" && s.Spent.Units > s.MaxCost.Units {
				t.Fatalf("%s is overspent: %+v", s.ID, s)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) agree(t *rapid.T, name string, a *budget.Account, currency string, match func(*modelCall) bool, limit uint64) {
	units, taken := w.used(currency, match)
	p := a.Purse(currency)
	if p.Reserved != p.Committed+p.Released+p.Retained+p.Outstanding {
		t.Fatalf("%s: the law is broken: %+v", name, p)
	}
	spent := p.Outstanding + p.Committed + p.Retained
	if currency != "" && spent != units || a.Invocations != taken {
		t.Fatalf("%s: spent %d %s in %d calls, the model says %d in %d", name, spent, currency, a.Invocations, units, taken)
	}
	if spent > limit {
		t.Fatalf("%s is overspent: %d of %d", name, spent, limit)
	}
}
