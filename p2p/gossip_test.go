package p2p

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
)

const testTopic = "test/topic"

// gossiper is a host that gossips, and what its judge was asked.
type gossiper struct {
	*Host
	gossip *Gossip

	mu      sync.Mutex
	heard   []GossipMessage
	verdict GossipVerdict
	bad     map[PeerID]bool // not in good standing
	known   func(PeerID) bool
	marks   map[string][]byte
	joined  []string
}

func (g *gossiper) judge(_ context.Context, m GossipMessage) GossipVerdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = append(g.heard, m)
	return g.verdict
}

func (g *gossiper) Mark(_ context.Context, topic string, author PeerID) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.marks[topic+string(author)], nil
}

func (g *gossiper) SetMark(_ context.Context, topic string, author PeerID, mark []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.marks[topic+string(author)] = mark
	return nil
}

func (g *gossiper) received() []GossipMessage {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]GossipMessage(nil), g.heard...)
}

func (g *gossiper) set(fn func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fn()
}

// startGossiper starts a host that joined testTopic.
func startGossiper(t testing.TB, seed byte) *gossiper {
	t.Helper()
	g := &gossiper{verdict: GossipAccept, bad: make(map[PeerID]bool), marks: make(map[string][]byte), known: everybody}
	h, err := New(Config{Key: seedKey(t, seed), Open: true, Allow: func(id PeerID) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.known(id)
	}})
	if err != nil {
		t.Fatal(err)
	}
	g.Host = h
	g.gossip, err = h.Gossip(GossipConfig{
		Form:   func(topic string) bool { return strings.HasPrefix(topic, "test/") },
		Member: func(_ PeerID, topic string) bool { return topic != "test/closed" },
		Trusted: func(id PeerID) bool {
			g.mu.Lock()
			defer g.mu.Unlock()
			return !g.bad[id]
		},
		Judge: g.judge, Marks: g,
		Joined: func(_ PeerID, topic string) { g.set(func() { g.joined = append(g.joined, topic) }) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := g.gossip.Join(testTopic); err != nil {
		t.Fatal(err)
	}
	return g
}

// eventually polls a condition for at most a minute.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if ok() {
			return
		}
	}
	t.Fatalf("not in time: %s", what)
}

// link connects two gossipers and waits until each knows the other's topic.
func link(t testing.TB, a, b *gossiper) {
	t.Helper()
	if _, err := a.Connect(t.Context(), b.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both know each other's topic", func() bool { return meets(a, b) && meets(b, a) })
}

func meets(a, b *gossiper) bool {
	for _, id := range a.gossip.Members(testTopic) {
		if id == b.ID() {
			return true
		}
	}
	return false
}

// say publishes numbered messages until the condition holds: a mesh takes a
// moment to form, and gossip promises nothing about one message.
func say(t testing.TB, from *gossiper, what string, ok func() bool) {
	t.Helper()
	n := 0
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if ok() {
			return
		}
		n++
		if err := from.gossip.Publish(t.Context(), testTopic, fmt.Appendf(nil, "%s %d", what, n)); err != nil {
			t.Fatal(err)
		}
		<-tick.C
	}
	t.Fatalf("not heard: %s", what)
}

func heardFrom(g *gossiper, author PeerID) func() bool {
	return func() bool {
		for _, m := range g.received() {
			if m.Author == author {
				return true
			}
		}
		return false
	}
}

// TestGossipTravelsThroughOthers: the author is who signed it, whoever passed
// it on; what a judge does not accept goes no further.
func TestGossipTravelsThroughOthers(t *testing.T) {
	a, b, c := startGossiper(t, 7), startGossiper(t, 9), startGossiper(t, 11)
	link(t, a, b)
	link(t, b, c)
	say(t, a, "hello", heardFrom(c, a.ID()))
	for _, m := range c.received() {
		if m.Author != a.ID() || m.From != b.ID() || m.Topic != testTopic {
			t.Fatalf("heard %+v", m)
		}
	}
	before := len(c.received())
	b.set(func() { b.verdict = GossipIgnore })
	n := len(b.received())
	say(t, a, "ignored", func() bool { return len(b.received()) > n+3 })
	if got := len(c.received()); got != before {
		t.Fatalf("a message that b ignored reached c: %d, before %d", got, before)
	}
}

