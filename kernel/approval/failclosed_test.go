package approval_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func TestConfigRefuses(t *testing.T) {
	d := newDesk(t, nil)
	for name, change := range map[string]func(*approval.Config){
		"no store":        func(c *approval.Config) { c.DB = nil },
		"threshold":       func(c *approval.Config) { c.Threshold = 4 },
		"ttl":             func(c *approval.Config) { c.TTLSeconds = approval.MaxTTLSeconds + 1 },
		"weak key":        func(c *approval.Config) { c.Approvers[0].Key = wire.PublicKey{} },
		"one key twice":   func(c *approval.Config) { c.Approvers[1].Key = c.Approvers[0].Key },
		"many approvers":  func(c *approval.Config) { c.Approvers = make([]approval.Approver, approval.MaxApprovers+1) },
		"negative number": func(c *approval.Config) { c.Threshold = -1 },
	} {
		cfg := d.cfg
		cfg.Approvers = slices.Clone(cfg.Approvers)
		change(&cfg)
		if _, err := approval.Open(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	none := d.cfg
	none.Approvers = nil
	reg, err := approval.Open(none)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := reg.Decide(d.ask(), nil, now); err != nil || a.State != kernel.Refused || a.Denial.Code != kernel.CodeApprovalNone {
		t.Errorf("without approvers: %+v, %v", a, err)
	}
	if len(d.reg.Approvers()) != 3 || d.reg.Threshold() != 1 {
		t.Errorf("%v, %d", d.reg.Approvers(), d.reg.Threshold())
	}
}

func TestFailuresOfCollaboratorsAbortWhole(t *testing.T) {
	broken := errors.New("broken")
	d := newDesk(t, nil)
	ask, id := d.waiting()
	no := d.token(d.alice, ask, id, approval.Denied, nil)
	d.signErr = broken
	if _, err := d.respond(no, now); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if _, err := d.reg.Sweep(ctx, now+5000); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	d.signErr = nil
	restore := d.cfg
	for name, change := range map[string]func(*approval.Config){
		"append": func(c *approval.Config) {
			c.Append = func(store.Tx, string, []byte) (uint64, error) { return 0, broken }
		},
		"spend": func(c *approval.Config) {
			c.Spend = func(store.Tx, string, string, uint64, int64) error { return broken }
		},
		"agents": func(c *approval.Config) {
			c.IsAgent = func(store.Reader, wire.PublicKey) (bool, error) { return false, broken }
		},
	} {
		change(&d.cfg)
		d.reopen()
		if _, err := d.respond(no, now); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "spend" {
			if err := d.deny(ask, kernel.CodeOutOfScope, now); !errors.Is(err, broken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if name == "agents" {
			if _, err := d.reg.Decide(ask, nil, now); !errors.Is(err, broken) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := d.reg.Decide(d.ask(), nil, now); !errors.Is(err, broken) {
				t.Errorf("%s, a first ask: %v", name, err)
			}
		}
		d.cfg = restore
		d.reopen()
		if q, err := d.reg.Get(id); err != nil || q.State != approval.Waiting || d.terminals()[ask.CallID] != 0 {
			t.Fatalf("%s left %+v, %v", name, q, err)
		}
	}
	d.cfg.Rand = fails{}
	d.reopen()
	if _, err := d.reg.Decide(d.ask(), nil, now); err == nil {
		t.Error("an id without randomness")
	}
}

type fails struct{}

func (fails) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

func TestCorruptRowsAreErrors(t *testing.T) {
	for name, damage := range map[string]func(tx store.Tx, ask *kernel.ApprovalAsk, id string){
		"request": func(tx store.Tx, _ *kernel.ApprovalAsk, id string) { tx.Set("p/req/"+id, []byte("{}")) },
		"another": func(tx store.Tx, _ *kernel.ApprovalAsk, id string) {
			b, err := tx.Get("p/req/" + id)
			if err != nil {
				panic(err)
			}
			tx.Set("p/req/"+id+"x", b)
		},
		"count":   func(tx store.Tx, _ *kernel.ApprovalAsk, _ string) { tx.Set("p/count", []byte("x")) },
		"uncount": func(tx store.Tx, _ *kernel.ApprovalAsk, _ string) { tx.Set("p/count", make([]byte, 8)) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			ask, id := d.waiting()
			err := d.db.Update(ctx, func(tx store.Tx) error { damage(tx, ask, id); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if _, err := approval.Open(d.cfg); !errors.Is(err, approval.ErrCorrupt) {
				t.Fatalf("opened: %v", err)
			}
		})
	}
	d := newDesk(t, nil)
	ask, id := d.waiting()
	err := d.db.Update(ctx, func(tx store.Tx) error { tx.Delete("p/req/" + id); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.reg.Decide(ask, nil, now); !errors.Is(err, approval.ErrCorrupt) {
		t.Fatalf("a request that is gone: %v", err)
	}
	if n, err := d.reg.Sweep(ctx, now+5000); err != nil || n != 0 {
		t.Fatalf("swept %d, %v", n, err)
	}
}

func TestCorruptBatchesDeny(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	b := d.add(d.batch(d.alice, func(b *approval.BatchApproval) { b.ToolPattern = "x" }))
	set := func(key string, value []byte) {
		t.Helper()
		if err := d.db.Update(ctx, func(tx store.Tx) error { tx.Set(key, value); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	set("p/batch/"+ask.Subject.String()+"/"+b.BatchID, []byte(`{"a":1}`))
	if _, err := d.reg.Decide(ask, nil, now); !errors.Is(err, approval.ErrCorrupt) {
		t.Errorf("decided on it: %v", err)
	}
	if _, err := d.respond(d.token(d.alice, ask, id, approval.Approved, nil), now); err != nil {
		t.Errorf("a vote that needs no batch: %v", err)
	}
	set("p/batchid/"+b.BatchID, []byte("short"))
	if _, err := d.reg.RevokeBatch(ctx, b.BatchID, now); !errors.Is(err, approval.ErrCorrupt) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := d.reg.Batches(); !errors.Is(err, approval.ErrCorrupt) {
		t.Errorf("listed: %v", err)
	}
}

// What Decide saw can be gone when Admit looks; a request that nobody closed is
// forgotten like any other.
func TestRequestsThatVanish(t *testing.T) {
	d := newDesk(t, nil)
	ask, id := d.waiting()
	a := d.decide(ask, now, wire.Raw(d.token(d.alice, ask, id, approval.Approved, nil)))
	if err := d.admit(ask, &a, now); err != nil { // the presented token becomes durable
		t.Fatal(err)
	}
	if q, err := d.reg.Get(id); err != nil || len(q.Votes) != 1 || d.reg.Live() != 1 {
		t.Fatalf("%+v, %v", q, err)
	}
	if _, err := d.reg.Sweep(ctx, now+approval.RetentionSeconds); err != nil || d.reg.Live() != 0 {
		t.Fatalf("%d live, %v", d.reg.Live(), err)
	}
	if code := codeOf(d.admit(ask, &a, now)); code != approval.CodeUnknown {
		t.Fatalf("admitted on a request that is gone: %s", code)
	}
	ask, _ = d.waiting()
	r, raw := d.receipt(ask, receipt.Deny, kernel.CodeOutOfScope, "", now)
	r.Metadata = wire.Raw("[]")
	if err := d.refuse(&kernel.Refusal{Call: d.call(ask, now), Nonce: &kernel.Nonce{}, Receipt: r, ReceiptJSON: raw}); err == nil {
		t.Fatal("a denial without metadata ended a request")
	}
	huge := d.ask()
	huge.Parameters = wire.MustMarshal(string(slices.Repeat([]byte("x"), 513<<10)))
	if err := d.pend(huge, d.decide(huge, now), now); !errors.Is(err, wire.ErrTooLarge) {
		t.Fatalf("a request larger than a row: %v", err)
	}
}

func TestReceiptWithoutParameters(t *testing.T) {
	d := newDesk(t, nil)
	ask := d.ask()
	ask.Parameters = nil
	r, err := approval.Receipt(&approval.Request{Ask: *ask, Votes: []approval.Vote{{Decision: approval.Approved, Approver: d.bob.Public()}}},
		&kernel.Denial{Code: approval.CodeExpired, Reason: "x"}, d.kernel.Public(), now)
	if err != nil || r.RedactionMode != receipt.RedactAll {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := receipt.Sign(r, d.kernel); err != nil {
		t.Fatal(err)
	}
}
