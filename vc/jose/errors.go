package jose

import "errors"

// The reasons a token is refused. A bad signature wraps wire.ErrBadSignature, a
// method that is not known or not listed the errors of package did.
var (
	ErrToken     = errors.New("token is malformed")
	ErrHeader    = errors.New("header of the token is not acceptable")
	ErrAlgorithm = errors.New("algorithm of the token is not that of the key")
	ErrClaims    = errors.New("claims of the token contradict the credential")
	ErrMedia     = errors.New("media type of the envelope is not understood")

	ErrDisclosure = errors.New("disclosure does not belong to the credential as it is presented")
	ErrBinding    = errors.New("key binding is not of this holder, verifier, challenge and presentation")
	ErrType       = errors.New("type of the credential is not one the verifier expects")
)
