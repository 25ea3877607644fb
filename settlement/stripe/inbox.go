package stripe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxWaiting bounds the events that cannot be booked.
const maxWaiting = 10_000

var (
	// ErrFull: too many events wait for an operator.
	ErrFull = errors.New("too many Stripe events are not booked")
	// ErrNoEvent: no event of that id waits.
	ErrNoEvent = errors.New("no such Stripe event waits")
	// ErrWaits: an event cannot be booked yet.
	ErrWaits = errors.New("event waits")
)

// Books is where events end: settlement's Settler. An error that wraps
// settlement.ErrUntold says that it was booked.
type Books interface {
	InvoicePaid(ctx context.Context, peer did.DID, id string, amount wire.MonetaryAmount, at int64) error
	InvoiceReturned(ctx context.Context, peer did.DID, kind, reference, id string, total wire.MonetaryAmount, why string) error
	InvoiceRestored(ctx context.Context, peer did.DID, kind, reference, by, id string, amount wire.MonetaryAmount) error
}

// The states of an event.
const (
	StateWaiting = "waiting" // Why says for what
	StateBooked  = "booked"
	StateDropped = "dropped" // an operator said so; Why is the reason
)

// Entry is one event and what became of it.
type Entry struct {
	Event Event  `json:"event"`
	State string `json:"state"`
	Why   string `json:"why,omitzero"`
}

// Inbox keeps what Stripe said until it is booked. Its methods may be called
// from several goroutines.
type Inbox struct {
	db    store.DB
	books Books
	peer  func(customer string) (did.DID, bool)

	mu sync.Mutex // one books at a time
}

// NewInbox keeps events in db and books them; peer says whose a customer is.
func NewInbox(db store.DB, books Books, peer func(customer string) (did.DID, bool)) *Inbox {
	return &Inbox{db: db, books: books, peer: peer}
}

func eventKey(id string) string   { return "z/e/" + id }
func linkKey(id string) string    { return "z/l/" + id }
func invoiceKey(id string) string { return "z/c/" + id }
func queueKey(e *Event) string    { return fmt.Sprintf("%s%016d/%s", queuePrefix, e.Created, e.ID) }

const queuePrefix = "z/q/"

func load[T any](r store.Reader, key string) (v T, ok bool, err error) {
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	if err := wire.UnmarshalCanonical(row, &v, wire.DocumentLimits); err != nil {
		return v, false, fmt.Errorf("%w: row %s: %w", store.ErrCorrupt, key, err)
	}
	return v, true, nil
}

func save(tx store.Tx, key string, v any) error {
	row, err := wire.Marshal(v)
	if err == nil {
		tx.Set(key, row)
	}
	return err
}

// Put makes an event durable and reports whether it is one to book that had not
// come before. When it returns nil the event may be acknowledged.
func (b *Inbox) Put(ctx context.Context, e *Event) (fresh bool, err error) {
	if e.Effect == "" {
		return false, nil
	}
	if _, ours := b.peer(e.Customer); e.Customer != "" && !ours {
		return false, nil // somebody else's business in the same account
	}
	err = b.db.Update(ctx, func(tx store.Tx) error {
		fresh = false
		if _, seen, err := load[Entry](tx, eventKey(e.ID)); seen || err != nil {
			return err
		}
		if err := b.learn(tx, e); err != nil || e.Effect == EffectLink {
			fresh = e.Effect == EffectLink
			return err
		}
		waiting, err := count(tx)
		if err != nil {
			return err
		}
		if waiting >= maxWaiting {
			return ErrFull
		}
		fresh = true
		tx.Set(queueKey(e), []byte(e.ID))
		return save(tx, eventKey(e.ID), Entry{Event: *e, State: StateWaiting})
	})
	return fresh, err
}

// learn keeps which payment paid which invoice, and whose that is.
func (b *Inbox) learn(tx store.Tx, e *Event) error {
	if e.Invoice == "" {
		return nil
	}
	for _, id := range e.Payments {
		if err := save(tx, linkKey(id), e.Invoice); err != nil {
			return err
		}
	}
	if e.Customer == "" {
		return nil
	}
	return save(tx, invoiceKey(e.Invoice), e.Customer)
}

func count(r store.Reader) (n int, err error) {
	err = r.Scan(queuePrefix, "", func(string, []byte) error { n++; return nil })
	return n, err
}

// Waiting lists the events that are not booked, oldest first.
func (b *Inbox) Waiting(r store.Reader) (out []Entry, err error) {
	out = []Entry{}
	err = r.Scan(queuePrefix, "", func(_ string, id []byte) error {
		entry, ok, err := load[Entry](r, eventKey(string(id)))
		if err == nil && !ok {
			err = fmt.Errorf("%w: event %.100s", store.ErrCorrupt, id)
		}
		if err == nil {
			out = append(out, entry)
		}
		return err
	})
	return out, err
}

