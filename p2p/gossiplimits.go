package p2p

import (
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// The fixed limits of gossip.
const (
	// MaxGossipBytes is the largest message.
	MaxGossipBytes = 64 << 10
	// gossipFrameSlack is room for author, sequence number, signature and topic
	// around the largest message.
	gossipFrameSlack = 1 << 10
	// MaxTopics bounds the topics of one node: the list of them is one frame.
	MaxTopics = 800
	// GossipSeenFor is how long a message that comes again is known to be old
	// without being judged.
	GossipSeenFor = 120 * time.Second
	// gossipQueue bounds the messages that wait, to one peer or for judgement.
	gossipQueue = 64
	// gossipJudges bounds the messages being judged at once.
	gossipJudges         = 256
	gossipJudgesPerTopic = 16
	gossipJudgeTimeout   = 10 * time.Second
	// gossipStreamsPerPeer is one in either direction, and one more of each
	// while a connection is replaced.
	gossipStreamsPerPeer = 2
	// gossipMendEvery is how soon a peer is spoken to that gossipsub gave up.
	gossipMendEvery = 2 * time.Second
)

// How often messages are judged: of one author, who says its own head each second
// and others' every minute, and of one peer that passes them on. What is over is
// dropped unread, and nobody is blamed: who passes on too much may be honest.
var (
	gossipAuthorRate    = Rate{Every: 20 * time.Millisecond, Burst: 2 * MaxTopics}
	gossipForwarderRate = Rate{Every: 500 * time.Microsecond, Burst: 20 * MaxTopics}
)

// The score of a peer. One in good standing begins with scoreTrusted; messages
// that it should not have passed on cost the square of their number, which is
// forgotten within scoreForget. Addresses do not count: membership is by
// treaty, so many peers at one address buy nobody anything.
const (
	scoreTrusted    = 5.0
	scoreUntrusted  = -1000.0
	scoreInvalid    = -2.0 // times the square of the invalid messages
	scoreBehaviour  = -2.0 // times the square of the broken promises over the free ones
	scoreFreeBreaks = 6.0
	scoreZero       = 0.01 // counters below it are zero

	scoreGossip   = -10.0 // below it a peer is told of no messages
	scorePublish  = -50.0 // below it none of ours is sent to it
	scoreGraylist = -80.0 // below it nothing it sends is read

	scoreDecayEvery = time.Second
	scoreForget     = 10 * time.Minute
	scoreRetain     = time.Hour // the score of a peer that left
)

// The gater sheds the messages of peers whose share of bad ones is high, once
// more than gaterThreshold of all are dropped for want of judges.
const (
	gaterThreshold    = 0.33
	gaterForget       = 2 * time.Minute
	gaterForgetSource = time.Hour
)

func thresholds() *pubsub.PeerScoreThresholds {
	return &pubsub.PeerScoreThresholds{GossipThreshold: scoreGossip, PublishThreshold: scorePublish, GraylistThreshold: scoreGraylist}
}

func (g *Gossip) score() *pubsub.PeerScoreParams {
	return &pubsub.PeerScoreParams{
		Topics:            make(map[string]*pubsub.TopicScoreParams),
		AppSpecificScore:  g.standing,
		AppSpecificWeight: 1,
		// IPColocationFactorWeight stays 0, see above.
		BehaviourPenaltyWeight: scoreBehaviour, BehaviourPenaltyThreshold: scoreFreeBreaks, BehaviourPenaltyDecay: decay(scoreForget),
		DecayInterval: scoreDecayEvery, DecayToZero: scoreZero, RetainScore: scoreRetain, SeenMsgTTL: GossipSeenFor,
	}
}

// standing is the part of a score that does not come from behaviour here.
func (g *Gossip) standing(id peer.ID) float64 {
	if g.known(id) && g.cfg.Trusted(g.host.gater.names.of(id)) {
		return scoreTrusted
	}
	return scoreUntrusted
}

// topicScore counts invalid messages alone: heads are rare, so neither few nor
// many of them say anything about a peer.
func topicScore() *pubsub.TopicScoreParams {
	return &pubsub.TopicScoreParams{
		SkipAtomicValidation: true, TopicWeight: 1,
		TimeInMeshQuantum:              time.Second, // without a weight, and it is divided by
		InvalidMessageDeliveriesWeight: scoreInvalid, InvalidMessageDeliveriesDecay: decay(scoreForget),
	}
}

func peerGater() *pubsub.PeerGaterParams {
	return pubsub.NewPeerGaterParams(gaterThreshold, decay(gaterForget), decay(gaterForgetSource))
}
