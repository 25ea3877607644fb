package jose

import "github.com/backbay-labs/chio-node/did"

// VerifyJWS takes a compact JWS apart and checks it under a key.
func VerifyJWS(compact []byte, k did.Key) error {
	t, err := parse(compact)
	if err != nil {
		return err
	}
	return t.verify(k)
}

// Digest is what stands in a credential for a disclosure.
func Digest(disclosure []byte) string { return digest(disclosure) }
