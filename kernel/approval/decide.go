package approval

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxPresented bounds the tokens of one mandate.
const maxPresented = MaxApprovers

// use is what Admit needs to consume an approval.
type use struct {
	ask     *kernel.ApprovalAsk
	digest  wire.Digest
	request string // approval id of the durable request; "" if batches alone grant
	tokens  []*parsed
}

// Decide says what approvers have said about an ask, in this order:
//
//	1 a call id that asked for something else is refused
//	2 a request that ended answers how
//	3 a request past its deadline has expired
//	4 every presented token passes the checks of a token
//	5 one denial denies
//	6 enough votes and batches of distinct approvers grant
//	7 otherwise it waits, if there is room and there are approvers enough
//
// Nothing is written. now is unix seconds.
func (g *Registry) Decide(ask *kernel.ApprovalAsk, presented []wire.Raw, now int64) (kernel.ApprovalAnswer, error) {
	digest, err := Digest(ask)
	if err != nil {
		return kernel.ApprovalAnswer{}, err
	}
	if err := wire.CheckUUIDv7(ask.CallID); err != nil {
		return kernel.ApprovalAnswer{}, fmt.Errorf("approval ask: call_id: %w", err)
	}
	if len(presented) > maxPresented {
		return denied("", digest, refuse(CodeToken, fixSign, "%d approval tokens, at most %d", len(presented), maxPresented)), nil
	}
	var answer kernel.ApprovalAnswer
	err = g.cfg.DB.View(func(r store.Reader) error {
		answer, err = g.decide(r, ask, digest, presented, now)
		return err
	})
	return answer, err
}

func denied(id string, digest wire.Digest, d *kernel.Denial) kernel.ApprovalAnswer {
	return kernel.ApprovalAnswer{State: kernel.Refused, ID: id, RequestSHA256: digest, Denial: d}
}

func (g *Registry) decide(r store.Reader, ask *kernel.ApprovalAsk, digest wire.Digest, presented []wire.Raw, now int64) (kernel.ApprovalAnswer, error) {
	q, err := byCall(r, ask.CallID)
	if err != nil {
		return kernel.ApprovalAnswer{}, err
	}
	if q == nil {
		return g.first(r, ask, digest, presented, now)
	}
	if d := q.stands(digest, now); d != nil { // 1, 2, 3
		return denied(q.ApprovalID, digest, d), nil
	}
	u := &use{ask: ask, digest: digest, request: q.ApprovalID}
	votes := q.Votes
	for _, doc := range presented { // 4
		p, err := parseToken(doc)
		if err == nil {
			_, err = g.judge(r, q, p, now)
		}
		if err != nil {
			return refusal(q.ApprovalID, digest, err)
		}
		if p.Decision == Denied { // 5
			return denied(q.ApprovalID, digest, refuse(CodeDenied, "ask the approver why; a new call asks again",
				"approval %s was denied by %s", q.ApprovalID, p.Approver)), nil
		}
		votes = merge(votes, p)
		u.tokens = append(u.tokens, p)
	}
	t, err := g.count(r, ask, votes, q.Needed, now)
	if err != nil {
		return kernel.ApprovalAnswer{}, err
	}
	if t.granted { // 6
		return t.answer(q.ApprovalID, digest, u), nil
	}
	return kernel.ApprovalAnswer{State: kernel.Awaited, ID: q.ApprovalID, RequestSHA256: digest, ExpiresAt: q.Deadline()}, nil // 7
}

// stands refuses what cannot be decided any more.
func (q *Request) stands(digest wire.Digest, now int64) *kernel.Denial {
	switch {
	case q.RequestSHA256 != digest:
		return refuse(CodeMismatch, fixNewCall, "call id %s asked for approval of another call: agent, arguments, capability, policy or amount differ", q.Ask.CallID)
	case !q.Open():
		return q.outcome()
	case now >= q.Deadline():
		return expiredDenial(q)
	}
	return nil
}

// first answers an ask whose call id is new.
func (g *Registry) first(r store.Reader, ask *kernel.ApprovalAsk, digest wire.Digest, presented []wire.Raw, now int64) (kernel.ApprovalAnswer, error) {
	if len(presented) > 0 {
		return denied("", digest, refuse(CodeUnknown, "present a token with the call id that its request was made under",
			"no approval of call %s was asked for, so no token can be for it", ask.CallID)), nil
	}
	keys, err := g.eligible(r, ask.Subject)
	if err != nil {
		return kernel.ApprovalAnswer{}, err
	}
	if needed := max(g.cfg.Threshold, ask.Approvers); len(keys) < needed {
		return denied("", digest, refuse(kernel.CodeApprovalNone, "list approvers under approvals.approvers",
			"the call needs %d approvers, %d are configured", needed, len(keys))), nil
	}
	t, err := g.count(r, ask, nil, ask.Approvers, now)
	if err != nil {
		return kernel.ApprovalAnswer{}, err
	}
	if !t.granted {
		if d, err := g.room(r, ask.Subject); err != nil || d != nil {
			return denied("", digest, d), err
		}
	}
	id, err := wire.NewUUIDv7(now*1000, g.cfg.Rand)
	if err != nil {
		return kernel.ApprovalAnswer{}, err
	}
	if t.granted { // 6
		return t.answer(id, digest, &use{ask: ask, digest: digest}), nil
	}
	return kernel.ApprovalAnswer{State: kernel.Awaited, ID: id, RequestSHA256: digest, ExpiresAt: now + g.cfg.TTLSeconds}, nil // 7
}

// room denies when no more requests fit.
func (g *Registry) room(r store.Reader, agent wire.PublicKey) (*kernel.Denial, error) {
	const fix = "approve, deny or wait out what is pending: chio-node approve list"
	n, err := count(r, countRow)
	if err != nil {
		return nil, err
	}
	if n >= g.cfg.maxPending {
		return refuse(CodeFull, fix, "%d requests are pending, at most %d", n, g.cfg.maxPending), nil
	}
	own, err := openOf(r, agent)
	if err == nil && uint64(own) >= g.cfg.maxPerAgent {
		return refuse(CodeFull, fix, "%d requests of this agent are pending, at most %d", own, g.cfg.maxPerAgent), nil
	}
	return nil, err
}

func (t *tally) answer(id string, digest wire.Digest, u *use) kernel.ApprovalAnswer {
	return kernel.ApprovalAnswer{State: kernel.Granted, ID: id, RequestSHA256: digest, ExpiresAt: t.until,
		Approvers: t.keys, BatchID: strings.Join(t.batchIDs(), ","), Use: u}
}

func (t *tally) batchIDs() []string {
	var ids []string
	for _, b := range t.batches {
		ids = append(ids, b.Approval.BatchID)
	}
	return ids
}

// refusal turns the error of a check into an answer; what is no refusal stays
// an error, and that denies too.
func refusal(id string, digest wire.Digest, err error) (kernel.ApprovalAnswer, error) {
	var d *kernel.Denial
	if errors.As(err, &d) {
		return denied(id, digest, d), nil
	}
	return kernel.ApprovalAnswer{}, err
}
