package node

import (
	"context"
	"errors"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/p2p"
)

// needNetwork explains an operation that only a node that is up can do.
func (n *Node) needNetwork() error {
	if n.network.address() != "" {
		return nil
	}
	return &Problem{Code: "CHIO-NODE-DOWN", Message: "this needs the network, and no node is up in " + n.opts.Home,
		Hint: "start it: chio-node up", Exit: ExitFailure}
}

func (n *Node) previewTreaty(ctx context.Context, req PeerRequest) (*FederatePreview, error) {
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	if req.Terms != "" {
		if err := n.setTerms(ctx, req); err != nil {
			return nil, err
		}
	}
	p, err := n.network.service.Preview(ctx, req.Peer)
	if err != nil {
		return nil, federationProblem(err)
	}
	rec, err := n.network.directory.Peer(p.Peer)
	if err != nil {
		return nil, federationProblem(err)
	}
	return &FederatePreview{PeerDID: p.Peer.String(), TreatyHash: p.TreatyHash, Expires: p.Treaty.Window.Expires, Lines: termLines(p),
		Passport: n.peerPassport(&rec)}, nil
}

// setTerms gives one peer terms of its own, which outlive this process.
func (n *Node) setTerms(ctx context.Context, req PeerRequest) error {
	terms, err := federation.LoadTerms("--terms", []byte(req.Terms))
	if err != nil {
		return termsProblem(err)
	}
	id, err := n.whose(ctx, req.Peer)
	if err != nil {
		return err
	}
	if err := n.network.service.SetTerms(ctx, id, n.cfg.complete(*terms)); err != nil {
		return termsProblem(err)
	}
	return nil
}

// whose tells whom an address is of. A peer that is known need not be reached:
// terms are tightened for one that is away, too.
func (n *Node) whose(ctx context.Context, address string) (did.DID, error) {
	name, _, _ := strings.Cut(address, "@")
	if id, err := did.Parse(name); err == nil {
		if _, err := n.network.directory.Peer(id); err == nil {
			return id, nil
		}
	}
	rec, err := n.network.service.Meet(ctx, address)
	if err != nil {
		return "", federationProblem(err)
	}
	return rec.DID, nil
}

func termsProblem(err error) error {
	return &Problem{Code: "CHIO-FED-TERMS", Message: err.Error(), Hint: "docs/terms.md shows what terms may say", Exit: ExitFailure}
}

func side(s string) string {
	switch s {
	case policy.StricterA:
		return "ours"
	case policy.StricterB:
		return "theirs"
	default:
		return s
	}
}

func (n *Node) proposeTreaty(ctx context.Context, req Propose) (*PeerInfo, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	rec, err := n.network.service.Meet(ctx, req.Peer)
	if err != nil {
		return nil, federationProblem(err)
	}
	if rec, err = n.network.service.Propose(ctx, rec.DID, req.Accept); err != nil {
		return nil, federationProblem(err)
	}
	n.network.joined(ctx, rec)
	return n.peerInfo(rec)
}

func (n *Node) acceptTreaty(ctx context.Context, req AcceptTreaty) (*PeerInfo, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	id, err := parseDID(req.DID)
	if err != nil {
		return nil, err
	}
	rec, err := n.network.service.Accept(ctx, id, &req.Accept)
	if err != nil {
		return nil, federationProblem(err)
	}
	n.network.joined(ctx, rec)
	return n.peerInfo(rec)
}

func (n *Node) listPeers(context.Context, Empty) (*PeerList, error) {
	return n.peerList(n.network.service.List())
}

func (n *Node) pendingPeers(context.Context, Empty) (*PeerList, error) {
	return n.peerList(n.network.service.Pending())
}

func (n *Node) peerList(records []federation.Record) (*PeerList, error) {
	list := &PeerList{Peers: []PeerInfo{}}
	for _, r := range records {
		info, err := n.peerInfo(r)
		if err != nil {
			return nil, err
		}
		list.Peers = append(list.Peers, *info)
	}
	return list, nil
}

// federationProblem gives the precise causes an operator can act on a code.
func federationProblem(err error) error {
	err = named(err, []cause{
		{federation.ErrTermsChanged, "CHIO-FED-TERMS-CHANGED", "look at it again with --dry-run", ExitDenied},
		{federation.ErrNoMeet, "CHIO-FED-NO-MEET", "the two sides' terms have nothing in common; change terms.yaml", ExitDenied},
		{federation.ErrNoProposal, "CHIO-FED-NO-PROPOSAL", "chio-node federate pending shows what waits", ExitFailure},
		{federation.ErrWrongDID, "CHIO-FED-WRONG-PEER", "ask the peer's operator for its DID by another way", ExitDenied},
		{federation.ErrUnknownPeer, "CHIO-FED-UNKNOWN-PEER", "federate with its address first", ExitFailure},
		{federation.ErrNotActive, "CHIO-FED-NOT-ACTIVE", "chio-node federate list shows the state", ExitDenied},
		{federation.ErrKept, "CHIO-FED-KEPT", "end what there is with it: chio-node federate leave, decline or revoke; the record of that stays", ExitDenied},
		{federation.ErrTransition, "CHIO-FED-STATE", "chio-node federate list shows the state", ExitFailure},
		{federation.ErrPeerFrozen, "CHIO-FED-FROZEN", "chio-node federate list says why", ExitDenied},
		{federation.ErrPeerDeactivated, string(federation.CodePeerDeactivated), "federate with its successor, if it named one", ExitDenied},
		{federation.ErrDeactivated, string(CodeDeactivated), "it agrees to nothing more", ExitDenied},
		{federation.ErrPeerRevoked, "CHIO-FED-REVOKED", "", ExitDenied},
		{federation.ErrPassport, string(federation.CodePassport), "the peer's operator sets federation.passport to a file that your federation.minimum_passport accepts", ExitDenied},
		{federation.ErrPassportAsked, "CHIO-FED-PASSPORT-ASKED", "set federation.passport to a passport file of an issuer that the peer trusts", ExitDenied},
		{federation.ErrNoEvidence, "CHIO-FED-NO-EVIDENCE", "chio-node federate list says which peers are frozen, and why", ExitFailure},
		{federation.ErrName, "CHIO-FED-NAME", "its zone needs one record: _chio.NAME TXT \"chio=did:chio:…@/dns4/…/p2p/12D3…\"", ExitFailure},
		{p2p.ErrAddress, "CHIO-USAGE", "PEER is did:chio:…@/ip4/…/p2p/12D3…, as chio-node up --json prints it; a DNS name; or the DID of a known peer", ExitUsage},
	})
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	return &Problem{Code: "CHIO-FED-FAILED", Message: err.Error(), Hint: "is the peer up and reachable?", Exit: ExitFailure}
}
