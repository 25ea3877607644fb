package x402

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// PurchaseState is how far a purchase has come.
type PurchaseState string

// The states of a purchase. What is signed counts as spent until the chain says
// that it can no longer happen.
const (
	PurchaseSigned PurchaseState = "signed" // on disk, perhaps sent; the outcome is not known
	PurchasePaid   PurchaseState = "paid"   // the token has spent the nonce
	PurchaseVoid   PurchaseState = "void"   // the transfer can no longer happen
	PurchaseFinal  PurchaseState = "final"  // paid, never to be undone, and in the ledger
)

func (s PurchaseState) open() bool { return s == PurchaseSigned || s == PurchasePaid }

const purchaseSchema = "chio.x402.purchase.v1"

// maxTimeout bounds for how long a signed transfer stays valid, in seconds.
const maxTimeout = 3600

// Purchase is the record of one signed transfer, on disk before it is sent.
type Purchase struct {
	Schema      string        `json:"schema"`
	State       PurchaseState `json:"state"`
	Request     wire.Digest   `json:"request"`
	Network     string        `json:"network"`
	Asset       string        `json:"asset"`
	Amount      uint64        `json:"amount"` // token units
	PayTo       string        `json:"pay_to"`
	Nonce       wire.Digest   `json:"nonce"`
	ValidBefore uint64        `json:"valid_before"`
	Required    string        `json:"required"`          // raw JSON, as evidence
	Payment     string        `json:"payment"`           // the header that was sent
	Response    string        `json:"response,omitzero"` // the header that came back: what the seller claims
	Since       uint64        `json:"since"`             // block in which it was signed
	Tx          wire.Digest   `json:"tx,omitzero"`       // once final
	UpdatedAt   int64         `json:"updated_at"`
}

var (
	// ErrOverBudget: the resource costs more than the order allows. Nothing was
	// signed.
	ErrOverBudget = errors.New("resource costs more than is held for it")
	// ErrNoOffer: no way to pay is one this node has. Nothing was signed.
	ErrNoOffer = errors.New("no way to pay that this node has")
	// ErrHost: the URL is not of an allowed host, or leads elsewhere.
	ErrHost = errors.New("host is not allowed")
	// ErrUnsettled: a transfer is signed and its outcome is not known. Keep the
	// hold; Reconcile asks the chain.
	ErrUnsettled = errors.New("outcome of a payment is unknown")
)

// Order is one call to somebody's paid resource.
type Order struct {
	Call   string // names it once and for all: the same call signs the same transfer
	Method string
	URL    string
	Body   []byte
	Max    uint64 // token units held for it
}

// Answer is what came back. Spent is what the hold is to be charged with.
type Answer struct {
	Status int
	Body   []byte
	Spent  uint64
}

// Buyer pays with one key and one token. It must be the only one on its rows.
type Buyer struct {
	DB    store.DB
	Chain interface {
		AuthorizationUsed(ctx context.Context, from evm.Address, nonce wire.Digest, tag evm.Tag) (used bool, at uint64, err error)
		FindAuthorization(ctx context.Context, a evm.Authorization, since uint64) (evm.NoteState, error)
		Head(ctx context.Context) (uint64, error)
	}
	Key      *evm.Key
	Domain   evm.TokenDomain // read from the chain
	Currency string          // of the token in the ledger
	Hosts    []string        // host or host:port, as in URLs
	Client   *http.Client    // see NewClient
	Now      func() int64    // unix seconds
	// Wait, if set, passes the time until another look at the chain, which may
	// not show yet what the seller has seen mined. Its error ends the waiting.
	Wait    func(context.Context) error
	MaxBody int64
	// Failpoint, if set, is called at named places, for crash tests.
	Failpoint func(name string)
}

// NewClient follows no redirect, uses no proxy, bounds what it reads of headers
// and dials public addresses only; loopback if its address is spelled out. The
// address is judged when it is dialled, so a name cannot change in between.
func NewClient() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{MaxResponseHeaderBytes: 2 * MaxHeader, DisableCompression: true,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				host, _, err := net.SplitHostPort(address)
				if err != nil {
					return nil, err
				}
				spelled, _ := netip.ParseAddr(host)
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				if at, ok := conn.RemoteAddr().(*net.TCPAddr); ok && permitted(at.AddrPort().Addr().Unmap(), spelled) {
					return conn, nil
				}
				return nil, errors.Join(fmt.Errorf("%w: %s is at an internal address", ErrHost, host), conn.Close())
			}},
	}
}

func permitted(a, spelled netip.Addr) bool {
	if a.IsLoopback() {
		return a == spelled
	}
	return a.IsGlobalUnicast() && !a.IsPrivate()
}

