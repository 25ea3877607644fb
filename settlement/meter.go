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

// report tells the meter of every statement that it has not counted; without
// fresh, of those that it was to be told before. The row is on disk before the
// request, and the time of the first one stays.
func (s *Settler) report(ctx context.Context, a *account, fresh bool) error {
	if s.cfg.Meter == nil {
		return notConfigured(RailStripe)
	}
	open, err := s.openPayments(In, a.Peer, RailStripe)
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range open {
		if p.Channel != a.Channel || p.Reference != "" || p.State != PayAuthorized && p.State != PaySubmitted && p.State != PayUnpaid ||
			p.State == PayAuthorized && !fresh {
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
	asked := p.State == PaySubmitted && p.AskedAt != 0 // before, and whether it counted is not known
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
	if errors.Is(err, ErrUnpaid) && asked { // a refusal now says nothing about what was asked then
		return fmt.Errorf("report statement %s: an earlier report may have counted; it is asked again until that is known: %w", p.Statement, err)
	}
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

// ErrUntold: what was booked is booked, and the payer does not know it yet. It
// is told again by RedeemDue and Report.
var ErrUntold = errors.New("the payer could not be told")

// Report does, for every peer that is billed, what a run began and could not
// finish: usage that was asked to be reported is reported, and payers are told
// what they have not heard, of payments outside, too. With fresh, statements
// that nobody has asked to report are reported as well.
func (s *Settler) Report(ctx context.Context, fresh bool) error {
	channels, err := s.all()
	if err != nil {
		return err
	}
	var failed []error
	for _, a := range channels {
		if a.Side == In && (a.Rail == RailStripe || a.Rail == RailOffchain) {
			failed = append(failed, s.reportAccount(ctx, a, fresh))
		}
	}
	return errors.Join(failed...)
}

func (s *Settler) reportAccount(ctx context.Context, a *account, fresh bool) error {
	defer s.lock(a.Peer)()
	var reported error
	if a.Rail == RailStripe && s.cfg.Meter != nil {
		reported = s.report(ctx, a, fresh)
	}
	return errors.Join(reported, s.tell(ctx, a.Peer, a.Rail))
}

// invoice is what one invoice of a peer paid.
type invoice struct {
	Amount   uint64  `json:"amount"`
	Currency string  `json:"currency"`
	Parts    []share `json:"parts"`
}

// share is the part of an invoice that paid one statement, or of what went back.
type share struct {
	Statement wire.Digest `json:"statement"`
	Amount    uint64      `json:"amount"`
	Returned  uint64      `json:"returned"`
}

// returned is what one refund or dispute has taken back in all, and from where.
type returned struct {
	Amount uint64  `json:"amount"`
	Parts  []share `json:"parts"`
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
	if err := checkInvoice(id); err != nil {
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
		if ok && (have.Amount != amount.Units || have.Currency != amount.Currency) {
			return fmt.Errorf("%w: invoice %s was of %d %s, now of %d %s", ErrConflict, id, have.Amount, have.Currency, amount.Units, amount.Currency)
		}
		if ok {
			return nil
		}
		row, left := invoice{Amount: amount.Units, Currency: amount.Currency, Parts: []share{}}, amount.Units
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
	return s.untold(ctx, peer)
}

// InvoiceReturned books what went back of an invoice: the newest statement it
// paid first. Total is what has gone back under this kind and reference since
// the beginning; only what is new is booked, so the same again, or an older
// figure that comes late, changes nothing.
func (s *Settler) InvoiceReturned(ctx context.Context, peer did.DID, kind, reference, id string, total wire.MonetaryAmount, why string) error {
	if err := errors.Join(checkInvoice(reference), checkInvoice(id)); err != nil {
		return err
	}
	defer s.lock(peer)()
	err := s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		done, _, err := load[returned](tx, returnKey(peer, kind, reference))
		if err != nil || total.Units <= done.Amount && total.Units > 0 {
			return err
		}
		row, ok, err := load[invoice](tx, invoiceKey(peer, id))
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: invoice %s of %s has paid nothing here", ErrPayment, id, peer)
		}
		if row.Currency != total.Currency || total.Units == 0 {
			return fmt.Errorf("%w: %s %s of %d %s, invoice %s is in %s", ErrAmount, kind, reference, total.Units, total.Currency, id, row.Currency)
		}
		name, left := movement(reference, done.Amount, total.Units), total.Units-done.Amount
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
			if err := s.giveBack(tx, p, move{Kind: kind, Reference: name, Amount: take, At: s.cfg.Now(), Of: id, Reason: why}); err != nil {
				return err
			}
			part.Returned += take
			left -= take
			done.Parts = append(done.Parts, share{Statement: part.Statement, Amount: take})
		}
		if left > 0 {
			return fmt.Errorf("%w: %s %s of %d is %d more than invoice %s brought", ErrAmount, kind, reference, total.Units, left, id)
		}
		if err := save(tx, invoiceKey(peer, id), row); err != nil {
			return err
		}
		done.Amount = total.Units
		return save(tx, returnKey(peer, kind, reference), done)
	})
	if err != nil {
		return err
	}
	return s.untold(ctx, peer)
}

