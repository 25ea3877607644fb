package admit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// withTree is a process whose calls, of 3 USD each, count in a rolling minute
// under a total.
func withTree(t *testing.T, total, minute uint64) *process {
	t.Helper()
	p := newProcess(t, 1000, 100_000)
	var err error
	p.budgets, err = budget.NewTree(budget.TreeConfig{Nodes: []budget.NodeConfig{
		{ID: "company", Window: budget.Total, MaxCost: usd(total)},
		{ID: "minute", Parent: "company", Window: budget.Rolling, WindowSeconds: 60, MaxInvocations: &minute, Tools: []string{"read_file"}}}})
	if err != nil {
		t.Fatal(err)
	}
	p.restart()
	return p
}

func (p *process) node(id string) budget.NodeStatus {
	p.t.Helper()
	var found budget.NodeStatus
	err := p.db.View(func(r store.Reader) error {
		all, err := p.budgets.Status(r, p.at)
		for _, s := range all {
			if s.ID == id {
				found = s
			}
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// sound audits every account against the holds, and the holds against the
// open intents.
func (p *process) sound() {
	p.t.Helper()
	err := p.db.View(func(r store.Reader) error {
		report, err := budget.Audit(r, func(id string) (bool, error) {
			err := journal.CheckOpen(r, id)
			if errors.Is(err, journal.ErrNotOpen) {
				return false, nil
			}
			return err == nil, err
		})
		for _, problem := range report.Problems {
			p.t.Error(problem)
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestI2_TreeBoundsCallsAndSettles(t *testing.T) {
	p := withTree(t, 10, 4)
	outcomes := []struct {
		cost  uint64
		spent uint64
	}{{3, 3}, {1, 4}, {0, 4}}
	for _, o := range outcomes {
		p.dispatch = func(*kernel.Mandate) (kernel.Result, error) {
			return kernel.Result{Content: wire.Raw(`{}`), Cost: usd(o.cost)}, nil
		}
		if out := p.call(); out.Verdict != kernel.Allow {
			t.Fatalf("%+v", out.Denial)
		}
		if n := p.node("company"); n.Spent.Units != o.spent {
			t.Fatalf("spent %d, want %d", n.Spent.Units, o.spent)
		}
		p.sound()
	}
	p.dispatch = func(*kernel.Mandate) (kernel.Result, error) { return kernel.Result{}, kernel.ErrNotDispatched }
	p.call()
	if n := p.node("minute"); n.Invocations != 3 {
		t.Fatalf("a call that did not run counts: %+v", n)
	}
	p.dispatch = func(*kernel.Mandate) (kernel.Result, error) { return kernel.Result{}, errors.New("lost") }
	p.call()
	if n := p.node("company"); n.Spent.Units != 7 || n.Account.Purse("USD").Retained != 3 {
		t.Fatalf("an unknown effect stays spent: %+v", n)
	}
	p.dispatch = nil
	out := p.call()
	if out.Denial == nil || out.Denial.Code != budget.CodeWindowExceeded || out.Denial.Step != 10 || out.Unlogged {
		t.Fatalf("%+v", out.Denial)
	}
	p.at += 60
	if out := p.call(); out.Verdict != kernel.Allow { // to the exact boundary of company
		t.Fatalf("%+v", out.Denial)
	}
	if out := p.call(); out.Denial == nil || out.Denial.Code != kernel.CodeBudgetExceeded {
		t.Fatalf("%+v", out.Denial)
	}
	p.sound()
}

// A process that dies between admission and close leaves the hold in every
// account; recovery retains it there.
func TestI2_TreeSurvivesACrash(t *testing.T) {
	p := withTree(t, 10, 4)
	p.failpoint = func(name string) {
		if name == "close.before" {
			p.disk.dead.Store(true)
		}
	}
	p.call()
	p.failpoint = nil
	p.restart()
	if n := p.node("company"); n.Account.Purse("USD").Outstanding != 3 {
		t.Fatalf("%+v", n)
	}
	p.sound()
	if n, err := p.admission.Recover(context.Background(), p.sign); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if n := p.node("company"); n.Account.Purse("USD").Retained != 3 || n.Spent.Units != 3 || n.Invocations != 1 {
		t.Fatalf("%+v", n)
	}
	p.sound()
}

// A full rolling window with a backlog empties itself though every call is
// refused, and the sweeps leave nothing of ended calls and old seconds.
func TestRefusalsEmptyAFullWindow(t *testing.T) {
	p := withTree(t, 100_000, 200)
	for i := range 200 {
		p.at = now + int64(i)*59/200
		if out := p.call(); out.Verdict != kernel.Allow {
			t.Fatalf("call %d: %+v", i, out.Denial)
		}
	}
	if out := p.call(); out.Denial == nil || out.Denial.Code != budget.CodeWindowExceeded {
		t.Fatalf("%+v", out.Denial)
	}
	p.at += 59
	for tries := 0; ; tries++ {
		out := p.call()
		if out.Verdict == kernel.Allow {
			break
		}
		if tries == 5 {
			t.Fatalf("refused for ever: %+v", out.Denial)
		}
	}
	p.sound()
	p.at += 2000
	for range 200 {
		if out := p.call(); out.Verdict != kernel.Allow {
			t.Fatalf("%+v", out.Denial)
		}
	}
	rows := map[string]int{}
	err := p.db.View(func(r store.Reader) error {
		for _, prefix := range []string{"b/h/", "b/w/"} {
			if err := r.Scan(prefix, "", func(string, []byte) error { rows[prefix]++; return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || rows["b/h/"] > 2*200 || rows["b/w/"] != 1 {
		t.Fatalf("%d holds and %d seconds are left, %v", rows["b/h/"], rows["b/w/"], err)
	}
	p.sound()
}

// A plan that cannot be made denies before anything is written.
func TestTreeInAnotherCurrencyDenies(t *testing.T) {
	p := newProcess(t, 10, 30)
	var err error
	p.budgets, err = budget.NewTree(budget.TreeConfig{Nodes: []budget.NodeConfig{
		{ID: "euros", Window: budget.Total, MaxCost: &wire.MonetaryAmount{Units: 100, Currency: "EUR"}}}})
	if err != nil {
		t.Fatal(err)
	}
	p.restart()
	out := p.call()
	if out.Denial == nil || out.Denial.Code != kernel.CodeBudgetCurrency || out.Unlogged || out.Receipt.Decision.Verdict != receipt.Deny {
		t.Fatalf("%+v", out.Denial)
	}
	if err := p.admission.Ready(); err != nil {
		t.Fatal(err)
	}
}

// Held costs reach the accounts in the order of the tokens.
func TestHeldCostsAreSettled(t *testing.T) {
	p := newProcess(t, 10, 30)
	eur := func(units uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: units, Currency: "EUR"} }
	m := p.mandate()
	call := &kernel.Call{Mandate: m, Now: now}
	request := kernel.HoldRequest{Token: p.chain[0].Ref(), Candidates: []kernel.GrantCap{{Index: 4, MaxTotalCost: eur(20), Charge: eur(9)}}}
	ticket, err := p.admission.Admit(context.Background(), &kernel.Admittance{Call: call, Charge: usd(3), Holds: []kernel.HoldRequest{request},
		Nonce: &kernel.Nonce{AgentKey: p.agent.Public(), Value: "n", ExpiresAt: now + 300}})
	if err != nil || ticket.Held[0].Amount != *eur(9) {
		t.Fatalf("%+v, %v", ticket, err)
	}
	err = p.admission.Close(context.Background(), &kernel.Closing{Call: call, Ticket: ticket, Disposition: kernel.Commit, Cost: usd(2),
		HeldCosts: []*wire.MonetaryAmount{eur(6)}, Receipt: &receipt.Receipt{ID: "r"}, ReceiptJSON: leafOf("r")})
	if err != nil {
		t.Fatal(err)
	}
	var a budget.Account
	if err := p.db.View(func(r store.Reader) (err error) { a, err = budget.Snapshot(r, p.chain[0].Ref(), 4); return err }); err != nil {
		t.Fatal(err)
	}
	if e := a.Purse("EUR"); e.Committed != 6 || e.Released != 3 {
		t.Fatalf("%+v", e)
	}
	p.sound()
}
