package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
)

// The reasons gossip refuses to act.
var (
	// ErrTopic: the topic has not the form that the configuration asks for, or
	// was not joined.
	ErrTopic = errors.New("not a topic of this node")
	// ErrTooManyTopics: MaxTopics are joined.
	ErrTooManyTopics = errors.New("too many topics")
)

// GossipVerdict says what becomes of a message. The zero verdict is GossipIgnore.
type GossipVerdict int

// The verdicts on a message.
const (
	GossipIgnore GossipVerdict = iota // dropped here; nobody is to blame
	GossipAccept                      // passed on to the topic's other members
	GossipReject                      // dropped, and whoever passed it on is blamed
)

// GossipMessage is one message of a topic.
type GossipMessage struct {
	Topic  string
	Author PeerID // the transport key that signed it, proven end to end
	From   PeerID // who passed it on: proves nothing about its contents
	Data   []byte
}

// Marks keep the highest sequence number that an author used in a topic, so
// that no message of it is taken twice, also after a restart.
type Marks interface {
	// Mark returns nil for an author without one.
	Mark(ctx context.Context, topic string, author PeerID) ([]byte, error)
	SetMark(ctx context.Context, topic string, author PeerID, mark []byte) error
}

// GossipConfig says who talks in which topics. Every field but Joined is
// required. The functions are called often and from many goroutines: all but
// Judge and Marks must be quick.
type GossipConfig struct {
	Form    func(topic string) bool            // is this a topic at all
	Member  func(id PeerID, topic string) bool // may this peer take part in it
	Trusted func(id PeerID) bool               // is the peer in good standing now
	Judge   func(context.Context, GossipMessage) GossipVerdict
	Joined  func(id PeerID, topic string) // a peer said that it takes part; may be nil
	Marks   Marks
}

// Gossip passes small messages among the peers that joined a topic.
type Gossip struct {
	cfg   GossipConfig
	host  *Host
	known func(peer.ID) bool

	mu     sync.Mutex // guards what follows; gossipsub's loop never waits for it
	lib    *pubsub.PubSub
	topics map[string]*joined

	hearing sync.Mutex // guards told
	told    subscriptions
}

// joined is one topic of this host.
type joined struct {
	topic *pubsub.Topic
	leave pubsub.RelayCancelFunc
}

