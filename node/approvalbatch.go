package node

import (
	"context"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/wire"
)

// AddBatch asks "approve/batch/add": a chio.batch_approval.v1 that an approver
// signed, or else the terms of one that the operator signs.
type AddBatch struct {
	File         wire.Raw             `json:"file,omitempty"`
	Agent        string               `json:"agent,omitempty"`  // name, or the key in hex of a peer's agent
	Server       string               `json:"server,omitempty"` // exact, "*", or a prefix and "*"
	Tool         string               `json:"tool,omitempty"`
	MaxPerCall   *wire.MonetaryAmount `json:"max_per_call,omitempty"`
	MaxTotal     *wire.MonetaryAmount `json:"max_total,omitempty"`
	MaxCalls     *uint32              `json:"max_calls,omitempty"`
	Guards       []string             `json:"guards,omitempty"`
	TTLSeconds   int64                `json:"ttl_seconds,omitzero"` // default one day
	StartSeconds int64                `json:"start_seconds,omitzero"`
}

// BatchInfo is one batch approval with what of it is used.
type BatchInfo struct {
	approval.Batch
	Agent string `json:"agent,omitempty"`
}

// BatchList answers "approve/batch/list".
type BatchList struct {
	Batches []BatchInfo `json:"batches"`
}

const defaultBatchTTLSeconds = 86_400

func (n *Node) addBatch(ctx context.Context, req AddBatch) (*BatchInfo, error) {
	doc := []byte(req.File)
	if len(doc) == 0 {
		var err error
		if doc, err = n.signBatch(ctx, req); err != nil {
			return nil, err
		}
	} else {
		doc = canonicalTokens([]wire.Raw{req.File})[0]
	}
	b, err := n.approvals.AddBatch(ctx, doc, n.now())
	if err != nil {
		return nil, approvalProblem(err)
	}
	return &BatchInfo{Batch: *b, Agent: n.agentName(b.Subject)}, nil
}

// signBatch seals the operator's own batch approval.
func (n *Node) signBatch(ctx context.Context, req AddBatch) ([]byte, error) {
	agent, err := wire.ParsePublicKey(req.Agent) // of a peer's agent
	if err != nil {
		if agent, err = n.ensureAgent(ctx, req.Agent); err != nil {
			return nil, err
		}
	}
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultBatchTTLSeconds
	}
	id, err := n.newID()
	if err != nil {
		return nil, err
	}
	from := n.now() + max(req.StartSeconds, 0)
	e, err := approval.SignBatch(approval.BatchApproval{BatchID: id, Subject: agent, ServerPattern: req.Server, ToolPattern: req.Tool,
		MaxAmountPerCall: req.MaxPerCall, MaxTotalAmount: req.MaxTotal, MaxCalls: req.MaxCalls, Guards: req.Guards,
		NotBefore: from, NotAfter: from + req.TTLSeconds}, n.approvals.operator)
	if err != nil {
		return nil, usage("batch approval: %v", err)
	}
	return e.Bytes(), nil
}

func (n *Node) listBatches(context.Context, Empty) (*BatchList, error) {
	all, err := n.approvals.Batches()
	if err != nil {
		return nil, err
	}
	list := &BatchList{Batches: []BatchInfo{}}
	for _, b := range all {
		list.Batches = append(list.Batches, BatchInfo{Batch: b, Agent: n.agentName(b.Subject)})
	}
	return list, nil
}

func (n *Node) revokeBatch(ctx context.Context, req ByID) (*BatchInfo, error) {
	b, err := n.approvals.RevokeBatch(ctx, req.ID, n.now())
	if err != nil {
		return nil, approvalProblem(err)
	}
	return &BatchInfo{Batch: *b, Agent: n.agentName(b.Subject)}, nil
}
