package vc

import "github.com/backbay-labs/chio-node/did"

// What tests outside the package may see of its inside.
var (
	HashData    = hashData
	EncodeList  = encodeList
	DecodeList  = decodeList
	JudgeStatus = judgeStatus
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
	return c.recent.Len()
}
