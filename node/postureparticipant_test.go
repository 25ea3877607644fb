package node

import (
	"context"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const moving = `hushspec: "0.1.0"
name: moving
rules: {tool_access: {default: allow, block: [never]}}
extensions:
  posture:
    initial: working
    states:
      working: {capabilities: [tool_call], budgets: {tool_calls: 2}}
      trusted: {capabilities: [tool_call]}
      spent: {}
      locked: {}
      warned: {capabilities: [tool_call]}
    transitions:
      - {from: working, to: trusted, on: user_approval}
      - {from: working, to: spent, on: budget_exhausted}
      - {from: "*", to: locked, on: critical_violation}
      - {from: working, to: warned, on: any_violation}
`

// postureWorld is the participant alone, over a store of its own.
type postureWorld struct {
	db   store.DB
	p    *postures
	call *kernel.Call
	use  policy.PostureUse
}

func newPostureWorld(t *testing.T) *postureWorld {
	t.Helper()
	d, err := policy.Parse("moving", []byte(moving))
	if err != nil {
		t.Fatal(err)
	}
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	w := &postureWorld{db: db}
	all := &policies{}
	w.p = &postures{db: w.db, policies: func() *policies { return all }}
	c, err := policy.Compile(d, policy.CompileOptions{Postures: w.p})
	if err != nil {
		t.Fatal(err)
	}
	all.inForce.Store(&inForce{compiled: c})
	w.call = &kernel.Call{Now: 100, Mandate: &kernel.Mandate{Tool: "t", Session: "s", Chain: []capability.Token{{ID: "leaf"}}}}
	decision, err := c.Guard.Evaluate(w.call)
	if err != nil || len(decision.Consume) != 1 {
		t.Fatalf("%+v %v", decision, err)
	}
	w.use = *decision.Consume[0].(*policy.PostureUse)
	return w
}

func (w *postureWorld) admit(state kernel.ApprovalState) error {
	req := &kernel.Admittance{Call: w.call, Consume: []any{"another's", &w.use}}
	if state != 0 {
		req.Approval = &kernel.ApprovalAnswer{State: state}
	}
	return w.db.Update(context.Background(), func(tx store.Tx) error { return w.p.Admit(tx, req, nil) })
}

func (w *postureWorld) state(t *testing.T, want string, used int64) {
	t.Helper()
	r, found, err := w.p.Current(w.use.Session, 100)
	if err != nil || r.State != want || r.Used["tool_calls"] != used || found != (want != "") {
		t.Errorf("%+v %v %v, want %q with %d", r, found, err, want, used)
	}
}

func said(code string) *receipt.Receipt {
	return &receipt.Receipt{Metadata: wire.MustMarshal(receipt.Metadata{Code: code})}
}

// TestPostureParticipant: what moves a session's record, and what does not.
func TestPostureParticipant(t *testing.T) {
	nonce := &kernel.Nonce{}
	refuse := func(r *kernel.Refusal) func(*postureWorld, store.Tx) error {
		return func(w *postureWorld, tx store.Tx) error { r.Call = w.call; return w.p.Refuse(tx, r, 0) }
	}
	closing := func(r *receipt.Receipt) func(*postureWorld, store.Tx) error {
		return func(w *postureWorld, tx store.Tx) error {
			return w.p.Close(tx, &kernel.Closing{Call: w.call, Receipt: r}, 0)
		}
	}
	for name, tc := range map[string]struct {
		do   func(*postureWorld, store.Tx) error
		want string
	}{
		"a credential":               {refuse(&kernel.Refusal{Nonce: nonce, Receipt: said("CHIO-GUARD-SECRET")}), "locked"},
		"another violation":          {refuse(&kernel.Refusal{Nonce: nonce, Receipt: said("CHIO-GUARD-FORBIDDEN-PATH")}), "warned"},
		"a stranger's":               {refuse(&kernel.Refusal{Receipt: said("CHIO-GUARD-SECRET")}), ""},
		"one that waits":             {refuse(&kernel.Refusal{Nonce: nonce, Pending: &kernel.Awaiting{}, Receipt: said("CHIO-GUARD-SECRET")}), ""},
		"no guard's":                 {refuse(&kernel.Refusal{Nonce: nonce, Receipt: said("CHIO-CAP-MISSING")}), ""},
		"no code":                    {refuse(&kernel.Refusal{Nonce: nonce, Receipt: said("")}), ""},
		"a result that was withheld": {closing(said(string(kernel.CodeOutputBlocked))), "warned"},
		"a clean result":             {closing(said("")), ""},
		"a crash":                    {closing(nil), ""},
	} {
		w := newPostureWorld(t)
		if err := w.db.Update(context.Background(), func(tx store.Tx) error { return tc.do(w, tx) }); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, found, err := w.p.Current(w.use.Session, 100)
		if err != nil || r.State != tc.want || found != (tc.want != "") {
			t.Errorf("%s: %+v %v %v, want %q", name, r, found, err, tc.want)
		}
	}

	w := newPostureWorld(t)
	if err := w.admit(0); err != nil {
		t.Fatal(err)
	}
	w.state(t, "working", 1)
	if err := w.admit(0); err != nil { // nothing is left after it
		t.Fatal(err)
	}
	w.state(t, "spent", 2)
	if err := w.admit(0); err == nil {
		t.Error("a spent session was admitted")
	}
	w.state(t, "spent", 2)

	w = newPostureWorld(t)
	if err := w.admit(kernel.Granted); err != nil {
		t.Fatal(err)
	}
	w.state(t, "trusted", 1)
}

// TestI5_CorruptPostureDenies: a record that cannot be read is not a new
// session.
func TestI5_CorruptPostureDenies(t *testing.T) {
	w := newPostureWorld(t)
	if err := w.db.Update(context.Background(), func(tx store.Tx) error { tx.Set(postureKey(w.use.Session), []byte(`{"state":`)); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.p.Current(w.use.Session, 100); err == nil {
		t.Error("a corrupt record was read")
	}
	if err := w.admit(0); err == nil {
		t.Error("a corrupt record was admitted")
	}
	if d, err := w.p.policies().compiled().Guard.Evaluate(w.call); err != nil || d.Verdict != kernel.Deny {
		t.Errorf("%+v %v", d, err)
	}
}
