package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeDeactivated denies every call, and everything else but reads, once the
// organisation of this node has ended.
const CodeDeactivated kernel.Code = "CHIO-DID-DEACTIVATED"

// The failpoints of a deactivation: nothing is written; the record is, and
// what was issued is not revoked yet.
const (
	failDeactivateBefore    = "deactivate.before"
	failDeactivateCommitted = "deactivate.committed"
)

// tellEvery is how often peers that do not hold our record are tried again.
const tellEvery = 30 * time.Second

// DeactivateRequest asks "did/deactivate". With a successor, or Draft, it only
// drafts the record; Record files one that the successor countersigned.
type DeactivateRequest struct {
	Reason    string         `json:"reason,omitempty"`
	Successor string         `json:"successor,omitempty"` // did:chio
	Draft     bool           `json:"draft,omitzero"`
	Record    *wire.Envelope `json:"record,omitempty"`
	Confirm   string         `json:"confirm,omitempty"` // the last eight characters of this node's DID
}

// DeactivationInfo is a deactivation record, with what this node did about it.
type DeactivationInfo struct {
	DID          string         `json:"did"`
	At           int64          `json:"deactivated_at"`
	Sequence     uint64         `json:"sequence"`
	Reason       string         `json:"reason"`
	Successor    string         `json:"successor,omitempty"`
	RecordID     wire.Digest    `json:"record_id"`
	Record       *wire.Envelope `json:"record"`
	Draft        bool           `json:"draft,omitzero"`         // not in force
	Equivocation *wire.Envelope `json:"equivocation,omitempty"` // another record of the same organisation
	Fresh        bool           `json:"fresh,omitzero"`         // did/receive: it was not known
	Told         int            `json:"peers_told,omitzero"`
	Untold       string         `json:"peers_not_told,omitempty"` // why; they are tried again
}

func deactivationInfo(env *wire.Envelope, d did.Deactivation) *DeactivationInfo {
	return &DeactivationInfo{DID: d.DID.String(), At: d.At, Sequence: d.Sequence, Reason: d.Reason, Successor: d.Successor.String(),
		RecordID: env.ID(), Record: env}
}

// deactivate ends this organisation, for ever. The record is durable first:
// from then on nothing is issued and every call is denied. Then everything
// issued is revoked, and every peer is told; both go on at the next start if
// the process dies.
func (n *Node) deactivate(ctx context.Context, req DeactivateRequest) (*DeactivationInfo, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	env, info, err := n.deactivationRecord(req)
	if err != nil || info.Draft {
		return info, err
	}
	if req.Confirm != n.DID().Short() {
		return nil, usage("a deactivation is for ever: confirm it with the last eight characters of %s", n.DID())
	}
	undo := n.retiring.end()
	n.failpoint(failDeactivateBefore)
	err = n.db.Update(ctx, func(tx store.Tx) error {
		if _, err := n.keys.FileDeactivation(tx, env, n.now()); err != nil {
			return err
		}
		_, _, err := n.network.service.Directory().FileDeactivation(tx, env, n.now())
		return err
	})
	if err != nil {
		undo()
		return nil, keyProblem(err)
	}
	n.failpoint(failDeactivateCommitted)
	n.log.Warn("this organisation is deactivated", slog.String("did", n.DID().String()))
	return info, n.afterDeactivation(ctx, info)
}

// afterDeactivation revokes, and tells the peers if the network is up.
func (n *Node) afterDeactivation(ctx context.Context, info *DeactivationInfo) error {
	if err := n.sweep(ctx); err != nil {
		return fmt.Errorf("the organisation is deactivated; what it issued is not all revoked yet and will be at the next start: %w", err)
	}
	if n.needNetwork() != nil {
		info.Untold = "the node is not up; peers are told when it is"
		return nil
	}
	told, err := n.network.service.TellDeactivation(ctx)
	if info.Told = told; err != nil {
		info.Untold = err.Error()
	}
	return nil
}

// deactivationRecord is the record a request is about, drafted or brought.
func (n *Node) deactivationRecord(req DeactivateRequest) (*wire.Envelope, *DeactivationInfo, error) {
	env, successor := req.Record, did.DID("")
	if req.Successor != "" {
		var err error
		if successor, err = did.Parse(req.Successor); err != nil {
			return nil, nil, usage("successor: %v", err)
		}
	}
	if env == nil {
		err := n.db.View(func(r store.Reader) (err error) {
			env, err = n.keys.DraftDeactivation(r, req.Reason, successor, n.now())
			return err
		})
		if errors.Is(err, did.ErrDeactivation) {
			return nil, nil, usage("%v", err)
		}
		if err != nil {
			return nil, nil, err
		}
	} else if req.Reason != "" || req.Successor != "" || req.Draft {
		return nil, nil, usage("a record says reason and successor itself: give --record alone")
	}
	d, err := did.VerifyDeactivationDraft(env, n.DID())
	if err != nil {
		return nil, nil, keyProblem(err)
	}
	info := deactivationInfo(env, *d)
	info.Draft = req.Draft || successor != ""
	return env, info, nil
}

