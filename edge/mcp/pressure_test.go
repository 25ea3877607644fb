package mcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// TestServerThatDoesNotRead: of two calls to a server that takes nothing, the
// one whose frame is being written may have arrived, the one behind it cannot.
func TestServerThatDoesNotRead(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	u, err := NewUpstream(ours, UpstreamConfig{Server: "s", ClientName: "t", ClientVersion: "1"})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	u.tools.pin(map[string]Tool{"a": {Name: "a"}})
	ctx, cancel := context.WithCancel(context.Background())
	ends := make(chan error, 2)
	call := func() {
		_, err := u.CallTool(ctx, "a", wire.Raw(`{}`), CallMeta{})
		ends <- err
	}
	go call()
	if _, err := theirs.Read(make([]byte, 1)); err != nil { // the first frame is on its way
		t.Fatal(err)
	}
	go call()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(u.conn.out) == 0 {
		<-tick.C
	}
	cancel()
	unknown, undispatched := 0, 0
	for range 2 {
		switch err := <-ends; {
		case errors.Is(err, kernel.ErrNotDispatched) && !errors.Is(err, ErrUnknownEffect):
			undispatched++
		case errors.Is(err, ErrUnknownEffect) && !errors.Is(err, kernel.ErrNotDispatched):
			unknown++
		default:
			t.Errorf("call ended with %v", err)
		}
	}
	if unknown != 1 || undispatched != 1 {
		t.Errorf("%d unknown, %d not dispatched", unknown, undispatched)
	}
}

// TestClientThatDoesNotReadHoldsNobodyBack: the server's notifications to it
// are dropped, and another caller of the server is answered.
func TestClientThatDoesNotReadHoldsNobodyBack(t *testing.T) {
	r := newRig(t)
	r.open()
	const flood = 4 * outboundFrames
	for i := range flood {
		r.server.send(Message{Method: "notifications/message", Params: wire.Raw(fmt.Sprintf(`{"data":%d}`, i))})
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := r.upstream.CallTool(ctx, "read_file", wire.Raw(`{}`), CallMeta{}); err != nil {
		t.Fatalf("other caller: %v", err)
	}
	dropped := r.edge.Counters().Dropped
	if dropped < flood-outboundFrames-2 {
		t.Errorf("dropped %d of %d", dropped, flood)
	}
	for i := range flood - int(dropped) { // what was kept is the beginning, in order
		if m := r.client.recv(); string(m.Params) != fmt.Sprintf(`{"data":%d}`, i) {
			t.Fatalf("notification %d is %s", i, m.Params)
		}
	}
}

func TestHeadlessSession(t *testing.T) {
	server, stream := newFakeServer(t)
	server.caps = `{"resources":{}}`
	refused, junk := make(chan string, 1), make(chan error, 1)
	u, err := NewUpstream(stream, UpstreamConfig{
		Server: "s", ClientName: "node", ClientVersion: "2",
		Refused:   func(method string, _ wire.Raw) { refused <- method },
		Malformed: func(e *FrameError) { junk <- e },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := u.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	if err := u.Initialize(ctx); err != nil {
		t.Errorf("second initialize: %v", err)
	}
	if n := len(server.of("tools/list")); n != 0 || len(u.Tools()) != 0 {
		t.Errorf("a server without tools was asked %d times for them", n)
	}
	hello := server.of("initialize")[0].Params
	if member(t, hello, "clientInfo", "name") != "node" || member(t, hello, "capabilities") != "{}" {
		t.Errorf("server was greeted with %s", hello)
	}
	answers := make(chan Message, 1)
	server.on("", func(m Message) { answers <- m })
	server.sendLine(`{"jsonrpc":"2.0","id":1,"method":"roots/list"}`)
	if m := <-answers; m.Error == nil || m.Error.Code != CodeMethodNotFound || <-refused != "roots/list" {
		t.Errorf("roots: %+v", m)
	}
	server.sendLine("listening on stdio")
	if err := <-junk; !errors.Is(err, wire.ErrNotJSON) {
		t.Errorf("junk: %v", err)
	}
	server.sendLine(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
	if m := <-answers; string(m.Result) != `{}` {
		t.Errorf("ping: %+v", m)
	}
}

func TestInitializeFailures(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for name, c := range map[string]struct{ frame, want string }{
		"error":              {`"error":{"code":-32000,"message":"not today"}`, "not today"},
		"not an object":      {`"result":[]`, "initialize result"},
		"no version":         {`"result":{"capabilities":{}}`, "protocol version"},
		"version is number":  {`"result":{"protocolVersion":1}`, "protocol version"},
		"capabilities: list": {`"result":{"protocolVersion":"2025-11-25","capabilities":[]}`, "capabilities"},
	} {
		t.Run(name, func(t *testing.T) {
			server, stream := newFakeServer(t)
			server.on("initialize", func(m Message) {
				server.sendLine(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, m.ID.raw(), c.frame))
			})
			u, err := NewUpstream(stream, UpstreamConfig{Server: "s", ClientName: "t", ClientVersion: "1"})
			if err != nil {
				t.Fatal(err)
			}
			defer u.Close()
			if err := u.Initialize(ctx); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			server.on("initialize", nil) // it may be tried again
			if err := u.Initialize(ctx); err != nil {
				t.Errorf("second try: %v", err)
			}
		})
	}
	t.Run("silence", func(t *testing.T) {
		server, stream := newFakeServer(t)
		server.on("initialize", func(Message) { cancel() })
		u, err := NewUpstream(stream, UpstreamConfig{Server: "s", ClientName: "t", ClientVersion: "1"})
		if err != nil {
			t.Fatal(err)
		}
		defer u.Close()
		if err := u.Initialize(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestConfigsAreChecked(t *testing.T) {
	for _, cfg := range []UpstreamConfig{{}, {Server: "s"}, {Server: "s", ClientName: "n"}, {ClientName: "n", ClientVersion: "1"}} {
		if _, err := NewUpstream(nil, cfg); err == nil {
			t.Errorf("upstream accepts %+v", cfg)
		}
	}
	u, c := new(Upstream), new(fakeCaller)
	for _, cfg := range []EdgeConfig{
		{}, {Server: "s"}, {Server: "s", Caller: c}, {Server: "s", Upstream: u}, {Caller: c, Upstream: u},
		{Server: strings.Repeat("s", kernel.MaxNameBytes+1), Caller: c, Upstream: u}, {Server: "s", Caller: c, Upstream: u, Drain: -1},
	} {
		if _, err := NewEdge(cfg); err == nil {
			t.Errorf("edge accepts %+v", cfg)
		}
	}
}

func TestEdgeEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	r.open()
	r.server.on("tools/call", func(Message) {})
	r.client.sendLine(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"}}`)
	r.server.await("tools/call")
	r.stop()
	select {
	case err := <-r.served:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("serve: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("serve goes on")
	}
	if err := r.lastError(t); !errors.Is(err, ErrUnknownEffect) {
		t.Errorf("call in flight: %v", err)
	}
}
