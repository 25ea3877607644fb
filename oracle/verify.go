package oracle

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// Operators says whose observations count, and how.
type Operators struct {
	Addresses        []string // 0x and 40 lowercase hex characters each
	Min              int      // distinct operators required, at least MinOperators
	MaxAgeSeconds    int64    // of an observation when the round is used
	MaxAheadSeconds  int64    // tolerated clock difference
	MaxDivergenceBps uint32   // (highest − lowest) / lowest
}

// Check refuses sets that cannot give a trustworthy price.
func (o Operators) Check() error {
	seen := make(map[string]bool, len(o.Addresses))
	for _, a := range o.Addresses {
		if err := CheckOperator(a); err != nil {
			return fmt.Errorf("%w: %w", ErrOperators, err)
		}
		if seen[a] {
			return fmt.Errorf("%w: %s is listed twice", ErrOperators, a)
		}
		seen[a] = true
	}
	switch {
	case o.Min < MinOperators:
		return fmt.Errorf("%w: %d required, a price needs at least %d", ErrOperators, o.Min, MinOperators)
	case o.Min > len(o.Addresses):
		return fmt.Errorf("%w: %d required, only %d configured", ErrOperators, o.Min, len(o.Addresses))
	case o.MaxAgeSeconds <= 0 || o.MaxAheadSeconds < 0:
		return fmt.Errorf("%w: maximum age of %d and lead of %d seconds", ErrOperators, o.MaxAgeSeconds, o.MaxAheadSeconds)
	}
	return nil
}

// Verifier reports whether an observation of a pair, raw bytes included, was
// signed by the operator it names.
type Verifier func(pair Pair, o Observation) error

// Price is what a verified round says: quote units per base unit, as exact
// rationals that the holder must not change.
type Price struct {
	RoundID    wire.Digest
	Pair       Pair
	Median     *big.Rat // of two: their mean
	Low, High  *big.Rat // the extreme observations
	ObservedAt int64    // the latest observation, unix seconds
	ValidUntil int64    // the earliest end of validity, unix seconds
}

// Verify returns the price of a round at the time now (unix seconds):
//
//	1 the operators are at least Min ≥ 2 distinct configured addresses
//	2 the round is well-formed, one observation per operator, sorted
//	3 at least Min operators observed
//	4 every operator is configured
//	5 no observation is more than MaxAheadSeconds in the future
//	6 no observation is older than MaxAgeSeconds or past its own validity
//	7 every observation is signed by its operator
//	8 the highest is within MaxDivergenceBps of the lowest
//
// The price is the median, of an even number the mean of the middle two.
func Verify(r *Round, operators Operators, verify Verifier, now int64) (Price, error) {
	if err := operators.Check(); err != nil { // 1
		return Price{}, err
	}
	if err := r.check(); err != nil { // 2
		return Price{}, err
	}
	if n := len(r.Observations); n < operators.Min { // 3
		return Price{}, fmt.Errorf("%w: %d of %d", ErrQuorum, n, operators.Min)
	}
	if verify == nil {
		return Price{}, fmt.Errorf("%w: no verifier", ErrSignature)
	}
	for _, o := range r.Observations {
		if err := admit(r.Pair, o, operators, verify, now); err != nil {
			return Price{}, err
		}
	}
	return aggregate(r, operators.MaxDivergenceBps)
}

// admit applies the rules 4 to 7 to one observation.
func admit(pair Pair, o Observation, operators Operators, verify Verifier, now int64) error {
	switch {
	case !slices.Contains(operators.Addresses, o.Operator): // 4
		return fmt.Errorf("%w: %s", ErrUnknownOperator, o.Operator)
	case o.ObservedAt > now && o.ObservedAt-now > operators.MaxAheadSeconds: // 5
		return fmt.Errorf("%w: observed %d seconds ahead", ErrFuture, o.ObservedAt-now)
	case now > o.ObservedAt && now-o.ObservedAt > operators.MaxAgeSeconds: // 6
		return fmt.Errorf("%w: observed %d seconds ago, limit %d; sign a new observation", ErrStale, now-o.ObservedAt, operators.MaxAgeSeconds)
	case now > o.ValidUntil: // 6
		return fmt.Errorf("%w: valid until %d, now %d; sign a new observation", ErrStale, o.ValidUntil, now)
	}
	if err := verify(pair, o); err != nil { // 7
		return fmt.Errorf("%w: %s: %w", ErrSignature, o.Operator, err)
	}
	return nil
}

func aggregate(r *Round, maxDivergenceBps uint32) (Price, error) {
	p := Price{RoundID: r.ID(), Pair: r.Pair, ValidUntil: r.Observations[0].ValidUntil}
	prices := make([]*big.Rat, len(r.Observations))
	for i, o := range r.Observations {
		prices[i] = o.price()
		p.ObservedAt = max(p.ObservedAt, o.ObservedAt)
		p.ValidUntil = min(p.ValidUntil, o.ValidUntil)
	}
	slices.SortFunc(prices, (*big.Rat).Cmp)
	p.Low, p.High = prices[0], prices[len(prices)-1]
	bound := new(big.Rat).Mul(p.Low, big.NewRat(int64(maxDivergenceBps), 10_000))
	if new(big.Rat).Sub(p.High, p.Low).Cmp(bound) > 0 { // 8
		return Price{}, fmt.Errorf("%w on %s: %s and %s are more than %d bps apart", ErrDiverged, r.Pair,
			p.Low.FloatString(8), p.High.FloatString(8), maxDivergenceBps)
	}
	p.Median = Median(prices)
	return p, nil
}

// price is value·10^expo.
func (o *Observation) price() *big.Rat { return scaled(o.Value, o.Expo) }

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
