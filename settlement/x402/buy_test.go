package x402_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/wire"
)

// market is a shop behind HTTP and somebody who buys there.
type market struct {
	*shop
	buyer    *x402.Buyer
	url      string
	requests int
	paid     []string // the payments that arrived
	answer   http.HandlerFunc
}

func newMarket(t *testing.T) *market {
	m := &market{shop: newShop(t)}
	m.answer = m.serve
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.requests++
		if p := r.Header.Get(x402.HeaderSignature); p != "" {
			m.paid = append(m.paid, p)
		}
		m.answer(w, r)
	}))
	t.Cleanup(server.Close)
	m.url = server.URL + "/tool"
	db := newDB(t)
	m.buyer = &x402.Buyer{DB: db, Chain: m.chain, Key: key(t, "buyer"), Domain: m.price.Domain, Currency: "USDC", Hosts: []string{strings.TrimPrefix(server.URL, "http://")},
		Client: x402.NewClient(), Now: m.clock, MaxBody: 1 << 16}
	return m
}

func (m *market) ask(w http.ResponseWriter, offers ...x402.Requirements) {
	w.Header().Set(x402.HeaderRequired, x402.Encode(x402.Required{X402Version: x402.Version, Resource: x402.Resource{URL: m.url}, Accepts: offers}))
	w.WriteHeader(http.StatusPaymentRequired)
}

func (m *market) serve(w http.ResponseWriter, r *http.Request) {
	h := r.Header.Get(x402.HeaderSignature)
	if h == "" {
		m.ask(w, m.price.Requirements())
		return
	}
	sale, err := m.sell(h, r.URL.Path)
	w.Header().Set(x402.HeaderResponse, x402.Encode(sale.Settlement(m.price)))
	if err != nil {
		w.WriteHeader(http.StatusPaymentRequired)
		return
	}
	_, _ = w.Write(sale.Result)
}

func (m *market) buy(call string, most uint64) (x402.Answer, error) {
	return m.buyer.Buy(m.t.Context(), x402.Order{Call: call, Method: http.MethodPost, URL: m.url, Body: []byte("{}"), Max: most})
}

