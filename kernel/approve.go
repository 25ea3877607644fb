package kernel

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// approve asks whether exactly this call is approved. Nothing is written: a
// new request becomes durable with the pending receipt.
func (k *Kernel) approve(s *mediation, approvers int) *Denial {
	guard, reason := "approval", "the capability demands approval"
	if s.wanted != nil {
		guard, reason = s.wanted.Guard, s.wanted.Reason
	}
	if k.cfg.Approvals == nil {
		return &Denial{Code: CodeApprovalNone, Guard: guard, Side: s.boundBy, Reason: reason,
			Fix: "no approval channel is configured, so a call that needs approval is denied"}
	}
	ask := k.ask(s, guard, reason, approvers)
	answer, err := safely(func() (ApprovalAnswer, error) { return k.cfg.Approvals.Decide(ask, s.m.Approvals, s.now) })
	switch {
	case err != nil:
		if d, ok := asDenial(err); ok {
			return d
		}
		return &Denial{Code: CodeApprovalNone, Guard: "approval", Side: "local", Reason: "the approval could not be looked up: " + err.Error(),
			Fix: "see chio-node doctor"}
	case answer.State == Granted && answer.ID != "":
		s.governed.approval = &answer
		return nil
	case answer.State == Awaited && answer.ID != "":
		s.awaiting = &Awaiting{Ask: ask, Answer: answer}
		return &Denial{Code: CodeApprovalPending, Guard: guard, Side: s.boundBy, Reason: reason,
			Fix: fmt.Sprintf("wait for approval %s, then send the same call again with call id %s", answer.ID, s.m.CallID)}
	case answer.Denial != nil:
		return answer.Denial
	default:
		return &Denial{Code: CodeApprovalNone, Guard: "approval", Side: "local", Reason: "the call is not approved", Fix: "ask an approver"}
	}
}

func (k *Kernel) ask(s *mediation, guard, reason string, approvers int) *ApprovalAsk {
	params, _ := k.parameters(s)
	a := &ApprovalAsk{Schema: ApprovalAskSchema, CallID: s.m.CallID, Subject: s.leaf.Subject, Server: s.m.Server, Tool: s.m.Tool,
		Operation: s.m.Operation, ArgsSHA256: s.argsHash, Parameters: params, IntentSHA256: s.intentHash, Capability: s.leaf.Ref(),
		PolicySHA256: s.policy.LocalHash, EffectiveSHA256: s.policy.EffectiveHash, Guard: text(guard, maxWordBytes),
		Reason: text(k.mask("", reason), maxReasonBytes), Amount: s.route.Price, Approvers: approvers}
	if s.intent != nil {
		a.Purpose = k.mask("", s.intent.Purpose)
	}
	if s.m.Origin != nil {
		a.PeerDID = s.m.Origin.PeerDID
	}
	return a
}

// approvalOf names the approval the decision waits for, or rests on.
func (s *mediation) approvalOf() *receipt.Approval {
	var a *ApprovalAnswer
	switch {
	case s.awaiting != nil:
		a = &s.awaiting.Answer
	case s.governed != nil && s.governed.approval != nil:
		a = s.governed.approval
	default:
		return nil
	}
	return &receipt.Approval{ID: text(a.ID, maxWordBytes), RequestSHA256: a.RequestSHA256, Approvers: a.Approvers,
		BatchID: text(a.BatchID, maxWordBytes), ExpiresAt: a.ExpiresAt}
}

func approvalID(s *mediation) string {
	if s.awaiting == nil {
		return ""
	}
	return s.awaiting.Answer.ID
}
