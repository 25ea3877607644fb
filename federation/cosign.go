package federation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxCosigns bounds the records one exchange with a peer joins.
const maxCosigns = 256

// cosignRequest asks the host for its half of a joint statement, or tells it
// that there will be none. The fields are those of its type:
//
//	cosign     receipt_id, receipt, statement
//	objection  objection, receipt if the objection names one
//	answer     receipt_id, answer: the host's, to an objection
type cosignRequest struct {
	Type      string         `json:"type"`
	ReceiptID string         `json:"receipt_id,omitempty"` // the host's
	Receipt   wire.Raw       `json:"receipt,omitzero"`     // the origin's
	Statement *dsse          `json:"statement,omitzero"`   // signed by the origin
	Objection *wire.Envelope `json:"objection,omitzero"`
	Answer    *wire.Envelope `json:"answer,omitzero"`
}

type cosignAnswer struct {
	Status    string `json:"status"`
	Statement *dsse  `json:"statement,omitzero"`
}

// answerCosign countersigns the origin's statement about a call that we ran:
//
//	1 we filed such a call with this peer
//	2 the statement is byte for byte what we compute from our receipt, the
//	  origin's receipt, and the continuation
//	3 the origin's kernel signed it, and nobody else yet
//	4 our signature is stored before it is given, and there is one statement for
//	  one receipt, however many are asked for at once
//
// Asked again, it gives the same.
func (x *Exchange) answerCosign(ctx context.Context, rec Record, doc []byte) ([]byte, error) {
	var q cosignRequest
	if err := wire.UnmarshalCanonical(doc, &q, frameLimits); err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	if q.Type == "objection" && q.Objection != nil && q.Statement == nil && q.ReceiptID == "" && q.Answer == nil {
		return x.answerObjection(ctx, rec, &q)
	}
	if q.Type == "answer" && q.Answer != nil && q.Statement == nil && q.Objection == nil && q.Receipt == nil {
		return x.takeAnswer(ctx, rec, &q)
	}
	if q.Type != "cosign" || q.Statement == nil || q.Objection != nil || q.Answer != nil {
		return nil, refusal(refusedUnsupported, "no request %.40q", q.Type)
	}
	env, own, err := x.hosted(rec.DID, q.ReceiptID) // 1
	if err != nil {
		return nil, err
	}
	c, err := peekContinuation(env)
	if err != nil {
		return nil, err
	}
	body, err := jointStatement(c, env.ID(), q.Receipt, own) // 2
	if err != nil {
		return nil, refusal(refusedMismatch, "%v", err)
	}
	if err := q.Statement.open(body, c.SourceKernel); err != nil { // 2, 3
		return nil, refusal(refusedMismatch, "%v", err)
	}
	if err := q.Statement.sign(body, x.cfg.KernelKey); err != nil {
		return nil, err
	}
	whole := wire.MustMarshal(q.Statement)
	origin, err := receipt.Parse(q.Receipt) // verified for the statement
	if err != nil {
		return nil, refusal(refusedMismatch, "%v", err)
	}
	if err := x.join(ctx, rec.DID, q.ReceiptID, whole, func(j *Joint) { j.PeerReceipt, j.OriginReceiptID = q.Receipt, origin.ID }); err != nil { // 4
		return nil, err
	}
	x.failpoint("cosign.signed_before_reply")
	return object(part{"status", text(statusOK)}, part{"statement", whole}), nil
}

// hosted finds a call that we ran for a peer: the continuation and our receipt.
func (x *Exchange) hosted(peer did.DID, receiptID string) (env *wire.Envelope, own wire.Raw, err error) {
	if _, err := wire.ParseDigest(receiptID); err != nil {
		return nil, nil, refusal(refusedMalformed, "receipt id: %v", err)
	}
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		var j Joint
		found, err := load(r, jointKey(peer, receiptID), &j)
		if err != nil {
			return err
		}
		if !found || j.Role != RoleHost {
			return refusal(refusedNotAParty, "receipt %s is of no call of yours", receiptID)
		}
		var row arrived
		if found, err = load(r, inKey(callKey{peer, j.CallID}), &row); err != nil || !found {
			return errors.Join(err, store.ErrNotFound)
		}
		env = row.Continuation
		own, err = x.receiptByID(r, receiptID)
		return err
	})
	return env, own, err
}

