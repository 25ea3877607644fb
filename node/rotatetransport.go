package node

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The failpoints of a rotation of the transport key: nothing is written; the
// new key is in place.
const (
	failTransportBefore    = "rotate.transport.before"
	failTransportCommitted = "rotate.transport.committed"
)

// RotateTransportRequest asks for a new transport key.
type RotateTransportRequest struct {
	Preview bool // change nothing, answer what would happen
}

// TransportRotation is what a rotation of the transport key did, or would do.
type TransportRotation struct {
	Preview  bool           `json:"preview,omitzero"`
	Old      wire.PublicKey `json:"old_key"`
	New      wire.PublicKey `json:"new_key,omitzero"` // zero in a preview
	OldPeer  string         `json:"old_peer_id"`
	NewPeer  string         `json:"new_peer_id,omitempty"`
	Peers    []string       `json:"peers"` // with a treaty: they are told at the next start
	RecordID wire.Digest    `json:"record_id,omitzero"`
	Record   *wire.Envelope `json:"record,omitempty"`
}

// RotateTransport replaces the transport key of a home whose node is not up,
// in one transaction. At the next start the node says hello to its peers with
// the new key, bound with a higher sequence; from then on each refuses the old
// one. Treaties name no transport key and go on.
func RotateTransport(ctx context.Context, o Options, req RotateTransportRequest) (done *TransportRotation, err error) {
	n, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Stop(context.WithoutCancel(ctx))) }()
	if err := n.alive(); err != nil {
		return nil, err
	}
	old := n.keys.Transport().Public()
	plan := &TransportRotation{Preview: req.Preview, Old: old, OldPeer: did.FromKey(old).PeerID(), Peers: []string{}}
	for _, rec := range n.network.service.List() {
		if rec.Treaty != nil {
			plan.Peers = append(plan.Peers, rec.DID.String())
		}
	}
	if req.Preview {
		return plan, nil
	}
	return plan, n.rotateTransport(ctx, plan)
}

func (n *Node) rotateTransport(ctx context.Context, plan *TransportRotation) error {
	now := n.now()
	term, err := n.keys.Term(ctx, did.RoleTransport, now-bindingBackdateSeconds, bindingTTLSeconds)
	if err != nil {
		return err
	}
	n.failpoint(failTransportBefore)
	rot, err := n.keys.RotateTransport(ctx, now, term)
	if err != nil {
		return err
	}
	n.failpoint(failTransportCommitted)
	plan.New, plan.NewPeer = rot.Body().New, did.FromKey(rot.Body().New).PeerID()
	plan.Record, plan.RecordID = rot.Record, rot.Record.ID()
	return nil
}
