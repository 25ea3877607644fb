package node

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// observed fills in what gossip and comparing found out about a peer's log.
func (w *network) observed(peer did.DID, info *PeerInfo) error {
	seen := w.exchange.Gossiped(peer)
	info.Listeners, info.HeardSize, info.Witnesses = seen.Members, seen.Size, seen.Witnesses
	if rec, err := w.service.Directory().Peer(peer); err == nil {
		info.ClockSkew = rec.ClockSkew
	}
	shrunk, err := w.exchange.Shrunk(peer)
	if err != nil {
		return err
	}
	if shrunk != nil {
		info.ShrunkFrom = shrunk.Signed
	}
	switch _, err := w.exchange.Evidence(peer); {
	case err == nil:
		info.Equivocated = true
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	return nil
}

// federateEvidence returns the proof that a peer's log signed two histories.
func (n *Node) federateEvidence(_ context.Context, req EvidenceRequest) (*EvidenceFile, error) {
	id, err := parseDID(req.DID)
	if err != nil {
		return nil, err
	}
	doc, err := n.network.exchange.Evidence(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &Problem{Code: "CHIO-FED-NO-EVIDENCE", Message: "nothing proves that the log of " + req.DID + " contradicts itself",
			Hint: "chio-node federate list says which peers are frozen, and why", Exit: ExitFailure}
	}
	if err != nil {
		return nil, err
	}
	var e receipt.Equivocation
	if err := wire.UnmarshalCanonical(doc, &e, wire.DocumentLimits); err != nil {
		return nil, err
	}
	a, err := receipt.ParseNote([]byte(e.A))
	if err != nil {
		return nil, err
	}
	b, err := receipt.ParseNote([]byte(e.B))
	if err != nil {
		return nil, err
	}
	return &EvidenceFile{DID: req.DID, LogID: a.Checkpoint.Origin, Size: a.Checkpoint.Size, RootA: a.Checkpoint.Root, RootB: b.Checkpoint.Root,
		File: string(doc)}, nil
}
