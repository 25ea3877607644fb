package authority

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// The codes of a capability that the issuance policy does not give.
const (
	CodeIssuanceNoRule kernel.Code = "CHIO-ISSUANCE-NO-RULE" // no rule is for this passport
	CodeIssuanceScope  kernel.Code = "CHIO-ISSUANCE-SCOPE"   // a rule is, but it gives less
	CodeIssuanceHeld   kernel.Code = "CHIO-ISSUANCE-HELD"    // the rule was used up for its period
)

// IssuanceRule says what the holder of a matching passport may be given. A
// list that is empty matches everything, but for Issuers, which must name
// somebody: an issuer nobody chose vouches for nobody.
type IssuanceRule struct {
	Name          string    // a-z, 0-9, '-', '_'; what was given is remembered under it
	Issuers       []did.DID // one of them signed the passport
	Organizations []string  // the passport names one of them
	Roles         []string  // the passport has at least one of them
	AutonomyTiers []string  // the passport has one of them

	// Scope is the most that is given. Its constraints and caps are added to
	// what is asked for; "delegate" among the operations lets the agent pass
	// part of it on, to depth 4 at most.
	Scope         capability.Scope
	MaxTTLSeconds int64
	// PeriodSeconds is how long an agent's share lasts: under one rule it is
	// given one capability in a period, so that asking again multiplies
	// nothing. At least MaxTTLSeconds, which 0 means.
	PeriodSeconds int64
	// MaxAgents bounds the agents that share the rule in a period; 0 is no
	// bound.
	MaxAgents int
}

// IssuancePolicy is who may be given what without an operator. The zero policy
// gives nobody anything. It is validated once, then read only.
type IssuancePolicy struct {
	Rules []IssuanceRule
}

// ErrIssuancePolicy wraps every problem of an issuance policy.
var ErrIssuancePolicy = errors.New("issuance policy")

const maxIssuanceRules = 256

var rulePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Validate refuses a policy that could not be what somebody meant, and fills
// in the periods.
func (p *IssuancePolicy) Validate() error {
	if len(p.Rules) > maxIssuanceRules {
		return fmt.Errorf("%w: %d rules, limit %d", ErrIssuancePolicy, len(p.Rules), maxIssuanceRules)
	}
	names := map[string]bool{}
	for i := range p.Rules {
		r := &p.Rules[i]
		if !rulePattern.MatchString(r.Name) || names[r.Name] {
			return fmt.Errorf("%w: rules[%d].name %.80q must be unique and of a-z, 0-9, '-', '_'", ErrIssuancePolicy, i, r.Name)
		}
		names[r.Name] = true
		if err := r.validate(); err != nil {
			return fmt.Errorf("%w: rule %s: %w", ErrIssuancePolicy, r.Name, err)
		}
	}
	return nil
}

func (r *IssuanceRule) validate() error {
	if len(r.Issuers) == 0 {
		return errors.New("issuers is empty; name the organisations whose passports count")
	}
	for _, d := range r.Issuers {
		if _, err := did.Parse(d.String()); err != nil {
			return fmt.Errorf("issuers: %w", err)
		}
	}
	for _, tier := range r.AutonomyTiers {
		if !capability.TierAtLeast(tier, capability.TierDirect) {
			return fmt.Errorf("autonomy_tiers: %.30q is none of direct, delegated, autonomous", tier)
		}
	}
	if r.MaxTTLSeconds <= 0 || r.MaxTTLSeconds > MaxTTLSeconds {
		return fmt.Errorf("max_ttl_seconds is %d, want 1 … %d", r.MaxTTLSeconds, MaxTTLSeconds)
	}
	if r.PeriodSeconds == 0 {
		r.PeriodSeconds = r.MaxTTLSeconds
	}
	if r.PeriodSeconds < r.MaxTTLSeconds || r.PeriodSeconds > MaxTTLSeconds {
		return fmt.Errorf("period_seconds is %d, want max_ttl_seconds (%d) … %d", r.PeriodSeconds, r.MaxTTLSeconds, MaxTTLSeconds)
	}
	if r.MaxAgents < 0 {
		return fmt.Errorf("max_agents is %d, want 0 or more", r.MaxAgents)
	}
	if grants(&r.Scope) == 0 {
		return errors.New("it grants nothing; add at least one grant")
	}
	for _, g := range r.Scope.Grants {
		if len(g.Operations) == 0 {
			return fmt.Errorf("grant %.80s: no operation is granted", g.ToolName)
		}
		for i := range g.Constraints {
			if err := g.Constraints[i].Check(); err != nil {
				return fmt.Errorf("grant %.80s: %w", g.ToolName, err)
			}
		}
	}
	return checkScope(r.Scope)
}

func grants(s *capability.Scope) int {
	return len(s.Grants) + len(s.ResourceGrants) + len(s.PromptGrants)
}

