package mcp

import (
	"context"

	"github.com/backbay-labs/chio-node/wire"
)

// initialize relays the client's handshake, both sides' capabilities reduced
// to what is mediated. If the server's session is open already, the client
// joins it and is told what was agreed then.
func (e *Edge) initialize(ctx context.Context, params wire.Raw) (wire.Raw, *RPCError) {
	hello, err := parseObject(params)
	if err != nil {
		return nil, rpcErrorf(CodeInvalidParams, "initialize: %v", err)
	}
	caps, err := parseObject(hello["capabilities"])
	if err != nil {
		return nil, rpcErrorf(CodeInvalidParams, "initialize: capabilities: %v", err)
	}
	version := hello.text("protocolVersion")
	if version == "" {
		return nil, rpcErrorf(CodeInvalidParams, "initialize: protocolVersion is missing")
	}
	if !knownVersion(version) {
		version = ProtocolVersion // the client decides whether that will do
	}
	hello = hello.only("clientInfo")
	hello["protocolVersion"] = quote(version)
	hello["capabilities"] = caps.only("roots").raw()
	_, declared := caps["roots"]
	e.roots.Store(declared) // before the server can ask
	answer, rpcErr, err := e.cfg.Upstream.initialize(ctx, hello)
	if err != nil {
		return nil, rpcErrorf(CodeInternal, "initialize: tool server %s: %v", e.cfg.Server, err)
	}
	if rpcErr != nil {
		return nil, rpcErr
	}
	if !e.phase.CompareAndSwap(phaseNew, phaseInitialized) {
		return nil, rpcErrorf(CodeInvalidRequest, "initialize: session is initialized already")
	}
	return answer, nil
}

// listTools relays one page of the server's list and keeps of it the tools
// that are as they were pinned and that this client could be allowed.
func (e *Edge) listTools(ctx context.Context, params wire.Raw) (wire.Raw, *RPCError) {
	u := e.cfg.Upstream
	o, err := parseObject(params)
	if err != nil {
		return nil, rpcErrorf(CodeInvalidParams, "tools/list: %v", err)
	}
	result, rpcErr := e.pass(ctx, "tools/list", o.only("cursor").raw())
	if rpcErr != nil {
		return nil, rpcErr
	}
	page, err := parseObject(result)
	if err != nil {
		return nil, rpcErrorf(CodeInternal, "tools/list: tool server's answer: %v", err)
	}
	listed, err := parseTools(page["tools"])
	if err != nil {
		return nil, rpcErrorf(CodeInternal, "tools/list: %v", err)
	}
	kept := []byte{'['}
	for _, t := range listed {
		pinned, err := u.Tool(t.Name)
		if err != nil || pinned.SHA256 != t.SHA256 {
			u.suspectTools()
			continue
		}
		if !e.cfg.Caller.Visible(t.Name) {
			continue
		}
		if len(kept) > 1 {
			kept = append(kept, ',')
		}
		kept = append(kept, t.Definition...)
	}
	page = page.only("nextCursor")
	page["tools"] = append(kept, ']')
	return page.raw(), nil
}

// pass relays a request that has no effect outside the session, once the
// server's side of the handshake is complete.
func (e *Edge) pass(ctx context.Context, method string, params wire.Raw) (wire.Raw, *RPCError) {
	u := e.cfg.Upstream
	if err := u.Ready(ctx); err != nil {
		return nil, rpcErrorf(CodeInternal, "%s: tool server %s: %v", method, e.cfg.Server, err)
	}
	result, rpcErr, err := u.conn.request(ctx, u.conn.reserve(), method, params, nil)
	if err != nil {
		return nil, rpcErrorf(CodeInternal, "%s: tool server %s: %v", method, e.cfg.Server, err)
	}
	return result, rpcErr
}

// serverRequest serves a request of the tool server: its question for the
// client's roots is relayed, everything else is refused with a receipt.
func (e *Edge) serverRequest(ctx context.Context, method string, params wire.Raw) (wire.Raw, *RPCError) {
	if method != "roots/list" {
		return e.refuse(ctx, method, params, CodeMethodNotFound, denialOfServer(method))
	}
	if !e.roots.Load() {
		return nil, rpcErrorf(CodeMethodNotFound, "the client has no roots")
	}
	result, rpcErr, err := e.conn.request(ctx, e.conn.reserve(), method, nil, nil)
	if err != nil {
		return nil, rpcErrorf(CodeInternal, "%s: client: %v", method, err)
	}
	return result, rpcErr
}
