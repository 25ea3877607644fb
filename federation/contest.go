package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrJoined refuses an objection to a receipt that both sides have signed for.
var ErrJoined = errors.New("the receipt is joined: both sides have signed for it")

// The rows of objections.
const (
	prefixObjection    = "f/obj/"    // peer/host receipt id → Contested
	prefixObjectionOut = "f/objout/" // peer/host receipt id: to be told, at the origin
	prefixOtherResult  = "f/odd/"    // call id → hash of a result that was not the one signed for
)

// Contested is an objection as one party files it, beside the pair of receipts
// if there is one.
type Contested struct {
	Role          string         `json:"role"` // ours
	Peer          did.DID        `json:"peer"`
	Objection     *wire.Envelope `json:"objection"`
	HostReceipt   wire.Raw       `json:"host_receipt,omitzero"`   // at the origin
	OriginReceipt wire.Raw       `json:"origin_receipt,omitzero"` // at the host, verdict_disagreement
	FiledAt       int64          `json:"filed_at"`
	Told          bool           `json:"told,omitzero"`            // at the origin: the host has it; at the host: the origin has the answer
	Refused       string         `json:"refused,omitempty"`        // at the origin: why the host does not accept it
	WithdrawnAt   int64          `json:"withdrawn_at,omitzero"`    // signed together after all
	Answer        *wire.Envelope `json:"answer,omitzero"`          // the host's, the newest
	Answered      string         `json:"answered,omitempty"`       // what it says
	AnswerRefused string         `json:"answer_refused,omitempty"` // at the host: why the origin does not accept it
}

// Body is what the objection says. It was verified when it was filed.
func (c *Contested) Body() (*Objection, error) {
	var o Objection
	if err := wire.Unmarshal(c.Objection.Body, &o, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: objection: %w", store.ErrCorrupt, err)
	}
	return &o, nil
}

// State is open, refused by the host, withdrawn, or what the host answers: waived
// or rejected. It is over when it is withdrawn or waived.
func (c *Contested) State() string {
	switch {
	case c.WithdrawnAt > 0:
		return "withdrawn"
	case c.Answered != "":
		return c.Answered
	case c.Refused != "":
		return "refused"
	}
	return "open"
}

func objectionKey(prefix string, peer did.DID, receiptID string) string {
	return prefix + peer.String() + "/" + receiptID
}

// contest files an objection that was judged, in one transaction with what
// follows from it:
//
//	1 the same one again changes nothing, another one to the same receipt is
//	  refused
//	2 the pair is not joined
//	3 the obligation is disputed: it is in no statement, and stays owed
//
// The origin's is told to the host with the next exchange, however often that
// takes.
func (x *Exchange) contest(tx store.Tx, c *Contested) error {
	o, err := c.Body()
	if err != nil {
		return err
	}
	id := o.ReceiptSHA256.String()
	var have Contested
	switch found, err := load(tx, objectionKey(prefixObjection, c.Peer, id), &have); {
	case err != nil:
		return err
	case found && have.WithdrawnAt > 0: // 2
		return fmt.Errorf("%w: %s", ErrJoined, id)
	case found && have.Objection.ID() == c.Objection.ID(): // 1
		return nil
	case found: // 1
		return fmt.Errorf("%w: there is another objection to receipt %s", ErrObjection, id)
	}
	if err := x.dispute(tx, c.Peer, id, o.Reason); err != nil { // 2
		return err
	}
	if err := x.setContested(tx, o, true); err != nil { // 3
		return err
	}
	if c.Role == RoleOrigin {
		tx.Set(objectionKey(prefixObjectionOut, c.Peer, id), []byte{1})
		tx.AfterCommit(func() { x.kick(c.Peer) })
	}
	return save(tx, objectionKey(prefixObjection, c.Peer, id), c)
}

