package openid4vci

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"

	"github.com/backbay-labs/chio-node/store"
)

// offer answers with the credential offer that a reference leads to, as long
// as its code can be used.
func (s *Issuer) offer(r *http.Request) (any, error) {
	code := codeOf(r.PathValue("reference"))
	var o *Offer
	err := s.cfg.DB.View(func(v store.Reader) (err error) {
		o, err = offerBy(v, codeRow(digestOf("code", code)))
		return err
	})
	if errors.Is(err, ErrUnknown) || err == nil && o.State(s.now()) != Pending {
		return nil, &failure{status: http.StatusNotFound, code: "invalid_request", description: "no offer is here, or no more"}
	}
	if err != nil {
		return nil, err
	}
	return s.object(o, code)
}

// tokenRequest is what is read of a token request. Other parameters are
// ignored, as the specification wants.
type tokenRequest struct {
	grant, code, txCode string
	hasTxCode           bool
}

// readToken applies T1 and T2.
func readToken(body []byte) (*tokenRequest, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, bad("invalid_request", "the form cannot be read")
	}
	var q tokenRequest
	for name, to := range map[string]*string{"grant_type": &q.grant, "pre-authorized_code": &q.code, "tx_code": &q.txCode} {
		switch v := form[name]; {
		case len(v) > 1:
			return nil, bad("invalid_request", "%s is there twice", name)
		case len(v) == 1:
			*to = v[0]
		}
	}
	_, q.hasTxCode = form["tx_code"]
	switch {
	case q.grant == "":
		return nil, bad("invalid_request", "grant_type is missing")
	case q.grant != grantType:
		return nil, bad("unsupported_grant_type", "use %s", grantType)
	case q.code == "":
		return nil, bad("invalid_request", "pre-authorized_code is missing")
	}
	return &q, nil
}

// token answers a token request (§6):
//
//	T1 a form of at most 16 KiB; what is read stands there once
//	T2 the grant is that of a pre-authorized code, and the code is there
//	T3 the code is of an offer that is pending; one that comes again ends the
//	   token that was given for it, unless the passport was collected
//	T4 a transaction code is there exactly if the offer wants one; after five
//	   wrong ones the offer is locked
//	T5 the code is used and the token is valid by one transaction
func (s *Issuer) token(r *http.Request) (any, error) {
	body, err := readBody(r, "application/x-www-form-urlencoded", maxForm, "invalid_request")
	if err != nil {
		return nil, err
	}
	q, err := readToken(body)
	if err != nil {
		return nil, err
	}
	if err := s.refused("invalid_grant"); err != nil {
		return nil, err
	}
	secret, err := s.random(32)
	if err != nil {
		return nil, err
	}
	token := encode(secret)
	var answer error
	err = s.cfg.DB.Update(r.Context(), func(tx store.Tx) (err error) { // T5
		answer, err = s.redeem(tx, q, token)
		return err
	})
	if err = errors.Join(err, answer); err != nil {
		return nil, err
	}
	return struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int64  `json:"expires_in"`
	}{token, "Bearer", tokenSeconds}, nil
}

// redeem gives a token for a code. What it answers the wallet is not an error
// of the transaction, which also counts what went wrong.
func (s *Issuer) redeem(tx store.Tx, q *tokenRequest, token string) (answer, err error) {
	now := s.now()
	digest := digestOf("code", q.code)
	o, err := offerBy(tx, codeRow(digest))
	if errors.Is(err, ErrUnknown) {
		return bad("invalid_grant", "the code is not known, not valid any more, or was used"), nil
	}
	if err != nil {
		return nil, err
	}
	if o.State(now) != Pending { // T3
		if o.RedeemedAt != 0 && o.ReusedAt == 0 && len(o.Collected) == 0 {
			o.ReusedAt = max(now, 1)
			err = putOffer(tx, o)
		}
		return bad("invalid_grant", "the code is not known, not valid any more, or was used"), err
	}
	if q.hasTxCode != (o.TxCode != "") { // T4
		return bad("invalid_request", "tx_code is there exactly if the offer wants one"), nil
	}
	if o.TxCode != "" && subtle.ConstantTimeCompare([]byte(o.TxCode), []byte(digestOf("tx_code", q.code, q.txCode).String())) != 1 {
		o.Attempts++
		return bad("invalid_grant", "tx_code is wrong"), putOffer(tx, o)
	}
	o.RedeemedAt, o.TokenUntil = max(now, 1), now+tokenSeconds
	d := digestOf("token", token)
	o.Token = d.String()
	tx.Set(tokenRow(d), []byte(o.ID))
	return nil, putOffer(tx, o)
}
