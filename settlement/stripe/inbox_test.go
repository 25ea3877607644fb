package stripe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/stripe"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// books writes down what is booked, and like the real ones refuses a return of
// what was not paid. The real ones are in the node's tests.
type books struct {
	lines  []string
	paid   map[string]bool
	untold bool
}

func (b *books) note(format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	if !slices.Contains(b.lines, line) {
		b.lines = append(b.lines, line)
	}
	if b.untold {
		return settlement.ErrUntold
	}
	return nil
}

func (b *books) InvoicePaid(_ context.Context, _ did.DID, id string, a wire.MonetaryAmount, _ int64) error {
	if a.Units > 3000 {
		return settlement.ErrAmount
	}
	b.paid[id] = true
	return b.note("%s paid %d", id, a.Units)
}

func (b *books) InvoiceReturned(_ context.Context, _ did.DID, kind, ref, id string, a wire.MonetaryAmount, _ string) error {
	if !b.paid[id] {
		return settlement.ErrPayment
	}
	return b.note("%s %s %s %d", id, kind, ref, a.Units)
}

func (b *books) InvoiceRestored(_ context.Context, _ did.DID, kind, ref, by, id string, a wire.MonetaryAmount) error {
	if !b.paid[id] {
		return settlement.ErrPayment
	}
	return b.note("%s %s %s restored by %s %d", id, kind, ref, by, a.Units)
}

func customers(customer string) (did.DID, bool) { return peer, customer == "cus_acme" }

type office struct {
	*stripe.Inbox
	db    store.DB
	books *books
	t     testing.TB
}

func newOffice(t testing.TB) *office {
	db := memory.New()
	t.Cleanup(func() { must(t, db.Close()) })
	b := &books{paid: make(map[string]bool)}
	return &office{Inbox: stripe.NewInbox(db, b, customers), db: db, books: b, t: t}
}

func (o *office) put(doc []byte) bool {
	o.t.Helper()
	fresh, err := o.Put(o.t.Context(), parse(o.t, doc))
	must(o.t, err)
	must(o.t, o.Work(o.t.Context()))
	return fresh
}

func (o *office) waiting() (out []stripe.Entry) {
	o.t.Helper()
	must(o.t, o.db.View(func(r store.Reader) (err error) { out, err = o.Waiting(r); return err }))
	return out
}

// Events come in any order and more than once; what needs another waits for it.
func TestEventsInAnyOrderAreBookedOnce(t *testing.T) {
	o := newOffice(t)
	docs := [][]byte{
		event(t, "evt_5", "charge.dispute.funds_reinstated", "dispute"),
		event(t, "evt_4", "charge.dispute.funds_withdrawn", "dispute"),
		event(t, "evt_3", "charge.refunded", "charge"),
		event(t, "evt_2", "invoice_payment.paid", "invoice_payment"),
		event(t, "evt_1", "invoice.paid", "invoice"),
	}
	for i, doc := range docs {
		if i == 4 {
			if w := o.waiting(); len(w) != 3 || len(o.books.lines) > 0 || w[2].Why == "" || !slices.ContainsFunc(w, func(e stripe.Entry) bool { return strings.Contains(e.Why, "for invoice in_1 to be paid") }) {
				t.Fatalf("before the invoice: %+v, %q", w, o.books.lines)
			}
		}
		if !o.put(doc) {
			t.Errorf("event %d is not new", i)
		}
	}
	want := []string{"in_1 paid 3000", "in_1 refund ch_1 500", "in_1 chargeback du_1 2500", "in_1 chargeback du_1 restored by du_1 2500"}
	slices.Sort(want)
	for range 2 {
		got := slices.Sorted(slices.Values(o.books.lines))
		if !slices.Equal(got, want) || len(o.waiting()) != 0 {
			t.Fatalf("booked %q, waiting %+v", got, o.waiting())
		}
		for i, doc := range docs {
			if o.put(doc) && i != 3 { // a link is learned again
				t.Errorf("event %d is new again", i)
			}
		}
	}
}

// An account has other customers, too: nothing of theirs is kept.
func TestOthersBusinessIsNotKept(t *testing.T) {
	o := newOffice(t)
	if o.put(event(t, "evt_1", "invoice.paid", "invoice", "CUSTOMER", "cus_other")) || o.put(event(t, "evt_2", "customer.created", "charge")) || len(o.waiting()) != 0 {
		t.Errorf("kept: %+v", o.waiting())
	}
}

