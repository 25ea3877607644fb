package budget_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// audit returns the problems, call "lost" being the only one not under way.
func audit(t testing.TB, db store.DB) (problems []string) {
	t.Helper()
	err := db.View(func(r store.Reader) error {
		report, err := budget.Audit(r, func(id string) (bool, error) { return id != "lost", nil })
		problems = report.Problems
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func TestI2_FamilyBoundsTheWholeToken(t *testing.T) {
	db := open(t)
	req := request(kernel.GrantCap{Index: 0, MaxInvocations: count(2)}, kernel.GrantCap{Index: 1})
	req.MaxFamily = count(3)
	for i, grant := range []int{0, 0, 1} {
		held, err := hold(db, fmt.Sprint("c", i), req, nil)
		if err != nil || held.Index != grant {
			t.Fatalf("call %d: %+v, %v", i, held, err)
		}
	}
	_, err := hold(db, "c3", req, nil)
	wantDenial(t, err, kernel.CodeBudgetExceeded, "under all its grants")
	if err := settle(db, "c0", kernel.Release, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := hold(db, "c4", req, nil); err != nil {
		t.Fatalf("what was released has room: %v", err)
	}
	for id, how := range map[string]kernel.Disposition{"c1": kernel.Retain, "c2": kernel.Commit} {
		if err := settle(db, id, how, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = hold(db, "c5", req, nil)
	wantCode(t, err, kernel.CodeBudgetExceeded)
	req.MaxFamily = count(0)
	_, err = hold(db, "c6", req, nil)
	wantCode(t, err, kernel.CodeBudgetExceeded)
	sound(t, db)
}

// One chain with grants in two currencies: each hold is in its own.
func TestChainInTwoCurrencies(t *testing.T) {
	eur := func(units uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: units, Currency: "EUR"} }
	leaf := request(kernel.GrantCap{MaxTotalCost: usd(10)})
	root := request(kernel.GrantCap{MaxTotalCost: eur(20), Charge: eur(9)})
	root.Token.ID = "root"
	req := budget.Request{CallID: "c", Now: now, Tokens: []kernel.HoldRequest{leaf, root}, Charge: usd(4)}
	try := func(db store.DB, req budget.Request) (held []kernel.HeldGrant, err error) {
		err = db.Update(context.Background(), func(tx store.Tx) error { held, err = budget.Hold(tx, req); return err })
		return held, err
	}
	bill := func(db store.DB, b budget.Bill) error {
		return db.Update(context.Background(), func(tx store.Tx) error { return budget.Settle(tx, "c", b) })
	}
	for _, tt := range []struct {
		name     string
		bill     budget.Bill
		usd, eur uint64
		err      error
	}{
		{"as converted", budget.Bill{How: kernel.Commit, Cost: usd(2), Held: []*wire.MonetaryAmount{nil, eur(5)}}, 2, 5, nil},
		{"free", budget.Bill{How: kernel.Commit, Cost: usd(0), Held: []*wire.MonetaryAmount{nil, eur(0)}}, 0, 0, nil},
		{"not converted", budget.Bill{How: kernel.Commit, Cost: usd(2)}, 2, 9, nil},
		{"not known", budget.Bill{How: kernel.Commit}, 4, 9, nil},
		{"released", budget.Bill{How: kernel.Release}, 0, 0, nil},
		{"retained", budget.Bill{How: kernel.Retain}, 4, 9, nil},
		{"above", budget.Bill{How: kernel.Commit, Cost: usd(2), Held: []*wire.MonetaryAmount{nil, eur(10)}}, 4, 9, budget.ErrOverHold},
		{"another", budget.Bill{How: kernel.Commit, Cost: usd(2), Held: []*wire.MonetaryAmount{nil, usd(1)}}, 4, 9, budget.ErrOverHold},
		{"no disposition", budget.Bill{How: 9}, 4, 9, errDisposition},
	} {
		db := open(t)
		held, err := try(db, req)
		if err != nil || held[0].Amount != *usd(4) || held[1].Amount != *eur(9) || held[1].Remaining != 11 {
			t.Fatalf("%s: %+v, %v", tt.name, held, err)
		}
		if again, err := try(db, req); err != nil || len(again) != 2 || again[1].Amount != held[1].Amount || again[1].Remaining != 11 {
			t.Fatalf("%s: again: %+v, %v", tt.name, again, err)
		}
		if err := bill(db, tt.bill); !errors.Is(err, tt.err) && (err == nil || tt.err != errDisposition) {
			t.Fatalf("%s: %v, want %v", tt.name, err, tt.err)
		}
		spent := func(ref capability.Ref, currency string) uint64 {
			var a budget.Account
			if err := db.View(func(r store.Reader) (err error) { a, err = budget.Snapshot(r, ref, 0); return err }); err != nil {
				t.Fatal(err)
			}
			p := a.Purse(currency)
			units, err := p.Spent()
			if err != nil {
				t.Fatal(err)
			}
			return units
		}
		if a, b := spent(leaf.Token, "USD"), spent(root.Token, "EUR"); a != tt.usd || b != tt.eur {
			t.Fatalf("%s: %d USD and %d EUR, want %d and %d", tt.name, a, b, tt.usd, tt.eur)
		}
		sound(t, db)
	}
	for name, change := range map[string]func(*budget.Request){
		"another conversion": func(r *budget.Request) { r.Tokens[1].Candidates[0].Charge = eur(8) },
		"no conversion":      func(r *budget.Request) { r.Tokens[1].Candidates[0].Charge = nil },
		"another grant":      func(r *budget.Request) { r.Tokens[1].Candidates[0].Index = 3 },
		"another token":      func(r *budget.Request) { r.Tokens[1].Token.ID = "other" },
		"fewer":              func(r *budget.Request) { r.Tokens = r.Tokens[:1] },
	} {
		db := open(t)
		if _, err := try(db, req); err != nil {
			t.Fatal(err)
		}
		other := req
		other.Tokens = append([]kernel.HoldRequest{}, req.Tokens...)
		other.Tokens[1].Candidates = append([]kernel.GrantCap{}, req.Tokens[1].Candidates...)
		change(&other)
		if _, err := try(db, other); !errors.Is(err, budget.ErrHoldConflict) {
			t.Errorf("%s: %v, want ErrHoldConflict", name, err)
		}
	}
	for name, bad := range map[string]func(*budget.Request){
		"charge out of range": func(r *budget.Request) { r.Tokens[1].Candidates[0].Charge = eur(wire.MaxUnits + 1) },
		"twice":               func(r *budget.Request) { r.Tokens[1].Token = r.Tokens[0].Token },
		"none":                func(r *budget.Request) { r.Tokens = nil },
		"no id":               func(r *budget.Request) { r.Tokens[1].Token.ID = "" },
		"before time":         func(r *budget.Request) { r.Now = -1 },
	} {
		other := req
		other.Tokens = append([]kernel.HoldRequest{}, req.Tokens...)
		other.Tokens[1].Candidates = append([]kernel.GrantCap{}, req.Tokens[1].Candidates...)
		bad(&other)
		var d *kernel.Denial
		if _, err := try(open(t), other); err == nil || errors.As(err, &d) {
			t.Errorf("%s: %v, want an error that is no denial", name, err)
		}
	}
	unconverted := req
	unconverted.Tokens = []kernel.HoldRequest{leaf, {Token: root.Token, Candidates: []kernel.GrantCap{{MaxTotalCost: eur(20)}}}}
	_, err := try(open(t), unconverted)
	wantCode(t, err, kernel.CodeBudgetCurrency)
}

var errDisposition = errors.New("any")

// Audit reports what does not add up, and an open hold whose call is gone; it
// frees nothing.
func TestAuditFindsWhatDoesNotAddUp(t *testing.T) {
	tree := newTree(t, rolling(60, 10), budget.NodeConfig{ID: "ever", Window: budget.Total, MaxCost: usd(9)})
	filled := func() *store.Engine {
		db := open(t)
		capped := request(kernel.GrantCap{MaxTotalCost: usd(9)})
		for _, id := range []string{"c1", "c2"} {
			if err := (call{id: id, charge: usd(2), token: &capped}).hold(db, tree); err != nil {
				t.Fatal(err)
			}
		}
		if err := settle(db, "c1", kernel.Commit, usd(1)); err != nil {
			t.Fatal(err)
		}
		return db
	}
	if p := audit(t, filled()); len(p) != 0 {
		t.Fatalf("sound books: %v", p)
	}
	grant := "b/g/" + token.Issuer.String() + "/00000/" + token.ID
	move := func(from, to string) func(store.Tx) error {
		return func(tx store.Tx) error {
			row, err := tx.Get(from)
			tx.Delete(from)
			tx.Set(to, row)
			return err
		}
	}
	row := func(key, value string) func(store.Tx) error {
		return func(tx store.Tx) error { tx.Set(key, []byte(value)); return nil }
	}
	for name, tt := range map[string]struct {
		damage func(store.Tx) error
		says   string
	}{
		"call gone":         {move("b/h/c2", "b/h/lost"), "not under way"},
		"open hold gone":    {func(tx store.Tx) error { tx.Delete("b/h/c2"); return nil }, "2 USD outstanding, open calls hold 0"},
		"account gone":      {func(tx store.Tx) error { tx.Delete(grant); return nil }, "has no row"},
		"money gone":        {row(grant, "\x01\x02\x00"), "no USD"},
		"calls gone":        {row(grant, "\x01\x01\x01\x03USD\x04\x01\x01\x00\x02"), "1 calls, the recorded holds have 2"},
		"committed gone":    {row(grant, "\x01\x02\x01\x03USD\x04\x00\x02\x00\x02"), "committed 0"},
		"above the cap":     {row(grant, "\x01\x02\x01\x03USD\x20\x1d\x01\x00\x02"), "the cap is 9"},
		"law broken":        {row(grant, "\x01\x02\x01\x03USD\x05\x00\x02\x00\x02"), "reserved 5 is not"},
		"node beside":       {move("b/n/ever", "b/n/other"), "has no row"},
		"bucket gone":       {func(tx store.Tx) error { tx.Delete(bucketKey(now)); return nil }, "its seconds 0 and 0"},
		"bucket damaged":    {row(bucketKey(now), "\x01"), "malformed budget bucket"},
		"bucket misplaced":  {move(bucketKey(now), bucketKey(now)+"0"), "key"},
		"record unreadable": {row("b/h/c1", "\x02"), "holds of call c1"},
	} {
		db := filled()
		if err := db.Update(context.Background(), tt.damage); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(audit(t, db), "\n"); !strings.Contains(got, tt.says) {
			t.Errorf("%s: %q does not say %q", name, got, tt.says)
		}
	}
	if err := filled().View(func(r store.Reader) error {
		_, err := budget.Audit(r, func(string) (bool, error) { return false, errDisposition })
		return err
	}); !errors.Is(err, errDisposition) {
		t.Errorf("an answer that cannot be had: %v", err)
	}
}

func bucketKey(second int64) string { return fmt.Sprintf("b/w/r/%020d/%020d", 1, second) }
