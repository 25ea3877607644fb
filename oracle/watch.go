package oracle

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// State is what a pair is in. Only Live and Degraded have a price.
type State string

// The states of a pair.
const (
	StateCold          State = "cold"           // no source has a usable reading; the next one heals it
	StateLive          State = "live"           // every source agrees
	StateSingleSource  State = "single_source"  // fewer sources than must agree; the next reading of another heals it
	StateDegraded      State = "degraded"       // enough agree, some are missing or apart
	StateTripped       State = "tripped"        // latched until an operator resets it
	StatePaused        State = "paused"         // by an operator
	StateSequencerDown State = "sequencer_down" // of the chain that is paid on, or not known to be up
	StateGrace         State = "grace"          // the sequencer is up again, not yet for long enough
)

// ErrNoPrice: the pair is in a state without a price.
var ErrNoPrice = errors.New("pair has no usable price")

// The reasons of a trip.
const (
	TripDiverged   = "diverged"   // the sources are too far apart
	TripDepegged   = "depegged"   // the price left its band
	TripRegression = "regression" // a source went back, or said two things under one number
	TripDecimals   = "decimals"   // a source changed its exponent
)

// maxSources of one pair.
const maxSources = 16

// Watch says what makes a price of a pair.
type Watch struct {
	Pair             Pair
	Sources          []Source
	MinAgreeing      int    // sources that must agree, at least 2
	MaxAheadSeconds  int64  // tolerated clock difference
	MaxConfidenceBps uint32 // half width of a source's interval over its price; 0: not judged
	MaxDivergenceBps uint32
	Peg              *Peg
	Sequencer        *SequencerRule
}

// Source is one feed of a pair, with its own limit of age: a feed that speaks
// on change is heartbeat plus slack, one that ticks is seconds.
type Source struct {
	Name          string
	MaxAgeSeconds int64
}

// Peg is the band of a stablecoin's price, inclusive: 9900 and 10100 are 0.99
// and 1.01.
type Peg struct{ LowBps, HighBps uint32 }

// Holds reports whether a price is within the band.
func (p *Peg) Holds(price *big.Rat) bool {
	return price.Cmp(big.NewRat(int64(p.LowBps), 10_000)) >= 0 && price.Cmp(big.NewRat(int64(p.HighBps), 10_000)) <= 0
}

// SequencerRule is how long a sequencer must have been up, and how old the
// knowledge of it may be.
type SequencerRule struct{ GraceSeconds, MaxAgeSeconds int64 }

// Sequencer is what was last read of a chain's sequencer.
type Sequencer struct {
	Up        bool
	Since     int64 // of this state, unix seconds
	CheckedAt int64
}

// Reading is the last answer of one source.
type Reading struct {
	Source string
	Sample Sample
}

// Latch is what a pair remembers over restarts; who owns the pair stores it.
type Latch struct {
	Pair   Pair            `json:"pair"`
	Trip   *Trip           `json:"trip,omitempty"`
	Paused string          `json:"paused,omitempty"` // the operator's word
	Marks  map[string]Mark `json:"marks,omitempty"`  // by source
}

// Trip is why a pair is latched.
type Trip struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
	At     int64  `json:"at"` // unix seconds
}

// Mark is the last reading of a source.
type Mark struct {
	Sequence    uint64 `json:"sequence"`
	PublishedAt int64  `json:"published_at"`
	Value       int64  `json:"value"`
	Expo        int32  `json:"expo"`
}

// Outcome is a state and, in Live and Degraded, the price.
type Outcome struct {
	State    State
	Price    *big.Rat
	Used     []string // sources that agree with the price, sorted
	Counted  []string // sources whose median it is, in the order of the readings
	Problems []string // why the others do not count
}

// Err is nil if there is a price.
func (o *Outcome) Err() error {
	if o.Price != nil {
		return nil
	}
	return fmt.Errorf("%w: %s: %s", ErrNoPrice, o.State, strings.Join(o.Problems, "; "))
}

