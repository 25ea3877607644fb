package federation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ExportDispute is the file with everything this node holds about one call with
// a peer, which VerifyDispute judges. The call is named as for CallOf; the id of
// a receipt names that receipt, where a peer has signed several for one call id.
// arguments, if given, are shown in it and must be the call's.
func (x *Exchange) ExportDispute(peer did.DID, name string, arguments wire.Raw) (*DisputeFile, error) {
	f := &DisputeFile{Schema: DisputeSchema, Arguments: arguments}
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		call, err := x.callNamed(r, peer, name)
		if err != nil {
			return err
		}
		f.CallID = call.id
		treaty, err := x.collectDispute(r, peer, call, f)
		if err != nil {
			return err
		}
		return f.collectTreaty(r, *treaty)
	})
	if err != nil {
		return nil, err
	}
	if arguments != nil && f.Continuation != nil {
		if c, err := peekContinuation(f.Continuation); err != nil || c.ArgsSHA256 != wire.Hash(arguments) {
			return nil, fmt.Errorf("%w: the arguments are not those of call %s", ErrDispute, f.CallID)
		}
	}
	return f, nil
}

// collectTreaty adds the treaty that the host's receipt names, with its two
// attestations. A receipt may name anything: what is not signed by both, or is a
// treaty with somebody else, is no part of this call and not shown.
func (f *DisputeFile) collectTreaty(r store.Reader, id wire.Digest) error {
	env, err := readEnvelope(r, prefixTreaty, id)
	if err != nil {
		return ignoreNotFound(err)
	}
	t, err := VerifyTreaty(env, true)
	if err != nil || !t.Has(f.Origin) || !t.Has(f.Host) {
		return nil
	}
	f.Treaty = env
	for _, id := range t.Attestations {
		a, err := readEnvelope(r, prefixAttestation, id)
		if err != nil {
			return err
		}
		f.Attestations = append(f.Attestations, a)
	}
	return nil
}

// collectDispute finds a call's documents, whichever side we were, and the
// treaty it was under.
func (x *Exchange) collectDispute(r store.Reader, peer did.DID, call namedCall, f *DisputeFile) (*wire.Digest, error) {
	id, err := x.collectHost(r, peer, call, f)
	if err != nil {
		return nil, err
	}
	return x.collectFiled(r, peer, id, f)
}

// collectHost finds the host's receipt for a call, which it returns the id of,
// and what was signed before it.
func (x *Exchange) collectHost(r store.Reader, peer did.DID, call namedCall, f *DisputeFile) (id string, err error) {
	var out departed
	departedHere, err := load(r, prefixOut+call.id, &out)
	if err != nil {
		return "", err
	}
	var in arrived
	arrivedHere, err := load(r, inKey(callKey{peer, call.id}), &in)
	if err != nil {
		return "", err
	}
	departedHere = departedHere && out.Peer == peer
	switch {
	case call.contested != nil && !(departedHere && out.PeerReceiptID == call.receiptID):
		f.Origin, f.Host, f.HostReceipt, id = x.did, peer, call.contested, call.receiptID
		if departedHere {
			f.Continuation = out.Continuation
		}
	case departedHere && call.role != RoleHost:
		id, err = x.collectOrigin(r, &out, f)
	case arrivedHere && in.Done && call.role != RoleOrigin:
		f.Origin, f.Host, f.Continuation, id = peer, x.did, in.Continuation, in.ReceiptID
		f.HostReceipt, err = x.receiptByID(r, id)
	default: // a receipt of the peer's for a call that was never made here
		f.Origin, f.Host = x.did, peer
		var foreign *ForeignReceipt
		if foreign, err = x.foreignOf(r, peer, call.id); err == nil && foreign != nil {
			f.HostReceipt = foreign.Receipt
			id = receiptIDOf(foreign.Receipt)
		}
	}
	if err == nil && f.HostReceipt == nil {
		err = fmt.Errorf("call %s with %s: %w", call.id, peer, store.ErrNotFound)
	}
	return id, err
}

// collectOrigin is what the origin of a call has.
func (x *Exchange) collectOrigin(r store.Reader, out *departed, f *DisputeFile) (id string, err error) {
	f.Origin, f.Host, f.Continuation = x.did, out.Peer, out.Continuation
	if out.ReceiptID != "" {
		if f.OriginReceipt, err = x.receiptByID(r, out.ReceiptID); err != nil {
			return "", err
		}
	}
	var j Joint
	if found, err := load(r, jointKey(out.Peer, out.PeerReceiptID), &j); err != nil {
		return "", err
	} else if found {
		f.HostReceipt = j.PeerReceipt
		return j.ReceiptID, nil
	}
	foreign, err := x.foreignOf(r, out.Peer, f.CallID)
	if err != nil || foreign == nil {
		return "", err
	}
	f.HostReceipt = foreign.Receipt
	return receiptIDOf(foreign.Receipt), nil
}