// Buy makes a call and pays for it if that is asked:
//
//	1 the URL is of an allowed host, https or a loopback address
//	2 a call that was signed before sends the same bytes, whatever is asked now
//	3 an offer is one of ours: exact, our network, our token, its domain; to
//	  another; for at most the order's maximum
//	4 the signed transfer is on disk before it is sent
//	5 a second 402 is never answered by another payment
//
// With ErrUnsettled the answer, if any, stands and the hold stays.
func (b *Buyer) Buy(ctx context.Context, o Order) (Answer, error) {
	if err := b.allowed(o.URL); err != nil { // 1
		return Answer{}, err
	}
	request, err := wire.DigestOf([]string{o.Method, o.URL, wire.Hash(o.Body).String()})
	if err != nil {
		return Answer{}, err
	}
	p, known, err := b.Purchase(o.Call)
	switch {
	case err != nil:
		return Answer{}, err
	case known && p.Request != request: // 2
		return Answer{}, fmt.Errorf("%w: call %s paid another request", ErrSpent, o.Call)
	case known && p.State == PurchaseVoid:
		return Answer{}, fmt.Errorf("%w: the payment of call %s ended unused; make a new call", ErrExpired, o.Call)
	case !known:
		answer, header, err := b.send(ctx, o, "")
		if err != nil || answer.Status != http.StatusPaymentRequired {
			return answer, err
		}
		if p, err = b.sign(ctx, o, request, header.Get(HeaderRequired)); err != nil {
			return Answer{}, err
		}
	}
	b.at("purchase.signed")
	answer, header, err := b.send(ctx, o, p.Payment)
	if err != nil {
		return Answer{Spent: p.Amount}, fmt.Errorf("%w: %w", ErrUnsettled, err)
	}
	b.at("purchase.sent")
	answer.Spent = p.Amount
	if s, raw, err := DecodeSettlement(header.Get(HeaderResponse)); err == nil && s.Success && answer.Status/100 == 2 {
		p.Response = string(raw)
		if err := b.write(ctx, o.Call, &p); err != nil {
			return answer, err
		}
	}
	p, err = b.Reconcile(ctx, o.Call)
	for err == nil && p.State == PurchaseSigned && p.Response != "" && b.Wait != nil && b.Wait(ctx) == nil {
		p, err = b.Reconcile(ctx, o.Call)
	}
	switch { // the chain says what was paid, not the seller
	case err != nil:
		return answer, fmt.Errorf("%w: %w", ErrUnsettled, err)
	case p.State != PurchasePaid && p.State != PurchaseFinal:
		return answer, fmt.Errorf("%w: status %d; the transfer of %d to %s may happen until %d", ErrUnsettled, answer.Status, p.Amount, p.PayTo, p.ValidBefore) // 5
	}
	return answer, nil
}

// sign chooses an offer and makes its payment durable.
func (b *Buyer) sign(ctx context.Context, o Order, request wire.Digest, header string) (Purchase, error) {
	r, raw, err := DecodeRequired(header)
	if err != nil {
		return Purchase{}, err
	}
	offer, price, err := b.choose(r.Accepts, o.Max)
	if err != nil {
		return Purchase{}, err
	}
	head, err := b.Chain.Head(ctx)
	if err != nil {
		return Purchase{}, err
	}
	now := uint64(b.Now())
	a := evm.Authorization{From: b.Key.Address(), To: price.PayTo, Value: price.Amount, ValidBefore: now + price.Timeout,
		Nonce: wire.Hash([]byte("chio.x402.nonce.v1\x00" + b.Key.Address().String() + "\x00" + o.Call))}
	sig, err := evm.SignAuthorization(b.Key, b.Domain, a)
	if err != nil {
		return Purchase{}, err
	}
	p := Purchase{Schema: purchaseSchema, State: PurchaseSigned, Request: request, Network: price.Network(), Asset: b.Domain.Token.String(), Amount: a.Value, PayTo: a.To.String(), Nonce: a.Nonce,
		ValidBefore: a.ValidBefore, Since: head, Required: string(raw), Payment: Encode(NewPayment(r.Resource, offer, a, sig))}
	return p, b.write(ctx, o.Call, &p) // 4
}

// choose returns the first offer that this node can and may pay.
func (b *Buyer) choose(offers []Requirements, most uint64) (Requirements, Price, error) {
	dear := error(nil)
	for _, r := range offers {
		amount, err := parseUnits("amount", r.Amount)
		if err != nil || amount == 0 || r.MaxTimeoutSeconds == 0 || r.MaxTimeoutSeconds > maxTimeout {
			continue
		}
		to, err := evm.ParseAddress(r.PayTo) // a wrong checksum is a wrong address
		if err != nil || to.IsZero() || to == b.Key.Address() || to == b.Domain.Token {
			continue
		}
		price := Price{Domain: b.Domain, PayTo: to, Amount: amount, Timeout: r.MaxTimeoutSeconds}
		if acceptedAs(r, price.Requirements()) != nil {
			continue
		}
		if amount <= most {
			return r, price, nil
		}
		dear = fmt.Errorf("%w: it asks for %d, at most %d is held", ErrOverBudget, amount, most)
	}
	if dear != nil {
		return Requirements{}, Price{}, dear
	}
	return Requirements{}, Price{}, fmt.Errorf("%w: want scheme exact with token %s on eip155:%d", ErrNoOffer, b.Domain.Token, b.Domain.ChainID)
}