// Work books what can be booked. An event that cannot keeps waiting and says
// why; the error is of the store.
func (b *Inbox) Work(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for { // what is booked may be what another waited for
		progress := false
		var waiting []Entry
		err := b.db.View(func(r store.Reader) (err error) {
			waiting, err = b.Waiting(r)
			return err
		})
		if err != nil {
			return err
		}
		for i := range waiting {
			booked, err := b.try(ctx, &waiting[i], waiting[i].Event.Amount.Units)
			if err != nil {
				return err
			}
			progress = progress || booked
		}
		if !progress {
			return nil
		}
	}
}

func (b *Inbox) try(ctx context.Context, entry *Entry, units uint64) (booked bool, err error) {
	err = b.book(ctx, &entry.Event, units)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err == nil || errors.Is(err, settlement.ErrUntold) {
		return true, b.end(ctx, entry, StateBooked, "")
	}
	why := err.Error()
	why = strings.ToValidUTF8(why[:min(len(why), 300)], "")
	if why == entry.Why {
		return false, nil
	}
	entry.Why = why
	return false, b.db.Update(ctx, func(tx store.Tx) error { return save(tx, eventKey(entry.Event.ID), entry) })
}

func (b *Inbox) end(ctx context.Context, entry *Entry, state, why string) error {
	return b.db.Update(ctx, func(tx store.Tx) error {
		entry.State, entry.Why = state, why
		tx.Delete(queueKey(&entry.Event))
		return save(tx, eventKey(entry.Event.ID), entry)
	})
}

// book finds whose invoice an event is about, and books it.
func (b *Inbox) book(ctx context.Context, e *Event, units uint64) error {
	invoice, peer, err := b.whose(e)
	if err != nil {
		return err
	}
	amount := wire.MonetaryAmount{Units: units, Currency: e.Amount.Currency}
	switch e.Effect {
	case EffectPaid:
		return b.books.InvoicePaid(ctx, peer, invoice, amount, e.Created)
	case EffectReturned:
		return b.books.InvoiceReturned(ctx, peer, e.Kind, e.Reference, invoice, amount, e.Reason)
	case EffectRestored:
		return b.books.InvoiceRestored(ctx, peer, e.Kind, e.Reference, e.By, invoice, amount)
	}
	return fmt.Errorf("%w: effect %.20q", ErrEvent, e.Effect)
}

func (b *Inbox) whose(e *Event) (invoice string, peer did.DID, err error) {
	invoice, customer := e.Invoice, e.Customer
	err = b.db.View(func(r store.Reader) error {
		for _, id := range e.Payments {
			if invoice != "" {
				break
			}
			if invoice, _, err = load[string](r, linkKey(id)); err != nil {
				return err
			}
		}
		if invoice == "" || customer != "" {
			return nil
		}
		customer, _, err = load[string](r, invoiceKey(invoice))
		return err
	})
	if err != nil {
		return "", "", err
	}
	if invoice == "" {
		return "", "", fmt.Errorf("%w for the invoice that %s paid", ErrWaits, strings.Join(e.Payments, ", "))
	}
	if customer == "" {
		return "", "", fmt.Errorf("%w for invoice %s to be paid", ErrWaits, invoice)
	}
	peer, ok := b.peer(customer)
	if !ok {
		return "", "", fmt.Errorf("%w: customer %.40q of invoice %s is nobody's under settlement.stripe.customers", ErrWaits, customer, invoice)
	}
	return invoice, peer, nil
}

// Take books an event that waits, with another amount where an invoice holds
// more than usage: tax, or something else that was sold. Amount 0 is the event's.
func (b *Inbox) Take(ctx context.Context, id string, units uint64) (*Entry, error) {
	return b.decide(ctx, id, func(entry *Entry) error {
		if units == 0 {
			units = entry.Event.Amount.Units
		}
		if units > entry.Event.Amount.Units {
			return fmt.Errorf("%w: event %s is of %d", settlement.ErrAmount, id, entry.Event.Amount.Units)
		}
		err := b.book(ctx, &entry.Event, units)
		if err != nil && !errors.Is(err, settlement.ErrUntold) {
			return err
		}
		return b.end(ctx, entry, StateBooked, "")
	})
}

// Drop takes an event off the list without booking it.
func (b *Inbox) Drop(ctx context.Context, id, why string) (*Entry, error) {
	return b.decide(ctx, id, func(entry *Entry) error { return b.end(ctx, entry, StateDropped, why) })
}

func (b *Inbox) decide(ctx context.Context, id string, do func(*Entry) error) (*Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var entry Entry
	err := b.db.View(func(r store.Reader) error {
		if !idPattern.MatchString(id) {
			return fmt.Errorf("%w: %.100q", ErrNoEvent, id)
		}
		have, ok, err := load[Entry](r, eventKey(id))
		if err == nil && (!ok || have.State != StateWaiting) {
			err = fmt.Errorf("%w: %s", ErrNoEvent, id)
		}
		entry = have
		return err
	})
	if err != nil {
		return nil, err
	}
	return &entry, do(&entry)
}