// dispute marks the pair, if one is filed.
func (x *Exchange) dispute(tx store.Tx, peer did.DID, receiptID, reason string) error {
	var j Joint
	found, err := load(tx, jointKey(peer, receiptID), &j)
	if err != nil || !found {
		return err
	}
	if len(j.Cosign) > 0 {
		return fmt.Errorf("%w: %s", ErrJoined, receiptID)
	}
	j.Disputed = reason
	tx.Delete(joinKey(peer, receiptID))
	return save(tx, jointKey(peer, receiptID), j)
}

func (x *Exchange) setContested(tx store.Tx, o *Objection, contested bool) error {
	if x.cfg.Contest == nil {
		return nil
	}
	err := x.cfg.Contest(tx, Obligation{Payer: o.Objector, Payee: o.Host, TreatyID: o.TreatyID, CallID: o.CallID,
		ReceiptID: o.ReceiptSHA256.String()}, contested)
	if err != nil {
		return fmt.Errorf("dispute the obligation of call %s: %w", o.CallID, err)
	}
	return nil
}

// withdrawn ends an objection in the transaction that joins its pair.
func (x *Exchange) withdrawn(tx store.Tx, peer did.DID, j *Joint) error {
	if j.Disputed == "" {
		return nil
	}
	j.Disputed = ""
	var c Contested
	found, err := load(tx, objectionKey(prefixObjection, peer, j.ReceiptID), &c)
	if err != nil || !found {
		return err
	}
	if c.Answered == AnswerWaived {
		return refusal(refusedConflict, "the charge of receipt %s was given up: there is nothing to sign for", j.ReceiptID)
	}
	o, err := c.Body()
	if err != nil {
		return err
	}
	if err := x.setContested(tx, o, false); err != nil {
		return err
	}
	c.WithdrawnAt = x.now()
	tx.Delete(objectionKey(prefixObjectionOut, peer, j.ReceiptID))
	return save(tx, objectionKey(prefixObjection, peer, j.ReceiptID), c)
}

// Objections lists what is filed with a peer, by receipt id.
func (x *Exchange) Objections(peer did.DID) (out []Contested, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		return each(r, prefixObjection+peer.String()+"/", func(_ string, c *Contested) error {
			out = append(out, *c)
			return nil
		})
	})
	return out, err
}

// object signs and files an objection of ours in the caller's transaction. What
// our own documents do not bear out is not signed.
func (x *Exchange) object(tx store.Tx, peer did.DID, reason string, ex Exhibit, result *wire.Digest) (*Contested, error) {
	r, md, err := openAny(ex.HostReceipt, ex.HostKeys)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrObjection, err)
	}
	o := Objection{Schema: ObjectionSchema, Objector: x.did, Host: peer, CallID: md.CallID, Reason: reason, ResultSHA256: result, At: x.now()}
	if o.ReceiptSHA256, err = wire.ParseDigest(r.ID); err != nil {
		return nil, err
	}
	if md.Federation != nil {
		o.TreatyID = md.Federation.TreatyID
	}
	if reason == VerdictDisagreement {
		own, err := receipt.Parse(ex.OriginReceipt)
		if err != nil {
			return nil, err
		}
		id, err := wire.ParseDigest(own.ID)
		if err != nil {
			return nil, err
		}
		o.OwnReceiptSHA256 = &id
	}
	if reason != NotRequested && ex.Continuation != nil {
		id := ex.Continuation.ID()
		o.ContinuationSHA256 = &id
	}
	ex.OriginKeys = append(x.s.ownKernels(), ex.OriginKeys...)
	if err := o.judge(ex); err != nil {
		return nil, err
	}
	env, err := wire.Seal(ObjectionSchema, o, x.cfg.KernelKey)
	if err != nil {
		return nil, fmt.Errorf("sign an objection: %w", err)
	}
	c := &Contested{Role: RoleOrigin, Peer: peer, Objection: env, HostReceipt: ex.HostReceipt, FiledAt: x.now()}
	return c, x.contest(tx, c)
}

