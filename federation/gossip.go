package federation

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// GossipSchema is the schema of the messages in a log's topic.
const GossipSchema = receipt.HeadNewsSchema

const (
	// topicPrefix and a log's id make the topic of that log's heads.
	topicPrefix = "chio/head/"
	// maxOriginBytes bounds the log ids that have a topic.
	maxOriginBytes = 128
	// gossipFreshSeconds is how old a message may be, by its author's clock,
	// beyond the skew of two honest clocks.
	gossipFreshSeconds = 120
	// maxHeard bounds the heads of one log that are remembered for comparison.
	maxHeard = 32
	// maxJudged bounds the notes of one log that are not verified again.
	maxJudged = 256
	// followTurns is how many turns of a second pass between two questions that
	// gossip has us ask one peer, retryTurns after one that was not answered.
	followTurns = 5
	retryTurns  = 30
	// listenerTurns pass before a log is said for a peer that joined its topic:
	// by then messages go to it. sayTurns, and up to as many more, pass before
	// it is said to the neighbours again, so that any two of them who were shown
	// two histories find out, whatever was lost.
	listenerTurns = 3
	sayTurns      = 60
)

// gossiped is one message.
type gossiped = receipt.HeadNews

// heardHead is a head that the log's kernel key signed, as we learned of it.
// Nothing is known of its consistency with others.
type heardHead struct {
	cp        receipt.Checkpoint
	note      []byte // with the log's own line alone
	witnesses []string
}

// talk is what an exchange hears and says about logs.
type talk struct {
	lib  *p2p.Gossip
	wake chan struct{} // a head waits to be compared

	mu   sync.Mutex // guards what follows
	logs map[string]*topicLog
	own  string // our log's id, once known
}

// topicLog is one log with a topic: a peer's, or ours.
type topicLog struct {
	owner   did.DID
	refused bool                           // the topic could not be joined, and it was reported
	heads   []heardHead                    // the latest learned, the newest last
	judged  map[[sha256.Size]byte]struct{} // notes of these heads whose signatures were verified
	due     bool                           // to be said at the next turn
	later   int                            // turns until it is due again
	said    uint64                         // the size last said of our own log
	compare *heardHead                     // heard, and not yet compared with what the owner shows us
	wait    int                            // turns until the owner may be asked because of gossip again
}

func topicOf(origin string) string { return topicPrefix + origin }

// isTopic reports whether a string is the topic of some log.
func isTopic(topic string) bool {
	origin, ok := strings.CutPrefix(topic, topicPrefix)
	return ok && origin != "" && len(origin) <= maxOriginBytes && !strings.ContainsFunc(origin, func(r rune) bool { return r <= ' ' || r > '~' })
}

// openGossip adds gossip to the host and remembers whose logs are whose.
func (x *Exchange) openGossip() (err error) {
	x.talk.wake, x.talk.logs = make(chan struct{}, 1), make(map[string]*topicLog)
	x.talk.lib, err = x.s.cfg.Host.Gossip(p2p.GossipConfig{Form: isTopic, Member: x.mayGossip, Trusted: x.inGoodStanding, Judge: x.judgeGossip,
		Joined: x.newListener, Marks: gossipMarks{x.s.cfg.DB}})
	if err != nil {
		return err
	}
	heads, err := x.Heads()
	if err != nil {
		return fmt.Errorf("read the peers' heads: %w", err)
	}
	for i := range heads {
		if h := &heads[i]; !h.Own {
			x.remember(h)
		}
	}
	return nil
}

// mayGossip admits to a topic the peers with a treaty, and nobody else.
func (x *Exchange) mayGossip(id p2p.PeerID, _ string) bool {
	rec, err := x.s.cfg.Directory.ByTransport(id)
	return err == nil && rec.State == Active
}

// inGoodStanding is false for a frozen or ended peer, and for one whose binding
// or hello has aged.
func (x *Exchange) inGoodStanding(id p2p.PeerID) bool {
	rec, err := x.s.cfg.Directory.ByTransport(id)
	return err == nil && rec.inForce(x.now()) == nil
}

// newListener has what we know of a log said again soon for a peer that joined.
func (x *Exchange) newListener(_ p2p.PeerID, topic string) {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	if l := x.talk.logs[strings.TrimPrefix(topic, topicPrefix)]; l != nil {
		l.later = min(l.later, listenerTurns)
	}
}

// remember keeps a head that was witnessed, and says it in its topic if nobody
// has.
func (x *Exchange) remember(h *KnownHead) {
	n, err := receipt.ParseNote([]byte(h.Note))
	if err != nil {
		return // rows hold notes that parsed
	}
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	l := x.talk.logs[h.Origin]
	if l == nil {
		l = &topicLog{owner: h.Peer}
		x.talk.logs[h.Origin] = l
	}
	l.owner = h.Peer // a log id that an ended peer had may be another's
	if l.find(h.Size) == nil {
		l.add(heardHead{cp: n.Checkpoint, note: ownLines(n)})
		l.due = true
	}
}

