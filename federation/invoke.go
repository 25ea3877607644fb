package federation

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// invokeRequest is every request of the invoke protocol; Type says which
// members are present.
//
//	invoke      continuation, arguments, chain, proof, passport?
//	query       call_id
//	content     call_id, offset
//	cancel      call_id
//	capability  treaty_id
type invokeRequest struct {
	Type         string             `json:"type"`
	Continuation *wire.Envelope     `json:"continuation,omitzero"`
	Arguments    wire.Raw           `json:"arguments,omitzero"`
	Chain        []capability.Token `json:"chain,omitzero"`
	Proof        *wire.Envelope     `json:"proof,omitzero"`
	Passport     wire.Raw           `json:"passport,omitzero"`
	CallID       string             `json:"call_id,omitempty"`
	Progress     bool               `json:"progress,omitzero"` // of invoke: windows may come before the answer
	Offset       int64              `json:"offset,omitzero"`   // bytes of the result that are there already
	TreatyID     *wire.Digest       `json:"treaty_id,omitzero"`
}

// arrival is a call being served.
type arrival struct {
	continuation *wire.Envelope
	signed       bool                    // the peer signed for this call to us; guarded by mu
	body         *Continuation           // as it says, which counts once it is verified
	subject      wire.PublicKey          // the calling agent; it has proven nothing before admitted
	admitted     bool                    // the kernel lets it run; guarded by mu
	children     []receipt.Child         // calls it led to; guarded by mu
	running      context.Context         // ends with its execution
	cancel       context.CancelCauseFunc // ends its execution; nil before that begins
	cancelled    bool                    // its origin has ended it
	ended        *outcome                // once its rows are on disk
	done         chan struct{}           // closed when the reply is on disk, or never will be
}

func (x *Exchange) arrivalOf(key callKey) *arrival {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.arriving[key]
}

// answerInvoke serves the invoke protocol.
func (x *Exchange) answerInvoke(ctx context.Context, rec Record, doc []byte, stream *p2p.Stream) ([]byte, error) {
	var q invokeRequest
	if err := wire.UnmarshalCanonical(doc, &q, frameLimits); err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	switch q.Type {
	case "invoke":
		x.counts.add(rec.DID, func(c *Counts) { c.CallsIn++ })
		return x.answerCall(ctx, rec, &q, stream)
	case "query":
		return x.answerQuery(callKey{rec.DID, q.CallID})
	case "content":
		return nil, x.sendContent(ctx, callKey{rec.DID, q.CallID}, q.Offset, stream)
	case "cancel":
		return x.answerCancel(ctx, callKey{rec.DID, q.CallID})
	case "capability":
		return x.answerCapability(ctx, rec, q.TreatyID)
	}
	return nil, refusal(refusedUnsupported, "no request %.40q", q.Type)
}

// answerCall runs one call, once:
//
//	1 the continuation names a call id; without one there is nothing to answer
//	2 a call that was answered is answered again with the same bytes; one that
//	  is under way is waited for
//	3 the continuation is verified; what fails there is a denial with a receipt
//	4 the kernel decides
//	5 the reply is what the kernel's own transaction stored
func (x *Exchange) answerCall(ctx context.Context, rec Record, q *invokeRequest, stream *p2p.Stream) ([]byte, error) {
	c, err := peekContinuation(q.Continuation) // 1
	if err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	k := x.kernel.Load()
	if k == nil {
		return nil, refusal(refusedNotReady, "the node is starting")
	}
	key := callKey{rec.DID, c.CallID}
	arr, first := x.arrive(key, q.Continuation, c)
	if !first { // 2
		select {
		case <-arr.done:
		case <-ctx.Done():
			return object(part{"status", text(statusRunning)}), nil
		}
	} else {
		defer x.depart(key, arr)
	}
	switch reply, err := x.storedReply(key, q.Continuation); { // 2
	case err != nil:
		return nil, err
	case reply != nil:
		return reply, nil
	case !first:
		return nil, refusal(refusedNotReady, "the call could not be recorded")
	}
	running, end := x.bound(ctx, c, arr)
	defer end()
	m, denial := x.mandate(rec, q, c, arr) // 3
	if denial == nil {
		denial = overtaken(running)
	}
	var out kernel.Outcome
	if denial != nil {
		out = (*k).Refuse(ctx, m, denial)
	} else {
		said := relay(running, m, q, stream)
		out = (*k).Mediate(running, m) // 4
		said()
	}
	x.failpoint("host.receipt_committed_before_reply")
	if e := x.endOf(arr); e != nil { // 5
		return e.reply(), nil
	}
	reply, err := x.storedReply(key, q.Continuation) // 5
	if err == nil && reply == nil {
		err = refusal(refusedNotReady, "the call ended as %s and could not be recorded", out.Ended)
	}
	return reply, err
}

