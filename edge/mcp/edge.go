package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// Caller is the authority behind one client: it holds the agent's key and
// capability, and reaches the kernel. Every Outcome carries a receipt.
type Caller interface {
	// NewMandate builds the mandate of one call with canonical arguments. A
	// *kernel.Denial error says why there is no authority for it.
	NewMandate(ctx context.Context, server, tool string, args wire.Raw) (*kernel.Mandate, error)
	// Mediate decides and, if allowed, dispatches.
	Mediate(ctx context.Context, m *kernel.Mandate) kernel.Outcome
	// Refuse records a request that no mandate can be made of.
	Refuse(ctx context.Context, server, method string, params wire.Raw, d *kernel.Denial) kernel.Outcome
	// Visible reports whether capability and policy could allow the tool.
	Visible(tool string) bool
}

// EdgeConfig configures the service of one client.
type EdgeConfig struct {
	Server   string // the server name mandates carry
	Caller   Caller
	Upstream *Upstream
	// Drain is how long calls in flight may take once the client has closed
	// its side; 0 is DefaultDrain.
	Drain time.Duration
	// Malformed reports a frame of the client that did not decode; may be nil.
	Malformed func(*FrameError)
}

// DefaultDrain bounds the end of a session whose client went away.
const DefaultDrain = 10 * time.Second

func (c *EdgeConfig) validate() error {
	switch {
	case c.Server == "" || len(c.Server) > kernel.MaxNameBytes:
		return fmt.Errorf("mcp edge config: server name must be 1 to %d bytes", kernel.MaxNameBytes)
	case c.Caller == nil || c.Upstream == nil:
		return errors.New("mcp edge config: caller and upstream are needed")
	case c.Drain < 0:
		return fmt.Errorf("mcp edge config: drain %s is negative", c.Drain)
	}
	return nil
}

// Edge serves one client. Its method table is closed:
//
//	mediated   tools/call
//	passed     initialize, ping, logging/setLevel, tools/list (filtered);
//	           notifications initialized, cancelled, roots/list_changed;
//	           to the client: roots/list, notifications progress, message,
//	           tools/list_changed
//	refused    everything else, with a receipt; requests of the server too
//
// A refused tools/call answers a result with isError, which agents read; any
// other refusal answers a JSON-RPC error. Both carry the receipt id.
type Edge struct {
	cfg   EdgeConfig
	conn  *conn
	phase atomic.Int32
	roots atomic.Bool // the client declared the roots capability
}

// The phases of a client session, in order.
const (
	phaseNew int32 = iota
	phaseInitialized
	phaseReady
)

// NewEdge checks the configuration and starts nothing.
func NewEdge(cfg EdgeConfig) (*Edge, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Drain == 0 {
		cfg.Drain = DefaultDrain
	}
	return &Edge{cfg: cfg}, nil
}

// Serve serves the client until it closes its side, ctx ends or the stream
// fails. It may be called once. Calls in flight when the client closes its
// side are finished, within Drain, and answered. A stream that is an io.Closer
// is closed; of one that is not, the goroutine that reads it stays until the
// stream ends.
func (e *Edge) Serve(ctx context.Context, stream io.ReadWriter) error {
	e.conn = newConn(ctx, NewFrames(stream, stream), (*edgeHandler)(e))
	detach, err := e.cfg.Upstream.attach(&clientSession{
		request: e.serverRequest, notification: e.conn.post,
	})
	if err != nil {
		return err
	}
	defer detach()
	written := make(chan struct{})
	go func() { defer close(written); e.conn.writeLoop() }()
	read := make(chan error, 1)
	go func() { read <- e.conn.readLoop() }()
	select {
	case err = <-read:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-e.conn.done: // the writer failed
		err = e.conn.cause()
	}
	if errors.Is(err, io.EOF) {
		e.drain()
		err = nil
	}
	e.conn.fail(fmt.Errorf("%w: client session ended", ErrClosed))
	if c, ok := stream.(io.Closer); ok {
		_ = c.Close()
	}
	e.conn.workers.Wait()
	<-written
	return err
}

// Counters returns what this session refused or dropped without a receipt.
func (e *Edge) Counters() Counters { return e.conn.counts.read() }

// drain lets the calls in flight end and their answers leave.
func (e *Edge) drain() {
	ctx, cancel := context.WithTimeout(e.conn.ctx, e.cfg.Drain)
	defer cancel()
	idle := make(chan struct{})
	go func() { e.conn.workers.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	e.conn.flush(ctx)
}

// edgeHandler is the side of an Edge that faces the client.
type edgeHandler Edge

func (h *edgeHandler) request(ctx context.Context, _ ID, method string, params wire.Raw) (wire.Raw, *RPCError) {
	e := (*Edge)(h)
	switch phase := e.phase.Load(); {
	case method == "ping":
		return wire.Raw(`{}`), nil
	case method == "initialize" && phase == phaseNew:
		return e.initialize(ctx, params)
	case method == "server/discover" && phase == phaseNew:
		// The probe of a client that also speaks a later revision. It is part
		// of agreeing on one, before there is a session to record it in.
		return nil, rpcErrorf(CodeMethodNotFound, "this edge speaks %s: use initialize", ProtocolVersion)
	case phase != phaseReady:
		return e.refuse(ctx, method, params, CodeInvalidRequest, &kernel.Denial{
			Code: kernel.CodeMethodDenied, Guard: edgeGuard, Reason: method + " came before the session was initialized",
			Fix: "send initialize, then notifications/initialized",
		})
	}
	switch method {
	case "tools/call":
		return e.callTool(ctx, params)
	case "tools/list":
		return e.listTools(ctx, params)
	case "logging/setLevel":
		return e.pass(ctx, method, params)
	default:
		return e.refuse(ctx, method, params, CodeMethodNotFound, denialOf(method))
	}
}

func (h *edgeHandler) notification(ctx context.Context, method string, params wire.Raw) {
	e := (*Edge)(h)
	switch method {
	case "notifications/initialized":
		if e.phase.CompareAndSwap(phaseInitialized, phaseReady) {
			e.cfg.Upstream.start()
		}
	case "notifications/roots/list_changed":
		if e.phase.Load() == phaseReady {
			e.cfg.Upstream.conn.post(method, nil)
		}
	default:
		// Nothing is answered or passed on; it is recorded off the reading
		// goroutine, which must not wait for a disk.
		e.conn.spare(func(ctx context.Context) { _, _ = e.refuse(ctx, method, params, CodeMethodNotFound, denialOf(method)) })
	}
}

// malformed answers a frame that did not decode; it never entered, so there
// is no receipt.
func (h *edgeHandler) malformed(f *FrameError) {
	if h.cfg.Malformed != nil {
		h.cfg.Malformed(f)
	}
	h.conn.answer(Message{ID: f.ID, Error: rpcErrorf(f.Code, "%v", f.Reason)})
}
