package p2p

import (
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"
)

// rates are the buckets of a host.
type rates struct {
	peers     *Buckets[slotKey]   // of those with an agreement
	strangers *Buckets[slotKey]   // of all others, each
	prefixes  *Buckets[prefixKey] // of all others, a network
	conns     *Buckets[netip.Prefix]

	authors, forwarders *Buckets[PeerID] // of gossip
}

// prefixKey names the bucket of one network and protocol.
type prefixKey struct {
	prefix   netip.Prefix
	protocol protocol.ID
}

func newRates() rates {
	return rates{peers: NewBuckets[slotKey](maxPeerBuckets), strangers: NewBuckets[slotKey](maxStrangerBuckets),
		prefixes: NewBuckets[prefixKey](maxStrangerBuckets), conns: NewBuckets[netip.Prefix](maxPrefixBuckets),
		authors: NewBuckets[PeerID](maxStrangerBuckets), forwarders: NewBuckets[PeerID](maxStrangerBuckets)}
}

// admitConnection reports whether a connection may come from an address now.
func (h *Host) admitConnection(from ma.Multiaddr) bool {
	p := prefixOf(from)
	if !h.limited(p) || h.rates.conns.Take(p, connRate, h.cfg.Clock()) {
		return true
	}
	h.tally.connections.Add(1)
	return false
}

// welcome reports whether a stream may be served:
//
//	1 its protocol is for everybody, or the peer is known
//	2 a peer with an agreement is within the protocol's rate
//	3 any other is within that rate, and so are all of its network together
//	4 its protocol is for relayed connections, or it came over another
func (h *Host) welcome(r registration, raw network.Stream) bool {
	id, conn := raw.Conn().RemotePeer(), raw.Conn()
	if !r.limits.Relayed && relayed(conn) { // 4
		h.tally.relayedStreams.Add(1)
		return false
	}
	if !r.limits.Open && !h.gater.known(id) { // 1
		h.tally.strangerStreams.Add(1)
		return false
	}
	key, now := slotKey{PeerID(id.String()), raw.Protocol()}, h.cfg.Clock()
	if h.gater.trusted(id) { // 2
		if h.rates.peers.Take(key, r.limits.Rate, now) {
			return true
		}
		h.tally.peer(key.peer)
		return false
	}
	p := prefixOf(conn.RemoteMultiaddr())
	if h.rates.strangers.Take(key, r.limits.Rate, now) &&
		(!h.limited(p) || h.rates.prefixes.Take(prefixKey{p, key.protocol}, r.limits.Rate.times(prefixShare), now)) { // 3
		return true
	}
	h.tally.strangerStreams.Add(1)
	return false
}

// stranger is a connected peer without an agreement.
type stranger struct {
	since  time.Time
	prefix netip.Prefix
	timer  *time.Timer // disconnects it; nil if it is known
}

// connected makes room for a stranger, or does not, and starts its clock.
func (h *Host) connected(n network.Network, c network.Conn) {
	id := c.RemotePeer()
	if c.Stat().Direction == network.DirOutbound || h.gater.trusted(id) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped || h.strangers[id] != nil {
		return
	}
	p := prefixOf(c.RemoteMultiaddr())
	leaves, room := h.makeRoom(p)
	if !room {
		leaves = id
	}
	if leaves != "" {
		h.tally.strangers.Add(1)
		h.forget(leaves)
		h.handlers.Go(func() { _ = n.ClosePeer(leaves) }) // it is gone already, or is now
	}
	if !room {
		return
	}
	s := &stranger{since: h.cfg.Clock(), prefix: p}
	if !h.gater.known(id) {
		s.timer = time.AfterFunc(StrangerGrace, func() { h.expire(n, id) })
	}
	h.strangers[id] = s
}

// makeRoom says whether a stranger of a network may stay, and who has to leave
// for it; h.mu is held. Those who have come to an agreement since are no
// strangers any more.
func (h *Host) makeRoom(p netip.Prefix) (leaves peer.ID, room bool) {
	neighbours := 0
	var oldest time.Time
	for id, s := range h.strangers {
		if h.gater.trusted(id) {
			h.forget(id)
			continue
		}
		if s.prefix == p {
			neighbours++
		}
		if leaves == "" || s.since.Before(oldest) {
			leaves, oldest = id, s.since
		}
	}
	if h.limited(p) && neighbours >= maxStrangersPerPrefix {
		return "", false
	}
	if len(h.strangers) < maxStrangers {
		leaves = ""
	}
	return leaves, true
}

// expire disconnects a stranger whose time is over, unless it is known by now.
func (h *Host) expire(n network.Network, id peer.ID) {
	if h.gater.known(id) {
		return // and goes on counting as a stranger
	}
	h.mu.Lock()
	h.forget(id)
	h.mu.Unlock()
	_ = n.ClosePeer(id)
}

// disconnected forgets a stranger who left.
func (h *Host) disconnected(n network.Network, c network.Conn) {
	id := c.RemotePeer()
	direct, through := links(n, id)
	if direct {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if through.IsZero() {
		h.forget(id)
	}
	if h.gossip != nil {
		h.gossip.forget(id)
	}
}

// forget stops counting a stranger; h.mu is held.
func (h *Host) forget(id peer.ID) {
	if s := h.strangers[id]; s != nil {
		if s.timer != nil {
			s.timer.Stop()
		}
		delete(h.strangers, id)
	}
}
