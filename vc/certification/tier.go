package certification

import "fmt"

// Tier is how much was shown.
type Tier string

// The tiers, each with all that the ones before it ask:
//
//	bronze  every required check passed; none failed or was skipped
//	silver  no recommended check failed, and at least one passed
//	gold    an evidence bundle and the artifact itself are named by digest, and
//	        the certifier is not the one whose server it is
const (
	Bronze Tier = "bronze"
	Silver Tier = "silver"
	Gold   Tier = "gold"
)

// rank orders tiers; 0 is no tier.
func (t Tier) rank() int {
	switch t {
	case Bronze:
		return 1
	case Silver:
		return 2
	case Gold:
		return 3
	}
	return 0
}

// ParseTier is the door for a tier.
func ParseTier(s string) (Tier, error) {
	if t := Tier(s); t.rank() > 0 {
		return t, nil
	}
	return "", fmt.Errorf("%w: %.20q: use bronze, silver or gold", ErrTier, s)
}

// AtLeast reports whether t is a tier and not below floor, which must be one.
func (t Tier) AtLeast(floor Tier) bool { return floor.rank() > 0 && t.rank() >= floor.rank() }

// Earned is the highest tier that the rules allow, "" for none.
func (c *Certification) Earned() Tier {
	required, recommended := c.Results.Required, c.Results.Recommended
	if required.Failed > 0 || required.Skipped > 0 || required.Passed == 0 {
		return ""
	}
	if recommended.Failed > 0 || recommended.Passed == 0 {
		return Bronze
	}
	if c.EvidenceSHA256.IsZero() || c.Server.ArtifactSHA256.IsZero() || c.Server.DID == c.Certifier {
		return Silver
	}
	return Gold
}
