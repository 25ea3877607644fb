package p2p

import (
	"errors"
	"fmt"
	"time"
)

// ErrLimits refuses a protocol whose limits are not all set.
var ErrLimits = errors.New("protocol limits are incomplete")

// Limits bound one protocol.
type Limits struct {
	MaxFrameBytes  int           // largest frame in either direction
	MessageTimeout time.Duration // one frame, first byte to last
	TotalTimeout   time.Duration // a whole stream; 0: each message alone
	StreamsPerPeer int           // opened at once to one peer
	Rate           Rate          // how often one peer may open one
	Open           bool          // served to peers that Allow does not know
	Relayed        bool          // opened and served over a relayed connection too
}

// The fixed limits of a host, whatever its protocols.
const (
	// Room for 1,000 peers and maxStrangers. Over TCP a stream reserves 256 KiB
	// before a byte has come, the window that its other end may fill, and each
	// peer has one gossip stream each way: 500 MiB. The windows of all strangers
	// are 256 MiB, and 268 MiB are left for messages and exchanges. Strangers'
	// messages wait while three fifths are taken, which 1,000 peers at rest do not.
	maxConnections     = 1280
	maxConnsPerPeer    = 8
	maxStreams         = 8192
	maxStreamsPerPeer  = 160 // each way, over all protocols, negotiated or not
	maxMemoryBytes     = 1 << 30
	maxPeerMemoryBytes = 96 << 20
	maxFileDescriptors = 1280
	// maxHandshakes bounds the connections whose other end is not proven yet.
	maxHandshakes = 256
	// maxConnsPerPrefix bounds the connections of one network, prefixBits4 and
	// prefixBits6 wide, and connRate how often a new one may come from there.
	// Loopback is not counted, unless Config.LimitLoopback.
	maxConnsPerPrefix = 64
	// inboundSlack: we accept twice what a peer may open at once, because it
	// may open the next stream before our end of the last one is gone.
	inboundSlack = 2
	// maxFrameLimit is the largest MaxFrameBytes that a length can express.
	maxFrameLimit = 1<<(7*maxLengthBytes) - 1
	// StrangerGrace is how long a peer unknown to Allow may stay connected.
	StrangerGrace = 60 * time.Second
	// DialTimeout bounds Connect when its context has no earlier deadline, and
	// DialTimeoutLocal one try of an address in our own network.
	DialTimeout      = 15 * time.Second
	DialTimeoutLocal = 5 * time.Second
)

// The limits of strangers: peers without an agreement, as Config.Trusted says.
// All of them together cannot take what the others need.
const (
	// maxStrangers bounds those connected at once. For one more, who is
	// connected longest is disconnected: a hello takes a second, not a minute.
	maxStrangers = 128
	// maxStrangersPerPrefix bounds those of one network; one more is turned away.
	maxStrangersPerPrefix = 32
	// maxStrangerStreams bounds the streams that one of them may have open here.
	maxStrangerStreams = 24
	// maxStreamsOfStrangers bounds those of all of them, by what they reserve.
	maxStreamsOfStrangers = 1024
	// prefixShare: the strangers of one network together may open as many
	// streams as so many of them could alone.
	prefixShare = 4
	// maxPeerBuckets and maxStrangerBuckets bound the rates that are remembered:
	// of a peer and protocol; of a stranger or network and protocol.
	maxPeerBuckets     = 65_536
	maxStrangerBuckets = 16_384
	// maxPrefixBuckets bounds the networks whose connections are remembered.
	maxPrefixBuckets = 16_384
)

// connRate is how often one network may open a connection.
var connRate = Rate{Every: 250 * time.Millisecond, Burst: 64}

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
	case l.Rate.Every <= 0 || l.Rate.Burst <= 0:
		return fmt.Errorf("%w: Rate must be positive", ErrLimits)
	}
	return nil
}
