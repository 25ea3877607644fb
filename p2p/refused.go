package p2p

import (
	"sync"
	"sync/atomic"
)

// Refused counts what a host turned away since it started. Nothing of it is
// logged one by one: who floods us does not fill the log.
type Refused struct {
	Connections     uint64 `json:"connections"`      // too many from one network, or too often
	Strangers       uint64 `json:"strangers"`        // connections of strangers closed to make room, or for want of it
	PeerStreams     uint64 `json:"peer_streams"`     // of known peers, over the rate of a protocol
	StrangerStreams uint64 `json:"stranger_streams"` // of strangers, over a rate, over their number, or not for strangers
	RelayedStreams  uint64 `json:"relayed_streams"`  // over a relayed connection, of protocols that need a direct one
	Gossip          uint64 `json:"gossip"`           // messages of an author, or passed on by a peer, over a rate: not judged
	Errors          uint64 `json:"errors"`           // streams that were reset: malformed, late, or refused by their handler
}

// maxCountedPeers bounds the peers that refusals are counted of one by one.
const maxCountedPeers = 10_000

// tally is where a host counts.
type tally struct {
	connections, strangers, peerStreams, strangerStreams, relayedStreams, gossip, errors atomic.Uint64

	mu    sync.Mutex // guards peers
	peers map[PeerID]uint64
}

// peer counts a stream of a known peer that was over its rate.
func (t *tally) peer(id PeerID) {
	t.peerStreams.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.peers[id]; known || len(t.peers) < maxCountedPeers {
		t.peers[id]++
	}
}

// Refused returns the counts so far.
func (h *Host) Refused() Refused {
	t := &h.tally
	return Refused{Connections: t.connections.Load(), Strangers: t.strangers.Load(), PeerStreams: t.peerStreams.Load(),
		StrangerStreams: t.strangerStreams.Load(), RelayedStreams: t.relayedStreams.Load(), Gossip: t.gossip.Load(), Errors: t.errors.Load()}
}

// RefusedOf returns how many streams of a known peer were over its rates.
func (h *Host) RefusedOf(id PeerID) uint64 {
	h.tally.mu.Lock()
	defer h.tally.mu.Unlock()
	return h.tally.peers[id]
}
