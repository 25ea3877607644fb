package feed

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/pyth"
	"github.com/backbay-labs/chio-node/oracle/feed/redstone"
	"github.com/backbay-labs/chio-node/wire"
)

// SignersSchema is the schema of a signers file.
const SignersSchema = "chio.feed_signers.v1"

// Bounds and defaults of a signers file.
const (
	maxSets           = 64
	defaultMaxAge     = 180 // seconds
	defaultMaxAhead   = 60
	defaultMinSigners = 2
)

// Signers says whose signatures count: versions of signer sets, each bound to a
// period, so that old payloads keep verifying under the set of their time.
type Signers struct {
	Schema          string         `json:"schema"`
	MaxAgeSeconds   int64          `json:"max_age_seconds,omitzero"`   // of a payload in use; 0: 180
	MaxAheadSeconds int64          `json:"max_ahead_seconds,omitzero"` // tolerated clock difference; 0: 60
	Pyth            []pyth.Set     `json:"pyth,omitempty"`
	RedStone        []redstone.Set `json:"redstone,omitempty"`
	Operators       *Operators     `json:"operators,omitempty"`

	Feeds map[string][]string `json:"feeds,omitempty"` // which feeds price a pair: "USDC/USD": ["eaa0…", "USDC"]
}

// Operators are the oracle operators of the project's own feed that count.
type Operators struct {
	Threshold int      `json:"threshold,omitzero"` // 0: 2
	Signers   []string `json:"signers"`            // 0x and 40 lowercase hex characters each
}

// ParseSigners reads a signers file strictly.
func ParseSigners(doc []byte) (*Signers, error) {
	var s Signers
	if err := wire.Unmarshal(doc, &s, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("signers file: %w", err)
	}
	if s.Schema != SignersSchema {
		return nil, fmt.Errorf("%w: signers file of schema %.40q, want %s", oracle.ErrSigners, s.Schema, SignersSchema)
	}
	if s.MaxAgeSeconds == 0 {
		s.MaxAgeSeconds = defaultMaxAge
	}
	if s.MaxAheadSeconds == 0 {
		s.MaxAheadSeconds = defaultMaxAhead
	}
	if n := len(s.Pyth) + len(s.RedStone); n > maxSets || s.MaxAgeSeconds < 0 || s.MaxAheadSeconds < 0 {
		return nil, fmt.Errorf("%w: %d sets, at most %d; ages are not negative", oracle.ErrSigners, n, maxSets)
	}
	for i := range s.Pyth {
		if err := s.Pyth[i].Check(); err != nil {
			return nil, fmt.Errorf("pyth set %d: %w", i+1, err)
		}
	}
	for i := range s.RedStone {
		if err := s.RedStone[i].Check(); err != nil {
			return nil, fmt.Errorf("redstone set %d: %w", i+1, err)
		}
	}
	if o := s.Operators; o != nil {
		if o.Threshold == 0 {
			o.Threshold = defaultMinSigners
		}
		if err := o.rules().Check(); err != nil {
			return nil, err
		}
	}
	return &s, nil
}

// rules has no bound of age or divergence: those are a treaty's.
func (o *Operators) rules() oracle.Operators {
	return oracle.Operators{Addresses: o.Signers, Min: o.Threshold, MaxAgeSeconds: 1 << 40, MaxDivergenceBps: 1<<32 - 1}
}

// Fresh refuses a reading that is too old or from the future at now.
func (s *Signers) Fresh(r *oracle.Sample, now int64) error {
	switch age := now - r.PublishedAt; {
	case age > s.MaxAgeSeconds:
		return fmt.Errorf("%w: %.70s was published %d seconds ago, limit %d; fetch a newer payload", oracle.ErrStale, r.Feed, age, s.MaxAgeSeconds)
	case -age > s.MaxAheadSeconds:
		return fmt.Errorf("%w: %.70s is published %d seconds ahead, limit %d; check both clocks", oracle.ErrFuture, r.Feed, -age, s.MaxAheadSeconds)
	}
	return nil
}

// Sample verifies a payload and returns the price of a feed that prices the
// pair. It is an oracle.Sampler.
func (s *Signers) Sample(pair oracle.Pair, name string, raw []byte) (oracle.Sample, error) {
	if !slices.Contains(s.Feeds[pair.String()], name) {
		return oracle.Sample{}, fmt.Errorf("%w: feed %.70s is not one of %s in the signers file", oracle.ErrSigners, name, pair)
	}
	format, samples, err := Verify(raw, s)
	if err != nil {
		return oracle.Sample{}, err
	}
	for _, sample := range samples {
		if sample.Feed == name && (format == FormatPyth || format == FormatRedStone) {
			return sample, nil
		}
	}
	return oracle.Sample{}, fmt.Errorf("%w: feed %.70s is not in the %s payload", oracle.ErrPayload, name, format)
}
