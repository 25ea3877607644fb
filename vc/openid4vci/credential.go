package openid4vci

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

// bearer returns the digest of the token of a request.
func bearer(r *http.Request) (wire.Digest, error) {
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return wire.Digest{}, &failure{status: http.StatusUnauthorized, bearer: true}
	}
	scheme, token, ok := strings.Cut(given[0], " ")
	if len(given) > 1 || !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return wire.Digest{}, errToken()
	}
	return digestOf("token", token), nil
}

func errToken() error {
	return &failure{status: http.StatusUnauthorized, code: "invalid_token", description: "the access token is not known, or is over", bearer: true}
}

// holding returns the offer that a token was given for (C1).
func holding(v store.Reader, token wire.Digest, now int64) (*Offer, error) {
	o, err := offerBy(v, tokenRow(token))
	if errors.Is(err, ErrUnknown) || err == nil && !o.alive(now) {
		return nil, errToken()
	}
	return o, err
}

// credentialRequest is what is read of a credential request. Other members are
// ignored, as the specification wants.
type credentialRequest struct {
	Configuration *string             `json:"credential_configuration_id"`
	Identifier    *string             `json:"credential_identifier"`
	Proofs        map[string]wire.Raw `json:"proofs"`
	Encryption    wire.Raw            `json:"credential_response_encryption"`
}

// readCredential applies C2 and C3 and returns the form and the proof.
func readCredential(body []byte) (form, proof string, err error) {
	var q credentialRequest
	if err := wire.UnmarshalLenient(body, &q, wire.Limits{Bytes: maxJSON, Depth: 16}); err != nil {
		return "", "", bad("invalid_credential_request", "%v", err)
	}
	switch {
	case q.Identifier != nil && q.Configuration != nil:
		return "", "", bad("invalid_credential_request", "credential_identifier and credential_configuration_id exclude each other")
	case q.Identifier != nil:
		return "", "", bad("unknown_credential_identifier", "none was given out: use credential_configuration_id")
	case q.Configuration == nil:
		return "", "", bad("invalid_credential_request", "credential_configuration_id is missing")
	case forms[*q.Configuration].format == "":
		return "", "", bad("unknown_credential_configuration", "%.60q: one of %s", *q.Configuration, strings.Join(Forms(), ", "))
	case q.Encryption != nil:
		return "", "", bad("invalid_encryption_parameters", "responses are not encrypted here")
	}
	var jwts []string
	if len(q.Proofs) != 1 || q.Proofs["jwt"] == nil {
		return "", "", bad("invalid_proof", "proofs holds jwt, and nothing else")
	}
	if err := wire.Unmarshal(q.Proofs["jwt"], &jwts, wire.Limits{Bytes: maxJSON, Depth: 2}); err != nil || len(jwts) != 1 {
		return "", "", bad("invalid_proof", "proofs.jwt holds one token: there is no batch issuance")
	}
	return *q.Configuration, jwts[0], nil
}

// credential answers a credential request (§8):
//
//	C1 the token is of an offer, and alive
//	C2 JSON of at most 64 KiB that asks for one form, without encryption
//	C3 proofs holds one jwt
//	C4 the proof verifies (P1 to P6) and is of an Ed25519 key
//	C5 the offer is of that form
//	C6 the nonce in the proof is ours, not over and not used (N1 to N3)
//	C7 further forms of one offer are given to the same key
//	C8 C1 and C5 to C7 hold in the transaction that issues
func (s *Issuer) credential(r *http.Request) (any, error) {
	token, err := bearer(r)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.DB.View(func(v store.Reader) error { _, err := holding(v, token, s.now()); return err }); err != nil { // C1
		return nil, err
	}
	body, err := readBody(r, "application/json", maxJSON, "invalid_credential_request")
	if err != nil {
		return nil, err
	}
	form, proof, err := readCredential(body) // C2 C3
	if err != nil {
		return nil, err
	}
	if err := s.refused("credential_request_denied"); err != nil {
		return nil, err
	}
	p, err := jose.VerifyKeyProof([]byte(proof), jose.KeyProofGate{Now: s.now(), SkewSeconds: skewSeconds, MaxAgeSeconds: proofAgeSeconds, Audience: s.cfg.URL})
	if err != nil { // C4
		return nil, bad("invalid_proof", "%v", err)
	}
	key, ok := p.Key.Ed25519()
	if !ok { // C4
		return nil, bad("invalid_proof", "a passport is about an Ed25519 key, not %s", p.Key.Kind())
	}
	var out *Issued
	var id string
	err = s.cfg.DB.Update(r.Context(), func(tx store.Tx) (err error) {
		out, id, err = s.collect(tx, token, p.Nonce, Collection{Form: form, Key: key, Now: s.now()})
		return err
	})
	if errors.Is(err, ErrDenied) {
		return nil, bad("credential_request_denied", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	type credential struct {
		Credential wire.Raw `json:"credential"`
	}
	return struct {
		Credentials  []credential `json:"credentials"`
		Notification string       `json:"notification_id"`
	}{[]credential{{out.Credential}}, id}, nil
}

// collect gives out one form, in a transaction (C8).
func (s *Issuer) collect(tx store.Tx, token wire.Digest, nonce string, c Collection) (*Issued, string, error) {
	o, err := holding(tx, token, c.Now) // C1
	if err != nil {
		return nil, "", err
	}
	if !slices.Contains(o.Forms, c.Form) { // C5
		return nil, "", &failure{status: http.StatusForbidden, code: "insufficient_scope", description: "the offer is not of this form", bearer: true}
	}
	if err := s.useNonce(tx, nonce, c.Now); errors.Is(err, errNonce) { // C6
		return nil, "", bad("invalid_nonce", "%v", err)
	} else if err != nil {
		return nil, "", err
	}
	if o.Key != "" && o.Key != c.Key.String() { // C7
		return nil, "", bad("credential_request_denied", "the offer was collected for another key")
	}
	if len(o.Collected) >= maxCollections {
		return nil, "", bad("credential_request_denied", "the offer was collected %d times", len(o.Collected))
	}
	c.Content, c.Passport, c.Offered = o.Content, o.Passport, o.CreatedAt
	out, err := s.cfg.Issue(tx, c)
	if err != nil {
		return nil, "", err
	}
	o.Key, o.Passport, o.Collected = c.Key.String(), out.Passport, append(o.Collected, c.Form)
	return out, o.ID, putOffer(tx, o)
}
