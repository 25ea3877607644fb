package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/backbay-labs/chio-node/did/resolver"
)

// TestFailuresTakeNoDocumentAway: whoever may ask with NoCache, and for any
// name, does not make the node forget a document.
func TestFailuresTakeNoDocumentAway(t *testing.T) {
	s := newSite(t, serve("application/json", webDoc("$ID")))
	at, broken := now(), false
	lookup := s.config.Lookup
	s.config.Lookup = func(ctx context.Context, network, host string) ([]netip.Addr, error) {
		if broken || host != "example.com" {
			return nil, errors.New("no such host")
		}
		return lookup(ctx, network, host)
	}
	s.config.CacheEntries = 2
	r, err := resolver.New(resolver.Config{Now: func() time.Time { return at }, Web: &s.config})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	resolve := func(id string, o resolver.Options) error { return r.Resolve(t.Context(), id, o).Err() }
	if err := resolve(s.id, resolver.Options{}); err != nil {
		t.Fatal(err)
	}
	broken = true
	if err := resolve(s.id, resolver.Options{NoCache: true}); err != nil {
		t.Errorf("a moment later it is fetched again: %v", err)
	}
	at = at.Add(10 * time.Second)
	if err := resolve(s.id, resolver.Options{NoCache: true}); !errors.Is(err, resolver.InternalError) {
		t.Errorf("without the cache: %v", err)
	}
	if err := resolve(s.id, resolver.Options{}); err != nil {
		t.Errorf("a failure replaced the document: %v", err)
	}
	for i := range 5 {
		if err := resolve(fmt.Sprintf("did:web:n%d.example", i), resolver.Options{}); err == nil {
			t.Error("it resolved")
		}
	}
	if err := resolve(s.id, resolver.Options{}); err != nil {
		t.Errorf("failures of others took its place: %v", err)
	}
	at = at.Add(290 * time.Second)
	if err := resolve(s.id, resolver.Options{}); err == nil {
		t.Error("the document outlived its time")
	}
}

// TestCrowdedFailuresAreNotKept: that others kept all turns says nothing of a
// host.
func TestCrowdedFailuresAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		hang := make(chan struct{})
		r, err := resolver.New(resolver.Config{Now: time.Now, Web: fakeWeb(hang, &calls)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		errs := make(chan error, 3)
		for _, id := range []string{"did:web:a.example", "did:web:b.example"} {
			go func() { errs <- r.Resolve(t.Context(), id, resolver.Options{}).Err() }()
		}
		synctest.Wait()
		go func() { errs <- r.Resolve(t.Context(), "did:web:c.example", resolver.Options{}).Err() }()
		for range 3 {
			if err := <-errs; err == nil {
				t.Error("it resolved")
			}
		}
		close(hang)
		before := calls.Load()
		for _, c := range []struct { // in this order: what c.example leaves takes a place of two
			id   string
			want int64
		}{{"did:web:a.example", 0}, {"did:web:c.example", 1}} {
			if err := r.Resolve(t.Context(), c.id, resolver.Options{}).Err(); err == nil || calls.Load()-before != c.want {
				t.Errorf("%s: %d fetches, want %d: %v", c.id, calls.Load()-before, c.want, err)
			}
			before = calls.Load()
		}
	})
}
