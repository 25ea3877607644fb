package settlement

import (
	"errors"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// batch is the obligations of the next statement, all under one treaty.
type batch struct {
	terms     *Terms
	account   *account
	draft     *draft
	rounds    map[wire.Digest]bool
	statement *Statement
}

// newBatch starts a statement of what we owe a peer under a treaty.
func (s *Settler) newBatch(r store.Reader, peer did.DID, treaty wire.Digest) (*batch, error) {
	t, err := s.termsOf(peer, treaty)
	if err != nil {
		return nil, err
	}
	a, err := s.accountFor(r, t, Out)
	if err != nil {
		return nil, err
	}
	return &batch{terms: t, account: a, draft: s.newDraft(r, t, a), rounds: make(map[wire.Digest]bool)}, nil
}

// newDraft is the next statement of a channel, still without obligations.
func (s *Settler) newDraft(r store.Reader, t *Terms, a *account) *draft {
	payer, payee := s.parties(t.Peer, a.Side)
	return &draft{
		terms: t, payer: payer, payee: payee, channel: a.Channel, sequence: a.Acked + 1, previous: a.Head,
		cumulative: a.Cumulative, prices: s.newPrices(r, t), converter: s.converter(),
	}
}

// next returns the oldest obligations that are in no statement, or nil. Those
// that cannot be settled are counted, left out, and do not stop the others.
func (run *runner) next() (b *batch, err error) {
	for {
		before := len(run.skip)
		err = run.s.cfg.DB.View(func(r store.Reader) error {
			b, err = run.collect(r)
			if err != nil || b == nil {
				return err
			}
			b.statement, err = b.draft.compute()
			return err
		})
		if err != nil || b != nil || len(run.skip) == before {
			return b, err
		}
	}
}

func (run *runner) collect(r store.Reader) (*batch, error) {
	var b *batch
	err := open(r, Out, run.peer, func(o Obligation) error {
		if run.skip[o.Receipt] || b != nil && o.Treaty != b.terms.Treaty {
			return nil
		}
		if b == nil {
			first, err := run.s.newBatch(r, run.peer, o.Treaty)
			if err != nil {
				return run.unsettleable(&o, err)
			}
			b = first
		}
		return run.add(b, o)
	})
	if err != nil || b == nil || len(b.draft.obligations) == 0 {
		return nil, err
	}
	return b, nil
}

// add puts an obligation into the batch if it fits there.
func (run *runner) add(b *batch, o Obligation) error {
	if o.Round != nil && !b.rounds[*o.Round] && len(b.rounds) == MaxRounds {
		return nil
	}
	if err := b.draft.prices.eligible(&o); err != nil {
		if errors.Is(err, store.ErrCorrupt) {
			return err
		}
		run.leave(&o, err)
		return nil
	}
	if o.Round != nil {
		b.rounds[*o.Round] = true
	}
	b.draft.obligations = append(b.draft.obligations, o)
	if len(b.draft.obligations) == MaxReceipts {
		return store.ErrStop
	}
	return nil
}

// unsettleable leaves out an obligation under an earlier treaty that can no
// longer be settled as agreed. The treaty in force must be usable.
func (run *runner) unsettleable(o *Obligation, cause error) error {
	t, err := run.s.current(run.peer)
	if err != nil {
		return err
	}
	if t.Treaty == o.Treaty || !errors.Is(cause, ErrTerms) && !errors.Is(cause, ErrRail) {
		return cause
	}
	run.leave(o, cause)
	return nil
}

func (run *runner) leave(o *Obligation, cause error) {
	run.skip[o.Receipt] = true
	if run.res.Unpriced++; run.res.Reason == "" {
		run.res.Reason = cause.Error()
	}
}

// keep stores the rounds that were used, so that the statement can be checked
// for as long as it exists.
func (p *prices) keep(tx store.Tx) {
	ids := make([]wire.Digest, 0, len(p.round))
	for id := range p.round {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareDigests)
	for _, id := range ids {
		tx.Set(roundKey(id), p.round[id].Bytes())
	}
}

// receiptsOf lists the receipts of obligations in ascending order.
func receiptsOf(obligations []Obligation) []wire.Digest {
	ids := make([]wire.Digest, len(obligations))
	for i := range obligations {
		ids[i] = obligations[i].Receipt
	}
	slices.SortFunc(ids, compareDigests)
	return ids
}
