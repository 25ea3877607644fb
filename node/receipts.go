package node

import (
	"context"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// call asks the kernel for one call in an agent's name. A denied call is an
// answer; an error means that nothing could even be asked.
func (n *Node) call(ctx context.Context, req CallRequest) (*CallAnswer, error) {
	return n.callFrom(ctx, "api", req)
}

// callFrom makes a call as an agent whose key this node holds; edge is what the
// receipt says it came by.
func (n *Node) callFrom(ctx context.Context, edge string, req CallRequest) (*CallAnswer, error) {
	if err := n.ensureRecovered(ctx); err != nil {
		return nil, err
	}
	m, err := n.mandate(ctx, call{ID: req.CallID, Agent: req.Agent, Server: req.Server, Tool: req.Tool, Args: req.Arguments, Edge: edge,
		Session: req.Session, OnBehalfOf: req.OnBehalfOf, Human: req.Human, Intent: req.Intent, Approvals: canonicalTokens(req.Approvals)})
	if err != nil {
		return nil, err
	}
	return answerOf(n.kernel.Mediate(ctx, m)), nil
}

func answerOf(out kernel.Outcome) *CallAnswer {
	a := &CallAnswer{Verdict: out.Verdict.String(), Ended: out.Ended, Content: out.Content, IsError: out.IsError, Unlogged: out.Unlogged}
	if d := out.Denial; d != nil {
		a.Code, a.Guard, a.Reason, a.Fix, a.BoundBy = string(d.Code), d.Guard, d.Reason, d.Fix, d.Side
	}
	if p := out.Peer; p != nil {
		a.PeerReceiptID, a.PeerCode = p.ReceiptID, p.Code
	}
	a.pendingAnswer(out.Pending)
	if out.Receipt == nil {
		return a
	}
	a.ReceiptID = out.Receipt.ID
	var md receipt.Metadata
	if wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits) == nil && md.Financial != nil {
		a.Charged, a.Currency, a.Remaining = md.Financial.CostCharged, md.Financial.Currency, md.Financial.BudgetRemaining
	}
	return a
}
