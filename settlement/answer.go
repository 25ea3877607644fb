package settlement

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxMissing bounds the receipts that an answer names beyond the proposal.
const maxMissing = 256

// AnswerProposal is the payee's part of Run, for a proposal that came from the
// peer:
//
//	1 the statement parses, and only the payer's bound kernel key has signed
//	2 it is from the peer, to us, under a treaty of the two, on its channel
//	3 a statement that was signed before is answered with the same bytes
//	4 it follows the last one, whose voucher we hold
//	5 the receipts are those it is over, each known and in no statement yet
//	6 we know of no others in its period or extent, unless the payer knows that
//	7 every round is known, and our own computation gives the same bytes
//
// Then it is signed, on disk, and answered. An error means that nothing was
// decided; a refusal is an Answer.
func (s *Settler) AnswerProposal(ctx context.Context, peer did.DID, p Proposal) (Answer, error) {
	st, env, err := ParseStatement(p.Statement) // 1
	if err != nil {
		return refused(err), nil
	}
	t, err := s.termsOf(peer, st.Treaty) // 2
	if err != nil {
		return refused(err), nil
	}
	if len(env.Signatures) != 1 || env.Signatures[0].Key != t.PeerKernel.String() { // 1
		return refused(fmt.Errorf("%w: the statement is not signed by the kernel of %s", ErrUntrusted, peer)), nil
	}
	if st.Payer != peer || st.Payee != s.cfg.Self { // 2
		return refused(fmt.Errorf("%w: the statement is from %s to %s", ErrParty, st.Payer, st.Payee)), nil
	}
	var answer Answer
	var was *account
	var d *draft
	if err := s.fileBefore(ctx, t, st.Sequence); err != nil {
		return Answer{}, err
	}
	err = s.cfg.DB.View(func(r store.Reader) error {
		if was, err = s.accountFor(r, t, In); err != nil {
			return err
		}
		if d, err = s.newDraft(r, t, was); err != nil {
			return err
		}
		answer, err = s.judge(r, was, st, env, &p, d)
		return err
	})
	switch {
	case errors.Is(err, store.ErrCorrupt) || errors.Is(err, store.ErrNotReady):
		return Answer{}, err
	case err != nil:
		return refused(err), nil
	case answer.Status != "":
		return answer, nil
	}
	return s.countersign(ctx, was, st, env, d)
}

func refused(err error) Answer { return Answer{Status: StatusRefused, Reason: err.Error()} }

// judge applies the rules 2 to 7; an empty answer means that all hold.
func (s *Settler) judge(r store.Reader, a *account, st *Statement, env *wire.Envelope, p *Proposal, d *draft) (Answer, error) {
	if st.Channel != a.Channel || st.ChainID != a.ChainID { // 2
		return Answer{}, fmt.Errorf("%w: channel %s on %s, the treaty gives %s on %s", ErrStatement, st.Channel, st.ChainID, a.Channel, a.ChainID)
	}
	if done, ok, err := s.signedBefore(r, a, st, env); err != nil || ok { // 3
		return done, err
	}
	if err := a.usable(); err != nil {
		return Answer{}, err
	}
	if st.Sequence != a.Acked+1 || st.Previous != nil && (a.Head == nil || *st.Previous != *a.Head) { // 4
		return Answer{}, fmt.Errorf("%w: statement %d does not follow our %d", ErrConflict, st.Sequence, a.Acked)
	}
	if a.VoucherSequence != a.Acked { // 4
		return Answer{}, fmt.Errorf("%w: statement %d still lacks its voucher", ErrConflict, a.Acked)
	}
	compare := s.compare
	switch {
	case p.Extent != nil && (len(p.Receipts) > 0 || p.Extent.check() != nil || p.Extent.To != st.Period.To): // 5
		return Answer{}, fmt.Errorf("%w: its extent is not that of the statement", ErrStatement)
	case p.Extent != nil:
		compare = s.compareExtent
	case len(p.Receipts) > maxListed || uint64(len(p.Receipts)) != st.Count || !ascending(p.Receipts) || ReceiptsRoot(p.Receipts) != st.ReceiptsRoot: // 5
		return Answer{}, fmt.Errorf("%w: the receipts listed are not those of the statement", ErrStatement)
	}
	if unknown, err := d.prices.unknown(st); err != nil || len(unknown) > 0 { // 7
		return Answer{Status: StatusRounds, Rounds: unknown}, err
	}
	mismatch, err := compare(r, a, st, p, d) // 5, 6
	if err != nil || mismatch.Status != "" {
		return mismatch, err
	}
	return s.recompute(st, env, d) // 7
}

// signedBefore answers with the stored bytes if this statement is on record.
func (s *Settler) signedBefore(r store.Reader, a *account, st *Statement, env *wire.Envelope) (Answer, bool, error) {
	rec, ok, err := load[record](r, statementKey(a.Channel, st.Sequence))
	if err != nil || !ok {
		return Answer{}, false, err
	}
	_, stored, err := rec.open()
	if err != nil {
		return Answer{}, false, err
	}
	if !bytes.Equal(stored.Body, env.Body) {
		return Answer{}, false, fmt.Errorf("%w: another statement %d of channel %s is signed by both", ErrConflict, st.Sequence, a.Channel)
	}
	return Answer{Status: StatusAcked, Statement: rec.Document}, true, nil
}

