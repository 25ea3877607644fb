package mcp

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// patience bounds every wait of these tests.
const patience = time.Minute

// fakeServer is a scripted tool server behind a pipe.
type fakeServer struct {
	t      *testing.T
	stream net.Conn
	frames *Frames
	write  sync.Mutex

	mu       sync.Mutex
	tools    []string // JSON definitions
	pageSize int      // of tools/list; 0 is one page
	version  string
	caps     string
	seen     []Message
	answers  map[string]func(Message) // replaces the default answer
	arrived  chan string              // methods, in order of arrival
}

func newFakeServer(t *testing.T) (*fakeServer, net.Conn) {
	ours, theirs := net.Pipe()
	s := &fakeServer{
		t: t, stream: theirs, frames: NewFrames(theirs, theirs), version: ProtocolVersion,
		tools:   []string{toolJSON("read_file", "reads"), toolJSON("write_file", "writes")},
		caps:    `{"tools":{"listChanged":true},"logging":{},"resources":{},"prompts":{},"experimental":{"x":{}}}`,
		answers: map[string]func(Message){}, arrived: make(chan string, 1024),
	}
	go s.run()
	t.Cleanup(func() { theirs.Close() })
	return s, ours
}

func toolJSON(name, description string) string {
	return fmt.Sprintf(`{"name":%q,"description":%q,"inputSchema":{"type":"object"}}`, name, description)
}

func (s *fakeServer) run() {
	for {
		m, err := s.frames.Read()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, m)
		answer := s.answers[m.Method]
		s.mu.Unlock()
		s.arrived <- m.Method
		switch {
		case answer != nil:
			answer(m)
		case !m.ID.IsZero() && m.Method != "":
			s.answer(m)
		}
	}
}

func (s *fakeServer) answer(m Message) {
	result := `{}`
	switch m.Method {
	case "initialize":
		result = fmt.Sprintf(`{"protocolVersion":%q,"capabilities":%s,"serverInfo":{"name":"fake","version":"1"}}`, s.version, s.caps)
	case "tools/list":
		result = s.page(m)
	case "tools/call":
		result = fmt.Sprintf(`{"content":[{"type":"text","text":"done"}],"structuredContent":%s}`, m.Params)
	}
	s.send(Message{ID: m.ID, Result: wire.Raw(result)})
}

func (s *fakeServer) page(m Message) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, _ := parseObject(m.Params)
	start := 0
	_, _ = fmt.Sscanf(o.text("cursor"), "at-%d", &start)
	end, next := len(s.tools), ""
	if s.pageSize > 0 && start+s.pageSize < end {
		end = start + s.pageSize
		next = fmt.Sprintf(`,"nextCursor":"at-%d"`, end)
	}
	return `{"tools":[` + strings.Join(s.tools[start:end], ",") + `]` + next + `}`
}

func (s *fakeServer) send(m Message) {
	s.write.Lock()
	defer s.write.Unlock()
	_ = s.frames.Write(m)
}

func (s *fakeServer) sendLine(line string) {
	s.write.Lock()
	defer s.write.Unlock()
	_, _ = io.WriteString(s.stream, line+"\n")
}

func (s *fakeServer) on(method string, answer func(Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[method] = answer
}

func (s *fakeServer) setTools(tools ...string) {
	s.mu.Lock()
	s.tools = tools
	s.mu.Unlock()
}

// of returns what arrived of one method.
func (s *fakeServer) of(method string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Message
	for _, m := range s.seen {
		if m.Method == method {
			found = append(found, m)
		}
	}
	return found
}

// await waits until one more frame of method has arrived.
func (s *fakeServer) await(method string) {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case m := <-s.arrived:
			if m == method {
				return
			}
		case <-timeout:
			s.t.Fatalf("%s did not arrive at the server", method)
		}
	}
}

// fakeCaller allows what it is not told to deny and counts receipts.
type fakeCaller struct {
	upstream *Upstream

	mu       sync.Mutex
	deny     map[string]*kernel.Denial
	hidden   map[string]bool
	noCap    map[string]bool
	mandates []*kernel.Mandate
	refused  []string // method CODE
	errs     []error  // of dispatch
	receipts int
	receipt  chan string // every refused method, as it is recorded
	mute     bool        // give no receipts
}

func (c *fakeCaller) NewMandate(_ context.Context, server, tool string, args wire.Raw) (*kernel.Mandate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.noCap[tool] {
		return nil, &kernel.Denial{Code: kernel.CodeNoCapability, Reason: "no capability", Fix: "issue one"}
	}
	m := &kernel.Mandate{Server: server, Tool: tool, Arguments: args, Edge: "mcp"}
	c.mandates = append(c.mandates, m)
	return m, nil
}

