package capability

import (
	"github.com/backbay-labs/chio-node/wire"
)

// MaxDepth is the deepest delegation this node issues or accepts.
const MaxDepth = 4

// ChainInput is what a chain is judged against.
type ChainInput struct {
	Now         int64                     // unix seconds
	MaxDepth    int                       // delegations allowed; 0: root tokens only
	TrustedRoot func(wire.PublicKey) bool // nil trusts nobody
	// CountsAggregates says that the caller counts, or only reports, calls under
	// the Aggregate of every token of the chain. Without it such a chain is
	// refused, so that no bound is ever passed over.
	CountsAggregates bool
}

// Chain is a verified chain, root first.
type Chain struct {
	Tokens []Token
}

// Root is the token the trusted issuer signed.
func (c *Chain) Root() *Token { return &c.Tokens[0] }

// Leaf is the token its holder acts under.
func (c *Chain) Leaf() *Token { return &c.Tokens[len(c.Tokens)-1] }

// Depth is the number of delegations: 0 for a root token alone.
func (c *Chain) Depth() int { return len(c.Tokens) - 1 }

// Refs names every token of the chain, leaf first.
func (c *Chain) Refs() []Ref {
	refs := make([]Ref, 0, len(c.Tokens))
	for i := len(c.Tokens) - 1; i >= 0; i-- {
		refs = append(refs, c.Tokens[i].Ref())
	}
	return refs
}

// VerifyChain decides whether a presented chain of tokens, root first, gives
// its leaf's subject authority now:
//
//	1 the chain is not empty
//	2 it has at most MaxDepth delegations
//	3 the root's issuer is trusted
//	4 every token is valid now
//	5 the rules of VerifyDelegation hold
//	6 an aggregate_invocation_budget is counted by the caller
//
// Revocation, and whether the caller is the subject, are the caller's checks.
// Errors are *Error.
func VerifyChain(chain []Token, in ChainInput) (*Chain, error) {
	if len(chain) == 0 { // 1
		return nil, refuse(CodeMissing, "no capability was presented")
	}
	if len(chain)-1 > in.MaxDepth { // 2
		return nil, refuse(CodeChain, "chain has %d delegations, limit %d", len(chain)-1, in.MaxDepth)
	}
	if in.TrustedRoot == nil || !in.TrustedRoot(chain[0].Issuer) { // 3
		return nil, refuse(CodeIssuer, "root token %.128q is issued by %s, which is not trusted here",
			chain[0].ID, chain[0].Issuer)
	}
	for i := range chain { // 4
		if err := chain[i].CheckTime(in.Now); err != nil {
			return nil, err
		}
	}
	if err := VerifyDelegation(chain); err != nil { // 5
		return nil, err
	}
	for i := range chain { // 6
		if !in.CountsAggregates && len(chain[i].AggregateInvocationBudget) > 0 {
			return nil, refuse(CodeInvalid, "token %s carries aggregate_invocation_budget, which is not counted here", chain[i].ID)
		}
	}
	return &Chain{Tokens: chain}, nil
}

// VerifyDelegation checks that each token of a chain, root first, was derived
// from the one before it, whoever issued the root and whatever the time:
//
//	1 every token is well-formed (Token.Check)
//	2 no token carries a member that admission does not enforce
//	3 no id appears twice
//	4 every token is signed by its issuer
//	5 the root has no delegation_chain
//	6 each child has its parent's links and one more
//	7 child.issuer = parent.subject
//	8 the last link names the parent's id, parent.subject as delegator and
//	  child.subject as delegatee
//	9 the last link's scope_hash = SHA-256(JCS(parent.scope))
//	10 the last link is signed by its delegator
//	11 link timestamps do not decrease, and the last lies between the parent's
//	  and the child's issued_at
//	12 the child's window is inside the parent's
//	13 the child's scope is covered by parent grants that list "delegate"
//	14 the parent's aggregate bound, if any, is on its delegation-family
func VerifyDelegation(chain []Token) error {
	if len(chain) == 0 {
		return refuse(CodeMissing, "no capability was presented")
	}
	if len(chain)-1 > MaxLinks {
		return refuse(CodeChain, "chain has %d delegations, limit %d", len(chain)-1, MaxLinks)
	}
	for i := range chain {
		if err := chain[i].Check(); err != nil { // 1
			return err
		}
		if name := chain[i].unsupported(); name != "" { // 2
			return refuse(CodeInvalid, "token %s carries %s, which is not enforced here", chain[i].ID, name)
		}
		for j := range i { // 3
			if chain[j].ID == chain[i].ID {
				return refuse(CodeChain, "token id %s appears twice", chain[i].ID)
			}
		}
	}
	if n := len(chain[0].DelegationChain); n != 0 { // 5
		return refuse(CodeChain, "root token %s has %d delegation links; present the whole chain, root first", chain[0].ID, n)
	}
	if err := chain[0].VerifySignature(); err != nil { // 4
		return err
	}
	for i := 1; i < len(chain); i++ {
		if err := verifyHop(&chain[i-1], &chain[i]); err != nil {
			return err
		}
	}
	return nil
}

