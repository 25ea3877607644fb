package approval

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// Receipt is the unsigned terminal receipt of a call that ended while it
// waited: denied by an approver, or expired. key is the kernel key that will
// sign, now is unix seconds.
func Receipt(q *Request, d *kernel.Denial, key wire.PublicKey, now int64) (*receipt.Receipt, error) {
	a := &q.Ask
	policy := a.PolicySHA256
	md := receipt.Metadata{CallID: a.CallID, ArgsSHA256: a.ArgsSHA256, Code: string(d.Code), Step: 9, Fix: d.Fix,
		Attribution: &receipt.Attribution{SubjectKey: a.Subject, GrantIndex: -1},
		Policy:      &receipt.Policy{Local: &policy, Effective: a.EffectiveSHA256, BoundBy: "local"},
		Approval:    &receipt.Approval{ID: q.ApprovalID, RequestSHA256: q.RequestSHA256, ExpiresAt: q.Deadline()}}
	for i := range q.Votes {
		if q.Votes[i].Decision == Approved {
			md.Approval.Approvers = append(md.Approval.Approvers, q.Votes[i].Approver)
		}
	}
	meta, err := wire.Marshal(md)
	if err != nil {
		return nil, fmt.Errorf("receipt of call %s: %w", a.CallID, err)
	}
	params, mode := a.Parameters, receipt.RedactSummary
	if len(params) == 0 {
		params, mode = wire.Raw("null"), receipt.RedactAll
	}
	return &receipt.Receipt{
		Timestamp:     now,
		CapabilityID:  a.Capability.ID,
		ToolServer:    a.Server,
		ToolName:      a.Tool,
		Action:        receipt.Action{Parameters: params, ParameterHash: wire.Hash(params).String()},
		Decision:      &receipt.Decision{Verdict: receipt.Deny, Reason: string(d.Code) + ": " + d.Reason, Guard: guardName},
		ReceiptKind:   receipt.MediatedDecision,
		BoundaryClass: receipt.Prevent,
		TrustLevel:    receipt.Mediated,
		ToolOrigin:    receipt.CallerExecuted,
		RedactionMode: mode,
		ContentHash:   wire.Hash([]byte("null")).String(),
		PolicyHash:    a.PolicySHA256.String(),
		Metadata:      meta,
		KernelKey:     key,
	}, nil
}