// Gossip adds gossip to the host. It must precede Start.
func (h *Host) Gossip(cfg GossipConfig) (*Gossip, error) {
	if cfg.Form == nil || cfg.Member == nil || cfg.Trusted == nil || cfg.Judge == nil || cfg.Marks == nil {
		return nil, fmt.Errorf("%w: gossip: a field is missing", ErrConfig)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.host != nil || h.stopped || h.gossip != nil {
		return nil, fmt.Errorf("%w: gossip is added once, before start", ErrState)
	}
	h.gossip = &Gossip{cfg: cfg, host: h, known: h.gater.known, topics: make(map[string]*joined), told: make(subscriptions)}
	return h.gossip, nil
}

// start runs gossip over a host that just started; it ends with ctx.
func (g *Gossip) start(ctx context.Context, lh host.Host) error {
	lib, err := pubsub.NewGossipSub(ctx, gossipHost{lh, g.known}, g.options()...)
	if err != nil {
		return fmt.Errorf("start gossip: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lib = lib
	g.host.handlers.Go(func() { g.mend(ctx, lh, lib) })
	return nil
}

// Join takes part in a topic: its messages are judged and passed on. Joining
// twice is joining once.
func (g *Gossip) Join(topic string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.lib == nil:
		return fmt.Errorf("%w: not running", ErrState)
	case g.topics[topic] != nil:
		return nil
	case !g.cfg.Form(topic):
		return fmt.Errorf("%w: %.120q", ErrTopic, topic)
	case len(g.topics) >= MaxTopics:
		return fmt.Errorf("%w: %d", ErrTooManyTopics, MaxTopics)
	}
	j, err := g.join(topic)
	if err != nil {
		return fmt.Errorf("join topic %s: %w", topic, err)
	}
	g.topics[topic] = j
	return nil
}

func (g *Gossip) join(topic string) (*joined, error) {
	if err := g.lib.RegisterTopicValidator(topic, g.validator(topic), pubsub.WithValidatorConcurrency(gossipJudgesPerTopic),
		pubsub.WithValidatorTimeout(gossipJudgeTimeout)); err != nil {
		return nil, err
	}
	t, err := g.lib.Join(topic)
	if err != nil {
		return nil, errors.Join(err, g.lib.UnregisterTopicValidator(topic))
	}
	if err := t.SetScoreParams(topicScore()); err != nil {
		return nil, errors.Join(err, t.Close(), g.lib.UnregisterTopicValidator(topic))
	}
	leave, err := t.Relay()
	if err != nil {
		return nil, errors.Join(err, t.Close(), g.lib.UnregisterTopicValidator(topic))
	}
	return &joined{topic: t, leave: leave}, nil
}

// Leave ends taking part in a topic; leaving one that was not joined is nothing.
func (g *Gossip) Leave(topic string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	j := g.topics[topic]
	if j == nil {
		return nil
	}
	delete(g.topics, topic)
	j.leave()
	if err := errors.Join(j.topic.Close(), g.lib.UnregisterTopicValidator(topic)); err != nil {
		return fmt.Errorf("leave topic %s: %w", topic, err)
	}
	return nil
}

// Publish gives a message to the members of a joined topic that are connected,
// directly or through others. It promises nobody's receiving it.
func (g *Gossip) Publish(ctx context.Context, topic string, data []byte) error {
	if len(data) > MaxGossipBytes {
		return fmt.Errorf("%w: %d bytes to publish, limit %d", ErrFrameTooLarge, len(data), MaxGossipBytes)
	}
	g.mu.Lock()
	j := g.topics[topic]
	g.mu.Unlock()
	if j == nil {
		return fmt.Errorf("%w: %.120q was not joined", ErrTopic, topic)
	}
	if err := j.topic.Publish(ctx, data); err != nil {
		return fmt.Errorf("publish in %s: %w", topic, err)
	}
	return nil
}

// Members lists the connected peers that said they take part in a topic.
func (g *Gossip) Members(topic string) []PeerID {
	g.mu.Lock()
	j := g.topics[topic]
	g.mu.Unlock()
	if j == nil {
		return nil
	}
	var out []PeerID
	for _, id := range j.topic.ListPeers() {
		out = append(out, PeerID(id.String()))
	}
	return out
}

// Welcome tells gossip that a connected peer has just become known: until then
// nothing was said to it.
func (h *Host) Welcome(id PeerID) {
	lh, err := h.started()
	if err != nil || h.gossip == nil {
		return
	}
	if remote, err := id.decode(); err == nil {
		offer(lh, remote)
	}
}

// offer has gossipsub open a stream to a peer, unless it has one. Of a peer that
// has not said yet what it speaks gossipsub hears when it does.
func offer(lh host.Host, to peer.ID) {
	spoken, err := lh.Peerstore().SupportsProtocols(to, gossipProtocols...)
	if err != nil || len(spoken) == 0 {
		return
	}
	emitter, err := lh.EventBus().Emitter(new(event.EvtPeerProtocolsUpdated))
	if err != nil {
		return
	}
	defer func() { _ = emitter.Close() }() // closing twice is its only error
	_ = emitter.Emit(event.EvtPeerProtocolsUpdated{Peer: to, Added: spoken})
}

// mend offers gossipsub again what it lost: it gives up a peer that refuses its
// stream a few times within a second, as one does that does not know us yet, and it
// misses a welcome that comes while an attempt is failing.
func (g *Gossip) mend(ctx context.Context, lh host.Host, lib *pubsub.PubSub) {
	tick := time.NewTicker(gossipMendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		spokenTo := lib.ListPeers("")
		for _, id := range lh.Network().Peers() {
			if !slices.Contains(spokenTo, id) && g.known(id) {
				offer(lh, id)
			}
		}
	}
}
