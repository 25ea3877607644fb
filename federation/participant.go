package federation

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeCallsExhausted: the treaty's number of calls in this direction is used up.
const CodeCallsExhausted kernel.Code = "CHIO-FED-CALLS-EXHAUSTED"

// participant joins the kernel's admission transactions: the host's reply and
// the origin's continuation are as durable as the receipt and the holds.
type participant struct{ x *Exchange }

// departure is what Admit leaves for Dispatch.
type departure struct {
	continuation *wire.Envelope
	body         *Continuation
	parent       *arrival // the peer's call that led to it, if one did
}

// Admit implements admit.Participant.
func (p *participant) Admit(tx store.Tx, a *kernel.Admittance, t *kernel.Ticket) error {
	switch {
	case a.Call.Mandate.Origin != nil:
		return p.x.admitArrival(tx, a.Call.Mandate)
	case a.Call.Route.PeerDID != "":
		out, err := p.x.admitDeparture(tx, a)
		if err != nil {
			return err
		}
		t.Attach = out
	}
	return nil
}

// admitArrival begins a call at the host.
func (x *Exchange) admitArrival(tx store.Tx, m *kernel.Mandate) error {
	peer := did.DID(m.Origin.PeerDID)
	key := callKey{peer, m.CallID}
	arr := x.arrivalOf(key)
	if arr == nil || arr.continuation.ID() != m.Origin.ContinuationSHA256 {
		return errors.New("the call did not arrive over the federation's streams")
	}
	if have, err := load(tx, inKey(key), new(arrived)); err != nil {
		return err
	} else if have {
		return denied(kernel.CodeDuplicateCall, "call id "+m.CallID+" was already used", "send the call again under a new call id")
	}
	if err := roomForResult(tx, peer); err != nil {
		return err
	}
	if err := x.countAgainst(tx, peer, Inbound); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		arr.admitted = true
	})
	return save(tx, inKey(key), arrived{Continuation: arr.continuation})
}

// admitDeparture signs the continuation: after the holds, in their transaction,
// and before the host hears anything.
func (x *Exchange) admitDeparture(tx store.Tx, a *kernel.Admittance) (*departure, error) {
	m, route := a.Call.Mandate, a.Call.Route
	peer := did.DID(route.PeerDID)
	treaty, err := x.s.TreatyFor(peer, Outbound)
	if err != nil {
		return nil, TreatyDenial(err)
	}
	if route.TreatyID == nil || *route.TreatyID != treaty.TreatyID {
		return nil, denied(CodeNoTreaty, "the treaty changed while the call was decided", "send the call again")
	}
	above, err := x.ancestryOf(tx, m, peer, treaty)
	if err != nil {
		return nil, err
	}
	if err := x.countAgainst(tx, peer, Outbound); err != nil {
		return nil, err
	}
	intent, err := intentHash(m)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, continuationNonceBytes)
	if _, err := io.ReadFull(x.s.cfg.Rand, nonce); err != nil {
		return nil, fmt.Errorf("read randomness for a continuation: %w", err)
	}
	now := x.now()
	c := &Continuation{Schema: ContinuationSchema, CallID: m.CallID, From: x.did, To: peer,
		SourceKernel: x.cfg.KernelKey.Public(), TargetKernel: treaty.PeerKernel, TreatyID: treaty.TreatyID,
		EffectiveSHA256: treaty.EffectiveHash, CapabilityID: m.Chain[len(m.Chain)-1].ID, LeaseID: m.Chain[0].ID,
		Server: route.Server, Tool: m.Tool, ArgsSHA256: wire.Hash(m.Arguments), MaxCharge: a.Charge, PriceRound: route.PriceRound,
		Passport: m.Passport, Holder: m.Holder, Nonce: hex.EncodeToString(nonce),
		IssuedAt: now, ExpiresAt: now + ContinuationTTLSeconds, TimeoutSeconds: x.timeoutSeconds(), IntentSHA256: intent,
		HopIndex: above.hopIndex, HopLimit: above.hopLimit, Lineage: above.lineage}
	env, err := wire.Seal(ContinuationSchema, c, x.cfg.KernelKey)
	if err != nil {
		return nil, fmt.Errorf("sign the continuation: %w", err)
	}
	return &departure{env, c, above.parent}, save(tx, prefixOut+m.CallID, departed{Peer: peer, Continuation: env})
}

