package oracle_test

import (
	"math/big"
	"testing"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/oracle"
)

func guard() *oracle.Guard {
	return &oracle.Guard{Pair: oracle.Pair{Base: "USDC", Quote: "USD"}, MaxAheadSeconds: 5, Cross: &oracle.CrossRule{MaxAgeSeconds: 3600, MaxUnseenSeconds: 60, MaxDivergenceBps: 500}}
}

func cross(value int64, sequence uint64, publishedAt int64) *oracle.Cross {
	return &oracle.Cross{CheckedAt: now, Sample: oracle.Sample{Feed: "x", Value: value, Expo: -4, PublishedAt: publishedAt, Sequence: sequence}}
}

// TestDivergenceOfCrossCheck at 499, 500 and 501 basis points, both ways.
func TestDivergenceOfCrossCheck(t *testing.T) {
	for price, trips := range map[int64]bool{10_499: false, 10_500: false, 10_501: true, 9_524: false, 9_523: true} {
		state, problem, trip := guard().Judge(big.NewRat(price, 10_000), oracle.Chains{Cross: cross(10_000, 1, now-10)}, now)
		if (state == oracle.StateTripped) != trips || (trip != nil) != trips || (problem != "") != trips || trips && (trip.Reason != oracle.TripDiverged || trip.At != now) {
			t.Errorf("%d: %s %s %+v", price, state, problem, trip)
		}
	}
}

// TestCrossCheckUnknownIsNoPrice: and heals, so nothing is latched.
func TestCrossCheckUnknownIsNoPrice(t *testing.T) {
	for name, c := range map[string]*oracle.Cross{
		"never read":          nil,
		"read too long ago":   {Sample: cross(10_000, 1, now-10).Sample, CheckedAt: now - 61},
		"read in the future":  {Sample: cross(10_000, 1, now-10).Sample, CheckedAt: now + 6},
		"stale":               cross(10_000, 1, now-3601),
		"from the future":     cross(10_000, 1, now+6),
		"stale and diverging": cross(20_000, 1, now-3601),
	} {
		state, problem, trip := guard().Judge(big.NewRat(1, 1), oracle.Chains{Cross: c}, now)
		if state != oracle.StateUnchecked || problem == "" || trip != nil {
			t.Errorf("%s: %q %q %+v", name, state, problem, trip)
		}
	}
	for name, c := range map[string]*oracle.Cross{"a heartbeat and its slack old": cross(10_000, 1, now-3600), "a clock ahead": cross(10_000, 1, now+5)} {
		if state, problem, _ := guard().Judge(nil, oracle.Chains{Cross: c}, now); state != "" {
			t.Errorf("%s: %s %s", name, state, problem)
		}
	}
}

func TestGuardAsksTheSequencerFirst(t *testing.T) {
	g := guard()
	g.Sequencer = &oracle.SequencerRule{GraceSeconds: 300, MaxAgeSeconds: 60}
	seen := oracle.Chains{Cross: cross(20_000, 1, now), Sequencer: &oracle.Sequencer{Since: now - 9, CheckedAt: now}}
	if state, _, trip := g.Judge(big.NewRat(1, 1), seen, now); state != oracle.StateSequencerDown || trip != nil {
		t.Errorf("prices of while it is down trip nothing: %s, %+v", state, trip)
	}
	seen.Sequencer.Up = true
	if state, _, trip := g.Judge(big.NewRat(1, 1), seen, now); state != oracle.StateGrace || trip != nil {
		t.Errorf("%s, %+v", state, trip)
	}
	seen.Sequencer.Since = now - 300
	if state, _, trip := g.Judge(big.NewRat(1, 1), seen, now); state != oracle.StateTripped || trip == nil {
		t.Errorf("%s, %+v", state, trip)
	}
	if state, _, _ := (&oracle.Guard{Pair: g.Pair}).Judge(nil, oracle.Chains{}, now); state != "" {
		t.Errorf("no rules: %s", state)
	}
}

// TestCrossCheckRemembers: what goes back, or says two things under one number,
// latches; another aggregator behind the address, with rounds of a higher
// phase, does not.
func TestCrossCheckRemembers(t *testing.T) {
	g := guard()
	first := g.Remember(oracle.Latch{}, cross(10_000, 3<<37|70, now-10), now)
	for name, c := range map[string]struct {
		next *oracle.Cross
		want string
	}{
		"the same":          {cross(10_000, 3<<37|70, now-10), ""},
		"newer":             {cross(10_100, 3<<37|71, now-5), ""},
		"the next phase":    {cross(10_100, 4<<37|1, now-5), ""},
		"nothing read":      {nil, ""},
		"from the future":   {cross(1, 9<<37, now+6), ""},
		"a phase back":      {cross(10_100, 2<<37|99, now-5), oracle.TripRegression},
		"a round back":      {cross(10_000, 3<<37|69, now-5), oracle.TripRegression},
		"time back":         {cross(10_000, 4<<37|1, now-11), oracle.TripRegression},
		"two under one":     {cross(10_001, 3<<37|70, now-10), oracle.TripRegression},
		"other decimals":    {&oracle.Cross{Sample: oracle.Sample{Feed: "x", Value: 1, Expo: -6, PublishedAt: now, Sequence: 3<<37 | 71}, CheckedAt: now}, oracle.TripDecimals},
		"a round and after": {cross(10_000, 3<<37|70, now-9), oracle.TripRegression},
	} {
		got := g.Remember(first, c.next, now)
		if reason := reasonOf(got); reason != c.want || got.Pair != g.Pair {
			t.Errorf("%s: %+v", name, got)
		}
	}
	tripped := g.Remember(first, cross(10_000, 1, now), now)
	if again := g.Remember(tripped, cross(10_000, 3<<37|80, now), now); again.Trip != tripped.Trip {
		t.Errorf("a trip heals by itself: %+v", again)
	}
	if reset := tripped.Reset(); reasonOf(g.Remember(reset, cross(10_000, 1, now), now)) != "" {
		t.Error("the operator's word does not count")
	}
}

func reasonOf(l oracle.Latch) string {
	if l.Trip == nil {
		return ""
	}
	return l.Trip.Reason
}

func BenchmarkGuard(b *testing.B) {
	g := guard()
	g.Sequencer = &oracle.SequencerRule{GraceSeconds: 300, MaxAgeSeconds: 60}
	seen := oracle.Chains{Cross: cross(10_000, 1, now-10), Sequencer: &oracle.Sequencer{Up: true, Since: now - 900, CheckedAt: now}}
	price := big.NewRat(99_970_000, 100_000_000)
	m := unit.Start(b)
	for b.Loop() {
		if state, problem, _ := g.Judge(price, seen, now); state != "" {
			b.Fatal(problem)
		}
	}
	m.Report()
}
