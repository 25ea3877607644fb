package resolver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// parser fills a document.
type parser struct{ doc *Document }

type rawMethod struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Controller string    `json:"controller"`
	Multibase  *string   `json:"publicKeyMultibase"`
	Base58     *string   `json:"publicKeyBase58"`
	JWK        wire.Raw  `json:"publicKeyJwk"`
	Pem        wire.Raw  `json:"publicKeyPem"`
	Hex        wire.Raw  `json:"publicKeyHex"`
	Expires    time.Time `json:"expires"`
	Revoked    time.Time `json:"revoked"`

	// Private halves: their presence is refused.
	SecretMultibase  wire.Raw `json:"secretKeyMultibase"`
	SecretJWK        wire.Raw `json:"secretKeyJwk"`
	PrivateMultibase wire.Raw `json:"privateKeyMultibase"`
	PrivateJWK       wire.Raw `json:"privateKeyJwk"`
	PrivateBase58    wire.Raw `json:"privateKeyBase58"`
	PrivateHex       wire.Raw `json:"privateKeyHex"`
	PrivatePem       wire.Raw `json:"privateKeyPem"`
}

// methods reads the definitions first and the relationships after them, so
// that a reference finds what it names.
func (p *parser) methods(raw *rawDocument) error {
	for _, m := range raw.Methods {
		if _, err := p.define(m); err != nil {
			return err
		}
	}
	for i, list := range [][]wire.Raw{raw.Authentication, raw.Assertion, raw.Agreement, raw.Invocation, raw.Delegation} {
		if len(list) > maxList { // 1
			return fmt.Errorf("%s lists more than %d methods", relationships[i], maxList)
		}
		for _, entry := range list {
			if err := p.list(relationships[i], entry); err != nil {
				return fmt.Errorf("%s: %w", relationships[i], err)
			}
		}
	}
	for _, purpose := range relationships { // a reference may stand before the method that another relationship embeds
		for _, id := range p.doc.listed[purpose] {
			if strings.HasPrefix(id, p.doc.ID+"#") && p.doc.method(id) == nil { // 7
				return fmt.Errorf("%s: %.140q is defined nowhere in the document", purpose, id)
			}
		}
	}
	return nil
}

// list adds one entry of a relationship: a reference, or a definition.
func (p *parser) list(purpose did.Purpose, entry wire.Raw) error {
	var id string
	if entry.Kind() == '{' {
		m, err := p.define(entry)
		if err != nil {
			return err
		}
		id = m.ID
	} else if err := wire.Unmarshal(entry, &id, DocumentLimits); err != nil {
		return fmt.Errorf("neither a reference nor a method: %w", err)
	}
	id = p.absolute(id)
	if u, err := did.ParseURL(id); err != nil || u.Fragment == "" { // 7
		return fmt.Errorf("%.140q does not name a method", id)
	}
	if slices.Contains(p.doc.listed[purpose], id) { // 7
		return fmt.Errorf("%.140q is listed twice", id)
	}
	p.doc.listed[purpose] = append(p.doc.listed[purpose], id)
	return nil
}

func (p *parser) define(doc wire.Raw) (*VerificationMethod, error) {
	var raw rawMethod
	if err := wire.UnmarshalLenient(doc, &raw, DocumentLimits); err != nil { // 1
		return nil, fmt.Errorf("verification method: %w", err)
	}
	id, err := p.own(raw.ID) // 5
	if err != nil {
		return nil, fmt.Errorf("verification method %.140q: %w", raw.ID, err)
	}
	if len(p.doc.Methods) >= maxList { // 1
		return nil, fmt.Errorf("more than %d verification methods", maxList)
	}
	if u, err := did.ParseURL(raw.Controller); err != nil || !u.IsDID() || raw.Type == "" { // 6
		return nil, fmt.Errorf("verification method %s needs a type and a controller that is a DID", id)
	}
	key, err := raw.key()
	if err != nil { // 6
		return nil, fmt.Errorf("verification method %s: %w", id, err)
	}
	p.doc.Methods = append(p.doc.Methods, VerificationMethod{
		ID: id, Type: raw.Type, Controller: raw.Controller, Key: key, JSON: doc, Expires: unix(raw.Expires), Revoked: unix(raw.Revoked),
	})
	return &p.doc.Methods[len(p.doc.Methods)-1], nil
}

