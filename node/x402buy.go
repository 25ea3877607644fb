package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/wire"
)

// maxBoughtBytes bounds the answer of a resource.
const maxBoughtBytes = 256 << 10

// buyTimeout bounds one purchase, with the wait for its transfer.
const buyTimeout = 2 * time.Minute

// resources is a tool server whose tools are paid resources of others. Its
// prices are maxima: the kernel holds them before anything is signed, and
// charges what was paid.
type resources struct {
	desk  *x402Desk
	tools map[string]*X402BuyTool
	most  prices
}

func (c *X402BuyConfig) hosts() (hosts []string) {
	for i := range c.Tools {
		if u, err := url.Parse(c.Tools[i].URL); err == nil && !slices.Contains(hosts, u.Host) {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// attachResources makes the configured resources tools.
func (d *x402Desk) attachResources() error {
	c := &d.n.cfg.X402.Buy
	if len(c.Tools) == 0 {
		return nil
	}
	src := &resources{desk: d, tools: make(map[string]*X402BuyTool), most: make(prices)}
	metered := make(map[string]bool)
	for i := range c.Tools {
		t := &c.Tools[i]
		most, err := d.n.cfg.usdc(t.MaxPrice)
		if err != nil {
			return err
		}
		src.tools[t.Name], src.most[t.Name], metered[t.Name] = t, most, true
	}
	_, err := d.n.tools.attach(&toolServer{name: c.Server, tools: src, prices: src.most, metered: metered,
		confinement: "none: it runs in this process, and reaches the hosts of x402.buy"})
	return err
}

func (s *resources) callable(_ context.Context, tool string) error {
	if s.tools[tool] == nil {
		return fmt.Errorf("no resource %.80q", tool)
	}
	return nil
}

func (s *resources) names() (names []string) {
	for name := range s.tools {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Bought is the result of a call of a paid resource. Body is its JSON, or Text
// what else it said. Of a payment the nonce finds the transfer on the chain.
type Bought struct {
	Status  int         `json:"status"`
	Body    wire.Raw    `json:"body,omitempty"`
	Text    string      `json:"text,omitempty"`
	Payment *BoughtWith `json:"payment,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// BoughtWith is a payment's part of the result, and so of what the receipt's
// hash of it covers. Hashes are of the raw objects that were exchanged.
type BoughtWith struct {
	Rail           string      `json:"rail"`
	Network        string      `json:"network"`
	Asset          string      `json:"asset"`
	Amount         uint64      `json:"amount_minor"`
	PayTo          string      `json:"pay_to"`
	Nonce          wire.Digest `json:"nonce"`
	RequiredSHA256 wire.Digest `json:"required_sha256"`
	PaymentSHA256  wire.Digest `json:"payment_sha256"`
	ResponseSHA256 wire.Digest `json:"response_sha256,omitzero"`
}

// call asks for the resource and pays for it. What was held is the most that
// is signed. Money decides the outcome:
//
//	nothing signed           the call is free; where a 402 ended it, it did not run
//	signed, on the chain     it costs that, whatever the answer was
//	signed, and not known    incomplete: the hold stays spent
func (s *resources) call(ctx context.Context, m *kernel.Mandate) (kernel.Result, error) {
	t := s.tools[m.Tool]
	if t == nil {
		return kernel.Result{}, fmt.Errorf("%w: no resource %.80q", kernel.ErrNotDispatched, m.Tool)
	}
	ctx, cancel := context.WithTimeout(ctx, buyTimeout)
	defer cancel()
	buyer, err := s.desk.buying(ctx)
	if err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	order, err := t.order(m)
	if err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	order.Max = s.most[m.Tool].Units
	answer, err := buyer.Buy(ctx, order)
	switch {
	case errors.Is(err, x402.ErrUnsettled):
		return kernel.Result{}, err
	case errors.Is(err, evm.ErrSigner):
		s.desk.n.log.Error("nothing is bought: the settlement key is not at hand", slog.Any("error", err))
		return kernel.Result{}, fmt.Errorf("%w: the node's settlement key is not at hand", kernel.ErrNotDispatched)
	case errors.Is(err, x402.ErrOverBudget), errors.Is(err, x402.ErrNoOffer), errors.Is(err, x402.ErrHost),
		errors.Is(err, x402.ErrSpent), errors.Is(err, x402.ErrExpired):
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	p, known, readErr := buyer.Purchase(m.CallID)
	if readErr != nil {
		return kernel.Result{}, readErr
	}
	if err != nil && known { // it was signed, and what became of it is not known
		return kernel.Result{}, err
	}
	out := &Bought{Status: answer.Status}
	if err != nil {
		out.Error = err.Error()
	}
	out.body(answer.Body)
	if known {
		out.Payment = &BoughtWith{Rail: "x402", Network: fmt.Sprintf("eip155:%d", buyer.Domain.ChainID), Asset: buyer.Domain.Token.String(),
			Amount: p.Amount, PayTo: p.PayTo, Nonce: p.Nonce, RequiredSHA256: wire.Hash([]byte(p.Required)), PaymentSHA256: wire.Hash([]byte(p.Payment))}
		if p.Response != "" {
			out.Payment.ResponseSHA256 = wire.Hash([]byte(p.Response))
		}
	}
	res := kernel.Result{IsError: err != nil || answer.Status/100 != 2, Cost: &wire.MonetaryAmount{Units: answer.Spent, Currency: x402Currency}}
	res.Content, err = wire.Marshal(out)
	return res, err
}

// order is the HTTP request of a call: arguments are the JSON body of a POST
// and the query of a GET, where each is a text, a number or a truth value.
func (t *X402BuyTool) order(m *kernel.Mandate) (x402.Order, error) {
	o := x402.Order{Call: m.CallID, Method: http.MethodPost, URL: t.URL, Body: m.Arguments}
	if t.Method != http.MethodGet {
		return o, nil
	}
	var args map[string]wire.Raw
	if err := wire.Unmarshal(m.Arguments, &args, wire.ForeignLimits); err != nil {
		return o, err
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return o, err
	}
	query := u.Query()
	for name, value := range args {
		text := string(value)
		switch {
		case text == "" || text[0] == '{' || text[0] == '[' || text == "null":
			return o, fmt.Errorf("argument %.80q of a GET must be a text, a number or a truth value", name)
		case text[0] == '"':
			if err := wire.Unmarshal(value, &text, wire.ForeignLimits); err != nil {
				return o, err
			}
		}
		query.Set(name, text)
	}
	u.RawQuery = query.Encode()
	o.Method, o.URL, o.Body = http.MethodGet, u.String(), nil
	return o, nil
}

// body files an answer as JSON where it is, and as text otherwise.
func (b *Bought) body(answer []byte) {
	if len(answer) == 0 {
		return
	}
	if doc, err := wire.Canonicalize(answer, wire.ForeignLimits); err == nil {
		b.Body = doc
		return
	}
	b.Text = strings.ToValidUTF8(string(answer), "\uFFFD")
}
