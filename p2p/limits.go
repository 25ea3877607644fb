package p2p

import (
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
)

// ErrLimits refuses a protocol whose limits are not all set.
var ErrLimits = errors.New("protocol limits are incomplete")

// Limits bound one protocol.
type Limits struct {
	MaxFrameBytes  int           // largest frame in either direction
	MessageTimeout time.Duration // one frame, first byte to last
	TotalTimeout   time.Duration // a whole stream; 0: each message alone
	StreamsPerPeer int           // opened at once to one peer
	Open           bool          // served to peers that Allow does not know
}

// The fixed limits of a host, whatever its protocols.
const (
	maxConnections     = 512
	maxConnsPerPeer    = 8
	maxStreams         = 4096
	maxMemoryBytes     = 256 << 20
	maxPeerMemoryBytes = 96 << 20
	maxFileDescriptors = 512
	// inboundSlack: we accept twice what a peer may open at once, because it
	// may open the next stream before our end of the last one is gone.
	inboundSlack = 2
	// maxFrameLimit is the largest MaxFrameBytes that a length can express.
	maxFrameLimit = 1<<(7*maxLengthBytes) - 1
	// StrangerGrace is how long a peer unknown to Allow may stay connected.
	StrangerGrace = 60 * time.Second
	// DialTimeout bounds Connect when its context has no earlier deadline.
	DialTimeout = 15 * time.Second
)

func (l Limits) validate() error {
	switch {
	case l.MaxFrameBytes <= 0 || l.MaxFrameBytes > maxFrameLimit:
		return fmt.Errorf("%w: MaxFrameBytes %d is outside 1 … %d", ErrLimits, l.MaxFrameBytes, maxFrameLimit)
	case l.MessageTimeout <= 0:
		return fmt.Errorf("%w: MessageTimeout must be positive", ErrLimits)
	case l.TotalTimeout < 0:
		return fmt.Errorf("%w: TotalTimeout must not be negative", ErrLimits)
	case l.StreamsPerPeer <= 0:
		return fmt.Errorf("%w: StreamsPerPeer must be positive", ErrLimits)
	}
	return nil
}

// resourceManager turns the protocols' limits into libp2p's fixed ones.
func resourceManager(protocols map[protocol.ID]registration) (network.ResourceManager, error) {
	scaling := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&scaling)
	partial := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: maxConnections, ConnsInbound: maxConnections, ConnsOutbound: maxConnections,
			Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams,
			FD: maxFileDescriptors, Memory: maxMemoryBytes,
		},
		PeerDefault: rcmgr.ResourceLimits{
			Conns: maxConnsPerPeer, ConnsInbound: maxConnsPerPeer, ConnsOutbound: maxConnsPerPeer,
			FD: maxConnsPerPeer, Memory: maxPeerMemoryBytes,
		},
		Protocol:     make(map[protocol.ID]rcmgr.ResourceLimits, len(protocols)),
		ProtocolPeer: make(map[protocol.ID]rcmgr.ResourceLimits, len(protocols)),
	}
	for id, r := range protocols {
		in, out := rcmgr.LimitVal(inboundSlack*r.limits.StreamsPerPeer), rcmgr.LimitVal(r.limits.StreamsPerPeer)
		partial.Protocol[id] = rcmgr.ResourceLimits{
			Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams, Memory: maxMemoryBytes,
		}
		partial.ProtocolPeer[id] = rcmgr.ResourceLimits{
			Streams: in + out, StreamsInbound: in, StreamsOutbound: out, Memory: maxPeerMemoryBytes,
		}
	}
	for _, id := range gossipProtocols {
		in, out := rcmgr.LimitVal(inboundSlack*gossipStreamsPerPeer), rcmgr.LimitVal(gossipStreamsPerPeer)
		partial.Protocol[id] = rcmgr.ResourceLimits{Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams, Memory: maxMemoryBytes}
		partial.ProtocolPeer[id] = rcmgr.ResourceLimits{Streams: in + out, StreamsInbound: in, StreamsOutbound: out, Memory: maxPeerMemoryBytes}
	}
	limits := partial.Build(scaling.Scale(maxMemoryBytes, maxFileDescriptors))
	rm, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits), rcmgr.WithMetricsDisabled())
	if err != nil {
		return nil, fmt.Errorf("build the resource manager: %w", err)
	}
	return rm, nil
}
