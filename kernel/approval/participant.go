package approval

import (
	"errors"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Admit uses up what Decide granted, judged again at the call's time and in
// the transaction that admits the call:
//
//	1 the request is the one that was granted: open, same ask
//	2 votes, presented tokens and batches still suffice
//	3 each batch counts this call, within its limits
//
// Two admissions of one approval meet in the committer: the second finds it
// used. A call that needed no approval this time ends a request it once made.
func (g *Registry) Admit(tx store.Tx, a *kernel.Admittance, _ *kernel.Ticket) error {
	now := a.Call.Now
	if a.Approval == nil {
		return g.withdraw(tx, a.Call.Mandate.CallID, now)
	}
	u, ok := a.Approval.Use.(*use)
	if !ok || u == nil || u.ask.CallID != a.Call.Mandate.CallID {
		return errors.New("admit call: the approval is not one that was granted here")
	}
	q, err := byCall(tx, u.ask.CallID)
	if err != nil {
		return err
	}
	votes, needed := []Vote(nil), u.ask.Approvers
	switch { // 1
	case q == nil && u.request != "":
		return refuse(CodeUnknown, fixNewCall, "the request of approval %s is gone", u.request)
	case q != nil:
		if d := q.stands(u.digest, now); d != nil {
			return d
		}
		votes, needed = q.Votes, q.Needed
	}
	for _, p := range u.tokens {
		votes = merge(votes, p)
	}
	t, err := g.count(tx, u.ask, votes, needed, now)
	if err != nil {
		return err
	}
	if !t.granted { // 2
		return refuse(CodeLapsed, "send the call again: it asks for approval again", "what approved the call lapsed or was used up before it was admitted")
	}
	for _, b := range t.batches { // 3
		if err := b.use(tx, u.ask); err != nil {
			return err
		}
	}
	a.Approval.Approvers, a.Approval.BatchID = t.keys, strings.Join(t.batchIDs(), ",")
	if q == nil {
		return nil
	}
	was := q.Deadline()
	q.Votes, q.BatchIDs, q.State, q.EndedAt = votes, t.batchIDs(), Used, now
	return end(tx, q, was)
}

// withdraw ends the request of a call that was admitted without it.
func (g *Registry) withdraw(tx store.Tx, callID string, now int64) error {
	if g.Idle() {
		return nil
	}
	q, err := byCall(tx, callID)
	if err != nil || q == nil || !q.Open() {
		return err
	}
	was := q.Deadline()
	q.State, q.EndedAt = Used, now
	return end(tx, q, was)
}

// Close notes the terminal receipt of a call that used an approval.
func (g *Registry) Close(tx store.Tx, c *kernel.Closing, _ uint64) error {
	if g.Idle() {
		return nil
	}
	q, err := byCall(tx, c.Call.Mandate.CallID)
	if err != nil || q == nil || q.State != Used || q.ReceiptID != "" {
		return err
	}
	q.ReceiptID = c.Receipt.ID
	tx.AfterCommit(func() { g.live.Add(-1) })
	return put(tx, q)
}

// unended are denials of a copy of a mandate: the call itself goes on.
var unended = []kernel.Code{kernel.CodeProofReplayed, kernel.CodeDuplicateCall}

// Refuse makes a new request durable with its pending receipt, or, when a
// repetition of the call was denied, ends the request with that denial: it is
// the call's terminal receipt. Only the agent itself can end its request so:
// the proof must have verified, and the subject be the one that asked.
func (g *Registry) Refuse(tx store.Tx, r *kernel.Refusal, logIndex uint64) error {
	if r.Pending != nil {
		return g.ask(tx, r)
	}
	m := r.Call.Mandate
	if g.Idle() || r.Nonce == nil || len(m.Chain) == 0 {
		return nil
	}
	q, err := byCall(tx, m.CallID)
	if err != nil || q == nil || !q.Open() || q.Ask.Subject != m.Chain[len(m.Chain)-1].Subject {
		return err
	}
	var md receipt.Metadata
	if err := wire.UnmarshalLenient(r.Receipt.Metadata, &md, rowLimits); err != nil {
		return err
	}
	code := kernel.Code(md.Code)
	if slices.Contains(unended, code) {
		return nil
	}
	was := q.Deadline()
	q.State, q.Code, q.EndedAt, q.ReceiptID = endedBy(code), code, r.Call.Now, r.Receipt.ID
	if err := g.cfg.Spend(tx, m.CallID, r.Receipt.ID, logIndex, r.Call.Now+RetentionSeconds); err != nil {
		return err
	}
	tx.AfterCommit(func() { g.live.Add(-1) })
	return end(tx, q, was)
}

func endedBy(code kernel.Code) State {
	switch code {
	case CodeDenied:
		return Refused
	case CodeExpired:
		return Expired
	default:
		return Ended
	}
}

// ask records a new request; one that is recorded already stays as it is.
func (g *Registry) ask(tx store.Tx, r *kernel.Refusal) error {
	ask, answer := r.Pending.Ask, r.Pending.Answer
	if ask == nil || ask.CallID != r.Call.Mandate.CallID {
		return errors.New("pending call: the ask is missing or another call's")
	}
	q, err := byCall(tx, ask.CallID)
	if err != nil {
		return err
	}
	if q != nil {
		if q.ApprovalID != answer.ID || q.RequestSHA256 != answer.RequestSHA256 {
			return refuse(kernel.CodeDuplicateCall, fixNewCall, "call id %s asked for approval twice at one time", ask.CallID)
		}
		return nil
	}
	if d, err := g.room(tx, ask.Subject); err != nil {
		return err
	} else if d != nil {
		return d
	}
	q = &Request{ApprovalID: answer.ID, RequestSHA256: answer.RequestSHA256, Ask: *ask, AskedAt: r.Call.Now,
		ExpiresAt: answer.ExpiresAt, Needed: max(g.cfg.Threshold, ask.Approvers, 1), State: Waiting}
	// Counted at once: a closure that runs before this one is on disk must not
	// take the registry for idle. If this one is dropped, it is merely never idle.
	g.live.Add(1)
	tx.AfterCommit(func() {
		if g.cfg.Notify != nil {
			g.cfg.Notify()
		}
	})
	return insert(tx, q, g.cfg.Notify != nil)
}
