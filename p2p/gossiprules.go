package p2p

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// gossipProtocols are the versions of gossipsub spoken, the newest first.
var gossipProtocols = []protocol.ID{pubsub.GossipSubID_v12, pubsub.GossipSubID_v11}

// gossipHost hides strangers from gossipsub, which has no membership of its
// own: it neither hears them nor tells them which topics there are. Nothing of it
// is relayed.
type gossipHost struct {
	host.Host
	known func(peer.ID) bool
}

// NewStream opens streams to known peers only.
func (h gossipHost) NewStream(ctx context.Context, to peer.ID, ids ...protocol.ID) (network.Stream, error) {
	if !h.known(to) {
		return nil, fmt.Errorf("%w: %s is a stranger", ErrState, to)
	}
	s, err := h.Host.NewStream(network.WithNoDial(ctx, "addresses come from Connect"), to, ids...)
	if err == nil && relayed(s.Conn()) {
		return nil, errors.Join(ErrRelayed, s.Reset())
	}
	return s, err
}

// SetStreamHandler serves known peers only.
func (h gossipHost) SetStreamHandler(id protocol.ID, serve network.StreamHandler) {
	h.Host.SetStreamHandler(id, func(s network.Stream) {
		if !h.known(s.Conn().RemotePeer()) || relayed(s.Conn()) {
			_ = s.Reset()
			return
		}
		serve(s)
	})
}

// options are gossipsub's, every number of them named in gossiplimits.go.
func (g *Gossip) options() []pubsub.Option {
	return []pubsub.Option{
		pubsub.WithGossipSubProtocols(gossipProtocols, pubsub.GossipSubDefaultFeatures),
		pubsub.WithMessageSignaturePolicy(pubsub.StrictSign),
		pubsub.WithMessageIdFn(gossipID),
		pubsub.WithMaxMessageSize(MaxGossipBytes + gossipFrameSlack),
		pubsub.WithMaxControlMessageSize(MaxGossipBytes + gossipFrameSlack),
		pubsub.WithSeenMessagesTTL(GossipSeenFor),
		pubsub.WithPeerOutboundQueueSize(gossipQueue),
		pubsub.WithValidateQueueSize(gossipQueue),
		pubsub.WithValidateThrottle(gossipJudges),
		pubsub.WithPeerFilter(g.member),
		pubsub.WithSubscriptionFilter(g),
		pubsub.WithPeerScore(g.score(), thresholds()),
		pubsub.WithPeerGater(peerGater()),
		pubsub.WithPeerExchange(false),
		pubsub.WithFloodPublish(false),
		pubsub.WithLogger(slog.New(slog.DiscardHandler)),
		pubsub.WithRPCLogger(slog.New(slog.DiscardHandler)),
	}
}

// gossipID names a message by its contents, so that the same said again, under
// another sequence number, is not new.
func gossipID(m *pb.Message) string {
	h := sha256.New()
	h.Write([]byte(m.GetTopic()))
	h.Write([]byte{0})
	h.Write(m.GetData())
	return string(h.Sum(nil))
}

func (g *Gossip) member(id peer.ID, topic string) bool {
	return g.known(id) && g.cfg.Member(g.host.gater.names.of(id), topic)
}

