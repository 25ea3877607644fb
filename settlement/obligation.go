package settlement

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons an obligation is refused.
var (
	// ErrObligation: a field is missing or out of range.
	ErrObligation = errors.New("obligation is not valid")
	// ErrParty: this node is neither payer nor payee.
	ErrParty = errors.New("this node is no party")
	// ErrConflict: what is recorded under the same id or sequence differs.
	ErrConflict = errors.New("it conflicts with what is recorded")
)

// pending is the settlement status of a receipt whose charge is owed.
const pending = "pending"

// hostRole is the role of the kernel that executed a call.
const hostRole = "host"

// Obligation is what one call made the payer owe. All of it stands in the
// payee's receipt. Amount is in the treaty's price currency; Round names the
// price round of the quote, absent if none was named; At is the time of the
// receipt, unix seconds.
type Obligation struct {
	Payer   did.DID             `json:"payer"`
	Payee   did.DID             `json:"payee"`
	Receipt wire.Digest         `json:"receipt_id"`
	Treaty  wire.Digest         `json:"treaty_id"`
	Amount  wire.MonetaryAmount `json:"amount"`
	Round   *wire.Digest        `json:"price_round,omitzero"`
	At      int64               `json:"at"`
}

// ID is the SHA-256 of {v, payer, payee, receipt_id, treaty_id}: no rail and no
// amount, so that one call cannot be owed twice.
func (o *Obligation) ID() wire.Digest {
	return wire.Hash(wire.MustMarshal(struct {
		V       int         `json:"v"`
		Payer   did.DID     `json:"payer"`
		Payee   did.DID     `json:"payee"`
		Receipt wire.Digest `json:"receipt_id"`
		Treaty  wire.Digest `json:"treaty_id"`
	}{1, o.Payer, o.Payee, o.Receipt, o.Treaty}))
}

// check holds for every obligation.
func (o *Obligation) check() error {
	for _, d := range [...]did.DID{o.Payer, o.Payee} {
		if _, err := did.Parse(d.String()); err != nil {
			return fmt.Errorf("%w: %w", ErrObligation, err)
		}
	}
	switch {
	case o.Payer == o.Payee:
		return fmt.Errorf("%w: payer and payee are %s", ErrObligation, o.Payer)
	case o.Receipt.IsZero() || o.Treaty.IsZero():
		return fmt.Errorf("%w: it names no receipt or no treaty", ErrObligation)
	case o.Amount.Units == 0 || o.Amount.Units > wire.MaxUnits || o.Amount.Currency == "":
		return fmt.Errorf("%w: %d %.16q", ErrObligation, o.Amount.Units, o.Amount.Currency)
	case o.At <= 0 || o.At > wire.MaxUnits:
		return fmt.Errorf("%w: time %d", ErrObligation, o.At)
	}
	return nil
}

func (o *Obligation) same(p *Obligation) bool {
	a, b := *o, *p
	rounds := a.Round == b.Round || a.Round != nil && b.Round != nil && *a.Round == *b.Round
	a.Round, b.Round = nil, nil
	return rounds && a == b
}

// FromReceipt reads what a call made its origin owe from the receipt of the
// kernel that executed it, which the caller has verified to be the payee's.
// The result is false for a receipt that owes nothing. Owed is the charge of an
// allowed call whose receipt says that its settlement is pending: a blocked,
// cancelled or incomplete call is never owed.
func FromReceipt(r *receipt.Receipt, payee did.DID) (Obligation, bool, error) {
	if r == nil || r.Decision == nil || r.Decision.Verdict != receipt.Allow || len(r.Metadata) == 0 {
		return Obligation{}, false, nil
	}
	var md receipt.Metadata
	// Members of a newer kernel are its own business; the bytes are the same
	// for both sides.
	if err := wire.UnmarshalLenient(r.Metadata, &md, receipt.Limits()); err != nil {
		return Obligation{}, false, fmt.Errorf("metadata of receipt %.64s: %w", r.ID, err)
	}
	f, m := md.Federation, md.Financial
	if f == nil || m == nil || f.Role != hostRole || m.CostCharged == 0 || m.SettlementStatus != pending {
		return Obligation{}, false, nil
	}
	payer, err := did.Parse(f.PeerDID)
	if err != nil {
		return Obligation{}, false, fmt.Errorf("%w: receipt %.64s: %w", ErrObligation, r.ID, err)
	}
	id, err := wire.ParseDigest(r.ID)
	if err != nil {
		return Obligation{}, false, fmt.Errorf("%w: receipt %.64s: %w", ErrObligation, r.ID, err)
	}
	o := Obligation{
		Payer: payer, Payee: payee, Receipt: id, Treaty: f.TreatyID, Round: m.PriceRound, At: r.Timestamp,
		Amount: wire.MonetaryAmount{Units: m.CostCharged, Currency: m.Currency},
	}
	return o, true, o.check()
}
