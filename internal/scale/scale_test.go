package main

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTenOrganisations: what happens reaches everybody whom it concerns, in the
// times that docs/federation.md states.
func TestTenOrganisations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world{orgs: 10, degree: 4, reach: 150, samples: 5, latency: 50 * time.Millisecond, seed: 1}
		r, err := w.live(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name  string
			found spans
			limit time.Duration
		}{
			{"heads", r.Heads, 5 * time.Second},
			{"revocations", r.Revocations, time.Second},
			{"revocations whose push is lost", r.LostPushes, 31 * time.Second},
			{"revocations missed while away", r.CaughtUp, 31 * time.Second},
			{"heads missed while away", r.HeadsCaughtUp, 31 * time.Second},
			{"evidence", r.Frozen, 31 * time.Second}, // mostly a second by gossip; else the next exchange brings both heads together
		} {
			// Nobody has to freeze an equivocator that stopped before it had lied.
			if c.found.Reached == 0 && (c.name != "evidence" || r.Stopped == 0) || c.found.Missed > 0 || c.found.Slowest > c.limit {
				t.Errorf("%s: %v, limit %v", c.name, c.found, c.limit)
			}
		}
		if r.RestBytes == 0 || r.HeapBytes == 0 {
			t.Errorf("nothing was measured at rest: %+v", r)
		}
		var text strings.Builder
		if err := table(&text, w, []*report{r, r}); err != nil || !strings.Contains(text.String(), "10, 1, ") {
			t.Errorf("%v, %s", err, text.String())
		}
	})
}

// TestPairs: everybody has about as many peers as asked for, nobody twice the
// same or itself, and a hub has those of its part.
func TestPairs(t *testing.T) {
	w := world{orgs: 100, degree: 8, reach: 40, hubs: 3, dice: rand.New(rand.NewPCG(1, 1))}
	known, seen := make([]int, 103), make(map[[2]int]bool)
	for _, p := range w.pairs() {
		if p[0] >= p[1] || seen[p] {
			t.Errorf("pair %v", p)
		}
		seen[p] = true
		known[p[0]]++
		known[p[1]]++
	}
	for i, n := range known[:100] {
		if n < 5 {
			t.Errorf("organisation %d has %d peers", i, n)
		}
	}
	if known[100] != 42 || known[102] != 22 {
		t.Errorf("hubs have %v", known[100:])
	}
}

// TestStar: around a hub everybody has a treaty with it, and what either signs
// reaches the other.
func TestStar(t *testing.T) {
	var said strings.Builder
	if err := star(t.Context(), &said, 3); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 of 3 have a treaty", "until a peer cosigned it: ", "until the hub cosigned it: ", "until a peer refuses: ",
		"3 are connected, "} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("not said: %s", want)
		}
	}
	if n := strings.Count(said.String(), " s of 3\n"); n != 3 || strings.Contains(said.String(), "refused:") {
		t.Errorf("%d of 3 things reached all:\n%s", n, said.String())
	}
}
