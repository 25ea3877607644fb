package oracle_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/wire"
)

func watch() *oracle.Watch {
	return &oracle.Watch{Pair: usdcusd, MinAgreeing: 2, MaxAheadSeconds: 5, MaxConfidenceBps: 100, MaxDivergenceBps: 500,
		Sources: []oracle.Source{{Name: "a", MaxAgeSeconds: 60}, {Name: "b", MaxAgeSeconds: 60}, {Name: "c", MaxAgeSeconds: 3600}}}
}

func reading(source string, value int64, change ...func(*oracle.Sample)) oracle.Reading {
	r := oracle.Reading{Source: source, Sample: oracle.Sample{Feed: source, Value: value, Expo: -4, PublishedAt: now - 10, Sequence: 5}}
	for _, f := range change {
		f(&r.Sample)
	}
	return r
}

func judged(t *testing.T, w *oracle.Watch, l oracle.Latch, readings ...oracle.Reading) (oracle.Outcome, oracle.Latch) {
	t.Helper()
	out, next, err := oracle.Judge(w, l, readings, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if (out.Price != nil) != (out.State == oracle.StateLive || out.State == oracle.StateDegraded) || (out.Err() == nil) != (out.Price != nil) {
		t.Fatalf("a price in the wrong state: %+v", out)
	}
	stored, err := oracle.ParseLatch(next.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return out, stored
}

func at(seconds int64) func(*oracle.Sample) {
	return func(s *oracle.Sample) { s.PublishedAt = now + seconds }
}

func sequence(n uint64) func(*oracle.Sample) { return func(s *oracle.Sample) { s.Sequence = n } }

func TestStates(t *testing.T) {
	for name, c := range map[string]struct {
		readings []oracle.Reading
		state    oracle.State
		reason   string // of a trip
		price    string
	}{
		"nothing":           {nil, oracle.StateCold, "", ""},
		"all agree":         {[]oracle.Reading{reading("a", 10_000), reading("b", 10_002), reading("c", 9_000, func(s *oracle.Sample) { s.Value = 9_999 })}, oracle.StateLive, "", "1.0000"},
		"one source down":   {[]oracle.Reading{reading("a", 10_000), reading("b", 10_002)}, oracle.StateDegraded, "", "1.0001"},
		"two sources down":  {[]oracle.Reading{reading("a", 10_000)}, oracle.StateSingleSource, "", ""},
		"both down":         {[]oracle.Reading{reading("a", 10_000, at(-61)), reading("b", 10_000, at(-61))}, oracle.StateCold, "", ""},
		"stale":             {[]oracle.Reading{reading("a", 10_000, at(-60)), reading("b", 10_000, at(-61))}, oracle.StateSingleSource, "", ""},
		"a slow feed":       {[]oracle.Reading{reading("a", 10_000, at(-60)), reading("c", 10_000, at(-3600))}, oracle.StateDegraded, "", "1.0000"},
		"future":            {[]oracle.Reading{reading("a", 10_000, at(5)), reading("b", 10_000, at(6))}, oracle.StateSingleSource, "", ""},
		"zero":              {[]oracle.Reading{reading("a", 10_000), reading("b", 0)}, oracle.StateSingleSource, "", ""},
		"negative":          {[]oracle.Reading{reading("a", 10_000), reading("b", -1)}, oracle.StateSingleSource, "", ""},
		"unknown source":    {[]oracle.Reading{reading("a", 10_000), reading("z", 10_000)}, oracle.StateSingleSource, "", ""},
		"one source twice":  {[]oracle.Reading{reading("a", 10_000), reading("a", 10_000)}, oracle.StateSingleSource, "", ""},
		"uncertain":         {[]oracle.Reading{reading("a", 10_000), reading("b", 10_000, func(s *oracle.Sample) { s.Confidence = 101 })}, oracle.StateSingleSource, "", ""},
		"certain enough":    {[]oracle.Reading{reading("a", 10_000), reading("b", 10_000, func(s *oracle.Sample) { s.Confidence = 100 })}, oracle.StateDegraded, "", "1.0000"},
		"wholly uncertain":  {[]oracle.Reading{reading("a", 10_000), reading("b", 10_000, func(s *oracle.Sample) { s.Confidence = math.MaxUint64 })}, oracle.StateSingleSource, "", ""},
		"499 bps":           {[]oracle.Reading{reading("a", 10_000), reading("b", 10_499)}, oracle.StateDegraded, "", "1.0250"},
		"500 bps":           {[]oracle.Reading{reading("b", 10_500), reading("a", 10_000)}, oracle.StateDegraded, "", "1.0250"},
		"501 bps":           {[]oracle.Reading{reading("a", 10_000), reading("b", 10_501)}, oracle.StateTripped, oracle.TripDiverged, ""},
		"one extreme high":  {[]oracle.Reading{reading("a", 10_000), reading("b", 10_001), reading("c", 1<<52)}, oracle.StateDegraded, "", "1.0001"},
		"one extreme low":   {[]oracle.Reading{reading("a", 10_000), reading("b", 10_001), reading("c", 1)}, oracle.StateDegraded, "", "1.0000"},
		"all three apart":   {[]oracle.Reading{reading("a", 10_000), reading("b", 11_000), reading("c", 12_000)}, oracle.StateTripped, oracle.TripDiverged, ""},
		"largest exponents": {[]oracle.Reading{reading("a", wire.MaxUnits, expo(18)), reading("b", wire.MaxUnits, expo(18))}, oracle.StateDegraded, "", "9007199254740991000000000000000000.0000"},
	} {
		t.Run(name, func(t *testing.T) {
			out, l := judged(t, watch(), oracle.Latch{}, c.readings...)
			if out.State != c.state || out.Price != nil && out.Price.FloatString(4) != c.price {
				t.Fatalf("%+v, want %s %s", out, c.state, c.price)
			}
			if (l.Trip == nil) != (c.reason == "") || l.Trip != nil && l.Trip.Reason != c.reason {
				t.Fatalf("trip %+v, want %q", l.Trip, c.reason)
			}
		})
	}
}

func expo(n int32) func(*oracle.Sample) { return func(s *oracle.Sample) { s.Expo = n } }

func TestDepeg(t *testing.T) {
	w := watch()
	w.Peg = &oracle.Peg{LowBps: 9900, HighBps: 10100}
	for value, trips := range map[int64]bool{9_700: true, 9_899: true, 9_900: false, 10_100: false, 10_101: true} {
		out, l := judged(t, w, oracle.Latch{}, reading("a", value), reading("b", value))
		if tripped := l.Trip != nil && l.Trip.Reason == oracle.TripDepegged; tripped != trips || (out.Price != nil) == trips {
			t.Errorf("%d: %+v, %+v", value, out, l.Trip)
		}
	}
}

// TestTripLatches: good readings do not heal a trip; the operator's reset does.
func TestTripLatches(t *testing.T) {
	_, l := judged(t, watch(), oracle.Latch{}, reading("a", 10_000), reading("b", 10_501))
	if l.Trip == nil || l.Trip.At != now || len(l.Marks) != 0 {
		t.Fatalf("%+v", l)
	}
	good := []oracle.Reading{reading("a", 10_000), reading("b", 10_000)}
	out, again := judged(t, watch(), l, good...)
	if out.State != oracle.StateTripped || *again.Trip != *l.Trip || !errors.Is(out.Err(), oracle.ErrNoPrice) {
		t.Fatalf("%+v", out)
	}
	if out, _ = judged(t, watch(), again.Reset(), good...); out.State != oracle.StateDegraded {
		t.Fatalf("after the reset: %+v", out)
	}
}

// TestStaleHealsItself: nothing is latched by a source that is late.
func TestStaleHealsItself(t *testing.T) {
	_, l := judged(t, watch(), oracle.Latch{}, reading("a", 10_000, at(-61)), reading("b", 10_000, at(-61)))
	if out, _ := judged(t, watch(), l, reading("a", 10_000, sequence(6)), reading("b", 10_000, sequence(6))); out.State != oracle.StateDegraded {
		t.Fatalf("%+v", out)
	}
}

func TestRoundRegression(t *testing.T) {
	_, l := judged(t, watch(), oracle.Latch{}, reading("a", 10_000), reading("b", 10_000))
	for name, c := range map[string]struct {
		next   oracle.Reading
		reason string
	}{
		"the same again":    {reading("a", 10_000), ""},
		"newer":             {reading("a", 10_001, sequence(6), at(-9)), ""},
		"a number back":     {reading("a", 10_000, sequence(4)), oracle.TripRegression},
		"a second back":     {reading("a", 10_000, sequence(6), at(-11)), oracle.TripRegression},
		"two under one":     {reading("a", 10_001), oracle.TripRegression},
		"decimals change":   {reading("a", 10_000, sequence(6), expo(-5)), oracle.TripDecimals},
		"back and too old":  {reading("a", 10_000, sequence(4), at(-61)), oracle.TripRegression},
		"ahead of the time": {reading("a", 10_000, sequence(9), at(6)), ""},
	} {
		out, next := judged(t, watch(), l, c.next, reading("b", 10_000))
		if (next.Trip == nil) != (c.reason == "") || next.Trip != nil && next.Trip.Reason != c.reason {
			t.Errorf("%s: %+v, %+v", name, out, next.Trip)
		}
		if name == "ahead of the time" && next.Marks["a"].Sequence != 5 {
			t.Errorf("a reading from the future moved the mark: %+v", next.Marks)
		}
	}
}

func TestPaused(t *testing.T) {
	out, l := judged(t, watch(), oracle.Latch{Paused: "audit"}, reading("a", 10_000), reading("b", 10_000))
	if out.State != oracle.StatePaused || l.Paused != "audit" || len(l.Marks) != 2 {
		t.Fatalf("%+v, %+v", out, l)
	}
	if _, l = judged(t, watch(), l, reading("a", 10_000, sequence(1))); l.Trip == nil || l.Paused != "audit" || l.Reset().Paused != "audit" {
		t.Fatalf("a paused pair still watches: %+v", l)
	}
}

// TestSequencerFlapInsideGrace: each time it comes up the grace begins again.
func TestSequencerFlapInsideGrace(t *testing.T) {
	w := watch()
	w.Sequencer = &oracle.SequencerRule{GraceSeconds: 300, MaxAgeSeconds: 60}
	for name, c := range map[string]struct {
		s    *oracle.Sequencer
		want oracle.State
	}{
		"not known":             {nil, oracle.StateSequencerDown},
		"known too long ago":    {&oracle.Sequencer{Up: true, Since: 1, CheckedAt: now - 61}, oracle.StateSequencerDown},
		"known from the future": {&oracle.Sequencer{Up: true, Since: 1, CheckedAt: now + 6}, oracle.StateSequencerDown},
		"down":                  {&oracle.Sequencer{Since: now - 1000, CheckedAt: now}, oracle.StateSequencerDown},
		"up for 299 seconds":    {&oracle.Sequencer{Up: true, Since: now - 299, CheckedAt: now}, oracle.StateGrace},
		"up for 300 seconds":    {&oracle.Sequencer{Up: true, Since: now - 300, CheckedAt: now - 60}, oracle.StateDegraded},
		"up since the future":   {&oracle.Sequencer{Up: true, Since: now + 10, CheckedAt: now}, oracle.StateGrace},
	} {
		out, l, err := oracle.Judge(w, oracle.Latch{}, []oracle.Reading{reading("a", 10_000), reading("b", 10_000)}, c.s, now)
		if err != nil || out.State != c.want || l.Trip != nil {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

func TestWatchRefuses(t *testing.T) {
	for name, change := range map[string]func(*oracle.Watch){
		"pair":           func(w *oracle.Watch) { w.Pair.Base = "usdc" },
		"one source":     func(w *oracle.Watch) { w.Sources, w.MinAgreeing = w.Sources[:1], 1 },
		"more than all":  func(w *oracle.Watch) { w.MinAgreeing = 4 },
		"a source twice": func(w *oracle.Watch) { w.Sources[1].Name = "a" },
		"no name":        func(w *oracle.Watch) { w.Sources[1].Name = "" },
		"no age":         func(w *oracle.Watch) { w.Sources[1].MaxAgeSeconds = 0 },
		"empty band":     func(w *oracle.Watch) { w.Peg = &oracle.Peg{LowBps: 100, HighBps: 100} },
		"no low":         func(w *oracle.Watch) { w.Peg = &oracle.Peg{HighBps: 100} },
		"sequencer":      func(w *oracle.Watch) { w.Sequencer = &oracle.SequencerRule{} },
	} {
		w := watch()
		change(w)
		if _, _, err := oracle.Judge(w, oracle.Latch{}, nil, nil, now); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestWrongRoundingDirection, of a reservation: never less than is settled.
func TestWrongRoundingDirection(t *testing.T) {
	p, err := oracle.Verify(round(t, observe(1, 9_999, -4), observe(2, 10_001, -4)), operators(2), accept, now)
	if err != nil {
		t.Fatal(err)
	}
	c := oracle.Converter{Currencies: currencies}
	for units := range uint64(500) {
		for from, to := range map[string]string{"USD": "USDC", "USDC": "USD"} {
			m := wire.MonetaryAmount{Units: units, Currency: from}
			hold, err := c.Convert(m, p, to, oracle.RuleReserve)
			if err != nil {
				t.Fatal(err)
			}
			pay, err := c.Convert(m, p, to, oracle.RuleSettle)
			if err != nil || pay.Units > hold.Units {
				t.Fatalf("%d %s: %d paid, %d held, %v", units, from, pay.Units, hold.Units, err)
			}
		}
	}
}

func TestOverflowAtMaxU64(t *testing.T) {
	p, err := oracle.Verify(round(t, observe(1, 1, 0), observe(2, 1, 0)), operators(2), accept, now)
	if err != nil {
		t.Fatal(err)
	}
	c := oracle.Converter{Currencies: currencies, MarginBps: 200}
	for _, units := range []uint64{wire.MaxUnits, wire.MaxUnits + 1, math.MaxInt64, math.MaxUint64} {
		if got, err := c.Convert(wire.MonetaryAmount{Units: units, Currency: "USD"}, p, "USDC", oracle.RuleReserve); err == nil {
			t.Errorf("%d USD became %d USDC", units, got.Units)
		}
	}
	if s := (&oracle.Sample{Value: wire.MaxUnits, Expo: -18, PublishedAt: 1}); s.Check() != nil || s.Price().Cmp(new(big.Rat).SetFrac64(wire.MaxUnits, 1e18)) != 0 {
		t.Error("the largest value is not exact")
	}
}

func signedBy(op int, value int64, at int64, n uint64) oracle.Signed {
	s := observe(op, value, -4)
	s.Observation.ObservedAt, s.Observation.Sequence, s.Observation.Raw = now+at, n, string(rune('a'+n))+string(rune('0'+value%10))
	return s
}

func TestRoundReplay(t *testing.T) {
	first := round(t, signedBy(1, 10_000, -20, 1), signedBy(2, 10_000, -20, 1))
	for name, c := range map[string]struct {
		next *oracle.Round
		want error
	}{
		"both newer":         {round(t, signedBy(1, 10_000, -10, 2), signedBy(2, 10_000, -10, 2)), nil},
		"one newer":          {round(t, signedBy(1, 10_000, -20, 1), signedBy(2, 10_000, -10, 2)), nil},
		"one more operator":  {round(t, signedBy(1, 10_000, -20, 1), signedBy(2, 10_000, -20, 1), signedBy(3, 10_000, -20, 1)), nil},
		"the same again":     {round(t, signedBy(1, 10_000, -20, 1), signedBy(2, 10_000, -20, 1)), oracle.ErrReplay},
		"a number back":      {round(t, signedBy(1, 10_000, -10, 0), signedBy(2, 10_000, -10, 2)), oracle.ErrReplay},
		"a second back":      {round(t, signedBy(1, 10_000, -21, 2), signedBy(2, 10_000, -10, 2)), oracle.ErrReplay},
		"two under a number": {round(t, signedBy(1, 10_001, -20, 1), signedBy(2, 10_000, -10, 2)), oracle.ErrReplay},
	} {
		if err := c.next.Follow(first); !errors.Is(err, c.want) || err == nil && c.next.Previous != first.ID() {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := round(t, signedBy(1, 10_000, -10, 2))
	other.Pair.Quote = "EUR"
	if err := other.Follow(first); !errors.Is(err, oracle.ErrChain) {
		t.Errorf("another pair: %v", err)
	}
}

func TestChainSaysWhereItBreaks(t *testing.T) {
	var rounds []*oracle.Round
	var last *oracle.Round
	for n := range uint64(4) {
		r := round(t, signedBy(1, 10_000, int64(n)-20, n+1), signedBy(2, 10_000, int64(n)-20, n+1))
		if err := r.Follow(last); err != nil {
			t.Fatal(err)
		}
		again, err := oracle.ParseRound(r.Bytes())
		if err != nil || again.ID() != r.ID() || (n == 0) != again.Previous.IsZero() {
			t.Fatalf("%+v, %v", again, err)
		}
		rounds, last = append(rounds, r), r
	}
	if err := oracle.VerifyChain(rounds); err != nil {
		t.Fatal(err)
	}
	if err := oracle.VerifyChain([]*oracle.Round{rounds[0], rounds[2], rounds[3]}); !errors.Is(err, oracle.ErrChain) {
		t.Errorf("a round taken out: %v", err)
	}
	if err := oracle.VerifyChain([]*oracle.Round{rounds[1], rounds[0]}); !errors.Is(err, oracle.ErrReplay) {
		t.Errorf("out of order: %v", err)
	}
	rounds[3].Previous[0]++
	if err := oracle.VerifyChain(rounds); !errors.Is(err, oracle.ErrChain) {
		t.Errorf("changed: %v", err)
	}
}