// Check refuses a configuration that cannot give a trustworthy price.
func (w *Watch) Check() error {
	if err := w.Pair.Check(); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for _, s := range w.Sources {
		if s.Name == "" || s.Name == crossMark || seen[s.Name] || s.MaxAgeSeconds <= 0 {
			return fmt.Errorf("%w: source %.70q of %s is without a name, twice, or without a limit of age", ErrOperators, s.Name, w.Pair)
		}
		seen[s.Name] = true
	}
	switch {
	case w.MinAgreeing < MinOperators || w.MinAgreeing > len(w.Sources) || len(w.Sources) > maxSources:
		return fmt.Errorf("%w: %d of %d sources must agree on %s; at least %d, at most %d", ErrOperators, w.MinAgreeing, len(w.Sources), w.Pair, MinOperators, maxSources)
	case w.Peg != nil && (w.Peg.LowBps == 0 || w.Peg.LowBps >= w.Peg.HighBps):
		return fmt.Errorf("%w: band %d … %d bps of %s", ErrOperators, w.Peg.LowBps, w.Peg.HighBps, w.Pair)
	case w.Sequencer != nil && (w.Sequencer.GraceSeconds < 0 || w.Sequencer.MaxAgeSeconds <= 0):
		return fmt.Errorf("%w: sequencer of %s", ErrOperators, w.Pair)
	}
	return nil
}

// Judge says what state a pair is in, and returns what it must remember:
//
//	1 a paused pair has no price, and a tripped one none until Reset
//	2 a source that goes back in number or time, says two things under one
//	  number, or changes its exponent, trips the pair
//	3 a reading that is malformed, too old, from the future or too uncertain
//	  does not count; a newer one heals that
//	4 the sequencer is known to be up, for as long as the grace
//	5 two readings must be within the divergence of each other; of three or
//	  more a majority must be, of their median. Otherwise the pair trips
//	6 MinAgreeing sources must agree
//	7 a price outside its band trips the pair
//
// Marks move only if nothing tripped. The caller stores the latch before it
// uses the price.
func Judge(w *Watch, latch Latch, readings []Reading, sequencer *Sequencer, now int64) (Outcome, Latch, error) {
	if err := w.Check(); err != nil {
		return Outcome{}, latch, err
	}
	if latch.Trip != nil { // 1
		return Outcome{State: StateTripped, Problems: []string{latch.Trip.Reason + ": " + latch.Trip.Detail}}, latch, nil
	}
	next := Latch{Pair: w.Pair, Paused: latch.Paused, Marks: make(map[string]Mark)}
	for name, m := range latch.Marks {
		next.Marks[name] = m
	}
	j := judgement{w: w, now: now}
	for _, r := range readings {
		if trip := j.take(r, next.Marks); trip != nil { // 2, 3
			return tripped(latch, w.Pair, trip, now)
		}
	}
	if latch.Paused != "" { // 1
		return Outcome{State: StatePaused, Problems: []string{latch.Paused}}, next, nil
	}
	if state, problem := w.Sequencer.judge(sequencer, w.MaxAheadSeconds, now); state != "" { // 4
		return Outcome{State: state, Problems: []string{problem}}, next, nil
	}
	out, trip := j.decide() // 5, 6, 7
	if trip != nil {
		return tripped(latch, w.Pair, trip, now)
	}
	return out, next, nil
}

func tripped(latch Latch, pair Pair, trip *Trip, now int64) (Outcome, Latch, error) {
	trip.At = now
	latch.Pair, latch.Trip = pair, trip
	return Outcome{State: StateTripped, Problems: []string{trip.Reason + ": " + trip.Detail}}, latch, nil
}

// Reset is the operator's: the trip and the marks are forgotten.
func (l Latch) Reset() Latch { return Latch{Pair: l.Pair, Paused: l.Paused} }

// judgement collects the readings that count.
type judgement struct {
	w      *Watch
	now    int64
	names  []string
	prices []*big.Rat // sorted by decide
	out    Outcome
}

// take is the rules 2 and 3.
func (j *judgement) take(r Reading, marks map[string]Mark) *Trip {
	i := slices.IndexFunc(j.w.Sources, func(s Source) bool { return s.Name == r.Source })
	problem := func(format string, args ...any) {
		j.out.Problems = append(j.out.Problems, r.Source+": "+fmt.Sprintf(format, args...))
	}
	s := &r.Sample
	if err := s.Check(); err != nil || i < 0 || slices.Contains(j.names, r.Source) {
		problem("not a configured source's one sound reading: %v", err)
		return nil
	}
	age := j.now - s.PublishedAt
	if -age > j.w.MaxAheadSeconds { // 3; before the marks, which a clock that jumps must not move
		problem("published %d seconds ahead", -age)
		return nil
	}
	if trip := follow(r.Source, s, marks); trip != nil { // 2
		return trip
	}
	if limit := j.w.Sources[i].MaxAgeSeconds; age > limit { // 3
		problem("published %d seconds ago, limit %d", age, limit)
		return nil
	}
	if wide := new(big.Int).Mul(new(big.Int).SetUint64(s.Confidence), big.NewInt(10_000)); j.w.MaxConfidenceBps > 0 && // 3
		wide.Cmp(new(big.Int).Mul(big.NewInt(s.Value), big.NewInt(int64(j.w.MaxConfidenceBps)))) > 0 {
		problem("uncertain by %d of %d, limit %d bps", s.Confidence, s.Value, j.w.MaxConfidenceBps)
		return nil
	}
	j.names, j.prices = append(j.names, r.Source), append(j.prices, s.Price())
	return nil
}

