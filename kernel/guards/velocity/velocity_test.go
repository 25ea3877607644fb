package velocity_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

func limit(n int64) *int64 { return &n }

func key(b byte) (k wire.PublicKey) { k[0] = b; return k }

// world is one store and the guards of one policy.
type world struct {
	db      store.DB
	buckets *velocity.Buckets
	guards  []guard.Guard
}

func newWorld(t testing.TB, c velocity.Config, maxBuckets uint64) *world {
	t.Helper()
	v, err := velocity.NewVelocity(c)
	if err != nil {
		t.Fatal(err)
	}
	a, err := velocity.NewAgentVelocity(c)
	if err != nil {
		t.Fatal(err)
	}
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	return &world{db: db, buckets: velocity.NewBuckets(velocity.BucketsConfig{MaxBuckets: maxBuckets}), guards: []guard.Guard{v, a}}
}

// attempt is one call: who makes it under which chain, when, at what price.
type attempt struct {
	now     int64
	agent   byte
	by      byte     // the agent that delegated to it; 0: itself
	peer    string   // the call is for a peer's kernel
	chain   []string // token ids, root first
	grant   int
	session string
	price   *wire.MonetaryAmount
	convert func(string) (*wire.MonetaryAmount, error)
}

func (a attempt) call() *kernel.Call {
	m := &kernel.Mandate{Tool: "t", Session: a.session}
	ids := a.chain
	if len(ids) == 0 {
		ids = []string{"leaf"}
	}
	for _, id := range ids {
		m.Chain = append(m.Chain, capability.Token{ID: id, Issuer: key(9), Subject: key(a.agent)})
	}
	if a.by != 0 {
		m.Chain[0].Subject = key(a.by)
	}
	return &kernel.Call{Mandate: m, Now: a.now, Route: kernel.Route{Price: a.price, PeerDID: a.peer}}
}

// try judges and admits, as the kernel does.
func (w *world) try(t testing.TB, a attempt) *kernel.Denial {
	t.Helper()
	call := a.call()
	req := &kernel.Admittance{Call: call, Charge: a.price, ChargeIn: a.convert}
	for _, g := range w.guards {
		d, err := g.Judge(&guard.Request{Call: call, Action: guard.Action{Shape: guard.McpTool{Name: "t"}}})
		if err != nil {
			t.Fatal(err)
		}
		if d.Verdict != kernel.Allow {
			e := d.Evidence[0]
			return &kernel.Denial{Step: 8, Code: e.Code, Guard: e.Guard, Reason: e.Details}
		}
		req.Consume = append(req.Consume, d.Consume...)
	}
	ticket := &kernel.Ticket{}
	for i := len(call.Mandate.Chain) - 1; i >= 0; i-- {
		ticket.Held = append(ticket.Held, kernel.HeldGrant{Token: call.Mandate.Chain[i].Ref(), Index: a.grant})
	}
	err := w.db.Update(context.Background(), func(tx store.Tx) error { return w.buckets.Admit(tx, req, ticket) })
	var d *kernel.Denial
	if err != nil && !errors.As(err, &d) {
		t.Fatal(err)
	}
	return d
}

func (w *world) passes(t *testing.T, n int, a attempt) {
	t.Helper()
	for i := range n {
		if d := w.try(t, a); d != nil {
			t.Fatalf("call %d of %d: %v", i+1, n, d)
		}
	}
}

func (w *world) denies(t *testing.T, a attempt, guardName, reason string) {
	t.Helper()
	d := w.try(t, a)
	if d == nil || d.Code != velocity.CodeVelocity || d.Guard != guardName || !strings.Contains(d.Reason, reason) {
		t.Fatalf("%+v, want %s by %s", d, reason, guardName)
	}
	if d.Code != "CHIO-GUARD-VELOCITY" {
		t.Fatal(d.Code)
	}
}

const window, one = 60, 1000000

func TestCallsPerGrant(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxInvocations: limit(3), WindowSeconds: window, BurstMicros: one}, 0)
	w.passes(t, 3, attempt{now: 100, agent: 1})
	w.denies(t, attempt{now: 100, agent: 1}, "velocity", "3 calls per 60 seconds are used up; room for 1 in 20 seconds")
	w.denies(t, attempt{now: 119, agent: 1}, "velocity", "in 1 seconds")
	w.passes(t, 1, attempt{now: 120, agent: 1})
	w.passes(t, 3, attempt{now: 120, agent: 1, grant: 1})
	w.passes(t, 3, attempt{now: 120, agent: 1, chain: []string{"other"}})
}

// Ten an hour is ten an hour: no remainder is lost between two calls.
func TestSlowRatesAreExact(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxInvocations: limit(7), WindowSeconds: 3600, BurstMicros: one}, 0)
	w.passes(t, 7, attempt{now: 0, agent: 1})
	passed := 0
	for now := int64(1); now <= 36000; now++ {
		if w.try(t, attempt{now: now, agent: 1}) == nil {
			passed++
		}
	}
	if passed != 70 {
		t.Fatalf("%d calls passed in ten hours, want 70", passed)
	}
}

// A token delegated further shares the rate of the token above it.
func TestTokensAboveCountTogether(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxInvocations: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
	w.passes(t, 1, attempt{agent: 1, chain: []string{"root", "a"}})
	w.passes(t, 1, attempt{agent: 1, chain: []string{"root", "b"}, grant: 4})
	w.denies(t, attempt{agent: 1, chain: []string{"root", "c"}}, "velocity", "used up")
}