// Reconcile asks the chain what became of a signed transfer: paid once its
// nonce is used, void once the final block is past its validity and it is not.
// A cancellation, which only this key can sign, also uses the nonce.
func (b *Buyer) Reconcile(ctx context.Context, call string) (Purchase, error) {
	p, known, err := b.Purchase(call)
	if err != nil || !known {
		return p, err
	}
	return b.reconcile(ctx, purchaseRow(call), p)
}

func (b *Buyer) reconcile(ctx context.Context, row string, p Purchase) (Purchase, error) {
	if p.State != PurchaseSigned {
		return p, nil
	}
	if err := b.ours(&p); err != nil {
		return p, err
	}
	used, _, err := b.Chain.AuthorizationUsed(ctx, b.Key.Address(), p.Nonce, evm.Latest)
	if err != nil {
		return p, err
	}
	if used {
		p.State = PurchasePaid
		return p, b.put(ctx, row, &p, nil)
	}
	used, at, err := b.Chain.AuthorizationUsed(ctx, b.Key.Address(), p.Nonce, evm.Finalized)
	if err != nil || used || at < p.ValidBefore {
		return p, err
	}
	p.State = PurchaseVoid
	return p, b.put(ctx, row, &p, nil)
}

// ours refuses a purchase with another token: this chain would say that it
// never happens.
func (b *Buyer) ours(p *Purchase) error {
	if p.Network != (Price{Domain: b.Domain}).Network() || p.Asset != b.Domain.Token.String() {
		return fmt.Errorf("%w: it was signed for token %s on %s, and that chain is not the one bought on now", ErrNoOffer, p.Asset, p.Network)
	}
	return nil
}

// allowed refuses a URL before anything is sent.
func (b *Buyer) allowed(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || !slices.Contains(b.Hosts, u.Host) {
		return fmt.Errorf("%w: %.200q; name its host in the configuration", ErrHost, text)
	}
	a, err := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && !(u.Scheme == "http" && err == nil && a.IsLoopback()) {
		return fmt.Errorf("%w: %.200q is neither https nor a loopback address", ErrHost, text)
	}
	return nil
}

func (b *Buyer) send(ctx context.Context, o Order, payment string) (Answer, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, o.Method, o.URL, bytes.NewReader(o.Body))
	if err != nil {
		return Answer{}, nil, fmt.Errorf("%w: %w", ErrHost, err)
	}
	if len(o.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Idempotency-Key", wire.Hash([]byte(o.Call)).String())
	if payment != "" {
		req.Header.Set(HeaderSignature, payment)
	}
	res, err := b.Client.Do(req)
	if err != nil {
		return Answer{}, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, b.MaxBody+1))
	switch {
	case err != nil:
		return Answer{}, nil, err
	case int64(len(body)) > b.MaxBody:
		return Answer{}, nil, fmt.Errorf("%w: answer of more than %d bytes", ErrMalformed, b.MaxBody)
	case res.StatusCode/100 == 3:
		return Answer{}, nil, fmt.Errorf("%w: it redirects elsewhere", ErrHost)
	}
	return Answer{Status: res.StatusCode, Body: body}, res.Header, nil
}

func (b *Buyer) at(name string) {
	if b.Failpoint != nil {
		b.Failpoint(name)
	}
}

// Purchase returns the record of a call; false if it signed nothing.
func (b *Buyer) Purchase(call string) (p Purchase, known bool, err error) {
	err = b.DB.View(func(r store.Reader) error {
		p, known, err = readPurchase(r, purchaseRow(call))
		return err
	})
	return p, known, err
}

const (
	purchasePrefix     = "x/b/"
	openPurchasePrefix = "x/bo/"
)

func purchaseRow(call string) string { return purchasePrefix + wire.Hash([]byte(call)).String() }

func readPurchase(r store.Reader, row string) (p Purchase, known bool, err error) {
	raw, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return p, false, nil
	}
	if err == nil {
		err = wire.Unmarshal(raw, &p, wire.ForeignLimits)
	}
	if err == nil && p.Schema != purchaseSchema {
		err = fmt.Errorf("%w: %.40q", wire.ErrSchema, p.Schema)
	}
	if err != nil {
		return p, true, fmt.Errorf("row %s: %w", row, err)
	}
	return p, true, nil
}

func (b *Buyer) write(ctx context.Context, call string, p *Purchase) error {
	return b.put(ctx, purchaseRow(call), p, nil)
}

// put stores a purchase together with what else follows from it.
func (b *Buyer) put(ctx context.Context, row string, p *Purchase, also func(store.Tx) error) error {
	p.UpdatedAt = b.Now()
	return b.DB.Update(ctx, func(tx store.Tx) error {
		tx.Set(row, wire.MustMarshal(p))
		if open := openPurchasePrefix + strings.TrimPrefix(row, purchasePrefix); p.State.open() {
			tx.Set(open, []byte{})
		} else {
			tx.Delete(open)
		}
		if also == nil {
			return nil
		}
		return also(tx)
	})
}
