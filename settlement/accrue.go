package settlement

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// owed is an obligation as recorded; Channel and Sequence name the statement
// that both sides signed over it, zero before that.
type owed struct {
	Obligation Obligation  `json:"obligation"`
	Channel    wire.Digest `json:"channel"`
	Sequence   uint64      `json:"sequence"`
	Contested  bool        `json:"contested,omitzero"` // the payer objects: in no statement until it agrees
	WaivedAt   int64       `json:"waived_at,omitzero"` // the payee gave it up: not owed any more
}

// side returns which way an obligation goes and who the other party is.
func (s *Settler) side(o *Obligation) (Side, did.DID, error) {
	switch s.cfg.Self {
	case o.Payer:
		return Out, o.Payee, nil
	case o.Payee:
		return In, o.Payer, nil
	}
	return "", "", fmt.Errorf("%w: %s owes %s", ErrParty, o.Payer, o.Payee)
}

// Accrue records an obligation of a joint receipt in the caller's transaction,
// with its posting: expense and payable at the payer, receivable and revenue at
// the payee. Accruing the same one again changes nothing; the same id with
// other facts is ErrConflict.
func (s *Settler) Accrue(tx store.Tx, o Obligation) error {
	if err := o.check(); err != nil {
		return err
	}
	side, peer, err := s.side(&o)
	if err != nil {
		return err
	}
	id := o.ID()
	have, ok, err := load[owed](tx, obligationKey(id))
	if err != nil {
		return err
	}
	if ok && have.Obligation.same(&o) {
		return nil
	}
	if ok {
		return fmt.Errorf("%w: obligation %s of receipt %s", ErrConflict, id, o.Receipt)
	}
	entries, err := s.obligationEntries(&o)
	if err != nil {
		return err
	}
	if _, err = ledger.Post(tx, ledger.Posting{ID: id, At: o.At, Memo: "call " + o.Receipt.String(), Entries: entries}); err != nil {
		return fmt.Errorf("post obligation %s: %w", id, err)
	}
	if err := addExposure(tx, side, peer, o.Amount); err != nil {
		return err
	}
	tx.Set(openKey(side, peer, &o), id[:])
	tx.Delete(disputePrefix(side, peer) + o.Receipt.String())
	return save(tx, obligationKey(id), owed{Obligation: o})
}

// obligationEntries is what an obligation moves in our books.
func (s *Settler) obligationEntries(o *Obligation) ([]ledger.Entry, error) {
	side, peer, err := s.side(o)
	if err != nil {
		return nil, err
	}
	if side == In {
		return pair(ledger.Receivable(peer.String()), ledger.Revenue, o.Amount.Units, o.Amount.Currency), nil
	}
	return pair(ledger.Expense, ledger.Payable(peer.String()), o.Amount.Units, o.Amount.Currency), nil
}

// open lists the obligations of one direction that are in no statement, oldest
// first, until fn returns an error; store.ErrStop ends it without one.
func open(r store.Reader, side Side, peer did.DID, fn func(Obligation) error) error {
	stated, err := unfiled(r, side, peer)
	if err != nil {
		return err
	}
	prefix := openPrefix(side, peer)
	return r.Scan(prefix, "", func(key string, value []byte) error {
		if len(value) != len(wire.Digest{}) {
			return fmt.Errorf("%w: row %.160s", store.ErrCorrupt, key)
		}
		row, ok, err := load[owed](r, obligationKey(wire.Digest(value)))
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: row %.160s has no obligation", store.ErrCorrupt, key)
		}
		if _, is := slices.BinarySearchFunc(stated, row.Obligation.Receipt, compareDigests); is {
			return nil
		}
		return fn(row.Obligation)
	})
}

// openOne returns the obligation of a receipt under a treaty if it is known, in
// no statement yet, and not contested.
func (s *Settler) openOne(r store.Reader, payer, payee did.DID, treaty, receiptID wire.Digest) (Obligation, bool, error) {
	probe := Obligation{Payer: payer, Payee: payee, Receipt: receiptID, Treaty: treaty}
	row, ok, err := load[owed](r, obligationKey(probe.ID()))
	if err != nil || !ok || row.Sequence != 0 || row.Contested || row.WaivedAt > 0 {
		return Obligation{}, false, err
	}
	return row.Obligation, true, nil
}
