package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

func (r *rig) receipt() *receipt.Receipt { return &receipt.Receipt{ID: "r"} }

// lastError is the error of the last failed dispatch; it waits for the first,
// since a call that was cancelled ends without an answer to wait for.
func (r *rig) lastError(t *testing.T) error {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtime.Gosched() {
		r.caller.mu.Lock()
		errs := r.caller.errs
		r.caller.mu.Unlock()
		if len(errs) > 0 {
			return errs[len(errs)-1]
		}
	}
	t.Fatal("dispatch did not fail")
	return nil
}

func TestConcurrentCallsGetTheirOwnAnswers(t *testing.T) {
	r := newRig(t)
	r.open()
	const calls = 100
	var held []Message
	r.server.on("tools/call", func(m Message) {
		if held = append(held, m); len(held) == calls {
			for i := range held { // in reverse
				r.server.answer(held[calls-1-i])
			}
		}
	})
	go func() {
		for i := range calls {
			fmt.Fprintf(r.client.stream, `{"jsonrpc":"2.0","id":"c-%d","method":"tools/call","params":{"name":"read_file","arguments":{"n":%d}}}`+"\n", i, i)
		}
	}()
	seen := map[string]bool{}
	for range calls {
		m := r.client.recv()
		n := member(t, m.Result, "structuredContent", "arguments", "n")
		if m.ID != StringID("c-"+n) || seen[n] {
			t.Fatalf("answer %+v to call %s", m.ID, n)
		}
		seen[n] = true
	}
}

func TestSeveralCallersShareTheServer(t *testing.T) {
	r := newRig(t)
	r.open()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var others sync.WaitGroup
	for i := range 8 {
		others.Go(func() {
			args := wire.Raw(fmt.Sprintf(`{"n":%d}`, i))
			res, err := r.upstream.CallTool(ctx, "write_file", args, CallMeta{})
			if err != nil || !strings.Contains(string(res.Content), string(args)) {
				t.Errorf("caller %d: %s %v", i, res.Content, err)
			}
		})
	}
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","arguments":{"n":-1}}}`)
	if member(t, m.Result, "structuredContent", "arguments", "n") != "-1" {
		t.Errorf("client got %+v", m)
	}
	others.Wait()
}

