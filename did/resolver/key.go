package resolver

import (
	"context"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
)

// key is did:key: the document follows from the key in the DID.
type key struct{ r *Resolver }

// The contexts of the key types, besides did.ContextMultikey and ContextEd25519.
const (
	contextJWK    = "https://w3id.org/security/suites/jws-2020/v1"
	contextX25519 = "https://w3id.org/security/suites/x25519-2020/v1"
)

// experimental are types that the specification calls so; we write none of them.
var experimental = []string{typeEd25519v2018, "X25519KeyAgreementKey2019", "EcdsaSecp256k1VerificationKey2019", "EcdsaSecp256r1VerificationKey2019", "Bls12381G2Key2020"}

func (*key) name() string { return "key" }

// read builds the document (did:key, document creation):
//
//	1 the identifier is a multikey in its one spelling, without a version
//	  (invalidDid, invalidPublicKeyLength, invalidPublicKey,
//	  unsupportedPublicKeyType)
//	2 the format asked for is known (unsupportedPublicKeyType) and not
//	  experimental (invalidPublicKeyType)
//	3 the format fits the kind of key (invalidPublicKeyType)
//	4 a signature key is listed for all but key agreement, an X25519 key for
//	  that alone; an Ed25519 key brings its X25519 form
func (m *key) read(_ context.Context, u did.URL, o *Options) (*document, error) {
	id := u.DID()
	k, err := did.ParseDIDKey(id)
	if err != nil { // 1
		return nil, keyCode(err)
	}
	format, err := o.keyFormat(k.Kind())
	if err != nil { // 2, 3
		return nil, err
	}
	if at, ok := m.r.deactivated(k); ok {
		return tombstone(id, at)
	}
	p := published{Context: []string{did.ContextDID}, ID: id}
	own := []string{p.add(k, format)}
	if k.Kind() == did.KindX25519 { // 4
		p.Agreement = own
	} else {
		p.Authentication, p.Assertion, p.Invocation, p.Delegation = own, own, own, own
	}
	if k.Kind() == did.KindEd25519 && !o.WithoutKeyAgreement { // 4
		derived, err := k.Agreement()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", InvalidPublicKey, err)
		}
		if format == typeEd25519v2020 {
			format = typeX25519v2020
		}
		p.Agreement = []string{p.add(derived, format)}
	}
	return finish(p, id, DocumentMetadata{})
}

// add appends a method and the context of its type, and returns its id.
func (p *published) add(k did.Key, format string) string {
	m := publishedMethod{ID: p.ID + "#" + k.Multikey(), Type: format, Controller: p.ID}
	context := map[string]string{typeMultikey: did.ContextMultikey, typeEd25519v2020: did.ContextEd25519, typeX25519v2020: contextX25519}[format]
	if format == typeJWK2020 || format == typeJWK {
		context, m.JWK = contextJWK, k.JWK()
	} else {
		m.Multibase = k.Multikey()
	}
	if !slices.Contains(p.Context, context) {
		p.Context = append(p.Context, context)
	}
	p.Methods = append(p.Methods, m)
	return m.ID
}

func (o *Options) keyFormat(kind did.Kind) (string, error) {
	f := o.PublicKeyFormat
	switch f {
	case "":
		return typeMultikey, nil
	case typeMultikey, typeJWK2020, typeJWK:
		return f, nil
	case typeEd25519v2020, typeX25519v2020:
		if (f == typeEd25519v2020) != (kind == did.KindEd25519) || (f == typeX25519v2020) != (kind == did.KindX25519) { // 3
			return "", fmt.Errorf("%w: a %s key has no %s", InvalidPublicKeyType, kind, f)
		}
		return f, nil
	}
	if slices.Contains(experimental, f) && !o.EnableExperimentalPublicKeyTypes { // 2
		return "", fmt.Errorf("%w: %s is experimental", InvalidPublicKeyType, f)
	}
	return "", fmt.Errorf("%w: format %.60q: use %s, %s or %s", UnsupportedPublicKeyType, f, typeMultikey, typeJWK2020, typeEd25519v2020) // 2
}
