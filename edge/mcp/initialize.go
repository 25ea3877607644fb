package mcp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// ProtocolVersion is the revision this edge implements and offers.
const ProtocolVersion = "2025-11-25"

// ErrVersion means the server speaks no revision this edge knows.
var ErrVersion = errors.New("tool server speaks an unsupported protocol version")

// knownVersion reports whether frames of a revision mean what they mean in
// ProtocolVersion. 2025-03-26 differs by batches, which are refused.
func knownVersion(v string) bool {
	return slices.Contains([]string{ProtocolVersion, "2025-06-18", "2025-03-26", "2024-11-05"}, v)
}

// Initialize opens the session without a client: it introduces this node,
// pins the server's tool list and returns when calls can be made.
func (u *Upstream) Initialize(ctx context.Context) error {
	hello := object{
		"protocolVersion": quote(ProtocolVersion),
		"capabilities":    wire.Raw(`{}`),
		"clientInfo":      object{"name": quote(u.cfg.ClientName), "version": quote(u.cfg.ClientVersion)}.raw(),
	}
	_, rpcErr, err := u.initialize(ctx, hello)
	if rpcErr != nil {
		err = rpcErr
	}
	if err != nil {
		return fmt.Errorf("initialize tool server %s: %w", u.cfg.Server, err)
	}
	u.start()
	return u.Ready(ctx)
}

// initialize performs the handshake, or returns the result of the one that
// already took place: a session has one, whoever asked first.
func (u *Upstream) initialize(ctx context.Context, hello object) (wire.Raw, *RPCError, error) {
	select {
	case u.handshake <- struct{}{}:
		defer func() { <-u.handshake }()
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	case <-u.conn.done:
		return nil, nil, u.Err()
	}
	if done := u.answer.Load(); done != nil {
		return *done, nil, nil
	}
	result, rpcErr, err := u.conn.request(ctx, u.conn.reserve(), "initialize", hello.raw(), nil)
	if err != nil || rpcErr != nil {
		return nil, rpcErr, err
	}
	answer, err := u.offered(result)
	if err != nil {
		return nil, nil, err
	}
	u.answer.Store(&answer)
	return answer, nil, nil
}

// offered reduces the server's initialize result to what this edge mediates:
// a client must not be told of capabilities that would only be refused.
func (u *Upstream) offered(result wire.Raw) (wire.Raw, error) {
	o, err := parseObject(result)
	if err != nil {
		return nil, fmt.Errorf("read initialize result: %w", err)
	}
	if v := o.text("protocolVersion"); !knownVersion(v) {
		return nil, fmt.Errorf("%w: %.40q, want %s or earlier", ErrVersion, v, ProtocolVersion)
	}
	caps, err := parseObject(o["capabilities"])
	if err != nil {
		return nil, fmt.Errorf("read the server's capabilities: %w", err)
	}
	_, hasTools := caps["tools"]
	u.hasTools.Store(hasTools)
	o["capabilities"] = caps.only("tools", "logging").raw()
	return o.only("protocolVersion", "capabilities", "serverInfo", "instructions").raw(), nil
}

// start lets the tool list be pinned. The reading goroutine of an edge calls
// it, so it does not wait for the server.
func (u *Upstream) start() { u.beginOnce.Do(func() { close(u.begin) }) }

// pinTools completes the handshake and pins the list.
func (u *Upstream) pinTools() error {
	ctx, cancel := context.WithTimeout(u.conn.ctx, listTimeout)
	defer cancel()
	if err := u.conn.notify(ctx, "notifications/initialized", nil); err != nil {
		return err
	}
	listed, err := u.listTools(ctx)
	if err != nil {
		return fmt.Errorf("list the tools of %s: %w", u.cfg.Server, err)
	}
	u.tools.pin(listed)
	return nil
}

// Ready waits until the tool list is pinned and returns why it could not be.
func (u *Upstream) Ready(ctx context.Context) error {
	select {
	case <-u.ready:
		return u.readyErr
	default:
	}
	select {
	case <-u.ready:
		return u.readyErr
	case <-u.conn.done:
		return u.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
