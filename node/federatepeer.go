package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ChangePeer asks "federate/freeze", "federate/thaw", "federate/leave" and
// "federate/revoke". Reason is the operator's, for freeze, leave and revoke, and
// stays with the record. Confirm is the end of the DID, for revoke.
type ChangePeer struct {
	DID             string `json:"did"`
	Reason          string `json:"reason,omitempty"`
	Confirm         string `json:"confirm,omitempty"`
	Code            string `json:"code,omitempty"`            // leave: what the peer is told, one of federation.EndCodes
	DespiteEvidence bool   `json:"despite_evidence,omitzero"` // thaw, though the peer's log is proven to tell two stories
}

// DeclineTreaty asks "federate/decline". The peer is told the reason.
type DeclineTreaty struct {
	DID      string      `json:"did"`
	Proposal wire.Digest `json:"proposal"`
	Reason   string      `json:"reason"`
}

// check returns the peer that a change is about.
func (q *ChangePeer) check(wantReason bool) (did.DID, error) {
	id, err := parseDID(q.DID)
	if err != nil {
		return "", err
	}
	if !wantReason {
		if q.Reason != "" {
			return "", usage("thaw takes no reason: it takes the one of the freeze away")
		}
		return id, nil
	}
	if err := federation.CheckText(q.Reason, federation.MaxNoticeText); err != nil {
		return "", usage("the reason: %v", err)
	}
	return id, nil
}

// changePeer makes a change and says what the peer is now. A peer that is
// nobody any more loses its connections.
func (n *Node) changePeer(ctx context.Context, id did.DID, change func(context.Context, did.DID) error) (*PeerInfo, error) {
	if err := change(ctx, id); err != nil {
		return nil, federationProblem(err)
	}
	rec, err := n.network.directory.Peer(id)
	if err != nil {
		return nil, federationProblem(err)
	}
	if rec.State == federation.Terminated || rec.State == federation.Revoked {
		_ = n.network.host.Disconnect(rec.PeerID) // it may not be connected, and what it asks is refused either way
	}
	return n.peerInfo(rec)
}

// freezePeer stops everything with a peer until the operator thaws it.
func (n *Node) freezePeer(ctx context.Context, req ChangePeer) (*PeerInfo, error) {
	id, err := req.check(true)
	if err != nil {
		return nil, err
	}
	return n.changePeer(ctx, id, func(ctx context.Context, id did.DID) error {
		return n.network.directory.Freeze(ctx, id, req.Reason)
	})
}

// thawPeer lifts a freeze. One whose log is proven to tell two stories is
// thawed only by an operator who says to know that.
func (n *Node) thawPeer(ctx context.Context, req ChangePeer) (*PeerInfo, error) {
	id, err := req.check(false)
	if err != nil {
		return nil, err
	}
	why, err := n.thawReason(id, req.DespiteEvidence)
	if err != nil {
		return nil, err
	}
	return n.changePeer(ctx, id, func(ctx context.Context, id did.DID) error {
		return n.network.directory.Resume(ctx, id, why)
	})
}

// thawReason says on what grounds a peer is thawed: without evidence against it
// the operator's word is enough; with it, what both organisations signed, or
// the operator's who says to know it.
func (n *Node) thawReason(id did.DID, despite bool) (string, error) {
	evidence, err := n.network.exchange.Evidence(id)
	if errors.Is(err, store.ErrNotFound) {
		return "thawed", nil
	}
	if err != nil {
		return "", err
	}
	resolved, err := n.network.service.Resolves(id, evidence)
	switch {
	case err != nil:
		return "", err
	case resolved:
		return "thawed: resolved with the peer", nil
	case despite:
		return "thawed by this operator alone, despite the evidence against it", nil
	}
	return "", &Problem{Code: "CHIO-FED-EVIDENCE", Exit: ExitDenied, Message: "the log of " + id.String() + " signed two heads of one size: there is proof",
		Hint: "look at it (chio-node federate evidence), and say together what happened (chio-node federate resolve); alone you thaw with --despite-evidence"}
}

