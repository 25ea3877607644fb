package federation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// maxQueries bounds how often a lost answer is asked for before the effect is
// left unknown. The wait doubles each time.
const maxQueries = 5

// callAnswer is the host's answer to invoke and to query.
type callAnswer struct {
	Status  string   `json:"status"`
	Receipt wire.Raw `json:"receipt,omitzero"`
	Content wire.Raw `json:"content,omitzero"`
	// ContentBytes is there instead of a result that is fetched in chunks.
	ContentBytes int64 `json:"content_bytes,omitzero"`
	IsError      bool  `json:"is_error,omitzero"`
	// Window is what the tool says while it runs, before the answer.
	Window wire.Raw `json:"window,omitzero"`
}

// Dispatch implements kernel.Dispatcher: it sends the continuation that Admit
// signed, and believes nothing of the answer that the host's receipt does not
// prove. An answer that was lost is asked for by call id; a call that nobody
// waits for any more is cancelled at the host. After that an error means that
// the effect is unknown; one that wraps kernel.ErrNotDispatched means that
// nothing left this node.
func (t *RemoteTools) Dispatch(ctx context.Context, m *kernel.Mandate, route kernel.Route, ticket kernel.Ticket) (kernel.Result, error) {
	x := t.x
	out, ok := ticket.Attach.(*departure)
	if !ok || route.PeerDID == "" {
		return kernel.Result{}, fmt.Errorf("%w: no continuation was signed", kernel.ErrNotDispatched)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, x.cfg.CallTimeout, p2p.ErrTimeout)
	defer cancel()
	ctx, release := out.under(ctx)
	defer release()
	hash := out.continuation.ID()
	defer x.leaves(hash)()
	unknown := kernel.Result{Peer: &kernel.PeerOutcome{ContinuationSHA256: hash, HopIndex: out.body.HopIndex, Lineage: out.body.Lineage}}
	frame, err := x.invokeFrame(m, out)
	if err != nil {
		return unknown, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	rec, err := x.s.Connect(ctx, out.body.To)
	if err == nil {
		err = rec.inForce(x.now())
	}
	if err != nil {
		return unknown, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	x.failpoint("continuation.signed_before_send")
	x.counts.add(rec.DID, func(c *Counts) { c.CallsOut++ })
	answer, err := x.send(ctx, rec, frame, m.Progress)
	if errors.Is(err, kernel.ErrNotDispatched) {
		return unknown, err
	}
	if err != nil || answer.Status != statusDone {
		if ctx.Err() == nil {
			answer, err = x.collect(ctx, out.body, frame, err)
		}
		if ctx.Err() != nil && (err != nil || answer.Status != statusDone) {
			answer, err = x.withdraw(ctx, out.body)
		}
		if err != nil {
			return unknown, err
		}
	}
	h, err := checkReply(answer, out.body, hash)
	if err != nil {
		x.noteResult(ctx, m.CallID, err)
		return unknown, fmt.Errorf("the peer's answer proves nothing: %w", err)
	}
	if err := x.gather(ctx, answer, h, out.body); err != nil {
		x.noteResult(ctx, m.CallID, err)
		return resultOf(answer, h, out), fmt.Errorf("the peer ran the call, and its result is not here: %w", err)
	}
	return resultOf(answer, h, out), abandoned(ctx, h)
}

// resultOf hands a verified reply to the kernel. A charge above the maximum is
// passed on as it is: the kernel holds no more than the maximum and refuses it.
func resultOf(a *callAnswer, h *hostReceipt, out *departure) kernel.Result {
	res := kernel.Result{Content: a.Content, IsError: a.IsError, Cost: h.charge, Attach: h,
		Peer: &kernel.PeerOutcome{ReceiptID: h.id, Verdict: h.verdict, Code: h.code, Reason: h.reason, ContinuationSHA256: out.continuation.ID(),
			HopIndex: out.body.HopIndex, Lineage: out.body.Lineage, Children: h.children}}
	if res.Cost == nil {
		res.Cost = &wire.MonetaryAmount{}
	}
	return res
}

// invokeFrame is the request; the same bytes are sent again if the host says
// it has never seen the call.
func (x *Exchange) invokeFrame(m *kernel.Mandate, out *departure) ([]byte, error) {
	chain, err := wire.Marshal(m.Chain)
	if err != nil {
		return nil, err
	}
	proof, err := wire.Marshal(m.Proof)
	if err != nil {
		return nil, err
	}
	var passport []byte
	if m.Passport != nil && x.cfg.PassportDocument != nil {
		doc, err := x.cfg.PassportDocument(*m.Passport)
		if err != nil {
			return nil, fmt.Errorf("passport of the agent: %w", err)
		}
		if passport, err = wire.Canonicalize(doc, wire.DocumentLimits); err != nil {
			return nil, fmt.Errorf("passport of the agent: %w", err)
		}
	}
	frame := object(part{"type", text("invoke")}, part{"continuation", out.continuation.Bytes()}, part{"arguments", m.Arguments},
		part{"chain", chain}, part{"proof", proof}, part{"passport", passport},
		part{"progress", progressPart(m)})
	if len(frame) > frameLimits.Bytes {
		return nil, fmt.Errorf("%w: the call has %d bytes, limit %d", wire.ErrTooLarge, len(frame), frameLimits.Bytes)
	}
	return frame, nil
}

// send makes one attempt. Until the first byte is written, a failure is
// kernel.ErrNotDispatched.
func (x *Exchange) send(ctx context.Context, rec Record, frame []byte, progress func(wire.Raw)) (*callAnswer, error) {
	stream, err := x.s.cfg.Host.Open(ctx, rec.PeerID, ProtocolInvoke)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	defer stream.Reset()
	if err := stream.Write(ctx, frame); err != nil {
		return nil, err
	}
	if err := stream.CloseWrite(); err != nil {
		return nil, err
	}
	a, err := readWindows(ctx, stream, progress)
	if err != nil {
		return nil, err
	}
	_ = stream.Close() // the answer is complete whatever happens to the stream now
	return a, nil
}

// collect asks for a lost answer until it is there, the attempts are used up,
// or the call's time is over. cause is why it was lost.
func (x *Exchange) collect(ctx context.Context, c *Continuation, frame []byte, cause error) (*callAnswer, error) {
	var refused *PeerError
	if errors.As(cause, &refused) {
		return nil, fmt.Errorf("the peer did not take the call: %w", cause)
	}
	wait := x.cfg.QueryBackoff
	for attempt := 0; attempt < maxQueries; {
		if err := pause(ctx, wait); err != nil {
			return nil, errors.Join(cause, err)
		}
		wait = min(2*wait, maxQueryBackoff)
		answer, err := x.queryOnce(ctx, c.To, c.CallID)
		switch {
		case err != nil:
			cause = err
		case answer.Status == statusDone:
			return answer, nil
		case answer.Status == statusRunning:
			cause, wait = errors.New("the peer is still running the call"), x.cfg.QueryBackoff
			continue // as long as the call's time lasts
		case answer.Status == statusUnknown && frame != nil && x.now() < c.ExpiresAt:
			answer, err := x.again(ctx, c.To, frame)
			if err == nil && answer.Status == statusDone {
				return answer, nil
			}
			cause = errors.Join(errors.New("the peer has not seen the call"), err)
		default:
			cause = errors.New("the peer has not seen the call")
		}
		attempt++
	}
	reason, _, _ := strings.Cut(cause.Error(), "\n") // a receipt's reason is one line
	return nil, fmt.Errorf("no answer after asking %d times: %s", maxQueries, reason)
}

// The bounds of asking for a lost answer: an agent waits for a peer that is
// gone for less than half a minute, and Resolve finishes the rest later.
const (
	queryTimeout    = 3 * time.Second
	maxQueryBackoff = 2 * time.Second
)

func (x *Exchange) queryOnce(ctx context.Context, peer did.DID, callID string) (*callAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	return x.query(ctx, peer, callID)
}

// again sends the identical request: the host runs a call id once.
func (x *Exchange) again(ctx context.Context, peer did.DID, frame []byte) (*callAnswer, error) {
	rec, err := x.s.Connect(ctx, peer)
	if err != nil {
		return nil, err
	}
	return x.send(ctx, rec, frame, nil)
}

// query asks the host how a call ended.
func (x *Exchange) query(ctx context.Context, peer did.DID, callID string) (*callAnswer, error) {
	rec, err := x.s.Connect(ctx, peer)
	if err != nil {
		return nil, err
	}
	var a callAnswer
	err = x.request(ctx, rec, ProtocolInvoke, object(part{"type", text("query")}, part{"call_id", text(callID)}), &a)
	return &a, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
