package stripe_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/internal/stripedouble"
	"github.com/backbay-labs/chio-node/settlement/stripe"
)

// values are what the recorded shapes leave open.
func values(change ...string) map[string]string {
	v := map[string]string{"INVOICE": "in_1", "CUSTOMER": "cus_acme", "CHARGE": "ch_1", "INTENT": "pi_1", "REFUND": "re_1", "DISPUTE": "du_1",
		"PAID": "3000", "REFUNDED": "500", "AMOUNT": "2500", "CURRENCY": "usd", "REASON": "fraudulent", "STATUS": "failed"}
	for i := 0; i+1 < len(change); i += 2 {
		v[change[i]] = change[i+1]
	}
	return v
}

func event(t testing.TB, id, kind, shape string, change ...string) []byte {
	t.Helper()
	doc, err := stripedouble.Event(id, kind, shape, now, values(change...))
	must(t, err)
	return doc
}

func parse(t testing.TB, doc []byte) *stripe.Event {
	t.Helper()
	e, err := stripe.ParseEvent(doc)
	must(t, err)
	return e
}

func TestEventsAreRead(t *testing.T) {
	both, one := []string{"ch_1", "pi_1"}, []string{"pi_1"}
	for name, c := range map[string]struct {
		kind, shape string
		change      []string
		want        stripe.Event
	}{
		"invoice":              {"invoice.paid", "invoice", nil, stripe.Event{Effect: "paid", Customer: "cus_acme", Invoice: "in_1", Amount: usd(3000)}},
		"invoice of before":    {"invoice.paid", "invoice_2024", nil, stripe.Event{Effect: "paid", Customer: "cus_acme", Invoice: "in_1", Payments: both, Amount: usd(3000)}},
		"invoice of nothing":   {"invoice.paid", "invoice", []string{"PAID", "0"}, stripe.Event{Customer: "cus_acme", Amount: usd(0)}},
		"invoice payment":      {"invoice_payment.paid", "invoice_payment", nil, stripe.Event{Effect: "link", Invoice: "in_1", Payments: one}},
		"refund":               {"charge.refunded", "charge", nil, stripe.Event{Effect: "returned", Customer: "cus_acme", Payments: both, Kind: "refund", Reference: "ch_1", Amount: usd(500), Reason: "refunded at Stripe"}},
		"failed refund":        {"refund.failed", "refund", nil, stripe.Event{Effect: "restored", Payments: both, Kind: "refund", Reference: "ch_1", By: "re_1", Amount: usd(2500)}},
		"refund that succeeds": {"charge.refund.updated", "refund", []string{"STATUS", "succeeded"}, stripe.Event{}},
		"chargeback":           {"charge.dispute.funds_withdrawn", "dispute", nil, stripe.Event{Effect: "returned", Payments: both, Kind: "chargeback", Reference: "du_1", Amount: usd(2500), Reason: "fraudulent"}},
		"reversal":             {"charge.dispute.funds_withdrawn", "dispute", []string{"REASON", "insufficient_funds"}, stripe.Event{Effect: "returned", Payments: both, Kind: "reversal", Reference: "du_1", Amount: usd(2500), Reason: "insufficient_funds"}},
		"dispute won":          {"charge.dispute.funds_reinstated", "dispute", nil, stripe.Event{Effect: "restored", Payments: both, Kind: "chargeback", Reference: "du_1", By: "du_1", Amount: usd(2500)}},
		"dispute opened":       {"charge.dispute.created", "dispute", nil, stripe.Event{}},
		"something else":       {"customer.created", "charge", nil, stripe.Event{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, event(t, "evt_1", c.kind, c.shape, c.change...))
			c.want.ID, c.want.Type, c.want.Created = "evt_1", c.kind, now
			if !reflect.DeepEqual(*got, c.want) {
				t.Errorf("got  %+v\nwant %+v", *got, c.want)
			}
		})
	}
}