func ascending(ids []wire.Digest) bool {
	return slices.IsSortedFunc(ids, compareDigests) && len(slices.Compact(slices.Clone(ids))) == len(ids)
}

// compare puts the obligations into the draft, or says how ours differ.
func (s *Settler) compare(r store.Reader, a *account, st *Statement, p *Proposal, d *draft) (Answer, error) {
	answer := Answer{Status: StatusMismatch}
	ours := make(map[wire.Digest]Obligation)
	bound := max(maxListed, len(p.Receipts))
	period := func() error { // each row is read once if the two sides agree
		return open(r, In, a.Peer, func(o Obligation) error {
			if o.At > st.Period.To {
				return store.ErrStop
			}
			if o.Treaty != st.Treaty || len(ours) == bound || d.prices.eligible(&o) != nil {
				return nil
			}
			ours[o.Receipt] = o
			answer.Gross += o.Amount.Units
			if _, listed := slices.BinarySearchFunc(p.Receipts, o.Receipt, compareDigests); !listed && len(answer.Missing) < maxMissing {
				answer.Missing = append(answer.Missing, o.Receipt)
			}
			return nil
		})
	}
	if !p.Undisputed {
		if err := period(); err != nil {
			return Answer{}, err
		}
	}
	for _, id := range p.Receipts {
		o, ok := ours[id]
		if !ok {
			var err error
			if o, ok, err = s.openOne(r, st.Payer, st.Payee, st.Treaty, id); err != nil {
				return Answer{}, err
			}
		}
		if !ok {
			answer.Extra = append(answer.Extra, id)
			continue
		}
		if err := d.add(&o); err != nil {
			return Answer{}, err
		}
	}
	if len(answer.Extra) == 0 && len(answer.Missing) == 0 {
		return Answer{}, nil
	}
	if p.Undisputed {
		if err := period(); err != nil {
			return Answer{}, err
		}
	}
	answer.Root, answer.Count = ReceiptsRoot(slices.Collect(maps.Keys(ours))), uint64(len(ours))
	return answer, nil
}

// unknown lists the rounds of a statement that the payer has to send.
func (p *prices) unknown(st *Statement) (ids []wire.Digest, err error) {
	for _, t := range st.Rounds {
		if _, err := p.of(t.Round); errors.Is(err, ErrRound) {
			ids = append(ids, t.Round)
		} else if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// recompute makes the statement from our own rows.
func (s *Settler) recompute(st *Statement, env *wire.Envelope, d *draft) (Answer, error) {
	ours, err := d.compute()
	if err != nil {
		return Answer{}, err
	}
	body, err := wire.Marshal(ours)
	if err != nil {
		return Answer{}, err
	}
	if !bytes.Equal(body, env.Body) {
		return Answer{}, fmt.Errorf("%w: we compute %d receipts, gross %d, net %d, cumulative %d; stated are %d, %d, %d, %d", ErrStatement,
			ours.Count, ours.Gross.Units, ours.Net.Units, ours.Cumulative, st.Count, st.Gross.Units, st.Net.Units, st.Cumulative)
	}
	return Answer{}, nil
}

// countersign adds our signature and makes the statement durable before the
// payer is told.
func (s *Settler) countersign(ctx context.Context, was *account, st *Statement, env *wire.Envelope, d *draft) (Answer, error) {
	if err := env.AddSignature(StatementSchema, s.cfg.Kernel); err != nil {
		return Answer{}, err
	}
	doc := wire.Raw(env.Bytes())
	rec := record{Stage: stageAcked, Document: doc, Receipts: []wire.Digest{}}
	if len(d.receipts) <= s.cfg.ListedReceipts {
		rec.Receipts = d.receipts
	} else if err := s.keepReceipts(ctx, st, d.receipts); err != nil {
		return Answer{}, err
	}
	err := s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		a, err := reload(tx, was)
		if err != nil {
			return err
		}
		if err := d.current(tx, In, a.Peer); err != nil {
			return err
		}
		d.prices.keep(tx)
		if a.Rail == RailStripe { // we report it: there is no promise to wait for
			rec.Stage = stageVouchered
			a.VoucherSequence, a.Vouchered = st.Sequence, st.Cumulative
			tx.AfterCommit(func() { s.cfg.Vouchered(a.Peer) })
		}
		return s.acknowledge(tx, a, st, &rec)
	})
	if errors.Is(err, ErrConflict) {
		return refused(err), s.dropUnsigned(ctx, st)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("record statement %d from %s: %w", st.Sequence, was.Peer, err)
	}
	s.cfg.Failpoint("statement.countersigned_before_reply")
	return Answer{Status: StatusAcked, Statement: doc}, nil
}