// TestRejectedGossipCostsTheForwarder: and below the threshold nothing of it is
// read any more.
func TestRejectedGossipCostsTheForwarder(t *testing.T) {
	a, b := startGossiper(t, 7), startGossiper(t, 9)
	link(t, a, b)
	say(t, a, "good", heardFrom(b, a.ID()))
	b.set(func() { b.verdict = GossipReject })
	quiet := 0
	last := len(b.received())
	for i := 0; quiet < 10; i++ {
		if i > 400 {
			t.Fatalf("still judged after %d rejected messages", len(b.received()))
		}
		if err := a.gossip.Publish(t.Context(), testTopic, fmt.Appendf(nil, "bad %d", i)); err != nil {
			t.Fatal(err)
		}
		pause := time.NewTimer(20 * time.Millisecond)
		<-pause.C
		if n := len(b.received()); n == last {
			quiet++
		} else {
			quiet, last = 0, n
		}
	}
}

// TestStrangersHearNothing: a stranger is told no topic and no message, and is
// not heard, whichever side it is that does not know the other; until it is
// known and welcomed.
func TestStrangersHearNothing(t *testing.T) {
	for name, stranger := range map[string]struct{ to, from bool }{"both": {true, true}, "who sends": {true, false}, "who listens": {false, true}} {
		t.Run(name, func(t *testing.T) {
			a, b := startGossiper(t, 7), startGossiper(t, 9)
			nobody := func(PeerID) bool { return false }
			if stranger.from {
				a.set(func() { a.known = nobody })
			}
			if stranger.to {
				b.set(func() { b.known = nobody })
			}
			if _, err := a.Connect(t.Context(), b.Addrs()[0]); err != nil {
				t.Fatal(err)
			}
			for i := range 20 {
				if err := a.gossip.Publish(t.Context(), testTopic, fmt.Appendf(nil, "secret %d", i)); err != nil {
					t.Fatal(err)
				}
			}
			pause := time.NewTimer(500 * time.Millisecond)
			<-pause.C
			if meets(b, a) || len(b.received()) != 0 || len(b.topicsTold()) != 0 {
				t.Fatalf("b heard of %v and %d messages", b.topicsTold(), len(b.received()))
			}
			a.set(func() { a.known = everybody })
			b.set(func() { b.known = everybody })
			a.Welcome(b.ID())
			b.Welcome(a.ID())
			say(t, a, "now", heardFrom(b, a.ID()))
			if len(b.topicsTold()) == 0 {
				t.Error("nobody was told that a peer takes part")
			}
		})
	}
}

// TestGossipIsOfferedAgain: gossipsub gives up a peer that refuses it; it is
// spoken to when it stops refusing, also if nobody says so.
func TestGossipIsOfferedAgain(t *testing.T) {
	a, b := startGossiper(t, 7), startGossiper(t, 9)
	a.set(func() { a.known = func(PeerID) bool { return false } })
	if _, err := a.Connect(t.Context(), b.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	speaks := func() bool { return len(b.gossip.lib.ListPeers("")) != 0 }
	eventually(t, "b tries", speaks)
	eventually(t, "b gives up", func() bool { return !speaks() })
	a.set(func() { a.known = everybody })
	say(t, b, "again", heardFrom(a, b.ID()))
	say(t, a, "back", heardFrom(b, a.ID()))
}

// topicsTold lists the topics that Joined was told of.
func (g *gossiper) topicsTold() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.joined...)
}

// TestUntrustedPeerIsNotRead: good standing ends while the connection lives.
func TestUntrustedPeerIsNotRead(t *testing.T) {
	a, b := startGossiper(t, 7), startGossiper(t, 9)
	link(t, a, b)
	say(t, a, "good", heardFrom(b, a.ID()))
	b.set(func() { b.bad[a.ID()] = true })
	eventually(t, "nothing of it is judged", func() bool { // scores are renewed every second
		n := len(b.received())
		for i := range 5 {
			if err := a.gossip.Publish(t.Context(), testTopic, fmt.Appendf(nil, "frozen %d %d", n, i)); err != nil {
				t.Fatal(err)
			}
		}
		pause := time.NewTimer(100 * time.Millisecond)
		<-pause.C
		return len(b.received()) == n
	})
}