func TestMalformedEventsAreRefused(t *testing.T) {
	good := string(event(t, "evt_1", "invoice.paid", "invoice"))
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the event", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	docs := map[string]string{
		"empty": "", "not JSON": "x", "a list": "[]", "cut": good[:len(good)/2], "trailing": good + "{}",
		"another object": replace(`"object": "event"`, `"object": "charge"`), "no id": replace(`"evt_1"`, `""`), "an odd id": replace(`"evt_1"`, `"evt/1"`),
		"a long id": replace(`"evt_1"`, `"evt_`+strings.Repeat("1", 90)+`"`), "no time": replace(fmt.Sprint(now), "0"), "a late time": replace(fmt.Sprint(now), "9007199254740992"),
		"no type": replace(`"invoice.paid"`, `""`), "a twice-named id": replace(`"object": "event"`, `"object": "event", "id": "evt_2"`),
		"another thing": replace(`"object": "invoice"`, `"object": "charge"`), "an invoice without id": replace(`"in_1"`, `""`), "an odd invoice": replace(`"in_1"`, `"in 1"`),
		"no customer": replace(`"cus_acme"`, `null`), "a negative amount": replace(`"amount_paid": 3000`, `"amount_paid": -3000`), "a fraction": replace(`"amount_paid": 3000`, `"amount_paid": 30.5`),
		"no amount": replace(`"amount_paid": 3000`, `"amount_paid": null`), "too much": replace(`"amount_paid": 3000`, `"amount_paid": 9007199254740992`),
		"an amount in words": replace(`"amount_paid": 3000`, `"amount_paid": "3000"`), "no currency": replace(`"usd"`, `""`), "a token": replace(`"usd"`, `"usdc"`), "an odd currency": replace(`"usd"`, `"u/d"`),
		"a dispute without charge": string(event(t, "evt_1", "charge.dispute.funds_withdrawn", "dispute", "CHARGE", "", "INTENT", "")),
		"a refund of nothing":      string(event(t, "evt_1", "charge.refunded", "charge", "REFUNDED", "0")),
		"a refund of no charge":    string(event(t, "evt_1", "refund.failed", "refund", "CHARGE", "")),
	}
	for name, doc := range docs {
		if e, err := stripe.ParseEvent([]byte(doc)); !errors.Is(err, stripe.ErrEvent) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	// An event of somebody's connected account is not about our money.
	if e := parse(t, []byte(replace(`"object": "event"`, `"object": "event", "account": "acct_1"`))); e.Effect != "" {
		t.Errorf("another account's event is %q", e.Effect)
	}
}

