package stripe

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// MaxEvent bounds the body of one event.
const MaxEvent = 1 << 20

// maxPayments bounds the payments that one invoice names.
const maxPayments = 64

// ErrEvent refuses an event that cannot be read.
var ErrEvent = errors.New("malformed Stripe event")

// What an event does. The empty effect is nothing.
const (
	EffectPaid     = "paid"     // an invoice was paid
	EffectLink     = "link"     // a payment paid an invoice
	EffectReturned = "returned" // money went back
	EffectRestored = "restored" // money that had gone back came again
)

// Event is what this node reads of one. Amounts are minor units; Amount of a
// refund is the charge's total so far.
type Event struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Created  int64    `json:"created"` // unix seconds
	Effect   string   `json:"effect"`
	Customer string   `json:"customer,omitzero"` // absent where Stripe does not say
	Invoice  string   `json:"invoice,omitzero"`  // the same
	Payments []string `json:"payments,omitzero"` // charges and payment intents

	Kind      string              `json:"kind,omitzero"`      // of the movement that went back
	Reference string              `json:"reference,omitzero"` // charge or dispute
	By        string              `json:"by,omitzero"`        // restored: refund or dispute
	Amount    wire.MonetaryAmount `json:"amount,omitzero"`
	Reason    string              `json:"reason,omitzero"`
}

// ref is an id, or the object with that id where Stripe expands it.
type ref string

func (r *ref) UnmarshalJSON(doc []byte) error {
	*r = ""
	switch {
	case len(doc) == 0 || string(doc) == "null":
		return nil
	case doc[0] == '"':
		var s string
		err := wire.UnmarshalLenient(doc, &s, wire.ForeignLimits)
		*r = ref(s)
		return err
	}
	var o struct {
		ID string `json:"id"`
	}
	err := wire.UnmarshalLenient(doc, &o, wire.ForeignLimits)
	*r = ref(o.ID)
	return err
}

// payer is the payment of an invoice payment.
type payer struct {
	Charge        ref `json:"charge"`
	PaymentIntent ref `json:"payment_intent"`
}

