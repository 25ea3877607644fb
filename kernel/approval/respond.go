package approval

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
)

// Respond records an approver's token and returns the request as it stands
// then. The same decision again changes nothing and answers the same. A denial
// ends the call at once with its receipt. A refusal is a *kernel.Denial; a
// request found past its deadline is ended as expired before it is refused.
func (g *Registry) Respond(ctx context.Context, doc []byte, now int64) (*Request, error) {
	p, err := parseToken(doc)
	if err != nil {
		return nil, err
	}
	// Everything that needs no write first: whoever has no approver's key costs
	// a look-up, not a place in the committer.
	var q *Request
	var repeated bool
	err = g.cfg.DB.View(func(r store.Reader) (err error) {
		if q, err = known(r, p.ApprovalID); err != nil {
			return err
		}
		repeated, err = g.judge(r, q, p, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	if repeated && !q.Open() {
		return q, nil
	}
	var late *kernel.Denial
	err = g.cfg.DB.Update(ctx, func(tx store.Tx) (err error) {
		if q, err = known(tx, p.ApprovalID); err != nil {
			return err
		}
		if q.Open() && now >= q.Deadline() {
			late = expiredDenial(q)
			return g.settle(tx, q, Expired, late, now)
		}
		return g.vote(tx, q, p, now)
	})
	if err != nil {
		return nil, err
	}
	if late != nil {
		return nil, late
	}
	return q, nil
}

func known(r store.Reader, id string) (*Request, error) {
	q, err := get(r, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, refuse(CodeUnknown, "chio-node approve list shows what is pending", "no approval %.40s was asked for", id)
	}
	return q, err
}

// vote judges the token again, in the transaction that records it.
func (g *Registry) vote(tx store.Tx, q *Request, p *parsed, now int64) error {
	repeated, err := g.judge(tx, q, p, now)
	if err != nil || repeated && !q.Open() {
		return err
	}
	was := q.Deadline()
	q.Votes = merge(q.Votes, p)
	if p.Decision == Denied {
		d := refuse(CodeDenied, "ask the approver why; a new call asks again", "denied%s", q.deniedBy())
		return g.settle(tx, q, Refused, d, now)
	}
	t, err := g.count(tx, &q.Ask, q.Votes, q.Needed, now)
	if err != nil {
		return err
	}
	if t.granted && len(t.batches) == 0 {
		q.State, q.ReadyUntil = Ready, t.until
	}
	return move(tx, q, was)
}

// settle ends an open request with a receipt of its own: the call's terminal
// one. Receipt, request and the spent call id are one transaction.
func (g *Registry) settle(tx store.Tx, q *Request, state State, d *kernel.Denial, now int64) error {
	was := q.Deadline()
	rec, raw, err := g.cfg.Sign(q, d, now)
	if err != nil {
		return fmt.Errorf("sign the receipt of call %s: %w", q.Ask.CallID, err)
	}
	index, err := g.cfg.Append(tx, rec.ID, raw)
	if err != nil {
		return err
	}
	if err := g.cfg.Spend(tx, q.Ask.CallID, rec.ID, index, now+RetentionSeconds); err != nil {
		return err
	}
	q.State, q.Code, q.EndedAt, q.ReceiptID = state, d.Code, now, rec.ID
	tx.AfterCommit(func() { g.live.Add(-1) })
	return end(tx, q, was)
}

// Get returns one request, or a *kernel.Denial with CodeUnknown.
func (g *Registry) Get(id string) (q *Request, err error) {
	err = g.cfg.DB.View(func(r store.Reader) error {
		q, err = known(r, id)
		return err
	})
	return q, err
}

// List calls fn for the requests after the given approval id ("" for all),
// oldest first, until fn returns an error; store.ErrStop ends it with nil.
func (g *Registry) List(after string, fn func(*Request) error) error {
	if after != "" {
		after = reqRows + after
	}
	return g.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(reqRows, after, func(key string, value []byte) error {
			q, err := decodeRequest(key[len(reqRows):], value)
			if err != nil {
				return err
			}
			return fn(q)
		})
	})
}

// Untold lists at most limit open requests whose notification is still owed
// and which want accepts; want sees each id, oldest first, until limit is
// reached.
func (g *Registry) Untold(limit int, want func(id string) bool) (owed []*Request, err error) {
	err = g.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(tellRows, "", func(key string, _ []byte) error {
			if len(owed) == limit {
				return store.ErrStop
			}
			id := key[len(tellRows):]
			if !want(id) {
				return nil
			}
			q, err := get(r, id)
			if err == nil {
				owed = append(owed, q)
			}
			return err
		})
	})
	return owed, err
}

// Told remembers that the approvers were notified of a request.
func (g *Registry) Told(ctx context.Context, id string) error {
	return g.cfg.DB.Update(ctx, func(tx store.Tx) error {
		tx.Delete(tellRows + id)
		return nil
	})
}