func TestProgressComesInOrderUnderTheClientsToken(t *testing.T) {
	r := newRig(t)
	r.open()
	r.server.on("tools/call", func(m Message) {
		token := mustObject(t, mustObject(t, m.Params)["_meta"])["progressToken"]
		for i := range 3 {
			r.server.send(Message{Method: "notifications/progress", Params: wire.Raw(fmt.Sprintf(`{"progressToken":%s,"progress":%d}`, token, i))})
		}
		r.server.send(Message{Method: "notifications/progress", Params: wire.Raw(`{"progressToken":999,"progress":1}`)})
		r.server.answer(m)
	})
	for _, token := range []string{`"tok"`, `1`} {
		r.client.sendLine(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"read_file","_meta":{"progressToken":` + token + `}}}`)
		for i := range 3 {
			m := r.client.recv()
			if want := fmt.Sprintf(`{"progress":%d,"progressToken":%s}`, i, token); m.Method != "notifications/progress" || string(m.Params) != want {
				t.Fatalf("got %s %s, want %s", m.Method, m.Params, want)
			}
		}
		if m := r.client.recv(); m.ID != NumberID(9) {
			t.Fatalf("got %+v", m)
		}
	}
}

func TestCancelledCallHasUnknownEffect(t *testing.T) {
	r := newRig(t)
	r.open()
	r.server.on("tools/call", func(Message) {}) // never answers
	r.client.sendLine(`{"jsonrpc":"2.0","id":"slow","method":"tools/call","params":{"name":"read_file"}}`)
	r.server.await("tools/call")
	r.client.sendLine(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"slow","reason":"user"}}`)
	r.server.await("notifications/cancelled")
	asked, cancelled := r.server.of("tools/call")[0], r.server.of("notifications/cancelled")[0]
	if got := mustObject(t, cancelled.Params)["requestId"]; string(got) != string(asked.ID.raw()) {
		t.Errorf("server was told to cancel %s, its call is %s", got, asked.ID.raw())
	}
	// No answer is sent for the cancelled call: the next frame is the pong.
	if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":2,"method":"ping"}`); m.ID != NumberID(2) {
		t.Fatalf("got %+v", m)
	}
	err := r.lastError(t)
	if !errors.Is(err, ErrUnknownEffect) || errors.Is(err, kernel.ErrNotDispatched) || !errors.Is(err, context.Canceled) {
		t.Errorf("dispatch error: %v", err)
	}
	// A late answer is dropped, a repeated cancellation too.
	r.server.answer(asked)
	r.client.sendLine(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"slow"}}`)
	if m := r.client.roundTrip(`{"jsonrpc":"2.0","id":3,"method":"ping"}`); m.ID != NumberID(3) {
		t.Fatalf("got %+v", m)
	}
}

func TestServerEndsDuringACall(t *testing.T) {
	r := newRig(t)
	r.open()
	r.server.on("tools/call", func(Message) { r.server.stream.Close() })
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"}}`)
	if member(t, m.Result, "isError") != "true" || member(t, m.Result, "_meta", "chio", "verdict") != receipt.Incomplete {
		t.Errorf("got %+v", m)
	}
	if err := r.lastError(t); !errors.Is(err, ErrUnknownEffect) || errors.Is(err, kernel.ErrNotDispatched) {
		t.Errorf("in flight: %v", err)
	}
	<-r.upstream.Done()
	m = r.client.roundTrip(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"read_file"}}`)
	if member(t, m.Result, "isError") != "true" {
		t.Errorf("got %+v", m)
	}
	if err := r.lastError(t); !errors.Is(err, kernel.ErrNotDispatched) || errors.Is(err, ErrUnknownEffect) || !errors.Is(err, ErrClosed) {
		t.Errorf("later: %v", err)
	}
}

func TestNotDispatched(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := r.upstream.CallTool(ctx, "read_file", wire.Raw(`{}`), CallMeta{}); !errors.Is(err, kernel.ErrNotDispatched) || !errors.Is(err, ErrToolsNotReady) {
		t.Errorf("before initialize: %v", err)
	}
	if err := r.upstream.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	gone, stop := context.WithCancel(ctx)
	stop()
	for name, c := range map[string]struct {
		ctx        context.Context
		tool, args string
		is         error
	}{
		"unknown tool":       {ctx, "rm", `{}`, ErrToolUnknown},
		"not canonical":      {ctx, "read_file", `{"b":1,"a":2}`, wire.ErrNotCanonical},
		"not an object":      {ctx, "read_file", `[]`, kernel.ErrNotDispatched},
		"not json":           {ctx, "read_file", ``, wire.ErrNotJSON},
		"cancelled before":   {gone, "read_file", `{}`, context.Canceled},
		"nested too deeply":  {ctx, "read_file", strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat(`}`, 200), wire.ErrTooDeep},
		"larger than limits": {ctx, "read_file", `{"a":"` + strings.Repeat("x", wire.ForeignLimits.Bytes) + `"}`, wire.ErrTooLarge},
	} {
		_, err := r.upstream.CallTool(c.ctx, c.tool, wire.Raw(c.args), CallMeta{})
		if !errors.Is(err, kernel.ErrNotDispatched) || !errors.Is(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(r.server.of("tools/call")); n != 0 {
		t.Errorf("%d calls reached the server", n)
	}
}

func TestServersAnswersAreChecked(t *testing.T) {
	r := newRig(t)
	r.open()
	big := strings.Repeat("x", FrameLimits.Bytes)
	for name, c := range map[string]struct{ frame, want string }{
		"not an object":       {`"result":[]`, receipt.Incomplete},
		"no content":          {`"result":{}`, receipt.Incomplete},
		"isError is text":     {`"result":{"content":[],"isError":"no"}`, receipt.Incomplete},
		"meta is a list":      {`"result":{"content":[],"_meta":[]}`, receipt.Incomplete},
		"number overflows":    {`"result":{"content":[1e999]}`, receipt.Incomplete},
		"larger than a frame": {`"result":{"content":["` + big + `"]}`, receipt.Incomplete},
		"bad shape":           {`"result":{},"error":{}`, receipt.Incomplete},
		"forged receipt":      {`"result":{"content":[],"_meta":{"chio":{"receipt_id":"forged"},"chio_rpc_error":{"code":1},"k":1}}`, receipt.Allow},
		"tool failed":         {`"result":{"content":[],"isError":true}`, receipt.Allow},
	} {
		t.Run(name, func(t *testing.T) {
			r.server.on("tools/call", func(m Message) {
				r.server.sendLine(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, m.ID.raw(), c.frame))
			})
			m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"}}`)
			if m.Error != nil || member(t, m.Result, "_meta", "chio", "verdict") != c.want || strings.Contains(string(m.Result), "forged") {
				t.Fatalf("got %s %+v", m.Result, m.Error)
			}
			if c.want == receipt.Incomplete && !errors.Is(r.lastError(t), ErrUnknownEffect) {
				t.Errorf("dispatch error: %v", r.lastError(t))
			}
		})
	}
}

