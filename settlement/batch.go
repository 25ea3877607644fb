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
	extent    Extent
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
	d, err := s.newDraft(r, t, a)
	if err != nil {
		return nil, err
	}
	return &batch{terms: t, account: a, draft: d}, nil
}

// newDraft is the next statement of a channel, still without obligations.
func (s *Settler) newDraft(r store.Reader, t *Terms, a *account) (*draft, error) {
	payer, payee := s.parties(t.Peer, a.Side)
	n, err := contests(r, a.Side, t.Peer)
	if err != nil {
		return nil, err
	}
	return &draft{
		terms: t, contests: n, prices: s.newPrices(r, t), converter: s.converter(), total: Statement{
			Schema: StatementSchema, Treaty: t.Treaty, Payer: payer, Payee: payee, Sequence: a.Acked + 1, Previous: a.Head,
			Gross: wire.MonetaryAmount{Currency: t.Currency}, Net: wire.MonetaryAmount{Currency: t.SettleCurrency},
			Cumulative: a.Cumulative, ChainID: t.ChainID, Channel: a.Channel,
		},
	}, nil
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

// collect adds the oldest obligations first, and names those of the treaty that
// it leaves out on the way. Where those are more than an extent may name, it adds
// as many as a proposal lists.
func (run *runner) collect(r store.Reader) (*batch, error) {
	var b *batch
	var skipped []Obligation // before it is clear which treaty it is
	bound, left := run.bound, slices.Clone(run.missing)
	leave := func(o *Obligation) {
		if len(left) == maxBeyond {
			bound = run.s.cfg.ListedReceipts
			return
		}
		left = append(left, o.Receipt)
	}
	err := open(r, Out, run.peer, func(o Obligation) (err error) {
		switch {
		case b == nil && run.skip[o.Receipt]:
			skipped = append(skipped, o)
			return nil
		case b == nil:
			if b, err = run.s.newBatch(r, run.peer, o.Treaty); err != nil {
				b = nil
				return run.unsettleable(&o, err)
			}
			for i := range skipped {
				if skipped[i].Treaty == o.Treaty {
					leave(&skipped[i])
				}
			}
		case o.Treaty != b.terms.Treaty:
			return nil
		}
		added := false
		if !run.skip[o.Receipt] {
			added, err = run.add(b, &o)
		}
		if !added {
			leave(&o)
		}
		if err == nil && len(b.draft.receipts) >= bound {
			err = store.ErrStop
		}
		return err
	})
	if err != nil || b == nil || len(b.draft.receipts) == 0 {
		return nil, err
	}
	slices.SortFunc(left, compareDigests)
	b.extent.Beyond = append([]wire.Digest{}, slices.Compact(left)...)
	return b, nil
}

// add puts an obligation into the batch if it fits there.
func (run *runner) add(b *batch, o *Obligation) (bool, error) {
	d := b.draft
	if o.Round != nil && len(d.total.Rounds) == MaxRounds && !slices.ContainsFunc(d.total.Rounds, func(t RoundTotal) bool { return t.Round == *o.Round }) {
		return false, nil
	}
	if err := d.prices.eligible(o); err != nil {
		if errors.Is(err, store.ErrCorrupt) {
			return false, err
		}
		run.leave(o, err)
		return false, nil
	}
	b.extent.To, b.extent.Last = o.At, o.Receipt
	return true, d.add(o)
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
