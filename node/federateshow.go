package node

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/policy"
)

// ShowPeer asks "federate/show" and "federate/log".
type ShowPeer struct {
	DID string `json:"did"`
}

// PeerCard answers "federate/show": what this node knows of a peer and has
// agreed with it, without asking the network. Lines and Offered are of the
// treaty in force, or of the proposal if Proposed; without either they are
// empty. Times are unix seconds.
type PeerCard struct {
	PeerInfo
	HelloAt    int64                    `json:"hello_at"`
	HelloUntil int64                    `json:"hello_until"` // stale from then on
	BoundUntil int64                    `json:"bound_until"` // its key bindings end
	Proposed   bool                     `json:"proposed,omitzero"`
	Lines      []TermLine               `json:"lines"`
	Offered    []federation.SurfaceTool `json:"offered"` // its tools, with prices
	Money      []SettledPeer            `json:"money"`
	Listed     []federation.Listed      `json:"listed"`            // by the peer directories in use
	EpochAt    int64                    `json:"epoch_at,omitzero"` // its newest revocation epoch was signed; 0: none is held
	EpochAge   int64                    `json:"epoch_age_seconds,omitzero"`
	Unjoined   federation.Unjoined      `json:"unjoined"` // calls that not both sides have signed for
	History    []federation.Change      `json:"history"`  // the last few changes, the oldest first; federate/log has more
}

// shownChanges is how much of a peer's history its card has.
const shownChanges = 5

// PeerHistory answers "federate/log": what became of a peer, the oldest kept
// change first.
type PeerHistory struct {
	DID     string              `json:"did"`
	Changes []federation.Change `json:"changes"`
}

// parseDID reads whom a request names.
func parseDID(name string) (did.DID, error) {
	id, err := did.Parse(name)
	if err != nil {
		return "", usage("%v", err)
	}
	return id, nil
}

// knownPeer is the record of the peer that a request names.
func (n *Node) knownPeer(name string) (federation.Record, error) {
	id, err := parseDID(name)
	if err != nil {
		return federation.Record{}, err
	}
	rec, err := n.network.directory.Peer(id)
	if err != nil {
		return rec, federationProblem(err)
	}
	return rec, nil
}

func (n *Node) peerHistory(_ context.Context, req ShowPeer) (*PeerHistory, error) {
	rec, err := n.knownPeer(req.DID)
	if err != nil {
		return nil, err
	}
	changes, err := n.network.directory.History(rec.DID)
	if err != nil {
		return nil, federationProblem(err)
	}
	return &PeerHistory{DID: req.DID, Changes: changes}, nil
}

func (n *Node) showPeer(ctx context.Context, req ShowPeer) (*PeerCard, error) {
	rec, err := n.knownPeer(req.DID)
	if err != nil {
		return nil, err
	}
	info, err := n.peerInfo(rec)
	if err != nil {
		return nil, err
	}
	card := &PeerCard{PeerInfo: *info, HelloAt: rec.HelloAt, HelloUntil: rec.HelloAt + federation.HelloTTLSeconds, BoundUntil: rec.BoundUntil,
		Lines: []TermLine{}, Offered: []federation.SurfaceTool{}}
	p, err := n.network.service.Show(rec.DID)
	switch {
	case err == nil:
		card.Proposed, card.Lines, card.Offered = !p.InForce, termLines(p), p.Theirs.CapabilitySurface
	case !errors.Is(err, federation.ErrNotActive):
		return nil, federationProblem(err)
	}
	money, err := n.settleStatus(ctx, SettleRequest{Peer: req.DID})
	if err != nil {
		return nil, err
	}
	card.Money = money.Peers
	return card, n.showExchange(rec.DID, card)
}

// showExchange fills in where the relationship stands beyond the treaty.
func (n *Node) showExchange(id did.DID, card *PeerCard) (err error) {
	card.Listed = append([]federation.Listed{}, n.network.listings.Find(id)...)
	if at, _ := n.revocations.Freshness(id); at > 0 {
		card.EpochAt, card.EpochAge = at, n.now()-at
	}
	if card.Unjoined, err = n.network.exchange.Unjoined(id); err != nil {
		return err
	}
	changes, err := n.network.directory.History(id)
	card.History = append([]federation.Change{}, changes[max(0, len(changes)-shownChanges):]...)
	return err
}

// termLines are both directions of a treaty, line by line.
func termLines(p *federation.Preview) []TermLine {
	out := []TermLine{}
	add := func(direction string, lines []policy.Line) {
		for _, l := range lines {
			out = append(out, TermLine{Direction: direction, Field: l.Field, Ours: l.A, Theirs: l.B, Effective: l.Effective,
				Stricter: side(l.Stricter), Note: l.Note})
		}
	}
	add("ours there", p.Outbound)
	add("theirs here", p.Inbound)
	return out
}
