package mcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

func TestInitializeIsReducedOnBothSides(t *testing.T) {
	r := newRig(t)
	m := r.open()
	if m.ID != StringID("init") || m.Error != nil {
		t.Fatalf("answer %+v", m)
	}
	if got := member(t, m.Result, "capabilities"); got != `{"logging":{},"tools":{"listChanged":true}}` {
		t.Errorf("client is told of %s", got)
	}
	hello := r.server.of("initialize")[0]
	if got := member(t, hello.Params, "capabilities"); got != `{"roots":{"listChanged":true}}` {
		t.Errorf("server is told of %s", got)
	}
	if again := r.client.roundTrip(strings.Replace(initializeLine, `"init"`, `5`, 1)); again.Error == nil || again.ID != NumberID(5) {
		t.Errorf("second initialize: %+v", again)
	}
	if n := len(r.server.of("initialize")); n != 1 {
		t.Errorf("server saw %d handshakes", n)
	}
}

func TestInitializeVersions(t *testing.T) {
	t.Run("a later client is offered ours", func(t *testing.T) {
		r := newRig(t)
		if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{}}`); m.Error == nil || m.Error.Code != CodeMethodNotFound {
			t.Fatalf("probe: %+v", m)
		}
		m := r.client.roundTrip(strings.Replace(initializeLine, ProtocolVersion, "2026-07-28", 1))
		if got := member(t, m.Result, "protocolVersion"); got != ProtocolVersion {
			t.Fatalf("answer %+v", m)
		}
		if r.caller.receipts != 0 {
			t.Errorf("%d receipts for a handshake", r.caller.receipts)
		}
	})
	t.Run("an unknown server is refused", func(t *testing.T) {
		r := newRig(t)
		r.server.version = "1999-01-01"
		if m := r.client.roundTrip(initializeLine); m.Error == nil || !strings.Contains(m.Error.Message, "1999-01-01") {
			t.Fatalf("answer %+v", m)
		}
	})
	t.Run("malformed", func(t *testing.T) {
		r := newRig(t)
		for _, params := range []string{`{}`, `{"protocolVersion":1}`, `{"protocolVersion":"2025-11-25","capabilities":[]}`} {
			m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":` + params + `}`)
			if m.Error == nil || m.Error.Code != CodeInvalidParams {
				t.Errorf("%s: %+v", params, m)
			}
		}
	})
}

func TestClientJoinsAnOpenSession(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.upstream.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	if m := r.open(); m.Error != nil {
		t.Fatalf("answer %+v", m)
	}
	if n := len(r.server.of("initialize")); n != 1 {
		t.Errorf("server saw %d handshakes", n)
	}
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"read_file"}}`)
	if m.Error != nil || member(t, m.Result, "_meta", "chio", "receipt_id") != "receipt-1" {
		t.Fatalf("call: %+v", m)
	}
	second, err := NewEdge(r.edge.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Serve(ctx, r.client.stream); !errors.Is(err, ErrAttached) {
		t.Errorf("second client: %v", err)
	}
}

func TestRequestsBeforeInitialize(t *testing.T) {
	r := newRig(t)
	if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); m.Error != nil {
		t.Errorf("ping: %+v", m)
	}
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"read_file"}}`)
	if m.Error == nil || m.Error.Code != CodeInvalidRequest || member(t, m.Error.Data, "receipt_id") != "receipt-1" {
		t.Errorf("tools/call: %+v", m)
	}
	if len(r.server.of("tools/call")) != 0 {
		t.Error("the call reached the server")
	}
}