func TestGossipRefusals(t *testing.T) {
	a := startGossiper(t, 7)
	if err := a.gossip.Join("other/topic"); !errors.Is(err, ErrTopic) {
		t.Errorf("a topic of another form: %v", err)
	}
	if err := a.gossip.Publish(t.Context(), "test/unjoined", nil); !errors.Is(err, ErrTopic) {
		t.Errorf("publish without joining: %v", err)
	}
	if err := a.gossip.Publish(t.Context(), testTopic, make([]byte, MaxGossipBytes+1)); !errors.Is(err, ErrFrameTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if err := a.gossip.Publish(t.Context(), testTopic, make([]byte, MaxGossipBytes)); err != nil {
		t.Errorf("the largest: %v", err)
	}
	if err := a.gossip.Join(testTopic); err != nil {
		t.Errorf("join twice: %v", err)
	}
	for range 2 {
		if err := a.gossip.Leave(testTopic); err != nil {
			t.Errorf("leave: %v", err)
		}
	}
	if err := a.gossip.Join(testTopic); err != nil {
		t.Errorf("join again: %v", err)
	}
	if _, err := a.Host.Gossip(a.gossip.cfg); !errors.Is(err, ErrState) {
		t.Errorf("gossip after start: %v", err)
	}
	h, err := New(Config{Key: seedKey(t, 8)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Gossip(GossipConfig{}); !errors.Is(err, ErrConfig) {
		t.Errorf("an empty configuration: %v", err)
	}
	g, err := h.Gossip(a.gossip.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Join(testTopic); !errors.Is(err, ErrState) {
		t.Errorf("join before start: %v", err)
	}
	if _, err := h.Gossip(a.gossip.cfg); !errors.Is(err, ErrState) {
		t.Errorf("gossip twice: %v", err)
	}
}

// TestMaxTopics: neither this node nor a peer has more.
func TestMaxTopics(t *testing.T) {
	g := &Gossip{cfg: GossipConfig{Form: func(s string) bool { return strings.HasPrefix(s, "test/") }}, told: make(subscriptions)}
	topics := func(from, n int, prefix string) (out []*pb.RPC_SubOpts) {
		for i := from; i < from+n; i++ {
			out = append(out, &pb.RPC_SubOpts{Topicid: new(fmt.Sprintf("%s/%d", prefix, i)), Subscribe: new(true)})
		}
		return out
	}
	for _, c := range []struct {
		name string
		subs []*pb.RPC_SubOpts
		want int
		err  error
	}{
		{"more than the limit at once", topics(0, MaxTopics+1, "test"), 0, pubsub.ErrTooManySubscriptions},
		{"of another form", topics(0, 10, "other"), 0, nil},
		{"half", topics(0, MaxTopics/2, "test"), MaxTopics / 2, nil},
		{"the other half and more", topics(MaxTopics/2, MaxTopics, "test"), MaxTopics / 2, nil},
		{"known ones again", topics(0, 1, "test"), 1, nil},
	} {
		got, err := g.FilterIncomingSubscriptions("peer", c.subs)
		if len(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d kept, %v", c.name, len(got), err)
		}
	}
	g.forget("peer")
	if len(g.told) != 0 {
		t.Error("what a peer said is kept after it left")
	}
	a := startGossiper(t, 7)
	var err error
	for i := 0; i < MaxTopics && err == nil; i++ {
		err = a.gossip.Join(fmt.Sprintf("test/%d", i))
	}
	if !errors.Is(err, ErrTooManyTopics) {
		t.Errorf("joined all: %v", err)
	}
}

// TestValidatorOrder: size and membership before the judge, the sequence number
// after it.
func TestValidatorOrder(t *testing.T) {
	a, b := startGossiper(t, 7), startGossiper(t, 9)
	from, err := b.ID().decode()
	if err != nil {
		t.Fatal(err)
	}
	message := func(size int, seqno []byte) *pubsub.Message {
		return &pubsub.Message{Message: &pb.Message{From: []byte(from), Seqno: seqno, Data: make([]byte, size)}}
	}
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	for _, c := range []struct {
		name    string
		topic   string
		verdict GossipVerdict
		m       *pubsub.Message
		want    pubsub.ValidationResult
		judged  bool
	}{
		{"too large", testTopic, GossipAccept, message(MaxGossipBytes+1, number(1)), pubsub.ValidationReject, false},
		{"not a member", "test/closed", GossipAccept, message(1, number(1)), pubsub.ValidationIgnore, false},
		{"no sequence number", testTopic, GossipAccept, message(1, nil), pubsub.ValidationIgnore, false},
		{"ignored", testTopic, GossipIgnore, message(1, number(5)), pubsub.ValidationIgnore, true},
		{"rejected", testTopic, GossipReject, message(1, number(5)), pubsub.ValidationReject, true},
		{"accepted: the marks of the others did not move", testTopic, GossipAccept, message(1, number(5)), pubsub.ValidationAccept, true},
		{"the same number", testTopic, GossipAccept, message(2, number(5)), pubsub.ValidationIgnore, true},
		{"a lower one", testTopic, GossipAccept, message(2, number(4)), pubsub.ValidationIgnore, true},
		{"a lower one in another topic", "test/other", GossipAccept, message(2, number(4)), pubsub.ValidationAccept, true},
	} {
		before := len(a.received())
		a.set(func() { a.verdict = c.verdict })
		if got := a.gossip.validator(c.topic)(t.Context(), from, c.m); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		if judged := len(a.received()) > before; judged != c.judged {
			t.Errorf("%s: judged %v", c.name, judged)
		}
	}
	a.set(func() { a.known = func(PeerID) bool { return false } })
	if got := a.gossip.validator(testTopic)(t.Context(), from, message(1, number(9))); got != pubsub.ValidationIgnore {
		t.Errorf("a stranger: %d", got)
	}
}

// TestGossipID: contents alone name a message, and topic and data do not run
// into each other.
func TestGossipID(t *testing.T) {
	id := func(topic, data string, seqno byte) string {
		return gossipID(&pb.Message{Topic: &topic, Data: []byte(data), Seqno: bytes.Repeat([]byte{seqno}, 8)})
	}
	if id("a", "b", 1) != id("a", "b", 2) {
		t.Error("the sequence number makes a message new")
	}
	if id("a", "b", 1) == id("ab", "", 1) || id("a", "b", 1) == id("c", "b", 1) {
		t.Error("two messages have one id")
	}
}

// TestMarksOfAnotherLength are not believed.
func TestMarksOfAnotherLength(t *testing.T) {
	a := startGossiper(t, 7)
	a.set(func() { a.marks[testTopic+string(a.ID())] = []byte{1} })
	if _, err := (topicMarks{a, testTopic}).Get(t.Context(), mustDecode(t, a.ID())); !errors.Is(err, ErrState) {
		t.Fatal(err)
	}
}

func mustDecode(t testing.TB, id PeerID) peer.ID {
	t.Helper()
	p, err := id.decode()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestGossipSpam: one member that says more than its rate is not judged beyond
// it, in whichever topic, and the others are heard all the while.
func TestGossipSpam(t *testing.T) {
	a, b, c := startGossiper(t, 7), startGossiper(t, 9), startGossiper(t, 11)
	spammer, other := mustDecode(t, a.ID()), mustDecode(t, c.ID())
	judge := b.gossip.validator(testTopic)
	message := func(from peer.ID, n int) *pubsub.Message {
		return &pubsub.Message{Message: &pb.Message{From: []byte(from), Seqno: binary.BigEndian.AppendUint64(nil, uint64(n)), Data: fmt.Appendf(nil, "%s %d", from, n)}}
	}
	b.Host.cfg.Clock = func() time.Time { return epoch }
	judged := 0
	for i := range 2 * gossipAuthorRate.Burst {
		if judge(t.Context(), spammer, message(spammer, i+1)) == pubsub.ValidationAccept {
			judged++
		}
		if i%100 == 0 && judge(t.Context(), other, message(other, i+1)) != pubsub.ValidationAccept {
			t.Fatalf("another's message was not heard after %d", i)
		}
	}
	if judged != gossipAuthorRate.Burst || b.Refused().Gossip != uint64(gossipAuthorRate.Burst) {
		t.Fatalf("%d judged, %+v", judged, b.Refused())
	}
	passed := 0 // authors cost nothing: who passes them on is bounded too
	for i := range 2 * gossipForwarderRate.Burst {
		if b.Host.hears(PeerID(fmt.Sprint(i)), a.ID()) {
			passed++
		}
	}
	if passed >= gossipForwarderRate.Burst {
		t.Fatalf("%d of free authors judged", passed)
	}
}