// objectTo objects by itself to a receipt of a call of ours that contradicts
// what we signed or got.
func (x *Exchange) objectTo(tx store.Tx, row *departed, callID string, h *hostReceipt, c *Continuation) error {
	ex := Exhibit{HostReceipt: h.doc, HostKeys: []wire.PublicKey{c.TargetKernel}, Continuation: row.Continuation,
		OriginKeys: []wire.PublicKey{c.SourceKernel}}
	reason := ""
	result, err := otherResult(tx, callID)
	switch {
	case err != nil:
		return err
	case checkCharge(h, c.MaxCharge) != nil:
		reason, result = ChargeAboveMaximum, nil
	case result != nil && h.verdict == receipt.Allow && result.String() != h.content:
		reason = ResultMismatch
	default:
		return nil
	}
	return x.objectOnce(tx, row.Peer, reason, ex, result)
}

// objectOnce is object where the call must be closed whatever comes of it.
func (x *Exchange) objectOnce(tx store.Tx, peer did.DID, reason string, ex Exhibit, result *wire.Digest) error {
	_, err := x.object(tx, peer, reason, ex, result)
	if errors.Is(err, ErrObjection) || errors.Is(err, ErrJoined) { // told before, or nothing our documents bear out
		return nil
	}
	return err
}

// noteResult keeps the hash of a result that was not the one its receipt was
// signed for: when the receipt is filed, it is objected to. If it cannot be
// kept, there is no objection.
func (x *Exchange) noteResult(ctx context.Context, callID string, err error) {
	var other *resultError
	if !errors.As(err, &other) {
		return
	}
	err = x.s.cfg.DB.Update(context.WithoutCancel(ctx), func(tx store.Tx) error {
		tx.Set(prefixOtherResult+callID, []byte(other.sha256.String()))
		return nil
	})
	if err != nil {
		x.s.cfg.Log.Warn("a wrong result could not be noted", slog.String("call_id", callID), slog.String("error", err.Error()))
	}
}

// otherResult is the hash of a result that came for a call and was not the one
// that the host's receipt was signed for, or nil.
func otherResult(r store.Reader, callID string) (*wire.Digest, error) {
	row, err := r.Get(prefixOtherResult + callID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := wire.ParseDigest(string(row))
	if err != nil {
		return nil, fmt.Errorf("%w: row %s%s: %w", store.ErrCorrupt, prefixOtherResult, callID, err)
	}
	return &d, nil
}

// objectToForeign objects to a receipt in a peer's log that says we had a call
// run and is not for one that we signed. One that denies claims nothing.
func (x *Exchange) objectToForeign(tx store.Tx, peer did.DID, f *foreign) error {
	r, err := receipt.Parse(f.row.Receipt)
	if err != nil || r.Decision == nil || r.Decision.Verdict != receipt.Allow {
		return err
	}
	ex, reason, err := x.foreignExhibit(tx, peer, f.row.Receipt, r.KernelKey, f.md)
	if err != nil || reason == "" {
		return err
	}
	return x.objectOnce(tx, peer, reason, ex, nil)
}

// foreignExhibit is what we hold about a receipt of a peer's log, and what
// there is to object to: "" if it is for the call that we signed.
func (x *Exchange) foreignExhibit(r store.Reader, peer did.DID, doc wire.Raw, signer wire.PublicKey, md *receipt.Metadata) (ex Exhibit, reason string, err error) {
	ex = Exhibit{HostReceipt: doc, HostKeys: []wire.PublicKey{signer}}
	var row departed
	found, err := load(r, prefixOut+md.CallID, &row)
	if err != nil {
		return ex, "", err
	}
	f := md.Federation
	if !found || row.Peer != peer || f.ContinuationSHA256 == nil || *f.ContinuationSHA256 != row.Continuation.ID() {
		return ex, NotRequested, nil
	}
	ex.Continuation = row.Continuation
	if lateReceipt(&row, doc) != nil {
		return ex, "", nil
	}
	return ex, ArgsMismatch, nil
}
