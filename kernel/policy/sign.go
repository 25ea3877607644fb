package policy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// The form of a detached signature, as public HushSpec tools write and read
// it: a JSON file beside the policy, over the bytes of the policy's file. It
// does not cover the policies that the file extends.
const (
	SignatureFormat    = "0.1.0"
	signatureAlgorithm = "ed25519"
	maxClockSkew       = 300 // seconds a signature may be from the future
)

var signatureLimits = wire.Limits{Bytes: 8 << 10, Depth: 2}

// The reasons a signature is refused. Match with errors.Is.
var (
	ErrSignature  = errors.New("policy signature is not valid")
	ErrUnknownKey = errors.New("policy is signed with a key that is not trusted")
	ErrAltered    = errors.New("policy is not the one that was signed")
)

// Signature is a detached signature of one policy file.
type Signature struct {
	FormatVersion string `json:"format_version"`
	Algorithm     string `json:"algorithm"`
	ContentHash   string `json:"content_hash"` // SHA-256 of the file, lower-case hex
	Signature     string `json:"signature"`    // standard base64
	SignedAt      string `json:"signed_at"`    // RFC 3339
	KeyID         string `json:"key_id"`
	Signer        string `json:"signer,omitempty"` // a name for people, covered by the signature
}

// preimage is what is signed: compact JSON of the fields in this order,
// without the signature.
func (s *Signature) preimage() ([]byte, error) {
	fields := [][2]string{
		{"format_version", s.FormatVersion}, {"algorithm", s.Algorithm}, {"content_hash", s.ContentHash},
		{"signed_at", s.SignedAt}, {"key_id", s.KeyID},
	}
	if s.Signer != "" {
		fields = append(fields, [2]string{"signer", s.Signer})
	}
	return orderedObject(fields)
}

func orderedObject(fields [][2]string) ([]byte, error) {
	out := []byte{'{'}
	for i, f := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := wire.Marshal(f[1])
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrSignature, f[0], err)
		}
		out = append(append(append(append(out, '"'), f[0]...), '"', ':'), value...)
	}
	return append(out, '}'), nil
}

// SignFile signs the bytes of a policy file, which must parse. at is in Unix
// seconds; signer may be empty.
func SignFile(raw []byte, key wire.Signer, keyID, signer string, at int64) ([]byte, error) {
	if _, err := Parse("policy", raw); err != nil {
		return nil, err
	}
	if err := checkName(keyID); err != nil {
		return nil, fmt.Errorf("signing a policy: key id %w", err)
	}
	if signer != "" && checkName(signer) != nil {
		return nil, fmt.Errorf("signing a policy: signer %w", checkName(signer))
	}
	s := &Signature{
		FormatVersion: SignatureFormat, Algorithm: signatureAlgorithm, ContentHash: wire.Hash(raw).String(),
		SignedAt: time.Unix(at, 0).UTC().Format(time.RFC3339), KeyID: keyID, Signer: signer,
	}
	message, err := s.preimage()
	if err != nil {
		return nil, err
	}
	sig, err := key.Sign(message)
	if err != nil {
		return nil, fmt.Errorf("signing a policy: %w", err)
	}
	s.Signature = base64.StdEncoding.EncodeToString(sig[:])
	fields := [][2]string{
		{"format_version", s.FormatVersion}, {"algorithm", s.Algorithm}, {"content_hash", s.ContentHash},
		{"signature", s.Signature}, {"signed_at", s.SignedAt}, {"key_id", s.KeyID},
	}
	if s.Signer != "" {
		fields = append(fields, [2]string{"signer", s.Signer})
	}
	out, err := orderedObject(fields)
	return append(out, '\n'), err
}

// VerifySignature checks a detached signature of a policy file against the
// keys that are trusted, by key id. Nothing in the signature makes a key
// trusted. Rules:
//
//  1. The signature is one JSON object of known fields, within limits.
//  2. format_version and algorithm are the ones of this format.
//  3. content_hash is the SHA-256 of the file.
//  4. key_id names a trusted key.
//  5. signature is standard base64 of 64 bytes that the key made over the
//     other fields.
//  6. signed_at is a time and not in the future, up to 300 seconds.
func VerifySignature(raw, sig []byte, keys map[string]wire.PublicKey, now int64) (*Signature, error) {
	var s Signature
	if err := wire.Unmarshal(sig, &s, signatureLimits); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if s.FormatVersion != SignatureFormat || s.Algorithm != signatureAlgorithm { // 2
		return nil, fmt.Errorf("%w: format %.16q with %.16q, this build reads %s with %s", ErrSignature, s.FormatVersion, s.Algorithm, SignatureFormat, signatureAlgorithm)
	}
	if got := wire.Hash(raw).String(); s.ContentHash != got { // 3
		return nil, fmt.Errorf("%w: its SHA-256 is %s, signed is %.64q", ErrAltered, got, s.ContentHash)
	}
	key, ok := keys[s.KeyID] // 4
	if !ok {
		return nil, fmt.Errorf("%w: key id %.80q", ErrUnknownKey, s.KeyID)
	}
	bytes, err := base64.StdEncoding.Strict().DecodeString(s.Signature) // 5
	if err != nil || len(bytes) != len(wire.Signature{}) {
		return nil, fmt.Errorf("%w: signature is not base64 of %d bytes", ErrSignature, len(wire.Signature{}))
	}
	message, err := s.preimage()
	if err != nil {
		return nil, err
	}
	if err := key.Verify(message, wire.Signature(bytes)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	at, err := time.Parse(time.RFC3339, s.SignedAt) // 6
	if err != nil || at.Unix() > now+maxClockSkew {
		return nil, fmt.Errorf("%w: signed_at %.40q is not a time, or in the future", ErrSignature, s.SignedAt)
	}
	return &s, nil
}

// KeyText writes a public key as HushSpec tools keep
// it: standard base64 of the 32 bytes.
func KeyText(k wire.PublicKey) string { return base64.StdEncoding.EncodeToString(k[:]) }

// ParseKeyText reads what KeyText writes.
func ParseKeyText(s string) (wire.PublicKey, error) {
	bytes, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(bytes) != len(wire.PublicKey{}) {
		return wire.PublicKey{}, fmt.Errorf("%w: a public key is base64 of 32 bytes", ErrSignature)
	}
	k := wire.PublicKey(bytes)
	if err := k.Check(); err != nil {
		return wire.PublicKey{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return k, nil
}
