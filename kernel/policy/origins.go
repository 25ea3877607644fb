package policy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
)

// The values of origins.default_behavior.
const (
	originsDeny    = "deny"
	originsMinimal = "minimal_profile"
)

// originIndex finds the profile of a request's origin:
//
//  1. a profile that names the origin's space_id, the first in document order
//  2. else the one that matches with the most fields; tags, groups and roles
//     count once each and need every entry
//  3. ties go to the first in document order
//  4. a profile without match, or with an empty one, matches every origin with
//     no field: it is the default profile
//
// A request without an origin matches nothing, not even the default profile.
type originIndex struct {
	spaces   map[string][]int // profiles that name a space
	others   []int
	profiles []OriginProfile
	fields   []int // set fields of each profile's match
	deny     bool  // an unmatched origin
}

func newOriginIndex(o *Origins) (*originIndex, error) {
	x := &originIndex{spaces: map[string][]int{}, profiles: o.Profiles, fields: make([]int, len(o.Profiles)), deny: o.DefaultBehavior != originsMinimal}
	ids := map[string]bool{}
	for i, p := range o.Profiles {
		if p.ID == "" || ids[p.ID] {
			return nil, fmt.Errorf("extensions.origins.profiles[%d].id: %.80q is empty or not unique", i, p.ID)
		}
		ids[p.ID] = true
		x.fields[i] = matchFields(p.Match)
		if p.Match != nil && p.Match.SpaceID != "" {
			x.spaces[p.Match.SpaceID] = append(x.spaces[p.Match.SpaceID], i)
			continue
		}
		x.others = append(x.others, i)
	}
	return x, nil
}

// find returns the index of the profile, or -1.
func (x *originIndex) find(s *kernel.Surface) int {
	if s == nil {
		return -1
	}
	if s.SpaceID != "" {
		for _, i := range x.spaces[s.SpaceID] { // 1
			if matches(x.profiles[i].Match, s) {
				return i
			}
		}
	}
	best := -1
	for _, i := range x.others { // 2, 4
		if (best < 0 || x.fields[i] > x.fields[best]) && matches(x.profiles[i].Match, s) { // 3
			best = i
		}
	}
	return best
}

func matchFields(m *OriginMatch) int {
	if m == nil {
		return 0
	}
	n := 0
	for _, set := range []bool{m.Provider != "", m.TenantID != "", m.SpaceID != "", m.SpaceType != "", m.Visibility != "",
		m.ExternalParticipants != nil, len(m.Tags) > 0, m.Sensitivity != "", m.ActorRole != "", m.OrganizationID != "",
		len(m.Groups) > 0, len(m.Roles) > 0} {
		if set {
			n++
		}
	}
	return n
}

func matches(m *OriginMatch, s *kernel.Surface) bool {
	if m == nil {
		return true
	}
	same := func(want, have string) bool { return want == "" || want == have }
	if !same(m.Provider, s.Provider) || !same(m.TenantID, s.TenantID) || !same(m.SpaceID, s.SpaceID) ||
		!same(m.SpaceType, s.SpaceType) || !same(m.Visibility, s.Visibility) || !same(m.Sensitivity, s.Sensitivity) ||
		!same(m.ActorRole, s.ActorRole) || !same(m.OrganizationID, s.OrganizationID) {
		return false
	}
	if m.ExternalParticipants != nil && (s.ExternalParticipants == nil || *s.ExternalParticipants != *m.ExternalParticipants) {
		return false
	}
	return contains(s.Tags, m.Tags) && contains(s.Groups, m.Groups) && contains(s.Roles, m.Roles)
}

// checkProfiles refuses what a profile cannot mean and warns of what no guard
// enforces.
func (b *builder) checkProfiles(o *Origins) error {
	for _, p := range o.Profiles {
		path := "extensions.origins.profiles." + p.ID
		if p.Posture != "" {
			if b.d.Extensions.Posture == nil {
				return fmt.Errorf("%s.posture: the policy has no extensions.posture", path)
			}
			if _, have := b.d.Extensions.Posture.States[p.Posture]; !have {
				return fmt.Errorf("%s.posture: %.80q is not a state of extensions.posture", path, p.Posture)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(p.Budgets)) {
			if p.Budgets[key] < 0 {
				return fmt.Errorf("%s.budgets.%s: is negative", path, key)
			}
			if !slices.Contains([]string{"tool_calls", "egress_calls", "shell_commands", "file_writes", "patches", "custom_calls"}, key) {
				b.warn(path+".budgets."+key, "is a budget that nothing spends")
			}
		}
		if p.Bridge != nil {
			b.warn(path+".bridge", "is not enforced: which origin a result flows to next is not known here; allow_cross_origin permits nothing more than the rules do")
		}
		if d := p.Data; d != nil && !d.RedactBeforeSend && !d.BlockSensitiveOutputs {
			b.warn(path+".data.allow_external_sharing", "decides nothing: set redact_before_send or block_sensitive_outputs for what leaves in results")
		}
	}
	return nil
}
