package node

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// DisputesRequest asks "federate/disputes": with one peer, or with every one.
type DisputesRequest struct {
	DID string `json:"did,omitempty"`
}

// DisputeList answers "federate/disputes". A peer with nothing is left out.
type DisputeList struct {
	Peers []PeerDisputes `json:"peers"`
}

// PeerDisputes is what there is with one peer.
type PeerDisputes struct {
	DID string `json:"did"`
	federation.Disputes
}

// DisputeRequest asks "federate/dispute": everything about one call. Arguments
// of the call, if given, are shown in the file. CallID may be the id of either
// side's receipt instead.
type DisputeRequest struct {
	DID       string   `json:"did"`
	CallID    string   `json:"call_id"`
	Arguments wire.Raw `json:"arguments,omitzero"`
}

// DisputeAnswer is the file, and what it proves to whoever trusts the kernels
// that this node trusts.
type DisputeAnswer struct {
	Report *federation.DisputeReport `json:"report"`
	File   string                    `json:"file"`
}

// ObjectRequest asks "federate/object" and "federate/withdraw". Reason is for
// the first.
type ObjectRequest struct {
	DID    string `json:"did"`
	CallID string `json:"call_id"`
	Reason string `json:"reason,omitempty"`
}

// AnswerRequest asks "federate/answer": what we say to a peer's objection to a
// receipt of ours. Waive gives the charge up; a rejection needs a statement.
type AnswerRequest struct {
	DID       string `json:"did"`
	CallID    string `json:"call_id"`
	Waive     bool   `json:"waive,omitempty"`
	Statement string `json:"statement,omitempty"`
}

// ObjectAnswer is what became of an objection.
type ObjectAnswer struct {
	CallID    string `json:"call_id"`
	ReceiptID string `json:"receipt_id"`
	Reason    string `json:"reason,omitempty"`
	State     string `json:"state"` // open | refused | withdrawn | waived | rejected | joined: signed for, without one
	Told      bool   `json:"told"`  // the peer has the objection, or our answer to it
}

func (n *Node) listDisputes(_ context.Context, req DisputesRequest) (*DisputeList, error) {
	records := n.network.service.List()
	if req.DID != "" {
		rec, err := n.knownPeer(req.DID)
		if err != nil {
			return nil, err
		}
		records = []federation.Record{rec}
	}
	out := &DisputeList{Peers: []PeerDisputes{}}
	for _, rec := range records {
		d, err := n.network.exchange.Disputes(rec.DID)
		if err != nil {
			return nil, federationProblem(err)
		}
		if len(d.List) > 0 || d.OwnDenials+d.OtherDenials > 0 || req.DID != "" {
			out.Peers = append(out.Peers, PeerDisputes{DID: rec.DID.String(), Disputes: *d})
		}
	}
	return out, nil
}

func (n *Node) showDispute(_ context.Context, req DisputeRequest) (*DisputeAnswer, error) {
	id, err := parseDID(req.DID)
	if err != nil {
		return nil, err
	}
	f, err := n.network.exchange.ExportDispute(id, req.CallID, req.Arguments)
	if err != nil {
		return nil, disputeProblem(err)
	}
	doc, err := wire.Marshal(f)
	if err != nil {
		return nil, err
	}
	report, err := federation.VerifyDispute(doc, n.kernelKeys)
	if err != nil {
		return nil, disputeProblem(err)
	}
	return &DisputeAnswer{Report: report, File: string(doc)}, nil
}

// disputedCall reads whom and which call a request is about.
func (n *Node) disputedCall(peer, name string) (id did.DID, callID string, err error) {
	if id, err = parseDID(peer); err != nil {
		return "", "", err
	}
	if callID, err = n.network.exchange.CallOf(id, name); err != nil {
		return "", "", disputeProblem(err)
	}
	return id, callID, nil
}

// kernelKeys are those of the trust set that this node exports.
func (n *Node) kernelKeys(id did.DID) (keys []wire.PublicKey) {
	for _, k := range n.trustSet().Kernels {
		if k.DID == id.String() {
			keys = append(keys, k.Key)
		}
	}
	return keys
}

