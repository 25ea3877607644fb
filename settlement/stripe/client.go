package stripe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	// DefaultBaseURL is Stripe's.
	DefaultBaseURL = "https://api.stripe.com"
	// Version is the version of the API that requests are made in.
	Version = "2025-04-30.basil"

	maxAnswer = 64 << 10
	maxTries  = 4
	firstWait = 500 * time.Millisecond // before the second try; doubled each time
)

var (
	// ErrAnswer: nothing came back, or no answer to the request, so it is not known
	// whether it counted.
	ErrAnswer = errors.New("no usable answer of Stripe")
	// ErrCurrency: Stripe does not bill in it, or not in our minor units.
	ErrCurrency = errors.New("currency that Stripe does not bill in these units")
)

// Config is what a Client needs; fields are required unless they say otherwise.
type Config struct {
	BaseURL    string                                     // default DefaultBaseURL
	Key        func() (string, error)                     // read for each request
	EventName  string                                     // of the meter
	Customer   func(peer did.DID) (string, bool)          // cus_…
	HTTP       *http.Client                               // must not follow redirects
	Wait       func(context.Context, time.Duration) error // between tries
	Currencies wire.Currencies
}

// Client reports usage. It is settlement's Meter.
type Client struct{ cfg Config }

var _ settlement.Meter = (*Client)(nil)

// NewClient checks the configuration.
func NewClient(cfg Config) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	if cfg.Key == nil || cfg.Customer == nil || cfg.HTTP == nil || cfg.Wait == nil || cfg.Currencies == nil {
		return nil, errors.New("stripe: key, customers, HTTP client, wait and currencies are needed")
	}
	if err := CheckEventName(cfg.EventName); err != nil {
		return nil, err
	}
	return &Client{cfg: cfg}, nil
}

// CheckEventName refuses a name that no meter can have.
func CheckEventName(name string) error {
	if name == "" || len(name) > 100 || strings.TrimSpace(name) != name {
		return fmt.Errorf("event name %.40q: 1 to 100 characters, as the meter has it", name)
	}
	return nil
}

// meterEvent is Stripe's answer.
type meterEvent struct {
	Object     string            `json:"object"`
	EventName  string            `json:"event_name"`
	Identifier string            `json:"identifier"`
	Payload    map[string]string `json:"payload"`
}

