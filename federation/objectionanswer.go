package federation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ObjectionAnswerSchema is the schema id of a host's answer to an objection.
const ObjectionAnswerSchema = "chio.federation_objection_answer.v1"

// What a host answers.
const (
	AnswerWaived   = "waived"   // it gives the charge up: nothing is owed for the call
	AnswerRejected = "rejected" // it stands by its receipt; the statement says why
)

// ErrAnswer refuses an answer to an objection.
var ErrAnswer = errors.New("answer to an objection is not valid")

// prefixAnswerOut holds answers to be told, at the host: peer/host receipt id.
const prefixAnswerOut = "f/ansout/"

// ObjectionAnswer is what a host says to an objection. A charge that was given
// up stays so; one that was rejected can be given up later.
type ObjectionAnswer struct {
	Schema    string      `json:"schema"`
	Objection wire.Digest `json:"objection_sha256"`
	Host      did.DID     `json:"host"`
	Objector  did.DID     `json:"objector"`
	CallID    string      `json:"call_id"`
	Receipt   wire.Digest `json:"receipt_sha256"` // the host's: its id
	Answer    string      `json:"answer"`
	Statement string      `json:"statement,omitempty"` // at most MaxStatement bytes
	At        int64       `json:"at"`                  // unix seconds
}

// VerifyObjectionAnswer opens an answer to an objection that was verified:
//
//	1 a kernel key of the host has signed, nobody else
//	2 it is to this objection, and its members are the objection's
//	3 it is one of the two answers; who rejects says why, in text that can be
//	  shown; it is not from before the objection
func VerifyObjectionAnswer(env *wire.Envelope, objection *wire.Envelope, o *Objection, hostKeys []wire.PublicKey) (*ObjectionAnswer, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrAnswer)
	}
	var a ObjectionAnswer
	if err := env.Open(ObjectionAnswerSchema, &a, nil, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	switch {
	case !signedByOne(env, hostKeys): // 1
		return nil, fmt.Errorf("%w: the kernel of %s has not signed it, or not alone", ErrAnswer, o.Host)
	case a.Objection != objection.ID() || a.Host != o.Host || a.Objector != o.Objector || a.CallID != o.CallID || a.Receipt != o.ReceiptSHA256: // 2
		return nil, fmt.Errorf("%w: it is to another objection", ErrAnswer)
	case a.Answer != AnswerWaived && a.Answer != AnswerRejected: // 3
		return nil, fmt.Errorf("%w: no answer %.40q", ErrAnswer, a.Answer)
	case a.Answer == AnswerRejected && a.Statement == "": // 3
		return nil, fmt.Errorf("%w: it rejects and does not say why", ErrAnswer)
	case a.At < o.At || a.At > wire.MaxUnits: // 3
		return nil, fmt.Errorf("%w: it is of %d, the objection of %d", ErrAnswer, a.At, o.At)
	}
	if a.Statement != "" { // 3
		if err := CheckText(a.Statement, MaxStatement); err != nil {
			return nil, fmt.Errorf("%w: statement: %w", ErrAnswer, err)
		}
	}
	return &a, nil
}

// answered is what the host says, nil if it has said nothing. It was verified
// when it was filed.
func (c *Contested) answered() (*ObjectionAnswer, error) {
	if c.Answer == nil {
		return nil, nil
	}
	var a ObjectionAnswer
	if err := wire.Unmarshal(c.Answer.Body, &a, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: answer to an objection: %w", store.ErrCorrupt, err)
	}
	return &a, nil
}

// AnswerObjection signs our answer to a peer's objection to a receipt of ours,
// and files it; waive gives the charge up at once, at our side. The peer is told
// with the next exchange. ErrJoined: the objector has signed for the receipt by
// now; store.ErrNotFound: nothing is filed.
func (x *Exchange) AnswerObjection(ctx context.Context, peer did.DID, receiptID string, waive bool, statement string) error {
	release, err := x.turn(ctx, peer) // the pair may be joined just now
	if err != nil {
		return err
	}
	defer release()
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		var c Contested
		found, err := load(tx, objectionKey(prefixObjection, peer, receiptID), &c)
		if err != nil || !found {
			return errors.Join(err, fmt.Errorf("an objection of %s to receipt %s: %w", peer, receiptID, store.ErrNotFound))
		}
		if c.Role != RoleHost {
			return fmt.Errorf("%w: the objection is ours, its host answers", ErrAnswer)
		}
		o, err := c.Body()
		if err != nil {
			return err
		}
		a := ObjectionAnswer{Schema: ObjectionAnswerSchema, Objection: c.Objection.ID(), Host: o.Host, Objector: o.Objector, CallID: o.CallID,
			Receipt: o.ReceiptSHA256, Answer: AnswerRejected, Statement: statement, At: max(x.now(), o.At)}
		if waive {
			a.Answer = AnswerWaived
		}
		env, err := wire.Seal(ObjectionAnswerSchema, a, x.cfg.KernelKey)
		if err != nil {
			return fmt.Errorf("sign an answer: %w", err)
		}
		if err := x.fileAnswer(tx, &c, o, env, []wire.PublicKey{x.cfg.KernelKey.Public()}); err != nil {
			return err
		}
		tx.Set(objectionKey(prefixAnswerOut, peer, receiptID), []byte{1})
		tx.AfterCommit(func() { x.kick(peer) })
		return nil
	})
}

