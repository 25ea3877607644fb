package federation

import (
	"errors"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
)

func TestTransitions(t *testing.T) {
	all := []State{Unknown, Authenticated, PendingPeer, Active, Frozen, Revoked, Terminated}
	allowed := map[[2]State]bool{}
	for from, tos := range transitions {
		for _, to := range tos {
			allowed[[2]State{from, to}] = true
		}
	}
	for _, from := range all {
		for _, to := range append(all, Stale, "nonsense") {
			rec := Record{State: from}
			err := rec.become(to)
			if want := from == to || allowed[[2]State{from, to}]; (err == nil) != want {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if err != nil && (rec.State != from || !errors.Is(err, ErrTransition)) {
				t.Errorf("%s to %s: state %s, %v", from, to, rec.State, err)
			}
		}
	}
	for _, never := range [][2]State{{Unknown, Active}, {Revoked, Authenticated}, {Terminated, Active}, {Authenticated, Unknown}} {
		if allowed[never] {
			t.Errorf("%v is allowed", never)
		}
	}
}

func TestStale(t *testing.T) {
	rec := Record{State: Active, HelloAt: startTime, BoundUntil: startTime + 1_000_000}
	for _, c := range []struct {
		now   int64
		state State
		due   bool
	}{
		{startTime, Active, false},
		{startTime + HelloRenewSeconds - 1, Active, false},
		{startTime + HelloRenewSeconds, Active, true},
		{startTime + HelloTTLSeconds - 1, Active, true},
		{startTime + HelloTTLSeconds, Stale, true},
	} {
		if got := rec.At(c.now); got != c.state || rec.RenewalDue(c.now) != c.due {
			t.Errorf("after %d s: %s, due %v", c.now-startTime, got, rec.RenewalDue(c.now))
		}
	}
	rec.BoundUntil = startTime + 10
	if rec.At(startTime+10) != Stale {
		t.Error("an expired binding does not make a peer stale")
	}
}

// TestStaleComesBackByHello: an aged peer passes no call until it says hello.
func TestStaleComesBackByHello(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	a.clock.Add(HelloTTLSeconds)
	b.clock.Add(HelloTTLSeconds)
	if _, err := a.service.TreatyFor(b.did(), Outbound); !errors.Is(err, ErrPeerStale) {
		t.Fatal(err)
	}
	if rec, err := a.service.Connect(t.Context(), b.did()); err != nil || rec.At(a.clock.Load()) != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
	for _, side := range []struct {
		o, peer *org
	}{{a, b}, {b, a}} {
		if _, err := side.o.service.TreatyFor(side.peer.did(), Inbound); err != nil {
			t.Fatal(err)
		}
	}
	a.clock.Store(startTime + DefaultTTLSeconds)
	if _, err := a.service.TreatyFor(b.did(), Outbound); !errors.Is(err, ErrPeerStale) {
		t.Fatal(err)
	}
}

func TestTreatyWindow(t *testing.T) {
	short := testTerms()
	short.TTLSeconds = 600
	a, b := newOrg(t, 10), newOrg(t, 20)
	a.restart(func(c *Config) { c.Terms = short })
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	a.clock.Add(599)
	if _, err := a.service.TreatyFor(b.did(), Outbound); err != nil {
		t.Fatal(err)
	}
	a.clock.Add(1)
	if _, err := a.service.TreatyFor(b.did(), Outbound); !errors.Is(err, ErrTreaty) {
		t.Fatal(err)
	}
	b.clock.Add(600)
	second := federate(t, a, b)
	if p, err := a.service.TreatyFor(b.did(), Outbound); err != nil || p.TreatyID != second {
		t.Fatalf("%+v, %v", p, err)
	}
}

func TestFreezeAndResume(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	dir := a.service.Directory()
	if err := dir.Freeze(t.Context(), b.did(), "two heads of one size"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.TreatyFor(b.did(), Outbound); !errors.Is(err, ErrPeerFrozen) {
		t.Fatal(err)
	}
	if _, err := a.service.Connect(t.Context(), b.did()); !errors.Is(err, ErrPeerFrozen) {
		t.Fatal(err)
	}
	if rec, err := b.service.Hello(t.Context(), a.address()); err != nil || a.record(b).State != Frozen {
		t.Fatalf("a hello lifted the freeze: %s, %v", rec.State, err)
	}
	if err := dir.Resume(t.Context(), b.did(), "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.TreatyFor(b.did(), Outbound); err != nil {
		t.Fatal(err)
	}
	if err := dir.Resume(t.Context(), b.did(), "test"); !errors.Is(err, ErrTransition) {
		t.Fatal(err)
	}
	if err := dir.Revoke(t.Context(), b.did(), "fraud"); err != nil {
		t.Fatal(err)
	}
	if dir.Knows(b.host.ID()) {
		t.Fatal("a revoked peer's transport is still known")
	}
	if err := dir.Freeze(t.Context(), didOf(t, 77), "nobody"); !errors.Is(err, ErrUnknownPeer) {
		t.Fatal(err)
	}
}

func TestDirectoryRefusesABadRow(t *testing.T) {
	for name, row := range map[string]string{
		"not json":            `{`,
		"unknown state":       `{"bound_until":0,"did":"` + didOf(t, 10).String() + `","hello_at":0,"kernel_key":"` + key(t, 11).Public().String() + `","kernel_binding":null,"kernel_sequence":0,"peer_id":"x","state":"friend","transport_binding":null,"transport_sequence":0}`,
		"under the wrong key": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			db := memory.New()
			defer func() { _ = db.Close() }()
			if err := db.Update(t.Context(), func(tx store.Tx) error {
				tx.Set(prefixPeer+didOf(t, 10).String(), []byte(row))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenDirectory(db, func() int64 { return startTime }); err == nil {
				t.Fatal("opened")
			}
		})
	}
}

func TestPeersSurviveARestart(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	id := federate(t, a, b)
	a.restart()
	p, err := a.service.TreatyFor(b.did(), Outbound)
	if err != nil || p.TreatyID != id {
		t.Fatalf("%+v, %v", p, err)
	}
	noticed := false // that the connection to the a of before is gone
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for tries := 0; !noticed && tries < 3000; tries++ {
		_, err := b.service.Connect(t.Context(), a.did())
		noticed = err != nil
		<-tick.C
	}
	if !noticed {
		t.Fatal("a is at another port, and b reached it")
	}
	if _, err := a.service.Connect(t.Context(), b.did()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.Connect(t.Context(), a.did()); err != nil {
		t.Fatalf("over a's connection: %v", err)
	}
}
