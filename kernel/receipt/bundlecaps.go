package receipt

import (
	"bytes"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// citations maps a capability id to the receipts decided under it: the agent
// keys that receipts which allowed a call attribute it to.
type citations map[string][]wire.PublicKey

func (c citations) add(r *Receipt) {
	agents := c[r.CapabilityID]
	if r.Decision != nil && r.Decision.Verdict == Allow {
		if subject := subjectOf(r); !subject.IsZero() && !slices.Contains(agents, subject) {
			agents = append(agents, subject)
		}
	}
	c[r.CapabilityID] = agents
}

// verifyCapabilities judges the capabilities of a bundle:
//
//	1 each decodes strictly, is its own canonical form, and carries its schema
//	  and no algorithm member, which no signature covers
//	2 no id is repeated
//	3 each, behind all its ancestors in the file, passes
//	  capability.VerifyDelegation, and its root's issuer is a kernel of the
//	  trust set; its window is not judged: a receipt may deny an expired token
//	4 the subject is the agent of every receipt that allowed a call under it
//	5 a receipt cites it, or a token that descends from it
func verifyCapabilities(raw []wire.Raw, cited citations, trust *TrustSet) error {
	tokens := make(map[string]*capability.Token, len(raw))
	order := make([]*capability.Token, 0, len(raw))
	for i, doc := range raw {
		t, err := parseEmbedded(doc) // 1
		if err != nil {
			return at(err, "capabilities", i)
		}
		if tokens[t.ID] != nil { // 2
			return at(refuse(CodeCapability, "id %s is repeated", t.ID), "capabilities", i)
		}
		tokens[t.ID] = t
		order = append(order, t)
	}
	used := make(map[string]bool, len(raw))
	for i, t := range order {
		if err := verifyEmbedded(t, tokens, trust); err != nil { // 3
			return at(err, "capabilities", i)
		}
		agents, isCited := cited[t.ID]
		if !isCited {
			continue
		}
		for _, agent := range agents { // 4
			if agent != t.Subject {
				return at(refuse(CodeCapability, "a receipt attributes %s to %s, its subject is %s", t.ID, agent, t.Subject), "capabilities", i)
			}
		}
		used[t.ID] = true
		for _, link := range t.DelegationChain {
			used[link.CapabilityID] = true
		}
	}
	for i, t := range order { // 5
		if !used[t.ID] {
			return at(refuse(CodeCapability, "no receipt in the file was decided under %s", t.ID), "capabilities", i)
		}
	}
	return nil
}

func parseEmbedded(doc wire.Raw) (*capability.Token, error) {
	t, err := capability.Parse(doc)
	if err != nil {
		return nil, refuse(CodeCapability, "%v", err)
	}
	again, err := wire.Marshal(t)
	if err != nil || !bytes.Equal(again, doc) {
		return nil, refuse(CodeNotCanonical, "capability %s is not in its canonical form", t.ID)
	}
	if t.Schema != capability.Schema || t.Algorithm != "" {
		return nil, refuse(CodeCapability, "capability %s lacks its schema or names an algorithm", t.ID)
	}
	return t, nil
}

// verifyEmbedded collects the ancestors of a token and verifies the chain.
func verifyEmbedded(t *capability.Token, tokens map[string]*capability.Token, trust *TrustSet) error {
	chain := make([]capability.Token, 0, len(t.DelegationChain)+1)
	for _, link := range t.DelegationChain {
		parent := tokens[link.CapabilityID]
		if parent == nil {
			return refuse(CodeCapability, "%s descends from %s, which is not in the file", t.ID, link.CapabilityID)
		}
		chain = append(chain, *parent)
	}
	chain = append(chain, *t)
	if err := capability.VerifyDelegation(chain); err != nil {
		return refuse(CodeCapability, "%v", err)
	}
	if !trust.Issued(chain[0].Issuer) {
		return refuse(CodeUntrusted, "the trust set names no kernel %s, the issuer of %s", chain[0].Issuer, chain[0].ID)
	}
	return nil
}