// countersignDeactivation is what the successor does with a draft.
func (n *Node) countersignDeactivation(_ context.Context, req DeactivateRequest) (*DeactivationInfo, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	id, err := did.NamedDID(req.Record)
	if err != nil {
		return nil, keyProblem(fmt.Errorf("%w: %w", did.ErrDeactivation, err))
	}
	d, err := did.VerifyDeactivationDraft(req.Record, id)
	if err == nil && d.Successor != n.DID() {
		err = fmt.Errorf("%w: it names %q as successor, this is %s", did.ErrDeactivation, d.Successor, n.DID())
	}
	if err != nil {
		return nil, keyProblem(err)
	}
	if err := req.Record.AddSignature(did.SchemaDeactivation, n.keys.Org()); err != nil {
		return nil, err
	}
	return deactivationInfo(req.Record, *d), nil
}

// DeactivationList answers "did/deactivations".
type DeactivationList struct {
	Deactivations []DeactivationInfo `json:"deactivations"`
}

func (n *Node) listDeactivations(context.Context, Empty) (*DeactivationList, error) {
	all, err := n.network.service.Directory().Deactivations()
	list := &DeactivationList{Deactivations: []DeactivationInfo{}}
	for _, e := range all {
		info := deactivationInfo(e.Record, e.Body())
		info.Equivocation = e.Other
		list.Deactivations = append(list.Deactivations, *info)
	}
	return list, err
}

// receiveDeactivation takes a record that came as a file.
func (n *Node) receiveDeactivation(ctx context.Context, req DeactivateRequest) (*DeactivationInfo, error) {
	fresh, id, err := n.network.service.Deactivate(ctx, req.Record)
	if err != nil {
		return nil, keyProblem(err)
	}
	e, _ := n.network.service.Directory().Deactivation(id)
	info := deactivationInfo(e.Record, e.Body())
	info.Equivocation, info.Fresh = e.Other, fresh
	return info, nil
}

// deactivated tells when an organisation ended, if it did: what a resolver
// says about it.
func (n *Node) deactivated(id did.DID) (at int64, ok bool) {
	return n.network.service.Directory().Deactivated(id)
}

// alive refuses what an organisation that ended does no more.
func (n *Node) alive() error {
	at, ended := n.deactivated(n.DID())
	if !ended {
		return nil
	}
	return &Problem{Code: string(CodeDeactivated), Message: fmt.Sprintf("the organisation of this node was deactivated at %s", stamp(at)),
		Hint: "it only answers reads; chio-node did deactivations shows the record", Exit: ExitDenied}
}

func stamp(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

// endedDenial denies a call that rests on an organisation that ended: our own,
// the one that sent it, the one it is for, or the issuer of its passport.
// Nothing presented was verified yet: a false claim can only deny its author.
func (n *Node) endedDenial(m *kernel.Mandate) *kernel.Denial {
	if at, ended := n.deactivated(n.DID()); ended {
		return deactivatedDenial("the organisation of this node was deactivated at " + stamp(at))
	}
	if m == nil {
		return nil
	}
	var parties [3]string
	if m.Origin != nil {
		parties[0] = m.Origin.PeerDID
	}
	if peer, _, remote := strings.Cut(m.Server, "/"); remote {
		parties[1] = peer
	}
	if m.Passport != nil {
		parties[2] = m.Passport.Issuer
	}
	for _, p := range parties {
		if at, ended := n.deactivated(did.DID(p)); p != "" && ended {
			return &kernel.Denial{Step: 1, Code: federation.CodePeerDeactivated, Guard: "deactivation", Side: "local",
				Reason: p + " was deactivated at " + stamp(at), Fix: "it cannot be undone; ask its successor, if it named one"}
		}
	}
	return nil
}

func deactivatedDenial(reason string) *kernel.Denial {
	return &kernel.Denial{Step: 1, Code: CodeDeactivated, Guard: "deactivation", Side: "local", Reason: reason,
		Fix: "it cannot be undone; ask another organisation's node"}
}

// endIssuer is what the end of an organisation means for what this node gave
// out: capabilities on its passports are revoked. It runs in the transaction
// that files the record, so that no crash lies between.
func (n *Node) endIssuer(tx store.Tx, id did.DID) error {
	if id == n.DID() { // a peer reminds a home that was put back
		tx.AfterCommit(func() { n.retiring.end() })
		return nil
	}
	var entries []authority.Entry
	err := authority.List(tx, func(c *authority.Capability) error {
		leaf := c.Leaf()
		if c.Passport != nil && c.Passport.Issuer == id.String() && leaf.Issuer == n.keys.Kernel().Public() && leaf.ExpiresAt > n.now() {
			entries = append(entries, authority.Entry{Kind: authority.KindCapability, Issuer: leaf.Issuer.String(), ID: leaf.ID})
		}
		return nil
	})
	for len(entries) > 0 && err == nil {
		batch := entries[:min(len(entries), authority.MaxEntries)]
		_, err = n.revocations.Revoke(tx, batch, n.keys.Kernel(), n.now())
		entries = entries[len(batch):]
	}
	return err
}
