package mcp

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/wire"
)

// The limits of one connection.
const (
	maxInFlight      = 256  // requests of the peer being worked on
	outboundFrames   = 256  // frames waiting for a slow reader
	maxMalformedRuns = 1000 // refused frames in a row before the stream is given up
)

// ErrClosed means the session has ended.
var ErrClosed = errors.New("mcp session is closed")

// ErrGarbage gives up a stream that carries anything but frames.
var ErrGarbage = errors.New("too many malformed frames in a row")

// handler is the owner's side of a connection. request runs in a goroutine of
// its own and is cancelled when the peer cancels; notification runs on the
// reading goroutine, in order, and must not wait for the peer.
type handler interface {
	request(ctx context.Context, id ID, method string, params wire.Raw) (wire.Raw, *RPCError)
	notification(ctx context.Context, method string, params wire.Raw)
	malformed(*FrameError)
}

// conn is one JSON-RPC session in both directions: it gives our requests ids,
// matches the answers, and runs the peer's requests. All writing is done by
// one goroutine, so frames leave in the order they were handed over.
type conn struct {
	frames  *Frames
	handler handler
	ctx     context.Context // of the session; handlers' contexts derive from it
	cancel  context.CancelFunc
	out     chan *outbound
	done    chan struct{} // closed by fail
	counts  counters

	mu      sync.Mutex // guards what follows
	err     error      // why done was closed
	nextID  int64
	pending map[int64]*call
	serving map[ID]context.CancelFunc // the peer's requests being worked on
	spares  int                       // running spare functions
	workers sync.WaitGroup            // one per entry of serving, and per spare
}

// Counters is what was refused or dropped without a receipt.
type Counters struct {
	Malformed  uint64 // frames that did not decode
	Unexpected uint64 // responses nobody waited for, notifications nobody takes
	Dropped    uint64 // notifications a slow reader did not take in time
	Busy       uint64 // requests over the in-flight limit
}

type counters struct{ malformed, unexpected, dropped, busy atomic.Uint64 }

func (c *counters) read() Counters {
	return Counters{c.malformed.Load(), c.unexpected.Load(), c.dropped.Load(), c.busy.Load()}
}

func newConn(ctx context.Context, frames *Frames, h handler) *conn {
	ctx, cancel := context.WithCancel(ctx)
	return &conn{
		frames: frames, handler: h, ctx: ctx, cancel: cancel,
		out: make(chan *outbound, outboundFrames), done: make(chan struct{}),
		pending: map[int64]*call{}, serving: map[ID]context.CancelFunc{},
	}
}

// fail ends the session once; the first cause is kept.
func (c *conn) fail(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = cause
	close(c.done)
	c.cancel()
}

// cause returns why the session ended, nil while it lasts.
func (c *conn) cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// readLoop hands every frame to its receiver until the stream ends and returns
// why. It does not end the session: answers may still have to be written.
func (c *conn) readLoop() error {
	run := 0
	for {
		m, err := c.frames.Read()
		var refused *FrameError
		switch {
		case errors.As(err, &refused):
			c.counts.malformed.Add(1)
			c.failGuessed(refused)
			c.handler.malformed(refused)
			if run++; run >= maxMalformedRuns {
				return ErrGarbage
			}
			continue
		case err != nil:
			return err
		}
		run = 0
		switch {
		case m.Method == "":
			c.deliver(m)
		case m.ID.IsZero():
			c.notified(m)
		default:
			c.serve(m)
		}
	}
}

// serve starts work on a request of the peer.
func (c *conn) serve(m Message) {
	c.mu.Lock()
	_, repeated := c.serving[m.ID]
	full := len(c.serving) >= maxInFlight
	if repeated || full || c.err != nil {
		c.mu.Unlock()
		if repeated {
			c.answer(Message{ID: m.ID, Error: rpcErrorf(CodeInvalidRequest, "id is already in use by a request in flight")})
			return
		}
		c.counts.busy.Add(1)
		c.answer(Message{ID: m.ID, Error: rpcErrorf(CodeBusy, "more than %d requests in flight: wait for an answer", maxInFlight)})
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.serving[m.ID] = cancel
	c.workers.Add(1)
	c.mu.Unlock()
	go c.work(ctx, m)
}

func (c *conn) work(ctx context.Context, m Message) {
	defer c.workers.Done()
	result, rpcErr := c.guarded(ctx, m)
	cancelled := ctx.Err() != nil
	c.mu.Lock()
	c.serving[m.ID]()
	delete(c.serving, m.ID)
	c.mu.Unlock()
	if cancelled && c.ctx.Err() == nil {
		return // the peer cancelled: it expects no answer
	}
	c.answer(Message{ID: m.ID, Result: result, Error: rpcErr})
}

// spare runs f beside the reading goroutine, within the in-flight limit; over
// it, f is dropped and counted.
func (c *conn) spare(f func(context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || len(c.serving)+c.spares >= maxInFlight {
		c.counts.busy.Add(1)
		return
	}
	c.spares++
	c.workers.Go(func() {
		defer func() {
			_ = recover() // one notification's
			c.mu.Lock()
			c.spares--
			c.mu.Unlock()
		}()
		f(c.ctx)
	})
}

// guarded turns a panic of one request into that request's error.
func (c *conn) guarded(ctx context.Context, m Message) (result wire.Raw, rpcErr *RPCError) {
	defer func() {
		if p := recover(); p != nil {
			result, rpcErr = nil, rpcErrorf(CodeInternal, "internal error while serving %s", m.Method)
		}
	}()
	result, rpcErr = c.handler.request(ctx, m.ID, m.Method, m.Params)
	if rpcErr == nil && len(result) == 0 {
		rpcErr = rpcErrorf(CodeInternal, "no result for %s", m.Method)
	}
	return result, rpcErr
}

// notified handles the two notifications that concern this connection's own
// requests, and passes the rest on.
func (c *conn) notified(m Message) {
	switch m.Method {
	case "notifications/cancelled":
		o, err := parseObject(m.Params)
		id, idErr := parseID(o["requestId"])
		c.mu.Lock()
		cancel, ok := c.serving[id]
		c.mu.Unlock()
		if err != nil || idErr != nil || !ok {
			c.counts.unexpected.Add(1) // already answered, or never asked
			return
		}
		cancel()
	case "notifications/progress":
		c.progressed(m.Params)
	default:
		c.handler.notification(c.ctx, m.Method, m.Params)
	}
}
