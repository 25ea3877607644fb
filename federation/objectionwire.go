package federation

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// answerObjection files a peer's objection to a receipt of ours:
//
//	1 the objector is the peer, and the host is us
//	2 the receipt is in our log
//	3 the objection verifies, against our receipt and the continuation we hold
//	4 what we hold does not refute it: the continuation that was verified when
//	  the call came, the result that the receipt was signed for
//	5 contest's rules; it is stored before it is answered
//
// Told again, it is answered the same.
func (x *Exchange) answerObjection(ctx context.Context, rec Record, q *cosignRequest) ([]byte, error) {
	var o Objection
	if err := wire.Unmarshal(q.Objection.Body, &o, wire.DocumentLimits); err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	if o.Objector != rec.DID || o.Host != x.did { // 1
		return nil, refusal(refusedNotAParty, "it is between %s and %s", o.Objector, o.Host)
	}
	held, err := x.holdings(rec, &o, q.Receipt) // 2
	if err != nil {
		return nil, err
	}
	if _, err := VerifyObjection(q.Objection, held.exhibit); err != nil { // 3
		return nil, refusal(refusedMismatch, "%v", err)
	}
	if o.Reason == ResultMismatch && held.result { // 4
		return nil, refusal(refusedMismatch, "we hold the result that the receipt was signed for, or held it for a day: ask for it by call id")
	}
	err = x.s.cfg.DB.Update(ctx, func(tx store.Tx) error { // 5
		return x.contest(tx, &Contested{Role: RoleHost, Peer: rec.DID, Objection: q.Objection, OriginReceipt: q.Receipt, FiledAt: x.now()})
	})
	switch {
	case errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrNotReady):
		return nil, err
	case err != nil:
		return nil, refusal(refusedConflict, "%v", err)
	}
	return object(part{"status", text(statusOK)}), nil
}

// holding is what a host has about a receipt of its own.
type holding struct {
	exhibit Exhibit
	result  bool // the result that the receipt was signed for
}

// holdings reads what we have about a call that we ran for a peer.
func (x *Exchange) holdings(rec Record, o *Objection, originReceipt wire.Raw) (h holding, err error) {
	h.exhibit = Exhibit{OriginReceipt: originReceipt, OriginKeys: []wire.PublicKey{rec.Kernel}}
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		doc, err := x.receiptByID(r, o.ReceiptSHA256.String())
		if errors.Is(err, store.ErrNotFound) {
			return refusal(refusedNotFound, "receipt %s is not in our log", o.ReceiptSHA256)
		}
		if err != nil {
			return err
		}
		own, err := receipt.Parse(doc)
		if err != nil {
			return fmt.Errorf("%w: receipt %s: %w", store.ErrCorrupt, o.ReceiptSHA256, err)
		}
		h.exhibit.HostReceipt, h.exhibit.HostKeys = doc, []wire.PublicKey{own.KernelKey}
		// Only a call whose continuation was verified when it came is filed.
		if found, err := load(r, jointKey(rec.DID, own.ID), new(Joint)); err != nil || !found {
			return err
		}
		key := callKey{rec.DID, o.CallID}
		var row arrived
		if found, err := load(r, inKey(key), &row); err != nil || !found || row.ReceiptID != own.ID {
			return err
		}
		c, err := peekContinuation(row.Continuation)
		if err != nil {
			return err
		}
		h.exhibit.Continuation = row.Continuation
		h.exhibit.OriginKeys = append(h.exhibit.OriginKeys, c.SourceKernel)
		h.result, err = keepsResult(r, key, &row, own.ContentHash)
		return err
	})
	return h, err
}

// keepsResult reports whether we hold the result that a receipt was signed for,
// or held it for as long as results are kept: whoever waits for that to end has
// no objection any more.
func keepsResult(r store.Reader, key callKey, row *arrived, contentHash string) (bool, error) {
	if row.Delivered {
		return true, nil
	}
	keys := []string{contentKey(key)}
	if row.ContentBytes > 0 {
		keys = keys[:0]
		for i := range chunksOf(row.ContentBytes) {
			keys = append(keys, chunkKey(key, i))
		}
	}
	running := sha256.New()
	for _, k := range keys {
		doc, err := r.Get(k)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if row.ContentBytes > 0 { // a chunk comes after its running hash
			doc = doc[min(sha256.Size, len(doc)):]
		}
		running.Write(doc)
	}
	return wire.Digest(running.Sum(nil)).String() == contentHash, nil
}

