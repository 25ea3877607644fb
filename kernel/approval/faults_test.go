package approval_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

var errRead = errors.New("the disk does not answer")

// faults makes one read fail: the one after `after` others.
type faults struct {
	armed bool
	after int
	hit   bool
}

func (f *faults) next() error {
	if !f.armed {
		return nil
	}
	if f.after--; f.after == -1 {
		f.hit = true
		return errRead
	}
	return nil
}

type faulty struct {
	store.DB
	f *faults
}

func (d *faulty) View(fn func(store.Reader) error) error {
	return d.DB.View(func(r store.Reader) error { return fn(faultyReader{r, d.f}) })
}

func (d *faulty) Update(ctx context.Context, fn func(store.Tx) error) error {
	return d.DB.Update(ctx, func(tx store.Tx) error { return fn(faultyTx{tx, d.f}) })
}

type faultyReader struct {
	store.Reader
	f *faults
}

func (r faultyReader) Get(key string) ([]byte, error) {
	if err := r.f.next(); err != nil {
		return nil, err
	}
	return r.Reader.Get(key)
}

func (r faultyReader) Scan(prefix, after string, fn func(string, []byte) error) error {
	if err := r.f.next(); err != nil {
		return err
	}
	return r.Reader.Scan(prefix, after, fn)
}

type faultyTx struct {
	store.Tx
	f *faults
}

func (t faultyTx) Get(key string) ([]byte, error) { return faultyReader{t.Tx, t.f}.Get(key) }
func (t faultyTx) Scan(prefix, after string, fn func(string, []byte) error) error {
	return faultyReader{t.Tx, t.f}.Scan(prefix, after, fn)
}