// arrive registers a call that begins, or finds the one under way.
func (x *Exchange) arrive(key callKey, env *wire.Envelope, c *Continuation) (arr *arrival, first bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if arr = x.arriving[key]; arr != nil {
		return arr, false
	}
	arr = &arrival{continuation: env, body: c, done: make(chan struct{}), cancelled: x.early.take(key, x.now())}
	x.arriving[key] = arr
	return arr, true
}

func (x *Exchange) depart(key callKey, arr *arrival) {
	x.mu.Lock()
	delete(x.arriving, key)
	x.mu.Unlock()
	close(arr.done)
}

// mandate verifies the continuation and builds what the kernel is asked. With a
// denial the mandate holds what is safe to record.
func (x *Exchange) mandate(rec Record, q *invokeRequest, c *Continuation, arr *arrival) (*kernel.Mandate, *kernel.Denial) {
	m := &kernel.Mandate{CallID: c.CallID, Server: c.Server, Tool: c.Tool, Operation: capability.Invoke, Arguments: q.Arguments,
		Chain: q.Chain, Proof: q.Proof, Holder: c.Holder, Passport: c.Passport, Edge: "federation",
		Origin: &kernel.Origin{PeerDID: rec.DID.String(), PeerKernel: rec.Kernel, ContinuationSHA256: q.Continuation.ID()}}
	if rec.Treaty != nil {
		m.Origin.TreatyID = *rec.Treaty
	}
	treaty, err := x.s.TreatyFor(rec.DID, Inbound)
	if err != nil {
		x.denySigned(rec, q, c, m, arr)
		return m, TreatyDenial(err)
	}
	m.Origin.TreatyID = treaty.TreatyID
	_, err = VerifyContinuation(q.Continuation, ContinuationExpectation{From: rec.DID, To: x.did,
		SourceKernel: treaty.PeerKernel, TargetKernel: x.cfg.KernelKey.Public(), TreatyID: treaty.TreatyID, Effective: treaty.EffectiveHash,
		MaxHops: hopsUnder(treaty), Arguments: q.Arguments, Chain: q.Chain, Now: x.now()})
	if err != nil {
		m.Passport = nil
		x.denySigned(rec, q, c, m, arr)
		return m, &kernel.Denial{Step: 2, Code: kernel.CodeContinuation, Guard: "continuation", Side: sideTreaty,
			Reason: err.Error(), Fix: "sign a new continuation under the treaty in force and send the call again"}
	}
	x.markSigned(arr)
	m.Origin.MaxCharge, m.Origin.PriceRound = c.MaxCharge, c.PriceRound
	m.Origin.HopIndex, m.Origin.Lineage, m.Origin.IntentSHA256 = c.HopIndex, c.Lineage, c.IntentSHA256
	m.Origin.Children = func() []receipt.Child { return x.childrenOf(arr) }
	if d := x.known(arr, c, q.Chain[len(q.Chain)-1].Subject); d != nil {
		return m, d
	}
	if c.MaxCharge != nil && c.MaxCharge.Units > 0 {
		if d := x.checkFresh(rec.DID, treaty.Revocation); d != nil {
			return m, d
		}
	}
	return m, x.checkPassport(q, c)
}

// denySigned prepares the denial of a call that the peer's kernel has signed for
// to us, though it came too late, or under a treaty that is not in force here:
// the denial names the treaty that was signed for, so that the peer can use it
// as the answer to its continuation, and both file it.
func (x *Exchange) denySigned(rec Record, q *invokeRequest, c *Continuation, m *kernel.Mandate, arr *arrival) {
	if q.Continuation.Open(ContinuationSchema, new(Continuation), []wire.PublicKey{rec.Kernel}, nil) != nil || len(q.Continuation.Signatures) != 1 {
		return
	}
	if c.From != rec.DID || c.To != x.did || c.SourceKernel != rec.Kernel || c.TargetKernel != x.cfg.KernelKey.Public() ||
		wire.Hash(q.Arguments) != c.ArgsSHA256 || len(q.Chain) == 0 || q.Chain[len(q.Chain)-1].ID != c.CapabilityID {
		return
	}
	m.Origin.TreatyID = c.TreatyID
	x.markSigned(arr)
}