func TestSignatures(t *testing.T) {
	body := []byte(`{"id":"evt_1"}`)
	good := stripe.Sign("whsec_new", body, now)
	_, mac, _ := strings.Cut(good, ",v1=")
	zero := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		header  string
		secrets []string
		at      int64
		ok      bool
	}{
		"good":                     {good, []string{"whsec_new"}, now, true},
		"spaced":                   {strings.ReplaceAll(good, ",", ", "), []string{"whsec_new"}, now, true},
		"one of two secrets":       {good, []string{"whsec_old", "whsec_new"}, now, true},
		"one of two signatures":    {fmt.Sprintf("t=%d,v1=%s,v1=%s", now, zero, mac), []string{"whsec_new"}, now, true},
		"with one of version 0":    {good + ",v0=" + zero, []string{"whsec_new"}, now, true},
		"at the edge, late":        {good, []string{"whsec_new"}, now + 300, true},
		"at the edge, early":       {good, []string{"whsec_new"}, now - 300, true},
		"too late":                 {good, []string{"whsec_new"}, now + 301, false},
		"too early":                {good, []string{"whsec_new"}, now - 301, false},
		"another secret":           {good, []string{"whsec_old"}, now, false},
		"no secret":                {stripe.Sign("", body, now), []string{""}, now, false},
		"secrets of nobody":        {good, nil, now, false},
		"a moved time":             {fmt.Sprintf("t=%d,v1=%s", now+1, mac), []string{"whsec_new"}, now, false},
		"two times":                {fmt.Sprintf("t=%d,t=%d,v1=%s", now+1, now, mac), []string{"whsec_new"}, now, false},
		"no time":                  {"v1=" + mac, []string{"whsec_new"}, now, false},
		"a time with a sign":       {fmt.Sprintf("t=+%d,v1=%s", now, mac), []string{"whsec_new"}, now, false},
		"only version 0":           {fmt.Sprintf("t=%d,v0=%s", now, mac), []string{"whsec_new"}, now, false},
		"half a signature":         {fmt.Sprintf("t=%d,v1=%s", now, mac[:32]), []string{"whsec_new"}, now, false},
		"nothing":                  {"", []string{"whsec_new"}, now, false},
		"many signatures":          {good + strings.Repeat(",v1="+zero, 8), []string{"whsec_new"}, now, false},
		"a header that never ends": {good + strings.Repeat(",", 2048), []string{"whsec_new"}, now, false},
	} {
		if err := stripe.CheckSignature(c.header, body, c.secrets, c.at); (err == nil) != c.ok || err != nil && !errors.Is(err, stripe.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := stripe.CheckSignature(good, append(body, ' '), []string{"whsec_new"}, now); err == nil {
		t.Error("a byte more is signed, too")
	}
}

// FuzzEvent: what is signed is read, or refused; what is read can be booked.
func FuzzEvent(f *testing.F) {
	for kind, shape := range map[string]string{"invoice.paid": "invoice", "invoice_payment.paid": "invoice_payment", "charge.refunded": "charge",
		"refund.failed": "refund", "charge.dispute.funds_withdrawn": "dispute"} {
		f.Add(event(f, "evt_1", kind, shape))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		e, err := stripe.ParseEvent(doc)
		if err != nil {
			if !errors.Is(err, stripe.ErrEvent) {
				t.Errorf("unclassified: %v", err)
			}
			return
		}
		if e.Effect == "" || e.Effect == stripe.EffectLink {
			return
		}
		if e.Amount.Units == 0 || len(e.Amount.Currency) != 3 || len(e.ID) > 90 {
			t.Errorf("an event that cannot be booked: %+v", e)
		}
	})
}

// FuzzSignature: no header passes that the secret has not made.
func FuzzSignature(f *testing.F) {
	f.Add(stripe.Sign("whsec_other", []byte("{}"), now))
	f.Add("t=1790000000,v1=00,v1=,v0=11")
	f.Fuzz(func(t *testing.T, header string) {
		if err := stripe.CheckSignature(header, []byte("{}"), []string{"whsec_fuzzed"}, now); err == nil {
			t.Errorf("%q passes", header)
		} else if !errors.Is(err, stripe.ErrSignature) {
			t.Errorf("unclassified: %v", err)
		}
	})
}

// TestCorpus keeps the corpora of both targets in step with the shapes:
// UPDATE=1 writes them.
func TestCorpus(t *testing.T) {
	want := map[string]string{
		"FuzzEvent/invoice": string(event(t, "evt_1", "invoice.paid", "invoice")), "FuzzEvent/before": string(event(t, "evt_1", "invoice.paid", "invoice_2024")),
		"FuzzEvent/refund": string(event(t, "evt_1", "charge.refunded", "charge")), "FuzzEvent/dispute": string(event(t, "evt_1", "charge.dispute.funds_withdrawn", "dispute")),
		"FuzzSignature/other": stripe.Sign("whsec_other", []byte("{}"), now),
	}
	for name := range maps.Keys(want) {
		form := "[]byte"
		if strings.HasPrefix(name, "FuzzSignature") {
			form = "string"
		}
		doc := fmt.Appendf(nil, "go test fuzz v1\n%s(%q)\n", form, want[name])
		path := filepath.Join("testdata", "fuzz", filepath.FromSlash(name))
		if os.Getenv("UPDATE") != "" {
			must(t, os.MkdirAll(filepath.Dir(path), 0o755))
			must(t, os.WriteFile(path, doc, 0o644))
		}
		if have, err := os.ReadFile(path); err != nil || string(have) != string(doc) {
			t.Errorf("%s differs, %v: UPDATE=1 writes it", path, err)
		}
	}
}