func TestAllowedCall(t *testing.T) {
	r := newRig(t)
	r.open()
	for _, id := range []string{`7`, `"7"`, `"\u0061"`} {
		m := r.client.roundTrip(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"_meta":{"trace":"x"},"arguments":{ "b" : 1.0, "a":"\u0041"},"name":"read_file"}}`)
		want, _ := parseID(wire.Raw(id))
		if m.ID != want || m.Error != nil {
			t.Fatalf("id %s: %+v", id, m)
		}
		if member(t, m.Result, "_meta", "chio", "verdict") != "allow" || !strings.HasPrefix(member(t, m.Result, "_meta", "chio", "receipt_id"), "receipt-") {
			t.Errorf("result %s", m.Result)
		}
	}
	sent := r.server.of("tools/call")
	if got := string(sent[0].Params); got != `{"arguments":{"a":"A","b":1},"name":"read_file"}` {
		t.Errorf("server got %s", got)
	}
	if sent[0].ID == sent[1].ID {
		t.Error("ids are not our own")
	}
	if got := string(r.caller.mandates[0].Arguments); got != `{"a":"A","b":1}` {
		t.Errorf("mandate has %s", got)
	}
}

func TestRefusedCalls(t *testing.T) {
	r := newRig(t)
	r.caller.deny["write_file"] = &kernel.Denial{Code: kernel.CodeGuardDenied, Reason: "the path is forbidden", Fix: "choose another path"}
	r.caller.noCap["read_file"] = true
	r.open()
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_file","arguments":{}}}`)
	if m.Error != nil || member(t, m.Result, "isError") != "true" || member(t, m.Result, "_meta", "chio", "code") != string(kernel.CodeGuardDenied) {
		t.Fatalf("denied: %+v", m)
	}
	for _, want := range []string{"CHIO-GUARD-DENIED", "the path is forbidden", "choose another path", "receipt-1"} {
		if !strings.Contains(member(t, m.Result, "content"), want) {
			t.Errorf("text lacks %q: %s", want, m.Result)
		}
	}
	m = r.client.roundTrip(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"read_file","arguments":{}}}`)
	if m.Error != nil || member(t, m.Result, "_meta", "chio", "code") != string(kernel.CodeNoCapability) {
		t.Fatalf("no capability: %+v", m)
	}
	for _, params := range []string{
		`{"name":"read_file","task":{"ttl":1}}`, `{"arguments":{}}`, `{"name":"","arguments":{}}`, `{"name":1}`,
		`{"name":"a","arguments":[]}`, `{"name":"a","arguments":null}`, `{"name":"a","arguments":{"n":1e400}}`,
		`{"name":"a","_meta":{"progressToken":1.5}}`, `{"name":"a","_meta":[]}`, `{"name":"` + strings.Repeat("n", kernel.MaxNameBytes+1) + `"}`,
	} {
		m := r.client.roundTrip(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":` + params + `}`)
		if m.Error == nil || m.Error.Code != CodeInvalidParams || member(t, m.Error.Data, "receipt_id") == "" {
			t.Errorf("%s: %+v", params, m)
		}
	}
	m = r.client.roundTrip(`{"jsonrpc":"2.0","id":4,"method":"tools/call"}`)
	if m.Error == nil || m.Error.Code != CodeInvalidParams {
		t.Errorf("no params: %+v", m)
	}
	if n := len(r.server.of("tools/call")); n != 0 {
		t.Errorf("%d refused calls reached the server", n)
	}
	r.caller.mu.Lock()
	defer r.caller.mu.Unlock()
	if r.caller.receipts != 13 {
		t.Errorf("%d receipts for 13 refusals", r.caller.receipts)
	}
}

func TestClosedMethodTable(t *testing.T) {
	r := newRig(t)
	r.open()
	for i, method := range []string{
		"resources/list", "resources/read", "resources/subscribe", "resources/templates/list", "prompts/list", "prompts/get",
		"completion/complete", "tasks/list", "server/discover", "tools/Call", "roots/list", "sampling/createMessage", "made/up",
	} {
		m := r.client.roundTrip(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{"uri":"file:///etc/passwd"}}`, i, method))
		if m.Error == nil || m.Error.Code != CodeMethodNotFound {
			t.Fatalf("%s: %+v", method, m)
		}
		if member(t, m.Error.Data, "code") != string(kernel.CodeMethodDenied) || member(t, m.Error.Data, "fix") == "" {
			t.Errorf("%s: data %s", method, m.Error.Data)
		}
		if got := member(t, m.Error.Data, "receipt_id"); got != fmt.Sprintf("receipt-%d", i+1) {
			t.Errorf("%s: receipt %s", method, got)
		}
		r.caller.awaitReceipt(t, method)
		if len(r.server.of(method)) != 0 {
			t.Errorf("%s reached the server", method)
		}
	}
	r.client.sendLine(`{"jsonrpc":"2.0","method":"notifications/made/up","params":{}}`)
	r.caller.awaitReceipt(t, "notifications/made/up")
}

func TestPassedMethods(t *testing.T) {
	r := newRig(t)
	r.open()
	if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"debug"}}`); m.Error != nil {
		t.Errorf("setLevel: %+v", m)
	}
	if got := r.server.of("logging/setLevel"); len(got) != 1 || string(got[0].Params) != `{"level":"debug"}` {
		t.Errorf("server got %+v", got)
	}
	r.client.sendLine(`{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}`)
	r.server.await("notifications/roots/list_changed")
	r.server.send(Message{Method: "notifications/message", Params: wire.Raw(`{"level":"info","data":"hello"}`)})
	if m := r.client.recv(); m.Method != "notifications/message" || string(m.Params) != `{"level":"info","data":"hello"}` {
		t.Errorf("log: %+v", m)
	}
	if r.caller.receipts != 0 {
		t.Errorf("%d receipts for passed methods", r.caller.receipts)
	}
}

