package did

import (
	"github.com/backbay-labs/chio-node/wire"
)

// Purpose is a verification relationship of DID Core 1.0 §5.3: what a method
// may be used for.
type Purpose string

// The verification relationships.
const (
	PurposeAssertion    Purpose = "assertionMethod"
	PurposeAuthenticate Purpose = "authentication"
	PurposeKeyAgreement Purpose = "keyAgreement"
	PurposeInvocation   Purpose = "capabilityInvocation"
	PurposeDelegation   Purpose = "capabilityDelegation"
)

// Method is one verification method of a resolved document, listed there for
// the purpose that was asked for.
type Method struct {
	ID         string // DID URL with a fragment
	Controller string // the DID whose document lists it
	Key        Key
}

// SelfCertified returns the method of a did:chio or Ed25519 did:key, whose
// document follows from its name, so that nothing needs to be resolved:
// did:chio:<hex>#key-1 or did:key:z6Mk…#z6Mk…. It answers for assertion and
// authentication only; a did:key lists its key for invocation and delegation as
// well, which did/resolver knows. Whether a did:chio is a point of the curve is
// left to the verification of a signature, which asks it anyway.
func SelfCertified(url string, p Purpose) (*Method, error) {
	base, id, err := selfCertified(url)
	if err != nil {
		return nil, err
	}
	if p != PurposeAssertion && p != PurposeAuthenticate {
		return nil, errPurpose(url, p)
	}
	return &Method{ID: url, Controller: base, Key: NewEd25519(id.Key())}, nil
}

// NewEd25519 is the Key of an Ed25519 public key.
func NewEd25519(k wire.PublicKey) Key { return Key{kind: KindEd25519, raw: string(k[:])} }