// object holds the members that are read of invoices, invoice payments, charges,
// refunds and disputes. Pointers tell what is absent.
type object struct {
	ID             string  `json:"id"`
	Object         string  `json:"object"`
	Customer       ref     `json:"customer"`
	Currency       string  `json:"currency"`
	Status         string  `json:"status"`
	Reason         string  `json:"reason"`
	FailureReason  string  `json:"failure_reason"`
	Amount         *uint64 `json:"amount"`
	AmountPaid     *uint64 `json:"amount_paid"`
	AmountRefunded *uint64 `json:"amount_refunded"`
	Invoice        ref     `json:"invoice"`
	Charge         ref     `json:"charge"`
	PaymentIntent  ref     `json:"payment_intent"`
	Payment        *payer  `json:"payment"`
	Payments       *struct {
		Data []struct {
			Payment *payer `json:"payment"`
		} `json:"data"`
	} `json:"payments"`
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_]{3,90}$`)

// ParseEvent reads the bytes of one event whose signature was checked:
//
//	1 it is an event with an id, a type and a time, of this account
//	2 its object is the one that the type has
//	3 every id that is used has the form of one; a currency has three letters
//	4 the figures that the effect needs are there
func ParseEvent(doc []byte) (*Event, error) {
	var in struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Type    string `json:"type"`
		Created int64  `json:"created"`
		Account string `json:"account"`
		Data    struct {
			Object wire.Raw `json:"object"`
		} `json:"data"`
	}
	limits := wire.Limits{Bytes: MaxEvent, Depth: wire.ForeignLimits.Depth}
	if err := wire.UnmarshalLenient(doc, &in, limits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	if in.Object != "event" || !idPattern.MatchString(in.ID) || in.Type == "" || len(in.Type) > 100 || in.Created <= 0 || in.Created > wire.MaxUnits { // 1
		return nil, fmt.Errorf("%w: object %.20q, id %.40q, type or time", ErrEvent, in.Object, in.ID)
	}
	e := &Event{ID: in.ID, Type: in.Type, Created: in.Created}
	read := readers[in.Type]
	if read.into == nil || in.Account != "" { // of somebody who connected an account: not ours
		return e, nil
	}
	var o object
	if err := wire.UnmarshalLenient(in.Data.Object, &o, limits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	if o.Object != read.object { // 2
		return nil, fmt.Errorf("%w: %s is about a %.40q", ErrEvent, in.Type, o.Object)
	}
	e.Customer, e.Invoice = string(o.Customer), string(o.Invoice)
	if err := read.into(e, &o); err != nil {
		return nil, err
	}
	return e, e.check()
}

// readers say for each type what its object is and how it is read.
var readers = map[string]struct {
	object string
	into   func(*Event, *object) error
}{
	"invoice.paid":                    {"invoice", readInvoice},
	"invoice_payment.paid":            {"invoice_payment", readLink},
	"charge.refunded":                 {"charge", readRefunded},
	"refund.failed":                   {"refund", readFailedRefund},
	"charge.refund.updated":           {"refund", readFailedRefund},
	"charge.dispute.funds_withdrawn":  {"dispute", readWithdrawn},
	"charge.dispute.funds_reinstated": {"dispute", readReinstated},
}

func (e *Event) pay(p ...ref) {
	for _, id := range p {
		if id != "" {
			e.Payments = append(e.Payments, string(id))
		}
	}
}

func (e *Event) sum(units *uint64, o *object) error {
	if units == nil { // 4
		return fmt.Errorf("%w: %s names no amount", ErrEvent, e.Type)
	}
	e.Amount = wire.MonetaryAmount{Units: *units, Currency: strings.ToUpper(o.Currency)}
	return nil
}

func readInvoice(e *Event, o *object) error {
	if err := e.sum(o.AmountPaid, o); err != nil || e.Amount.Units == 0 {
		return err // nothing was paid: credit, or a trial
	}
	e.Effect, e.Invoice = EffectPaid, o.ID
	e.pay(o.Charge, o.PaymentIntent)
	if o.Payments != nil {
		for _, p := range o.Payments.Data {
			if p.Payment != nil {
				e.pay(p.Payment.Charge, p.Payment.PaymentIntent)
			}
		}
	}
	return nil
}

func readLink(e *Event, o *object) error {
	if o.Payment != nil {
		e.pay(o.Payment.Charge, o.Payment.PaymentIntent)
	}
	if len(e.Payments) > 0 && e.Invoice != "" {
		e.Effect = EffectLink
	}
	return nil
}

func readRefunded(e *Event, o *object) error {
	e.Effect, e.Kind, e.Reference, e.Reason = EffectReturned, settlement.MoveRefund, o.ID, "refunded at Stripe"
	e.pay(ref(o.ID), o.PaymentIntent)
	return e.sum(o.AmountRefunded, o)
}

func readFailedRefund(e *Event, o *object) error {
	if o.Status != "failed" {
		return nil
	}
	if o.Charge == "" {
		return fmt.Errorf("%w: %s names no charge", ErrEvent, e.Type)
	}
	e.Effect, e.Kind, e.Reference, e.By = EffectRestored, settlement.MoveRefund, string(o.Charge), o.ID
	e.pay(o.Charge, o.PaymentIntent)
	return e.sum(o.Amount, o)
}

// bankReturns are the reasons of disputes in which a bank returned a debit: no
// customer has objected.
var bankReturns = []string{"bank_cannot_process", "check_returned", "incorrect_account_details", "insufficient_funds"}

func readWithdrawn(e *Event, o *object) error {
	e.Effect, e.Kind, e.Reference, e.Reason = EffectReturned, settlement.MoveChargeback, o.ID, printable(o.Reason)
	if slices.Contains(bankReturns, o.Reason) {
		e.Kind = settlement.MoveReversal
	}
	e.pay(o.Charge, o.PaymentIntent)
	return e.sum(o.Amount, o)
}

func readReinstated(e *Event, o *object) error {
	if err := readWithdrawn(e, o); err != nil {
		return err
	}
	e.Effect, e.By, e.Reason = EffectRestored, o.ID, ""
	return nil
}

// check is rule 3.
func (e *Event) check() error {
	if e.Effect == "" {
		return nil
	}
	if len(e.Payments) > maxPayments {
		return fmt.Errorf("%w: %d payments", ErrEvent, len(e.Payments))
	}
	ids := slices.Concat(e.Payments, []string{e.Customer, e.Invoice, e.Reference, e.By})
	for _, id := range ids {
		if id != "" && !idPattern.MatchString(id) {
			return fmt.Errorf("%w: %.40q is not an id", ErrEvent, id)
		}
	}
	if e.Effect == EffectLink {
		return nil
	}
	code := e.Amount.Currency
	if e.Effect == EffectPaid && (e.Customer == "" || e.Invoice == "") || e.Effect != EffectPaid && (e.Reference == "" || len(e.Payments) == 0) {
		return fmt.Errorf("%w: %s names no customer, charge or dispute", ErrEvent, e.Type)
	}
	if e.Amount.Units == 0 || e.Amount.Units > wire.MaxUnits || len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fmt.Errorf("%w: amount of %d %.16q", ErrEvent, e.Amount.Units, code)
	}
	return nil
}

// printable keeps a foreign word that people will read.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, s[:min(len(s), 100)])
}