func TestAgentsAndSessions(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(4), MaxPerSession: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
	w.passes(t, 2, attempt{agent: 1, session: "s"})
	w.denies(t, attempt{agent: 1, session: "s"}, "agent-velocity", "max_requests_per_session")
	w.passes(t, 2, attempt{agent: 1}) // without a session: agent and token
	w.denies(t, attempt{agent: 1, session: "r"}, "agent-velocity", "max_requests_per_agent")
	w.passes(t, 2, attempt{agent: 2, session: "s"})
}

// An agent that delegates to keys of its own has one rate for all of them.
// Above an agent that calls a peer stands a kernel: that is nobody's rate.
func TestDelegationHasOneRate(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
	chain := []string{"root", "leaf"}
	w.passes(t, 1, attempt{agent: 3, by: 1, chain: chain})
	w.passes(t, 1, attempt{agent: 4, by: 1, chain: chain})
	w.denies(t, attempt{agent: 5, by: 1, chain: chain}, "agent-velocity", "max_requests_per_agent")
	w.passes(t, 1, attempt{agent: 3, by: 2, chain: chain})
	for agent := byte(10); agent < 14; agent++ {
		w.passes(t, 1, attempt{agent: agent, by: 1, peer: "did:chio:x", chain: chain})
	}
}

func TestBurst(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxInvocations: limit(3), WindowSeconds: window, BurstMicros: 1500000}, 0)
	w.passes(t, 4, attempt{agent: 1}) // floor(4.5)
	w.denies(t, attempt{agent: 1}, "velocity", "used up")
}

func TestSpending(t *testing.T) {
	usd := func(n uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: n, Currency: "USD"} }
	eur := &wire.MonetaryAmount{Units: 10, Currency: "EUR"}
	w := newWorld(t, velocity.Config{MaxSpend: limit(100), WindowSeconds: window, BurstMicros: one}, 0)
	w.denies(t, attempt{agent: 1, price: usd(101)}, "velocity", "at most 100 minor units of USD")
	w.passes(t, 5, attempt{agent: 1})
	w.passes(t, 1, attempt{agent: 1, price: usd(70)})
	w.denies(t, attempt{agent: 1, price: usd(40)}, "velocity", "100 minor units of USD per 60 seconds are used up; room for 40 in 6 seconds")
	w.denies(t, attempt{agent: 1, price: eur}, "velocity", "nothing converts it")
	w.denies(t, attempt{agent: 1, price: eur, convert: func(string) (*wire.MonetaryAmount, error) { return nil, errors.New("stale") }}, "velocity", "could not be converted")
	w.denies(t, attempt{agent: 1, price: eur, convert: func(string) (*wire.MonetaryAmount, error) { return usd(101), nil }}, "velocity", "at most 100")
	w.passes(t, 1, attempt{agent: 1, price: eur, convert: func(string) (*wire.MonetaryAmount, error) { return usd(30), nil }})
	w.denies(t, attempt{agent: 1, price: usd(1)}, "velocity", "used up")
}

func TestZeroPermitsNothing(t *testing.T) {
	for name, c := range map[string]velocity.Config{
		"velocity":       {MaxInvocations: limit(0)},
		"agent-velocity": {MaxPerAgent: limit(0)},
	} {
		c.WindowSeconds, c.BurstMicros = window, one
		newWorld(t, c, 0).denies(t, attempt{agent: 1}, name, "the limit is zero")
	}
}

// All limits of a call are taken, or none.
func TestTakenTogether(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxInvocations: limit(10), MaxPerAgent: limit(1), WindowSeconds: window, BurstMicros: one}, 0)
	w.passes(t, 1, attempt{agent: 1})
	for range 50 {
		w.denies(t, attempt{agent: 1}, "agent-velocity", "used up")
	}
	w.passes(t, 1, attempt{agent: 2})
	if d := w.try(t, attempt{agent: 3, now: 1}); d != nil {
		t.Fatal("denied calls took from the grant:", d)
	}
}

// The number of live buckets is bounded; a new one is denied, none is dropped
// before it is full again.
func TestBucketsAreBounded(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(2), WindowSeconds: window, BurstMicros: one}, 3)
	for agent := byte(1); agent <= 3; agent++ {
		w.passes(t, 2, attempt{now: 1000, agent: agent})
	}
	w.denies(t, attempt{now: 1000, agent: 4}, "velocity", "3 rates are being counted")
	w.denies(t, attempt{now: 1000, agent: 2}, "agent-velocity", "used up")
	w.passes(t, 2, attempt{now: 1060, agent: 4})
	// The clock goes back: what was dropped as full is full once, not twice.
	w.passes(t, 2, attempt{now: 1000, agent: 1})
	w.denies(t, attempt{now: 1059, agent: 1}, "agent-velocity", "used up")
}

func TestConfigs(t *testing.T) {
	for name, c := range map[string]velocity.Config{
		"no window":     {MaxInvocations: limit(1), BurstMicros: one},
		"long window":   {MaxInvocations: limit(1), WindowSeconds: 367 * 86400, BurstMicros: one},
		"no burst":      {MaxInvocations: limit(1), WindowSeconds: 1},
		"small burst":   {MaxInvocations: limit(1), WindowSeconds: 1, BurstMicros: one - 1},
		"huge burst":    {MaxInvocations: limit(1), WindowSeconds: 1, BurstMicros: 1001 * one},
		"negative":      {MaxSpend: limit(-1), WindowSeconds: 1, BurstMicros: one},
		"over all sums": {MaxSpend: limit(math.MaxInt64), WindowSeconds: 1, BurstMicros: one},
	} {
		if _, err := velocity.NewVelocity(c); !errors.Is(err, velocity.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
