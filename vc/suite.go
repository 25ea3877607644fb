package vc

import (
	"context"

	"github.com/backbay-labs/chio-node/did"
)

// Suite is a Data Integrity cryptosuite over JSON: what is signed for a
// document. The signature over it is by the key of the verification method.
type Suite interface {
	// Name is the value of cryptosuite.
	Name() string
	// HashData returns the message that is signed for a document without its
	// proof and a proof configuration without its proofValue. Both come as
	// canonical JSON (RFC 8785); the configuration has an @context or none.
	HashData(document, config []byte) ([]byte, error)
}

// Methods finds the key of a verification method. It answers only if the
// controller's document lists the method for the purpose.
type Methods interface {
	Method(ctx context.Context, url string, p did.Purpose) (*did.Method, error)
}

// Vocabulary refuses a document that uses a term its contexts do not define,
// or a context that is not embedded. The document is canonical JSON.
type Vocabulary interface {
	Check(document []byte) error
}