// unix is never 0 for a time that stands in a document.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.Unix())
}

// own makes an id absolute and checks that it is a fragment of this document
// that nothing else has.
func (p *parser) own(id string) (string, error) {
	id = p.absolute(id)
	u, err := did.ParseURL(id)
	if err != nil {
		return "", err
	}
	if u.Fragment == "" || u.DID()+"#"+u.Fragment != id || u.DID() != p.doc.ID {
		return "", fmt.Errorf("its id is not a fragment of %.140s", p.doc.ID)
	}
	if p.doc.method(id) != nil || p.doc.service(id) != nil {
		return "", errors.New("its id is taken")
	}
	return id, nil
}

func (p *parser) absolute(id string) string {
	if strings.HasPrefix(id, "#") {
		return p.doc.ID + id
	}
	return id
}

// key reads the one public key of a method. A type that is not understood has
// the zero Key; a type that is, with another form of key, is refused.
func (m *rawMethod) key() (did.Key, error) {
	for _, secret := range []wire.Raw{m.SecretMultibase, m.SecretJWK, m.PrivateMultibase, m.PrivateJWK, m.PrivateBase58, m.PrivateHex, m.PrivatePem} {
		if secret != nil {
			return did.Key{}, errors.New("it publishes a private key")
		}
	}
	forms := 0
	for _, there := range []bool{m.Multibase != nil, m.Base58 != nil, m.JWK != nil, m.Pem != nil, m.Hex != nil} {
		if there {
			forms++
		}
	}
	if forms > 1 {
		return did.Key{}, errors.New("it holds more than one form of key")
	}
	switch {
	case m.Type == typeMultikey && m.Multibase != nil:
		return did.ParseMultikey(*m.Multibase)
	case m.Type == typeEd25519v2020 && m.Multibase != nil:
		return ofKind(did.KindEd25519)(did.ParseMultikey(*m.Multibase))
	case m.Type == typeX25519v2020 && m.Multibase != nil:
		return ofKind(did.KindX25519)(did.ParseMultikey(*m.Multibase))
	case (m.Type == typeJWK2020 || m.Type == typeJWK) && m.JWK != nil:
		return did.ParseJWK(m.JWK)
	case m.Type == typeEd25519v2018 && m.Base58 != nil:
		return parseBase58(*m.Base58)
	}
	if slices.Contains(knownTypes, m.Type) {
		return did.Key{}, fmt.Errorf("a %s without the form of key that belongs to it", m.Type)
	}
	if m.JWK != nil { // 6: also of a type that is not understood
		if _, err := did.ParseJWK(m.JWK); errors.Is(err, did.ErrPrivateJWK) {
			return did.Key{}, err
		}
	}
	return did.Key{}, nil
}

// The types of verification methods that are understood.
const (
	typeMultikey     = did.TypeMultikey
	typeEd25519v2020 = did.TypeEd25519
	typeEd25519v2018 = "Ed25519VerificationKey2018"
	typeX25519v2020  = "X25519KeyAgreementKey2020"
	typeJWK2020      = "JsonWebKey2020"
	typeJWK          = "JsonWebKey"
)

var knownTypes = []string{typeMultikey, typeEd25519v2020, typeEd25519v2018, typeX25519v2020, typeJWK2020, typeJWK}

func ofKind(kind did.Kind) func(did.Key, error) (did.Key, error) {
	return func(k did.Key, err error) (did.Key, error) {
		if err == nil && k.Kind() != kind {
			return did.Key{}, fmt.Errorf("%w: %s where %s belongs", did.ErrKeyKind, k.Kind(), kind)
		}
		return k, err
	}
}

// parseBase58 reads the bare key of the 2018 type.
func parseBase58(s string) (did.Key, error) {
	if len(s) > 64 { // base58 decoding is quadratic
		return did.Key{}, fmt.Errorf("%w: publicKeyBase58 of %d characters", did.ErrKeyLength, len(s))
	}
	_, raw, err := multibase.Decode("z" + s)
	if err != nil {
		return did.Key{}, fmt.Errorf("publicKeyBase58: %w", err)
	}
	return did.NewKey(did.KindEd25519, raw)
}
