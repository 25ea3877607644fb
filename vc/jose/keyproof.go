package jose

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// maxKeyProof bounds a key proof, in bytes.
const maxKeyProof = 8 << 10

// typeKeyProof is the typ of a key proof.
const typeKeyProof = "openid4vci-proof+jwt"

// didJWK begins a DID that is a JSON Web Key.
const didJWK = "did:jwk:"

// ErrKeyProof: the token does not prove to this issuer, now, that a wallet
// holds a key.
var ErrKeyProof = errors.New("key proof is not of a key that is understood, for this issuer and now")

// KeyProof is what a key proof says. Whether the nonce is one that was given
// out is for the issuer to know.
type KeyProof struct {
	Key     did.Key
	Nonce   string
	Created vc.Time
}

// KeyProofGate is what an issuer brings.
type KeyProofGate struct {
	Now           int64  // unix seconds
	SkewSeconds   int64  // how far in the future iat may lie
	MaxAgeSeconds int64  // how old the proof may be
	Audience      string // the credential issuer
}

// proofHeader is the header of a key proof. x5c, trust_chain and
// key_attestation are of the specification and not understood here; jku, x5u
// and crit are of nobody's. All of them refuse the token.
type proofHeader struct {
	Alg string   `json:"alg"`
	Typ string   `json:"typ"`
	Kid string   `json:"kid,omitempty"`
	Jwk wire.Raw `json:"jwk,omitempty"`
}

// VerifyKeyProof verifies the key proof of a wallet (OpenID4VCI 1.0, appendix
// F.1 and F.4):
//
//	P1 at most 8 KiB; J1 to J3, with the header parameters alg, typ, kid and jwk
//	P2 typ is openid4vci-proof+jwt, and one of kid and jwk is there
//	P3 jwk is a public key without private members; kid is the DID URL of the
//	   one key of a did:chio, a did:key or a did:jwk
//	P4 J4 J5 the algorithm is that of the key, and the signature verifies
//	P5 aud is this issuer alone, iat and nonce are there; iss is not, because
//	   the token was given to a client without a name
//	P6 iat ≤ now + skew and not older than the issuer allows; nbf ≤ now + skew
//	   and now < exp where they are there
//
// Claims of other names prove nothing and are not read.
func VerifyKeyProof(compact []byte, g KeyProofGate) (*KeyProof, error) {
	if len(compact) > maxKeyProof { // P1
		return nil, fmt.Errorf("%w: %w: %d bytes, at most %d", ErrKeyProof, ErrToken, len(compact), maxKeyProof)
	}
	var h proofHeader
	t, err := apart(compact, &h) // P1
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyProof, err)
	}
	if h.Typ != typeKeyProof || (h.Kid == "") == (h.Jwk == nil) { // P2
		return nil, fmt.Errorf("%w: %w: typ %.40q, want %s and one of kid and jwk", ErrKeyProof, ErrHeader, h.Typ, typeKeyProof)
	}
	k, err := h.key() // P3
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyProof, err)
	}
	t.header.Alg = h.Alg
	if err := t.verify(k); err != nil { // P4
		return nil, fmt.Errorf("%w: %w", ErrKeyProof, err)
	}
	c, err := t.payload.take()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyProof, err)
	}
	if g.Audience == "" || len(c.audience) != 1 || c.audience[0] != g.Audience { // P5
		return nil, fmt.Errorf("%w: aud %.140q is not this issuer", ErrKeyProof, c.audience)
	}
	if c.created == nil || c.nonce == "" || c.issuer != "" { // P5
		return nil, fmt.Errorf("%w: want iat and nonce, and no iss", ErrKeyProof)
	}
	now := g.Now + g.SkewSeconds
	if made := int64(*c.created); made > now || made < g.Now-g.MaxAgeSeconds || c.notBefore != nil && int64(*c.notBefore) > now ||
		c.expires != nil && g.Now >= int64(*c.expires) { // P6
		return nil, fmt.Errorf("%w: it is of %s, now %s", ErrKeyProof, *c.created, vc.Time(g.Now))
	}
	return &KeyProof{k, c.nonce, *c.created}, nil
}

// key applies P3.
func (h *proofHeader) key() (did.Key, error) {
	if h.Jwk != nil {
		return did.ParseJWK(h.Jwk)
	}
	if encoded, ok := strings.CutPrefix(h.Kid, didJWK); ok {
		encoded, ok = strings.CutSuffix(encoded, "#0")
		doc, err := decode([]byte(encoded))
		if !ok || err != nil || !bytes.Equal(encode(doc), []byte(encoded)) {
			return did.Key{}, fmt.Errorf("%w: %.140q", did.ErrMethod, h.Kid)
		}
		return did.ParseJWK(doc)
	}
	m, err := did.SelfCertified(h.Kid, did.PurposeAuthenticate)
	if err != nil {
		return did.Key{}, err
	}
	return m.Key, nil
}
