package oracle

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a foreign payload is refused, whatever its format. Match with
// errors.Is.
var (
	// ErrPayload: the bytes are not a payload of the format.
	ErrPayload = errors.New("price payload is malformed")
	// ErrSigners: the signer set is misconfigured, or none fits the payload.
	ErrSigners = errors.New("no configured signer set fits")
	// ErrUnsigned: too few distinct configured signers signed.
	ErrUnsigned = errors.New("too few configured signers signed")
)

// Sample is one reading of one source: value·10^expo quote units per base unit,
// published at PublishedAt (unix seconds).
type Sample struct {
	Feed        string   // the source's own name of the feed
	Value       int64    // 1 … 2^53-1
	Expo        int32    // within ±MaxExpo
	Confidence  uint64   // half width of the source's interval, same exponent; 0 if it states none
	PublishedAt int64    // unix seconds
	Sequence    uint64   // rises with every reading of the feed
	Signers     []string // 0x… addresses that vouch for it; none for a reading of a chain
}

// Check refuses a reading that is no price.
func (s *Sample) Check() error {
	switch {
	case s.Value <= 0 || s.Value > wire.MaxUnits:
		return fmt.Errorf("%w: value %d of %.70s is outside 1 … 2^53-1", ErrMalformed, s.Value, s.Feed)
	case s.Expo < -MaxExpo || s.Expo > MaxExpo:
		return fmt.Errorf("%w: exponent %d of %.70s is outside ±%d", ErrMalformed, s.Expo, s.Feed, MaxExpo)
	case s.PublishedAt <= 0 || s.PublishedAt > wire.MaxUnits:
		return fmt.Errorf("%w: publish time %d of %.70s", ErrMalformed, s.PublishedAt, s.Feed)
	}
	return nil
}

// Price is the exact price.
func (s *Sample) Price() *big.Rat { return scaled(s.Value, s.Expo) }

// Decimal is the price as decimal text, exactly.
func (s *Sample) Decimal() string {
	if s.Expo >= 0 {
		return scaled(s.Value, s.Expo).FloatString(0)
	}
	text := scaled(s.Value, s.Expo).FloatString(int(-s.Expo))
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// scaled is value·10^expo.
func scaled(value int64, expo int32) *big.Rat {
	r := new(big.Rat).SetInt64(value)
	if expo < 0 {
		return r.Quo(r, new(big.Rat).SetInt(pow10(int(-expo))))
	}
	return r.Mul(r, new(big.Rat).SetInt(pow10(int(expo))))
}
