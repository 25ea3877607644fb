package capability

import (
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// tokenBody is what a token's signature covers: every field but algorithm and
// signature. Field order is irrelevant; the canonical form sorts.
type tokenBody struct {
	Schema                    string         `json:"schema,omitempty"`
	ID                        string         `json:"id"`
	Issuer                    wire.PublicKey `json:"issuer"`
	Subject                   wire.PublicKey `json:"subject"`
	Scope                     Scope          `json:"scope"`
	IssuedAt                  int64          `json:"issued_at"`
	ExpiresAt                 int64          `json:"expires_at"`
	DelegationChain           []Link         `json:"delegation_chain,omitempty"`
	AggregateInvocationBudget wire.Raw       `json:"aggregate_invocation_budget,omitempty"`
	Caveats                   []wire.Raw     `json:"caveats,omitempty"`
	ScopeAttenuations         []wire.Raw     `json:"scope_attenuations,omitempty"`
	AttenuationProof          wire.Raw       `json:"attenuation_proof,omitempty"`
	BudgetShareBps            *uint16        `json:"budget_share_bps,omitempty"`
}

// linkBody is what a link's signature covers.
type linkBody struct {
	CapabilityID       string         `json:"capability_id"`
	Delegator          wire.PublicKey `json:"delegator"`
	Delegatee          wire.PublicKey `json:"delegatee"`
	Attenuations       []wire.Raw     `json:"attenuations,omitempty"`
	Timestamp          int64          `json:"timestamp"`
	ScopeHash          *wire.Digest   `json:"scope_hash,omitempty"`
	AggregateBudget    wire.Raw       `json:"aggregate_budget,omitempty"`
	CumulativeApproval wire.Raw       `json:"cumulative_approval,omitempty"`
	ChildBinding       wire.Raw       `json:"child_binding,omitempty"`
}

// SigningInput is the canonical body with "schema":"chio.capability.v1", also
// for a token that omits it on the wire.
func (t *Token) SigningInput() ([]byte, error) { return t.bodyBytes(Schema) }

func (t *Token) bodyBytes(schema string) ([]byte, error) {
	return wire.Marshal(tokenBody{
		Schema:                    schema,
		ID:                        t.ID,
		Issuer:                    t.Issuer,
		Subject:                   t.Subject,
		Scope:                     t.Scope,
		IssuedAt:                  t.IssuedAt,
		ExpiresAt:                 t.ExpiresAt,
		DelegationChain:           t.DelegationChain,
		AggregateInvocationBudget: t.AggregateInvocationBudget,
		Caveats:                   t.Caveats,
		ScopeAttenuations:         t.ScopeAttenuations,
		AttenuationProof:          t.AttenuationProof,
		BudgetShareBps:            t.BudgetShareBps,
	})
}

// Sign completes and signs a token: schema and issuer are filled in, the
// algorithm is left out as upstream does for Ed25519. A body that names another
// issuer, or that Check refuses, is an error.
func Sign(body Token, signer wire.Signer) (*Token, error) {
	if !body.Issuer.IsZero() && body.Issuer != signer.Public() {
		return nil, refuse(CodeIssuer, "token names issuer %s, signing as %s", body.Issuer, signer.Public())
	}
	body.Schema, body.Issuer, body.Algorithm = Schema, signer.Public(), ""
	for i := range body.Scope.Grants {
		if body.Scope.Grants[i].Operations == nil {
			return nil, refuse(CodeInvalid, "grants[%d] lists no operations", i)
		}
	}
	if err := body.Check(); err != nil {
		return nil, err
	}
	input, err := body.SigningInput()
	if err != nil {
		return nil, refuse(CodeInvalid, "token: %v", err)
	}
	if body.Signature, err = signer.Sign(input); err != nil {
		return nil, fmt.Errorf("sign capability %s: %w", body.ID, err)
	}
	return &body, nil
}

// VerifySignature checks the issuer's signature over the body with schema,
// then, for a token that omits schema and carries no caveat, attenuation,
// budget-share or aggregate data, over the plain body. It says nothing about
// whether the issuer may issue.
func (t *Token) VerifySignature() error {
	if t.Algorithm != "" && t.Algorithm != wire.AlgEd25519 {
		return refuse(CodeSignature, "algorithm %.20q is not supported; only ed25519 is", t.Algorithm)
	}
	if err := t.Issuer.Check(); err != nil {
		return refuse(CodeSignature, "issuer: %v", err)
	}
	input, err := t.bodyBytes(Schema)
	if err != nil {
		return refuse(CodeInvalid, "token: %v", err)
	}
	if t.Issuer.Verify(input, t.Signature) == nil {
		return nil
	}
	if t.Schema == "" && len(t.AggregateInvocationBudget) == 0 && t.unsupported() == "" {
		if input, err = t.bodyBytes(""); err == nil && t.Issuer.Verify(input, t.Signature) == nil {
			return nil
		}
	}
	return refuse(CodeSignature, "token %s is not signed by its issuer %s", t.ID, t.Issuer)
}

// unsupported names the first member that admission does not enforce, or "".
func (t *Token) unsupported() string {
	switch {
	case len(t.Caveats) > 0:
		return "caveats"
	case len(t.ScopeAttenuations) > 0:
		return "scope_attenuations"
	case len(t.AttenuationProof) > 0:
		return "attenuation_proof"
	case t.BudgetShareBps != nil:
		return "budget_share_bps"
	}
	if _, err := t.Aggregate(); err != nil {
		return "an aggregate_invocation_budget of another form"
	}
	for i := range t.DelegationChain {
		if name := t.DelegationChain[i].unsupported(); name != "" {
			return fmt.Sprintf("delegation_chain[%d].%s", i, name)
		}
	}
	return ""
}

func (l *Link) unsupported() string {
	switch {
	case len(l.Attenuations) > 0:
		return "attenuations"
	case len(l.AggregateBudget) > 0:
		return "aggregate_budget"
	case len(l.CumulativeApproval) > 0:
		return "cumulative_approval"
	case len(l.ChildBinding) > 0:
		return "child_binding"
	}
	return ""
}

func (l *Link) signingInput() ([]byte, error) {
	return wire.Marshal(linkBody{
		CapabilityID:       l.CapabilityID,
		Delegator:          l.Delegator,
		Delegatee:          l.Delegatee,
		Attenuations:       l.Attenuations,
		Timestamp:          l.Timestamp,
		ScopeHash:          l.ScopeHash,
		AggregateBudget:    l.AggregateBudget,
		CumulativeApproval: l.CumulativeApproval,
		ChildBinding:       l.ChildBinding,
	})
}

// VerifySignature checks the delegator's signature over the link.
func (l *Link) VerifySignature() error {
	input, err := l.signingInput()
	if err != nil {
		return refuse(CodeInvalid, "link: %v", err)
	}
	if err := l.Delegator.Verify(input, l.Signature); err != nil {
		return refuse(CodeSignature, "link for %s is not signed by its delegator %s", l.CapabilityID, l.Delegator)
	}
	return nil
}

// CheckTime reports whether issued_at ≤ now < expires_at.
func (t *Token) CheckTime(now int64) error {
	if now < t.IssuedAt {
		return refuse(CodeNotYetValid, "token %s is valid from %d, it is %d; check the clocks", t.ID, t.IssuedAt, now)
	}
	if now >= t.ExpiresAt {
		return refuse(CodeExpired, "token %s expired at %d, it is %d; ask for a new one", t.ID, t.ExpiresAt, now)
	}
	return nil
}
