package node

import (
	"context"
	"io"
	"net/http"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ApprovalInfo is one request for approval.
type ApprovalInfo struct {
	approval.Request
	Agent  string   `json:"agent,omitempty"`  // the name of the agent, if it is one of ours
	Notice wire.Raw `json:"notice,omitempty"` // chio.approval_notice.v1, what an external approver signs about
}

// ListApprovals asks "approve/list": those that wait, or all; oldest first,
// after an approval id.
type ListApprovals struct {
	All   bool   `json:"all,omitzero"`
	After string `json:"after,omitempty"`
	Limit int    `json:"limit,omitzero"`
}

// ApprovalList answers "approve/list"; parameters and tokens are left out.
type ApprovalList struct {
	Approvals []ApprovalInfo      `json:"approvals"`
	Approvers []approval.Approver `json:"approvers"`
	Threshold int                 `json:"threshold"`
}

// DecideApproval asks "approve/grant" and "approve/deny", in the operator's
// name. TTLSeconds is how long an approval may be used.
type DecideApproval struct {
	ID         string `json:"id"`
	Reason     string `json:"reason,omitempty"`
	TTLSeconds int64  `json:"ttl_seconds,omitzero"` // default 600, at most 3600
}

// RespondApproval asks "approve/respond": a chio.approval.v1 token.
type RespondApproval struct {
	Token wire.Raw `json:"token"`
}

// ApprovalState is what an approver is told about the request it decided.
type ApprovalState struct {
	ApprovalID string         `json:"approval_id"`
	State      approval.State `json:"state"`
	ExpiresAt  int64          `json:"expires_at,omitzero"`
	ReceiptID  string         `json:"receipt_id,omitempty"`
}

const (
	maxListedApprovals        = 256
	defaultApprovalTTLSeconds = 600
)

func (n *Node) listApprovals(ctx context.Context, req ListApprovals) (*ApprovalList, error) {
	if err := n.endExpired(ctx); err != nil {
		return nil, err
	}
	if req.Limit <= 0 || req.Limit > maxListedApprovals {
		req.Limit = maxListedApprovals
	}
	list := &ApprovalList{Approvals: []ApprovalInfo{}, Approvers: n.approvals.Approvers(), Threshold: n.approvals.Threshold()}
	err := n.approvals.List(req.After, func(q *approval.Request) error {
		if !req.All && !q.Open() {
			return nil
		}
		q.Ask.Parameters = nil
		for i := range q.Votes {
			q.Votes[i].Token = nil
		}
		list.Approvals = append(list.Approvals, ApprovalInfo{Request: *q})
		if len(list.Approvals) == req.Limit {
			return store.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range list.Approvals {
		list.Approvals[i].Agent = n.agentName(list.Approvals[i].Ask.Subject)
	}
	return list, nil
}

// agentName is for people only: an unknown agent has none.
func (n *Node) agentName(key wire.PublicKey) string {
	var a authority.Agent
	if err := n.db.View(func(r store.Reader) (err error) {
		a, err = authority.AgentByKey(r, key)
		return err
	}); err != nil {
		return ""
	}
	return a.Name
}

func (n *Node) showApproval(ctx context.Context, req ByID) (*ApprovalInfo, error) {
	if err := n.endExpired(ctx); err != nil {
		return nil, err
	}
	q, err := n.approvals.Get(req.ID)
	if err != nil {
		return nil, approvalProblem(err)
	}
	info := &ApprovalInfo{Request: *q, Agent: n.agentName(q.Ask.Subject)}
	info.Notice, err = n.notice(q)
	return info, err
}

func (n *Node) grantApproval(ctx context.Context, req DecideApproval) (*ApprovalState, error) {
	return n.decideAsOperator(ctx, req, approval.Approved)
}

func (n *Node) denyApproval(ctx context.Context, req DecideApproval) (*ApprovalState, error) {
	return n.decideAsOperator(ctx, req, approval.Denied)
}

// decideAsOperator signs with the operator's approver key and takes the same
// way as any approver's token.
func (n *Node) decideAsOperator(ctx context.Context, req DecideApproval, decision string) (*ApprovalState, error) {
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultApprovalTTLSeconds
	}
	q, err := n.approvals.Get(req.ID)
	if err != nil {
		return nil, approvalProblem(err)
	}
	now := n.now()
	token, err := approval.SignToken(approval.Token{ApprovalID: q.ApprovalID, RequestSHA256: q.RequestSHA256, Decision: decision,
		IssuedAt: now, ExpiresAt: now + req.TTLSeconds, Reason: req.Reason}, n.approvals.operator)
	if err != nil {
		return nil, usage("%v", err)
	}
	return n.respond(ctx, token.Bytes())
}

func (n *Node) respondApproval(ctx context.Context, req RespondApproval) (*ApprovalState, error) {
	return n.respond(ctx, canonicalTokens([]wire.Raw{req.Token})[0])
}

func (n *Node) respond(ctx context.Context, token []byte) (*ApprovalState, error) {
	q, err := n.approvals.Respond(ctx, token, n.now())
	if err != nil {
		return nil, approvalProblem(err)
	}
	s := &ApprovalState{ApprovalID: q.ApprovalID, State: q.State, ReceiptID: q.ReceiptID}
	if q.Open() {
		s.ExpiresAt = q.Deadline()
	}
	return s, nil
}

// serveApproval takes an approver's token without the operator's: the approver
// has only its key, and the token proves that.
func (n *Node) serveApproval(w http.ResponseWriter, r *http.Request) {
	select {
	case n.approvals.slots <- struct{}{}:
		defer func() { <-n.approvals.slots }()
	default:
		writeProblem(w, http.StatusTooManyRequests, &Problem{Code: "CHIO-API-BUSY", Message: "too many approvals are being handled", Hint: "try again", Exit: ExitFailure})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(2*approval.TokenLimits.Bytes)))
	if err != nil {
		writeProblem(w, http.StatusRequestEntityTooLarge, usage("request body: %v", err))
		return
	}
	state, err := n.respond(r.Context(), canonicalTokens([]wire.Raw{body})[0])
	if err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, problemOf(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(wire.MustMarshal(state)) // a client that went away has nobody to tell
}
