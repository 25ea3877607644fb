package federation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// The causes with which a peer's call is ended here. They stand in its receipt.
var (
	errCancelled = errors.New("the calling organisation cancelled the call")
	errCallTime  = errors.New("the time that the calling organisation gave the call is over")
)

// CodeCancelled: a peer's call was over before this node began it.
const CodeCancelled kernel.Code = "CHIO-FED-CANCELLED"

// The bounds of a cancellation: the host waits for its tool to let go, the
// origin a little longer for the host's word.
const (
	cancelWait    = 5 * time.Second
	cancelTimeout = 8 * time.Second
)

// bound limits a call that arrived to the time that its continuation gives it,
// and lets its origin end it earlier.
func (x *Exchange) bound(ctx context.Context, c *Continuation, arr *arrival) (context.Context, context.CancelFunc) {
	limit := min(time.Duration(c.TimeoutSeconds)*time.Second, x.cfg.CallTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errCallTime)
	ctx, end := context.WithCancelCause(ctx)
	x.mu.Lock()
	arr.cancel, arr.running = end, ctx
	if arr.cancelled { // before it began
		end(errCancelled)
	}
	x.mu.Unlock()
	return ctx, func() { end(errParentEnded); cancel() }
}

// timeoutSeconds is what our continuations give a call.
func (x *Exchange) timeoutSeconds() int64 {
	return min(max(1, int64(x.cfg.CallTimeout/time.Second)), maxTimeoutSeconds)
}

// answerCancel ends a call of the asking peer that is under way, and answers
// as a query does. Another's call cannot be named: call ids are looked up under
// who asks. A call that ended stays as it is; one that has not arrived will be
// refused when it does, for streams overtake each other.
func (x *Exchange) answerCancel(ctx context.Context, key callKey) ([]byte, error) {
	if err := wire.CheckUUIDv7(key.callID); err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	arr, err := x.cancelled(key)
	if err != nil {
		return nil, err
	}
	if arr == nil {
		reply, status, err := x.standing(key)
		if err != nil || status != statusUnknown {
			x.early.forget(key)
		}
		return reply, err
	}
	wait := time.NewTimer(cancelWait)
	defer wait.Stop()
	select {
	case <-arr.done:
	case <-wait.C:
	case <-ctx.Done():
	}
	return x.answerQuery(key)
}

// cancelled ends the call under way, or notes that it was cancelled before it
// arrived: one or the other, however the two meet.
func (x *Exchange) cancelled(key callKey) (*arrival, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	arr := x.arriving[key]
	if arr == nil {
		return nil, x.early.note(key, x.now())
	}
	arr.cancelled = true
	if arr.cancel != nil {
		arr.cancel(errCancelled)
	}
	return arr, nil
}

// overtaken denies a call that is over before it began: it was cancelled, or
// its time is over. Nothing ran and nothing is held.
func overtaken(running context.Context) *kernel.Denial {
	if running.Err() == nil {
		return nil
	}
	return &kernel.Denial{Step: 2, Code: CodeCancelled, Guard: "continuation", Side: sideTreaty,
		Reason: context.Cause(running).Error(), Fix: "nothing ran; send the call again under a new call id"}
}

// withdraw tells the host that nobody waits for a call any more, because the
// caller left, a stop came to cover it, or its time is over, and takes what the
// host then says about it.
func (x *Exchange) withdraw(ctx context.Context, c *Continuation) (*callAnswer, error) {
	why := context.Cause(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	rec, err := x.s.Connect(ctx, c.To)
	if err != nil {
		return nil, fmt.Errorf("%w; the peer was not told: %w", why, err)
	}
	var a callAnswer
	err = x.request(ctx, rec, ProtocolInvoke, object(part{"type", text("cancel")}, part{"call_id", text(c.CallID)}), &a)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w; the peer was not told: %w", why, err)
	case a.Status != statusDone:
		return nil, fmt.Errorf("%w; the peer was told, and says that the call is %.20q", why, a.Status)
	}
	return &a, nil
}

// abandoned is the error of a call that was withdrawn and that the host ended
// without knowing its effect; nil if the host decided it.
func abandoned(ctx context.Context, h *hostReceipt) error {
	if ctx.Err() == nil || h.verdict == receipt.Allow || h.verdict == receipt.Deny || h.verdict == receipt.PendingApproval {
		return nil
	}
	return fmt.Errorf("the call was cancelled: %w; the peer's receipt %s says %s", context.Cause(ctx), h.id, h.verdict)
}
