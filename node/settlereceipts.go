package node

import (
	"context"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// SettlementReceiptsRequest asks "settle/receipts": of a statement, or of a
// payment per HTTP call by its authorization's nonce.
type SettlementReceiptsRequest struct {
	ID wire.Digest `json:"id"`
}

// SettlementReceipts answers it: files, each signed by its observer.
type SettlementReceipts struct {
	ID       wire.Digest `json:"id"`
	Receipts []wire.Raw  `json:"receipts"`
}

func (n *Node) settlementReceipts(_ context.Context, req SettlementReceiptsRequest) (*SettlementReceipts, error) {
	answer := &SettlementReceipts{ID: req.ID, Receipts: []wire.Raw{}}
	err := n.db.View(func(r store.Reader) error {
		docs, err := n.money.settler.SettlementReceipts(r, req.ID)
		if err != nil {
			return err
		}
		answer.Receipts = append(answer.Receipts, docs...)
		calls, err := x402.Receipts(r, n.DID(), x402Currency, req.ID)
		if err != nil {
			return err
		}
		for i := range calls {
			doc, err := settlement.SealReceipt(n.keys.Kernel(), &calls[i])
			if err != nil {
				return err
			}
			answer.Receipts = append(answer.Receipts, doc)
		}
		return nil
	})
	return answer, err
}
