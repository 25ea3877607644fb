package passport

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The trust anchors a policy can name instead of single issuers. What they
// stand for is known to the node that judges.
const (
	AnchorSelf  = "self"  // this organisation
	AnchorPeers = "peers" // organisations with a treaty in force
)

// The reasons no policy decides.
var (
	// ErrNoPolicy: nobody said which passports count; then none does.
	ErrNoPolicy = errors.New("no passport policy: none counts")
	// ErrPolicy: the policy cannot be what somebody meant.
	ErrPolicy = errors.New("passport policy")
)

// Policy is what a verifier asks of a passport. What is zero is not asked for,
// but for the issuers: somebody must be named.
type Policy struct {
	ID           string    `json:"policy_id" yaml:"policy_id"`                                              // the verifier's own name for it
	Issuers      []did.DID `json:"issuers,omitempty" yaml:"issuers,omitempty"`                              // who may have issued it
	TrustAnchors []string  `json:"trust_anchors,omitempty" yaml:"trust_anchors,omitempty"`                  // self, peers
	MinTier      string    `json:"min_autonomy_tier,omitempty" yaml:"min_autonomy_tier"`                    // direct < delegated < autonomous
	Roles        []string  `json:"required_roles,omitempty" yaml:"required_roles"`                          // all of them
	KeyCustody   string    `json:"key_custody,omitempty" yaml:"key_custody"`                                // own: the agent alone holds its key
	MinRuntime   string    `json:"min_runtime_tier,omitempty" yaml:"min_runtime_tier"`                      // basic < attested < verified
	MinReceipts  uint64    `json:"min_receipts,omitzero" yaml:"min_receipts"`                               // the reputation rests on
	MinDays      uint64    `json:"min_active_days,omitzero" yaml:"min_active_days"`                         // on which there were any
	MaxAge       int64     `json:"max_attestation_age_seconds,omitzero" yaml:"max_attestation_age_seconds"` // of passport and reputation
	MaxStatusAge int64     `json:"max_status_age_seconds" yaml:"max_status_age_seconds"`                    // of the status lists

	// MinMetrics are the least scores, in ppm, by the names of metrics; MaxBoundaryPressure is the most of that one.
	MinMetrics          map[string]uint64 `json:"min_metrics_ppm,omitempty" yaml:"min_metrics_ppm"`
	MaxBoundaryPressure *uint64           `json:"max_boundary_pressure_ppm,omitempty" yaml:"max_boundary_pressure_ppm"`
}

// The limits of a policy.
const (
	maxPolicyIssuers = 256
	maxStatusAge     = 30 * 24 * 3600
)

// Check refuses a policy that could not be what somebody meant:
//
//	1 it has a name
//	2 it names an issuer or a trust anchor, each known and none twice
//	3 tiers, custody and metrics are words that exist
//	4 scores are at most a million, ages not negative
//	5 status lists may have an age of 1 second to 30 days
func (p *Policy) Check() error {
	if p == nil {
		return ErrNoPolicy
	}
	if !isText(p.ID, maxName) { // 1
		return fmt.Errorf("%w: policy_id must be 1 to %d printable bytes", ErrPolicy, maxName)
	}
	if err := p.checkIssuers(); err != nil { // 2
		return err
	}
	if err := p.checkWords(); err != nil { // 3
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(p.MinMetrics)) {
		if p.MinMetrics[name] > ppm { // 4
			return fmt.Errorf("%w: min_metrics_ppm.%s is %d, limit %d", ErrPolicy, name, p.MinMetrics[name], ppm)
		}
	}
	switch {
	case p.MaxBoundaryPressure != nil && *p.MaxBoundaryPressure > ppm: // 4
		return fmt.Errorf("%w: max_boundary_pressure_ppm is %d, limit %d", ErrPolicy, *p.MaxBoundaryPressure, ppm)
	case p.MaxAge < 0: // 4
		return fmt.Errorf("%w: max_attestation_age_seconds is negative", ErrPolicy)
	case p.MaxStatusAge <= 0 || p.MaxStatusAge > maxStatusAge: // 5
		return fmt.Errorf("%w: max_status_age_seconds is %d, want 1 to %d", ErrPolicy, p.MaxStatusAge, maxStatusAge)
	}
	return nil
}

