package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrAttached means another client already serves the server's own requests.
var ErrAttached = errors.New("another client is attached to this tool server")

// UpstreamConfig configures the session with one tool server. Every callback
// may be nil, is called from one goroutine at a time, and must return soon.
type UpstreamConfig struct {
	Server        string // the name this node serves it under
	ClientName    string // how we introduce ourselves without a client
	ClientVersion string

	// ToolsChanged reports that the server's list no longer is the pinned one.
	ToolsChanged func(ToolsChange)
	// Refused reports a request of the server that was refused while no client
	// was attached; an attached Edge records a receipt instead.
	Refused func(method string, params wire.Raw)
	// Malformed reports a frame of the server that did not decode.
	Malformed func(*FrameError)
}

func (c *UpstreamConfig) validate() error {
	switch {
	case c.Server == "":
		return errors.New("upstream config: server name is empty")
	case c.ClientName == "" || c.ClientVersion == "":
		return errors.New("upstream config: client name and version are needed for initialize")
	}
	return nil
}

// Upstream is the session with one tool server, shared by every caller of its
// tools: the attached client, if there is one, and calls that arrive by other
// ways. It is safe for concurrent use.
type Upstream struct {
	cfg    UpstreamConfig
	stream io.ReadWriteCloser
	conn   *conn
	stop   context.CancelFunc
	loops  sync.WaitGroup

	client    atomic.Pointer[clientSession] // the attached client
	handshake chan struct{}                 // capacity 1: held during initialize
	answer    atomic.Pointer[wire.Raw]      // the server's initialize result
	hasTools  atomic.Bool
	begin     chan struct{} // closed once the handshake is complete on both sides
	beginOnce sync.Once
	ready     chan struct{} // closed when the tool list is pinned, or cannot be
	readyErr  error         // set before ready is closed
	changed   chan struct{} // capacity 1: the server says its list changed
	tools     toolPins
}

// clientSession is where the server's own requests and notifications go.
type clientSession struct {
	request      func(ctx context.Context, method string, params wire.Raw) (wire.Raw, *RPCError)
	notification func(method string, params wire.Raw)
}

// NewUpstream starts a session over the streams of a tool server, which may be
// a Process or any connection to one. Close ends it.
func NewUpstream(stream io.ReadWriteCloser, cfg UpstreamConfig) (*Upstream, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	u := &Upstream{
		cfg: cfg, stream: stream, stop: stop,
		handshake: make(chan struct{}, 1), begin: make(chan struct{}), ready: make(chan struct{}), changed: make(chan struct{}, 1),
	}
	u.conn = newConn(ctx, NewFrames(stream, stream), (*upstreamHandler)(u))
	u.loops.Go(u.conn.writeLoop)
	u.loops.Go(func() {
		err := u.conn.readLoop()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: tool server %s ended: %w", ErrClosed, cfg.Server, err)
		}
		u.conn.fail(err)
	})
	u.loops.Go(u.watchTools)
	return u, nil
}

// Close ends the session and its stream. Calls in flight end with
// ErrUnknownEffect.
func (u *Upstream) Close() error {
	u.conn.fail(fmt.Errorf("%w by this node", ErrClosed))
	u.stop()
	err := u.stream.Close()
	u.loops.Wait()
	u.conn.workers.Wait()
	return err
}

// Done is closed when the session has ended; Err then says why. A session that
// ended is not restarted: its tools deny until a new one takes its place.
func (u *Upstream) Done() <-chan struct{} { return u.conn.done }

// Err returns why the session ended, nil while it lasts.
func (u *Upstream) Err() error { return u.conn.cause() }

// Counters returns what this session refused or dropped.
func (u *Upstream) Counters() Counters { return u.conn.counts.read() }

// attach makes s the client that answers the server.
func (u *Upstream) attach(s *clientSession) (detach func(), err error) {
	if !u.client.CompareAndSwap(nil, s) {
		return nil, ErrAttached
	}
	return func() { u.client.CompareAndSwap(s, nil) }, nil
}

// watchTools pins the tool list when the handshake is complete, and looks at
// it again whenever the server says it changed.
func (u *Upstream) watchTools() {
	select {
	case <-u.begin:
	case <-u.conn.done:
		return
	}
	u.readyErr = u.pinTools()
	close(u.ready)
	for {
		select {
		case <-u.conn.done:
			return
		case <-u.changed:
			u.recheckTools()
		}
	}
}

// listTimeout bounds a tools/list exchange of our own.
const listTimeout = 30 * time.Second

func (u *Upstream) recheckTools() {
	ctx, cancel := context.WithTimeout(u.conn.ctx, listTimeout)
	defer cancel()
	doubt, _ := u.tools.inDoubt()
	listed, err := u.listTools(ctx)
	if err != nil {
		listed = nil // a list that cannot be read: everything in it is unknown
	}
	change := u.tools.compare(listed)
	u.tools.settle(doubt)
	if !change.empty() && u.cfg.ToolsChanged != nil {
		u.cfg.ToolsChanged(change)
	}
}

// upstreamHandler is the side of an Upstream that faces the server.
type upstreamHandler Upstream

// request serves a request of the server. Only roots/list and ping have an
// answer; the attached client's edge decides about everything but ping.
func (h *upstreamHandler) request(ctx context.Context, _ ID, method string, params wire.Raw) (wire.Raw, *RPCError) {
	if method == "ping" {
		return wire.Raw(`{}`), nil
	}
	if s := h.client.Load(); s != nil {
		return s.request(ctx, method, params)
	}
	if h.cfg.Refused != nil {
		h.cfg.Refused(method, params)
	}
	return nil, rpcErrorf(CodeMethodNotFound, "%s is not available: no client is attached", method)
}

func (h *upstreamHandler) notification(_ context.Context, method string, params wire.Raw) {
	switch method {
	case "notifications/tools/list_changed":
		(*Upstream)(h).suspectTools()
	case "notifications/message":
	default: // lists of what is not offered, tasks, anything unknown
		h.conn.counts.unexpected.Add(1)
		return
	}
	if s := h.client.Load(); s != nil {
		s.notification(method, params)
	}
}

// malformed counts what a server prints between its frames; an answer would
// only confuse it.
func (h *upstreamHandler) malformed(e *FrameError) {
	if h.cfg.Malformed != nil {
		h.cfg.Malformed(e)
	}
}
