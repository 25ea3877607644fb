package federation

import (
	"sync"

	"github.com/backbay-labs/chio-node/did"
)

// Counts is how often something happened with a peer since the process began.
type Counts struct {
	CallsIn  uint64 // calls of its agents that were asked for here, retries too
	CallsOut uint64 // calls that were sent to it
	Denied   uint64 // requests that were answered with a protocol error
}

// counts keeps the Counts of peers that the directory knows.
type counts struct {
	mu sync.Mutex
	of map[did.DID]*Counts
}

func (c *counts) add(peer did.DID, what func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[did.DID]*Counts)
	}
	if c.of[peer] == nil {
		c.of[peer] = new(Counts)
	}
	what(c.of[peer])
}

// Counts returns what was counted of a peer.
func (x *Exchange) Counts(peer did.DID) Counts {
	x.counts.mu.Lock()
	defer x.counts.mu.Unlock()
	if c := x.counts.of[peer]; c != nil {
		return *c
	}
	return Counts{}
}
