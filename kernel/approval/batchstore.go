package approval

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// batch is a registered batch approval with what of it is used.
type batch struct {
	Approval   BatchApproval  `json:"approval"`
	Envelope   *wire.Envelope `json:"envelope"`
	UsedCalls  uint64         `json:"used_calls"`
	UsedAmount uint64         `json:"used_amount_minor"` // worst cases of the calls, in the currency of its bounds
	RevokedAt  int64          `json:"revoked_at,omitzero"`
}

// Batch is a registered batch approval as it is shown.
type Batch struct {
	BatchApproval
	UsedCalls  uint64 `json:"used_calls"`
	UsedAmount uint64 `json:"used_amount_minor"`
	RevokedAt  int64  `json:"revoked_at,omitzero"`
}

func (b *batch) shown() Batch {
	return Batch{BatchApproval: b.Approval, UsedCalls: b.UsedCalls, UsedAmount: b.UsedAmount, RevokedAt: b.RevokedAt}
}

func batchKey(subject wire.PublicKey, id string) string {
	return batchRows + subject.String() + "/" + id
}

// batchesOf calls fn for the batches of an agent, oldest first.
func batchesOf(r store.Reader, subject wire.PublicKey, fn func(*batch) error) error {
	return r.Scan(batchRows+subject.String()+"/", "", func(_ string, value []byte) error {
		b, err := decodeBatch(value)
		if err != nil {
			return err
		}
		return fn(b)
	})
}

func decodeBatch(value []byte) (*batch, error) {
	var b batch
	if err := wire.UnmarshalCanonical(value, &b, rowLimits); err != nil {
		return nil, fmt.Errorf("%w: batch: %w", ErrCorrupt, err)
	}
	return &b, nil
}

func (b *batch) put(tx store.Tx) error {
	row, err := wire.Marshal(b)
	if err != nil {
		return err
	}
	tx.Set(batchKey(b.Approval.Subject, b.Approval.BatchID), row)
	return nil
}

// covers reports whether the batch approves an ask now and has room for it.
func (b *batch) covers(ask *kernel.ApprovalAsk, now int64) bool {
	p := &b.Approval
	switch {
	case b.RevokedAt != 0, now < p.NotBefore, now >= p.NotAfter, p.Subject != ask.Subject:
		return false
	case !matches(p.ServerPattern, ask.Server) || !matches(p.ToolPattern, ask.Tool):
		return false
	case len(p.Guards) > 0 && !slices.Contains(p.Guards, ask.Guard):
		return false
	case p.MaxCalls != nil && b.UsedCalls >= uint64(*p.MaxCalls):
		return false
	case ask.Amount == nil || ask.Amount.Units == 0:
		return true
	case p.MaxAmountPerCall == nil && p.MaxTotalAmount == nil:
		return false
	}
	if c := p.MaxAmountPerCall; c != nil && (c.Currency != ask.Amount.Currency || ask.Amount.Units > c.Units) {
		return false
	}
	c := p.MaxTotalAmount
	return c == nil || c.Currency == ask.Amount.Currency && b.UsedAmount <= c.Units && ask.Amount.Units <= c.Units-b.UsedAmount
}

// use counts one call. The caller has seen that it covers it, in this same
// transaction.
func (b *batch) use(tx store.Tx, ask *kernel.ApprovalAsk) error {
	b.UsedCalls++
	if ask.Amount != nil && ask.Amount.Units > 0 {
		if ask.Amount.Units > wire.MaxUnits-min(b.UsedAmount, wire.MaxUnits) {
			return refuse(CodeLapsed, fixNewCall, "batch %s has approved all the money there is", b.Approval.BatchID)
		}
		b.UsedAmount += ask.Amount.Units
	}
	return b.put(tx)
}

