package settlement

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
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
	case have.Contested == contested:
		return nil
	}
	if err := notProposed(tx, side, peer, o.Receipt); err != nil {
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

// notProposed refuses a receipt that stands in a statement of ours which the
// peer may have signed by now.
func notProposed(r store.Reader, side Side, peer did.DID, receiptID wire.Digest) error {
	channels, err := accounts(r, side, peer)
	if err != nil {
		return err
	}
	for _, a := range channels {
		if a.Sequence == a.Acked {
			continue
		}
		rec, err := readRecord(r, a.Channel, a.Sequence)
		if err != nil {
			return err
		}
		if slices.Contains(rec.Receipts, receiptID) {
			return fmt.Errorf("%w: receipt %s is in statement %d, which was proposed", ErrConflict, receiptID, a.Sequence)
		}
	}
	return nil
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