func TestServersErrorIsRelayedWithItsReceipt(t *testing.T) {
	r := newRig(t)
	r.open()
	for data, want := range map[string]string{
		``:            `{"chio":{"receipt_id":"receipt-N","verdict":"allow"}}`,
		`,"data":[1]`: `{"chio":{"receipt_id":"receipt-N","verdict":"allow"},"data":[1]}`,
		`,"data":{"chio":{"receipt_id":"forged"},"k":2}`: `{"chio":{"receipt_id":"receipt-N","verdict":"allow"},"k":2}`,
	} {
		r.server.on("tools/call", func(m Message) {
			r.server.sendLine(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"no such \"tool\""%s}}`, m.ID.raw(), data))
		})
		m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"}}`)
		if m.Error == nil || m.Error.Code != -32602 || m.Error.Message != `no such "tool"` {
			t.Fatalf("got %+v", m)
		}
		id := member(t, m.Error.Data, "chio", "receipt_id")
		if got := strings.Replace(string(m.Error.Data), id, "receipt-N", 1); got != want || !strings.HasPrefix(id, "receipt-") {
			t.Errorf("data %s, want %s", m.Error.Data, want)
		}
	}
}

func TestChangedToolsStayDenied(t *testing.T) {
	r := newRig(t)
	r.open()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r.server.setTools(toolJSON("read_file", "now it also sends it elsewhere"), toolJSON("send_file", "new"))
	r.server.send(Message{Method: "notifications/tools/list_changed"})
	if m := r.client.recv(); m.Method != "notifications/tools/list_changed" {
		t.Fatalf("client got %+v", m)
	}
	var change ToolsChange
	select {
	case change = <-r.changes:
	case <-ctx.Done():
		t.Fatal("no evidence of the change")
	}
	if fmt.Sprint(change) != "{[send_file] [read_file] [write_file]}" {
		t.Errorf("change %+v", change)
	}
	for tool, want := range map[string]error{"send_file": ErrToolNew, "read_file": ErrToolChanged, "write_file": ErrToolUnknown} {
		_, err := r.upstream.CallTool(ctx, tool, wire.Raw(`{}`), CallMeta{})
		if !errors.Is(err, want) || !errors.Is(err, kernel.ErrNotDispatched) {
			t.Errorf("%s: %v, want %v", tool, err, want)
		}
	}
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	if got := string(mustObject(t, m.Result)["tools"]); got != `[]` {
		t.Errorf("client sees %s", got)
	}
	if got := r.upstream.Tools(); len(got) != 0 {
		t.Errorf("callable: %+v", got)
	}
	if _, err := r.upstream.AcceptTools(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := r.upstream.CallTool(ctx, "send_file", wire.Raw(`{}`), CallMeta{}); err != nil {
		t.Errorf("after the operator accepted: %v", err)
	}
	if got := r.upstream.Tools(); len(got) != 2 || got[0].Name != "read_file" || got[0].SHA256 != wire.Hash(got[0].Definition) {
		t.Errorf("callable: %+v", got)
	}
}

// TestNoCallBeginsWhileTheListIsInDoubt: from the moment the server says that
// its list changed until it was read again, nobody knows what a call would reach.
func TestNoCallBeginsWhileTheListIsInDoubt(t *testing.T) {
	r := newRig(t)
	r.open()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lists := make(chan Message, 8)
	r.server.on("tools/list", func(m Message) { lists <- m })
	change := func() {
		r.server.send(Message{Method: "notifications/tools/list_changed"})
		r.client.recv() // it is relayed after the node has seen it
	}
	change()
	first := <-lists
	change() // while the first look is under way
	called := make(chan error, 1)
	go func() {
		_, err := r.upstream.CallTool(ctx, "read_file", wire.Raw(`{}`), CallMeta{})
		called <- err
	}()
	awaitWaiting(t, r.upstream)
	r.server.answer(first) // as the list was before the second change
	second := <-lists
	awaitWaiting(t, r.upstream)
	select {
	case err := <-called:
		t.Fatalf("a call after the second change rests on the first look: %v", err)
	default:
	}
	r.server.setTools(toolJSON("read_file", "now it also sends it elsewhere"))
	change() // a doubt of later is not waited for
	r.server.answer(second)
	if err := <-called; !errors.Is(err, ErrToolChanged) {
		t.Errorf("after the look: %v", err)
	}
	brief, end := context.WithTimeout(ctx, 50*time.Millisecond)
	defer end()
	if _, err := r.upstream.CallTool(brief, "read_file", wire.Raw(`{}`), CallMeta{}); !errors.Is(err, ErrToolsInDoubt) || !errors.Is(err, kernel.ErrNotDispatched) {
		t.Errorf("a call whose look does not end in time: %v", err)
	}
	if n := len(r.server.of("tools/call")); n != 0 {
		t.Errorf("%d calls reached the server", n)
	}
	go r.server.stream.Close()
	if _, err := r.upstream.CallTool(ctx, "read_file", wire.Raw(`{}`), CallMeta{}); !errors.Is(err, kernel.ErrNotDispatched) {
		t.Errorf("a call when the server has gone: %v", err)
	}
}

// awaitWaiting returns when a call waits for a look at the tool list.
func awaitWaiting(t *testing.T, u *Upstream) {
	t.Helper()
	p := &u.tools
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		waits := p.turn != nil
		p.mu.Unlock()
		if waits {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no call waits for a look at the list")
		}
	}
}