// What cannot be booked waits with its reason until an operator takes part of
// it or drops it; neither can be done twice.
func TestAnOperatorDecidesWhatWaits(t *testing.T) {
	o := newOffice(t)
	o.put(event(t, "evt_1", "invoice.paid", "invoice", "PAID", "3570"))
	o.put(event(t, "evt_2", "charge.dispute.funds_withdrawn", "dispute", "CHARGE", "ch_9", "INTENT", "pi_9"))
	w := o.waiting()
	if len(w) != 2 || w[0].Why != settlement.ErrAmount.Error() || !strings.Contains(w[1].Why, "waits for the invoice that ch_9, pi_9 paid") {
		t.Fatalf("waiting %+v", w)
	}
	if _, err := o.Take(t.Context(), "evt_1", 3571); !errors.Is(err, settlement.ErrAmount) {
		t.Errorf("more than the event: %v", err)
	}
	if _, err := o.Take(t.Context(), "evt_1", 0); !errors.Is(err, settlement.ErrAmount) {
		t.Errorf("all of it: %v", err)
	}
	e, err := o.Take(t.Context(), "evt_1", 3000)
	if err != nil || e.State != stripe.StateBooked {
		t.Fatalf("%+v, %v", e, err)
	}
	if e, err = o.Drop(t.Context(), "evt_2", "not a peer"); err != nil || e.State != stripe.StateDropped || e.Why != "not a peer" {
		t.Fatalf("%+v, %v", e, err)
	}
	for _, id := range []string{"evt_1", "evt_2", "evt_3", "z/../e"} {
		if _, err := o.Drop(t.Context(), id, "again"); !errors.Is(err, stripe.ErrNoEvent) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if o.put(event(t, "evt_2", "charge.dispute.funds_withdrawn", "dispute")) || len(o.waiting()) != 0 {
		t.Error("a dropped event came back")
	}
}

// A payer that could not be told does not keep an event waiting.
func TestBookedIsBookedAlthoughThePayerIsDown(t *testing.T) {
	o := newOffice(t)
	o.books.untold = true
	o.put(event(t, "evt_1", "invoice.paid", "invoice"))
	if len(o.waiting()) != 0 || len(o.books.lines) != 1 {
		t.Errorf("waiting %+v", o.waiting())
	}
}

// The endpoint keeps what Stripe has signed before it acknowledges it, and
// nothing else.
func TestWebhook(t *testing.T) {
	o := newOffice(t)
	woken, fail := 0, false
	var log bytes.Buffer
	server := httptest.NewServer(&stripe.Webhook{Inbox: o.Inbox, Now: func() int64 { return now }, Wake: func() { woken++ },
		Secrets: func() ([]string, error) {
			if fail {
				return nil, io.ErrUnexpectedEOF
			}
			return []string{"whsec_1"}, nil
		}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	t.Cleanup(server.Close)
	send := func(method string, body []byte, signature string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL, bytes.NewReader(body))
		must(t, err)
		req.Header.Set(stripe.SignatureHeader, signature)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		answer, err := io.ReadAll(res.Body)
		must(t, errors.Join(err, res.Body.Close()))
		if len(answer) > 0 {
			t.Errorf("it says %q", answer)
		}
		return res.StatusCode
	}
	doc := event(t, "evt_1", "invoice.paid", "invoice")
	large := bytes.Repeat([]byte(" "), stripe.MaxEvent+1)
	for name, c := range map[string]struct {
		got, want int
	}{
		"a question":          {send("GET", nil, ""), 405},
		"without a signature": {send("POST", doc, ""), 400},
		"of another secret":   {send("POST", doc, stripe.Sign("whsec_2", doc, now)), 400},
		"an old one":          {send("POST", doc, stripe.Sign("whsec_1", doc, now-301)), 400},
		"signed nonsense":     {send("POST", []byte("{}"), stripe.Sign("whsec_1", []byte("{}"), now)), 400},
		"too large":           {send("POST", large, stripe.Sign("whsec_1", large, now)), 413},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	if len(o.waiting()) != 0 || woken != 0 {
		t.Fatalf("kept %+v", o.waiting())
	}
	fail = true
	if got := send("POST", doc, stripe.Sign("whsec_1", doc, now)); got != 503 {
		t.Errorf("without a secret: %d", got)
	}
	fail = false
	for range 2 {
		if got := send("POST", doc, stripe.Sign("whsec_1", doc, now)); got != 200 {
			t.Errorf("a good one: %d", got)
		}
	}
	if len(o.waiting()) != 1 || woken != 1 || strings.Contains(log.String(), "whsec") {
		t.Errorf("kept %+v, woken %d, log %s", o.waiting(), woken, log.String())
	}
}
