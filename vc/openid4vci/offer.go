package openid4vci

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of offers.
const (
	maxOpen        = 1024           // whose code has not ended
	maxOffers      = 8192           // with those that ended
	maxSweep       = 256            // removed by one that is made
	keepSeconds    = 30 * 24 * 3600 // how long those are kept
	maxContent     = 64 << 10       // bytes
	maxAttempts    = 5              // wrong transaction codes
	txCodeDigits   = 6
	maxCollections = 16 // credentials given out on one offer
)

// The reasons an offer is not made or not withdrawn.
var (
	ErrForm      = errors.New("no such form of a passport")
	ErrTerms     = errors.New("terms of the offer")
	ErrFull      = errors.New("too many offers: wait until some end")
	ErrUnknown   = errors.New("no such offer")
	ErrCollected = errors.New("the passport was collected: revoke it instead")
)

// Terms are what is offered.
type Terms struct {
	Forms      []string // ids; none means FormPassport
	Content    wire.Raw // what Issue makes of the offer
	TxCode     bool     // the wallet's user has to type a code that travels elsewhere
	TTLSeconds int64    // how long the code can be used; 0: DefaultOfferSeconds
}

func (t *Terms) check() error {
	if len(t.Forms) == 0 {
		t.Forms = []string{FormPassport}
	}
	if t.TTLSeconds == 0 {
		t.TTLSeconds = DefaultOfferSeconds
	}
	for i, id := range t.Forms {
		if _, ok := forms[id]; !ok || slices.Contains(t.Forms[:i], id) {
			return fmt.Errorf("%w: %.60q: name each of %s once at most", ErrForm, id, strings.Join(Forms(), ", "))
		}
	}
	if t.TTLSeconds < 0 || t.TTLSeconds > MaxOfferSeconds {
		return fmt.Errorf("%w: a life of %d seconds: want 1 to %d", ErrTerms, t.TTLSeconds, MaxOfferSeconds)
	}
	if len(t.Content) == 0 || len(t.Content) > maxContent {
		return fmt.Errorf("%w: content of %d bytes: want 1 to %d", ErrTerms, len(t.Content), maxContent)
	}
	return nil
}

// Made is an offer as it is handed to a wallet. Its secrets are nowhere else:
// who has lost them makes another offer.
type Made struct {
	Offer    *Offer
	URI      string   // openid-credential-offer://, by reference
	ValueURI string   // the same by value
	Object   wire.Raw // the credential offer
	TxCode   string   // digits, to be sent another way; "": none
}

// Make makes an offer. What ended long ago is swept first.
func (s *Issuer) Make(ctx context.Context, t Terms) (*Made, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	now := s.now()
	id, err := wire.NewUUIDv7(now*1000, s.cfg.Rand)
	if err != nil {
		return nil, err
	}
	secret, err := s.random(32)
	if err != nil {
		return nil, err
	}
	reference := encode(secret)
	code := codeOf(reference)
	m := &Made{Offer: &Offer{ID: id, Forms: t.Forms, Content: t.Content, Code: digestOf("code", code), CreatedAt: now, ExpiresAt: now + t.TTLSeconds}}
	if t.TxCode {
		if m.TxCode, err = s.digits(); err != nil {
			return nil, err
		}
		m.Offer.TxCode = digestOf("tx_code", code, m.TxCode).String()
	}
	if m.Object, err = s.object(m.Offer, code); err != nil {
		return nil, err
	}
	m.URI = "openid-credential-offer://?credential_offer_uri=" + url.QueryEscape(s.cfg.URL+offerPath+reference)
	m.ValueURI = "openid-credential-offer://?credential_offer=" + url.QueryEscape(string(m.Object))
	return m, s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if err := sweep(tx, now); err != nil {
			return err
		}
		tx.Set(codeRow(m.Offer.Code), []byte(id))
		tx.Set(endRow(m.Offer), []byte{1})
		return putOffer(tx, m.Offer)
	})
}

// digits draws a transaction code.
func (s *Issuer) digits() (string, error) {
	b, err := s.random(16) // so many more than digits that the remainder is even
	if err != nil {
		return "", err
	}
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(txCodeDigits), nil)
	return fmt.Sprintf("%0*d", txCodeDigits, new(big.Int).Mod(new(big.Int).SetBytes(b), limit)), nil
}

// object is the credential offer (§4.1.1).
func (s *Issuer) object(o *Offer, code string) (wire.Raw, error) {
	type txCode struct {
		Mode   string `json:"input_mode"`
		Length int    `json:"length"`
	}
	type grant struct {
		Code   string  `json:"pre-authorized_code"`
		TxCode *txCode `json:"tx_code,omitempty"`
	}
	g := grant{Code: code}
	if o.TxCode != "" {
		g.TxCode = &txCode{"numeric", txCodeDigits}
	}
	return wire.Marshal(struct {
		Issuer string           `json:"credential_issuer"`
		Forms  []string         `json:"credential_configuration_ids"`
		Grants map[string]grant `json:"grants"`
	}{s.cfg.URL, o.Forms, map[string]grant{grantType: g}})
}

// List calls fn for every offer, oldest first.
func (s *Issuer) List(fn func(*Offer) error) error {
	return s.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(offerRows, "", func(_ string, value []byte) error {
			o, err := readOffer(value)
			if err != nil {
				return err
			}
			return fn(o)
		})
	})
}

// Withdraw ends an offer, and the token that was given for it. A passport that
// was collected stays.
func (s *Issuer) Withdraw(ctx context.Context, id string) (*Offer, error) {
	var o *Offer
	err := s.cfg.DB.Update(ctx, func(tx store.Tx) (err error) {
		if o, err = getOffer(tx, id); err != nil {
			return err
		}
		if len(o.Collected) > 0 {
			return fmt.Errorf("%w: %s", ErrCollected, o.Passport)
		}
		if o.WithdrawnAt == 0 {
			o.WithdrawnAt = max(s.now(), 1)
		}
		return putOffer(tx, o)
	})
	return o, err
}
