package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The schemas of this package.
const (
	RoundSchema       = "chio.oracle_round.v1"
	ObservationSchema = "chio.oracle_observation.v1"
)

// Bounds of what one round may hold.
const (
	MinOperators    = 2  // no price rests on one operator
	MaxObservations = 32 // of one round
	MaxExpo         = 18 // |expo|
	maxSymbol       = 16 // bytes of a currency code
)

// The reasons a round is refused. Match with errors.Is.
var (
	// ErrMalformed: a field is missing, out of range or out of order.
	ErrMalformed = errors.New("price round is malformed")
	// ErrOperators: the trusted operators are misconfigured.
	ErrOperators = errors.New("oracle operators are misconfigured")
	// ErrQuorum: fewer distinct operators signed than required.
	ErrQuorum = errors.New("too few oracle operators signed")
	// ErrUnknownOperator: an observation of somebody who is not configured.
	ErrUnknownOperator = errors.New("oracle operator is not configured")
	// ErrSignature: an observation is not signed by the operator it names.
	ErrSignature = errors.New("price observation is not signed by its operator")
	// ErrStale: an observation is too old or expired; a newer round heals it.
	ErrStale = errors.New("price round is stale")
	// ErrFuture: an observation is from the future.
	ErrFuture = errors.New("price round is from the future")
	// ErrDiverged: the operators disagree by more than the bound.
	ErrDiverged = errors.New("oracle operators disagree")
)

// Pair names a price: how much quote one base costs, both in major units.
type Pair struct {
	Base  string `json:"base"`
	Quote string `json:"quote"`
}

func (p Pair) String() string { return p.Base + "/" + p.Quote }

// Check refuses codes that are not upper-case letters and digits, and a pair
// of one currency with itself.
func (p Pair) Check() error {
	for _, s := range []string{p.Base, p.Quote} {
		if s == "" || len(s) > maxSymbol || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return fmt.Errorf("%w: %.20q is not a currency code", ErrMalformed, s)
		}
	}
	if p.Base == p.Quote {
		return fmt.Errorf("%w: pair %s of one currency", ErrMalformed, p)
	}
	return nil
}

// Observation is what one operator signed: value·10^expo quote units per base
// unit. Times are unix seconds. Source is the hash of what the operator looked
// at, or of the feed's name.
type Observation struct {
	Operator   string      `json:"operator"` // 0x and 40 lowercase hex characters
	Value      int64       `json:"value"`
	Expo       int32       `json:"expo"`
	ObservedAt int64       `json:"observed_at"`
	ValidUntil int64       `json:"valid_until"`
	Source     wire.Digest `json:"source"`
	Sequence   uint64      `json:"sequence"`
	Raw        string      `json:"raw"`       // hex of the bytes whose hash was signed
	Signature  string      `json:"signature"` // hex
}

// Signed is the file form of one observation, as operators exchange it.
type Signed struct {
	Schema      string      `json:"schema"`
	Pair        Pair        `json:"pair"`
	Observation Observation `json:"observation"`
}

// Round is an aggregate of observations of one pair, sorted by operator.
// Previous is the round of the pair before it, at the node that made it, so that
// none can be taken out or put in later; the first round has none.
type Round struct {
	Schema       string        `json:"schema"`
	Pair         Pair          `json:"pair"`
	Observations []Observation `json:"observations"`
	Previous     wire.Digest   `json:"previous,omitzero"`
}

// NewRound aggregates observations; the order in which they come has no
// influence on the result.
func NewRound(observations ...Signed) (*Round, error) {
	if len(observations) == 0 {
		return nil, fmt.Errorf("%w: no observations", ErrMalformed)
	}
	r := &Round{Schema: RoundSchema, Pair: observations[0].Pair}
	for _, o := range observations {
		if o.Schema != ObservationSchema || o.Pair != r.Pair {
			return nil, fmt.Errorf("%w: %.40q observation of %s in a round of %s", ErrMalformed, o.Schema, o.Pair, r.Pair)
		}
		r.Observations = append(r.Observations, o.Observation)
	}
	slices.SortFunc(r.Observations, func(a, b Observation) int { return strings.Compare(a.Operator, b.Operator) })
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}

