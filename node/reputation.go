package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeReputation is the code of a summary that is not imported.
const CodeReputation = "CHIO-REPUTATION-IMPORT"

// defaultSummarySeconds is the life of an exported summary: as long as others
// look at it by default.
const defaultSummarySeconds = 30 * 24 * 3600

// ReputationRequest asks "reputation/show". Agent is a name known here, a DID,
// or a key in hex.
type ReputationRequest struct {
	Agent string `json:"agent"`
}

// ExportReputation asks "reputation/export".
type ExportReputation struct {
	Agent      string `json:"agent"`
	TTLSeconds int64  `json:"ttl_seconds,omitzero"` // default 30 days
}

// ReputationFile answers "reputation/export": File is the signed summary, ready
// to be written.
type ReputationFile struct {
	Summary *reputation.Statement `json:"summary"`
	ID      wire.Digest           `json:"id"`
	File    wire.Raw              `json:"file"`
}

// ImportReputation asks "reputation/import".
type ImportReputation struct {
	File wire.Raw `json:"file"`
}

// ImportedReputation answers "reputation/import".
type ImportedReputation struct {
	ID      wire.Digest           `json:"id"`
	Summary *reputation.Statement `json:"summary"`
}

func (n *Node) showReputation(ctx context.Context, req ReputationRequest) (*reputation.Card, error) {
	key, err := n.agentKey(req.Agent)
	if err != nil {
		return nil, err
	}
	return n.reputationOf(ctx, key, true)
}

// reputationOf computes an agent's card, from receipts alone or with what
// others say of it.
func (n *Node) reputationOf(ctx context.Context, key wire.PublicKey, imports bool) (*reputation.Card, error) {
	c, err := n.corpus(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reputation: %w", err)
	}
	params, now := reputation.DefaultParams(), n.now()
	if imports {
		if err := n.db.View(func(r store.Reader) (err error) {
			c.Imports, err = n.importsOf(r, did.FromKey(key), c.Organization)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return reputation.Scorecard(c, did.FromKey(key), params, now)
}

func (n *Node) agentKey(name string) (key wire.PublicKey, err error) {
	if name == "" {
		return key, usage("name an agent")
	}
	err = n.db.View(func(r store.Reader) error {
		key, err = agentNamed(r, name)
		return err
	})
	return key, err
}

// exportReputation signs what this node's receipts say of an agent. What others
// said is not in it.
func (n *Node) exportReputation(ctx context.Context, req ExportReputation) (*ReputationFile, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultSummarySeconds
	}
	if req.TTLSeconds < 1 || req.TTLSeconds > reputation.MaxStatementSeconds {
		return nil, usage("ttl_seconds is %d, want 1 … %d", req.TTLSeconds, reputation.MaxStatementSeconds)
	}
	key, err := n.agentKey(req.Agent)
	if err != nil {
		return nil, err
	}
	card, err := n.reputationOf(ctx, key, false)
	if err != nil {
		return nil, err
	}
	s, err := card.Statement(req.TTLSeconds)
	if err != nil {
		return nil, err
	}
	env, err := s.Seal(n.keys.Org())
	if err != nil {
		return nil, fmt.Errorf("sign the summary: %w", err)
	}
	return &ReputationFile{Summary: s, ID: env.ID(), File: env.Bytes()}, nil
}

// importPolicy lets the organisations speak with which there is a treaty.
func (n *Node) importPolicy() reputation.ImportPolicy {
	return reputation.ImportPolicy{Own: n.DID(), Allowed: func(issuer did.DID) bool {
		for _, rec := range n.network.service.List() {
			if rec.DID == issuer {
				return rec.State == federation.Active
			}
		}
		return false
	}}
}

func (n *Node) importReputation(ctx context.Context, req ImportReputation) (*ImportedReputation, error) {
	in, s, err := reputation.VerifyImport(req.File, n.importPolicy(), reputation.DefaultParams(), n.now())
	if err == nil {
		err = n.db.Update(ctx, func(tx store.Tx) error { return reputation.Keep(tx, in, req.File) })
	}
	if err != nil {
		return nil, importProblem(err)
	}
	return &ImportedReputation{ID: in.ID(), Summary: s}, nil
}

// importProblem says what to do about a summary that was refused.
func importProblem(err error) error {
	hint := ""
	switch {
	case errors.Is(err, reputation.ErrOwn):
		hint = "your own receipts count already"
	case errors.Is(err, reputation.ErrIssuer):
		hint = "only organisations with an active treaty count: chio-node federate list"
	case errors.Is(err, reputation.ErrAge), errors.Is(err, reputation.ErrOlder):
		hint = "ask its issuer for a new one: chio-node reputation export"
	case errors.Is(err, reputation.ErrNothing):
		hint = "its issuer has too little history to say anything"
	case errors.Is(err, reputation.ErrSummary):
		hint = "get the file again: chio-node verify FILE says what is wrong with it"
	default:
		return err
	}
	return &Problem{Code: CodeReputation, Message: err.Error(), Hint: hint, Exit: ExitFailure, Cause: err}
}
