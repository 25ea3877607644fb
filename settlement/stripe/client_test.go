package stripe_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/internal/stripedouble"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/stripe"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	now    = 1_790_000_000
	secret = "rk_test_of_globex"
	peer   = did.DID("did:chio:acme")
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func usd(n uint64) wire.MonetaryAmount { return wire.MonetaryAmount{Units: n, Currency: "USD"} }

// desk is a client in front of an endpoint.
type desk struct {
	*stripe.Client
	double *stripedouble.Double
	waits  []time.Duration
}

func newDesk(t testing.TB, handler func(*stripedouble.Double) http.Handler) *desk {
	d := &desk{double: &stripedouble.Double{Key: secret, EventName: "chio_usage", Customers: map[string]bool{"cus_acme": true},
		Now: func() int64 { return now }}}
	var h http.Handler = d.double
	if handler != nil {
		h = handler(d.double)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	var err error
	d.Client, err = stripe.NewClient(stripe.Config{BaseURL: server.URL + "/", Key: func() (string, error) { return secret, nil }, EventName: "chio_usage",
		Customer:   func(p did.DID) (string, bool) { return "cus_acme", p == peer },
		HTTP:       &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Wait:       func(_ context.Context, w time.Duration) error { d.waits = append(d.waits, w); return nil },
		Currencies: wire.DefaultCurrencies()})
	must(t, err)
	return d
}

func (d *desk) report(t testing.TB, at int64) error {
	t.Helper()
	id := wire.Hash([]byte("statement"))
	reference, err := d.Report(t.Context(), peer, id, usd(42), at)
	if err == nil && reference != id.String() {
		t.Errorf("reference %q", reference)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error names the key: %v", err)
	}
	return err
}

func TestUsageIsOneMeterEvent(t *testing.T) {
	d := newDesk(t, nil)
	must(t, d.report(t, now))
	must(t, d.report(t, now))
	counted, asked := d.double.Counted()
	want := stripedouble.Counted{EventName: "chio_usage", Identifier: wire.Hash([]byte("statement")).String(), Customer: "cus_acme", Value: "42", Timestamp: fmt.Sprint(now)}
	if len(counted) != 1 || counted[0] != want || asked != 2 {
		t.Errorf("counted %+v in %d requests", counted, asked)
	}
}

// An answer that got lost is asked for again and the usage counts once, also
// when the second request is another one for Stripe.
func TestI7_LostAnswersCountOnce(t *testing.T) {
	d := newDesk(t, nil)
	lose := 2
	d.double.Lose = func() bool { lose--; return lose >= 0 }
	must(t, d.report(t, now))
	must(t, d.report(t, now+60)) // another time, so another Idempotency-Key: the identifier decides
	if counted, asked := d.double.Counted(); len(counted) != 1 || asked != 4 {
		t.Errorf("counted %+v in %d requests", counted, asked)
	}
	if fmt.Sprint(d.waits) != "[500ms 1s]" {
		t.Errorf("waits %v", d.waits)
	}
}

// What is surely a refusal may be reported anew at any time; what is not known
// may not.
func TestRefusalsAreToldFromSilence(t *testing.T) {
	say := func(status int, body string) func(*stripedouble.Double) http.Handler {
		return func(*stripedouble.Double) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = w.Write([]byte(body)) })
		}
	}
	refuseWith := func(status func() int) func(*stripedouble.Double) http.Handler {
		return func(d *stripedouble.Double) http.Handler { d.Refuse = status; return d }
	}
	refuse := func(status int) func(*stripedouble.Double) http.Handler {
		return refuseWith(func() int { return status })
	}
	echo := func(old, new string) func(*stripedouble.Double) http.Handler {
		return func(d *stripedouble.Double) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rec := httptest.NewRecorder()
				d.ServeHTTP(rec, r)
				_, _ = w.Write([]byte(strings.Replace(rec.Body.String(), old, new, 1)))
			})
		}
	}
	id := wire.Hash([]byte("statement")).String()
	for name, c := range map[string]struct {
		handler func(*stripedouble.Double) http.Handler
		want    error
		asked   int
	}{
		"no such customer": {func(d *stripedouble.Double) http.Handler { d.Customers = nil; return d }, settlement.ErrUnpaid, 1},
		"no such meter":    {func(d *stripedouble.Double) http.Handler { d.EventName = "other"; return d }, settlement.ErrUnpaid, 1},
		"a wrong key":      {func(d *stripedouble.Double) http.Handler { d.Key = "rk_other"; return d }, settlement.ErrUnpaid, 1},
		"forbidden":        {refuse(403), settlement.ErrUnpaid, 1},
		"too many":         {refuse(429), settlement.ErrUnpaid, 4},
		"in use":           {refuse(409), stripe.ErrAnswer, 4},
		"broken":           {refuse(500), stripe.ErrAnswer, 4},
		"redirected":       {say(302, ""), stripe.ErrAnswer, 1},
		"no JSON":          {say(200, "<html>"), stripe.ErrAnswer, 4},
		"too large":        {say(200, strings.Repeat(" ", 65<<10)), stripe.ErrAnswer, 4},
		"another object":   {echo("billing.meter_event", "customer"), stripe.ErrAnswer, 1},
		"another value":    {echo(`"42"`, `"43"`), stripe.ErrAnswer, 1},
		"another customer": {echo("cus_acme", "cus_other"), stripe.ErrAnswer, 1},
		"another event":    {echo(id, "x"), stripe.ErrAnswer, 1},
		"refused after silence": {func() func(*stripedouble.Double) http.Handler {
			asked := 0
			return refuseWith(func() int { asked++; return map[bool]int{true: 500, false: 401}[asked == 1] })
		}(), stripe.ErrAnswer, 2},
		"somebody else's duplicate": {say(400, `{"error":{"type":"invalid_request_error","message":"An event already exists with identifier x."}}`),
			settlement.ErrUnpaid, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, c.handler)
			err := d.report(t, now)
			if !errors.Is(err, c.want) || errors.Is(err, settlement.ErrUnpaid) != (c.want == settlement.ErrUnpaid) || len(d.waits)+1 != c.asked {
				t.Errorf("%v after %d tries", err, len(d.waits)+1)
			}
		})
	}
	d := newDesk(t, nil)
	for name, amount := range map[string]wire.MonetaryAmount{"a token": {Units: 1, Currency: "USDC"}, "no money of a state": {Units: 1, Currency: "BTC"}, "unknown": {Units: 1, Currency: "CHF"}} {
		if _, err := d.Report(t.Context(), peer, wire.Hash([]byte("s")), amount, now); !errors.Is(err, stripe.ErrCurrency) || !errors.Is(err, settlement.ErrUnpaid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Report(t.Context(), "did:chio:other", wire.Hash([]byte("s")), usd(1), now); !errors.Is(err, settlement.ErrUnpaid) {
		t.Errorf("no customer: %v", err)
	}
	if _, asked := d.double.Counted(); asked != 0 {
		t.Errorf("%d requests for what cannot be billed", asked)
	}
	if _, err := stripe.NewClient(stripe.Config{EventName: "x"}); err == nil {
		t.Error("a client without a key")
	}
}
