package reputation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// The errors a caller can act on.
var (
	// ErrParams: the rules of a scorecard contradict themselves.
	ErrParams = errors.New("reputation parameters are not usable")
	// ErrCorpus: what was given to count is not what it claims to be.
	ErrCorpus = errors.New("evidence for a reputation is not usable")
	// ErrLimit: there is more of something than is kept in memory.
	ErrLimit = errors.New("evidence for a reputation is over a limit")
)

// Params are the rules a scorecard is made by. Two scorecards can be compared
// if their rules are the same, which the digest of this says.
type Params struct {
	// Below any of these there is no composite.
	MinReceipts      uint64 `json:"min_receipts"`
	MinActiveDays    uint64 `json:"min_active_days"` // days, UTC, with at least one receipt
	MinDistinctCalls uint64 `json:"min_distinct_calls"`
	// From these on the composite is no longer held down for want of history.
	FullReceipts   uint64 `json:"full_receipts"`
	FullActiveDays uint64 `json:"full_active_days"`
	// IssuerCapReceipts bounds what another organisation's receipts weigh
	// together: as much as that many fresh ones.
	IssuerCapReceipts uint64 `json:"issuer_cap_receipts"`
	// Of an imported composite, AttenuationPPM of its difference to ours counts,
	// and all imports together make SharePPM of the result.
	AttenuationPPM    uint64 `json:"attenuation_ppm"`
	SharePPM          uint64 `json:"share_ppm"`
	ImportMaxAge      int64  `json:"import_max_age_seconds"`
	MaxImports        int    `json:"max_imports"`
	FutureSkewSeconds int64  `json:"future_skew_seconds"`
}

// DefaultParams are the rules of a node whose operator says nothing.
func DefaultParams() Params {
	return Params{MinReceipts: 100, MinActiveDays: 7, MinDistinctCalls: 10, FullReceipts: 1000, FullActiveDays: 30,
		IssuerCapReceipts: 50, AttenuationPPM: 500_000, SharePPM: 200_000, ImportMaxAge: 30 * daySeconds, MaxImports: 16,
		FutureSkewSeconds: 300}
}

const (
	// maxDistinct bounds the calls that are told apart; more are reported as
	// that many.
	maxDistinct = 4096
	// maxShare keeps the greater part of a composite one's own.
	maxShare = 500_000
	maxYears = 100
)

// Validate refuses rules that would make a number out of nothing:
//
//	1 a composite needs at least one receipt, day and distinct call, and no
//	  more distinct calls than are told apart
//	2 full history is not less than minimum history
//	3 imports count for less than half, attenuated to at most what they say
//	4 counts and times are within bounds
func (p *Params) Validate() error {
	switch {
	case p.MinReceipts < 1 || p.MinActiveDays < 1 || p.MinDistinctCalls < 1 || p.MinDistinctCalls > maxDistinct: // 1
		return fmt.Errorf("%w: min_receipts, min_active_days and min_distinct_calls are at least 1, and the last at most %d", ErrParams, maxDistinct)
	case p.FullReceipts < p.MinReceipts || p.FullActiveDays < p.MinActiveDays: // 2
		return fmt.Errorf("%w: full history is at least the minimum history", ErrParams)
	case p.AttenuationPPM > PPM || p.SharePPM >= maxShare: // 3
		return fmt.Errorf("%w: attenuation_ppm is at most %d and share_ppm below %d", ErrParams, PPM, maxShare)
	case p.FullReceipts > MaxLogSize || p.FullActiveDays > maxYears*366 || p.IssuerCapReceipts > MaxLogSize: // 4
		return fmt.Errorf("%w: full_receipts and issuer_cap_receipts are at most %d, full_active_days at most %d", ErrParams, MaxLogSize, maxYears*366)
	case p.ImportMaxAge < 1 || p.ImportMaxAge > maxYears*366*daySeconds || p.MaxImports < 0 || p.MaxImports > 64 || p.FutureSkewSeconds < 0 || p.FutureSkewSeconds > 3600: // 4
		return fmt.Errorf("%w: imports may be 1 second to %d years old and 64 in number, and clocks an hour apart", ErrParams, maxYears)
	}
	return nil
}

// Digest names the rules.
func (p Params) Digest() wire.Digest { return wire.Hash(wire.MustMarshal(p)) }
