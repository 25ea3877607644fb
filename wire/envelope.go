package wire

import (
	"errors"
	"fmt"
	"sort"
)

// Envelope is the one signed form of our own artifacts:
//
//	{"body":{"schema":"chio.<thing>.v1",…},"signatures":[{"alg","key","signature"}]}
//
// Every signature covers schema ‖ 0x00 ‖ JCS(body). Signatures are sorted by
// key. The artifact's id is SHA-256(JCS(body)) and stands outside the body.
type Envelope struct {
	Body       Raw                 `json:"body"`
	Signatures []EnvelopeSignature `json:"signatures"`
}

// EnvelopeSignature is one signer's part. Alg "ed25519": key 64 hex, signature
// 128 hex. Alg "secp256k1": key = 66 hex compressed point, signature 130 hex
// r‖s‖v over SHA-256 of the message, verified by a Scheme the caller passes.
type EnvelopeSignature struct {
	Alg       string `json:"alg"`
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

// The signature algorithms of an envelope.
const (
	AlgEd25519   = "ed25519"
	AlgSecp256k1 = "secp256k1"
)

// Scheme verifies envelope signatures of an algorithm other than Ed25519.
type Scheme func(key string, message []byte, signature string) error

// The reasons an envelope is refused. ErrBadSignature is the other one.
var (
	ErrSchema    = errors.New("artifact is of another schema")
	ErrNoSigner  = errors.New("required signer has not signed")
	ErrSignerSet = errors.New("signatures are missing, repeated, or not sorted by key")
)

// maxSigners bounds the signatures of one envelope.
const maxSigners = 16

// SigningInput is the message that every signature of an envelope covers.
func SigningInput(schema string, canonicalBody []byte) []byte {
	m := make([]byte, 0, len(schema)+1+len(canonicalBody))
	m = append(m, schema...)
	m = append(m, 0)
	return append(m, canonicalBody...)
}

// Seal encodes body, which must be a struct whose schema field equals schema,
// and signs it with each signer.
func Seal(schema string, body any, signers ...Signer) (*Envelope, error) {
	raw, err := Marshal(body)
	if err != nil {
		return nil, err
	}
	if got := SchemaOf(raw, DocumentLimits); got != schema {
		return nil, fmt.Errorf("%w: body says %q, sealing %q", ErrSchema, got, schema)
	}
	e := &Envelope{Body: raw}
	for _, s := range signers {
		if err := e.AddSignature(schema, s); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// AddSignature countersigns an envelope. Signing twice with one key is a no-op.
func (e *Envelope) AddSignature(schema string, s Signer) error {
	key := s.Public().String()
	for _, have := range e.Signatures {
		if have.Key == key {
			return nil
		}
	}
	sig, err := s.Sign(SigningInput(schema, e.Body))
	if err != nil {
		return fmt.Errorf("sign %s: %w", schema, err)
	}
	return e.attach(EnvelopeSignature{Alg: AlgEd25519, Key: key, Signature: sig.String()})
}

// Attach adds a signature made elsewhere. It is verified by Open, not here.
func (e *Envelope) Attach(s EnvelopeSignature) error { return e.attach(s) }

func (e *Envelope) attach(s EnvelopeSignature) error {
	if len(e.Signatures) >= maxSigners {
		return fmt.Errorf("%w: more than %d", ErrSignerSet, maxSigners)
	}
	e.Signatures = append(e.Signatures, s)
	sort.Slice(e.Signatures, func(i, j int) bool { return e.Signatures[i].Key < e.Signatures[j].Key })
	return nil
}

// ID is SHA-256(JCS(body)).
func (e *Envelope) ID() Digest { return Hash(e.Body) }

// Bytes is the canonical form of the envelope, as written to files.
func (e *Envelope) Bytes() []byte { return MustMarshal(e) }

// Open checks an envelope and decodes its body into body:
//
//	1 the body is canonical and within the limits
//	2 body.schema equals schema
//	3 at least one signature, sorted by key, none repeated, at most 16
//	4 every signature verifies; an unknown algorithm is an error
//	5 every required key has signed
//	6 the body decodes strictly
//
// Who the signers are and whether they may sign is the caller's question.
func (e *Envelope) Open(schema string, body any, required []PublicKey, schemes map[string]Scheme) error {
	if err := IsCanonical(e.Body, DocumentLimits); err != nil { // 1
		return fmt.Errorf("%s: %w", schema, err)
	}
	if got := SchemaOf(e.Body, DocumentLimits); got != schema { // 2
		return fmt.Errorf("%w: want %s, got %.80q", ErrSchema, schema, got)
	}
	if len(e.Signatures) == 0 || len(e.Signatures) > maxSigners { // 3
		return fmt.Errorf("%s: %w", schema, ErrSignerSet)
	}
	message := SigningInput(schema, e.Body)
	signed := make(map[string]bool, len(e.Signatures))
	for i, s := range e.Signatures {
		if i > 0 && e.Signatures[i-1].Key >= s.Key { // 3
			return fmt.Errorf("%s: %w", schema, ErrSignerSet)
		}
		if err := verifyOne(s, message, schemes); err != nil { // 4
			return fmt.Errorf("%s signed by %.80s: %w", schema, s.Key, err)
		}
		signed[s.Key] = true
	}
	for _, k := range required { // 5
		if !signed[k.String()] {
			return fmt.Errorf("%s: %w: %s", schema, ErrNoSigner, k)
		}
	}
	if err := Unmarshal(e.Body, body, DocumentLimits); err != nil { // 6
		return fmt.Errorf("%s: %w", schema, err)
	}
	return nil
}

// OpenEnvelope parses the canonical bytes of an envelope and opens it.
func OpenEnvelope(doc []byte, schema string, body any, required []PublicKey, schemes map[string]Scheme) (*Envelope, error) {
	var e Envelope
	if err := UnmarshalCanonical(doc, &e, DocumentLimits); err != nil {
		return nil, fmt.Errorf("%s: %w", schema, err)
	}
	if err := e.Open(schema, body, required, schemes); err != nil {
		return nil, err
	}
	return &e, nil
}

func verifyOne(s EnvelopeSignature, message []byte, schemes map[string]Scheme) error {
	if s.Alg == AlgEd25519 {
		key, err := ParsePublicKey(s.Key)
		if err != nil {
			return err
		}
		sig, err := ParseSignature(s.Signature)
		if err != nil {
			return err
		}
		return key.Verify(message, sig)
	}
	if verify := schemes[s.Alg]; verify != nil {
		return verify(s.Key, message, s.Signature)
	}
	return fmt.Errorf("%w: algorithm %.20q", ErrSignerSet, s.Alg)
}

// SchemaOf reads the schema member of a document, or "": what a file says it is.
func SchemaOf(doc []byte, limits Limits) string {
	if schema, ok := quickMember(doc, "schema", limits.Depth); ok {
		return string(schema)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := UnmarshalLenient(doc, &head, limits); err != nil {
		return ""
	}
	return head.Schema
}