// find is the remembered head of a size, or nil.
func (l *topicLog) find(size uint64) *heardHead {
	for i := range l.heads {
		if l.heads[i].cp.Size == size {
			return &l.heads[i]
		}
	}
	return nil
}

// add remembers a head, and forgets the one learned first when there are many.
func (l *topicLog) add(h heardHead) *heardHead {
	clear(l.judged)
	if len(l.heads) >= maxHeard {
		l.heads = append(l.heads[:0], l.heads[1:]...)
	}
	l.heads = append(l.heads, h)
	return &l.heads[len(l.heads)-1]
}

// ownLines is a note without the lines of witnesses.
func ownLines(n *receipt.Note) []byte {
	own := receipt.Note{Checkpoint: n.Checkpoint, Text: n.Text}
	for _, line := range n.Lines {
		if line.Name == n.Checkpoint.Origin {
			own.Lines = append(own.Lines, line)
		}
	}
	return own.Bytes()
}

// GossipView is what gossip knows of one peer's log.
type GossipView struct {
	Members   int    // connected peers that listen to its topic
	Size      uint64 // of the largest head heard
	Witnesses int    // peers of ours that cosigned that head
}

// Gossiped returns what gossip knows of a peer's log.
func (x *Exchange) Gossiped(peer did.DID) (v GossipView) {
	var topic string
	x.talk.mu.Lock()
	for origin, l := range x.talk.logs {
		if l.owner != peer {
			continue
		}
		topic = topicOf(origin)
		for i := range l.heads {
			if h := &l.heads[i]; h.cp.Size >= v.Size {
				v.Size, v.Witnesses = h.cp.Size, len(h.witnesses)
			}
		}
	}
	x.talk.mu.Unlock()
	v.Members = len(x.talk.lib.Members(topic))
	return v
}

// attend joins the topics of our log and of the peers' logs, and leaves those
// of peers whose relationship ended. A frozen peer's topic is kept: others are
// told there why.
func (x *Exchange) attend() error {
	own, err := x.ownLog()
	if err != nil {
		return err
	}
	topics, err := x.topics(own)
	if err != nil {
		return err
	}
	var failed []error
	for origin, stays := range topics {
		if !stays {
			failed = append(failed, x.talk.lib.Leave(topicOf(origin)))
		} else if err := x.talk.lib.Join(topicOf(origin)); err != nil && x.firstRefusal(origin) {
			x.s.cfg.Log.Warn("a log's heads are not gossiped; they are exchanged over streams", slog.String("log", origin), slog.Any("error", err))
		}
	}
	return errors.Join(failed...)
}

// topics lists the logs with a topic, and whether to stay in it. Gossip's own
// loop waits for talk.mu, so nothing of it is called while that is held.
func (x *Exchange) topics(own string) (map[string]bool, error) {
	var jitter [1]byte
	if _, err := io.ReadFull(x.s.cfg.Rand, jitter[:]); err != nil {
		return nil, fmt.Errorf("read randomness for gossip: %w", err)
	}
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	x.talk.own = own
	if x.talk.logs[own] == nil {
		x.talk.logs[own] = &topicLog{owner: x.did, due: true}
	}
	out := make(map[string]bool, len(x.talk.logs))
	for origin, l := range x.talk.logs {
		l.wait = max(0, l.wait-1)
		if l.later--; l.later <= 0 {
			l.due, l.later = true, sayTurns+int(jitter[0])%sayTurns
		}
		rec, err := x.s.cfg.Directory.Peer(l.owner)
		out[origin] = l.owner == x.did || err == nil && rec.State != Revoked && rec.State != Terminated && rec.State != Deactivated
		if !out[origin] {
			delete(x.talk.logs, origin)
		}
	}
	return out, nil
}

func (x *Exchange) firstRefusal(origin string) bool {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	l := x.talk.logs[origin]
	if l == nil || l.refused {
		return false
	}
	l.refused = true
	return true
}

func (x *Exchange) ownLog() (origin string, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) (err error) {
		origin, err = x.logID(r)
		return err
	})
	return origin, err
}

// gossipMarks keeps p2p's marks in the node's store.
type gossipMarks struct{ db store.DB }

func markKey(topic string, author p2p.PeerID) string {
	return prefixGossip + strings.TrimPrefix(topic, topicPrefix) + "/" + string(author)
}

// newGossip encodes a message.
func (x *Exchange) newGossip(note []byte, evidence *receipt.Equivocation) ([]byte, error) {
	doc, err := wire.Marshal(gossiped{Schema: GossipSchema, At: x.now(), Note: string(note), Evidence: evidence})
	if err == nil && len(doc) > p2p.MaxGossipBytes {
		err = fmt.Errorf("%w: a message of %d bytes", errGossip, len(doc))
	}
	return doc, err
}

// errGossip: a message is malformed.
var errGossip = errors.New("not a message about a log's heads")

// readGossip decodes a message for a topic.
func readGossip(origin string, doc []byte) (*gossiped, *receipt.Note, error) {
	g, n, err := receipt.ParseHeadNews(origin, doc, p2p.MaxGossipBytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errGossip, err)
	}
	return g, n, nil
}
