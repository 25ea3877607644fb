package node

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// IssuanceConfig is who may be given what without the operator.
type IssuanceConfig struct {
	Rules []IssuanceRuleConfig `yaml:"rules"`
}

// IssuanceRuleConfig is one rule; authority.IssuanceRule says what it means.
type IssuanceRuleConfig struct {
	Name          string           `yaml:"name"`
	Issuers       []string         `yaml:"issuers"` // DIDs, or self
	Organizations []string         `yaml:"organizations"`
	Roles         []string         `yaml:"roles"`
	AutonomyTiers []string         `yaml:"autonomy_tiers"`
	Grants        []GrantConfig    `yaml:"grants"`
	Resources     []string         `yaml:"resources"` // URI patterns: read, subscribe
	Prompts       []string         `yaml:"prompts"`   // name patterns: get
	Constraints   []ConstraintYAML `yaml:"constraints"`
	Delegate      bool             `yaml:"delegate"` // the agent may pass part of it on
	MaxTTLSeconds int64            `yaml:"max_ttl_seconds"`
	PeriodSeconds int64            `yaml:"period_seconds"`
	MaxAgents     int              `yaml:"max_agents"`
}

// GrantConfig is the tools of one server, with caps for each tool.
type GrantConfig struct {
	Server         string           `yaml:"server"`
	Tools          []string         `yaml:"tools"`
	Constraints    []ConstraintYAML `yaml:"constraints"`
	MaxInvocations *uint32          `yaml:"max_invocations"`
	MaxPerCall     string           `yaml:"max_per_call"` // as "0.03 USD"
	MaxTotal       string           `yaml:"max_total"`
}

// ConstraintYAML is a capability constraint as people write it.
type ConstraintYAML struct {
	Type  string `yaml:"type"`
	Value any    `yaml:"value"`
}

// selfIssuer stands for this organisation in a rule.
const selfIssuer = "self"

// validate checks the rules before the keys, and so this organisation's DID,
// are known.
func (c *IssuanceConfig) validate(currencies wire.Currencies) error {
	anybody, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		return err
	}
	_, err = c.policy(did.FromKey(anybody.Public()), currencies)
	return err
}

// policy builds and validates the issuance policy of an organisation.
func (c *IssuanceConfig) policy(self did.DID, currencies wire.Currencies) (*authority.IssuancePolicy, error) {
	p := &authority.IssuancePolicy{}
	for i := range c.Rules {
		r, err := c.Rules[i].rule(self, currencies)
		if err != nil {
			return nil, fmt.Errorf("issuance.rules[%d]: %w", i, err)
		}
		p.Rules = append(p.Rules, *r)
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}

func (c *IssuanceRuleConfig) rule(self did.DID, currencies wire.Currencies) (*authority.IssuanceRule, error) {
	r := &authority.IssuanceRule{Name: c.Name, Organizations: c.Organizations, Roles: c.Roles, AutonomyTiers: c.AutonomyTiers,
		MaxTTLSeconds: c.MaxTTLSeconds, PeriodSeconds: c.PeriodSeconds, MaxAgents: c.MaxAgents}
	for _, issuer := range c.Issuers {
		id := self
		if issuer != selfIssuer {
			var err error
			if id, err = did.Parse(issuer); err != nil {
				return nil, fmt.Errorf("issuers: %w; or write self for this organisation", err)
			}
		}
		r.Issuers = append(r.Issuers, id)
	}
	for i := range c.Grants {
		grants, err := c.Grants[i].grants(c.Delegate, currencies)
		if err != nil {
			return nil, fmt.Errorf("grants[%d]: %w", i, err)
		}
		r.Scope.Grants = append(r.Scope.Grants, grants...)
	}
	common, err := constraints(c.Constraints)
	if err != nil {
		return nil, err
	}
	for i := range r.Scope.Grants {
		g := &r.Scope.Grants[i]
		g.Constraints = append(g.Constraints, common...)
	}
	addPatterns(&r.Scope, c.Resources, c.Prompts, c.Delegate)
	return r, nil
}

func (c *GrantConfig) grants(delegate bool, currencies wire.Currencies) ([]capability.ToolGrant, error) {
	if c.Server == "" || len(c.Tools) == 0 {
		return nil, fmt.Errorf("server and tools are needed")
	}
	base := capability.ToolGrant{ServerID: c.Server, Operations: operationsOf(capability.Invoke, delegate), MaxInvocations: c.MaxInvocations}
	var err error
	if base.Constraints, err = constraints(c.Constraints); err != nil {
		return nil, err
	}
	if base.MaxCostPerInvocation, err = amountCap(c.MaxPerCall, currencies); err != nil {
		return nil, fmt.Errorf("max_per_call: %w", err)
	}
	if base.MaxTotalCost, err = amountCap(c.MaxTotal, currencies); err != nil {
		return nil, fmt.Errorf("max_total: %w", err)
	}
	out := make([]capability.ToolGrant, len(c.Tools))
	for i, tool := range c.Tools {
		out[i] = base
		out[i].ToolName = tool
		out[i].Constraints = append([]capability.Constraint(nil), base.Constraints...)
	}
	return out, nil
}

func amountCap(text string, currencies wire.Currencies) (*wire.MonetaryAmount, error) {
	if text == "" {
		return nil, nil
	}
	m, err := currencies.Parse(text)
	if err != nil {
		return nil, err
	}
	return &m, nil
}

func constraints(all []ConstraintYAML) ([]capability.Constraint, error) {
	var out []capability.Constraint
	for i, y := range all {
		c := capability.Constraint{Type: y.Type}
		if y.Value != nil {
			value, err := wire.Marshal(y.Value)
			if err != nil {
				return nil, fmt.Errorf("constraints[%d].value: %w", i, err)
			}
			c.Value = value
		}
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("constraints[%d]: %w", i, err)
		}
		out = append(out, c)
	}
	return out, nil
}