func TestI7_PurchaseIsPaidOnceAndAnsweredAgain(t *testing.T) {
	m := newMarket(t)
	for range 2 {
		a, err := m.buy("one", 2500)
		if err != nil || string(a.Body) != "result" || a.Spent != 2500 {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	m.want(1, 2500)
	if p, known, err := m.buyer.Purchase("one"); err != nil || !known || p.State != x402.PurchasePaid || p.Response == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	if left, err := m.chain.Balance(t.Context(), m.buyer.Key.Address()); err != nil || left != given-2500 {
		t.Fatalf("%d, %v", left, err)
	}
}

func TestNothingIsSignedForAnOfferThatIsNotOurs(t *testing.T) {
	m := newMarket(t)
	good := m.price.Requirements()
	for name, c := range map[string]struct {
		change func(*x402.Requirements)
		want   error
	}{
		"one unit over the hold": {func(r *x402.Requirements) { r.Amount = "2501" }, x402.ErrOverBudget},
		"free":                   {func(r *x402.Requirements) { r.Amount = "0" }, x402.ErrNoOffer},
		"no number":              {func(r *x402.Requirements) { r.Amount = "1e3" }, x402.ErrNoOffer},
		"scheme":                 {func(r *x402.Requirements) { r.Scheme = "upto" }, x402.ErrNoOffer},
		"network":                {func(r *x402.Requirements) { r.Network = "eip155:1" }, x402.ErrNoOffer},
		"asset":                  {func(r *x402.Requirements) { r.Asset = r.PayTo }, x402.ErrNoOffer},
		"domain":                 {func(r *x402.Requirements) { r.Extra.Name = "USD Coin?" }, x402.ErrNoOffer},
		"to ourselves":           {func(r *x402.Requirements) { r.PayTo = m.buyer.Key.Address().String() }, x402.ErrNoOffer},
		"to nobody":              {func(r *x402.Requirements) { r.PayTo = evm.Address{}.String() }, x402.ErrNoOffer},
		"wrong checksum":         {func(r *x402.Requirements) { r.PayTo = "0x209693Bc6afc0C5328bA36FaF03C514EF312287c" }, x402.ErrNoOffer},
		"valid for a day":        {func(r *x402.Requirements) { r.MaxTimeoutSeconds = 86400 }, x402.ErrNoOffer},
	} {
		offer := good
		c.change(&offer)
		m.answer = func(w http.ResponseWriter, _ *http.Request) { m.ask(w, offer) }
		if _, err := m.buy(name, 2500); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, known, _ := m.buyer.Purchase(name); known || len(m.paid) > 0 {
			t.Fatalf("%s: something was signed", name)
		}
	}
}

func TestNothingIsSignedForAnAnswerThatLeadsElsewhere(t *testing.T) {
	m := newMarket(t)
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		},
		"huge header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(x402.HeaderRequired, strings.Repeat("A", 1<<17))
			w.WriteHeader(402)
		},
		"no header": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(402) },
		"huge body": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<17)) },
	} {
		m.answer = answer
		if _, err := m.buy(name, 2500); err == nil || len(m.paid) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	before := m.requests
	for _, url := range []string{"http://example.com/", "https://example.com/", strings.Replace(m.url, "127.0.0.1", "localhost", 1),
		strings.Replace(m.url, "http://", "http://u:p@", 1), "ftp" + m.url[4:]} {
		if _, err := m.buyer.Buy(t.Context(), x402.Order{Call: url, Method: "GET", URL: url, Max: 2500}); !errors.Is(err, x402.ErrHost) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if m.requests != before {
		t.Error("a host that is not allowed was asked")
	}
}

// A seller that takes the payment and asks again, for more or for another
// payee, gets the same bytes and never a second signature; the hold stays until
// the chain is past the transfer's validity.
func TestI7_SecondDemandIsNotPaid(t *testing.T) {
	m := newMarket(t)
	if err := m.net.Finalize(t.Context()); err != nil { // the token is there at the final block
		t.Fatal(err)
	}
	greedy := m.price.Requirements()
	m.answer = func(w http.ResponseWriter, _ *http.Request) {
		m.ask(w, greedy)
		greedy.Amount, greedy.PayTo = "2400", key(t, "thief").Address().String()
	}
	for range 3 {
		if a, err := m.buy("one", 2500); !errors.Is(err, x402.ErrUnsettled) || a.Spent != 2500 {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if len(m.paid) != 3 || m.paid[0] != m.paid[1] || m.paid[1] != m.paid[2] {
		t.Fatalf("%d payments differ", len(m.paid))
	}
	p, err := m.buyer.Reconcile(t.Context(), "one")
	if err != nil || p.State != x402.PurchaseSigned {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := m.net.AdjustTime(3600e9); err != nil {
		t.Fatal(err)
	}
	if p, err = m.buyer.Reconcile(t.Context(), "one"); err != nil || p.State != x402.PurchaseSigned {
		t.Fatalf("before that is final: %+v, %v", p, err)
	}
	if err := m.net.Finalize(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err = m.buyer.Reconcile(t.Context(), "one"); err != nil || p.State != x402.PurchaseVoid {
		t.Fatalf("%+v, %v", p, err)
	}
	m.want(0, 0)
}

func TestI7_BuyerThatDiesPaysAtMostOnce(t *testing.T) {
	for _, point := range []string{"purchase.signed", "purchase.sent"} {
		t.Run(strings.ReplaceAll(point, ".", "_"), func(t *testing.T) {
			m := newMarket(t)
			m.buyer.Failpoint = func(name string) {
				if name == point {
					panic(errDied)
				}
			}
			func() {
				defer func() {
					if recover() != errDied {
						t.Error("the point was not reached")
					}
				}()
				_, _ = m.buy("one", 2500)
			}()
			m.buyer.Failpoint = nil
			m.price.Amount = 9999 // what is asked now no longer matters to what is signed
			if p, _, err := m.buyer.Purchase("one"); err != nil || p.Amount != 2500 || p.Nonce == (wire.Digest{}) {
				t.Fatalf("%+v, %v", p, err)
			}
			m.price.Amount = 2500
			if a, err := m.buy("one", 2500); err != nil || string(a.Body) != "result" {
				t.Fatalf("%+v, %v", a, err)
			}
			m.want(1, 2500)
		})
	}
}
