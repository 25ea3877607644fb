package budget_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

var (
	errRead    = errors.New("the disk does not answer")
	errRefused = errors.New("refused as it should be")
)

// faulty fails its n-th read.
type faulty struct {
	store.Tx
	left int
}

func (f *faulty) Get(key string) ([]byte, error) {
	if f.left--; f.left == 0 {
		return nil, errRead
	}
	return f.Tx.Get(key)
}

func (f *faulty) Scan(prefix, after string, fn func(string, []byte) error) error {
	if f.left--; f.left == 0 {
		return errRead
	}
	return f.Tx.Scan(prefix, after, fn)
}

// A store that fails at any read of any operation is an error, never a denial
// and never a decision.
func TestI5_EveryFailedReadIsAnError(t *testing.T) {
	db := open(t)
	tree := newTree(t, rolling(60, 100), budget.NodeConfig{ID: "day", Parent: "r", Window: budget.Daily, MaxCost: usd(50)},
		budget.NodeConfig{ID: "small", Parent: "r", Window: budget.Rolling, WindowSeconds: 60, MaxInvocations: calls(1), Tools: []string{"small"}})
	longer := newTree(t, rolling(600, 100))
	family := request(kernel.GrantCap{MaxTotalCost: usd(1000)})
	family.MaxFamily = count(500)
	holding := func(id string, at int64, tree *budget.Tree, tool string) func(store.Tx) error {
		return func(tx store.Tx) error {
			c := call{id: id, at: at, charge: usd(1), tool: tool}
			plan, err := tree.Plan(c.admittance())
			if err != nil {
				return err
			}
			_, err = budget.Hold(tx, budget.Request{CallID: id, Now: at, Tokens: []kernel.HoldRequest{family}, Charge: c.charge, Plan: plan})
			return err
		}
	}
	settling := func(id string, how kernel.Disposition) func(store.Tx) error {
		return func(tx store.Tx) error { return budget.Settle(tx, id, budget.Bill{How: how, Cost: usd(0)}) }
	}
	status := func(tree *budget.Tree) func(store.Tx) error {
		return func(tx store.Tx) error { _, err := tree.Status(tx, now+20); return err }
	}
	full := func(tx store.Tx) error {
		err := holding("full", now+40, tree, "small")(tx)
		var d *kernel.Denial
		if errors.As(err, &d) && d.Code == budget.CodeWindowExceeded {
			return errRefused // drops the transaction, as a denial does
		}
		return err
	}
	steps := []struct {
		name string
		run  func(store.Tx) error
	}{
		{"first hold", holding("c1", now, tree, "small")},
		{"hold", holding("c2", now+10, tree, "")},
		{"same second", holding("c3", now+10, tree, "")},
		{"no room", full},
		{"release", settling("c1", kernel.Release)},
		{"commit", settling("c2", kernel.Commit)},
		{"status", status(tree)},
		{"orphans", status(nil)},
		{"audit", func(tx store.Tx) error {
			_, err := budget.Audit(tx, func(string) (bool, error) { return true, nil })
			return err
		}},
		{"held", func(tx store.Tx) error {
			held, err := budget.Held(tx, "c1")
			if err == nil && len(held) != 1 {
				return errors.New("nothing held")
			}
			return err
		}},
		{"state", func(tx store.Tx) error { _, err := budget.StateOf(tx, "c1"); return err }},
		{"account", func(tx store.Tx) error { _, err := budget.Snapshot(tx, token, 0); return err }},
		{"expiring hold", holding("c4", now+65, tree, "")},
		{"expire", func(tx store.Tx) error { return tree.Expire(tx, call{at: now + 71}.admittance().Call) }},
		{"begun anew", holding("c5", now+71, longer, "")},
		{"sweep", func(tx store.Tx) error { _, err := budget.Sweep(tx, "", 100, now+71); return err }},
		{"forget", func(tx store.Tx) error { return budget.Forget(tx, "c1") }},
	}
	for _, step := range steps {
		reads := 0
		for failed := true; failed; {
			reads++
			err := db.Update(context.Background(), func(tx store.Tx) error {
				f := &faulty{tx, reads}
				err := step.run(f)
				failed = f.left <= 0
				return err
			})
			var d *kernel.Denial
			if failed && (!errors.Is(err, errRead) || errors.As(err, &d)) {
				t.Fatalf("%s, read %d: %v", step.name, reads, err)
			}
			if !failed && err != nil && !errors.Is(err, errRefused) {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		if reads == 1 {
			t.Errorf("%s reads nothing", step.name)
		}
		sound(t, db)
	}
	if _, err := budget.Snapshot(nil, token, -1); err == nil {
		t.Error("a grant below 0 has an account")
	}
	for _, nothing := range []*kernel.Call{nil, {}, {Mandate: &kernel.Mandate{}, Now: -1}} {
		if err := tree.Expire(nil, nothing); err != nil {
			t.Errorf("%+v: %v", nothing, err)
		}
	}
}

// nodeRow spells a row of node r: used, the newest second at, the
// oldest now, and an account with as much outstanding.
func nodeRow(usedCalls, usedUnits byte, at uint64, accountCalls, outstanding string) []byte {
	b := []byte{1, 2, 60, 3, 'U', 'S', 'D', 1}
	for _, t := range []uint64{at, at, now} {
		b = append(b, varint(t)...)
	}
	b = append(b, usedCalls, usedUnits)
	b = append(b, accountCalls...)
	b = append(b, 1, 3, 'U', 'S', 'D')
	b = append(b, outstanding...)
	return append(append(b, 0, 0, 0), outstanding...)
}

func varint(v uint64) (b []byte) {
	for ; v >= 0x80; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}

// Sums that would go below zero are ErrCorrupt, and above 64 bits ErrOverflow:
// nothing wraps around.
func TestNothingWrapsAround(t *testing.T) {
	tree := newTree(t, rolling(60, 1<<40))
	most := string(varint(1<<64 - 1))
	grantKey := "b/g/" + token.Issuer.String() + "/00000/" + token.ID
	account := func(calls string, outstanding string) []byte {
		b := append([]byte{1}, calls...)
		b = append(b, 1, 3, 'U', 'S', 'D')
		return append(append(append(b, outstanding...), 0, 0, 0), outstanding...)
	}
	capped := request(kernel.GrantCap{MaxTotalCost: usd(wire.MaxUnits)})
	hold := func(at int64) func(store.DB) error {
		return func(db store.DB) error {
			return call{id: "c2", at: at, charge: usd(2), token: &capped}.hold(db, tree)
		}
	}
	ending := func(how kernel.Disposition) func(store.DB) error {
		return func(db store.DB) error { return settle(db, "c1", how, usd(1)) }
	}
	sweep := func(db store.DB) error {
		return db.Update(context.Background(), func(tx store.Tx) error { _, err := budget.Sweep(tx, "", 10, now+60); return err })
	}
	expire := func(db store.DB) error {
		return db.Update(context.Background(), func(tx store.Tx) error {
			return tree.Expire(tx, call{at: now + 60}.admittance().Call)
		})
	}
	second := func(calls, units byte) []byte { return []byte{1, calls, units} }
	for name, tt := range map[string]struct {
		rows map[string][]byte
		do   func(store.DB) error
		want error
	}{
		"calls of a grant":          {map[string][]byte{grantKey: account(most, "\x02")}, hold(now), budget.ErrOverflow},
		"money of a grant":          {map[string][]byte{grantKey: account("\x01", most)}, hold(now), budget.ErrOverflow},
		"grant without a call":      {map[string][]byte{grantKey: account("\x00", "\x02")}, ending(kernel.Release), budget.ErrCorrupt},
		"grant without the money":   {map[string][]byte{grantKey: account("\x01", "\x01")}, ending(kernel.Commit), budget.ErrCorrupt},
		"calls of a node":           {map[string][]byte{"b/n/r": nodeRow(1, 2, now, most, "\x02")}, hold(now), budget.ErrOverflow},
		"node without a call":       {map[string][]byte{"b/n/r": nodeRow(1, 2, now, "\x00", "\x02")}, ending(kernel.Release), budget.ErrCorrupt},
		"window without the call":   {map[string][]byte{"b/n/r": nodeRow(0, 0, now, "\x01", "\x02")}, ending(kernel.Release), budget.ErrCorrupt},
		"window without the money":  {map[string][]byte{"b/n/r": nodeRow(1, 0, now, "\x01", "\x02")}, ending(kernel.Commit), budget.ErrCorrupt},
		"second without the money":  {map[string][]byte{bucketKey(now): second(1, 0)}, ending(kernel.Commit), budget.ErrCorrupt},
		"second that overflows":     {map[string][]byte{bucketKey(now): append([]byte{1}, most+"\x02"...)}, hold(now), budget.ErrOverflow},
		"second of much money":      {map[string][]byte{bucketKey(now): append([]byte{1, 1}, most...)}, hold(now), budget.ErrOverflow},
		"second damaged":            {map[string][]byte{bucketKey(now): {1}}, hold(now), budget.ErrCorrupt},
		"second misspelt":           {map[string][]byte{"b/w/r/1/2": second(1, 1)}, sweep, budget.ErrCorrupt},
		"second not a number":       {map[string][]byte{strings.Replace(bucketKey(now), "0000", "000x", 2): second(1, 1)}, sweep, budget.ErrCorrupt},
		"sweep of a damaged second": {map[string][]byte{bucketKey(now): {1}}, sweep, budget.ErrCorrupt},
		"sweep below zero":          {map[string][]byte{bucketKey(now): second(9, 9)}, sweep, budget.ErrCorrupt},
		"sweep of a damaged node":   {map[string][]byte{"b/n/r": {1}}, sweep, budget.ErrCorrupt},
		"expire of a damaged node":  {map[string][]byte{"b/n/r": {1}}, expire, budget.ErrCorrupt},
		"expire below zero": {map[string][]byte{"b/n/r": nodeRow(1, 2, now+30, "\x02", "\x02"), bucketKey(now): second(9, 9), bucketKey(now + 30): second(1, 1)},
			hold(now + 60), budget.ErrCorrupt},
	} {
		db := open(t)
		if err := (call{id: "c1", charge: usd(2), token: &capped}).hold(db, tree); err != nil {
			t.Fatal(err)
		}
		if err := db.Update(context.Background(), func(tx store.Tx) error {
			for key, row := range tt.rows {
				tx.Set(key, row)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var d *kernel.Denial
		if err := tt.do(db); !errors.Is(err, tt.want) || errors.As(err, &d) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestStatesHaveNames(t *testing.T) {
	if s := fmt.Sprint(budget.Open, budget.Reconciled, budget.Released, budget.Retained); s != "open reconciled released retained" {
		t.Error(s)
	}
}
