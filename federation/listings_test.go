package federation

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// listings are those of a node of their own, whose clock the test sets.
func listings(t testing.TB) (*Listings, *atomic.Int64, store.DB) {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	clock := new(atomic.Int64)
	clock.Store(startTime)
	l, err := OpenListings(db, clock.Load)
	if err != nil {
		t.Fatal(err)
	}
	return l, clock, db
}

// next is an edition that follows another.
func next(t testing.TB, after *wire.Envelope, sequence uint64, name string) *wire.Envelope {
	t.Helper()
	return editionOf(t, 10, func(d *PeerDirectory) {
		d.Sequence, d.Entries[0].Name = sequence, name
		if after != nil {
			id := after.ID()
			d.Previous = &id
		}
	})
}

func take(t testing.TB, l *Listings, env *wire.Envelope, change func(*Offer)) (ListingView, error) {
	t.Helper()
	o := Offer{Issuer: didOf(t, 10), Doc: env.Bytes()}
	if change != nil {
		change(&o)
	}
	return l.Take(t.Context(), o)
}

// TestDirectoryRollbackGate: what is offered after what, and what is kept then.
func TestDirectoryRollbackGate(t *testing.T) {
	one := next(t, nil, 1, "one")
	two := next(t, one, 2, "two")
	three := next(t, two, 3, "three")
	other := next(t, one, 2, "other")    // beside two
	forked := next(t, other, 3, "forks") // follows other
	first := next(t, nil, 1, "first")    // beside one
	far := next(t, forked, 9, "far")
	despite := func(o *Offer) { o.Despite = true }
	for name, c := range map[string]struct {
		offers   []*wire.Envelope
		last     func(*Offer)
		want     error
		state    string
		sequence uint64
		evidence bool
	}{
		"the first":                    {[]*wire.Envelope{two}, nil, nil, "current", 2, false},
		"the same again":               {[]*wire.Envelope{two, two}, nil, nil, "current", 2, false},
		"the next":                     {[]*wire.Envelope{two, three}, nil, nil, "current", 3, false},
		"a later one":                  {[]*wire.Envelope{two, far}, nil, nil, "current", 9, false},
		"an older one":                 {[]*wire.Envelope{three, one}, nil, ErrDirectoryRollback, "current", 3, false},
		"the one before":               {[]*wire.Envelope{three, two}, nil, ErrDirectoryRollback, "current", 3, false},
		"an older one all the same":    {[]*wire.Envelope{three, one}, despite, ErrDirectoryRollback, "current", 3, false},
		"one beside":                   {[]*wire.Envelope{two, other}, nil, ErrDirectoryFork, "contradicted", 2, true},
		"one that follows another":     {[]*wire.Envelope{two, forked}, nil, ErrDirectoryFork, "contradicted", 3, true},
		"one before, and another":      {[]*wire.Envelope{two, first}, nil, ErrDirectoryFork, "contradicted", 2, true},
		"the same after evidence":      {[]*wire.Envelope{two, other, two}, nil, ErrDirectoryFork, "contradicted", 2, true},
		"a later one after evidence":   {[]*wire.Envelope{two, other, far}, nil, ErrDirectoryFork, "contradicted", 9, true},
		"the same, despite":            {[]*wire.Envelope{two, other, two}, despite, nil, "current", 2, true},
		"the other, despite":           {[]*wire.Envelope{two, other}, despite, nil, "current", 2, true},
		"a later one, despite":         {[]*wire.Envelope{two, other, far}, despite, nil, "current", 9, true},
		"the one before, despite":      {[]*wire.Envelope{two, other, first}, despite, ErrDirectoryFork, "contradicted", 2, true},
		"an older one after evidence":  {[]*wire.Envelope{three, forked, one}, nil, ErrDirectoryRollback, "contradicted", 3, true},
		"a refresh after evidence":     {[]*wire.Envelope{two, other, two}, func(o *Offer) { o.Refresh = true }, ErrDirectoryFork, "contradicted", 2, true},
		"a refresh of another source":  {[]*wire.Envelope{two, three}, func(o *Offer) { o.Refresh, o.Source = true, "https://x.example" }, ErrNoListing, "current", 2, false},
		"a refresh of nothing":         {[]*wire.Envelope{two}, func(o *Offer) { o.Refresh = true }, ErrNoListing, "", 0, false},
		"somebody else's":              {[]*wire.Envelope{two}, func(o *Offer) { o.Issuer = didOf(t, 11) }, ErrPeerDirectory, "", 0, false},
		"bytes after the last":         {[]*wire.Envelope{two}, func(o *Offer) { o.Doc = append(o.Doc, '\n') }, ErrPeerDirectory, "", 0, false},
		"another beside what is newer": {[]*wire.Envelope{three, other}, nil, ErrDirectoryFork, "contradicted", 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			l, _, db := listings(t)
			var err error
			for i, env := range c.offers {
				change := c.last
				if i < len(c.offers)-1 {
					change = nil
				}
				_, err = take(t, l, env, change)
			}
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Fatalf("%v, want %v", err, c.want)
			}
			again, err := OpenListings(db, l.now)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range []*Listings{l, again} { // what is on disk is what is in memory
				v, _, err := l.Show(didOf(t, 10))
				if v.State != c.state || v.Sequence != c.sequence || c.state == "" && !errors.Is(err, ErrNoListing) {
					t.Errorf("%s, edition %d, %v", v.State, v.Sequence, err)
				}
				fork, err := l.Fork(didOf(t, 10))
				if (err == nil) != c.evidence || err != nil && !errors.Is(err, ErrNoEvidence) {
					t.Errorf("evidence: %v", err)
				}
				if err == nil && fork.A.ID() == fork.B.ID() {
					t.Error("the evidence is one document twice")
				}
				if found := l.Find(didOf(t, 20)); (len(found) == 1) != (c.state == "current") {
					t.Errorf("found %v in %s", found, c.state)
				}
			}
		})
	}
}