// checkScope refuses a scope that no token could carry.
func checkScope(s capability.Scope) error {
	anybody, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		return err
	}
	key := anybody.Public()
	t := capability.Token{ID: "scope", Issuer: key, Subject: key, Scope: s, ExpiresAt: 1}
	return t.Check()
}

// Presentation is what a verified passport says of its holder.
type Presentation struct {
	Issuer       did.DID
	Organization string
	Roles        []string
	AutonomyTier string
	ExpiresAt    int64 // unix seconds: nothing is given beyond it
}

// Decision is what a rule gives.
type Decision struct {
	Rule       *IssuanceRule
	Scope      capability.Scope // what was asked for, with the rule's constraints and caps
	TTLSeconds int64            // what was asked for, cut to the rule and to the passport
}

// Decide is pure. The first rule that is for the passport and covers the whole
// scope decides; two rules do not add up. What it gives is never more than the
// rule's scope: capability.Covers proves it on the result.
func (p *IssuancePolicy) Decide(who Presentation, scope capability.Scope, ttlSeconds, now int64) (Decision, *kernel.Denial) {
	why := issuanceDenial(CodeIssuanceNoRule, "no issuance rule is for a passport of "+who.Issuer.String()+" with these roles",
		"ask the operator for a capability, or for a rule under issuance")
	for i := range p.Rules {
		r := &p.Rules[i]
		if !r.matches(&who) {
			continue
		}
		given := narrow(scope, &r.Scope)
		if err := capability.Covers(r.Scope, given); err != nil {
			why = issuanceDenial(CodeIssuanceScope, fmt.Sprintf("rule %s does not give that: %v", r.Name, err), "ask for less")
			continue
		}
		ttl := min(ttlSeconds, r.MaxTTLSeconds, who.ExpiresAt-now)
		if ttl <= 0 {
			return Decision{}, issuanceDenial(CodeIssuanceScope, "the passport ends before a capability could begin", "ask for a new passport")
		}
		return Decision{Rule: r, Scope: given, TTLSeconds: ttl}, nil
	}
	return Decision{}, why
}

func (r *IssuanceRule) matches(who *Presentation) bool {
	return slices.Contains(r.Issuers, who.Issuer) &&
		(len(r.Organizations) == 0 || slices.Contains(r.Organizations, who.Organization)) &&
		(len(r.AutonomyTiers) == 0 || slices.Contains(r.AutonomyTiers, who.AutonomyTier)) &&
		(len(r.Roles) == 0 || slices.ContainsFunc(who.Roles, func(role string) bool { return slices.Contains(r.Roles, role) }))
}

// narrow adds to each tool grant what the first rule grant that names its
// server, tool and operations demands. It widens nothing and proves nothing:
// Covers judges the result.
func narrow(asked capability.Scope, rule *capability.Scope) capability.Scope {
	out := asked
	out.Grants = slices.Clone(asked.Grants)
	for i := range out.Grants {
		g := &out.Grants[i]
		for j := range rule.Grants {
			if most := &rule.Grants[j]; names(most, g) {
				tighten(g, most)
				break
			}
		}
	}
	return out
}

func names(most, g *capability.ToolGrant) bool {
	if most.ServerID != "*" && most.ServerID != g.ServerID || most.ToolName != "*" && most.ToolName != g.ToolName {
		return false
	}
	return !slices.ContainsFunc(g.Operations, func(op capability.Operation) bool { return !slices.Contains(most.Operations, op) })
}

func tighten(g, most *capability.ToolGrant) {
	constraints := slices.Clone(most.Constraints)
	for _, c := range g.Constraints {
		if !slices.ContainsFunc(most.Constraints, func(m capability.Constraint) bool {
			return m.Type == c.Type && string(m.Value) == string(c.Value)
		}) {
			constraints = append(constraints, c)
		}
	}
	g.Constraints = constraints
	if m := most.MaxInvocations; m != nil && (g.MaxInvocations == nil || *g.MaxInvocations > *m) {
		g.MaxInvocations = m
	}
	g.MaxCostPerInvocation = lower(g.MaxCostPerInvocation, most.MaxCostPerInvocation)
	g.MaxTotalCost = lower(g.MaxTotalCost, most.MaxTotalCost)
	if most.DPoPRequired != nil && *most.DPoPRequired {
		g.DPoPRequired = most.DPoPRequired
	}
}

// lower keeps an amount in another currency: Covers refuses it.
func lower(asked, most *wire.MonetaryAmount) *wire.MonetaryAmount {
	if asked == nil || most != nil && asked.Currency == most.Currency && asked.Units > most.Units {
		return most
	}
	return asked
}

func issuanceDenial(code kernel.Code, reason, fix string) *kernel.Denial {
	return &kernel.Denial{Code: code, Guard: "issuance", Side: "local", Reason: reason, Fix: fix}
}