func (p *Policy) checkIssuers() error {
	if len(p.Issuers) == 0 && len(p.TrustAnchors) == 0 {
		return fmt.Errorf("%w: neither issuers nor trust_anchors: name whose passports count", ErrPolicy)
	}
	if len(p.Issuers) > maxPolicyIssuers {
		return fmt.Errorf("%w: %d issuers, limit %d", ErrPolicy, len(p.Issuers), maxPolicyIssuers)
	}
	for i, d := range p.Issuers {
		if _, err := did.Parse(string(d)); err != nil {
			return fmt.Errorf("%w: issuers[%d]: %w", ErrPolicy, i, err)
		}
		if slices.Contains(p.Issuers[:i], d) {
			return fmt.Errorf("%w: issuers[%d] stands there twice", ErrPolicy, i)
		}
	}
	for i, a := range p.TrustAnchors {
		if a != AnchorSelf && a != AnchorPeers || slices.Contains(p.TrustAnchors[:i], a) {
			return fmt.Errorf("%w: trust_anchors[%d] %.30q: use self and peers, each once", ErrPolicy, i, a)
		}
	}
	return nil
}

func (p *Policy) checkWords() error {
	switch {
	case p.MinTier != "" && !capability.TierAtLeast(p.MinTier, TierDirect):
		return fmt.Errorf("%w: min_autonomy_tier %.30q: use direct, delegated or autonomous", ErrPolicy, p.MinTier)
	case p.MinRuntime != "" && !capability.AssuranceAtLeast(p.MinRuntime, capability.AssuranceBasic):
		return fmt.Errorf("%w: min_runtime_tier %.30q: use basic, attested or verified", ErrPolicy, p.MinRuntime)
	case p.KeyCustody != "" && p.KeyCustody != CustodyOwn:
		return fmt.Errorf("%w: key_custody %.30q: use own, or leave it out", ErrPolicy, p.KeyCustody)
	}
	if err := checkRoles(p.Roles); err != nil {
		return fmt.Errorf("%w: required_roles: %w", ErrPolicy, err)
	}
	for name := range p.MinMetrics {
		if name == boundaryPressure {
			return fmt.Errorf("%w: less is better of %s: use max_boundary_pressure_ppm", ErrPolicy, name)
		}
		if !slices.Contains(metricNames[:], name) {
			return fmt.Errorf("%w: min_metrics_ppm has no metric %.40q: use %s", ErrPolicy, name, strings.Join(metricNames[:], ", "))
		}
	}
	return nil
}

// ParsePolicy reads a policy that is written in JSON.
func ParsePolicy(doc []byte) (*Policy, error) {
	var p Policy
	if err := wire.Unmarshal(doc, &p, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return &p, p.Check()
}

// Digest names exactly this policy.
func (p *Policy) Digest() (wire.Digest, error) { return wire.DigestOf(p) }

// Gate is the gate for passports under this policy: what the caller brings,
// with the issuers and the status age that the policy demands.
func (p *Policy) Gate(g vc.Gate, anchor func(name string, issuer did.DID) bool) vc.Gate {
	g.TrustedIssuer = func(issuer string) bool { return p.trusts(issuer, anchor) }
	g.MaxStatusAgeSeconds, g.AllowNoStatus = p.MaxStatusAge, false
	return g
}

// trusts reports whether the policy names an issuer, by itself or by an anchor.
func (p *Policy) trusts(issuer string, anchor func(string, did.DID) bool) bool {
	id, err := did.Parse(issuer)
	if err != nil {
		return false
	}
	return slices.Contains(p.Issuers, id) || anchor != nil && slices.ContainsFunc(p.TrustAnchors, func(name string) bool { return anchor(name, id) })
}
