package node

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// AssuranceConfig says whose word about an agent's runtime counts.
type AssuranceConfig struct {
	Attestors []string `yaml:"attestors"` // Ed25519 keys, 64 hex characters each
}

func (c *AssuranceConfig) keys() ([]wire.PublicKey, error) {
	var out []wire.PublicKey
	for i, s := range c.Attestors {
		k, err := wire.ParsePublicKey(s)
		if err != nil {
			return nil, fmt.Errorf("assurance.attestors[%d]: %w", i, err)
		}
		out = append(out, k)
	}
	return out, nil
}

// lineage classifies call chains by what this node itself has seen.
type lineage struct{ db store.DB }

// Class implements kernel.Lineage:
//
//	verified  the parent's receipt is in our log, allows that very call, and
//	          its agent is the delegator the chain names
//	observed  the parent call is under way here, or ended recently
//	asserted  anything else: the agent says so
func (l lineage) Class(c *kernel.CallChain) string {
	class := "asserted"
	err := l.db.View(func(r store.Reader) error {
		if c.ParentReceiptID != "" {
			_, leaf, err := rlog.ByID(r, c.ParentReceiptID)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err == nil && isParent(leaf, c) {
				class = "verified"
				return nil
			}
			return nil // it names a receipt that does not bear it out
		}
		if journal.CheckOpen(r, c.ParentRequestID) == nil {
			class = "observed"
		} else if _, err := journal.Ended(r, c.ParentRequestID); err == nil {
			class = "observed"
		}
		return nil
	})
	if err != nil {
		return "asserted"
	}
	return class
}

func isParent(leaf []byte, c *kernel.CallChain) bool {
	rec, err := receipt.Parse(leaf)
	if err != nil || rec.Decision == nil || rec.Decision.Verdict != receipt.Allow {
		return false
	}
	var md receipt.Metadata
	if wire.Unmarshal(rec.Metadata, &md, wire.DocumentLimits) != nil || md.Attribution == nil {
		return false
	}
	return md.CallID == c.ParentRequestID && md.Attribution.SubjectKey == c.DelegatorSubject
}