// InvoiceRestored books what came back of what had gone back under a kind and
// reference: a dispute that was won, a refund that the payer's bank sent back.
// By names the event; the same again changes nothing.
func (s *Settler) InvoiceRestored(ctx context.Context, peer did.DID, kind, reference, by, id string, amount wire.MonetaryAmount) error {
	if err := errors.Join(checkInvoice(reference), checkInvoice(by), checkInvoice(id)); err != nil {
		return err
	}
	defer s.lock(peer)()
	err := s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if _, done, err := load[returned](tx, returnKey(peer, MoveCapture, by)); done || err != nil {
			return err
		}
		back, ok, err := load[returned](tx, returnKey(peer, kind, reference))
		if err != nil {
			return err
		}
		row, paid, err := load[invoice](tx, invoiceKey(peer, id))
		if err != nil {
			return err
		}
		if !ok || !paid {
			return fmt.Errorf("%w: no %s %s of invoice %s is booked", ErrPayment, kind, reference, id)
		}
		if amount.Units == 0 || amount.Units > back.Amount || amount.Currency != row.Currency {
			return fmt.Errorf("%w: %d %s came back, %s %s was of %d %s", ErrAmount, amount.Units, amount.Currency, kind, reference, back.Amount, row.Currency)
		}
		left := amount.Units
		for i := len(back.Parts) - 1; i >= 0 && left > 0; i-- {
			part := &back.Parts[i]
			give := min(left, part.Amount-part.Returned)
			if give == 0 {
				continue
			}
			p, err := readPayment(tx, part.Statement)
			if err != nil {
				return err
			}
			if err := s.capture(tx, p, move{Kind: MoveCapture, Reference: by + " restored", Amount: give, At: s.cfg.Now(), Of: id}); err != nil {
				return err
			}
			part.Returned += give
			left -= give
			for j := range row.Parts {
				if row.Parts[j].Statement == part.Statement {
					row.Parts[j].Returned -= min(give, row.Parts[j].Returned)
				}
			}
		}
		if left > 0 {
			return fmt.Errorf("%w: %d of %s %s were restored before", ErrAmount, left, kind, reference)
		}
		back.Amount -= amount.Units
		return errors.Join(save(tx, invoiceKey(peer, id), row), save(tx, returnKey(peer, kind, reference), back),
			save(tx, returnKey(peer, MoveCapture, by), returned{Amount: amount.Units}))
	})
	if err != nil {
		return err
	}
	return s.untold(ctx, peer)
}

// movement names what is new of a figure that grows.
func movement(reference string, before, total uint64) string {
	if before == 0 {
		return reference
	}
	return fmt.Sprintf("%s to %d", reference, total)
}

// maxInvoice leaves room in a reference for what is added to an id.
const maxInvoice = 96

func checkInvoice(id string) error {
	if len(id) > maxInvoice {
		return fmt.Errorf("%w: %.40q is longer than %d", ErrPayment, id, maxInvoice)
	}
	return CheckReference(id)
}

func (s *Settler) untold(ctx context.Context, peer did.DID) error {
	if err := s.tell(ctx, peer, RailStripe); err != nil {
		return fmt.Errorf("%w: %w", ErrUntold, err)
	}
	return nil
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