func TestServerRequests(t *testing.T) {
	r := newRig(t)
	r.open()
	answers := make(chan Message, 1)
	r.server.on("", func(m Message) { answers <- m })
	ask := func(id, method, params string) {
		r.server.sendLine(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, params))
	}
	answer := func() Message {
		t.Helper()
		select {
		case m := <-answers:
			return m
		case <-time.After(patience):
			t.Fatal("server got no answer")
			return Message{}
		}
	}
	ask(`"ping-1"`, "ping", `{}`)
	if m := answer(); m.ID != StringID("ping-1") || m.Error != nil {
		t.Errorf("ping: %+v", m)
	}
	ask(`1`, "roots/list", `{}`)
	q := r.client.recv()
	if q.Method != "roots/list" || q.ID.IsZero() {
		t.Fatalf("client got %+v", q)
	}
	r.client.sendLine(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"roots":[{"uri":"file:///w"}]}}`, q.ID.raw()))
	if m := answer(); m.ID != NumberID(1) || string(m.Result) != `{"roots":[{"uri":"file:///w"}]}` {
		t.Errorf("roots: %+v", m)
	}
	for _, method := range []string{"sampling/createMessage", "elicitation/create", "tasks/get", "tools/call"} {
		ask(`2`, method, `{"messages":[]}`)
		r.caller.awaitReceipt(t, method)
		if m := answer(); m.Error == nil || m.Error.Code != CodeMethodNotFound || member(t, m.Error.Data, "receipt_id") == "" {
			t.Errorf("%s: %+v", method, m)
		}
	}
}

func TestToolsListIsFilteredAndPaged(t *testing.T) {
	r := newRig(t)
	r.server.pageSize = 2
	r.server.setTools(toolJSON("a", "1"), toolJSON("b", "2"), toolJSON("c", "3"), toolJSON("d", "4"), toolJSON("e", "5"))
	r.caller.hidden["b"] = true
	r.open()
	var names []string
	cursor := ""
	for range 3 {
		m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + cursor + `}}`)
		tools, err := parseTools(mustObject(t, m.Result)["tools"])
		if err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
		for _, tool := range tools {
			names = append(names, tool.Name)
		}
		next := member(t, m.Result, "nextCursor")
		if next == "" {
			break
		}
		cursor = `"cursor":"` + next + `"`
	}
	if !slices.Equal(names, []string{"a", "c", "d", "e"}) {
		t.Errorf("client sees %v", names)
	}
	if r.caller.receipts != 0 {
		t.Errorf("%d receipts for a list", r.caller.receipts)
	}
}

func mustObject(t *testing.T, doc wire.Raw) object {
	t.Helper()
	o, err := parseObject(doc)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestMalformedFramesAreCountedNotReceipted(t *testing.T) {
	r := newRig(t)
	r.open()
	for line, code := range map[string]int64{
		`{"jsonrpc":"2.0","id":1,"method":`: CodeParse,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","name":"write_file"}}`: CodeInvalidRequest,
		`[]`: CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"p":"` + strings.Repeat("x", FrameLimits.Bytes) + `"}}`: CodeInvalidRequest,
	} {
		if m := r.client.roundTrip(line); m.Error == nil || m.Error.Code != code {
			t.Errorf("%.60s: %+v", line, m)
		}
	}
	if n := r.edge.Counters().Malformed; n != 4 {
		t.Errorf("counted %d, want 4", n)
	}
	if r.caller.receipts != 0 || len(r.server.of("tools/call")) != 0 {
		t.Errorf("junk entered: %d receipts", r.caller.receipts)
	}
	if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); m.Error != nil {
		t.Errorf("session did not go on: %+v", m)
	}
}

// TestI1NoReceiptNoVerdict: a kernel that gives no receipt releases nothing.
func TestI1NoReceiptNoVerdict(t *testing.T) {
	r := newRig(t)
	r.open()
	r.caller.mute = true
	for _, line := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{}}`,
	} {
		if m := r.client.roundTrip(line); m.Error == nil || m.Error.Code != CodeInternal || len(m.Result) != 0 {
			t.Errorf("%s: %+v", line, m)
		}
	}
	for name, out := range map[string]kernel.Outcome{
		"zero outcome":          {},
		"allow without content": {Verdict: kernel.Allow, Receipt: r.receipt()},
		"content of a string":   {Verdict: kernel.Allow, Content: wire.Raw(`"x"`), Receipt: r.receipt()},
		"_meta of a string":     {Verdict: kernel.Allow, Content: wire.Raw(`{"_meta":"x"}`), Receipt: r.receipt()},
	} {
		if result, rpcErr := answerOf(out); rpcErr == nil {
			t.Errorf("%s released %s", name, result)
		}
	}
}

func TestPanicEndsOneRequest(t *testing.T) {
	r := newRig(t)
	r.open()
	r.caller.mu.Lock()
	r.caller.upstream = nil // the next Mediate panics
	r.caller.mu.Unlock()
	if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"}}`); m.Error == nil || m.Error.Code != CodeInternal {
		t.Fatalf("got %+v", m)
	}
	if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); m.Error != nil {
		t.Errorf("session did not go on: %+v", m)
	}
}
