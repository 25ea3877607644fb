package mcp

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// outbound is one frame on its way out. Whether its bytes can have reached the
// peer is what decides between "not dispatched" and "effect unknown".
type outbound struct {
	line  []byte
	state atomic.Int32
	sent  chan struct{} // closed when the writer is through with it; may be nil
}

// The states of an outbound frame: it leaves queued once.
const (
	queued int32 = iota
	writing
	withdrawn
)

func (o *outbound) claim() bool    { return o.state.CompareAndSwap(queued, writing) }
func (o *outbound) withdraw() bool { return o.state.CompareAndSwap(queued, withdrawn) }

// writeLoop writes frames until the session ends.
func (c *conn) writeLoop() {
	for {
		select {
		case <-c.done:
			return
		case o := <-c.out:
			if o.claim() && len(o.line) > 0 {
				if n, err := c.frames.w.Write(o.line); err != nil {
					if n == 0 {
						o.state.Store(queued) // no byte left: certainly not dispatched
					}
					c.fail(fmt.Errorf("write frame: %w", err))
					return
				}
			}
			if o.sent != nil {
				close(o.sent)
			}
		}
	}
}

// hand gives a frame to the writer, waiting while the queue is full. What has
// ended already is looked at first: room in the queue must not outrun it.
func (c *conn) hand(ctx context.Context, o *outbound) error {
	select {
	case <-c.done:
		return c.cause()
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
	}
	select {
	case c.out <- o:
		return nil
	case <-c.done:
		return c.cause()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// answer sends a response. There is nobody to tell if it cannot be sent.
func (c *conn) answer(m Message) {
	_ = c.hand(context.Background(), &outbound{line: appendFrame(nil, m)})
}

// notify sends a notification that must arrive, waiting for a slow reader.
func (c *conn) notify(ctx context.Context, method string, params wire.Raw) error {
	return c.hand(ctx, &outbound{line: appendFrame(nil, Message{Method: method, Params: params})})
}

// post sends a notification that may be lost: a reader that does not keep up
// must not hold back the calls of others.
func (c *conn) post(method string, params wire.Raw) {
	select {
	case c.out <- &outbound{line: appendFrame(nil, Message{Method: method, Params: params})}:
	default:
		c.counts.dropped.Add(1)
	}
}

// flush waits until every frame handed over so far has been written.
func (c *conn) flush(ctx context.Context) {
	o := &outbound{sent: make(chan struct{})}
	if c.hand(ctx, o) != nil {
		return
	}
	select {
	case <-o.sent:
	case <-c.done:
	case <-ctx.Done():
	}
}

// call is one request of ours waiting for its answer.
type call struct {
	reply    chan Message // capacity 1
	progress func(params object)
}

// reserve returns the next request id, which is also its progress token.
func (c *conn) reserve() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextID++
	return c.nextID
}

// request sends one request and waits for its answer. The error wraps
// kernel.ErrNotDispatched if no byte of the request can have reached the peer,
// else ErrUnknownEffect. An *RPCError is an answer, not an error of the call.
func (c *conn) request(ctx context.Context, id int64, method string, params wire.Raw, progress func(object)) (wire.Raw, *RPCError, error) {
	w := &call{reply: make(chan Message, 1), progress: progress}
	c.mu.Lock()
	if c.err != nil {
		err := c.err
		c.mu.Unlock()
		return nil, nil, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	c.pending[id] = w
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
	}()
	o := &outbound{line: appendFrame(nil, Message{ID: NumberID(id), Method: method, Params: params})}
	if err := c.hand(ctx, o); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	select {
	case m := <-w.reply:
		return m.Result, m.Error, nil
	case <-ctx.Done():
	case <-c.done:
	}
	return c.abandon(ctx, id, w, o)
}

// abandon ends a request whose caller or whose session went away first.
func (c *conn) abandon(ctx context.Context, id int64, w *call, o *outbound) (wire.Raw, *RPCError, error) {
	select {
	case m := <-w.reply: // the answer came with the end
		return m.Result, m.Error, nil
	default:
	}
	cause := c.cause()
	if cause == nil {
		cause = context.Cause(ctx)
	}
	if o.withdraw() {
		return nil, nil, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, cause)
	}
	c.post("notifications/cancelled", object{"requestId": NumberID(id).raw()}.raw())
	return nil, nil, fmt.Errorf("%w: %w", ErrUnknownEffect, cause)
}

// deliver hands a response to the request that waits for it.
func (c *conn) deliver(m Message) {
	c.mu.Lock()
	w := c.pending[m.ID.num]
	c.mu.Unlock()
	if m.ID.kind != idNumber || w == nil {
		c.counts.unexpected.Add(1)
		return
	}
	select {
	case w.reply <- m:
	default:
		c.counts.unexpected.Add(1) // answered twice
	}
}

// failGuessed ends the request whose answer was refused, if it can be told.
func (c *conn) failGuessed(refused *FrameError) {
	if !refused.response || refused.ID.kind != idNumber {
		return
	}
	c.mu.Lock()
	w := c.pending[refused.ID.num]
	c.mu.Unlock()
	if w == nil {
		return
	}
	select {
	case w.reply <- Message{ID: refused.ID}:
	default:
	}
}

// progressed hands progress to the request whose token it names.
func (c *conn) progressed(params wire.Raw) {
	o, err := parseObject(params)
	token, tokenErr := parseID(o["progressToken"])
	if err != nil || tokenErr != nil || token.kind != idNumber {
		c.counts.unexpected.Add(1)
		return
	}
	c.mu.Lock()
	w := c.pending[token.num]
	c.mu.Unlock()
	if w == nil || w.progress == nil {
		c.counts.unexpected.Add(1)
		return
	}
	w.progress(o)
}
