package federation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// The causes with which a peer's call is ended here. They stand in its receipt.
var (
	errCancelled = errors.New("the calling organisation cancelled the call")
	errCallTime  = errors.New("the time that the calling organisation gave the call is over")
)

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
	x.mu.Unlock()
	return ctx, func() { end(errParentEnded); cancel() }
}

// timeoutSeconds is what our continuations give a call.
func (x *Exchange) timeoutSeconds() int64 {
	return min(max(1, int64(x.cfg.CallTimeout/time.Second)), maxTimeoutSeconds)
}

// answerCancel ends a call of the asking peer that is under way, and answers
// as a query does. Another's call cannot be named: call ids are looked up under
// who asks. A call that ended stays as it is.
func (x *Exchange) answerCancel(ctx context.Context, key callKey) ([]byte, error) {
	if err := wire.CheckUUIDv7(key.callID); err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	x.mu.Lock()
	arr := x.arriving[key]
	if arr != nil && arr.cancel != nil {
		arr.cancel(errCancelled)
	}
	x.mu.Unlock()
	if arr != nil {
		wait := time.NewTimer(cancelWait)
		defer wait.Stop()
		select {
		case <-arr.done:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	return x.answerQuery(key)
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
		return nil, fmt.Errorf("%w; the peer was told, and says that the call is %.20s", why, a.Status)
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