// validator judges a message that others sent; gossipsub has verified its
// author's signature:
//
//	1 not over MaxGossipBytes, from a member
//	2 its author and who passed it on are within their rates
//	3 the configuration's Judge accepts it
//	4 its sequence number is above every one of its author in this topic
func (g *Gossip) validator(topic string) pubsub.ValidatorEx {
	replay := pubsub.NewBasicSeqnoValidator(topicMarks{g.cfg.Marks, topic}, slog.New(slog.DiscardHandler))
	names := &g.host.gater.names
	return func(ctx context.Context, from peer.ID, m *pubsub.Message) pubsub.ValidationResult {
		if from == m.GetFrom() && names.of(from) == g.host.id {
			return pubsub.ValidationAccept // our own
		}
		if len(m.Data) > MaxGossipBytes { // 1
			return pubsub.ValidationReject
		}
		if len(m.GetSeqno()) != seqnoBytes || !g.member(from, topic) { // 1
			return pubsub.ValidationIgnore
		}
		author, forwarder := names.of(m.GetFrom()), names.of(from)
		if !g.host.hears(author, forwarder) { // 2
			return pubsub.ValidationIgnore
		}
		switch g.cfg.Judge(ctx, GossipMessage{Topic: topic, Author: author, From: forwarder, Data: m.Data}) { // 3
		case GossipAccept:
			return replay(ctx, from, m) // 4
		case GossipReject:
			return pubsub.ValidationReject
		default:
			return pubsub.ValidationIgnore
		}
	}
}

// hears reports whether one more message may be judged now.
func (h *Host) hears(author, forwarder PeerID) bool {
	now := h.cfg.Clock()
	if h.rates.forwarders.Take(forwarder, gossipForwarderRate, now) && h.rates.authors.Take(author, gossipAuthorRate, now) {
		return true
	}
	h.tally.gossip.Add(1)
	return false
}

// seqnoBytes is the length of a sequence number on the wire.
const seqnoBytes = 8

// topicMarks is the marks of one topic as gossipsub wants them.
type topicMarks struct {
	marks Marks
	topic string
}

func (t topicMarks) Get(ctx context.Context, author peer.ID) ([]byte, error) {
	mark, err := t.marks.Mark(ctx, t.topic, PeerID(author.String()))
	if err == nil && len(mark) != 0 && len(mark) != seqnoBytes {
		return nil, fmt.Errorf("%w: a mark of %d bytes", ErrState, len(mark))
	}
	return mark, err
}

func (t topicMarks) Put(ctx context.Context, author peer.ID, mark []byte) error {
	return t.marks.SetMark(ctx, t.topic, PeerID(author.String()), mark)
}

// subscriptions is which topics each peer said it takes part in.
type subscriptions map[peer.ID]map[string]struct{}

// CanSubscribe implements pubsub.SubscriptionFilter.
func (g *Gossip) CanSubscribe(topic string) bool { return g.cfg.Form(topic) }

// FilterIncomingSubscriptions implements pubsub.SubscriptionFilter: topics of
// the right form, no more of them than MaxTopics a peer.
func (g *Gossip) FilterIncomingSubscriptions(from peer.ID, subs []*pb.RPC_SubOpts) ([]*pb.RPC_SubOpts, error) {
	if len(subs) > MaxTopics {
		return nil, pubsub.ErrTooManySubscriptions
	}
	kept := pubsub.FilterSubscriptions(subs, g.CanSubscribe)
	var fresh []string
	g.hearing.Lock()
	told := g.told[from]
	if told == nil {
		told = make(map[string]struct{})
		g.told[from] = told
	}
	out := kept[:0]
	for _, s := range kept {
		topic := s.GetTopicid()
		switch _, have := told[topic]; {
		case !s.GetSubscribe():
			delete(told, topic)
		case !have && len(told) >= MaxTopics:
			continue
		case !have:
			told[topic] = struct{}{}
			fresh = append(fresh, topic)
		}
		out = append(out, s)
	}
	g.hearing.Unlock()
	if g.cfg.Joined != nil {
		for _, topic := range fresh {
			g.cfg.Joined(PeerID(from.String()), topic)
		}
	}
	return out, nil
}

// forget drops what a peer that left had said.
func (g *Gossip) forget(id peer.ID) {
	g.hearing.Lock()
	defer g.hearing.Unlock()
	delete(g.told, id)
}

// decay is the factor that brings a counter to zero within d.
func decay(d time.Duration) float64 {
	return pubsub.ScoreParameterDecayWithBase(d, scoreDecayEvery, scoreZero)
}
