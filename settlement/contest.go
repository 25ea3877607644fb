package settlement

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Contest takes an obligation out of what is settled because the payer objects
// to its receipt, or with contested false puts it back, in the caller's
// transaction. It names the obligation by its parties, treaty and receipt; the
// amount is the one recorded. A contested obligation stays in the books and in
// the payee's exposure: the payer gets no new credit for it. One that is in a
// statement already, signed by both or proposed, is ErrConflict; one that was
// never accrued here is remembered as a receipt the two sides disagree on.
func (s *Settler) Contest(tx store.Tx, o Obligation, contested bool) error {
	side, peer, err := s.side(&o)
	if err != nil {
		return err
	}
	id := o.ID()
	have, ok, err := load[owed](tx, obligationKey(id))
	switch {
	case err != nil:
		return err
	case !ok && contested:
		return dispute(tx, side, peer, o.Receipt)
	case !ok:
		tx.Delete(disputePrefix(side, peer) + o.Receipt.String())
		return nil
	case have.Sequence != 0:
		return fmt.Errorf("%w: receipt %s is in statement %d, which both signed", ErrConflict, o.Receipt, have.Sequence)
	case have.WaivedAt > 0:
		return fmt.Errorf("%w: receipt %s was given up", ErrConflict, o.Receipt)
	case have.Contested == contested:
		return nil
	}
	if err := notStated(tx, side, peer, o.Receipt); err != nil {
		return err
	}
	if err := countContest(tx, side, peer); err != nil {
		return err
	}
	have.Contested = contested
	if contested {
		tx.Delete(openKey(side, peer, &have.Obligation))
		tx.Set(disputePrefix(side, peer)+o.Receipt.String(), id[:])
	} else {
		tx.Set(openKey(side, peer, &have.Obligation), id[:])
		tx.Delete(disputePrefix(side, peer) + o.Receipt.String())
	}
	return save(tx, obligationKey(id), have)
}

// Waive ends a contested obligation because its payee gave it up at o.At, in the
// caller's transaction: what accruing it posted is posted back, and it counts
// against no credit any more. It names the obligation as Contest does. Waiving it
// again changes nothing; one that is not contested is ErrConflict; one that was
// never accrued here is a receipt that the two sides do not disagree on any more.
func (s *Settler) Waive(tx store.Tx, o Obligation) error {
	side, peer, err := s.side(&o)
	if err != nil {
		return err
	}
	id := o.ID()
	have, ok, err := load[owed](tx, obligationKey(id))
	switch {
	case err != nil:
		return err
	case o.At <= 0:
		return fmt.Errorf("%w: it was given up at %d", ErrObligation, o.At)
	case !ok:
		tx.Delete(disputePrefix(side, peer) + o.Receipt.String())
		return nil
	case have.WaivedAt > 0:
		return nil
	case have.Sequence != 0 || !have.Contested:
		return fmt.Errorf("%w: nobody objects to receipt %s, or it is in a statement", ErrConflict, o.Receipt)
	}
	entries, err := s.waiverEntries(&have.Obligation)
	if err != nil {
		return err
	}
	if _, err := ledger.Post(tx, ledger.Posting{ID: waiverID(id), At: o.At, Memo: waiverMemo + id.String(), Entries: entries}); err != nil {
		return fmt.Errorf("post the waiver of obligation %s: %w", id, err)
	}
	if err := dropExposure(tx, side, peer, have.Obligation.Amount); err != nil {
		return err
	}
	if err := countContest(tx, side, peer); err != nil {
		return err
	}
	have.WaivedAt = o.At
	tx.Delete(disputePrefix(side, peer) + o.Receipt.String())
	return save(tx, obligationKey(id), have)
}

const waiverMemo = "waiver of obligation "

// waiverID is the SHA-256 of {v, waiver}: an obligation is given up once.
func waiverID(obligation wire.Digest) wire.Digest {
	return wire.Hash(wire.MustMarshal(struct {
		V      int         `json:"v"`
		Waiver wire.Digest `json:"waiver"`
	}{1, obligation}))
}

// waiverEntries are those of the obligation, back.
func (s *Settler) waiverEntries(o *Obligation) ([]ledger.Entry, error) {
	entries, err := s.obligationEntries(o)
	for i := range entries {
		e := &entries[i]
		e.Debit, e.Credit = e.Credit, e.Debit
	}
	return entries, err
}

// notStated refuses a receipt that stands in a statement which the peer may have
// signed by now, or which both did a moment ago.
func notStated(r store.Reader, side Side, peer did.DID, receiptID wire.Digest) error {
	channels, err := accounts(r, side, peer)
	if err != nil {
		return err
	}
	for _, a := range channels {
		if a.Sequence == a.Acked && a.Unfiled == 0 {
			continue
		}
		ids, err := receiptsOf(r, a.Channel, a.Sequence)
		if err != nil {
			return err
		}
		if _, stands := slices.BinarySearchFunc(ids, receiptID, compareDigests); stands {
			return fmt.Errorf("%w: receipt %s is in statement %d, which was proposed", ErrConflict, receiptID, a.Sequence)
		}
	}
	return nil
}

// contests counts how often an obligation of a direction was contested, put back
// or given up: what was read before the count changed may not be so any more.
func contests(r store.Reader, side Side, peer did.DID) (uint64, error) {
	n, _, err := load[uint64](r, contestsKey(side, peer))
	return n, err
}

func countContest(tx store.Tx, side Side, peer did.DID) error {
	n, err := contests(tx, side, peer)
	if err != nil {
		return err
	}
	return save(tx, contestsKey(side, peer), n+1)
}

// contestedAmount is what a dispute row's obligation amounts to, or nothing if
// none was accrued.
func contestedAmount(r store.Reader, row []byte) (wire.MonetaryAmount, error) {
	if len(row) != len(wire.Digest{}) {
		return wire.MonetaryAmount{}, nil
	}
	have, ok, err := load[owed](r, obligationKey(wire.Digest(row)))
	if err == nil && !ok {
		err = fmt.Errorf("%w: a contested obligation is gone", store.ErrCorrupt)
	}
	return have.Obligation.Amount, err
}
