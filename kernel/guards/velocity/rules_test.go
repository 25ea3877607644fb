package velocity_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// admit is the admission alone, for a call that the guards allowed.
func (w *world) admit(t *testing.T, a attempt, times int) (*kernel.Admittance, *kernel.Ticket) {
	t.Helper()
	call := a.call()
	req := &kernel.Admittance{Call: call, Charge: a.price, ChargeIn: a.convert}
	for range times {
		for _, g := range w.guards {
			d, err := g.Judge(&guard.Request{Call: call})
			if err != nil || d.Verdict != kernel.Allow {
				t.Fatalf("%+v %v", d, err)
			}
			req.Consume = append(req.Consume, d.Consume...)
		}
	}
	ticket := &kernel.Ticket{}
	for i := len(call.Mandate.Chain) - 1; i >= 0; i-- {
		ticket.Held = append(ticket.Held, kernel.HeldGrant{Token: call.Mandate.Chain[i].Ref(), Index: a.grant})
	}
	return req, ticket
}

// A call that one limit refuses writes nothing, also where its transaction
// goes on.
func TestRefusedCallWritesNothing(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(9), MaxPerSession: limit(1), WindowSeconds: window, BurstMicros: one}, 0)
	w.passes(t, 1, attempt{agent: 1, session: "s"})
	rows := func() (all map[string]string) {
		all = map[string]string{}
		if err := w.db.View(func(r store.Reader) error {
			return r.Scan("w/", "", func(key string, row []byte) error { all[key] = string(row); return nil })
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := rows()
	req, ticket := w.admit(t, attempt{agent: 1, session: "s"}, 1)
	if err := w.db.Update(context.Background(), func(tx store.Tx) error {
		var d *kernel.Denial
		if err := w.buckets.Admit(tx, req, ticket); !errors.As(err, &d) {
			t.Errorf("%v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	after := rows()
	for key := range after {
		if before[key] != after[key] {
			t.Errorf("%s was written", key)
		}
	}
}

// Two policies that say the same of one call count it once, in one bucket.
func TestNamedTwiceIsTakenOnce(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(3), WindowSeconds: window, BurstMicros: one}, 2)
	for _, agent := range []byte{1, 1, 1, 2} {
		req, ticket := w.admit(t, attempt{agent: agent}, 2)
		if err := w.db.Update(context.Background(), func(tx store.Tx) error { return w.buckets.Admit(tx, req, ticket) }); err != nil {
			t.Fatalf("agent %d: %v", agent, err)
		}
	}
	w.denies(t, attempt{agent: 1}, "agent-velocity", "used up")
}

// A limit of calls and one of money do not draw from each other, however alike
// their numbers are.
func TestLimitsAreApart(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxInvocations: limit(5), MaxSpend: limit(5), WindowSeconds: window, BurstMicros: one}, 0)
	usd := func(n uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: n, Currency: "USD"} }
	w.passes(t, 1, attempt{agent: 1, price: usd(5)})
	w.denies(t, attempt{agent: 1, price: usd(1)}, "velocity", "5 minor units of USD")
	w.passes(t, 4, attempt{agent: 1})
	w.denies(t, attempt{agent: 1}, "velocity", "5 calls")
}

// Without a session the agent and its token are one.
func TestWithoutASession(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerSession: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
	w.passes(t, 2, attempt{agent: 1})
	w.denies(t, attempt{agent: 1}, "agent-velocity", "max_requests_per_session")
	w.passes(t, 2, attempt{agent: 1, chain: []string{"other"}})
	w.passes(t, 2, attempt{agent: 2})
}

func TestWhatCannotBeCountedIsDenied(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxInvocations: limit(5), MaxSpend: limit(5), WindowSeconds: window, BurstMicros: one}, 0)
	dear := &wire.MonetaryAmount{Units: 6, Currency: "USD"}
	d, err := w.guards[0].Judge(&guard.Request{Call: attempt{agent: 1, price: dear}.call()})
	if err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != velocity.CodeVelocity {
		t.Errorf("a price no bucket holds is left to admission: %+v %v", d, err)
	}
	eur := &wire.MonetaryAmount{Units: 1, Currency: "EUR"}
	w.denies(t, attempt{agent: 1, price: eur, convert: func(string) (*wire.MonetaryAmount, error) { return eur, nil }}, "velocity", "could not be converted")
	req, _ := w.admit(t, attempt{agent: 1}, 1)
	for name, call := range map[string]*kernel.Call{"no token of ours": req.Call, "no capability": {Mandate: &kernel.Mandate{}}} {
		req.Call = call
		err := w.db.Update(context.Background(), func(tx store.Tx) error { return w.buckets.Admit(tx, req, &kernel.Ticket{}) })
		var denial *kernel.Denial
		if !errors.As(err, &denial) || denial.Code != velocity.CodeVelocity {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A bucket of the call itself is not swept, or the count of all would drift.
func TestSweepKeepsTheCallsOwnBuckets(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(9), MaxPerSession: limit(9), WindowSeconds: window, BurstMicros: one}, 2)
	w.passes(t, 1, attempt{now: 1000, agent: 1, session: "a"})
	w.passes(t, 1, attempt{now: 2000, agent: 1, session: "b"}) // a is full again and makes room
	w.denies(t, attempt{now: 2000, agent: 1, session: "c"}, "velocity", "2 rates are being counted")
}

// failing is a store that cannot read some rows.
type failing struct {
	store.Tx
	prefix string
}

