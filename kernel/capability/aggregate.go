package capability

import "github.com/backbay-labs/chio-node/wire"

// The scopes of an aggregate invocation budget.
const (
	AggregateCapability = "capability"        // calls under this very token
	AggregateFamily     = "delegation-family" // and under every token derived from it
)

// Aggregate bounds the calls under a token over all its grants. The family
// bounds of a leaf's ancestors are counted with its own, so a child inherits
// them without repeating them, and may add its own. A token whose bound is of
// scope "capability" cannot be delegated: its child would not be bound.
type Aggregate struct {
	Scope          string
	MaxInvocations uint32 // 0 denies every call
}

type aggregateValue struct {
	Scope          *string `json:"scope"`
	MaxInvocations *uint32 `json:"max_invocations"`
}

// Value is the member aggregate_invocation_budget of a token.
func (a Aggregate) Value() wire.Raw {
	return wire.MustMarshal(aggregateValue{Scope: &a.Scope, MaxInvocations: &a.MaxInvocations})
}

// Aggregate decodes the token's aggregate_invocation_budget, nil if it has
// none. The upstream's root_binding, another scope, or any other form is an
// *Error with code CHIO-CAP-INVALID.
func (t *Token) Aggregate() (*Aggregate, error) {
	if len(t.AggregateInvocationBudget) == 0 {
		return nil, nil
	}
	var v aggregateValue
	if err := wire.Unmarshal(t.AggregateInvocationBudget, &v, wire.DocumentLimits); err != nil {
		return nil, refuse(CodeInvalid, "aggregate_invocation_budget: %v", err)
	}
	if v.Scope == nil || v.MaxInvocations == nil {
		return nil, refuse(CodeInvalid, "aggregate_invocation_budget needs scope and max_invocations")
	}
	if *v.Scope != AggregateCapability && *v.Scope != AggregateFamily {
		return nil, refuse(CodeInvalid, "aggregate_invocation_budget: scope %.40q is not known", *v.Scope)
	}
	return &Aggregate{Scope: *v.Scope, MaxInvocations: *v.MaxInvocations}, nil
}

// delegable refuses to derive a token that escapes its parent's bound.
func (t *Token) delegable() error {
	a, err := t.Aggregate()
	if err != nil {
		return err
	}
	if a != nil && a.Scope == AggregateCapability {
		return refuse(CodeWidened, "token %s bounds its own calls only, so it cannot be delegated; bound its delegation-family", t.ID)
	}
	return nil
}
