package settlement

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The denial codes of the credit gate.
const (
	CodeCreditExceeded kernel.Code = "CHIO-CREDIT-EXCEEDED"
	CodeNoMoneyTerms   kernel.Code = "CHIO-CREDIT-NO-TERMS"
	CodeNoPrice        kernel.Code = "CHIO-CREDIT-NO-PRICE"
	CodeNoRail         kernel.Code = "CHIO-CREDIT-NO-RAIL"
)

// Participant joins the transactions of a call (kernel/admit). On the host it
// refuses a paid call that the peer's credit does not cover and holds its
// charge until the call ends; on both sides it accrues what was charged.
type Participant struct{ s *Settler }

// Participant returns what kernel/admit calls.
func (s *Settler) Participant() *Participant { return &Participant{s} }

// hold is the charge of a call under way.
type hold struct {
	Peer   did.DID             `json:"peer"`
	Charge wire.MonetaryAmount `json:"charge"`
	At     int64               `json:"at,omitzero"` // unix seconds
}

// Admit gates a paid call that a peer's kernel sent.
func (p *Participant) Admit(tx store.Tx, a *kernel.Admittance, _ *kernel.Ticket) error {
	origin := a.Call.Mandate.Origin
	if origin == nil || a.Charge == nil || a.Charge.Units == 0 {
		return nil
	}
	peer, err := did.Parse(origin.PeerDID)
	if err != nil {
		return deny(CodeNoMoneyTerms, err.Error(), "federate with the caller's organisation")
	}
	t, err := p.s.current(peer)
	if err != nil {
		return deny(CodeNoMoneyTerms, err.Error(), "agree on a treaty with money terms, or call a free tool")
	}
	if err := p.s.serves(t); err != nil {
		return deny(CodeNoRail, err.Error(), "configure the rail that the treaty names, or agree on another")
	}
	if err := p.s.quoted(tx, t, a.Call.Route.PriceRound, a.Call.Now); err != nil {
		return deny(CodeNoPrice, err.Error(), "quote with a fresh price round that both sides hold")
	}
	switch err := p.s.CheckCredit(tx, t, *a.Charge, a.Call.Route.PriceRound); {
	case errors.Is(err, ErrCredit):
		return deny(CodeCreditExceeded, err.Error(), "run chio-node settle run at the caller, and fund its channel")
	case err != nil:
		return err
	}
	if err := changeExposure(tx, In, peer, a.Charge.Currency, func(x *Exposure) error { return raise(&x.Held, a.Charge.Units) }); err != nil {
		return err
	}
	return save(tx, holdKey(a.Call.Mandate.CallID), hold{Peer: peer, Charge: *a.Charge, At: a.Call.Now})
}

// Close releases the hold and accrues what the call is owed for, at both
// sides from the receipt of the kernel that executed it.
func (p *Participant) Close(tx store.Tx, c *kernel.Closing, _ uint64) error {
	if err := release(tx, c.Call.Mandate.CallID); err != nil {
		return err
	}
	r, payee := c.Receipt, p.s.cfg.Self
	if c.Call.Mandate.Origin == nil {
		if r = peerReceipt(c); r == nil {
			return nil
		}
		var err error
		if payee, err = did.Parse(c.Call.Route.PeerDID); err != nil {
			return fmt.Errorf("accrue call %s: %w", c.Call.Mandate.CallID, err)
		}
	}
	o, owes, err := FromReceipt(r, payee)
	if err != nil || !owes {
		return err
	}
	return p.s.Accrue(tx, o)
}

// Refuse has nothing to do: a refused call holds nothing and owes nothing.
func (p *Participant) Refuse(store.Tx, *kernel.Refusal, uint64) error { return nil }

// peerReceipt is the verified receipt of the peer's kernel, if the call went to
// a peer and its answer came. An answer that comes later is accrued by whoever
// files it, through Accrue.
func peerReceipt(c *kernel.Closing) *receipt.Receipt {
	if c.Call.Route.PeerDID == "" || c.Result == nil {
		return nil
	}
	switch v := c.Result.Attach.(type) {
	case *receipt.Receipt:
		return v
	case interface{ PeerReceipt() *receipt.Receipt }:
		return v.PeerReceipt()
	}
	return nil
}

// release drops the hold of a call, if it has one.
func release(tx store.Tx, callID string) error {
	h, ok, err := load[hold](tx, holdKey(callID))
	if err != nil || !ok {
		return err
	}
	tx.Delete(holdKey(callID))
	return changeExposure(tx, In, h.Peer, h.Charge.Currency, func(x *Exposure) error { return lower(&x.Held, h.Charge.Units) })
}

func deny(code kernel.Code, reason, fix string) *kernel.Denial {
	return &kernel.Denial{Step: 10, Code: code, Guard: "credit", Side: "treaty", Reason: reason, Fix: fix}
}
