package node

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// DyingToken is a live capability that ends with a key: one that the retired
// kernel key issued, since the kernel accepts roots and leaves of its present
// key only, or one of an agent's retired key.
type DyingToken struct {
	ID        string         `json:"id"`
	Subject   wire.PublicKey `json:"subject"`
	Agent     string         `json:"agent,omitempty"`
	ExpiresAt int64          `json:"expires_at"`
	Reissue   bool           `json:"reissue,omitzero"`
	NewID     string         `json:"new_id,omitempty"`
	Why       string         `json:"why,omitempty"` // it is not issued anew

	capability *authority.Capability
	scope      capability.Scope
}

// ofKernel are the capabilities that name the kernel key as an issuer.
func ofKernel(key wire.PublicKey) func(*authority.Capability) bool {
	return func(c *authority.Capability) bool { return c.Leaf().Issuer == key || c.Chain[0].Issuer == key }
}

// ofAgent are the capabilities of an agent's key.
func ofAgent(key wire.PublicKey) func(*authority.Capability) bool {
	return func(c *authority.Capability) bool { return c.Leaf().Subject == key }
}

// dyingTokens lists the capabilities that are neither expired nor revoked and
// end with a key.
func (n *Node) dyingTokens(r store.Reader, ends func(*authority.Capability) bool, reissue bool) ([]DyingToken, error) {
	now := n.now()
	out := []DyingToken{}
	err := authority.List(r, func(c *authority.Capability) error {
		leaf := c.Leaf()
		if !ends(c) || leaf.ExpiresAt <= now ||
			n.revocations.Check(c.Chain, c.Passport, leaf.Subject, nil, now) != nil {
			return nil
		}
		d := DyingToken{ID: leaf.ID, Subject: leaf.Subject, ExpiresAt: leaf.ExpiresAt, capability: c}
		a, err := authority.AgentByKey(r, leaf.Subject)
		if err != nil && !errors.Is(err, authority.ErrUnknown) {
			return err
		}
		d.Agent = a.Name
		if reissue {
			if err := d.remaining(r, a.Name != ""); err != nil {
				return err
			}
		}
		out = append(out, d)
		return nil
	})
	return out, err
}

// remaining decides whether a token is issued anew, and with what: a new token
// starts new budgets, so it gets what is left of the old ones and not a cent more.
func (d *DyingToken) remaining(r store.Reader, agent bool) error {
	leaf := d.capability.Leaf()
	switch {
	case len(d.capability.Chain) > 1:
		d.Why = "it is part of a treaty's or another agent's authority: federate again, or ask its delegator"
		return nil
	case !agent && d.capability.Passport == nil:
		d.Why = "it was given to a peer's kernel: federate again"
		return nil
	case len(leaf.AggregateInvocationBudget) > 0 || len(leaf.Caveats) > 0 || leaf.BudgetShareBps != nil:
		d.Why = "it has a budget over a family of tokens, which cannot be carried over: issue it by hand"
		return nil
	}
	d.scope = capability.Scope{ResourceGrants: leaf.Scope.ResourceGrants, PromptGrants: leaf.Scope.PromptGrants}
	for i, g := range leaf.Scope.Grants {
		left, some, err := leftOf(r, leaf.Ref(), i, g)
		if err != nil {
			return err
		}
		if some {
			d.scope.Grants = append(d.scope.Grants, left)
		}
	}
	if len(d.scope.Grants)+len(d.scope.ResourceGrants)+len(d.scope.PromptGrants) == 0 {
		d.Why = "its budgets are used up"
		return nil
	}
	d.Reissue = true
	return nil
}

// leftOf is a grant with its caps lowered by what was used; false if nothing is
// left of it. What calls still hold counts as used.
func leftOf(r store.Reader, token capability.Ref, index int, g capability.ToolGrant) (capability.ToolGrant, bool, error) {
	acc, err := budget.Snapshot(r, token, index)
	if err != nil {
		return g, false, fmt.Errorf("budget of %s: %w", token.ID, err)
	}
	if g.MaxInvocations != nil {
		if acc.Invocations >= uint64(*g.MaxInvocations) {
			return g, false, nil
		}
		left := *g.MaxInvocations - uint32(acc.Invocations)
		g.MaxInvocations = &left
	}
	if g.MaxTotalCost == nil {
		return g, true, nil
	}
	left := *g.MaxTotalCost
	for _, p := range acc.Purses {
		spent, err := p.Spent()
		if err != nil {
			return g, false, err
		}
		if p.Currency != left.Currency || spent > left.Units {
			return g, false, nil // no law says what is left: nothing is
		}
		left.Units -= spent
	}
	g.MaxTotalCost = &left
	return g, left.Units > 0, nil
}

// reissue signs the marked tokens with the new key, for the same subjects and
// the rest of their lives.
func (n *Node) reissue(tx store.Tx, kernel wire.Signer, dying []DyingToken) error {
	now := n.now()
	for i := range dying {
		d := &dying[i]
		if !d.Reissue || d.ExpiresAt <= now {
			continue
		}
		c, err := authority.Issue(tx, authority.Request{Subject: d.Subject, Scope: d.scope, TTLSeconds: d.ExpiresAt - now,
			Passport: d.capability.Passport}, kernel, now, n.rand)
		if err != nil {
			return fmt.Errorf("issue capability %s anew: %w", d.ID, err)
		}
		d.NewID = c.Leaf().ID
	}
	return nil
}
