package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// RevokeCapability asks "capability/revoke". Every chain that contains the
// token ends with it; Subtree also names each descendant issued here in the
// same epoch, for parties that look at tokens one by one.
type RevokeCapability struct {
	ID      string `json:"id"`
	Subtree bool   `json:"subtree,omitzero"`
}

// RevokedCapability answers "capability/revoke".
type RevokedCapability struct {
	ID          string   `json:"id"`
	Epoch       uint64   `json:"epoch"`
	Descendants []string `json:"descendants,omitempty"` // named in the epoch too
	Unnamed     int      `json:"unnamed,omitzero"`      // more than an epoch holds: ended by their ancestor alone
}

func (n *Node) revokeCapability(ctx context.Context, req RevokeCapability) (*RevokedCapability, error) {
	c, err := n.getCapability(req.ID)
	if err != nil {
		return nil, err
	}
	ref := c.Leaf().Ref()
	out := &RevokedCapability{ID: ref.ID}
	err = n.db.Update(ctx, func(tx store.Tx) error {
		entries := []authority.Entry{{Kind: authority.KindCapability, Issuer: ref.Issuer.String(), ID: ref.ID}}
		out.Descendants = nil
		if req.Subtree {
			if entries, out.Unnamed, err = authority.SubtreeEntries(tx, ref, n.keys.Kernel().Public()); err != nil {
				return err
			}
			for _, e := range entries[1:] {
				out.Descendants = append(out.Descendants, e.ID)
			}
		}
		_, err := n.revocations.Revoke(tx, entries, n.keys.Kernel(), n.now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("revoke %s: %w", ref.ID, err)
	}
	out.Epoch = n.revocations.Epoch()
	n.network.pushRevocations(ctx)
	return out, nil
}

// TreeNode is one token of a capability tree.
type TreeNode struct {
	ID        string         `json:"id"`
	Parent    string         `json:"parent,omitempty"`
	Depth     int            `json:"depth"` // delegations above it
	Issuer    wire.PublicKey `json:"issuer"`
	Subject   wire.PublicKey `json:"subject"`
	Agent     string         `json:"agent,omitempty"`
	ExpiresAt int64          `json:"expires_at"`
	Revoked   bool           `json:"revoked"` // itself, or anything it hangs on
}

// CapabilityTree answers "capability/tree": the token, its ancestors and what
// was issued below it here, each parent before its children. What agents
// passed on by themselves is not known here.
type CapabilityTree struct {
	ID          string     `json:"id"`
	Descendants int        `json:"descendants"`
	Tokens      []TreeNode `json:"tokens"`
}

func (n *Node) capabilityTree(_ context.Context, req ByID) (*CapabilityTree, error) {
	c, err := n.getCapability(req.ID)
	if err != nil {
		return nil, err
	}
	tree := &CapabilityTree{ID: req.ID, Tokens: []TreeNode{}}
	err = n.db.View(func(r store.Reader) error {
		below, err := authority.Descendants(r, c.Leaf().Ref())
		if err != nil {
			return err
		}
		tree.Descendants = len(below)
		seen := map[capability.Ref]bool{}
		for _, member := range append([]*authority.Capability{c}, below...) {
			if err := n.addTokens(r, tree, seen, member); err != nil {
				return err
			}
		}
		return nil
	})
	return tree, err
}

// addTokens adds the tokens of a chain that are not in the tree yet.
func (n *Node) addTokens(r store.Reader, tree *CapabilityTree, seen map[capability.Ref]bool, c *authority.Capability) error {
	for i := range c.Chain {
		t := &c.Chain[i]
		if seen[t.Ref()] {
			continue
		}
		seen[t.Ref()] = true
		node := TreeNode{ID: t.ID, Depth: i, Issuer: t.Issuer, Subject: t.Subject, ExpiresAt: t.ExpiresAt,
			Revoked: n.revocations.Check(c.Chain[:i+1], c.Passport, t.Subject, nil, n.now()) != nil}
		if i > 0 {
			node.Parent = c.Chain[i-1].ID
		}
		a, err := authority.AgentByKey(r, t.Subject)
		if err != nil && !errors.Is(err, authority.ErrUnknown) {
			return err
		}
		node.Agent = a.Name
		tree.Tokens = append(tree.Tokens, node)
	}
	return nil
}
