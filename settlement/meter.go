package settlement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// reportSeconds is how long a report whose answer is unknown may be repeated:
// less than the day for which Stripe remembers an identifier. Later it could
// count twice, so an operator decides.
const reportSeconds = 23 * 3600

// Meter reports what a statement owes to whoever bills it. Reporting the same
// statement again within a day counts once. An error that wraps ErrUnpaid means
// that it was refused and not counted.
type Meter interface {
	Report(ctx context.Context, peer did.DID, statement wire.Digest, net wire.MonetaryAmount, at int64) (reference string, err error)
}

// report tells the meter of every statement that it has not counted. The row is
// on disk before the request, and the time of the first one stays.
func (s *Settler) report(ctx context.Context, a *account) error {
	if s.cfg.Meter == nil {
		return notConfigured(RailStripe)
	}
	open, err := s.openPayments(In, a.Peer, RailStripe)
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range open {
		if p.Channel != a.Channel || p.Reference != "" || p.State != PayAuthorized && p.State != PaySubmitted && p.State != PayUnpaid {
			continue
		}
		failed = append(failed, s.reportOne(ctx, p))
	}
	return errors.Join(failed...)
}

func (s *Settler) reportOne(ctx context.Context, p *payment) error {
	now := s.cfg.Now()
	if p.State == PaySubmitted && p.AskedAt != 0 && now-p.AskedAt > reportSeconds {
		return fmt.Errorf("%w: statement %s was reported at %d and the answer is not known: look for that id among the meter events at Stripe, then run settle confirm or settle reject", ErrState, p.Statement, p.AskedAt)
	}
	if p.AskedAt == 0 || p.State == PayUnpaid {
		p.AskedAt = now
	}
	err := s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := readPayment(tx, p.Statement)
		if err != nil {
			return err
		}
		if err := fresh.enter(PaySubmitted, ""); err != nil {
			return err
		}
		fresh.AskedAt = p.AskedAt
		return s.savePayment(tx, fresh)
	})
	if err != nil {
		return err
	}
	s.cfg.Failpoint("usage.recorded_before_report")
	reference, err := s.cfg.Meter.Report(ctx, p.Peer, p.Statement, wire.MonetaryAmount{Units: p.Authorized, Currency: p.Currency}, p.AskedAt)
	if errors.Is(err, ErrUnpaid) {
		return errors.Join(s.mark(ctx, p.Statement, PayUnpaid, reason(err)), err)
	}
	if err != nil {
		return fmt.Errorf("report statement %s: %w", p.Statement, err)
	}
	s.cfg.Failpoint("usage.reported_before_record")
	return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := readPayment(tx, p.Statement)
		if err != nil {
			return err
		}
		fresh.Reference = reference
		return s.savePayment(tx, fresh)
	})
}

// invoice is what one invoice of a peer paid.
type invoice struct {
	Amount uint64  `json:"amount"`
	Parts  []share `json:"parts"`
}

// share is the part of an invoice that paid one statement.
type share struct {
	Statement wire.Digest `json:"statement"`
	Amount    uint64      `json:"amount"`
	Returned  uint64      `json:"returned"`
}

func invoiceKey(peer did.DID, id string) string {
	return "s/w/" + peer.String() + "/" + wire.Hash([]byte(id)).String()
}
func returnKey(peer did.DID, kind, id string) string {
	return "s/v/" + peer.String() + "/" + wire.Hash([]byte(kind+"\x00"+id)).String()
}

// InvoicePaid books what an invoice has brought: the oldest reported statements
// of the peer first. The same invoice again changes nothing; more than is owed
// is refused whole, because it is not known whose it is.
func (s *Settler) InvoicePaid(ctx context.Context, peer did.DID, id string, amount wire.MonetaryAmount, at int64) error {
	if err := CheckReference(id); err != nil {
		return err
	}
	defer s.lock(peer)()
	open, err := s.reported(peer)
	if err != nil {
		return err
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		have, ok, err := load[invoice](tx, invoiceKey(peer, id))
		if err != nil {
			return err
		}
		if ok && have.Amount != amount.Units {
			return fmt.Errorf("%w: invoice %s was of %d, now of %d", ErrConflict, id, have.Amount, amount.Units)
		}
		if ok {
			return nil
		}
		row, left := invoice{Amount: amount.Units, Parts: []share{}}, amount.Units
		for _, p := range open {
			fresh, err := readPayment(tx, p.Statement)
			if err != nil {
				return err
			}
			part := min(left, fresh.Authorized-fresh.standing())
			if part == 0 || fresh.Currency != amount.Currency {
				continue
			}
			if err := s.capture(tx, fresh, move{Kind: MoveCapture, Reference: id, Amount: part, At: at}); err != nil {
				return err
			}
			row.Parts = append(row.Parts, share{Statement: p.Statement, Amount: part})
			left -= part
		}
		if left > 0 {
			return fmt.Errorf("%w: invoice %s brought %d %s, %d more than the reported statements owe", ErrAmount, id, amount.Units, amount.Currency, left)
		}
		return save(tx, invoiceKey(peer, id), row)
	})
	if err != nil {
		return err
	}
	return s.tell(ctx, peer, RailStripe)
}

// InvoiceReturned books what went back of an invoice: the newest statement it
// paid first. Kind and reference name it; the same again changes nothing.
func (s *Settler) InvoiceReturned(ctx context.Context, peer did.DID, kind, reference, id string, amount uint64, why string) error {
	if err := CheckReference(reference); err != nil {
		return err
	}
	defer s.lock(peer)()
	err := s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		done, ok, err := load[share](tx, returnKey(peer, kind, reference))
		if err != nil {
			return err
		}
		if ok && done.Amount != amount {
			return fmt.Errorf("%w: %s %s was of %d, now of %d", ErrConflict, kind, reference, done.Amount, amount)
		}
		if ok {
			return nil
		}
		row, ok, err := load[invoice](tx, invoiceKey(peer, id))
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: invoice %s of %s has paid nothing here", ErrPayment, id, peer)
		}
		left := amount
		for i := len(row.Parts) - 1; i >= 0 && left > 0; i-- {
			part := &row.Parts[i]
			take := min(left, part.Amount-part.Returned)
			if take == 0 {
				continue
			}
			p, err := readPayment(tx, part.Statement)
			if err != nil {
				return err
			}
			if err := s.giveBack(tx, p, move{Kind: kind, Reference: reference, Amount: take, At: s.cfg.Now(), Of: id, Reason: why}); err != nil {
				return err
			}
			part.Returned += take
			left -= take
		}
		if left > 0 {
			return fmt.Errorf("%w: %s %s of %d is %d more than invoice %s brought", ErrAmount, kind, reference, amount, left, id)
		}
		if err := save(tx, invoiceKey(peer, id), row); err != nil {
			return err
		}
		return save(tx, returnKey(peer, kind, reference), share{Amount: amount})
	})
	if err != nil {
		return err
	}
	return s.tell(ctx, peer, RailStripe)
}

// reported lists the payments of a peer that Stripe has counted and that are
// not paid, oldest statement first.
func (s *Settler) reported(peer did.DID) ([]*payment, error) {
	open, err := s.openPayments(In, peer, RailStripe)
	if err != nil {
		return nil, err
	}
	out := open[:0]
	for _, p := range open {
		if p.Reference != "" {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *payment) int {
		if c := compareDigests(a.Channel, b.Channel); c != 0 {
			return c
		}
		return cmp.Compare(a.Sequence, b.Sequence)
	})
	return out, nil
}
