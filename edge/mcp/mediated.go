package mcp

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// edgeGuard names this package as the one that decided.
const edgeGuard = "edge-mcp"

// callTool mediates one tool call:
//
//	1 the parameters have a name, arguments that are an object, and _meta, and
//	  nothing else (task-augmented calls are not offered)
//	2 the arguments have a canonical form; that form is decided about and sent
//	3 the tool list is pinned
//	4 the caller has a mandate for it
//	5 the kernel decides; what it releases is the answer
//
// Each failure is a receipt too.
func (e *Edge) callTool(ctx context.Context, params wire.Raw) (wire.Raw, *RPCError) {
	c, denial := parseToolCall(params)
	if denial != nil { // 1, 2
		return e.refuse(ctx, "tools/call", params, CodeInvalidParams, denial)
	}
	if err := e.cfg.Upstream.Ready(ctx); err != nil { // 3
		return denied(e.record(ctx, "tools/call", params, &kernel.Denial{
			Code: kernel.CodeNotDispatched, Guard: edgeGuard, Reason: fmt.Sprintf("tool server is not usable: %v", err),
			Fix: "see the tool server's output, correct it and start it again",
		}))
	}
	mandate, err := e.cfg.Caller.NewMandate(ctx, e.cfg.Server, c.name, c.arguments)
	if err != nil || mandate == nil { // 4
		return denied(e.record(ctx, "tools/call", params, mandateDenial(err)))
	}
	if !c.token.IsZero() {
		mandate.Progress = e.progressTo(c.token)
	}
	return answerOf(e.cfg.Caller.Mediate(ctx, mandate)) // 5
}

// mandateDenial keeps the cause a caller can act on.
func mandateDenial(err error) *kernel.Denial {
	if d, ok := errors.AsType[*kernel.Denial](err); ok {
		return d
	}
	return &kernel.Denial{
		Code: kernel.CodeNoCapability, Guard: edgeGuard, Reason: fmt.Sprintf("no mandate could be made: %v", err),
		Fix: "issue a capability for this agent, server and tool",
	}
}

// progressTo forwards progress under the client's own token.
func (e *Edge) progressTo(token ID) func(wire.Raw) {
	return func(params wire.Raw) {
		o, err := parseObject(params)
		if err != nil {
			return
		}
		o["progressToken"] = token.raw()
		e.conn.post("notifications/progress", o.raw())
	}
}

type toolCall struct {
	name      string
	arguments wire.Raw
	token     ID // of progress; zero if none was asked for
}

func parseToolCall(params wire.Raw) (toolCall, *kernel.Denial) {
	malformed := func(code kernel.Code, format string, args ...any) (toolCall, *kernel.Denial) {
		return toolCall{}, &kernel.Denial{
			Code: code, Guard: edgeGuard, Reason: "tools/call: " + fmt.Sprintf(format, args...),
			Fix: "send name, arguments and, if progress is wanted, _meta.progressToken",
		}
	}
	var p struct {
		Name      string   `json:"name"`
		Arguments wire.Raw `json:"arguments"`
		Meta      wire.Raw `json:"_meta"`
	}
	if err := wire.Unmarshal(params, &p, FrameLimits); err != nil {
		return malformed(kernel.CodeMalformed, "%v", err)
	}
	if p.Name == "" || len(p.Name) > kernel.MaxNameBytes {
		return malformed(kernel.CodeMalformed, "name must be 1 to %d bytes", kernel.MaxNameBytes)
	}
	if len(p.Arguments) == 0 {
		p.Arguments = wire.Raw(`{}`)
	}
	if p.Arguments[0] != '{' {
		return malformed(kernel.CodeMalformed, "arguments must be an object")
	}
	canonical, err := wire.Canonicalize(p.Arguments, wire.ForeignLimits)
	if errors.Is(err, wire.ErrTooLarge) || errors.Is(err, wire.ErrTooDeep) {
		return malformed(kernel.CodeTooLarge, "arguments: %v", err)
	}
	if err != nil {
		return malformed(kernel.CodeMalformed, "arguments: %v", err)
	}
	c := toolCall{name: p.Name, arguments: canonical}
	meta, err := parseObject(p.Meta)
	if err != nil {
		return malformed(kernel.CodeMalformed, "_meta: %v", err)
	}
	if raw, ok := meta["progressToken"]; ok {
		if c.token, err = parseID(raw); err != nil {
			return malformed(kernel.CodeMalformed, "_meta.progressToken %v", err)
		}
	}
	return c, nil
}