// ResolvePeer asks "federate/resolve": to propose a statement about the
// evidence against a peer, or to accept the one it proposed about us.
type ResolvePeer struct {
	DID       string       `json:"did"`
	Statement string       `json:"statement,omitempty"`
	Accept    *wire.Digest `json:"accept,omitempty"`
}

func (n *Node) resolvePeer(ctx context.Context, req ResolvePeer) (*PeerInfo, error) {
	id, err := parseDID(req.DID)
	if err != nil {
		return nil, err
	}
	if (req.Statement == "") == (req.Accept == nil) {
		return nil, usage("a resolution is proposed with a statement, or accepted by its hash")
	}
	if req.Accept == nil {
		if err := federation.CheckText(req.Statement, federation.MaxStatement); err != nil {
			return nil, usage("the statement: %v", err)
		}
	}
	return n.changePeer(ctx, id, func(ctx context.Context, id did.DID) error {
		if req.Accept != nil {
			err = n.network.service.AcceptResolution(ctx, id, *req.Accept)
		} else {
			_, err = n.network.service.ProposeResolution(ctx, id, req.Statement)
		}
		if err != nil {
			return err
		}
		n.tellPeer(ctx, id)
		return nil
	})
}

// leavePeer ends a treaty, and tells the peer if it can be reached now. A later
// hello and treaty may begin another.
func (n *Node) leavePeer(ctx context.Context, req ChangePeer) (*PeerInfo, error) {
	id, err := req.check(true)
	if err != nil {
		return nil, err
	}
	if req.Code == "" {
		req.Code = "unspecified"
	}
	if !slices.Contains(federation.EndCodes, req.Code) {
		return nil, usage("the code is %.40q, want one of %s", req.Code, strings.Join(federation.EndCodes, ", "))
	}
	return n.changePeer(ctx, id, func(ctx context.Context, id did.DID) error {
		if err := n.network.service.Leave(ctx, id, req.Code, req.Reason); err != nil {
			return err
		}
		n.tellPeer(ctx, id)
		return nil
	})
}

// declineTreaty refuses what a peer proposed.
func (n *Node) declineTreaty(ctx context.Context, req DeclineTreaty) (*PeerInfo, error) {
	q := ChangePeer{DID: req.DID, Reason: req.Reason}
	id, err := q.check(true)
	if err != nil {
		return nil, err
	}
	return n.changePeer(ctx, id, func(ctx context.Context, id did.DID) error {
		if err := n.network.service.Decline(ctx, id, req.Proposal, req.Reason); err != nil {
			return err
		}
		n.tellPeer(ctx, id)
		return nil
	})
}

// tellTimeout bounds how long an operator waits for a peer to be told.
const tellTimeout = 5 * time.Second

// tellPeer tries to deliver a notice now; if the peer is away, it waits.
func (n *Node) tellPeer(ctx context.Context, id did.DID) {
	if n.needNetwork() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	if err := n.network.service.Tell(ctx, id); err != nil {
		n.log.Info("the peer is not told yet; it is tried again", slog.String("peer", id.String()), slog.Any("error", err))
	}
}

// revokePeer ends a relationship for ever.
func (n *Node) revokePeer(ctx context.Context, req ChangePeer) (*PeerInfo, error) {
	id, err := req.check(true)
	if err != nil {
		return nil, err
	}
	if req.Confirm != id.Short() {
		return nil, usage("revoking a peer is for ever: confirm with the last eight characters of its DID")
	}
	return n.changePeer(ctx, id, func(ctx context.Context, id did.DID) error {
		return n.network.directory.Revoke(ctx, id, req.Reason)
	})
}

// ForgottenPeer answers "federate/forget".
type ForgottenPeer struct {
	DID string `json:"did"`
}

// forgetPeer removes a peer that nothing was ever agreed with.
func (n *Node) forgetPeer(ctx context.Context, req ShowPeer) (*ForgottenPeer, error) {
	rec, err := n.knownPeer(req.DID)
	if err != nil {
		return nil, err
	}
	if err := n.network.directory.Forget(ctx, rec.DID); err != nil {
		return nil, federationProblem(err)
	}
	_ = n.network.host.Disconnect(rec.PeerID) // it may not be connected
	return &ForgottenPeer{DID: req.DID}, nil
}
