package openid4vci

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows. Codes and tokens stand there by their digests only.
const (
	offerRows = "v/oid/i/o/" // + id: the offer
	codeRows  = "v/oid/i/c/" // + digest of the code: id
	tokenRows = "v/oid/i/t/" // + digest of the token: id
	endRows   = "v/oid/i/e/" // + expiry of the code / id: a mark, so that sweeping reads no offer
	nonceRows = "v/oid/i/n/" // + expiry / random: a mark, once it was used
)

// State is where an offer is in its life.
type State string

// The states.
const (
	Pending   State = "pending"   // nobody came yet
	Redeemed  State = "redeemed"  // a wallet has the token
	Collected State = "collected" // a wallet has the passport
	Expired   State = "expired"
	Locked    State = "locked" // too many wrong transaction codes
	Reused    State = "reused" // its code came twice before the passport was collected
	Withdrawn State = "withdrawn"
)

// Offer is an offer and what became of it.
type Offer struct {
	ID        string      `json:"id"`
	Forms     []string    `json:"forms"`
	Content   wire.Raw    `json:"content"`
	Code      wire.Digest `json:"code"`
	TxCode    string      `json:"tx_code,omitempty"` // digest over the code, too: six digits alone are soon guessed
	CreatedAt int64       `json:"created_at"`        // unix seconds, as all times
	ExpiresAt int64       `json:"expires_at"`
	Attempts  int         `json:"attempts,omitzero"` // wrong transaction codes

	RedeemedAt  int64  `json:"redeemed_at,omitzero"`
	Token       string `json:"token,omitempty"` // digest
	TokenUntil  int64  `json:"token_until,omitzero"`
	ReusedAt    int64  `json:"reused_at,omitzero"`
	WithdrawnAt int64  `json:"withdrawn_at,omitzero"`

	Passport  string   `json:"passport,omitempty"`  // id of what was collected
	Key       string   `json:"key,omitempty"`       // of the wallet
	Collected []string `json:"collected,omitempty"` // forms, in order
	Event     string   `json:"event,omitempty"`     // what the wallet said of it last
}

// State is what the offer is at a time.
func (o *Offer) State(now int64) State {
	switch {
	case o.WithdrawnAt != 0:
		return Withdrawn
	case len(o.Collected) > 0:
		return Collected
	case o.Attempts >= maxAttempts:
		return Locked
	case o.ReusedAt != 0:
		return Reused
	case now >= o.end():
		return Expired
	case o.RedeemedAt != 0:
		return Redeemed
	}
	return Pending
}

// end is when nothing more can be collected on the offer.
func (o *Offer) end() int64 {
	if o.RedeemedAt != 0 {
		return o.TokenUntil
	}
	return o.ExpiresAt
}

// alive reports whether the token of the offer counts.
func (o *Offer) alive(now int64) bool {
	return o.RedeemedAt != 0 && o.WithdrawnAt == 0 && o.ReusedAt == 0 && now < o.TokenUntil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// digestOf is the digest of a secret for one use.
func digestOf(use string, secret ...string) wire.Digest {
	return sha256.Sum256([]byte("chio openid4vci " + use + "\x00" + strings.Join(secret, "\x00")))
}

// codeOf is the code of the offer that a reference leads to. The reference is
// not kept, and does not follow from the code.
func codeOf(reference string) string {
	d := digestOf("reference", reference)
	return encode(d[:])
}

func codeRow(d wire.Digest) string  { return codeRows + d.String() }
func tokenRow(d wire.Digest) string { return tokenRows + d.String() }

func putOffer(tx store.Tx, o *Offer) error {
	value, err := wire.Marshal(o)
	if err != nil {
		return err
	}
	tx.Set(offerRows+o.ID, value)
	return nil
}

// getOffer returns an offer, or ErrUnknown.
func getOffer(r store.Reader, id string) (*Offer, error) {
	if err := wire.CheckUUIDv7(id); err != nil {
		return nil, fmt.Errorf("%w: %.60q", ErrUnknown, id)
	}
	value, err := r.Get(offerRows + id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err != nil {
		return nil, err
	}
	return readOffer(value)
}

func readOffer(value []byte) (*Offer, error) {
	var o Offer
	if err := wire.Unmarshal(value, &o, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read an offer: %w", err)
	}
	return &o, nil
}

// offerBy returns the offer that a code or a token leads to, or ErrUnknown.
func offerBy(r store.Reader, row string) (*Offer, error) {
	id, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	return getOffer(r, string(id))
}

func endRow(o *Offer) string { return fmt.Sprintf("%s%020d/%s", endRows, o.ExpiresAt, o.ID) }

// sweep removes what ended long ago and refuses when there is no place for
// another offer.
func sweep(tx store.Tx, now int64) error {
	open, all := 0, 0
	var old []string
	err := tx.Scan(endRows, "", func(key string, _ []byte) error {
		digits, id, _ := strings.Cut(strings.TrimPrefix(key, endRows), "/")
		end, err := strconv.ParseInt(digits, 10, 64)
		switch {
		case err != nil:
			return fmt.Errorf("row %s: %w", key, err)
		case now-end > keepSeconds:
			old = append(old, id)
			return nil
		case now < end:
			open++
		}
		all++
		return nil
	})
	if err != nil {
		return err
	}
	if open >= maxOpen || all >= maxOffers {
		return fmt.Errorf("%w: %d have not ended, %d are kept", ErrFull, open, all)
	}
	for _, id := range old[:min(len(old), maxSweep)] {
		o, err := getOffer(tx, id)
		if err != nil {
			return err
		}
		tx.Delete(offerRows + id)
		tx.Delete(endRow(o))
		tx.Delete(codeRow(o.Code))
		if d, err := wire.ParseDigest(o.Token); err == nil {
			tx.Delete(tokenRow(d))
		}
	}
	return nil
}
