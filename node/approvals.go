package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// approvals is the registry with what only the node has: the operator's key,
// the log, the clock.
type approvals struct {
	*approval.Registry
	operator *wire.Key
	wake     chan struct{} // something is to be told
	slots    chan struct{} // responses being handled
}

// maxResponses bounds the responses of approvers handled at one time: whoever
// reaches the API may post one.
const maxResponses = 16

func (n *Node) openApprovals(ctx context.Context) (*approvals, error) {
	operator, err := n.keys.Approver(ctx)
	if err != nil {
		return nil, err
	}
	trusted, err := n.cfg.Approvals.trusted(operator.Public())
	if err != nil {
		return nil, err
	}
	a := &approvals{operator: operator, wake: make(chan struct{}, 1), slots: make(chan struct{}, maxResponses)}
	cfg := approval.Config{DB: n.db, Rand: n.rand, Approvers: trusted, Threshold: n.cfg.Approvals.Threshold,
		TTLSeconds: n.cfg.Approvals.TTLSeconds, Sign: n.signEnd, Append: n.appendEnd, Spend: spendCall, IsAgent: isAgent}
	if n.cfg.Approvals.Webhook.URL != "" {
		cfg.Notify = func() {
			select {
			case a.wake <- struct{}{}:
			default:
			}
		}
	}
	a.Registry, err = approval.Open(cfg)
	return a, err
}

// signEnd makes the terminal receipt of a call that ended while it waited.
func (n *Node) signEnd(q *approval.Request, why *kernel.Denial, now int64) (*receipt.Receipt, []byte, error) {
	r, err := approval.Receipt(q, why, n.keys.Kernel().Public(), now)
	if err != nil {
		return nil, nil, err
	}
	raw, err := receipt.Sign(r, n.keys.Kernel())
	return r, raw, err
}

// appendEnd adds a terminal receipt to the log outside the admission.
func (n *Node) appendEnd(tx store.Tx, receiptID string, leaf []byte) (uint64, error) {
	tx.AfterCommit(n.feed.wake)
	return rlog.Append(tx, receiptID, leaf)
}

func spendCall(tx store.Tx, callID, receiptID string, index uint64, until int64) error {
	return journal.Spend(tx, callID, journal.Done{ReceiptID: receiptID, LogIndex: index, ExpiresAt: until})
}

func isAgent(r store.Reader, key wire.PublicKey) (bool, error) {
	_, err := authority.AgentByKey(r, key)
	if errors.Is(err, authority.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}

// approvalSweep is how late an expiry may be receipted while nobody asks.
const approvalSweep = 15 * time.Second

// endExpired gives every call whose approval did not come, or was not used, in
// time its signed denial.
func (n *Node) endExpired(ctx context.Context) error {
	ended, err := n.approvals.Sweep(ctx, n.now())
	if ended > 0 {
		n.log.Info("calls ended whose approval expired", slog.Int("calls", ended))
	}
	return err
}

// resume gives a call that its caller sends without a call id the id under
// which this same call waits for approval, or has been approved.
func (n *Node) resume(m *kernel.Mandate, agent wire.PublicKey) error {
	if n.approvals.Idle() {
		return nil
	}
	args, err := wire.Canonicalize(m.Arguments, wire.ForeignLimits)
	if err != nil {
		return nil // step 2 of the kernel refuses the arguments
	}
	id, ok, err := n.approvals.PendingCall(agent, m.Server, m.Tool, wire.Hash(args), n.now())
	if err != nil {
		return fmt.Errorf("look for a pending approval: %w", err)
	}
	if ok {
		m.CallID = id
	}
	return nil
}

// pendingAnswer completes the answer to a call that waits for approval.
func (a *CallAnswer) pendingAnswer(p *kernel.Awaiting) {
	if p == nil {
		return
	}
	a.ApprovalID, a.CallID, a.ExpiresAt = p.Answer.ID, p.Ask.CallID, p.Answer.ExpiresAt
}

// canonicalTokens gives presented tokens back the one spelling in which they
// were signed: a request body may hold them in any.
func canonicalTokens(presented []wire.Raw) []wire.Raw {
	out := make([]wire.Raw, len(presented))
	for i, doc := range presented {
		canonical, err := wire.Canonicalize(doc, approval.TokenLimits)
		if err != nil {
			canonical = doc // refused where it is judged
		}
		out[i] = canonical
	}
	return out
}

// notice is the sealed question an approver answers.
func (n *Node) notice(q *approval.Request) (wire.Raw, error) {
	e, err := wire.Seal(approval.NoticeSchema, q.Notice(), n.keys.Kernel())
	if err != nil {
		return nil, fmt.Errorf("seal the notice of approval %s: %w", q.ApprovalID, err)
	}
	return e.Bytes(), nil
}

// approvalProblem turns a refusal of the registry into the API's error.
func approvalProblem(err error) error {
	var d *kernel.Denial
	if !errors.As(err, &d) {
		return err
	}
	exit := ExitDenied
	if d.Code == approval.CodeUnknown {
		exit = ExitFailure
	}
	return &Problem{Code: string(d.Code), Message: d.Reason, Hint: d.Fix, Exit: exit}
}
