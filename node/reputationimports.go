package node

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ImportedSummary is a summary of a peer that is kept here. Group is whom it
// speaks with, if the operator let it count; WhyNot is why it does not.
type ImportedSummary struct {
	ID           wire.Digest `json:"id"`
	Issuer       string      `json:"issuer"`
	Agent        string      `json:"agent"`
	CompositePPM *uint64     `json:"composite_ppm,omitempty"`
	ComputedAt   int64       `json:"computed_at"` // unix seconds
	ExpiresAt    int64       `json:"expires_at"`
	Group        string      `json:"group,omitempty"`
	Counts       bool        `json:"counts"`
	WhyNot       string      `json:"why_not,omitempty"`
}

// ImportedSummaries answers "reputation/imports".
type ImportedSummaries struct {
	Imports []ImportedSummary `json:"imports"`
}

// ChooseImport asks "reputation/activate" and "reputation/forget". Group is for
// activate: the same name for issuers that are not independent of each other.
type ChooseImport struct {
	ID    wire.Digest `json:"id"`
	Group string      `json:"group,omitempty"`
}

// importsOf are the summaries about an agent that count for it.
func (n *Node) importsOf(r store.Reader, subject, home did.DID) ([]reputation.Import, error) {
	var active []reputation.Activated
	params, now := reputation.DefaultParams(), n.now()
	err := reputation.Kept(r, subject, func(doc []byte) error {
		// One that is too old by now, or of a former peer, no longer counts.
		in, s, err := reputation.VerifyImport(doc, n.importPolicy(), params, now)
		if err != nil {
			return nil
		}
		a, err := reputation.ActivationOf(r, s, in.ID())
		if a != nil {
			active = append(active, reputation.Activated{Import: *in, Group: a.Group})
		}
		return err
	})
	return reputation.Clear(active, home), err
}

// listImports lists what is kept, and whether it counts.
func (n *Node) listImports(context.Context, Empty) (*ImportedSummaries, error) {
	list := &ImportedSummaries{Imports: []ImportedSummary{}}
	return list, n.db.View(func(r store.Reader) error {
		return reputation.AllKept(r, func(doc []byte) error {
			v, err := n.importView(r, doc)
			if err == nil {
				list.Imports = append(list.Imports, *v)
			}
			return err
		})
	})
}

func (n *Node) importView(r store.Reader, doc []byte) (*ImportedSummary, error) {
	s, env, err := reputation.Verify(doc)
	if err != nil {
		return nil, err
	}
	v := &ImportedSummary{ID: env.ID(), Issuer: s.Issuer.String(), Agent: s.Subject.String(), CompositePPM: s.CompositePPM,
		ComputedAt: s.ComputedAt, ExpiresAt: s.ExpiresAt}
	a, err := reputation.ActivationOf(r, s, v.ID)
	if err != nil {
		return nil, err
	}
	if a != nil {
		v.Group = a.Group
	}
	if _, _, err := reputation.VerifyImport(doc, n.importPolicy(), reputation.DefaultParams(), n.now()); err != nil {
		v.WhyNot = err.Error()
		return v, nil
	}
	if a == nil {
		v.WhyNot = "not activated"
		return v, nil
	}
	home, err := n.organizationOf(r, s.Subject.Key())
	if err != nil {
		return nil, err
	}
	counting, err := n.importsOf(r, s.Subject, home)
	if err != nil {
		return nil, err
	}
	for _, in := range counting {
		v.Counts = v.Counts || in.ID() == v.ID
	}
	if !v.Counts {
		v.WhyNot = "it needs two independent groups of issuers; of one the lowest counts, of the agent's own organisation none"
	}
	return v, nil
}

// activateImport lets a kept summary count.
func (n *Node) activateImport(ctx context.Context, req ChooseImport) (*ImportedSummary, error) {
	return n.chooseImport(ctx, func(tx store.Tx) (*reputation.Statement, error) {
		return reputation.Activate(tx, req.ID, req.Group, n.now())
	}, req.ID)
}

// forgetImport removes a kept summary.
func (n *Node) forgetImport(ctx context.Context, req ChooseImport) (*ImportedSummary, error) {
	if req.Group != "" {
		return nil, usage("forget takes no group")
	}
	return n.chooseImport(ctx, func(tx store.Tx) (*reputation.Statement, error) { return reputation.Forget(tx, req.ID) }, req.ID)
}

func (n *Node) chooseImport(ctx context.Context, choose func(store.Tx) (*reputation.Statement, error), id wire.Digest) (*ImportedSummary, error) {
	var s *reputation.Statement
	err := n.db.Update(ctx, func(tx store.Tx) (err error) {
		s, err = choose(tx)
		return err
	})
	switch {
	case errors.Is(err, reputation.ErrNotKept):
		return nil, &Problem{Code: CodeReputation, Message: err.Error(), Hint: "chio-node reputation imports lists them", Exit: ExitFailure, Cause: err}
	case errors.Is(err, reputation.ErrGroup):
		return nil, usage("%v", err)
	case err != nil:
		return nil, err
	}
	list, err := n.listImports(ctx, Empty{})
	if err != nil {
		return nil, err
	}
	for _, v := range list.Imports {
		if v.ID == id {
			return &v, nil
		}
	}
	return &ImportedSummary{ID: id, Issuer: s.Issuer.String(), Agent: s.Subject.String(), CompositePPM: s.CompositePPM,
		ComputedAt: s.ComputedAt, ExpiresAt: s.ExpiresAt, WhyNot: "forgotten"}, nil
}
