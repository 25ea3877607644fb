package vc

import "github.com/backbay-labs/chio-node/did"

// What tests outside the package may see of its inside.
var (
	HashData   = hashData
	EncodeList = encodeList
	DecodeList = decodeList
)

// Config returns the two preimages of the first proof of a signed canonical
// credential.
func Config(canonical []byte) (config, document []byte, err error) {
	s, err := takeApart(canonical, did.PurposeAssertion)
	if err != nil {
		return nil, nil, err
	}
	return s.proofs[0].config, s.preimage(&s.proofs[0], s.document()), nil
}

// Len is how many URLs a cache remembers.
func (c *ListCache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recent.Len() + c.missing.Len()
}

// ReadProofs returns the proofs of a canonical credential as they are read.
func ReadProofs(canonical []byte) ([]Proof, error) {
	s, err := takeApart(canonical, did.PurposeAssertion)
	if err != nil {
		return nil, err
	}
	var out []Proof
	for i := range s.proofs {
		out = append(out, s.proofs[i].Proof)
	}
	return out, nil
}