// Every read of every operation fails once: the operation says so and changes
// nothing, and without the fault it then succeeds.
func TestI5_EveryFailedReadIsAnError(t *testing.T) {
	type world struct {
		*desk
		ask   *kernel.ApprovalAsk
		id    string
		batch *approval.Batch
	}
	granted := func(w *world) *kernel.ApprovalAnswer {
		a := w.decide(w.ask, now)
		if a.State != kernel.Granted {
			t.Fatalf("%+v", a)
		}
		return &a
	}
	approve := func(w *world) {
		if _, err := w.respond(w.token(w.alice, w.ask, w.id, approval.Approved, nil), now); err != nil {
			t.Fatal(err)
		}
	}
	all := func(string) bool { return true }
	for name, prepare := range map[string]func(*world) func() error{
		"open": func(w *world) func() error {
			return func() error { _, err := approval.Open(w.cfg); return err }
		},
		"first ask": func(w *world) func() error {
			ask := w.desk.ask()
			ask.Server = "elsewhere"
			return func() error { _, err := w.reg.Decide(ask, nil, now); return err }
		},
		"ask again": func(w *world) func() error {
			return func() error { _, err := w.reg.Decide(w.ask, nil, now); return err }
		},
		"ask with a token": func(w *world) func() error {
			doc := wire.Raw(w.token(w.alice, w.ask, w.id, approval.Approved, nil))
			return func() error { _, err := w.reg.Decide(w.ask, []wire.Raw{doc}, now); return err }
		},
		"record a request": func(w *world) func() error {
			ask := w.desk.ask()
			ask.Server = "elsewhere"
			a := w.decide(ask, now)
			return func() error { return w.pend(ask, a, now) }
		},
		"approve": func(w *world) func() error {
			return func() error {
				_, err := w.respond(w.token(w.alice, w.ask, w.id, approval.Approved, nil), now)
				return err
			}
		},
		"deny": func(w *world) func() error {
			return func() error {
				_, err := w.respond(w.token(w.alice, w.ask, w.id, approval.Denied, nil), now)
				return err
			}
		},
		"admit with a vote": func(w *world) func() error {
			approve(w)
			a := granted(w)
			return func() error { return w.admit(w.ask, a, now) }
		},
		"admit with a batch": func(w *world) func() error {
			ask := w.desk.ask()
			ask.Tool = "delete_batch"
			a := w.decide(ask, now)
			if a.BatchID == "" {
				t.Fatalf("%+v", a)
			}
			return func() error { return w.admit(ask, &a, now) }
		},
		"admit without": func(w *world) func() error {
			return func() error { return w.admit(w.ask, nil, now) }
		},
		"close": func(w *world) func() error {
			approve(w)
			if err := w.admit(w.ask, granted(w), now); err != nil {
				t.Fatal(err)
			}
			r, raw := w.receipt(w.ask, receipt.Allow, "", "", now)
			return func() error {
				return w.via.Update(ctx, func(tx store.Tx) error {
					return w.reg.Close(tx, &kernel.Closing{Call: w.call(w.ask, now), Receipt: r, ReceiptJSON: raw}, 0)
				})
			}
		},
		"refused": func(w *world) func() error {
			return func() error { return w.desk.deny(w.ask, kernel.CodeOutOfScope, now) }
		},
		"sweep": func(w *world) func() error {
			return func() error { _, err := w.reg.Sweep(ctx, now+2*approval.RetentionSeconds); return err }
		},
		"get": func(w *world) func() error { return func() error { _, err := w.reg.Get(w.id); return err } },
		"list": func(w *world) func() error {
			return func() error { return w.reg.List("", func(*approval.Request) error { return nil }) }
		},
		"untold": func(w *world) func() error {
			return func() error { _, err := w.reg.Untold(9, all); return err }
		},
		"pending call": func(w *world) func() error {
			return func() error {
				_, _, err := w.reg.PendingCall(w.ask.Subject, w.ask.Server, w.ask.Tool, w.ask.ArgsSHA256, now)
				return err
			}
		},
		"add a batch": func(w *world) func() error {
			doc := w.desk.batch(w.bob, nil)
			return func() error { _, err := w.reg.AddBatch(ctx, doc, now); return err }
		},
		"revoke a batch": func(w *world) func() error {
			return func() error { _, err := w.reg.RevokeBatch(ctx, w.batch.BatchID, now); return err }
		},
		"list batches": func(w *world) func() error {
			return func() error { _, err := w.reg.Batches(); return err }
		},
	} {
		t.Run(name, func(t *testing.T) {
			for after := 0; ; after++ {
				f := &faults{}
				d := newDesk(t, func(c *approval.Config) {
					c.IsAgent = func(r store.Reader, k wire.PublicKey) (bool, error) {
						_, err := r.Get("x/agent")
						return false, notFound(err)
					}
				})
				d.faults = f
				d.reopen()
				w := &world{desk: d}
				w.ask, w.id = d.waiting()
				w.batch = d.add(d.batch(d.alice, func(b *approval.BatchApproval) { b.ToolPattern = "delete_b*" }))
				do := prepare(w)
				before := d.dump()
				f.armed, f.after = true, after
				err := do()
				f.armed = false
				if !f.hit {
					if err != nil {
						t.Fatalf("without a fault: %v", err)
					}
					if after == 0 {
						t.Fatal("nothing was read")
					}
					return
				}
				if !errors.Is(err, errRead) {
					t.Fatalf("read %d failed, the operation says %v", after, err)
				}
				if d.dump() != before {
					t.Fatalf("read %d failed, yet something changed", after)
				}
				if err := do(); err != nil {
					t.Fatalf("again, after read %d failed: %v", after, err)
				}
			}
		})
	}
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// dump is a digest of every row of the registry and of the log's size.
func (d *desk) dump() wire.Digest {
	d.t.Helper()
	var all []byte
	err := d.db.View(func(r store.Reader) error {
		size, err := log.Size(r)
		if err != nil {
			return err
		}
		all = append(all, byte(size))
		return r.Scan("p/", "", func(key string, value []byte) error {
			all = append(append(append(all, key...), 0), value...)
			return nil
		})
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return wire.Hash(all)
}