// ParseRound decodes a canonical round file. Nothing is trusted by it.
func ParseRound(doc []byte) (*Round, error) {
	var r Round
	if err := decode(doc, &r); err != nil {
		return nil, fmt.Errorf("price round: %w", err)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return &r, nil
}

// ParseSigned decodes a canonical observation file. Nothing is trusted by it.
func ParseSigned(doc []byte) (*Signed, error) {
	var s Signed
	if err := decode(doc, &s); err != nil {
		return nil, fmt.Errorf("price observation: %w", err)
	}
	if s.Schema != ObservationSchema {
		return nil, fmt.Errorf("%w: schema %.40q", ErrMalformed, s.Schema)
	}
	if err := s.Pair.Check(); err != nil {
		return nil, err
	}
	return &s, s.Observation.check()
}

// decode also refuses a document that leaves out a field: the zero it would
// stand for is written, so that one artifact has one sequence of bytes.
func decode(doc []byte, v any) error {
	if err := wire.UnmarshalCanonical(doc, v, wire.DocumentLimits); err != nil {
		return err
	}
	if again, err := wire.Marshal(v); err != nil || !bytes.Equal(again, doc) {
		return fmt.Errorf("%w: a field is missing", wire.ErrNotCanonical)
	}
	return nil
}

// ID is SHA-256(JCS(round)).
func (r *Round) ID() wire.Digest { return wire.Hash(r.Bytes()) }

// Bytes is the canonical form, as written to files.
func (r *Round) Bytes() []byte { return wire.MustMarshal(r) }

// Bytes is the canonical form, as written to files.
func (s *Signed) Bytes() []byte { return wire.MustMarshal(s) }

// check holds for every round, trusted or not.
func (r *Round) check() error {
	if r.Schema != RoundSchema {
		return fmt.Errorf("%w: schema %.40q", ErrMalformed, r.Schema)
	}
	if err := r.Pair.Check(); err != nil {
		return err
	}
	if n := len(r.Observations); n == 0 || n > MaxObservations {
		return fmt.Errorf("%w: %d observations, want 1 to %d", ErrMalformed, n, MaxObservations)
	}
	for i, o := range r.Observations {
		if i > 0 && r.Observations[i-1].Operator >= o.Operator {
			return fmt.Errorf("%w: operators are repeated or not sorted", ErrMalformed)
		}
		if err := o.check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Observation) check() error {
	switch {
	case CheckOperator(o.Operator) != nil:
		return CheckOperator(o.Operator)
	case o.Value <= 0 || o.Value > wire.MaxUnits:
		return fmt.Errorf("%w: value %d is outside 1 … 2^53-1", ErrMalformed, o.Value)
	case o.Expo < -MaxExpo || o.Expo > MaxExpo:
		return fmt.Errorf("%w: exponent %d is outside ±%d", ErrMalformed, o.Expo, MaxExpo)
	case o.ObservedAt <= 0 || o.ObservedAt > wire.MaxUnits || o.ValidUntil <= o.ObservedAt || o.ValidUntil > wire.MaxUnits:
		return fmt.Errorf("%w: window %d … %d", ErrMalformed, o.ObservedAt, o.ValidUntil)
	case o.Sequence > wire.MaxUnits:
		return fmt.Errorf("%w: sequence %d", ErrMalformed, o.Sequence)
	}
	return nil
}

// CheckOperator refuses an address that is not 0x and 40 lowercase hex
// characters, so that one operator has one spelling.
func CheckOperator(address string) error {
	if len(address) != 42 || address[:2] != "0x" || strings.Trim(address[2:], "0123456789abcdef") != "" {
		return fmt.Errorf("%w: operator %.60q is not 0x and 40 lowercase hex characters", ErrMalformed, address)
	}
	return nil
}