// markSigned notes that the peer signed for a call: both sides file how it ends.
func (x *Exchange) markSigned(arr *arrival) {
	x.mu.Lock()
	defer x.mu.Unlock()
	arr.signed = true
}

// checkPassport judges the passport that came along, if this node wants one.
func (x *Exchange) checkPassport(q *invokeRequest, c *Continuation) *kernel.Denial {
	if c.Passport == nil || x.cfg.CheckPassport == nil {
		return nil
	}
	err := fmt.Errorf("the continuation names passport %.80s and it did not come with the call", c.Passport.ID)
	if len(q.Passport) > 0 {
		err = x.cfg.CheckPassport(q.Passport, *c.Passport, q.Chain[len(q.Chain)-1].Subject, x.now())
	}
	if err == nil {
		return nil
	}
	return &kernel.Denial{Step: 4, Code: kernel.CodeRevokedPassport, Guard: "passport", Side: "local", Reason: err.Error(),
		Fix: "call with a passport of the calling organisation that is valid and not revoked"}
}

// outcome is what the answer of a call that ended is made of: rows that never
// change, so the answer is the same bytes every time.
type outcome struct {
	row              arrived
	receipt, content []byte
}

func (e *outcome) reply() []byte {
	parts := []part{{"status", text(statusDone)}, {"receipt", e.receipt}}
	if e.row.Content {
		parts = append(parts, part{"content", e.content})
	}
	if e.row.ContentBytes > 0 {
		parts = append(parts, part{"content_bytes", wire.MustMarshal(e.row.ContentBytes)})
	}
	if e.row.IsError {
		parts = append(parts, part{"is_error", []byte("true")})
	}
	return object(parts...)
}

// endsAs notes how a call that arrived ended, once that is on disk.
func (x *Exchange) endsAs(arr *arrival, how *outcome) {
	x.mu.Lock()
	defer x.mu.Unlock()
	arr.ended = how
}

// endOf is how a call that arrived ended, or nil: nothing of it is on disk.
func (x *Exchange) endOf(arr *arrival) *outcome {
	x.mu.Lock()
	defer x.mu.Unlock()
	return arr.ended
}

// storedReply is the answer of a call that ended, or nil.
func (x *Exchange) storedReply(key callKey, env *wire.Envelope) ([]byte, error) {
	var reply []byte
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		var row arrived
		have, err := load(r, inKey(key), &row)
		if err != nil || !have {
			return err
		}
		if env != nil && row.Continuation.ID() != env.ID() {
			return refusal(refusedConflict, "call id %s was used with another continuation", key.callID)
		}
		if !row.Done {
			return refusal(refusedNotReady, "call %s is under way, or its receipt is owed until this node starts again", key.callID)
		}
		e := outcome{row: row}
		if e.receipt, err = x.receiptByID(r, row.ReceiptID); err != nil {
			return fmt.Errorf("receipt of call %s: %w", key.callID, err)
		}
		if row.Content {
			if e.content, err = r.Get(contentKey(key)); err != nil {
				return fmt.Errorf("content of call %s: %w", key.callID, err)
			}
		}
		reply = e.reply()
		return nil
	})
	return reply, err
}

// answerQuery tells how a call stands.
func (x *Exchange) answerQuery(key callKey) ([]byte, error) {
	reply, _, err := x.standing(key)
	return reply, err
}

// standing is the answer to a query, and the status word in it.
func (x *Exchange) standing(key callKey) (reply []byte, status string, err error) {
	if err := wire.CheckUUIDv7(key.callID); err != nil {
		return nil, "", refusal(refusedMalformed, "%v", err)
	}
	under := x.arrivalOf(key) != nil
	reply, err = x.storedReply(key, nil)
	switch {
	case reply != nil:
		return reply, statusDone, err
	case under:
		return object(part{"status", text(statusRunning)}), statusRunning, nil
	case err == nil:
		return object(part{"status", text(statusUnknown)}), statusUnknown, nil
	}
	return nil, "", err
}
