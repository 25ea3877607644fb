package settlement

import (
	"fmt"
	"slices"
)

// The rails a treaty may name. A treaty without one means a channel, so that
// treaties written before there was a choice keep their bytes.
const (
	RailChannel  = "channel"  // a deposit, cumulative vouchers: the payee is safe
	RailNote     = "note"     // one signed token transfer per statement, no deposit
	RailOffchain = "offchain" // a payment that the payee confirms, such as a bank transfer
	RailStripe   = "stripe"   // usage that the payee reports to Stripe, which bills it
)

// RailX402 is in settlement receipts only: what is paid per HTTP call has no
// statement and no treaty.
const RailX402 = "x402"

// The names that stand for a chain where there is none. They are in a
// statement's chain_id, so a statement says how it is paid.
const (
	chainOffchain = "chio:offchain"
	chainStripe   = "chio:stripe"
)

// RailName spells out the rail that an absent name stands for.
func RailName(rail string) string {
	if rail == "" {
		return RailChannel
	}
	return rail
}

// KnownRail reports whether a treaty may name a rail so; a channel is spelled
// by leaving the name out.
func KnownRail(rail string) bool {
	return slices.Contains([]string{"", RailNote, RailOffchain, RailStripe}, rail)
}

// OnChain reports whether a rail moves tokens of a chain between two addresses.
func OnChain(rail string) bool {
	return rail == "" || rail == RailChannel || rail == RailNote
}

// ChainOf is the chain id of statements on a rail; chainID is the treaty's.
func ChainOf(rail, chainID string) string {
	switch rail {
	case RailOffchain:
		return chainOffchain
	case RailStripe:
		return chainStripe
	}
	return chainID
}

// funded reports whether a rail holds a deposit, so that a promise on it is as
// good as paid.
func funded(rail string) bool { return rail == "" }

// notConfigured says what is missing for a rail.
func notConfigured(rail string) error {
	return fmt.Errorf("%w: the treaty settles by %s, which this node has not configured", ErrRail, RailName(rail))
}

// serves refuses a treaty on a rail without a deposit that is not configured
// here: such a call could be owed and never paid.
func (s *Settler) serves(t *Terms) error {
	switch t.Rail {
	case "":
		return nil
	case RailNote:
		_, err := s.notes(t)
		return err
	case RailOffchain:
		if s.cfg.Offchain {
			return nil
		}
	case RailStripe:
		if s.cfg.Stripe || s.cfg.Meter != nil {
			return nil
		}
	}
	return notConfigured(t.Rail)
}

// notes finds the rail that pays notes of a treaty's token.
func (s *Settler) notes(t *Terms) (NoteRail, error) {
	for _, r := range s.cfg.Notes {
		if r.ChainID() != t.ChainID || r.Token() != t.Token {
			continue
		}
		if r.Address() != t.OwnAddress {
			return nil, fmt.Errorf("%w: it names our address %s, the settlement key is %s: federate again", ErrRail, t.OwnAddress, r.Address())
		}
		return r, nil
	}
	return nil, fmt.Errorf("%w: notes of token %s on chain %s are not configured", ErrRail, t.Token, t.ChainID)
}