// collectFiled is what is filed beside the host's receipt.
func (x *Exchange) collectFiled(r store.Reader, peer did.DID, id string, f *DisputeFile) (*wire.Digest, error) {
	host, err := receipt.Parse(f.HostReceipt)
	if err != nil {
		return nil, fmt.Errorf("%w: receipt %s: %w", store.ErrCorrupt, id, err)
	}
	md, err := metadataOf(host)
	if err != nil || md.Federation == nil {
		return nil, errors.Join(err, ErrPeerReceipt)
	}
	if f.Continuation != nil && (md.Federation.ContinuationSHA256 == nil || *md.Federation.ContinuationSHA256 != f.Continuation.ID()) {
		f.Continuation, f.OriginReceipt = nil, nil // the receipt is for another one
	}
	var j Joint
	if found, err := load(r, jointKey(peer, id), &j); err != nil {
		return nil, err
	} else if found {
		f.Joint = j.Cosign
		if j.Role == RoleHost {
			f.OriginReceipt = j.PeerReceipt
		}
	} else if f.Origin == peer {
		f.Continuation = nil // it did not verify when it came
	}
	var c Contested
	if found, err := load(r, objectionKey(prefixObjection, peer, id), &c); err != nil {
		return nil, err
	} else if found {
		f.Objection, f.Answer = c.Objection, c.Answer
		if f.OriginReceipt == nil {
			f.OriginReceipt = c.OriginReceipt
		}
	}
	return &md.Federation.TreatyID, nil
}

// receiptIDOf is the id of a receipt that was verified.
func receiptIDOf(doc wire.Raw) string {
	r, err := receipt.Parse(doc)
	if err != nil {
		return ""
	}
	return r.ID
}

// namedCall is what an operator means by a name. A receipt's id also says on
// which side we were, and which receipt of the peer's it is.
type namedCall struct {
	id        string
	role      string   // ours, "" if the name is a call id
	receiptID string   // the peer's, that we objected to
	contested wire.Raw // the same
}

// CallOf is the call id that an operator means by a call id, by the id of our
// receipt for a call, or by that of a peer's.
func (x *Exchange) CallOf(peer did.DID, name string) (string, error) {
	var call namedCall
	err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
		call, err = x.callNamed(r, peer, name)
		return err
	})
	return call.id, err
}

// ReceiptOf is the id of the host's receipt for a call with a peer, named as for
// CallOf.
func (x *Exchange) ReceiptOf(peer did.DID, name string) (id string, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		call, err := x.callNamed(r, peer, name)
		if err != nil {
			return err
		}
		id, err = x.collectHost(r, peer, call, &DisputeFile{CallID: call.id})
		return err
	})
	return id, err
}

func (x *Exchange) callNamed(r store.Reader, peer did.DID, name string) (namedCall, error) {
	if wire.CheckUUIDv7(name) == nil {
		return namedCall{id: name}, nil
	}
	if _, err := wire.ParseDigest(name); err != nil {
		return namedCall{}, fmt.Errorf("%.80q is no call id and no receipt id: %w", name, store.ErrNotFound)
	}
	var c Contested
	if found, err := load(r, objectionKey(prefixObjection, peer, name), &c); err != nil {
		return namedCall{}, err
	} else if found && c.Role == RoleOrigin {
		o, err := c.Body()
		if err != nil {
			return namedCall{}, err
		}
		return namedCall{o.CallID, RoleOrigin, name, c.HostReceipt}, nil
	}
	var j Joint
	if found, err := load(r, jointKey(peer, name), &j); err != nil || found {
		return namedCall{id: j.CallID, role: j.Role}, err
	}
	doc, err := x.receiptByID(r, name)
	if err != nil {
		return namedCall{}, fmt.Errorf("the call of receipt %s: %w", name, err)
	}
	own, err := receipt.Parse(doc)
	if err != nil {
		return namedCall{}, err
	}
	md, err := metadataOf(own)
	if err != nil || md.Federation == nil {
		return namedCall{}, errors.Join(err, fmt.Errorf("the call of receipt %s: %w: it stayed here", name, store.ErrNotFound))
	}
	return namedCall{id: md.CallID, role: md.Federation.Role}, nil
}
