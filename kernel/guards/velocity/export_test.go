package velocity

import "github.com/backbay-labs/chio-node/store"

// AgentTime is the time of the bucket of the guard's first limit for an agent.
func (g *Guard) AgentTime(r store.Reader, agent string) (int64, error) {
	b, _, err := readBucket(r, g.uses[0].key("agent", agent), g.uses[0].rate)
	return b.at, err
}
