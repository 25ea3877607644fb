package jose

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of a token.
const (
	maxToken  = 1 << 20 // bytes
	maxHeader = 8 << 10 // bytes of JSON
	maxText   = 4096    // bytes of an identifier
)

// object is a JSON object by its members.
type object map[string]wire.Raw

// token is a compact JWS (RFC 7515 §7.1) taken apart and not verified.
type token struct {
	header    header
	payload   object
	signed    []byte // what the signature is over
	signature []byte
}

// header is the protected header. Members that are not here are refused: crit
// and b64 would change what is signed, jwk, jku, x5u and x5c where the key is
// from, and nobody knows what a further one changes.
type header struct {
	Alg string `json:"alg"`
	Typ string `json:"typ,omitempty"`
	Cty string `json:"cty,omitempty"`
	Kid string `json:"kid,omitempty"`
}

// parse takes a compact JWS apart:
//
//	J1 at most 1 MiB, three parts of base64url without padding in one spelling
//	J2 the header is strict JSON of at most 8 KiB with known parameters only
//	J3 the payload is a JSON object without repeated names
func parse(compact []byte) (*token, error) {
	var h header
	t, err := apart(compact, &h)
	if err != nil {
		return nil, err
	}
	t.header = h
	return t, nil
}

// apart applies J1 to J3 with the parameters that header knows; it leaves the
// token's own header empty.
func apart(compact []byte, header any) (*token, error) {
	if len(compact) > maxToken { // J1
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrToken, len(compact), maxToken)
	}
	parts := bytes.SplitN(compact, []byte("."), 4)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: want header, payload and signature with two dots between", ErrToken)
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := decode(p)
		if err != nil {
			return nil, fmt.Errorf("%w: part %d: %w", ErrToken, i+1, err)
		}
		raw[i] = b
	}
	t := &token{signed: compact[:len(parts[0])+1+len(parts[1])], signature: raw[2]}
	if err := wire.Unmarshal(raw[0], header, wire.Limits{Bytes: maxHeader, Depth: 4}); err != nil { // J2
		return nil, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	var err error
	if t.payload, err = readObject(raw[1]); err != nil { // J3
		return nil, fmt.Errorf("%w: payload: %w", ErrToken, err)
	}
	return t, nil
}

// decode reads base64url without padding; a line break, which the decoder
// would pass over, is refused.
func decode(p []byte) ([]byte, error) {
	if len(p) == 0 || bytes.ContainsAny(p, "\r\n") {
		return nil, fmt.Errorf("%.40q is not base64url", p)
	}
	return base64.RawURLEncoding.Strict().AppendDecode(nil, p)
}

func encode(b []byte) []byte { return base64.RawURLEncoding.AppendEncode(nil, b) }

// readObject reads a JSON object, within the limits of foreign documents.
func readObject(doc []byte) (object, error) {
	var o object
	if err := wire.Unmarshal(doc, &o, wire.ForeignLimits); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, fmt.Errorf("%.20q is not a JSON object", doc)
	}
	return o, nil
}

// algorithms are what a key of each kind signs with. EdDSA is the name of
// RFC 8037, Ed25519 the fully specified one of RFC 9864.
func algorithms(k did.Kind) []string {
	switch k {
	case did.KindEd25519:
		return []string{"EdDSA", "Ed25519"}
	case did.KindP256:
		return []string{"ES256"}
	case did.KindSecp256k1:
		return []string{"ES256K"}
	}
	return nil
}

// verify checks the signature under a key:
//
//	J4 alg is that of the kind of the key, so none and HMAC are nobody's
//	J5 the signature verifies
func (t *token) verify(k did.Key) error {
	ok := false
	for _, a := range algorithms(k.Kind()) {
		ok = ok || a == t.header.Alg
	}
	if !ok { // J4
		return fmt.Errorf("%w: alg %.20q, key %.20q", ErrAlgorithm, t.header.Alg, k.Kind())
	}
	return k.Verify(t.signed, t.signature) // J5
}

// Sign makes a compact JWS of EdDSA for a protocol that defines a token of its
// own: typ keeps it apart from every other, kid is the DID URL of the key.
func Sign(typ, kid string, payload []byte, signer wire.Signer) ([]byte, error) {
	if typ == "" || kid == "" {
		return nil, fmt.Errorf("%w: a token of a protocol has a typ and a kid", ErrHeader)
	}
	return sign(header{Typ: typ, Kid: kid}, payload, signer)
}

// sign makes a compact JWS of EdDSA.
func sign(h header, payload []byte, signer wire.Signer) ([]byte, error) {
	h.Alg = "EdDSA"
	head, err := wire.Marshal(h)
	if err != nil {
		return nil, err
	}
	out := append(append(encode(head), '.'), encode(payload)...)
	sig, err := signer.Sign(out)
	if err != nil {
		return nil, fmt.Errorf("sign the token: %w", err)
	}
	return append(append(out, '.'), encode(sig[:])...), nil
}