// AddBatch registers a batch approval. The same one again changes nothing. A
// refusal is a *kernel.Denial:
//
//	1 ParseBatch accepts it
//	2 its approver is a configured one and no agent
//	3 it is not over yet
//	4 its id is new
//	5 there is room
func (g *Registry) AddBatch(ctx context.Context, doc []byte, now int64) (*Batch, error) {
	p, envelope, err := ParseBatch(doc) // 1
	if err != nil {
		return nil, err
	}
	var shown Batch
	err = g.cfg.DB.Update(ctx, func(tx store.Tx) error {
		keys, err := g.eligible(tx, p.Subject)
		if err != nil {
			return err
		}
		if !slices.Contains(keys, p.Approver) { // 2
			return refuse(CodeUntrusted, "the operator lists approvers under approvals.approvers; an agent's key never counts",
				"%s may not approve calls of %s", p.Approver, p.Subject)
		}
		if now >= p.NotAfter { // 3
			return refuse(CodeWindow, "sign a new batch approval", "batch %s was valid until %d, it is %d", p.BatchID, p.NotAfter, now)
		}
		have, err := findBatch(tx, p.BatchID)
		if err != nil {
			return err
		}
		if have == nil {
			have = &batch{Approval: *p, Envelope: envelope}
			err = g.insertBatch(tx, have)
		} else if have.Envelope.ID() != envelope.ID() { // 4
			err = refuseBatch("another one has the id %s", p.BatchID)
		}
		shown = have.shown()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &shown, nil
}

func (g *Registry) insertBatch(tx store.Tx, b *batch) error {
	total, err := count(tx, batchesRow)
	if err != nil {
		return err
	}
	own := 0
	err = batchesOf(tx, b.Approval.Subject, func(*batch) error {
		own++
		return nil
	})
	if err != nil {
		return err
	}
	if total >= g.cfg.maxBatches || own >= MaxBatchesPerAgent { // 5
		return refuse(CodeFull, "revoke batch approvals that are no longer needed: chio-node approve batch revoke",
			"%d batch approvals are registered, %d of them for this agent", total, own)
	}
	setCount(tx, batchesRow, total+1)
	tx.Set(batchIDRows+b.Approval.BatchID, b.Approval.Subject[:])
	tx.Set(dueKey(b.Approval.NotAfter, dueBatch+b.Approval.BatchID), nil)
	return b.put(tx)
}

// dropBatch forgets a batch whose window is over.
func dropBatch(tx store.Tx, id string) error {
	b, err := findBatch(tx, id)
	if err != nil || b == nil {
		return err
	}
	total, err := count(tx, batchesRow)
	if err != nil {
		return err
	}
	setCount(tx, batchesRow, max(total, 1)-1)
	tx.Delete(batchIDRows + id)
	tx.Delete(batchKey(b.Approval.Subject, id))
	return nil
}

// findBatch reads a batch by id; nil if there is none.
func findBatch(r store.Reader, id string) (*batch, error) {
	subject, err := r.Get(batchIDRows + id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(subject) != len(wire.PublicKey{}) {
		return nil, fmt.Errorf("%w: index of batch %.40s", ErrCorrupt, id)
	}
	value, err := r.Get(batchKey(wire.PublicKey(subject), id))
	if err != nil {
		return nil, fmt.Errorf("%w: batch %.40s: %w", ErrCorrupt, id, err)
	}
	return decodeBatch(value)
}

// RevokeBatch ends a batch approval: from now on it approves nothing. It is
// remembered until its window is over, so that it cannot be registered again.
// One that is unknown is CodeUnknown.
func (g *Registry) RevokeBatch(ctx context.Context, id string, now int64) (*Batch, error) {
	var shown Batch
	err := g.cfg.DB.Update(ctx, func(tx store.Tx) error {
		b, err := findBatch(tx, id)
		if err != nil {
			return err
		}
		if b == nil {
			return refuse(CodeUnknown, "chio-node approve batch list shows them", "no batch approval %.40s is registered", id)
		}
		if b.RevokedAt == 0 {
			b.RevokedAt = max(now, 1)
		}
		shown = b.shown()
		return b.put(tx)
	})
	if err != nil {
		return nil, err
	}
	return &shown, nil
}

// Batches lists the registered batch approvals by agent.
func (g *Registry) Batches() (all []Batch, err error) {
	err = g.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(batchRows, "", func(_ string, value []byte) error {
			b, err := decodeBatch(value)
			if err == nil {
				all = append(all, b.shown())
			}
			return err
		})
	})
	return all, err
}
