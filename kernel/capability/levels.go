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

// atLeast is false if either word is unknown.
func atLeast(levels []string, have, want string) bool {
	h, w := slices.Index(levels, have), slices.Index(levels, want)
	return h >= 0 && w >= 0 && h >= w
}

// AssuranceAtLeast reports whether have satisfies want on the scale none,
// basic, attested, verified; unknown words do not.
func AssuranceAtLeast(have, want string) bool { return atLeast(assuranceLevels[:], have, want) }

// TierAtLeast reports whether have satisfies want on the scale direct,
// delegated, autonomous; unknown words do not.
func TierAtLeast(have, want string) bool { return atLeast(autonomyTiers[:], have, want) }

// SafetyAtLeast reports whether have satisfies want on the scale low,
// standard, high, restricted; unknown words do not.
func SafetyAtLeast(have, want string) bool { return atLeast(safetyTiers[:], have, want) }
