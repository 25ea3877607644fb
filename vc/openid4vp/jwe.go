package openid4vp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/go-jose/go-jose/v4"

	"github.com/backbay-labs/chio-node/wire"
)

// The encryption of responses: the one-time key is agreed on directly.
var (
	keyAlgorithms     = []jose.KeyAlgorithm{jose.ECDH_ES}
	contentAlgorithms = []jose.ContentEncryption{jose.A128GCM, jose.A256GCM}
)

// The bounds of an encrypted response, in bytes.
const (
	maxResponse = 1 << 20
	maxHeader   = 4 << 10
)

// newKey draws a P-256 key. The scalar comes from rand, whatever the library
// does with the reader it is given.
func newKey(rand io.Reader) ([]byte, error) {
	for range 8 { // one in 2^32 scalars is out of range
		scalar := make([]byte, 32)
		if _, err := io.ReadFull(rand, scalar); err != nil {
			return nil, fmt.Errorf("randomness for a response key: %w", err)
		}
		if _, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar); err == nil {
			return scalar, nil
		}
	}
	return nil, fmt.Errorf("randomness for a response key: none of 8 draws is a P-256 scalar")
}

// jwk is the public key as client_metadata carries it.
type jwk struct {
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	Use string `json:"use"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

func publicJWK(scalar []byte, kid string) (*jwk, error) {
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, fmt.Errorf("response key: %w", err)
	}
	point, err := k.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, fmt.Errorf("response key: %w", err)
	}
	return &jwk{Alg: string(jose.ECDH_ES), Crv: "P-256", Kid: kid, Kty: "EC", Use: "enc",
		X: b64.EncodeToString(point[1:33]), Y: b64.EncodeToString(point[33:])}, nil
}

var b64 = base64.RawURLEncoding.Strict()

// jweHeader is what the header of a response may hold. What is not here is
// refused: zip, which lets a small response become a large one, and crit, jwk
// and their like.
type jweHeader struct {
	Alg string `json:"alg"`
	Enc string `json:"enc"`
	Kid string `json:"kid"`
	Typ string `json:"typ,omitempty"`
	Cty string `json:"cty,omitempty"`
	Apu string `json:"apu,omitempty"`
	Apv string `json:"apv,omitempty"`
	Epk struct {
		Kty string `json:"kty"`
		Crv string `json:"crv"`
		X   string `json:"x"`
		Y   string `json:"y"`
		Kid string `json:"kid,omitempty"`
		Alg string `json:"alg,omitempty"`
		Use string `json:"use,omitempty"`
		Ext bool   `json:"ext,omitzero"`
	} `json:"epk"`
}

// decrypt opens an encrypted response:
//
//	E1 a compact JWE of at most 1 MiB, five parts of base64url, the second empty
//	E2 the header is strict JSON with known parameters only: alg ECDH-ES, enc
//	   A128GCM or A256GCM, an ephemeral key of P-256, no zip
//	E3 kid is the key of this request
//	E4 it decrypts
func decrypt(compact string, scalar []byte, kid string) ([]byte, error) {
	if len(compact) > maxResponse { // E1
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrEncryption, len(compact), maxResponse)
	}
	parts := bytes.SplitN([]byte(compact), []byte("."), 6)
	if len(parts) != 5 || len(parts[1]) != 0 || len(parts[0]) > maxHeader {
		return nil, fmt.Errorf("%w: want a compact JWE of five parts, the second empty", ErrEncryption)
	}
	var head []byte
	for i, p := range parts {
		raw, err := b64.AppendDecode(nil, p)
		if err != nil || bytes.ContainsAny(p, "\r\n") {
			return nil, fmt.Errorf("%w: part %d is not base64url", ErrEncryption, i+1)
		}
		if i == 0 {
			head = raw
		}
	}
	var h jweHeader
	if err := wire.Unmarshal(head, &h, wire.Limits{Bytes: maxHeader, Depth: 4}); err != nil { // E2
		return nil, fmt.Errorf("%w: header: %w", ErrEncryption, err)
	}
	if h.Alg != string(jose.ECDH_ES) || h.Enc != string(jose.A128GCM) && h.Enc != string(jose.A256GCM) || h.Epk.Kty != "EC" || h.Epk.Crv != "P-256" {
		return nil, fmt.Errorf("%w: alg %.20q, enc %.20q, epk %.20q: use ECDH-ES over P-256 with A128GCM or A256GCM", ErrEncryption, h.Alg, h.Enc, h.Epk.Crv)
	}
	if h.Kid != kid { // E3
		return nil, fmt.Errorf("%w: kid %.80q is not the key of this request", ErrEncryption, h.Kid)
	}
	e, err := jose.ParseEncryptedCompact(compact, keyAlgorithms, contentAlgorithms)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncryption, err)
	}
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, fmt.Errorf("response key: %w", err)
	}
	plain, err := e.Decrypt(k) // E4
	if err != nil {
		return nil, fmt.Errorf("%w: it does not decrypt with the key of this request", ErrEncryption)
	}
	return plain, nil
}