// verifyHop checks rules 4 and 6 to 14 of VerifyDelegation for one hop.
func verifyHop(parent, child *Token) error {
	links := child.DelegationChain
	if len(links) != len(parent.DelegationChain)+1 { // 6
		return refuse(CodeChain, "token %s has %d delegation links, want %d", child.ID, len(links), len(parent.DelegationChain)+1)
	}
	for i := range parent.DelegationChain { // 6
		if !sameLink(&parent.DelegationChain[i], &links[i]) {
			return refuse(CodeChain, "token %s: link %d differs from its parent's", child.ID, i)
		}
	}
	if err := verifyNaming(parent, child); err != nil { // 7, 8, 9
		return err
	}
	last := &links[len(links)-1]
	if err := verifyTiming(parent, child); err != nil { // 11, 12
		return err
	}
	if err := covers(parent.Scope, child.Scope, Delegate); err != nil { // 13
		return err
	}
	if err := parent.delegable(); err != nil { // 14
		return err
	}
	if err := last.VerifySignature(); err != nil { // 10
		return err
	}
	return child.VerifySignature() // 4
}

// verifyNaming checks rules 7 to 9: who hands what to whom.
func verifyNaming(parent, child *Token) error {
	last := &child.DelegationChain[len(child.DelegationChain)-1]
	if child.Issuer != parent.Subject { // 7
		return refuse(CodeChain, "token %s is issued by %s, want its parent's subject %s", child.ID, child.Issuer, parent.Subject)
	}
	if last.CapabilityID != parent.ID { // 8
		return refuse(CodeChain, "token %s: last link names %s, its parent is %s", child.ID, last.CapabilityID, parent.ID)
	}
	if last.Delegator != parent.Subject { // 8
		return refuse(CodeChain, "token %s: delegator is not the parent's subject", child.ID)
	}
	if last.Delegatee != child.Subject { // 8
		return refuse(CodeChain, "token %s: delegatee is not the token's subject", child.ID)
	}
	want, err := wire.DigestOf(parent.Scope) // 9
	if err != nil {
		return refuse(CodeInvalid, "scope of %s: %v", parent.ID, err)
	}
	if last.ScopeHash == nil || *last.ScopeHash != want { // 9
		return refuse(CodeChain, "token %s: scope_hash is not the hash of its parent's scope %s", child.ID, want)
	}
	return nil
}

// verifyTiming checks rules 11 and 12.
func verifyTiming(parent, child *Token) error {
	links := child.DelegationChain
	last := links[len(links)-1].Timestamp
	if n := len(links); n > 1 && links[n-2].Timestamp > last { // 11
		return refuse(CodeChain, "token %s: link timestamps go back in time", child.ID)
	}
	if last < parent.IssuedAt || last > child.IssuedAt { // 11
		return refuse(CodeChain, "token %s: delegated at %d, outside %d … %d", child.ID, last, parent.IssuedAt, child.IssuedAt)
	}
	if child.IssuedAt < parent.IssuedAt || child.ExpiresAt > parent.ExpiresAt { // 12
		return refuse(CodeWidened, "token %s: window %d … %d is not inside its parent's %d … %d",
			child.ID, child.IssuedAt, child.ExpiresAt, parent.IssuedAt, parent.ExpiresAt)
	}
	return nil
}

// sameLink compares links that have passed unsupported(), so only these
// members can differ.
func sameLink(a, b *Link) bool {
	sameHash := (a.ScopeHash == nil) == (b.ScopeHash == nil) && (a.ScopeHash == nil || *a.ScopeHash == *b.ScopeHash)
	return sameHash && a.CapabilityID == b.CapabilityID && a.Delegator == b.Delegator &&
		a.Delegatee == b.Delegatee && a.Timestamp == b.Timestamp && a.Signature == b.Signature
}

// CheckLinks judges the delegation chain of one token presented alone, without
// its parents, the way upstream's structural check does: at most maxDepth links,
// each signed, each delegatee the next delegator, timestamps not decreasing. It
// proves no authority: nothing here ties the links to the token's subject.
func (t *Token) CheckLinks(maxDepth int) error {
	links := t.DelegationChain
	if len(links) > maxDepth {
		return refuse(CodeChain, "token %s has %d delegation links, limit %d", t.ID, len(links), maxDepth)
	}
	for i := range links {
		if err := links[i].VerifySignature(); err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		if links[i-1].Delegatee != links[i].Delegator {
			return refuse(CodeChain, "token %s: link %d does not continue link %d", t.ID, i, i-1)
		}
		if links[i-1].Timestamp > links[i].Timestamp {
			return refuse(CodeChain, "token %s: link timestamps go back in time", t.ID)
		}
	}
	return nil
}