func (c *fakeCaller) Mediate(ctx context.Context, m *kernel.Mandate) kernel.Outcome {
	c.mu.Lock()
	d := c.deny[m.Tool]
	c.mu.Unlock()
	if d != nil {
		return kernel.Outcome{Denial: d, Ended: receipt.Deny, Receipt: c.next()}
	}
	r, err := c.upstream.CallTool(ctx, m.Tool, m.Arguments, MetaOf(m))
	if err != nil {
		c.mu.Lock()
		c.errs = append(c.errs, err)
		c.mu.Unlock()
		return kernel.Outcome{
			Ended: receipt.Incomplete, Receipt: c.next(),
			Denial: &kernel.Denial{Code: kernel.CodeUnknownEffect, Reason: err.Error()},
		}
	}
	return kernel.Outcome{Verdict: kernel.Allow, Ended: receipt.Allow, Content: r.Content, IsError: r.IsError, Receipt: c.next()}
}

func (c *fakeCaller) Refuse(_ context.Context, _, method string, params wire.Raw, d *kernel.Denial) kernel.Outcome {
	if err := wire.IsCanonical(params, wire.ForeignLimits); err != nil {
		panic("parameters are not canonical: " + err.Error())
	}
	c.mu.Lock()
	c.refused = append(c.refused, method+" "+string(d.Code))
	c.mu.Unlock()
	out := kernel.Outcome{Denial: d, Ended: receipt.Deny, Receipt: c.next()}
	c.receipt <- method
	return out
}

func (c *fakeCaller) Visible(tool string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.hidden[tool]
}

func (c *fakeCaller) next() *receipt.Receipt {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mute {
		return nil
	}
	c.receipts++
	return &receipt.Receipt{ID: fmt.Sprintf("receipt-%d", c.receipts)}
}

func (c *fakeCaller) awaitReceipt(t *testing.T, method string) {
	t.Helper()
	select {
	case got := <-c.receipt:
		if got != method {
			t.Fatalf("receipt for %s, want %s", got, method)
		}
	case <-time.After(patience):
		t.Fatalf("no receipt for %s", method)
	}
}

// fakeClient is a scripted client behind a pipe.
type fakeClient struct {
	t      *testing.T
	stream net.Conn
	frames *Frames
}

func (c *fakeClient) sendLine(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.stream, line+"\n"); err != nil {
		c.t.Fatalf("client write: %v", err)
	}
}

func (c *fakeClient) recv() Message {
	c.t.Helper()
	m, err := c.frames.Read()
	if err != nil {
		c.t.Fatalf("client read: %v", err)
	}
	return m
}

func (c *fakeClient) roundTrip(line string) Message {
	c.t.Helper()
	c.sendLine(line)
	return c.recv()
}

// rig is client, edge, upstream and server, joined by pipes.
type rig struct {
	server   *fakeServer
	upstream *Upstream
	caller   *fakeCaller
	edge     *Edge
	client   *fakeClient
	changes  chan ToolsChange
	served   chan error
	stop     context.CancelFunc
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{changes: make(chan ToolsChange, 16), served: make(chan error, 1)}
	server, stream := newFakeServer(t)
	r.server = server
	upstream, err := NewUpstream(stream, UpstreamConfig{
		Server: "files", ClientName: "test", ClientVersion: "1",
		ToolsChanged: func(c ToolsChange) { r.changes <- c },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.upstream = upstream
	r.caller = &fakeCaller{
		upstream: upstream, deny: map[string]*kernel.Denial{}, hidden: map[string]bool{}, noCap: map[string]bool{},
		receipt: make(chan string, 1024),
	}
	if r.edge, err = NewEdge(EdgeConfig{Server: "files", Caller: r.caller, Upstream: upstream, Drain: patience}); err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	_ = theirs.SetDeadline(time.Now().Add(2 * patience))
	r.client = &fakeClient{t: t, stream: theirs, frames: NewFrames(theirs, theirs)}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.served <- r.edge.Serve(ctx, ours) }()
	t.Cleanup(func() {
		stop()
		theirs.Close()
		upstream.Close()
	})
	return r
}

const initializeLine = `{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25",` +
	`"capabilities":{"roots":{"listChanged":true},"sampling":{},"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}}`

// open performs the handshake and returns its result.
func (r *rig) open() Message {
	r.client.t.Helper()
	m := r.client.roundTrip(initializeLine)
	r.client.sendLine(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.upstream.Ready(ctx); err != nil {
		r.client.t.Fatalf("ready: %v", err)
	}
	return m
}

// member digs a value out of nested objects.
func member(t *testing.T, doc wire.Raw, path ...string) string {
	t.Helper()
	for _, name := range path {
		o, err := parseObject(doc)
		if err != nil {
			t.Fatalf("%s of %s: %v", name, doc, err)
		}
		doc = o[name]
	}
	return strings.Trim(string(doc), `"`)
}
