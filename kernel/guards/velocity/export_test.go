package velocity

import "github.com/backbay-labs/chio-node/store"

// AgentTime is the time of the bucket of the guard's first limit for an agent.
func (g *Guard) AgentTime(r store.Reader, agent string) (int64, error) {
	b, _, err := readBucket(r, g.uses[0].key("agent", agent), g.uses[0].rate)
	return b.at, err
}

// DecodeBucket decodes a row and encodes what it read.
func DecodeBucket(row []byte) ([]byte, error) {
	b, fullAt, err := decodeBucket(row)
	if err != nil {
		return nil, err
	}
	return encodeBucket(b, fullAt), nil
}
