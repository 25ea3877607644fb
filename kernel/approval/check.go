package approval

import (
	"cmp"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// judge checks one token against one request; the zero error and repeated mean
// that this decision is already on record. Every refusal is a *kernel.Denial.
//
//	1 the token names this request (approval_id)
//	2 request_sha256 is the digest of this request's ask
//	3 the approver is one of the configured keys, and no agent's
//	4 issued_at ≤ now < expires_at
//	5 the approver's signature, and no other, verifies
//	6 one decision per approver: the same again changes nothing but its window,
//	  the opposite is refused
//	7 the request is open, or ended by this same decision
//
// An ended request answers a repeated decision whatever the time is, so 4 is
// asked of new decisions only.
func (g *Registry) judge(r store.Reader, q *Request, p *parsed, now int64) (repeated bool, err error) {
	if p.ApprovalID != q.ApprovalID { // 1
		return false, refuse(CodeMismatch, fixSign, "the token is for approval %.40s, not for %s", p.ApprovalID, q.ApprovalID)
	}
	if p.RequestSHA256 != q.RequestSHA256 { // 2
		return false, refuse(CodeMismatch, fixSign, "the token signs another request: arguments, capability or policy differ")
	}
	keys, err := g.eligible(r, q.Ask.Subject)
	if err != nil {
		return false, err
	}
	if !slices.Contains(keys, p.Approver) { // 3
		return false, refuse(CodeUntrusted, "the operator lists approvers under approvals.approvers; an agent's key never counts",
			"%s may not approve this call", p.Approver)
	}
	had := q.vote(p.Approver)
	same := had != nil && had.Decision == p.Decision
	if (q.Open() || !same) && (now < p.IssuedAt || now >= p.ExpiresAt) { // 4
		return false, refuse(CodeWindow, "sign a new token; compare the clocks of approver and node",
			"the token is valid from %d to %d, it is %d", p.IssuedAt, p.ExpiresAt, now)
	}
	if err := p.verify(); err != nil { // 5
		return false, refuse(CodeToken, fixSign, "%v", err)
	}
	if had != nil && !same { // 6
		return false, refuse(CodeResolved, "one approver decides once", "%s has already %s this request", p.Approver, had.Decision)
	}
	if !q.Open() && !same { // 7
		return false, refuse(CodeResolved, "the request has ended; chio-node approve show says how", "approval %s is %s", q.ApprovalID, q.State)
	}
	return same, nil
}

// merge adds a judged token to the votes of a request; of two equal decisions
// the one that holds longer stays.
func merge(votes []Vote, p *parsed) []Vote {
	v := Vote{Approver: p.Approver, Decision: p.Decision, IssuedAt: p.IssuedAt, ExpiresAt: p.ExpiresAt, Reason: p.Reason, Token: p.envelope}
	out := slices.Clone(votes)
	for i := range out {
		if out[i].Approver == v.Approver {
			if out[i].ExpiresAt < v.ExpiresAt {
				out[i] = v
			}
			return out
		}
	}
	return append(out, v)
}

// tally is what speaks for a call at one moment.
type tally struct {
	granted bool
	keys    []wire.PublicKey // who approved, sorted
	until   int64            // the first of them to lapse
	batches []*batch         // votes given in advance
}

// count weighs votes, and then batches, of distinct eligible approvers. The
// votes that hold longest are taken first; batches only where votes are
// missing, because they are used up.
func (g *Registry) count(r store.Reader, ask *kernel.ApprovalAsk, votes []Vote, needed int, now int64) (tally, error) {
	keys, err := g.eligible(r, ask.Subject)
	if err != nil {
		return tally{}, err
	}
	needed = max(needed, g.cfg.Threshold, ask.Approvers, 1)
	live := slices.DeleteFunc(slices.Clone(votes), func(v Vote) bool {
		return v.Decision != Approved || now < v.IssuedAt || now >= v.ExpiresAt || !slices.Contains(keys, v.Approver)
	})
	slices.SortStableFunc(live, func(a, b Vote) int { return cmp.Compare(b.ExpiresAt, a.ExpiresAt) })
	t := tally{until: 1<<63 - 1}
	for _, v := range live[:min(len(live), needed)] {
		t.keys = append(t.keys, v.Approver)
		t.until = min(t.until, v.ExpiresAt)
	}
	if len(t.keys) < needed {
		if err := t.fill(r, ask, keys, needed, now); err != nil {
			return tally{}, err
		}
	}
	slices.SortFunc(t.keys, compareKeys)
	t.granted = len(t.keys) >= needed
	return t, nil
}

// fill takes the batches of approvers that have not voted.
func (t *tally) fill(r store.Reader, ask *kernel.ApprovalAsk, eligible []wire.PublicKey, needed int, now int64) error {
	return batchesOf(r, ask.Subject, func(b *batch) error {
		if len(t.keys) == needed {
			return store.ErrStop
		}
		by := b.Approval.Approver
		if slices.Contains(t.keys, by) || !slices.Contains(eligible, by) || !b.covers(ask, now) {
			return nil
		}
		t.keys, t.batches = append(t.keys, by), append(t.batches, b)
		t.until = min(t.until, b.Approval.NotAfter)
		return nil
	})
}

func compareKeys(a, b wire.PublicKey) int { return slices.Compare(a[:], b[:]) }
