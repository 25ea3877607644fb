package federation

import (
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/p2p"
)

// TestBusyPeerIsNotLimited: a thousand calls a second, each cosigned, with all
// exchanges that follow from them, and a catch-up in pages in between.
func TestBusyPeerIsNotLimited(t *testing.T) {
	const exchanges = 5 // a second: one each DefaultDebounce, asked for by either side
	for name, c := range map[string]struct {
		rate      p2p.Rate
		perSecond int
	}{
		"calls": {callRate, 1000}, "cosign": {callRate, 1000}, "sync": {syncRate, 2 * exchanges * 4}, "catch-up": {syncRate, 400},
		"revocation": {syncRate, 2 * exchanges * 3}, "deactivation": {endedRate, 2 * exchanges}, "vouchers": {settleRate, 20},
	} {
		buckets, now := p2p.NewBuckets[string](1), time.Unix(startTime, 0)
		for range 60 * c.perSecond {
			now = now.Add(time.Second / time.Duration(c.perSecond))
			if !buckets.Take(name, c.rate, now) {
				t.Errorf("%s: refused at %d a second", name, c.perSecond)
				break
			}
		}
	}
	if collectRate.Every < agreeRate.Every || collectRate.Burst > agreeRate.Burst {
		t.Error("we ask more often than we are answered")
	}
}

// TestPendingPeerIsAskedSparingly: a proposal that the peer has not signed yet
// does not make each call ask for the signature.
func TestPendingPeerIsAskedSparingly(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	proposed(t, a, b)
	for range 4 * agreeRate.Burst {
		if _, err := a.service.Connect(t.Context(), b.did()); err != nil {
			t.Fatal(err)
		}
	}
	if r := b.host.Refused(); r.StrangerStreams != 0 || r.Errors != 0 {
		t.Errorf("the peer had to refuse: %+v", r)
	}
}
