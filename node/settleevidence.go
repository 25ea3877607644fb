package node

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/store"
)

// settlementEvidence gathers what one statement rests on.
func (n *Node) settlementEvidence(_ context.Context, req SettlementEvidenceRequest) (*SettlementEvidence, error) {
	answer := &SettlementEvidence{Statement: req.Statement}
	err := n.db.View(func(r store.Reader) (err error) {
		answer.Evidence, err = n.money.settler.EvidenceFile(r, req.Statement)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, usage("no statement %s that both have signed is here; chio-node settle status lists them", req.Statement)
	}
	return answer, err
}
