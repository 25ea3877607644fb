package p2p

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"sync"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/x/rate"
	ma "github.com/multiformats/go-multiaddr"
)

// resourceManager turns our limits into libp2p's fixed ones, and adds those that
// it has no place for.
func (h *Host) resourceManager() (network.ResourceManager, error) {
	scaling := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&scaling)
	partial := h.partialLimits()
	limits := partial.Build(scaling.Scale(maxMemoryBytes, maxFileDescriptors))
	options := []rcmgr.Option{rcmgr.WithMetricsDisabled(),
		rcmgr.WithConnRateLimiters(&rate.Limiter{}), // ours are counted, and bounded in number
		rcmgr.WithLimitPerSubnet(perSubnet(prefixBits4), perSubnet(prefixBits6))}
	if h.cfg.LimitLoopback {
		options = append(options, rcmgr.WithNetworkPrefixLimit([]rcmgr.NetworkPrefixLimit{}, []rcmgr.NetworkPrefixLimit{}))
	}
	rm, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits), options...)
	if err != nil {
		return nil, fmt.Errorf("build the resource manager: %w", err)
	}
	return &resources{ResourceManager: rm, h: h, open: make(map[peer.ID]int)}, nil
}

func perSubnet(bits int) []rcmgr.ConnLimitPerSubnet {
	return []rcmgr.ConnLimitPerSubnet{{PrefixLength: bits, ConnCount: maxConnsPerPrefix}}
}

func (h *Host) partialLimits() rcmgr.PartialLimitConfig {
	partial := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: maxConnections, ConnsInbound: maxConnections, ConnsOutbound: maxConnections,
			Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams,
			FD: maxFileDescriptors, Memory: maxMemoryBytes,
		},
		// Streams that have not named their protocol are bounded a peer: were they
		// bounded all together below maxStreams, one peer could use that up.
		Transient: rcmgr.ResourceLimits{
			Conns: maxHandshakes, ConnsInbound: maxHandshakes, ConnsOutbound: maxHandshakes,
			Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams,
			FD: maxHandshakes, Memory: maxMemoryBytes,
		},
		PeerDefault: rcmgr.ResourceLimits{
			Conns: maxConnsPerPeer, ConnsInbound: maxConnsPerPeer, ConnsOutbound: maxConnsPerPeer,
			Streams: 2 * maxStreamsPerPeer, StreamsInbound: maxStreamsPerPeer, StreamsOutbound: maxStreamsPerPeer,
			FD: maxConnsPerPeer, Memory: maxPeerMemoryBytes,
		},
		Stream:       rcmgr.ResourceLimits{Streams: 1, StreamsInbound: 1, StreamsOutbound: 1, Memory: maxPeerMemoryBytes},
		Protocol:     make(map[protocol.ID]rcmgr.ResourceLimits, len(h.protocols)),
		ProtocolPeer: make(map[protocol.ID]rcmgr.ResourceLimits, len(h.protocols)),
	}
	for id, r := range h.protocols {
		limitProtocol(&partial, id, r.limits.StreamsPerPeer)
	}
	for _, id := range gossipProtocols {
		limitProtocol(&partial, id, gossipStreamsPerPeer)
	}
	return partial
}

func limitProtocol(partial *rcmgr.PartialLimitConfig, id protocol.ID, streamsPerPeer int) {
	in, out := rcmgr.LimitVal(inboundSlack*streamsPerPeer), rcmgr.LimitVal(streamsPerPeer)
	partial.Protocol[id] = rcmgr.ResourceLimits{
		Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams, Memory: maxMemoryBytes,
	}
	partial.ProtocolPeer[id] = rcmgr.ResourceLimits{
		Streams: in + out, StreamsInbound: in, StreamsOutbound: out, Memory: maxPeerMemoryBytes,
	}
}

// The reasons a connection or a stream is not let in. Its other end is told
// neither: it is cut off.
var (
	errConnRate        = errors.New("too many connections from this network")
	errStrangerStreams = errors.New("too many streams of a stranger")
)

// resources adds to libp2p's resource manager how often one network may connect,
// and how many streams a stranger may have open. Both are asked before anything
// is spent on the other end.
type resources struct {
	network.ResourceManager
	h *Host

	mu   sync.Mutex // guards what follows
	open map[peer.ID]int
	all  int // the sum of open
}

// OpenConnection implements network.ResourceManager.
func (r *resources) OpenConnection(dir network.Direction, fd bool, endpoint ma.Multiaddr) (network.ConnManagementScope, error) {
	if dir == network.DirInbound && !r.h.admitConnection(endpoint) {
		return nil, errConnRate
	}
	scope, err := r.ResourceManager.OpenConnection(dir, fd, endpoint)
	if err != nil && dir == network.DirInbound {
		r.h.tally.connections.Add(1)
	}
	return scope, err
}

// OpenStream implements network.ResourceManager.
func (r *resources) OpenStream(id peer.ID, dir network.Direction) (network.StreamManagementScope, error) {
	if dir == network.DirOutbound || r.h.gater.trusted(id) {
		return r.ResourceManager.OpenStream(id, dir)
	}
	if !r.enter(id) {
		r.h.tally.strangerStreams.Add(1)
		return nil, errStrangerStreams
	}
	scope, err := r.ResourceManager.OpenStream(id, dir)
	if err != nil {
		r.leave(id)
		return nil, err
	}
	return &strangerStream{StreamManagementScope: scope, leave: sync.OnceFunc(func() { r.leave(id) })}, nil
}

func (r *resources) enter(id peer.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[id] >= maxStrangerStreams || r.all >= maxStreamsOfStrangers {
		return false
	}
	r.open[id]++
	r.all++
	return true
}

func (r *resources) leave(id peer.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all--
	if r.open[id]--; r.open[id] <= 0 {
		delete(r.open, id)
	}
}

// strangerStream counts itself until it ends.
type strangerStream struct {
	network.StreamManagementScope
	leave func()
}

// Done implements network.ResourceScopeSpan.
func (s *strangerStream) Done() {
	s.StreamManagementScope.Done()
	s.leave()
}

// limited reports whether connections from a network are counted together.
func (h *Host) limited(p netip.Prefix) bool { return h.cfg.LimitLoopback || !p.Addr().IsLoopback() }

// priority of the memory of a peer's messages: strangers are refused while there
// is still some left for the others.
func (h *Host) priority(id peer.ID) uint8 {
	if h.gater.trusted(id) {
		return math.MaxUint8
	}
	return network.ReservationPriorityMedium
}
