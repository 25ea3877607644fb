package resolver

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
)

// Code is an error name of DID Core §7.1.2 and §7.2.2, DID Resolution, or the
// did:key method. Codes are errors: match with errors.Is.
type Code string

// The error names.
const (
	InvalidDID                 Code = "invalidDid"
	NotFound                   Code = "notFound"
	MethodNotSupported         Code = "methodNotSupported"
	RepresentationNotSupported Code = "representationNotSupported"
	InvalidDIDURL              Code = "invalidDidUrl"
	InternalError              Code = "internalError"
	InvalidPublicKey           Code = "invalidPublicKey"
	InvalidPublicKeyLength     Code = "invalidPublicKeyLength"
	UnsupportedPublicKeyType   Code = "unsupportedPublicKeyType"
	InvalidPublicKeyType       Code = "invalidPublicKeyType"
)

// The reasons a verification method or a document is refused, besides Code,
// did.ErrMethod and did.ErrPurpose.
var (
	ErrDeactivated = errors.New("DID has been deactivated by its holder")
	ErrController  = errors.New("verification method is controlled by another DID")
	ErrRetired     = errors.New("verification method is revoked or has expired")
	ErrDocument    = errors.New("DID document is not valid")
)

func (c Code) Error() string { return string(c) }

// codeOf finds the error name; what has none is an internal error.
func codeOf(err error) Code {
	var c Code
	if errors.As(err, &c) {
		return c
	}
	return InternalError
}

// keyCode names what is wrong with a did:key.
func keyCode(err error) error {
	c := InvalidDID
	switch {
	case errors.Is(err, did.ErrKeyLength):
		c = InvalidPublicKeyLength
	case errors.Is(err, did.ErrKeyKind):
		c = UnsupportedPublicKeyType
	case errors.Is(err, did.ErrKey):
		c = InvalidPublicKey
	}
	return fmt.Errorf("%w: %w", c, err)
}

// urlCode tells a malformed DID from a malformed rest of a DID URL.
func urlCode(err error) Code {
	if errors.Is(err, did.ErrSyntax) {
		return InvalidDID
	}
	return InvalidDIDURL
}