// objectTo signs an objection to a peer's receipt, and tries to tell it at once.
func (n *Node) objectTo(ctx context.Context, req ObjectRequest) (*ObjectAnswer, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	id, call, err := n.disputedCall(req.DID, req.CallID)
	if err != nil {
		return nil, err
	}
	c, err := n.network.exchange.Object(ctx, id, call, req.Reason)
	if err != nil {
		return nil, disputeProblem(err)
	}
	o, err := c.Body()
	if err != nil {
		return nil, err
	}
	if n.network.address() != "" {
		// It is told with the next exchange, or the one after.
		_, _ = n.network.exchange.SyncNow(ctx, id)
	}
	return n.objection(id, o.ReceiptSHA256.String())
}

// withdrawObjection signs for a call after all.
func (n *Node) withdrawObjection(ctx context.Context, req ObjectRequest) (*ObjectAnswer, error) {
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	id, err := parseDID(req.DID)
	if err != nil {
		return nil, err
	}
	receiptID, err := n.network.exchange.ReceiptOf(id, req.CallID)
	if err != nil {
		return nil, disputeProblem(err)
	}
	if err := n.network.exchange.Withdraw(ctx, id, receiptID); err != nil {
		return nil, disputeProblem(err)
	}
	return n.objection(id, receiptID)
}

// answerObjection answers a peer's objection, and tries to tell it at once.
func (n *Node) answerObjection(ctx context.Context, req AnswerRequest) (*ObjectAnswer, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	id, err := parseDID(req.DID)
	if err != nil {
		return nil, err
	}
	receiptID, err := n.network.exchange.ReceiptOf(id, req.CallID)
	if err != nil {
		return nil, disputeProblem(err)
	}
	if err := n.network.exchange.AnswerObjection(ctx, id, receiptID, req.Waive, req.Statement); err != nil {
		return nil, disputeProblem(err)
	}
	if n.network.address() != "" {
		// It is told with the next exchange, or the one after.
		_, _ = n.network.exchange.SyncNow(ctx, id)
	}
	return n.objection(id, receiptID)
}

func (n *Node) objection(peer did.DID, receiptID string) (*ObjectAnswer, error) {
	c, err := n.network.exchange.Objection(peer, receiptID)
	if errors.Is(err, store.ErrNotFound) {
		return &ObjectAnswer{ReceiptID: receiptID, State: "joined"}, nil
	}
	if err != nil {
		return nil, err
	}
	o, err := c.Body()
	if err != nil {
		return nil, err
	}
	return &ObjectAnswer{CallID: o.CallID, ReceiptID: receiptID, Reason: o.Reason, State: c.State(), Told: c.Told}, nil
}

// disputeProblem explains what was refused about a call.
func disputeProblem(err error) error {
	return federationProblem(named(err, []cause{
		{federation.ErrOverCharge, "CHIO-FED-OBJECTION", "nobody signs for a charge above the maximum", ExitDenied},
		{federation.ErrObjection, "CHIO-FED-OBJECTION", "chio-node federate disputes show says what the documents prove", ExitDenied},
		{federation.ErrAnswer, "CHIO-FED-ANSWER", "who received the call answers an objection, with --waive or with --reject and why; what was given up stays so", ExitDenied},
		{federation.ErrJoined, "CHIO-FED-JOINED", "whoever signed for a receipt has agreed to it", ExitDenied},
		{settlement.ErrConflict, "CHIO-FED-JOINED", "it is in a statement: chio-node settle status", ExitDenied},
		{federation.ErrDispute, "CHIO-FED-DISPUTE", "do the arguments belong to the call, and was the peer's key rotated since?", ExitFailure},
		{store.ErrNotFound, "CHIO-FED-NO-CALL", "chio-node federate disputes list shows the calls in dispute, chio-node receipt list all", ExitFailure},
	}))
}