// intentHash is what the holder proof binds of a governed call's intent.
func intentHash(m *kernel.Mandate) (*wire.Digest, error) {
	if len(m.Intent) == 0 {
		return nil, nil
	}
	canonical, err := wire.Canonicalize(m.Intent, wire.DocumentLimits)
	if err != nil {
		return nil, fmt.Errorf("intent of the call: %w", err)
	}
	hash := wire.Hash(canonical)
	return &hash, nil
}

// countAgainst consumes one of the treaty's calls in a direction.
func (x *Exchange) countAgainst(tx store.Tx, peer did.DID, direction Direction) error {
	treaty, err := x.s.TreatyFor(peer, direction)
	if err != nil {
		return TreatyDenial(err)
	}
	calls, err := countCall(tx, treaty.TreatyID, direction)
	if err != nil {
		return err
	}
	if d := treaty.exhausted(calls); d != nil {
		return d
	}
	return nil
}

// exhausted is the denial of the call of this number, if it is one too many.
func (t *TreatyPolicy) exhausted(calls int64) *kernel.Denial {
	limit := t.Caps.MaxCallsPerTreaty
	if limit == nil || calls <= *limit {
		return nil
	}
	return &kernel.Denial{Step: 10, Code: CodeCallsExhausted, Guard: treatyCallsName, Side: sideTreaty,
		Reason: fmt.Sprintf("the treaty allows %d calls in this direction and all were made", *limit), Fix: "agree on a new treaty: federate again"}
}

// treatyCallsName is the part of a treaty that counts calls.
const treatyCallsName = "treaty-calls"

// NextCall is what the treaty's count says of one more call, without counting
// it.
func (x *Exchange) NextCall(t *TreatyPolicy, direction Direction) (kernel.Conjunct, error) {
	c := kernel.Conjunct{Side: sideTreaty, Guard: treatyCallsName, Verdict: kernel.Allow}
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		_, calls, err := callsMade(r, t.TreatyID, direction)
		c.Denial = t.exhausted(calls + 1)
		return err
	})
	if c.Denial != nil {
		c.Verdict = kernel.Deny
	}
	return c, err
}

// Close implements admit.Participant.
func (p *participant) Close(tx store.Tx, c *kernel.Closing, logIndex uint64) error {
	switch {
	case c.Call.Mandate.Origin != nil:
		p.x.failpoint("host.executed_before_receipt")
		key := callKey{did.DID(c.Call.Mandate.Origin.PeerDID), c.Call.Mandate.CallID}
		return p.x.closeArrival(tx, key, c.Receipt, c.ReceiptJSON, logIndex, c.Result, c.Content)
	case c.Call.Route.PeerDID != "":
		return p.x.closeDeparture(tx, c, logIndex)
	}
	return nil
}

// Refuse implements admit.Participant. A call of ours that was refused before
// it left stays between us and our agent: the peer was never asked.
func (p *participant) Refuse(tx store.Tx, r *kernel.Refusal, logIndex uint64) error {
	origin := r.Call.Mandate.Origin
	if origin == nil {
		return nil
	}
	key := callKey{did.DID(origin.PeerDID), r.Call.Mandate.CallID}
	arr := p.x.arrivalOf(key)
	if arr == nil {
		return nil
	}
	have, err := load(tx, inKey(key), new(arrived))
	if err != nil {
		return err
	}
	if have { // answered, or under way: that answer stands
		return nil
	}
	if err := save(tx, inKey(key), arrived{Continuation: arr.continuation}); err != nil {
		return err
	}
	return p.x.closeArrival(tx, key, r.Receipt, r.ReceiptJSON, logIndex, nil, nil)
}

// closeArrival writes the reply that the peer gets, now and whenever it asks
// again, and puts the receipt into the peer's outbox.
func (x *Exchange) closeArrival(tx store.Tx, key callKey, r *receipt.Receipt, doc []byte, index uint64, res *kernel.Result, content wire.Raw) error {
	arr := x.arrivalOf(key)
	row, c, err := arrivedRow(tx, key, arr)
	if err != nil {
		return err
	}
	row.Done, row.ReceiptID = true, r.ID
	switch {
	case len(content) > maxInlineBytes: // Prepare has stored it
		row.ContentBytes = int64(len(content))
		if err := lay(tx, key, &row, row.ContentBytes, x.now()); err != nil {
			return err
		}
	case content != nil:
		row.Content = true
		tx.Set(contentKey(key), content)
	case res == nil: // the process ended: what it prepared belongs to no receipt
		if err := dropChunks(tx, key); err != nil {
			return err
		}
	}
	row.IsError = content != nil && res != nil && res.IsError
	if err := save(tx, inKey(key), row); err != nil {
		return err
	}
	tx.Set(boxKey(key.peer, index), []byte(r.ID))
	tx.AfterCommit(func() { x.kick(key.peer) })
	if arr != nil {
		tx.AfterCommit(func() { x.endsAs(arr, &outcome{row, doc, content}) })
		if !arr.signed { // the peer did not sign for this call
			return nil
		}
	}
	md, err := metadataOf(r)
	if err != nil {
		return err
	}
	h := readHostReceipt(doc, r, md)
	return x.file(tx, &Joint{Role: RoleHost, Peer: key.peer, CallID: key.callID, TreatyID: c.TreatyID,
		ContinuationSHA256: row.Continuation.ID(), ReceiptID: h.id, Verdict: h.verdict, Charge: h.charge, FiledAt: x.now()}, h)
}