var errDisk = errors.New("the disk is gone")

func (f failing) Get(key string) ([]byte, error) {
	if len(key) >= len(f.prefix) && key[:len(f.prefix)] == f.prefix {
		return nil, errDisk
	}
	return f.Tx.Get(key)
}

// Rows that no version of this package wrote deny, as does a store that cannot
// read: nobody gets a full bucket by it.
func TestI5_AlteredRowsAndFailingStoresDeny(t *testing.T) {
	row := func(version byte, level uint64, at, fullAt int64, more ...byte) []byte {
		out := append([]byte{version}, make([]byte, 8)...)
		out = binary.BigEndian.AppendUint64(out, level)
		out = binary.BigEndian.AppendUint64(out, uint64(at))
		return append(binary.BigEndian.AppendUint64(out, uint64(fullAt)), more...)
	}
	for name, altered := range map[string][]byte{
		"more than it can hold": row(1, 2*window+1, 100, 100),
		"one byte more":         row(1, 0, 100, 220, 0),
		"one byte less":         row(1, 0, 100, 220)[:32],
		"another version":       row(2, 0, 100, 220),
		"before all time":       row(1, 0, -1, 220),
		"full before it began":  row(1, 0, 100, 99),
	} {
		w := newWorld(t, velocity.Config{MaxPerAgent: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
		w.passes(t, 1, attempt{now: 100, agent: 1})
		req, ticket := w.admit(t, attempt{now: 100, agent: 1}, 1)
		if err := w.db.Update(context.Background(), func(tx store.Tx) error {
			return errors.Join(tx.Scan("w/b/", "", func(key string, _ []byte) error { tx.Set(key, altered); return store.ErrStop }),
				w.buckets.Admit(tx, req, ticket))
		}); !errors.Is(err, velocity.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
	req, ticket := w.admit(t, attempt{now: 100, agent: 1}, 1)
	for _, prefix := range []string{"w/b/", "w/all"} {
		if err := w.db.Update(context.Background(), func(tx store.Tx) error { return w.buckets.Admit(failing{tx, prefix}, req, ticket) }); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", prefix, err)
		}
	}
}

// The largest limit over the longest window loses no carry, and a wait that is
// no whole number of seconds is rounded up: who waits as told gets through.
func TestLargeLimitsAndOddWaits(t *testing.T) {
	const year = 366 * 86400
	usd := func(n uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: n, Currency: "USD"} }
	w := newWorld(t, velocity.Config{MaxSpend: limit(wire.MaxUnits), WindowSeconds: year, BurstMicros: one}, 0)
	w.passes(t, 1, attempt{now: 1000, agent: 1, price: usd(wire.MaxUnits)})
	w.passes(t, 1, attempt{now: 2500, agent: 1, price: usd(1)})
	w.passes(t, 1, attempt{now: 4000, agent: 1, price: usd(3000*(wire.MaxUnits/year) - 1)})
	w.denies(t, attempt{now: 4000, agent: 1, price: usd(wire.MaxUnits / year)}, "velocity", "used up")

	odd := newWorld(t, velocity.Config{MaxInvocations: limit(7), WindowSeconds: window, BurstMicros: one}, 0)
	odd.passes(t, 7, attempt{now: 1000, agent: 1})
	odd.denies(t, attempt{now: 1000, agent: 1}, "velocity", "room for 1 in 9 seconds")
	odd.denies(t, attempt{now: 1008, agent: 1}, "velocity", "in 1 seconds")
	odd.passes(t, 1, attempt{now: 1009, agent: 1})
}

// What is not asked of this package is left alone, and times at the end of
// their range are times.
func TestEdgesOfBuckets(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
	for _, r := range []*guard.Request{nil, {}, {Call: &kernel.Call{}}} {
		if d, err := w.guards[0].Judge(r); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != guard.CodeMalformed {
			t.Errorf("%+v: %+v %v", r, d, err)
		}
	}
	req, ticket := w.admit(t, attempt{now: 100, agent: 1}, 1)
	req.Consume = []any{"somebody else's", nil}
	if err := w.db.Update(context.Background(), func(tx store.Tx) error {
		return errors.Join(w.buckets.Admit(tx, req, ticket), w.buckets.Close(tx, nil, 0), w.buckets.Refuse(tx, nil, 0))
	}); err != nil {
		t.Error(err)
	}
	w.passes(t, 2, attempt{now: math.MaxInt64 - 1, agent: 7})
	w.denies(t, attempt{now: math.MaxInt64, agent: 7}, "agent-velocity", "used up")

	// A row that cannot be read in the way of a sweep stops the call.
	w.passes(t, 1, attempt{now: 100, agent: 1})
	fresh, ticket := w.admit(t, attempt{now: 100, agent: 9}, 1)
	if err := w.db.Update(context.Background(), func(tx store.Tx) error {
		tx.Set("w/b/0", []byte("junk"))
		return w.buckets.Admit(tx, fresh, ticket)
	}); !errors.Is(err, velocity.ErrCorrupt) {
		t.Errorf("a sweep over junk: %v", err)
	}
	if err := w.db.Update(context.Background(), func(tx store.Tx) error {
		tx.Set("w/all", append(append([]byte{1}, make([]byte, 8)...), 0xff, 0, 0, 0, 0, 0, 0, 0))
		return w.buckets.Admit(tx, fresh, ticket)
	}); !errors.Is(err, velocity.ErrCorrupt) {
		t.Errorf("a floor before all time: %v", err)
	}
}
