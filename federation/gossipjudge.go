package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// judgeGossip decides what becomes of a message:
//
//	1 it decodes strictly, and is about the topic's log; else rejected
//	2 the log is ours or that of a peer in force; else ignored
//	3 a head is said by a peer in force; an evidence may be anybody's
//	4 its time is near ours; else ignored
//	5 every signature in it that claims to be by a key we know verifies, else
//	  rejected; the log's is by the key we know, else ignored: a key changes,
//	  and who passes a message on may know of it before or after us
//	6 it is new: another head, or one more witness of a known head; else ignored,
//	  and without verifying it if it is a note whose signatures were verified
//	  before: followers say the same again and again
//
// Who passes on what fails 1 or 5 could have seen it, so that is their fault.
// A head that contradicts a known one is evidence; a new one makes us ask its
// owner.
func (x *Exchange) judgeGossip(ctx context.Context, m p2p.GossipMessage) p2p.GossipVerdict {
	origin := strings.TrimPrefix(m.Topic, topicPrefix)
	g, note, err := readGossip(origin, m.Data) // 1
	if err != nil {
		x.s.cfg.Log.Debug("gossip rejected", slog.String("peer_id", string(m.From)), slog.Any("error", err))
		return p2p.GossipReject
	}
	owner, own := x.ownerOf(origin)
	if owner == "" { // 2
		return p2p.GossipIgnore
	}
	if g.Evidence == nil { // 3
		if author, err := x.s.cfg.Directory.ByTransport(m.Author); err != nil || author.inForce(x.now()) != nil {
			return p2p.GossipIgnore
		}
	}
	if age := x.now() - g.At; age > gossipFreshSeconds+ClockSkewSeconds || age < -ClockSkewSeconds { // 4
		return p2p.GossipIgnore
	}
	if g.Evidence == nil && x.judgedBefore(origin, g.Note) { // 6
		return p2p.GossipIgnore
	}
	if own {
		return x.judgeOwn(m, g, note)
	}
	rec, err := x.s.cfg.Directory.Peer(owner)
	if err != nil || rec.inForce(x.now()) != nil { // 2
		return p2p.GossipIgnore
	}
	if g.Evidence != nil {
		return x.judgeEvidence(ctx, rec, g.Evidence)
	}
	return x.judgeHead(ctx, rec, note)
}

// ownerOf says whose log an id is; "" if it is no log that we follow.
func (x *Exchange) ownerOf(origin string) (owner did.DID, own bool) {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	if l := x.talk.logs[origin]; l != nil {
		return l.owner, l.owner == x.did
	}
	return "", false
}

// judgedBefore reports whether a note was verified, and its head is known.
func (x *Exchange) judgedBefore(origin, note string) bool {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	l := x.talk.logs[origin]
	if l == nil {
		return false
	}
	_, known := l.judged[sha256.Sum256([]byte(note))]
	return known
}

// verified remembers a note whose signatures were verified, and whose head is
// the known one of its size.
func (l *topicLog) verified(note []byte) {
	if l.judged == nil || len(l.judged) >= maxJudged {
		l.judged = make(map[[sha256.Size]byte]struct{})
	}
	l.judged[sha256.Sum256(note)] = struct{}{}
}

// errForged: a line claims to be by a key that did not sign it.
var errForged = errors.New("a signature does not verify")

// headLine is rule 5 for a log's own line. ok is false if the note has no line
// of the key.
func headLine(n *receipt.Note, key wire.PublicKey) (own []byte, ok bool, err error) {
	only, ok := n.Only(n.Checkpoint.Origin, key)
	if !ok {
		return nil, false, nil
	}
	own = only.Bytes()
	if _, err := receipt.VerifyCheckpoint(own, n.Checkpoint.Origin, key); err != nil {
		return nil, true, fmt.Errorf("%w: %w", errForged, err)
	}
	return own, true, nil
}

// peerLine is headLine, and does not verify a line again that the remembered
// head of that size has: each witness says the same one beside its own.
func (x *Exchange) peerLine(n *receipt.Note, key wire.PublicKey) (own []byte, ok bool, err error) {
	only, ok := n.Only(n.Checkpoint.Origin, key)
	if !ok {
		return nil, false, nil
	}
	own = only.Bytes()
	x.talk.mu.Lock()
	l := x.talk.logs[n.Checkpoint.Origin]
	known := l != nil && l.find(n.Checkpoint.Size) != nil && bytes.Equal(l.find(n.Checkpoint.Size).note, own)
	x.talk.mu.Unlock()
	if known {
		return own, true, nil
	}
	return headLine(n, key)
}

// judgeHead is rules 5 and 6 for a head of a peer's log.
func (x *Exchange) judgeHead(ctx context.Context, rec Record, n *receipt.Note) p2p.GossipVerdict {
	own, ok, err := x.peerLine(n, rec.Kernel)
	switch {
	case err != nil: // 5
		return p2p.GossipReject
	case !ok: // 5
		return p2p.GossipIgnore
	}
	witnesses, err := x.witnessesOn(n)
	if err != nil { // 5
		return p2p.GossipReject
	}
	known, fresh := x.hear(n, own, witnesses)
	switch {
	case known != nil && known.cp.Root != n.Checkpoint.Root:
		if _, err := x.Evidence(rec.DID); !errors.Is(err, store.ErrNotFound) { // an operator knows, and resumed it
			return p2p.GossipIgnore
		}
		x.report(rec, x.equivocated(ctx, rec, known.note, own))
		return p2p.GossipAccept // others may know only one of the two
	case !fresh: // 6
		return p2p.GossipIgnore
	}
	return p2p.GossipAccept
}

