package capability

import "slices"

// The levels of minimum_runtime_assurance.
const (
	AssuranceNone     = "none"
	AssuranceBasic    = "basic"
	AssuranceAttested = "attested"
	AssuranceVerified = "verified"
)

// The levels of minimum_autonomy_tier.
const (
	TierDirect     = "direct"
	TierDelegated  = "delegated"
	TierAutonomous = "autonomous"
)

// The levels of content_review_tier.
const (
	ReviewNone   = "none"
	ReviewBasic  = "basic"
	ReviewStrict = "strict"
)

// The levels of model_constraint.
const (
	SafetyLow        = "low"
	SafetyStandard   = "standard"
	SafetyHigh       = "high"
	SafetyRestricted = "restricted"
)

// The same, lowest first.
var (
	assuranceLevels = [...]string{AssuranceNone, AssuranceBasic, AssuranceAttested, AssuranceVerified}
	autonomyTiers   = [...]string{TierDirect, TierDelegated, TierAutonomous}
	reviewTiers     = [...]string{ReviewNone, ReviewBasic, ReviewStrict}
	safetyTiers     = [...]string{SafetyLow, SafetyStandard, SafetyHigh, SafetyRestricted}
)

func rank(levels []string, level string) int { return slices.Index(levels, level) }

// atLeast is false if either word is unknown.
func atLeast(levels []string, have, want string) bool {
	h, w := rank(levels, have), rank(levels, want)
	return h >= 0 && w >= 0 && h >= w
}

// AssuranceRank orders none, basic, attested, verified from 0; -1 is unknown.
func AssuranceRank(level string) int { return rank(assuranceLevels[:], level) }

// AssuranceAtLeast reports whether have satisfies want; unknown words do not.
func AssuranceAtLeast(have, want string) bool { return atLeast(assuranceLevels[:], have, want) }

// TierRank orders the autonomy tiers direct, delegated, autonomous from 0; -1
// is unknown.
func TierRank(tier string) int { return rank(autonomyTiers[:], tier) }

// TierAtLeast reports whether have satisfies want; unknown words do not.
func TierAtLeast(have, want string) bool { return atLeast(autonomyTiers[:], have, want) }

// ReviewRank orders the content review tiers none, basic, strict from 0; -1 is
// unknown.
func ReviewRank(tier string) int { return rank(reviewTiers[:], tier) }

// ReviewAtLeast reports whether have satisfies want; unknown words do not.
func ReviewAtLeast(have, want string) bool { return atLeast(reviewTiers[:], have, want) }

// SafetyRank orders the model safety tiers low, standard, high, restricted
// from 0; -1 is unknown.
func SafetyRank(tier string) int { return rank(safetyTiers[:], tier) }

// SafetyAtLeast reports whether have satisfies want; unknown words do not.
func SafetyAtLeast(have, want string) bool { return atLeast(safetyTiers[:], have, want) }