// join stores a statement signed by both; an objection to the receipt ends.
func (x *Exchange) join(ctx context.Context, peer did.DID, receiptID string, whole wire.Raw, change func(*Joint)) error {
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		var j Joint
		found, err := load(tx, jointKey(peer, receiptID), &j)
		if err != nil || !found {
			return errors.Join(err, fmt.Errorf("joint record %s: %w", receiptID, store.ErrNotFound))
		}
		if len(j.Cosign) > 0 && string(j.Cosign) != string(whole) {
			return refusal(refusedConflict, "receipt %s is already joined by another statement", receiptID)
		}
		if len(j.Cosign) > 0 {
			return nil
		}
		if err := x.withdrawn(tx, peer, &j); err != nil {
			return err
		}
		j.Cosign = whole
		change(&j)
		if err := delivered(tx, &j); err != nil {
			return err
		}
		tx.Delete(joinKey(peer, receiptID))
		return save(tx, jointKey(peer, receiptID), j)
	})
}

// cosignPending joins our calls at a peer that are not joined yet and returns
// how many were. One that the peer refuses is passed over: it is tried again in
// the next exchange and becomes overdue.
func (x *Exchange) cosignPending(ctx context.Context, rec Record) (int, error) {
	var ids []string
	prefix := prefixJoin + rec.DID.String() + "/"
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(prefix, x.joinCursor(rec.DID, ""), func(key string, _ []byte) error {
			if len(ids) >= maxCosigns {
				x.joinCursor(rec.DID, prefix+ids[len(ids)-1])
				return store.ErrStop
			}
			ids = append(ids, strings.TrimPrefix(key, prefix))
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	joined := 0
	var failed []error
	for _, id := range ids {
		j, err := x.Joint(rec.DID, id)
		if err != nil {
			return joined, err
		}
		if j.Role != RoleOrigin || j.Disputed != "" {
			continue
		}
		switch err := x.cosign(ctx, rec, &j, false); {
		case err == nil:
			joined++
		case errors.Is(err, errHeldBack):
		case errors.Is(err, ErrRefused), errors.Is(err, ErrCosign):
			failed = append(failed, fmt.Errorf("receipt %s: %w", id, err))
		default:
			return joined, err
		}
	}
	return joined, errors.Join(failed...)
}

// joinCursor takes where the last exchange left off and remembers next, so that
// records a peer will not join do not keep others from their turn.
func (x *Exchange) joinCursor(peer did.DID, next string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	last := x.joining[peer]
	x.joining[peer] = next
	return last
}

// ObjectionSeconds is how long a call that the host charges for and our own
// kernel denied is not cosigned by itself: the operator's time to object.
const ObjectionSeconds = 300

// errHeldBack: the operator may still object.
var errHeldBack = errors.New("the receipt is held back for an objection")

// cosign signs our half of one statement, collects the host's, and files both;
// anyway says that nobody will object any more.
func (x *Exchange) cosign(ctx context.Context, rec Record, j *Joint, anyway bool) error {
	var row departed
	var own wire.Raw
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		found, err := load(r, prefixOut+j.CallID, &row)
		if err != nil || !found {
			return errors.Join(err, fmt.Errorf("call %s: %w", j.CallID, store.ErrNotFound))
		}
		own, err = x.receiptByID(r, row.ReceiptID)
		return err
	})
	if err != nil {
		return err
	}
	c, err := peekContinuation(row.Continuation)
	if err != nil {
		return err
	}
	body, err := jointStatement(c, row.Continuation.ID(), own, j.PeerReceipt)
	if err != nil {
		return err
	}
	if !anyway && j.Charge != nil && x.now()-j.FiledAt < ObjectionSeconds && verdictOfReceipt(own) == receipt.Deny {
		return errHeldBack
	}
	half := newDSSE(body)
	if err := half.sign(body, x.cfg.KernelKey); err != nil {
		return err
	}
	frame := object(part{"type", text("cosign")}, part{"receipt_id", text(j.ReceiptID)}, part{"receipt", own},
		part{"statement", wire.MustMarshal(half)})
	var a cosignAnswer
	if err := x.request(ctx, rec, ProtocolCosign, frame, &a); err != nil {
		return err
	}
	if a.Statement == nil {
		return fmt.Errorf("%w: dsse.malformed: there is none", ErrCosign)
	}
	if err := a.Statement.open(body, c.SourceKernel, c.TargetKernel); err != nil {
		return err
	}
	x.failpoint("cosign.received_before_store")
	return x.join(ctx, rec.DID, j.ReceiptID, wire.MustMarshal(a.Statement), func(*Joint) {})
}

// verdictOfReceipt is what a receipt that was verified decided.
func verdictOfReceipt(doc wire.Raw) string {
	r, err := receipt.Parse(doc)
	if err != nil || r.Decision == nil {
		return ""
	}
	return r.Decision.Verdict
}