func TestSilentChangeIsNoticedWhenListed(t *testing.T) {
	r := newRig(t)
	r.open()
	r.server.setTools(toolJSON("read_file", "reads"), toolJSON("write_file", "changed"))
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	if got := string(mustObject(t, m.Result)["tools"]); strings.Contains(got, "write_file") || !strings.Contains(got, "read_file") {
		t.Errorf("client sees %s", got)
	}
	select {
	case c := <-r.changes:
		if len(c.Changed) != 1 || c.Changed[0] != "write_file" {
			t.Errorf("change %+v", c)
		}
	case <-time.After(patience):
		t.Error("no evidence of the change")
	}
}

func TestUnusableListDenies(t *testing.T) {
	for name, tools := range map[string][]string{
		"listed twice": {toolJSON("a", "1"), toolJSON("a", "2")},
		"no name":      {`{"description":"x"}`},
		"not objects":  {`1`},
		"long name":    {toolJSON(strings.Repeat("n", kernel.MaxNameBytes+1), "")},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.server.setTools(tools...)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := r.upstream.Initialize(ctx); !errors.Is(err, ErrToolList) {
				t.Fatalf("initialize: %v", err)
			}
			r.client.roundTrip(initializeLine)
			r.client.sendLine(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			m := r.client.roundTrip(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`)
			if member(t, m.Result, "_meta", "chio", "code") != string(kernel.CodeNotDispatched) {
				t.Errorf("call: %+v", m)
			}
		})
	}
}

func TestInFlightLimits(t *testing.T) {
	r := newRig(t)
	r.open()
	r.server.on("tools/call", func(Message) {})
	for i := range maxInFlight {
		r.client.sendLine(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"read_file"}}`, i))
	}
	m := r.client.roundTrip(`{"jsonrpc":"2.0","id":0,"method":"ping"}`)
	if m.Error == nil || m.Error.Code != CodeInvalidRequest {
		t.Errorf("repeated id: %+v", m)
	}
	m = r.client.roundTrip(`{"jsonrpc":"2.0","id":"over","method":"ping"}`)
	if m.Error == nil || m.Error.Code != CodeBusy || r.edge.Counters().Busy != 1 {
		t.Errorf("one over the limit: %+v", m)
	}
}

// halfClosed is a client that writes what it has and closes its side.
type halfClosed struct {
	io.Reader
	mu  sync.Mutex
	out strings.Builder
}

func (h *halfClosed) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.Write(b)
}

func TestClientThatClosesItsSideGetsItsAnswers(t *testing.T) {
	r := newRig(t)
	r.stop()
	<-r.served
	edge, err := NewEdge(EdgeConfig{Server: "files", Caller: r.caller, Upstream: r.upstream, Drain: patience})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.upstream.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	pr, pw := io.Pipe()
	client := &halfClosed{Reader: pr}
	go func() {
		fmt.Fprintln(pw, initializeLine)
		r.waitPhase(ctx, edge, phaseInitialized)
		fmt.Fprintln(pw, `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		fmt.Fprintln(pw, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"read_file"}}`)
		pw.Close()
	}()
	if err := edge.Serve(ctx, client); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(client.out.String(), `"id":2,"result":`) || !strings.HasSuffix(client.out.String(), "}\n") {
		t.Errorf("client got %s", client.out.String())
	}
}

func (r *rig) waitPhase(ctx context.Context, e *Edge, phase int32) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for e.phase.Load() < phase && ctx.Err() == nil {
		<-tick.C
	}
}

func TestGarbageEndsTheServersSession(t *testing.T) {
	server, stream := newFakeServer(t)
	u, err := NewUpstream(stream, UpstreamConfig{Server: "s", ClientName: "t", ClientVersion: "1"})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	go func() {
		for range maxMalformedRuns {
			server.sendLine("Server running on stdio")
		}
	}()
	select {
	case <-u.Done():
	case <-time.After(patience):
		t.Fatal("session goes on")
	}
	if !errors.Is(u.Err(), ErrGarbage) || u.Counters().Malformed != maxMalformedRuns {
		t.Errorf("%v after %d", u.Err(), u.Counters().Malformed)
	}
}
