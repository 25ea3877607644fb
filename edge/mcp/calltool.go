package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrUnknownEffect means the call reached the tool server, or may have, and no
// usable answer came: nobody can tell whether it took effect.
var ErrUnknownEffect = errors.New("the call was sent and its effect is unknown")

// CallMeta is what travels beside the arguments of a call. It is not part of
// what was hashed, so it carries nothing a tool acts on.
type CallMeta struct {
	// Progress receives the server's progress notifications for this call, the
	// progressToken removed. nil asks for none. It must not block.
	Progress func(params wire.Raw)
	// Served is told to the server as chio/call; nil tells nothing.
	Served *ServedCall
}

// ServedCall is the call of another organisation that a tool serves: what the
// tool's own agent names as its call chain's parent when it calls on.
type ServedCall struct {
	CallID  string         `json:"call_id"`
	Subject wire.PublicKey `json:"subject"` // the calling agent
}

// MetaOf is what travels beside a mandate's arguments.
func MetaOf(m *kernel.Mandate) CallMeta {
	meta := CallMeta{Progress: m.Progress}
	if m.Origin != nil && len(m.Chain) > 0 {
		meta.Served = &ServedCall{m.CallID, m.Chain[len(m.Chain)-1].Subject}
	}
	return meta
}

// CallTool calls one pinned tool with canonical arguments. An error wraps
// kernel.ErrNotDispatched if the server cannot have seen the call, else
// ErrUnknownEffect. A JSON-RPC error of the server is a Result with IsError,
// since it decided after seeing the call.
func (u *Upstream) CallTool(ctx context.Context, tool string, args wire.Raw, meta CallMeta) (kernel.Result, error) {
	if err := wire.IsCanonical(args, wire.ForeignLimits); err != nil {
		return kernel.Result{}, fmt.Errorf("%w: arguments: %w", kernel.ErrNotDispatched, err)
	}
	if args[0] != '{' {
		return kernel.Result{}, fmt.Errorf("%w: arguments must be an object", kernel.ErrNotDispatched)
	}
	if err := u.Err(); err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	if err := u.CheckTool(ctx, tool); err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	id := u.conn.reserve()
	params := object{"name": quote(tool), "arguments": args}
	var progress func(object)
	beside := object{}
	if meta.Served != nil {
		beside[servedMeta] = wire.MustMarshal(meta.Served)
	}
	if meta.Progress != nil {
		beside["progressToken"] = NumberID(id).raw()
		progress = func(o object) {
			delete(o, "progressToken")
			meta.Progress(o.raw())
		}
	}
	if len(beside) > 0 {
		params["_meta"] = beside.raw()
	}
	result, rpcErr, err := u.conn.request(ctx, id, "tools/call", params.raw(), progress)
	switch {
	case err != nil:
		return kernel.Result{}, fmt.Errorf("call %s of %s: %w", tool, u.cfg.Server, err)
	case rpcErr != nil:
		return resultOfError(rpcErr), nil
	}
	r, err := resultOf(result)
	if err != nil {
		return kernel.Result{}, fmt.Errorf("call %s of %s: %w: answer is not usable: %w", tool, u.cfg.Server, ErrUnknownEffect, err)
	}
	return r, nil
}

// ownMeta begins the _meta keys that only this node writes. A server's are
// removed, so that it cannot forge a receipt id.
const ownMeta = "chio"

// servedMeta is where a tool finds the ServedCall.
const servedMeta = ownMeta + "/call"

// rpcErrorMeta carries a server's JSON-RPC error through the kernel.
const rpcErrorMeta = "chio_rpc_error"

// resultOf reads a server's tools/call result:
//
//	1 it is an object, within wire.ForeignLimits, with a canonical form
//	2 content is an array; isError, if present, a boolean
//	3 _meta, if present, is an object; this node's keys are removed, and the
//	  cost that a tool reports is read from there: chio/cost is {units, currency}
//	  and nothing else, or there is no cost
func resultOf(raw wire.Raw) (kernel.Result, error) {
	o, err := parseObject(raw)
	if err != nil {
		return kernel.Result{}, err // 1
	}
	if c := o["content"]; len(c) == 0 || c[0] != '[' { // 2
		return kernel.Result{}, fmt.Errorf("%w: content must be an array", wire.ErrField)
	}
	isError := string(o["isError"])
	if isError != "" && isError != "true" && isError != "false" { // 2
		return kernel.Result{}, fmt.Errorf("%w: isError must be a boolean", wire.ErrField)
	}
	var cost *wire.MonetaryAmount
	if m, ok := o["_meta"]; ok { // 3
		meta, err := parseObject(m)
		if err != nil {
			return kernel.Result{}, fmt.Errorf("_meta: %w", err)
		}
		cost = reportedCost(meta[costMeta])
		for k := range meta {
			if strings.HasPrefix(k, ownMeta) {
				delete(meta, k)
			}
		}
		o["_meta"] = meta.raw()
		raw = o.raw()
	}
	canonical, err := wire.Canonicalize(raw, wire.ForeignLimits) // 1
	if err != nil {
		return kernel.Result{}, err
	}
	return kernel.Result{Content: canonical, IsError: isError == "true", Cost: cost}, nil
}

// costMeta is where a tool says what one call cost.
const costMeta = ownMeta + "/cost"

// reportedCost is nil unless raw is exactly an amount: what a tool did not
// report properly is charged in full.
func reportedCost(raw wire.Raw) *wire.MonetaryAmount {
	var c struct {
		Units    *uint64 `json:"units"`
		Currency string  `json:"currency"`
	}
	if len(raw) == 0 || wire.Unmarshal(raw, &c, wire.DocumentLimits) != nil || c.Units == nil || *c.Units > wire.MaxUnits || c.Currency == "" {
		return nil
	}
	return &wire.MonetaryAmount{Units: *c.Units, Currency: c.Currency}
}

// resultOfError makes a server's JSON-RPC error pass the output guards like
// any other result; the edge turns it back.
func resultOfError(e *RPCError) kernel.Result {
	o := object{
		"content": wire.Raw(`[` + string(object{"type": quote("text"), "text": quote(e.Message)}.raw()) + `]`),
		"isError": wire.Raw(`true`),
		"_meta":   object{rpcErrorMeta: e.raw()}.raw(),
	}
	canonical, err := wire.Canonicalize(o.raw(), wire.ForeignLimits)
	if err != nil { // its data is beyond the limits: the error stays, the data goes
		return resultOfError(rpcErrorf(e.Code, "%.256s", e.Message))
	}
	return kernel.Result{Content: canonical, IsError: true}
}
