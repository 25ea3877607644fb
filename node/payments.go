package node

import (
	"context"
	"log/slog"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ListPayments asks "settle/payments": of one peer, or of all; those that are
// not settled, or every one.
type ListPayments struct {
	Peer string `json:"peer,omitempty"`
	All  bool   `json:"all,omitzero"`
}

// PaymentRequest asks "settle/paid", "settle/confirm", "settle/reject" and
// "settle/return" about one statement; the fields are those of the verb. An
// absent amount is all that is meant.
type PaymentRequest struct {
	Statement wire.Digest          `json:"statement"`
	Reference string               `json:"reference,omitempty"` // paid: of the payment at the bank; return: of what went back
	Amount    *wire.MonetaryAmount `json:"amount,omitempty"`
	PaidAt    int64                `json:"paid_at,omitzero"` // paid: unix seconds; 0 is now
	Kind      string               `json:"kind,omitempty"`   // return: refund | reversal | chargeback
	Of        string               `json:"of,omitempty"`     // return: reference of the payment
	Reason    string               `json:"reason,omitempty"` // reject, return
}

// Payments answers all of them. Problem says why the other side has not been
// told: it is told again by itself and by settle run.
type Payments struct {
	Payments []settlement.Paid `json:"payments"`
	Problem  string            `json:"problem,omitempty"`
}

func (n *Node) payments(_ context.Context, req ListPayments) (*Payments, error) {
	var peer did.DID
	if req.Peer != "" {
		var err error
		if peer, err = parseDID(req.Peer); err != nil {
			return nil, err
		}
	}
	answer := &Payments{}
	err := n.db.View(func(r store.Reader) (err error) {
		answer.Payments, err = n.money.settler.Payments(r, peer, req.All)
		return err
	})
	return answer, err
}

// statePaid is the payer's operator saying that a statement was paid outside.
func (n *Node) statePaid(ctx context.Context, req PaymentRequest) (*Payments, error) {
	if req.PaidAt == 0 {
		req.PaidAt = n.now()
	}
	return n.decide(ctx, "paid", req, func(units uint64) (*settlement.Paid, error) {
		return n.money.settler.StatePaid(ctx, req.Statement, req.Reference, units, req.PaidAt)
	})
}

// confirmPaid is the payee's operator saying that the payment has come.
func (n *Node) confirmPaid(ctx context.Context, req PaymentRequest) (*Payments, error) {
	return n.decide(ctx, "confirmed", req, func(units uint64) (*settlement.Paid, error) {
		return n.money.settler.ConfirmPaid(ctx, req.Statement, units)
	})
}

func (n *Node) rejectPaid(ctx context.Context, req PaymentRequest) (*Payments, error) {
	return n.decide(ctx, "rejected", req, func(uint64) (*settlement.Paid, error) {
		return n.money.settler.RejectPaid(ctx, req.Statement, req.Reason)
	})
}

// returnPaid is the payee's operator saying that a payment went back.
func (n *Node) returnPaid(ctx context.Context, req PaymentRequest) (*Payments, error) {
	return n.decide(ctx, "returned", req, func(units uint64) (*settlement.Paid, error) {
		return n.money.settler.ReturnPaid(ctx, req.Statement, req.Kind, req.Reference, req.Of, units, req.Reason)
	})
}

// decide records an operator's word about a payment. A payment that was recorded
// and could not be told to the peer is an answer with a problem.
func (n *Node) decide(ctx context.Context, what string, req PaymentRequest, do func(units uint64) (*settlement.Paid, error)) (*Payments, error) {
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	var units uint64
	if req.Amount != nil {
		if err := n.sameCurrency(req.Statement, req.Amount); err != nil {
			return nil, err
		}
		units = req.Amount.Units
	}
	p, err := do(units)
	if p == nil {
		return nil, settleProblem(err)
	}
	n.log.Info("an operator decided about a payment", slog.String("decision", what), slog.String("statement", req.Statement.String()),
		slog.String("peer", p.Peer.String()), slog.String("state", p.State))
	answer := &Payments{Payments: []settlement.Paid{*p}}
	if err != nil {
		answer.Problem = err.Error()
	}
	return answer, nil
}

// sameCurrency refuses an amount in another currency than the statement's, and
// one of nothing.
func (n *Node) sameCurrency(statement wire.Digest, amount *wire.MonetaryAmount) error {
	return n.db.View(func(r store.Reader) error {
		p, err := n.money.settler.Payment(r, statement)
		switch {
		case err != nil:
			return settleProblem(err)
		case amount.Currency != p.Currency || amount.Units == 0:
			return usage("statement %s is settled in %s, not by %d %s", statement, p.Currency, amount.Units, amount.Currency)
		}
		return nil
	})
}