// arrivedRow is the row of a call that is being closed, and what its
// continuation says. Of one that arrived in this process both are at hand.
func arrivedRow(tx store.Tx, key callKey, arr *arrival) (row arrived, c *Continuation, err error) {
	have := true
	if arr != nil {
		row.Continuation, c = arr.continuation, arr.body
		if _, err = tx.Get(inKey(key)); errors.Is(err, store.ErrNotFound) {
			have, err = false, nil
		}
	} else if have, err = load(tx, inKey(key), &row); have {
		c, err = peekContinuation(row.Continuation)
	}
	if err == nil && !have {
		err = fmt.Errorf("%w: call %s of %s is closed but never arrived", store.ErrCorrupt, key.callID, key.peer)
	}
	return row, c, err
}

// closeDeparture ends a call at the origin: our receipt goes to the peer's
// outbox, and the peer's receipt, if we have it by now, is filed.
func (x *Exchange) closeDeparture(tx store.Tx, c *kernel.Closing, index uint64) error {
	callID := c.Call.Mandate.CallID
	out, _ := c.Ticket.Attach.(*departure)
	row, body, err := departedRow(tx, callID, out)
	if err != nil {
		return err
	}
	row.ReceiptID = c.Receipt.ID
	tx.Set(boxKey(row.Peer, index), []byte(c.Receipt.ID))
	tx.AfterCommit(func() { x.nudge(row.Peer) }) // the host closed before us
	if out != nil {
		tx.AfterCommit(func() { x.ledTo(out.parent, c.Receipt) })
	}
	var h *hostReceipt
	if c.Result != nil {
		h, _ = c.Result.Attach.(*hostReceipt)
	}
	if h == nil {
		if h, err = x.arrivedBySync(tx, &row, callID); err != nil {
			return err
		}
	}
	return x.fileDeparture(tx, &row, body, h)
}

// departedRow is the row of a call of ours that is being closed, and what its
// continuation says: the very rows that this process wrote at Admit if out is
// what Admit left, because nobody writes them before the call is closed.
func departedRow(tx store.Tx, callID string, out *departure) (row departed, c *Continuation, err error) {
	have := true
	if out != nil {
		row.Peer, row.Continuation, c = out.body.To, out.continuation, out.body
		if _, err = tx.Get(prefixOut + callID); errors.Is(err, store.ErrNotFound) {
			have, err = false, nil
		}
	} else if have, err = load(tx, prefixOut+callID, &row); have {
		c, err = peekContinuation(row.Continuation)
	}
	if err == nil && !have {
		err = fmt.Errorf("%w: call %s is closed but never left", store.ErrCorrupt, callID)
	}
	return row, c, err
}

// fileDeparture files the host's receipt for a call of ours, if there is one.
func (x *Exchange) fileDeparture(tx store.Tx, row *departed, c *Continuation, h *hostReceipt) error {
	callID := c.CallID
	if h != nil {
		j := &Joint{Role: RoleOrigin, Peer: row.Peer, CallID: callID, TreatyID: c.TreatyID, ContinuationSHA256: row.Continuation.ID(),
			ReceiptID: h.id, Verdict: h.verdict, Charge: h.charge, PeerReceipt: h.doc, FiledAt: x.now()}
		if checkCharge(h, c.MaxCharge) != nil {
			j.Disputed = ChargeAboveMaximum // never owed
		}
		if err := x.file(tx, j, h); err != nil {
			return err
		}
		if err := x.objectTo(tx, row, callID, h, c); err != nil {
			return err
		}
		row.PeerReceiptID = h.id
	}
	return save(tx, prefixOut+callID, row)
}
