package capability

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// AttenuateRequest describes the child token to derive.
type AttenuateRequest struct {
	ID        string
	Subject   wire.PublicKey
	Scope     Scope
	IssuedAt  int64 // unix seconds
	ExpiresAt int64
	Aggregate *Aggregate // the child's own bound, beside its ancestors'; nil adds none
}

// Attenuate derives a child of parent, signed by the parent's subject, that
// VerifyDelegation accepts behind it. Scope or window outside the parent's, a
// grant without "delegate", another delegator, or a chain that would exceed
// MaxDepth is an *Error. The parent's own signature and ancestors are not
// verified here.
func Attenuate(parent *Token, req AttenuateRequest, delegator wire.Signer) (*Token, error) {
	if delegator.Public() != parent.Subject {
		return nil, refuse(CodeChain, "only the subject %s of token %s can delegate it", parent.Subject, parent.ID)
	}
	if name := parent.unsupported(); name != "" {
		return nil, refuse(CodeInvalid, "token %s carries %s, which is not enforced here", parent.ID, name)
	}
	if len(parent.DelegationChain) >= MaxDepth {
		return nil, refuse(CodeChain, "token %s is already %d delegations deep, limit %d", parent.ID, len(parent.DelegationChain), MaxDepth)
	}
	if req.ID == parent.ID || slices.ContainsFunc(parent.DelegationChain, func(l Link) bool { return l.CapabilityID == req.ID }) {
		return nil, refuse(CodeChain, "token id %s is already in the chain", req.ID)
	}
	if err := covers(parent.Scope, req.Scope, Delegate); err != nil {
		return nil, err
	}
	if err := parent.delegable(); err != nil {
		return nil, err
	}
	hash, err := wire.DigestOf(parent.Scope)
	if err != nil {
		return nil, refuse(CodeInvalid, "scope of %s: %v", parent.ID, err)
	}
	link := Link{
		CapabilityID: parent.ID,
		Delegator:    delegator.Public(),
		Delegatee:    req.Subject,
		Timestamp:    req.IssuedAt,
		ScopeHash:    &hash,
	}
	input, err := link.signingInput()
	if err != nil {
		return nil, refuse(CodeInvalid, "link: %v", err)
	}
	if link.Signature, err = delegator.Sign(input); err != nil {
		return nil, fmt.Errorf("sign delegation of %s: %w", parent.ID, err)
	}
	child := Token{
		ID:              req.ID,
		Subject:         req.Subject,
		Scope:           req.Scope,
		IssuedAt:        req.IssuedAt,
		ExpiresAt:       req.ExpiresAt,
		DelegationChain: append(slices.Clone(parent.DelegationChain), link),
	}
	if req.Aggregate != nil {
		child.AggregateInvocationBudget = req.Aggregate.Value()
		if _, err := child.Aggregate(); err != nil {
			return nil, err
		}
	}
	if err := verifyTiming(parent, &child); err != nil {
		return nil, err
	}
	return Sign(child, delegator)
}