// TestRemovedDirectoryKeepsItsFloor: removing does not let an older edition in.
func TestRemovedDirectoryKeepsItsFloor(t *testing.T) {
	l, _, db := listings(t)
	one := next(t, nil, 1, "one")
	two := next(t, one, 2, "two")
	must(t, second(take(t, l, two, nil)))
	must(t, l.Remove(t.Context(), didOf(t, 10)))
	if err := l.Remove(t.Context(), didOf(t, 10)); !errors.Is(err, ErrNoListing) {
		t.Error("removed twice:", err)
	}
	if len(l.Find(didOf(t, 20))) != 0 {
		t.Error("a removed directory is used")
	}
	l, err := OpenListings(db, l.now)
	must(t, err)
	if v, err := take(t, l, one, nil); !errors.Is(err, ErrDirectoryRollback) || v.State != "removed" {
		t.Error(v.State, err)
	}
	if v, err := take(t, l, next(t, nil, 1, "first"), nil); !errors.Is(err, ErrDirectoryFork) || v.State != "removed" {
		t.Error(v.State, err)
	}
	if _, err := take(t, l, two, func(o *Offer) { o.Refresh = true }); !errors.Is(err, ErrNoListing) {
		t.Error("a refresh brings it back:", err)
	}
	if v, err := take(t, l, two, func(o *Offer) { o.Despite = true }); err != nil || v.State != "current" {
		t.Error(v.State, err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestDirectoryTime: neither before it is issued nor after its end.
func TestDirectoryTime(t *testing.T) {
	l, clock, _ := listings(t)
	env := next(t, nil, 1, "one")
	clock.Store(startTime - ClockSkewSeconds - 1)
	if _, err := take(t, l, env, nil); !errors.Is(err, ErrPeerDirectory) {
		t.Error("from the future:", err)
	}
	clock.Store(startTime - ClockSkewSeconds)
	must(t, second(take(t, l, env, nil)))
	for at, state := range map[int64]string{startTime - ClockSkewSeconds: "current", startTime - ClockSkewSeconds - 1: "not_yet",
		startTime + 3599: "current", startTime + 3600: "expired"} {
		clock.Store(at)
		v, _, _ := l.Show(didOf(t, 10))
		if v.State != state || (len(l.Find(didOf(t, 20))) == 1) != (state == "current") {
			t.Errorf("at %d: %s", at-startTime, v.State)
		}
	}
	clock.Store(startTime + 3600) // expired, and still the highest that was seen
	if v, err := take(t, l, next(t, env, 2, "two"), nil); err != nil || v.State != "expired" || v.Sequence != 2 {
		t.Error(v.State, err)
	}
}

func TestMaxListings(t *testing.T) {
	l, _, _ := listings(t)
	offer := func(seed byte) error {
		return second(l.Take(t.Context(), Offer{Issuer: didOf(t, seed), Doc: editionOf(t, seed, nil).Bytes()}))
	}
	for i := range byte(MaxListings) {
		must(t, offer(100+i))
	}
	must(t, offer(100))
	if err := offer(200); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	if _, err := l.Publish(t.Context(), key(t, 1), entriesOf(t), 60); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	must(t, l.Remove(t.Context(), didOf(t, 100)))
	must(t, offer(200))
	if err := offer(100); !errors.Is(err, ErrTooMany) {
		t.Error("a removed one is taken up again over the limit:", err)
	}
}

// TestPublishDirectory: editions follow each other, also after a restart, and
// somebody else takes each.
func TestPublishDirectory(t *testing.T) {
	a, _, db := listings(t)
	b, clock, _ := listings(t)
	for i := range uint64(3) {
		env, err := a.Publish(t.Context(), key(t, 10), entriesOf(t, byte(20+i)), 60)
		must(t, err)
		v, err := take(t, b, env, nil)
		if err != nil || v.Sequence != i+1 || v.State != "current" {
			t.Fatal(v, err)
		}
		a, err = OpenListings(db, a.now)
		must(t, err)
	}
	if len(b.Find(didOf(t, 22))) != 1 || len(b.Find(didOf(t, 21))) != 0 {
		t.Error("an older edition is used")
	}
	clock.Add(60)
	if len(b.Find(didOf(t, 22))) != 0 {
		t.Error("an expired edition is used")
	}
	if _, err := a.Publish(t.Context(), key(t, 10), []DirectoryEntry{{DID: "x"}}, 60); !errors.Is(err, ErrPeerDirectory) {
		t.Error(err)
	}
	// A copy of the issuer's node published too, and one hears of it.
	must(t, a.Remove(t.Context(), didOf(t, 10)))
	v, _, _ := a.Show(didOf(t, 10))
	if _, err := take(t, a, next(t, nil, v.Sequence-2, "copy"), nil); !errors.Is(err, ErrDirectoryRollback) {
		t.Error(err)
	}
	copied := editionOf(t, 10, func(d *PeerDirectory) { id := wire.Hash(nil); d.Sequence, d.Previous = v.Sequence, &id })
	if _, err := take(t, a, copied, nil); !errors.Is(err, ErrDirectoryFork) {
		t.Error(err)
	}
	if _, err := a.Publish(t.Context(), key(t, 10), entriesOf(t), 60); !errors.Is(err, ErrDirectoryFork) {
		t.Error("another edition is signed over a contradiction:", err)
	}
}

// TestFetchedDirectoryLeadsOutside: what may change without the operator seeing
// it does not lead into the own network.
func TestFetchedDirectoryLeadsOutside(t *testing.T) {
	all := []string{"/ip4/127.0.0.1/tcp/1" + listedPeer, "/ip4/10.0.0.1/tcp/1" + listedPeer, "/ip4/169.254.169.254/tcp/1" + listedPeer, "/ip4/100.64.0.1/tcp/1" + listedPeer,
		"/dns4/globex.example/tcp/1" + listedPeer, "/ip6/::1/tcp/1" + listedPeer, "/ip4/0.0.0.0/tcp/1" + listedPeer, "/ip4/1.1.1.1/tcp/1" + listedPeer}
	env := editionOf(t, 10, func(d *PeerDirectory) { d.Entries = []DirectoryEntry{{DID: didOf(t, 20), Addresses: all}} })
	l, _, _ := listings(t)
	must(t, second(take(t, l, env, nil)))
	if got := l.Find(didOf(t, 20))[0].Addresses; len(got) != len(all) {
		t.Errorf("from a file: %v", got)
	}
	v, err := take(t, l, env, func(o *Offer) { o.Source = "https://x.example/peers" })
	if got := l.Find(didOf(t, 20))[0].Addresses; err != nil || len(got) != 1 || got[0] != all[len(all)-1] || v.FetchedAt != startTime {
		t.Errorf("fetched: %v, %v", got, err)
	}
	must(t, l.Unfetched(t.Context(), didOf(t, 10)))
	if v, _, _ := l.Show(didOf(t, 10)); v.Failures != 1 || v.State != "current" {
		t.Errorf("%+v", v)
	}
	if err := l.Unfetched(t.Context(), didOf(t, 77)); !errors.Is(err, ErrNoListing) {
		t.Error(err)
	}
}

func TestCorruptListingIsNotOpened(t *testing.T) {
	for _, rows := range []map[string]string{
		{prefixListing + didOf(t, 10).String(): "{}"},
		{prefixListingDoc + didOf(t, 10).String(): string(editionOf(t, 10, func(d *PeerDirectory) { d.Expires++ }).Bytes())},
		{prefixListingDoc + didOf(t, 10).String(): "x"},
	} {
		l, _, db := listings(t)
		must(t, second(take(t, l, editionOf(t, 10, nil), nil)))
		must(t, db.Update(t.Context(), func(tx store.Tx) error {
			for k, v := range rows {
				tx.Set(k, []byte(v))
			}
			return nil
		}))
		if _, err := OpenListings(db, l.now); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%v: %v", rows, err)
		}
	}
}

// lists writes a directory of o's own issuer that says where these are.
func (o *org) lists(t *testing.T, l *Listings, at ...*org) did.DID {
	t.Helper()
	var entries []DirectoryEntry
	for _, p := range at {
		entries = append(entries, DirectoryEntry{DID: p.did(), Addresses: p.host.Addrs()[:1]})
	}
	env := editionOf(t, 99, func(d *PeerDirectory) { d.Entries = entries })
	must(t, second(l.Take(context.WithoutCancel(t.Context()), Offer{Issuer: didOf(t, 99), Doc: env.Bytes()})))
	return didOf(t, 99)
}

// TestMeetListed: who is listed is found, and has to prove who it is; who is not
// stays unknown.
func TestMeetListed(t *testing.T) {
	l, clock, _ := listings(t)
	a, b := newOrg(t, 10, func(c *Config) { c.Listings = l }), newOrg(t, 20)
	if _, err := a.service.Meet(t.Context(), b.did().String()); !errors.Is(err, ErrUnknownPeer) {
		t.Fatal(err)
	}
	a.lists(t, l, b)
	clock.Store(startTime + 3600)
	if _, err := a.service.Meet(t.Context(), b.did().String()); !errors.Is(err, ErrUnknownPeer) {
		t.Fatal("an expired directory is used:", err)
	}
	clock.Store(startTime)
	rec, err := a.service.Meet(t.Context(), b.did().String())
	if err != nil || rec.DID != b.did() || rec.State != Authenticated {
		t.Fatal(rec.State, err)
	}
	// The known peer moved: where it said itself nobody is.
	must(t, a.host.Disconnect(b.host.ID()))
	mark(t, a, b, func(r *Record) { r.Addresses = nil })
	if _, err := a.service.Meet(t.Context(), b.did().String()); err != nil {
		t.Fatal(err)
	}
	// Listed where somebody else is.
	liar, _, _ := listings(t)
	env := editionOf(t, 99, func(d *PeerDirectory) {
		d.Entries = []DirectoryEntry{{DID: didOf(t, 77), Addresses: b.host.Addrs()[:1]}}
	})
	must(t, second(liar.Take(t.Context(), Offer{Issuer: didOf(t, 99), Doc: env.Bytes()})))
	a.service.cfg.Listings = liar
	if _, err := a.service.Meet(t.Context(), didOf(t, 77).String()); !errors.Is(err, ErrWrongDID) {
		t.Fatal(err)
	}
	if _, err := a.service.Directory().Peer(didOf(t, 77)); !errors.Is(err, ErrUnknownPeer) {
		t.Error("who is listed and not met is a peer")
	}
}

// TestAdmissionByDirectory: being listed admits only by the rule that names the
// issuer, and only while the directory is used.
func TestAdmissionByDirectory(t *testing.T) {
	for name, c := range map[string]struct {
		rule  byte // seed of the issuer that the rule names
		after func(t *testing.T, l *Listings, clock *atomic.Int64)
		want  State
	}{
		"no rule":      {0, nil, PendingPeer},
		"the rule":     {99, nil, Active},
		"another rule": {98, nil, PendingPeer},
		"expired":      {99, func(_ *testing.T, _ *Listings, clock *atomic.Int64) { clock.Add(3600) }, PendingPeer},
		"removed":      {99, func(t *testing.T, l *Listings, _ *atomic.Int64) { must(t, l.Remove(t.Context(), didOf(t, 99))) }, PendingPeer},
		"no more listed": {99, func(t *testing.T, l *Listings, _ *atomic.Int64) {
			v, _, err := l.Show(didOf(t, 99))
			must(t, err)
			env := editionOf(t, 99, func(d *PeerDirectory) { d.Sequence, d.Previous, d.Entries = 2, &v.SHA256, entriesOf(t, 30) })
			must(t, second(l.Take(t.Context(), Offer{Issuer: didOf(t, 99), Doc: env.Bytes()})))
		}, PendingPeer},
		"contradicted": {99, func(t *testing.T, l *Listings, _ *atomic.Int64) {
			_ = second(l.Take(t.Context(), Offer{Issuer: didOf(t, 99), Doc: editionOf(t, 99, nil).Bytes()}))
		}, PendingPeer},
	} {
		t.Run(name, func(t *testing.T) {
			l, clock, _ := listings(t)
			a := newOrg(t, 10)
			b := newOrg(t, 20, func(cfg *Config) {
				cfg.Listings = l
				if c.rule != 0 {
					cfg.Admission.ListedBy = []did.DID{didOf(t, c.rule)}
				}
			})
			b.lists(t, l, a)
			if c.after != nil {
				c.after(t, l, clock)
			}
			p, err := a.service.Preview(t.Context(), b.address())
			must(t, err)
			if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != c.want {
				t.Fatalf("%s, %v; want %s", rec.State, err, c.want)
			}
		})
	}
}
