package oracle

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// GroundsSchema is the schema of what an observation rests on.
const GroundsSchema = "chio.oracle_grounds.v1"

// GroundsExpo is the exponent of an observation that rests on payloads.
const GroundsExpo = -8

// Grounds are the signed payloads that one observation rests on. An operator
// signs their hash as the source of the observation, so that anybody who has
// them can repeat how its value came about.
type Grounds struct {
	Schema   string    `json:"schema"`
	Pair     Pair      `json:"pair"`
	Payloads []Payload `json:"payloads"`
}

// Payload is one, byte for byte, and the feed in it that was read.
type Payload struct {
	Feed   string      `json:"feed"`
	SHA256 wire.Digest `json:"sha256"`
	Data   string      `json:"data"` // base64
}

// NewPayload keeps raw bytes.
func NewPayload(feed string, raw []byte) Payload {
	return Payload{Feed: feed, SHA256: wire.Hash(raw), Data: base64.StdEncoding.EncodeToString(raw)}
}

// Raw returns the bytes, if they are those of the hash.
func (p *Payload) Raw() ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(p.Data)
	if err != nil || wire.Hash(raw) != p.SHA256 {
		return nil, fmt.Errorf("%w: payload of %.70s is not base64 of the bytes hashed", ErrMalformed, p.Feed)
	}
	return raw, nil
}

// Bytes is the canonical form; its hash is the observation's source.
func (g *Grounds) Bytes() []byte { return wire.MustMarshal(g) }

// ParseGrounds decodes a canonical file. Nothing is trusted by it.
func ParseGrounds(doc []byte) (*Grounds, error) {
	var g Grounds
	if err := decode(doc, &g); err != nil {
		return nil, fmt.Errorf("grounds of an observation: %w", err)
	}
	return &g, g.check()
}

func (g *Grounds) check() error {
	if n := len(g.Payloads); g.Schema != GroundsSchema || n < 1 || n > maxSources {
		return fmt.Errorf("%w: %.40q with %d payloads, want 1 to %d", ErrMalformed, g.Schema, n, maxSources)
	}
	for i := range g.Payloads {
		if _, err := g.Payloads[i].Raw(); err != nil {
			return err
		}
	}
	return g.Pair.Check()
}

// Sampler verifies a payload and returns the price of one feed in it.
type Sampler func(pair Pair, feed string, raw []byte) (Sample, error)

// Verify repeats how an observation came about:
//
//	1 the observation's source is the hash of the grounds, of the same pair
//	2 every payload verifies and has the feed, which is one of the pair's
//	3 none was older at the time of the observation than maxAge, or from after it
//	4 the value is the median of the payloads' prices, half to even, at GroundsExpo
func (g *Grounds) Verify(pair Pair, o *Observation, maxAge, maxAhead int64, sample Sampler) error {
	if err := g.check(); err != nil {
		return err
	}
	if g.Pair != pair || wire.Hash(g.Bytes()) != o.Source { // 1
		return fmt.Errorf("%w: the grounds are not those of %s", ErrEvidence, o.Operator)
	}
	var prices []*big.Rat
	for i := range g.Payloads {
		raw, err := g.Payloads[i].Raw()
		if err != nil {
			return err
		}
		s, err := sample(pair, g.Payloads[i].Feed, raw) // 2
		if err != nil {
			return fmt.Errorf("payload %d: %w", i+1, err)
		}
		if age := o.ObservedAt - s.PublishedAt; age > maxAge || -age > maxAhead { // 3
			return fmt.Errorf("%w: payload %d was published at %d, observed at %d", ErrEvidence, i+1, s.PublishedAt, o.ObservedAt)
		}
		prices = append(prices, s.Price())
	}
	slices.SortFunc(prices, (*big.Rat).Cmp)
	value, err := GroundsValue(Median(prices))
	if err != nil {
		return err
	}
	if o.Expo != GroundsExpo || o.Value != value { // 4
		return fmt.Errorf("%w: the payloads say %d, the observation of %s says %d", ErrEvidence, value, o.Operator, o.Value)
	}
	return nil
}

// GroundsValue is a price as the value of an observation, half to even.
func GroundsValue(price *big.Rat) (int64, error) {
	num := new(big.Int).Mul(price.Num(), pow10(-GroundsExpo))
	units, err := wire.Scale(1, num, price.Denom(), wire.RoundHalfEven)
	if err != nil || units == 0 || units > wire.MaxUnits {
		return 0, fmt.Errorf("%w: price %s at exponent %d: %w", ErrMalformed, price.FloatString(12), GroundsExpo, err)
	}
	return int64(units), nil
}

// WithGrounds adds what observations of the round rest on, and returns the
// evidence under its new id. Grounds of no observation are refused.
func (e *Evidence) WithGrounds(grounds ...Grounds) (*Evidence, error) {
	with := *e
	with.Body.Grounds = grounds
	if err := with.Body.checkGrounds(); err != nil {
		return nil, err
	}
	with.ID = wire.Hash(wire.MustMarshal(with.Body))
	return &with, nil
}

// checkGrounds: each is what exactly one observation names as its source.
func (b *EvidenceBody) checkGrounds() error {
	seen := make(map[wire.Digest]bool)
	for i := range b.Grounds {
		g := &b.Grounds[i]
		if err := g.check(); err != nil {
			return err
		}
		id := wire.Hash(g.Bytes())
		if b.observed(id) == nil || g.Pair != b.Round.Pair || seen[id] {
			return fmt.Errorf("%w: grounds %s are of no observation, or twice", ErrEvidence, id)
		}
		seen[id] = true
	}
	return nil
}

func (b *EvidenceBody) observed(source wire.Digest) *Observation {
	for i := range b.Round.Observations {
		if b.Round.Observations[i].Source == source {
			return &b.Round.Observations[i]
		}
	}
	return nil
}

// VerifyGrounds repeats how the observations came about whose grounds are in
// the evidence, and returns for how many of them. Evidence without any verifies.
func (e *Evidence) VerifyGrounds(maxAge, maxAhead int64, sample Sampler) (int, error) {
	if err := e.Body.checkGrounds(); err != nil {
		return 0, err
	}
	for i := range e.Body.Grounds {
		g := &e.Body.Grounds[i]
		if err := g.Verify(e.Body.Round.Pair, e.Body.observed(wire.Hash(g.Bytes())), maxAge, maxAhead, sample); err != nil {
			return 0, err
		}
	}
	return len(e.Body.Grounds), nil
}