// tellObjections tells a peer our objections that it does not have. One that it
// refuses stays ours: the two sides disagree on it.
func (x *Exchange) tellObjections(ctx context.Context, rec Record) error {
	var ids []string
	prefix := prefixObjectionOut + rec.DID.String() + "/"
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(prefix, "", func(key string, _ []byte) error {
			ids = append(ids, strings.TrimPrefix(key, prefix))
			if len(ids) == maxCosigns {
				return store.ErrStop
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := x.tellObjection(ctx, rec, id); err != nil {
			return fmt.Errorf("receipt %s: %w", id, err)
		}
	}
	return nil
}

func (x *Exchange) tellObjection(ctx context.Context, rec Record, receiptID string) error {
	c, own, err := x.contested(rec.DID, receiptID)
	if err != nil {
		return err
	}
	frame := object(part{"type", text("objection")}, part{"objection", c.Objection.Bytes()}, part{"receipt", own})
	err = x.request(ctx, rec, ProtocolCosign, frame, new(cosignAnswer))
	var refused *PeerError
	if errors.As(err, &refused) && (refused.Code == refusedNotReady || refused.Code == refusedNotActive) || err != nil && refused == nil {
		return err // later
	}
	x.failpoint("objection.told_before_ack")
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		key := objectionKey(prefixObjection, rec.DID, receiptID)
		var row Contested
		if found, err := load(tx, key, &row); err != nil || !found {
			return err
		}
		row.Told = refused == nil
		if refused != nil {
			row.Refused = refused.Code + ": " + refused.Reason
		}
		tx.Delete(objectionKey(prefixObjectionOut, rec.DID, receiptID))
		return save(tx, key, row)
	})
}

// contested returns an objection as filed, and at the origin the receipt of
// ours that it names.
func (x *Exchange) contested(peer did.DID, receiptID string) (c Contested, own wire.Raw, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		found, err := load(r, objectionKey(prefixObjection, peer, receiptID), &c)
		if err != nil || !found {
			return errors.Join(err, store.ErrNotFound)
		}
		o, err := c.Body()
		if err != nil || c.Role != RoleOrigin || o.OwnReceiptSHA256 == nil {
			return err
		}
		own, err = x.receiptByID(r, o.OwnReceiptSHA256.String())
		return err
	})
	return c, own, err
}

// Objection returns what is filed about a host's receipt, or store.ErrNotFound.
func (x *Exchange) Objection(peer did.DID, receiptID string) (*Contested, error) {
	c, _, err := x.contested(peer, receiptID)
	return &c, err
}

// Object signs an objection of ours to a peer's receipt for a call, and files
// it. ErrObjection: our own documents do not bear it out, ErrJoined: we have
// signed for the receipt, store.ErrNotFound: the peer has no receipt for it.
func (x *Exchange) Object(ctx context.Context, peer did.DID, callID, reason string) (c *Contested, err error) {
	release, err := x.turn(ctx, peer) // an exchange may be joining it just now
	if err != nil {
		return nil, err
	}
	defer release()
	err = x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		ex, result, err := x.ownExhibit(tx, peer, callID, reason)
		if err != nil {
			return err
		}
		c, err = x.object(tx, peer, reason, ex, result)
		return err
	})
	return c, err
}

// ownExhibit is what we hold about a call at a peer.
func (x *Exchange) ownExhibit(r store.Reader, peer did.DID, callID, reason string) (ex Exhibit, result *wire.Digest, err error) {
	none := fmt.Errorf("a receipt of %s for call %s: %w", peer, callID, store.ErrNotFound)
	var row departed
	found, err := load(r, prefixOut+callID, &row)
	if err != nil {
		return ex, nil, err
	}
	if !found || row.Peer != peer || row.PeerReceiptID == "" {
		f, err := x.foreignOf(r, peer, callID)
		if err != nil || f == nil {
			return ex, nil, errors.Join(err, none)
		}
		own, err := receipt.Parse(f.Receipt)
		if err != nil {
			return ex, nil, err
		}
		md, err := metadataOf(own)
		if err != nil {
			return ex, nil, err
		}
		ex, _, err = x.foreignExhibit(r, peer, f.Receipt, own.KernelKey, md)
		return ex, nil, err
	}
	var j Joint
	if found, err := load(r, jointKey(peer, row.PeerReceiptID), &j); err != nil || !found {
		return ex, nil, errors.Join(err, none)
	}
	c, err := peekContinuation(row.Continuation)
	if err != nil {
		return ex, nil, err
	}
	ex = Exhibit{HostReceipt: j.PeerReceipt, HostKeys: []wire.PublicKey{c.TargetKernel}, Continuation: row.Continuation,
		OriginKeys: []wire.PublicKey{c.SourceKernel}}
	if reason == ResultMismatch {
		if result, err = otherResult(r, callID); err == nil && result == nil {
			err = fmt.Errorf("%w: no other result came for the call", ErrObjection)
		}
		return ex, result, err
	}
	ex.OriginReceipt, err = x.receiptByID(r, row.ReceiptID)
	return ex, nil, err
}

// Withdraw joins a pair although we objected to the receipt: from then on both
// sides have signed for it, and its obligation counts.
func (x *Exchange) Withdraw(ctx context.Context, peer did.DID, receiptID string) error {
	j, err := x.Joint(peer, receiptID)
	if err != nil {
		return err
	}
	if len(j.Cosign) > 0 {
		return nil
	}
	if j.Role != RoleOrigin {
		return fmt.Errorf("%w: only the origin of a call objects and withdraws", ErrObjection)
	}
	if c, _, err := x.contested(peer, receiptID); err == nil && c.Answered == AnswerWaived {
		return fmt.Errorf("%w: the host gave the charge up, nothing is owed", ErrObjection)
	}
	rec, err := x.s.Connect(ctx, peer)
	if err != nil {
		return err
	}
	release, err := x.turn(ctx, peer)
	if err != nil {
		return err
	}
	defer release()
	return x.cosign(ctx, rec, &j, true)
}