// follow marks a source's reading, unless it does not follow the one before.
func follow(source string, s *Sample, marks map[string]Mark) *Trip {
	mark := Mark{Sequence: s.Sequence, PublishedAt: s.PublishedAt, Value: s.Value, Expo: s.Expo}
	if last, ok := marks[source]; ok {
		if last.Expo != mark.Expo {
			return &Trip{Reason: TripDecimals, Detail: fmt.Sprintf("%s went from exponent %d to %d", source, last.Expo, mark.Expo)}
		}
		if mark.Sequence < last.Sequence || mark.PublishedAt < last.PublishedAt || mark.Sequence == last.Sequence && mark != last {
			return &Trip{Reason: TripRegression, Detail: fmt.Sprintf("%s went from number %d at %d to number %d at %d", source,
				last.Sequence, last.PublishedAt, mark.Sequence, mark.PublishedAt)}
		}
	}
	marks[source] = mark
	return nil
}

// decide is the rules 5 to 7.
func (j *judgement) decide() (Outcome, *Trip) {
	n := len(j.prices)
	switch n {
	case 0:
		j.out.State = StateCold
		return j.out, nil
	case 1:
		j.out.State = StateSingleSource
		j.out.Problems = append(j.out.Problems, j.names[0]+" is the only source with a usable reading")
		return j.out, nil
	}
	byPrice := make([]*big.Rat, n)
	copy(byPrice, j.prices)
	slices.SortFunc(byPrice, (*big.Rat).Cmp)
	price := Median(byPrice)
	for i, p := range j.prices {
		if n > 2 && apart(p, price, j.w.MaxDivergenceBps) { // 5
			j.out.Problems = append(j.out.Problems, fmt.Sprintf("%s: %s is apart from the median %s", j.names[i], p.FloatString(8), price.FloatString(8)))
			continue
		}
		j.out.Used = append(j.out.Used, j.names[i])
	}
	if n == 2 && apart(byPrice[0], byPrice[1], j.w.MaxDivergenceBps) || 2*len(j.out.Used) <= n { // 5
		return j.out, &Trip{Reason: TripDiverged, Detail: fmt.Sprintf("%s … %s, limit %d bps", byPrice[0].FloatString(8), byPrice[n-1].FloatString(8), j.w.MaxDivergenceBps)}
	}
	if len(j.out.Used) < j.w.MinAgreeing { // 6
		j.out.State = StateSingleSource
		j.out.Problems = append(j.out.Problems, fmt.Sprintf("%d sources agree, %d must", len(j.out.Used), j.w.MinAgreeing))
		return j.out, nil
	}
	if p := j.w.Peg; p != nil && !p.Holds(price) { // 7
		return j.out, &Trip{Reason: TripDepegged, Detail: fmt.Sprintf("%s is outside %d … %d bps", price.FloatString(8), p.LowBps, p.HighBps)}
	}
	slices.Sort(j.out.Used)
	j.out.State, j.out.Price, j.out.Counted = StateLive, price, j.names
	if len(j.out.Used) < len(j.w.Sources) {
		j.out.State = StateDegraded
	}
	return j.out, nil
}

// apart reports |a − b| / min(a, b) > bps.
func apart(a, b *big.Rat, bps uint32) bool {
	if a.Cmp(b) > 0 {
		a, b = b, a
	}
	bound := new(big.Rat).Mul(a, big.NewRat(int64(bps), 10_000))
	return new(big.Rat).Sub(b, a).Cmp(bound) > 0
}

// Median of sorted prices; of an even number the mean of the middle two.
func Median(sorted []*big.Rat) *big.Rat {
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	sum := new(big.Rat).Add(sorted[middle-1], sorted[middle])
	return sum.Mul(sum, big.NewRat(1, 2))
}

// ParseLatch decodes a stored latch.
func ParseLatch(doc []byte) (l Latch, err error) {
	if err = wire.UnmarshalCanonical(doc, &l, wire.DocumentLimits); err != nil {
		return l, fmt.Errorf("latch of a pair: %w", err)
	}
	return l, nil
}

// Bytes is the canonical form, as stored.
func (l *Latch) Bytes() []byte { return wire.MustMarshal(l) }