// fileAnswer files an answer beside its objection, with what follows from it in
// the same transaction:
//
//	1 VerifyObjectionAnswer holds
//	2 the objection was not withdrawn: who signed for the receipt owes it
//	3 a charge that was given up stays so; the same answer again changes nothing
//	  and an older one does not replace a newer one
//	4 given up, it is not owed any more
func (x *Exchange) fileAnswer(tx store.Tx, c *Contested, o *Objection, env *wire.Envelope, hostKeys []wire.PublicKey) error {
	a, err := VerifyObjectionAnswer(env, c.Objection, o, hostKeys) // 1
	if err != nil {
		return err
	}
	if c.WithdrawnAt > 0 { // 2
		return fmt.Errorf("%w: %s", ErrJoined, o.ReceiptSHA256)
	}
	last, err := c.answered()
	if err != nil {
		return err
	}
	if last != nil { // 3
		switch {
		case c.Answer.ID() == env.ID():
			return nil
		case last.Answer == AnswerWaived:
			return fmt.Errorf("%w: the charge was given up", ErrAnswer)
		case a.At < last.At:
			return fmt.Errorf("%w: there is a newer one", ErrAnswer)
		}
	}
	if a.Answer == AnswerWaived && x.cfg.Waive != nil { // 4
		err := x.cfg.Waive(tx, Obligation{Payer: o.Objector, Payee: o.Host, TreatyID: o.TreatyID, CallID: o.CallID,
			ReceiptID: o.ReceiptSHA256.String(), At: a.At})
		if err != nil {
			return fmt.Errorf("give up the charge of call %s: %w", o.CallID, err)
		}
	}
	if a.Answer == AnswerWaived { // 4
		if err := waivePair(tx, c.Peer, o.ReceiptSHA256.String()); err != nil {
			return err
		}
	}
	c.Answer, c.Answered = env, a.Answer
	if c.Role == RoleHost {
		c.Told = false
	}
	return save(tx, objectionKey(prefixObjection, c.Peer, o.ReceiptSHA256.String()), c)
}

// waivePair marks the pair, if one is filed.
func waivePair(tx store.Tx, peer did.DID, receiptID string) error {
	var j Joint
	found, err := load(tx, jointKey(peer, receiptID), &j)
	if err != nil || !found {
		return err
	}
	j.Waived = true
	return save(tx, jointKey(peer, receiptID), j)
}

// takeAnswer files a host's answer to an objection of ours. Told again, it is
// answered the same.
func (x *Exchange) takeAnswer(ctx context.Context, rec Record, q *cosignRequest) ([]byte, error) {
	err := x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		var c Contested
		found, err := load(tx, objectionKey(prefixObjection, rec.DID, q.ReceiptID), &c)
		if err != nil {
			return err
		}
		if !found || c.Role != RoleOrigin {
			return refusal(refusedNotFound, "we have not objected to receipt %.80s", q.ReceiptID)
		}
		o, err := c.Body()
		if err != nil {
			return err
		}
		return x.fileAnswer(tx, &c, o, q.Answer, []wire.PublicKey{rec.Kernel})
	})
	var refused *PeerError
	switch {
	case err == nil:
		return object(part{"status", text(statusOK)}), nil
	case errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrNotReady), errors.As(err, &refused):
		return nil, err
	case errors.Is(err, ErrAnswer):
		return nil, refusal(refusedMismatch, "%v", err)
	}
	return nil, refusal(refusedConflict, "%v", err)
}

// tellAnswers tells a peer our answers that it does not have. One that it refuses
// stays ours, and is not told again.
func (x *Exchange) tellAnswers(ctx context.Context, rec Record) error {
	var ids []string
	prefix := prefixAnswerOut + rec.DID.String() + "/"
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
		c, _, err := x.contested(rec.DID, id)
		if err != nil {
			return fmt.Errorf("receipt %s: %w", id, err)
		}
		frame := object(part{"type", text("answer")}, part{"receipt_id", text(id)}, part{"answer", c.Answer.Bytes()})
		err = x.request(ctx, rec, ProtocolCosign, frame, new(cosignAnswer))
		var refused *PeerError
		if errors.As(err, &refused) && (refused.Code == refusedNotReady || refused.Code == refusedNotActive) || err != nil && refused == nil {
			return fmt.Errorf("receipt %s: %w", id, err) // later
		}
		x.failpoint("answer.told_before_ack")
		if err := x.told(ctx, rec.DID, id, c.Answer.ID(), refused); err != nil {
			return fmt.Errorf("receipt %s: %w", id, err)
		}
	}
	return nil
}

// told notes what became of an answer, unless there is a newer one by now.
func (x *Exchange) told(ctx context.Context, peer did.DID, receiptID string, answer wire.Digest, refused *PeerError) error {
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		key := objectionKey(prefixObjection, peer, receiptID)
		var c Contested
		if found, err := load(tx, key, &c); err != nil || !found || c.Answer == nil || c.Answer.ID() != answer {
			return err
		}
		c.Told, c.AnswerRefused = refused == nil, ""
		if refused != nil {
			c.AnswerRefused = refused.Code + ": " + refused.Reason
		}
		tx.Delete(objectionKey(prefixAnswerOut, peer, receiptID))
		return save(tx, key, c)
	})
}