// failure is Stripe's error.
type failure struct {
	Error struct {
		Type    string `json:"type"`
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// Report implements settlement.Meter:
//
//	1 Stripe bills in the currency, in our minor units, and the peer is a customer
//	2 what failed and may not have reached Stripe is tried again, with the same bytes
//	3 an answer counts if it repeats what was asked; an identifier that Stripe has
//	  is this statement's, so it counts, too
//	4 a refusal is ErrUnpaid, unless an earlier try may have counted; all else is
//	  not known
func (c *Client) Report(ctx context.Context, peer did.DID, statement wire.Digest, net wire.MonetaryAmount, at int64) (string, error) {
	if err := checkCurrency(c.cfg.Currencies, net.Currency); err != nil { // 1
		return "", fmt.Errorf("%w: %w", settlement.ErrUnpaid, err)
	}
	customer, ok := c.cfg.Customer(peer)
	if !ok { // 1
		return "", fmt.Errorf("%w: %s is no customer: add it under settlement.stripe.customers", settlement.ErrUnpaid, peer)
	}
	value := strconv.FormatUint(net.Units, 10)
	body := url.Values{"event_name": {c.cfg.EventName}, "identifier": {statement.String()}, "timestamp": {strconv.FormatInt(at, 10)},
		"payload[stripe_customer_id]": {customer}, "payload[value]": {value}}.Encode()
	var err error
	unknown := false
	for try := range maxTries {
		if try > 0 { // 2
			if waitErr := c.cfg.Wait(ctx, firstWait<<(try-1)); waitErr != nil {
				return "", errors.Join(err, waitErr)
			}
		}
		var status int
		var answer []byte
		again := true
		if status, answer, err = c.post(ctx, body); err == nil {
			again, err = c.judge(status, answer, statement.String(), customer, value)
		}
		if !again {
			break
		}
		unknown = unknown || !errors.Is(err, settlement.ErrUnpaid)
	}
	if unknown && errors.Is(err, settlement.ErrUnpaid) { // 4
		return "", fmt.Errorf("%w: an earlier try may have counted; the last was refused: %s", ErrAnswer, err)
	}
	if err != nil {
		return "", err
	}
	return statement.String(), nil
}

// post sends one request. Its errors do not name the key.
func (c *Client) post(ctx context.Context, body string) (status int, answer []byte, err error) {
	key, err := c.cfg.Key()
	if err != nil {
		return 0, nil, fmt.Errorf("read the key: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.BaseURL+"/v1/billing/meter_events", strings.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("the base URL makes no request")
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Stripe-Version", Version)
	req.Header.Set("Idempotency-Key", wire.Hash([]byte(body)).String()) // other bytes are another request
	res, err := c.cfg.HTTP.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return 0, nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	defer func() { _ = res.Body.Close() }() // only read from
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(answer) > maxAnswer {
		return 0, nil, fmt.Errorf("%w: status %d, body over %d bytes or cut off", ErrAnswer, res.StatusCode, maxAnswer)
	}
	return res.StatusCode, answer, nil
}

// judge says what an answer means, and whether to ask again.
func (c *Client) judge(status int, answer []byte, identifier, customer, value string) (again bool, err error) {
	if status == http.StatusOK {
		var e meterEvent
		if err := wire.UnmarshalLenient(answer, &e, wire.ForeignLimits); err != nil {
			return true, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
		if e.Object != "billing.meter_event" || e.Identifier != identifier || e.EventName != c.cfg.EventName ||
			e.Payload["stripe_customer_id"] != customer || e.Payload["value"] != value { // 3
			return false, fmt.Errorf("%w: it is about %.40q of %.40q, not what was reported", ErrAnswer, e.Identifier, e.EventName)
		}
		return false, nil
	}
	var f failure
	_ = wire.UnmarshalLenient(answer, &f, wire.ForeignLimits) // what cannot be read has no words; the status decides
	switch {
	case status == http.StatusBadRequest && duplicate(&f, identifier): // 3
		return false, nil
	case status == http.StatusTooManyRequests:
		return true, fmt.Errorf("%w: Stripe answered %d", settlement.ErrUnpaid, status) // not carried out
	case status == http.StatusConflict || status >= 500:
		return true, fmt.Errorf("%w: status %d", ErrAnswer, status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden: // its words may quote the key
		return false, fmt.Errorf("%w: Stripe answered %d: the key of settlement.stripe.key_file is not accepted, or may not write meter events", settlement.ErrUnpaid, status)
	case status >= 400: // 4
		return false, fmt.Errorf("%w: Stripe answered %d %.40q: %.160q", settlement.ErrUnpaid, status, f.Error.Code, f.Error.Message)
	}
	return false, fmt.Errorf("%w: status %d", ErrAnswer, status)
}

// duplicate recognises the refusal of an identifier that Stripe has. It comes
// without a code in version 1 of the API, so its words count.
func duplicate(f *failure, identifier string) bool {
	return f.Error.Code == "duplicate_meter_event" ||
		f.Error.Type == "invalid_request_error" && strings.HasPrefix(f.Error.Message, "An event already exists with identifier "+identifier)
}

// Currencies that Stripe counts in other units than hundredths.
var otherUnits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0, "PYG": 0, "RWF": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}

// checkCurrency refuses a currency whose minor units are not the same at Stripe.
func checkCurrency(known wire.Currencies, code string) error {
	decimals, ok := known[code]
	want, other := otherUnits[code]
	if !other {
		want = 2
	}
	if !ok || len(code) != 3 || decimals != want || code == "BTC" {
		return fmt.Errorf("%w: %.16q", ErrCurrency, code)
	}
	return nil
}
