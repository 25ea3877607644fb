package node

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// reputationPage is how many receipts are copied out of the store at a time, so
// that verifying them holds no snapshot of it.
const reputationPage = 256

// corpus gathers what this node knows of an agent: its own log, what it
// collected of the logs of peers, the tokens and delegations it keeps, and what
// was revoked or stopped. It is read while the card is computed.
func (n *Node) corpus(ctx context.Context, key wire.PublicKey) (*reputation.Corpus, error) {
	c := &reputation.Corpus{Trust: n.trustSet(), Own: n.DID(), Tokens: n.knownChain}
	subject := did.FromKey(key)
	var head rlog.Head
	err := n.db.View(func(r store.Reader) (err error) {
		if c.Organization, err = n.organizationOf(r, key); err != nil {
			return err
		}
		if head, err = rlog.HeadNote(r); err != nil {
			return err
		}
		return n.checkFinals(r, c.Trust, head.Size)
	})
	if err != nil {
		return nil, err
	}
	c.Sources = []reputation.Source{{Log: n.logID, Size: head.Size, Root: head.Root, Receipts: n.ownLeaves(ctx, key, head.Size)}}
	if err := n.foreignSources(c); err != nil {
		return nil, err
	}
	delegations, err := n.delegationsOf(key)
	if err != nil {
		return nil, err
	}
	c.Delegations = values(delegations)
	incidents, err := n.incidentsOf(key, subject)
	if err != nil {
		return nil, err
	}
	c.Incidents = values(incidents)
	return c, nil
}

// organizationOf is whose agent it is: ours if we know it by name, else the peer
// from which its calls came. A peer speaks for the agents of its own.
func (n *Node) organizationOf(r store.Reader, key wire.PublicKey) (org did.DID, err error) {
	if _, err := authority.AgentByKey(r, key); !errors.Is(err, authority.ErrUnknown) {
		return n.DID(), err
	}
	_, err = rlog.Select(r, rlog.Filter{Agent: key}, 0, maxLooked, func(c rlog.Card) error {
		leaf, err := n.leafAt(r, c.Index)
		if err != nil {
			return err
		}
		rec, err := receipt.Parse(leaf)
		if err != nil {
			return err
		}
		var md receipt.Metadata
		if wire.Unmarshal(rec.Metadata, &md, wire.DocumentLimits) != nil || md.Federation == nil || md.Federation.Role != federation.RoleHost {
			return nil
		}
		if peer, err := did.Parse(md.Federation.PeerDID); err == nil {
			org = peer
		}
		return store.ErrStop
	})
	return org, err
}

