package settlement

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrCredit: a call would raise what a peer owes above what was agreed.
var ErrCredit = errors.New("credit limit of the treaty is reached")

// Exposure is what one direction with a peer stands at in one currency, in
// minor units: obligations that no voucher covers, and holds of calls under
// way. Both are zero on the payer's side for holds.
type Exposure struct {
	Unvouchered uint64 `json:"unvouchered"`
	Held        uint64 `json:"held"`
}

// Exposure returns what a peer owes us that no voucher covers, per currency.
func (s *Settler) Exposure(r store.Reader, peer did.DID) (map[string]Exposure, error) {
	return exposures(r, In, peer)
}

func exposures(r store.Reader, side Side, peer did.DID) (map[string]Exposure, error) {
	out := make(map[string]Exposure)
	prefix := exposurePrefix(side, peer)
	err := r.Scan(prefix, "", func(key string, value []byte) error {
		x, _, err := decodeRow[Exposure](key, value)
		out[strings.TrimPrefix(key, prefix)] = x
		return err
	})
	return out, err
}

// changeExposure applies fn to one exposure.
func changeExposure(tx store.Tx, side Side, peer did.DID, currency string, fn func(*Exposure) error) error {
	key := exposurePrefix(side, peer) + currency
	x, _, err := load[Exposure](tx, key)
	if err != nil {
		return err
	}
	if err := fn(&x); err != nil {
		return fmt.Errorf("exposure to %s in %s: %w", peer, currency, err)
	}
	if x == (Exposure{}) {
		tx.Delete(key)
		return nil
	}
	return save(tx, key, x)
}

func addExposure(tx store.Tx, side Side, peer did.DID, a wire.MonetaryAmount) error {
	return changeExposure(tx, side, peer, a.Currency, func(x *Exposure) error { return raise(&x.Unvouchered, a.Units) })
}

func dropExposure(tx store.Tx, side Side, peer did.DID, a wire.MonetaryAmount) error {
	return changeExposure(tx, side, peer, a.Currency, func(x *Exposure) error { return lower(&x.Unvouchered, a.Units) })
}

func raise(n *uint64, by uint64) error {
	if by > wire.MaxUnits || *n > wire.MaxUnits-by {
		return fmt.Errorf("%w: %d + %d", wire.ErrAmount, *n, by)
	}
	*n += by
	return nil
}

func lower(n *uint64, by uint64) error {
	if by > *n {
		return fmt.Errorf("%w: %d - %d", wire.ErrAmount, *n, by)
	}
	*n -= by
	return nil
}

// CheckCredit refuses (ErrCredit) a charge after which the peer would owe more
// than the treaty allows:
//
//	1 the charge is in the treaty's currency, and nothing is owed in another
//	2 obligations without a voucher, holds and the charge stay within
//	  max_unvouchered_minor
//	3 they stay within credit_minor plus what the peer's channel to us holds
//	  beyond its vouchers, at the price of the call's round
func (s *Settler) CheckCredit(r store.Reader, t *Terms, charge wire.MonetaryAmount, round *wire.Digest) error {
	if charge.Currency != t.Currency { // 1
		return fmt.Errorf("%w: the charge is in %s, the treaty's currency is %s", ErrCredit, charge.Currency, t.Currency)
	}
	all, err := exposures(r, In, t.Peer)
	if err != nil {
		return err
	}
	for currency, x := range all {
		if currency != t.Currency && x != (Exposure{}) { // 1
			return fmt.Errorf("%w: %d %s are owed from an earlier treaty; settle them first", ErrCredit, x.Unvouchered+x.Held, currency)
		}
	}
	total := all[t.Currency].Unvouchered
	if err := raise(&total, all[t.Currency].Held); err != nil {
		return err
	}
	if err := raise(&total, charge.Units); err != nil {
		return fmt.Errorf("%w: %w", ErrCredit, err)
	}
	if total > t.MaxUnvoucheredMinor { // 2
		return fmt.Errorf("%w: %d %s would be without a voucher, max_unvouchered_minor is %d", ErrCredit, total, t.Currency, t.MaxUnvoucheredMinor)
	}
	if total <= t.CreditMinor { // 3
		return nil
	}
	free, err := s.collateral(r, t, round)
	if err != nil {
		return err
	}
	if total > t.CreditMinor+free { // 3
		return fmt.Errorf("%w: %d %s would be owed, credit_minor is %d and the channel holds %d more", ErrCredit, total, t.Currency, t.CreditMinor, free)
	}
	return nil
}

// collateral is what the peer's channel to us held beyond its vouchers when it
// was last seen, in the treaty's currency. Without a price it is nothing.
func (s *Settler) collateral(r store.Reader, t *Terms, round *wire.Digest) (uint64, error) {
	_, id, err := s.channel(t, In)
	if err != nil {
		return 0, nil // without a rail for the treaty there is no collateral
	}
	a, ok, err := load[account](r, accountKey(In, t.Peer, id))
	if err != nil || !ok || a.Backing <= a.Vouchered || a.Halted != "" {
		return 0, err
	}
	free := wire.MonetaryAmount{Units: a.Backing - a.Vouchered, Currency: t.SettleCurrency}
	if t.Currency == t.SettleCurrency {
		return free.Units, nil
	}
	if round == nil {
		return 0, nil
	}
	price, err := s.newPrices(r, t).of(*round)
	if err != nil {
		return 0, err
	}
	worth, err := s.converter().Convert(free, price, t.Currency, settleRule)
	return worth.Units, err
}
