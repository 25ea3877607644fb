package mcp

import (
	"context"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// receiptMeta is the member "chio" of a result's _meta.
type receiptMeta struct {
	ReceiptID string `json:"receipt_id"`
	Verdict   string `json:"verdict"` // the receipt's verdict word
	Code      string `json:"code,omitempty"`
	Unlogged  bool   `json:"unlogged,omitzero"`
}

func metaOf(out kernel.Outcome) wire.Raw {
	m := receiptMeta{ReceiptID: out.Receipt.ID, Verdict: out.Ended, Unlogged: out.Unlogged}
	if m.Verdict == "" {
		m.Verdict = out.Verdict.String()
	}
	if out.Denial != nil {
		m.Code = string(out.Denial.Code)
	}
	return wire.MustMarshal(m)
}

// noReceipt is the answer when there is no receipt: no receipt, no verdict.
func noReceipt() *RPCError {
	return rpcErrorf(CodeInternal, "the kernel gave no receipt for this request: nothing is released")
}

// answerOf turns an outcome into the answer to tools/call.
func answerOf(out kernel.Outcome) (wire.Raw, *RPCError) {
	if out.Receipt == nil {
		return nil, noReceipt()
	}
	if out.Verdict != kernel.Allow {
		return denied(out)
	}
	o, err := parseObject(out.Content)
	if err != nil || len(out.Content) == 0 {
		return nil, rpcErrorf(CodeInternal, "the released content is not a result; receipt %s", out.Receipt.ID)
	}
	meta, err := parseObject(o["_meta"])
	if err != nil {
		return nil, rpcErrorf(CodeInternal, "the released content is not a result; receipt %s", out.Receipt.ID)
	}
	if raw, ok := meta[rpcErrorMeta]; ok {
		return nil, restoreError(raw, out)
	}
	meta[ownMeta] = metaOf(out)
	o["_meta"] = meta.raw()
	return o.raw(), nil
}

// restoreError gives the client the JSON-RPC error its server answered, with
// the receipt beside the server's data.
func restoreError(raw wire.Raw, out kernel.Outcome) *RPCError {
	e := new(RPCError)
	if err := wire.UnmarshalLenient(raw, e, FrameLimits); err != nil {
		return rpcErrorf(CodeInternal, "the tool server's error could not be read; receipt %s", out.Receipt.ID)
	}
	data := object{}
	if len(e.Data) > 0 && e.Data[0] == '{' {
		if o, err := parseObject(e.Data); err == nil {
			data = o
		}
	} else if len(e.Data) > 0 {
		data["data"] = e.Data
	}
	data[ownMeta] = metaOf(out)
	e.Data = data.raw()
	return e
}

// denied answers a refused tools/call as a result that agents read.
func denied(out kernel.Outcome) (wire.Raw, *RPCError) {
	if out.Receipt == nil {
		return nil, noReceipt()
	}
	text := object{"type": quote("text"), "text": quote(explain(out))}.raw()
	return object{
		"content": wire.Raw("[" + string(text) + "]"),
		"isError": wire.Raw(`true`),
		"_meta":   object{ownMeta: metaOf(out)}.raw(),
	}.raw(), nil
}

// explain says in lines what happened, why, and what to do about it.
func explain(out kernel.Outcome) string {
	verdict := out.Ended
	if verdict == "" {
		verdict = out.Verdict.String()
	}
	var b strings.Builder
	b.WriteString("chio: " + verdict)
	if d := out.Denial; d != nil {
		b.WriteString(" " + string(d.Code))
		if d.Reason != "" {
			b.WriteString("\nreason: " + d.Reason)
		}
		if d.Fix != "" {
			b.WriteString("\nfix: " + d.Fix)
		}
	}
	b.WriteString("\nreceipt: " + out.Receipt.ID)
	return b.String()
}

// refuse records a request that is not mediated and answers a JSON-RPC error
// whose data is {code, receipt_id, reason, fix}.
func (e *Edge) refuse(ctx context.Context, method string, params wire.Raw, rpcCode int64, d *kernel.Denial) (wire.Raw, *RPCError) {
	out := e.record(ctx, method, params, d)
	if out.Receipt == nil {
		return nil, noReceipt()
	}
	if out.Denial != nil {
		d = out.Denial
	}
	answer := rpcErrorf(rpcCode, "%s", d.Reason)
	answer.Data = object{
		"code": quote(string(d.Code)), "reason": quote(d.Reason), "fix": quote(d.Fix),
		"receipt_id": quote(out.Receipt.ID),
	}.raw()
	return nil, answer
}

// record makes the receipt of a refusal, also when the client has cancelled.
func (e *Edge) record(ctx context.Context, method string, params wire.Raw, d *kernel.Denial) kernel.Outcome {
	return e.cfg.Caller.Refuse(context.WithoutCancel(ctx), e.cfg.Server, method, recordable(params), d)
}

// recordable is the canonical form of parameters for a receipt. What has none
// (an integer beyond a double, arguments over their limit) is described.
func recordable(params wire.Raw) wire.Raw {
	if len(params) == 0 {
		return wire.Raw(`{}`)
	}
	canonical, err := wire.Canonicalize(params, wire.ForeignLimits)
	if err != nil {
		return object{
			"unrecordable": quote(err.Error()), "bytes": NumberID(int64(len(params))).raw(),
			"sha256": quote(wire.Hash(params).String()),
		}.raw()
	}
	return canonical
}

// denialOf says why a method of the client is refused.
func denialOf(method string) *kernel.Denial {
	d := &kernel.Denial{Code: kernel.CodeMethodDenied, Guard: edgeGuard}
	area, _, _ := strings.Cut(method, "/")
	switch area {
	case "resources", "prompts", "completion":
		d.Reason = method + " is not mediated by this edge, so it is refused"
		d.Fix = "use the server's tools; only tools/call is mediated"
	case "initialize":
		d.Reason, d.Fix = "session is initialized already", "open a new session to negotiate again"
	case "tasks":
		d.Reason, d.Fix = method+": tasks are not mediated by this edge", "call the tool without a task"
	default:
		d.Reason = "unknown method " + method
		d.Fix = "use a method of MCP " + ProtocolVersion + " that this edge offers: tools/call, tools/list, logging/setLevel, ping"
	}
	return d
}

// denialOfServer says why a request of the tool server is refused.
func denialOfServer(method string) *kernel.Denial {
	d := &kernel.Denial{Code: kernel.CodeMethodDenied, Guard: edgeGuard}
	switch area, _, _ := strings.Cut(method, "/"); area {
	case "sampling", "elicitation":
		d.Reason = "tool server asked for " + method + ", which is not mediated by this edge"
		d.Fix = "use a tool server that works without " + area
	default:
		d.Reason = "tool server asked the client for " + method + ", which is not offered"
		d.Fix = "a tool server may ask for roots/list and ping"
	}
	return d
}