// hear remembers a head, and has it compared with what its owner shows us. It
// returns the remembered head of that size if there is one, and whether
// anything about this one is new.
func (x *Exchange) hear(n *receipt.Note, own []byte, witnesses []string) (known *heardHead, fresh bool) {
	cp := n.Checkpoint
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	l := x.talk.logs[cp.Origin]
	if l == nil {
		return nil, false
	}
	if h := l.find(cp.Size); h != nil {
		if h.cp.Root == cp.Root {
			fresh = more(h, witnesses)
			l.verified(n.Bytes())
		}
		kept := *h
		return &kept, fresh
	}
	h := l.add(heardHead{cp: cp, note: own, witnesses: witnesses})
	l.verified(n.Bytes())
	if l.compare == nil || l.compare.cp.Size <= cp.Size {
		kept := *h
		l.compare = &kept
	}
	select {
	case x.talk.wake <- struct{}{}:
	default:
	}
	return nil, true
}

// more adds witnesses to a head and reports whether there were new ones.
func more(h *heardHead, witnesses []string) (fresh bool) {
	for _, w := range witnesses {
		if !slices.Contains(h.witnesses, w) {
			h.witnesses, fresh = append(h.witnesses, w), true
		}
	}
	return fresh
}

// witnessesOn lists the peers whose cosignatures are on a note. A line that
// claims to be one's and is not is an error.
func (x *Exchange) witnessesOn(n *receipt.Note) (names []string, err error) {
	var known []receipt.Witness
	for _, line := range n.Lines {
		id, err := did.Parse(line.Name)
		if err != nil || id == x.did {
			continue
		}
		if rec, err := x.s.cfg.Directory.Peer(id); err == nil && rec.State == Active {
			known = append(known, receipt.Witness{Name: line.Name, Key: rec.Kernel})
		}
	}
	found, err := receipt.VerifyCosignatures(n.Bytes(), known)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForged, err)
	}
	for _, c := range found {
		names = append(names, c.Name)
	}
	return names, nil
}

// judgeEvidence believes an evidence against a peer if both heads are by its
// kernel key. The first evidence is kept; a peer that an operator resumed in
// spite of it is not frozen by the same again.
func (x *Exchange) judgeEvidence(ctx context.Context, rec Record, e *receipt.Equivocation) p2p.GossipVerdict {
	for _, text := range [...]string{e.A, e.B} {
		n, err := receipt.ParseNote([]byte(text))
		if err != nil {
			return p2p.GossipReject
		}
		switch _, ok, err := headLine(n, rec.Kernel); {
		case err != nil: // 5
			return p2p.GossipReject
		case !ok: // 5
			return p2p.GossipIgnore
		}
	}
	if _, err := x.Evidence(rec.DID); !errors.Is(err, store.ErrNotFound) { // 6
		return p2p.GossipIgnore
	}
	x.report(rec, x.equivocated(ctx, rec, []byte(e.A), []byte(e.B)))
	return p2p.GossipAccept
}

// judgeOwn judges what is said of our own log. Witnesses say heads of it that
// we signed; one that we signed and our log does not have proves that the store
// was rolled back, or that the key is used elsewhere.
func (x *Exchange) judgeOwn(m p2p.GossipMessage, g *gossiped, n *receipt.Note) p2p.GossipVerdict {
	notes := []*receipt.Note{n}
	if g.Evidence != nil {
		second, err := receipt.ParseNote([]byte(g.Evidence.B))
		if err != nil {
			return p2p.GossipReject
		}
		notes = append(notes, second)
	}
	verdict := p2p.GossipIgnore
	for _, n := range notes {
		own, ok, err := headLine(n, x.cfg.KernelKey.Public())
		switch {
		case err != nil: // 5
			return p2p.GossipReject
		case !ok: // 5
			continue
		}
		proof, err := x.checkOwn(m, n.Checkpoint, own)
		if err != nil {
			x.warn("a head of ours that was heard could not be compared", x.did, err)
			return p2p.GossipIgnore
		}
		if proof != nil {
			x.rollBack(proof)
			return p2p.GossipAccept
		}
		if witnesses, err := x.witnessesOn(n); err != nil { // 5
			return p2p.GossipReject
		} else if _, fresh := x.hear(n, own, witnesses); fresh {
			verdict = p2p.GossipAccept
		}
	}
	return verdict
}

// checkOwn compares a head that our key signed with our log.
func (x *Exchange) checkOwn(m p2p.GossipMessage, cp receipt.Checkpoint, own []byte) (proof *RolledBack, err error) {
	from := did.DID("")
	if rec, err := x.s.cfg.Directory.ByTransport(m.Author); err == nil {
		from = rec.DID
	}
	return proof, x.s.cfg.DB.View(func(r store.Reader) error {
		proof, err = rolledBackBy(r, from, cp, string(own))
		return err
	})
}

// rolledBackBy compares a head that we signed with our log: nil if the log has
// or had it.
func rolledBackBy(r store.Reader, from did.DID, cp receipt.Checkpoint, note string) (*RolledBack, error) {
	size, err := log.Size(r)
	if err != nil {
		return nil, err
	}
	proof := &RolledBack{Peer: from, Size: cp.Size, Have: size, Note: note}
	if cp.Size > size {
		return proof, nil
	}
	root, err := log.Root(r, cp.Size)
	if err == nil && root != cp.Root {
		return proof, nil
	}
	return nil, err
}

// report logs what was found about a peer by gossip.
func (x *Exchange) report(rec Record, err error) {
	if err != nil {
		x.s.cfg.Log.Error("a peer's log contradicts itself", slog.String("peer", rec.DID.String()), slog.Any("error", err))
	}
}