func values[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// checkFinals compares the final trees of our retired kernel keys with the log
// as it stands: what they signed counts only if it is in there.
func (n *Node) checkFinals(r store.Reader, trust *receipt.TrustSet, size uint64) error {
	for i := range trust.Kernels {
		f := trust.Kernels[i].Final
		if f == nil || f.Log != n.logID || f.Size > size {
			continue
		}
		root, err := rlog.Root(r, f.Size)
		if err != nil {
			return err
		}
		if root != f.Root {
			return fmt.Errorf("%w: the tree of the first %d receipts is not the final one of kernel %s", rlog.ErrCorrupt, f.Size, trust.Kernels[i].Key)
		}
	}
	return nil
}

// ownLeaves reads the receipts of an agent below size, newest first, from the
// log or from archive files.
func (n *Node) ownLeaves(ctx context.Context, key wire.PublicKey, size uint64) iter.Seq2[reputation.Leaf, error] {
	return func(yield func(reputation.Leaf, error) bool) {
		for next := size; next > 0; {
			var page []reputation.Leaf
			err := ctx.Err()
			if err != nil {
				yield(reputation.Leaf{}, err)
				return
			}
			err = n.db.View(func(r store.Reader) (err error) {
				next, err = rlog.Select(r, rlog.Filter{Agent: key}, next, maxLooked, func(c rlog.Card) error {
					leaf, err := n.leafAt(r, c.Index)
					if err != nil {
						return err
					}
					if page = append(page, reputation.Leaf{Index: c.Index, Doc: leaf}); len(page) >= reputationPage {
						return store.ErrStop
					}
					return nil
				})
				return err
			})
			if err != nil {
				yield(reputation.Leaf{}, err)
				return
			}
			for _, leaf := range page {
				if !yield(leaf, nil) {
					return
				}
			}
		}
	}
}

// foreignSources adds what was collected, with inclusion proofs, of the logs of
// active peers. A log id that two of them name, or that is ours, is read once: one
// peer's word must not keep every agent from being scored.
func (n *Node) foreignSources(c *reputation.Corpus) error {
	heads, err := n.network.exchange.Heads()
	if err != nil {
		return err
	}
	for _, rec := range n.network.service.List() {
		for _, h := range heads {
			if rec.State != federation.Active || h.Own || h.Peer != rec.DID || h.Size > reputation.MaxLogSize || len(c.Sources) >= reputation.MaxSources {
				continue
			}
			if slices.ContainsFunc(c.Sources, func(s reputation.Source) bool { return s.Log == h.Origin }) {
				continue
			}
			c.Sources = append(c.Sources, reputation.Source{Log: h.Origin, Size: h.Size, Root: h.Root, Receipts: n.foreignLeaves(rec.DID, h.Size)})
		}
	}
	return nil
}

func (n *Node) foreignLeaves(peer did.DID, size uint64) iter.Seq2[reputation.Leaf, error] {
	return func(yield func(reputation.Leaf, error) bool) {
		err := n.network.exchange.ForeignReceipts(peer, func(f *federation.ForeignReceipt) error {
			if f.Index >= size {
				return nil // proven under a head that came after ours was read
			}
			if !yield(reputation.Leaf{Index: f.Index, Doc: f.Receipt}, nil) {
				return store.ErrStop
			}
			return nil
		})
		if err != nil {
			yield(reputation.Leaf{}, err)
		}
	}
}

// knownChain finds the tokens behind a capability id that a receipt names.
func (n *Node) knownChain(id string) (chain []capability.Token, err error) {
	err = n.db.View(func(r store.Reader) error {
		c, err := authority.Get(r, id)
		if errors.Is(err, authority.ErrUnknown) {
			return nil
		}
		if err == nil {
			chain = c.Chain
		}
		return err
	})
	return chain, err
}

// delegationsOf lists the chains whose last token an agent issued.
func (n *Node) delegationsOf(key wire.PublicKey) (out [][]capability.Token, err error) {
	err = n.db.View(func(r store.Reader) error {
		return authority.List(r, func(c *authority.Capability) error {
			if c.Leaf().Issuer == key && len(c.Chain) > 1 && len(out) < reputation.MaxTracked {
				out = append(out, c.Chain)
			}
			return nil
		})
	})
	return out, err
}

// The kinds of incident a node keeps a record of.
const (
	incidentRevoked = "passport_revoked"
	incidentStopped = "agent_stopped"
)

// incidentsOf lists what befell an agent here: its passports that were revoked,
// and a stop that is on.
func (n *Node) incidentsOf(key wire.PublicKey, subject did.DID) (out []reputation.Incident, err error) {
	err = n.passports.List(subject, func(rec *passport.Record) error {
		if !rec.Revoked() {
			return nil
		}
		p, err := rec.Parse()
		if err == nil {
			out = append(out, reputation.Incident{ID: p.ID, Subject: key, At: rec.RevokedAt, Kind: incidentRevoked})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = n.db.View(func(r store.Reader) error {
		stops, err := authority.Stops(r)
		for _, s := range stops {
			if s.Kind == authority.StopAgent && s.Target == key.String() {
				out = append(out, reputation.Incident{ID: "stop/" + s.Target, Subject: key, At: s.At, Kind: incidentStopped})
			}
		}
		return err
	})
	return out, err
}
