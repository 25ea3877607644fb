package openid4vp

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

// The life of a request, in seconds.
const (
	DefaultSeconds = 600
	MaxSeconds     = 24 * 3600
)

// The entropy of what makes a request unguessable, in bytes.
const (
	idBytes    = 16
	nonceBytes = 32
)

// audience is the aud of a request object for whichever wallet takes it
// (OpenID4VP 1.0 §5.8).
const audience = "https://self-issued.me/v2"

// Ask is what an operator wants to see.
type Ask struct {
	Policy     Policy
	Query      *Query // nil: a passport that the policy accepts
	TTLSeconds int64  // 0: DefaultSeconds
}

// Request is a request that a wallet can be shown.
type Request struct {
	ID         string `json:"request_id"`
	URI        string `json:"uri"`         // openid4vp://…, for a link or a QR code
	RequestURI string `json:"request_uri"` // where the wallet fetches the request object
	ClientID   string `json:"client_id"`
	ExpiresAt  int64  `json:"expires_at"`
	Query      Query  `json:"dcql_query"`
}

// Request makes a request:
//
//	R1 the policy names whom to trust
//	R2 the query is one that can be judged; without one the policy is about passports
//	R3 it lives 1 second to 24 hours
//	R4 at most 4096 requests and results are kept
func (v *Verifier) Request(ctx context.Context, a Ask) (*Request, error) {
	if err := v.alive(); err != nil {
		return nil, err
	}
	if err := a.Policy.Check(); err != nil { // R1
		return nil, err
	}
	if a.Query == nil && a.Policy.Passport == nil { // R2
		return nil, fmt.Errorf("%w: say what to ask for, or give a passport policy", ErrQuery)
	}
	if a.Query == nil {
		a.Query = PassportQuery(a.Policy.Passport)
	}
	if err := a.Query.Check(); err != nil { // R2
		return nil, err
	}
	if a.TTLSeconds == 0 {
		a.TTLSeconds = DefaultSeconds
	}
	if a.TTLSeconds < 0 || a.TTLSeconds > MaxSeconds { // R3
		return nil, fmt.Errorf("%w: %d seconds, want 1 to %d", ErrLife, a.TTLSeconds, MaxSeconds)
	}
	now := v.cfg.Now().Unix()
	r, err := v.draw(&a, now)
	if err != nil {
		return nil, err
	}
	err = v.cfg.DB.Update(ctx, func(tx store.Tx) error {
		kept, err := sweep(tx, now)
		if err != nil {
			return err
		}
		if kept >= maxRequests { // R4
			return fmt.Errorf("%w: %d", ErrTooMany, kept)
		}
		return r.put(tx)
	})
	if err != nil {
		return nil, err
	}
	return v.reference(r), nil
}

// draw makes a row with all that is random.
func (v *Verifier) draw(a *Ask, now int64) (*row, error) {
	var id [idBytes]byte
	var secrets [2][nonceBytes]byte
	for _, b := range [][]byte{id[:], secrets[0][:], secrets[1][:]} {
		if _, err := io.ReadFull(v.cfg.Rand, b); err != nil {
			return nil, fmt.Errorf("randomness for a presentation request: %w", err)
		}
	}
	key, err := newKey(v.cfg.Rand)
	if err != nil {
		return nil, err
	}
	return &row{
		Result:   Result{ID: hex.EncodeToString(id[:]), Status: StatusPending, IssuedAt: now, ExpiresAt: now + a.TTLSeconds},
		ClientID: v.clientID, State: b64.EncodeToString(secrets[0][:]), Nonce: b64.EncodeToString(secrets[1][:]),
		Key: b64.EncodeToString(key), Query: *a.Query, Policy: a.Policy,
	}, nil
}

// reference is how a wallet is told of a request. A wallet that can will post
// a nonce of its own when it fetches the request, so that nobody can play the
// request to it again.
func (v *Verifier) reference(r *row) *Request {
	at := v.base + "request/" + r.Result.ID
	q := url.Values{"client_id": {r.ClientID}, "request_uri": {at}, "request_uri_method": {"post"}}
	return &Request{ID: r.Result.ID, URI: "openid4vp://?" + q.Encode(), RequestURI: at, ClientID: r.ClientID,
		ExpiresAt: r.Result.ExpiresAt, Query: r.Query}
}

// requestObject is the payload of a request object (OpenID4VP 1.0 §5). It has
// no iss, which wallets have to ignore and some compare with the DID in kid.
type requestObject struct {
	Audience     string   `json:"aud"`
	IssuedAt     int64    `json:"iat"`
	Expires      int64    `json:"exp"`
	ClientID     string   `json:"client_id"`
	ResponseType string   `json:"response_type"`
	ResponseMode string   `json:"response_mode"`
	ResponseURI  string   `json:"response_uri"`
	Nonce        string   `json:"nonce"`
	State        string   `json:"state"`
	WalletNonce  string   `json:"wallet_nonce,omitempty"`
	Query        Query    `json:"dcql_query"`
	Metadata     metadata `json:"client_metadata"`
}

// metadata is the client_metadata of §5.1.
type metadata struct {
	JWKS struct {
		Keys []*jwk `json:"keys"`
	} `json:"jwks"`
	Encryptions []string            `json:"encrypted_response_enc_values_supported"`
	Formats     map[string]wire.Raw `json:"vp_formats_supported"`
}

// formats are what each format is understood with (§B).
var formats = map[string]wire.Raw{
	FormatSDJWT: wire.Raw(`{"kb-jwt_alg_values":["EdDSA","ES256","ES256K"],"sd-jwt_alg_values":["EdDSA","ES256","ES256K"]}`),
	FormatJWT:   wire.Raw(`{"alg_values":["EdDSA","ES256","ES256K"]}`),
	FormatLDP:   wire.Raw(`{"cryptosuite_values":["eddsa-jcs-2022","eddsa-rdfc-2022"],"proof_type_values":["DataIntegrityProof"]}`),
}

// object signs the request object.
func (v *Verifier) object(r *row, walletNonce string, now int64) ([]byte, error) {
	scalar, err := b64.DecodeString(r.Key)
	if err != nil {
		return nil, fmt.Errorf("response key: %w", err)
	}
	key, err := publicJWK(scalar, r.Result.ID)
	if err != nil {
		return nil, err
	}
	o := requestObject{
		Audience: audience, IssuedAt: now, Expires: r.Result.ExpiresAt, ClientID: r.ClientID,
		ResponseType: "vp_token", ResponseMode: "direct_post.jwt", ResponseURI: v.base + "response/" + r.Result.ID,
		Nonce: r.Nonce, State: r.State, WalletNonce: walletNonce, Query: r.Query,
		Metadata: metadata{Encryptions: []string{"A128GCM", "A256GCM"}, Formats: map[string]wire.Raw{}},
	}
	o.Metadata.JWKS.Keys = []*jwk{key}
	for i := range r.Query.Credentials {
		f := r.Query.Credentials[i].Format
		o.Metadata.Formats[f] = formats[f]
	}
	payload, err := wire.Marshal(o)
	if err != nil {
		return nil, err
	}
	return jose.Sign("oauth-authz-req+jwt", v.method, payload, v.cfg.Signer)
}
