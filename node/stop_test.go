package node

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// slowServer is a tool server whose one tool says when it is called and
// answers when it is told to.
type slowServer struct {
	*echoServer
	called chan struct{}
	answer chan struct{}
}

func newSlowServer() *slowServer {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	s := &slowServer{echoServer: &echoServer{outR, inW}, called: make(chan struct{}, 16), answer: make(chan struct{})}
	go func() {
		defer func() { _ = outW.Close() }()
		lines := bufio.NewScanner(inR)
		for lines.Scan() {
			var m struct {
				ID     json.RawMessage `json:"id"`
				Method string          `json:"method"`
			}
			if json.Unmarshal(lines.Bytes(), &m) != nil || m.ID == nil {
				continue
			}
			result := `{}`
			switch m.Method {
			case "initialize":
				result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"slow","version":"1"}}`
			case "tools/list":
				result = `{"tools":[{"name":"read_file","inputSchema":{"type":"object"}}]}`
			case "tools/call":
				s.called <- struct{}{}
				go func() {
					<-s.answer
					fmt.Fprintf(outW, `{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"late"}]}}`+"\n", m.ID)
				}()
				continue
			}
			fmt.Fprintf(outW, `{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", m.ID, result)
		}
	}()
	return s
}

// serveSlow attaches a slow server named files.
func serveSlow(t testing.TB, n *Node) *slowServer {
	t.Helper()
	s := newSlowServer()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = n.ServeMCP(ctx, MCPServer{Server: "files", Prices: map[string]string{"read_file": "0.03 USD"}}, nil, s)
	})
	t.Cleanup(func() { cancel(); close(s.answer); wg.Wait() })
	awaitTools(t, n)
	return s
}

func grantTo(t testing.TB, n *Node, agent string) *CapabilityInfo {
	t.Helper()
	c, err := n.issueCapability(context.Background(), IssueCapability{Agent: agent, Server: "files", Tools: []string{"read_file"},
		MaxTotal: &wire.MonetaryAmount{Units: 100, Currency: "USD"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func stop(t testing.TB, n *Node, req StopRequest) {
	t.Helper()
	req.Reason, req.By = "it leaks", "ann"
	if _, err := n.setStop(context.Background(), req); err != nil {
		t.Error(err)
	}
}

func spent(t testing.TB, n *Node, id string) uint64 {
	t.Helper()
	info, err := n.inspectCapability(context.Background(), ByID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return info.Budgets[0].Spent
}

// TestStopSurvivesRestart: a stopped node starts, answers its operator, denies
// each call with a receipt, and resumes.
func TestStopSurvivesRestart(t *testing.T) {
	o := newHome(t)
	first, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	grantTo(t, first, "local")
	stop(t, first, StopRequest{})
	if err := first.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	n := openNode(t, o)
	serve(t, n, MCPServer{Server: "files", Prices: map[string]string{"read_file": "0.03 USD"}})
	if s, err := n.status(context.Background(), Empty{}); err != nil || !s.Ready || len(s.Stops) != 1 || s.Stops[0].By != "ann" {
		t.Fatalf("status of a stopped node: %+v, %v", s, err)
	}
	a := callNode(t, n, `{"path":"a"}`)
	if a.Code != string(kernel.CodeStopped) || a.Ended != receipt.Deny || a.ReceiptID == "" || a.Unlogged ||
		!strings.Contains(a.Reason, "ann") || !strings.Contains(a.Reason, "it leaks") {
		t.Fatalf("a call of a stopped node: %+v", a)
	}
	if _, err := n.clearStop(context.Background(), StopRequest{}); err != nil {
		t.Fatal(err)
	}
	if a := callNode(t, n, `{"path":"a"}`); a.Ended != receipt.Allow {
		t.Fatalf("after resuming: %+v", a)
	}
}

// TestStopReachesCallsInDispatch: the waiting caller is answered at once, the
// tool's later answer goes nowhere, and what may have been spent stays spent.
func TestStopReachesCallsInDispatch(t *testing.T) {
	for code, req := range map[kernel.Code]StopRequest{
		kernel.CodeStopped:          {},
		authority.CodeStoppedAgent:  {Agent: "local"},
		authority.CodeStoppedServer: {Server: "files"},
	} {
		t.Run(string(code), func(t *testing.T) {
			n := openNode(t, newHome(t))
			c := grantTo(t, n, "local")
			slow := serveSlow(t, n)
			answer := make(chan *CallAnswer, 1)
			go func() {
				a, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(`{"path":"a"}`)})
				if err != nil {
					t.Error(err)
				}
				answer <- a
			}()
			await(t, slow.called)
			stop(t, n, req)
			a := await(t, answer)
			if a.Code != string(code) || a.Ended != receipt.Incomplete || a.Verdict != "deny" || a.Content != nil || !strings.Contains(a.Fix, "may have run") {
				t.Fatalf("%+v", a)
			}
			if got := spent(t, n, c.ID); got != 3 {
				t.Fatalf("spent %d, want the hold of 3", got)
			}
			if a := callNode(t, n, `{"path":"b"}`); a.Code != string(code) {
				t.Fatalf("the next call: %+v", a)
			}
			if len(slow.called) != 0 {
				t.Fatal("the next call reached the tool")
			}
		})
	}
}

func await[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(time.Minute):
		t.Fatal("nothing came in time")
		panic("unreachable")
	}
}

// TestStopBetweenAdmissionAndDispatch: an admitted call is not dispatched and
// gives back what was held.
func TestStopBetweenAdmissionAndDispatch(t *testing.T) {
	o := newHome(t)
	var n *Node
	var once sync.Once
	o.Failpoint = func(name string) {
		if name == "dispatch.before" {
			once.Do(func() { stop(t, n, StopRequest{Agent: "local"}) })
		}
	}
	n = openNode(t, o)
	c := grantTo(t, n, "local")
	slow := serveSlow(t, n)
	a := callNode(t, n, `{"path":"a"}`)
	if a.Code != string(authority.CodeStoppedAgent) || a.Ended != receipt.Deny {
		t.Fatalf("%+v", a)
	}
	if len(slow.called) != 0 || spent(t, n, c.ID) != 0 {
		t.Fatalf("the tool was called %d times, spent %d", len(slow.called), spent(t, n, c.ID))
	}
}

// afterwards runs fn when the tool has answered, before the kernel sees it.
type afterwards struct {
	kernel.Dispatcher
	fn func()
}

func (d afterwards) Dispatch(ctx context.Context, m *kernel.Mandate, r kernel.Route, ticket kernel.Ticket) (kernel.Result, error) {
	res, err := d.Dispatcher.Dispatch(ctx, m, r, ticket)
	d.fn()
	return res, err
}

// TestStopWithholdsAResult: a result that arrives after the stop is refused,
// and what it cost is charged.
func TestStopWithholdsAResult(t *testing.T) {
	n := openNode(t, newHome(t))
	c := grantTo(t, n, "local")
	serve(t, n, MCPServer{Server: "files", Prices: map[string]string{"read_file": "0.03 USD"}})
	k, err := kernel.New(kernel.Config{Signer: n.keys.Kernel(), Now: n.now, Switches: n.switches, Revocations: n.revocations,
		Dispatcher: afterwards{n.tools, func() { stop(t, n, StopRequest{Server: "files"}) }}, Policies: n.policy, Admission: n.admission})
	if err != nil {
		t.Fatal(err)
	}
	m, err := n.mandate(context.Background(), call{Server: "files", Tool: "read_file", Args: wire.Raw(`{"path":"a"}`), Edge: "api"})
	if err != nil {
		t.Fatal(err)
	}
	out := k.Mediate(context.Background(), m)
	if out.Verdict != kernel.Deny || out.Denial.Code != authority.CodeStoppedServer || out.Denial.Step != 12 || out.Content != nil || out.Ended != receipt.Deny {
		t.Fatalf("%+v, %+v", out, out.Denial)
	}
	if got := spent(t, n, c.ID); got != 3 {
		t.Fatalf("spent %d, want 3", got)
	}
}

func TestStopTargets(t *testing.T) {
	n := openNode(t, newHome(t))
	if _, err := n.ensureAgent(context.Background(), "researcher"); err != nil {
		t.Fatal(err)
	}
	foreign := strings.Repeat("66", 32)
	key, err := wire.KeyFromSeed([]byte(foreign)[:32])
	if err != nil {
		t.Fatal(err)
	}
	info, err := n.setStop(context.Background(), StopRequest{Agent: key.Public().String(), Reason: "r"})
	if err != nil || info.By != "operator" || info.Name != "" {
		t.Fatalf("a key this node never saw: %+v, %v", info, err)
	}
	byName, err := n.setStop(context.Background(), StopRequest{Agent: "researcher", Reason: "r"})
	if err != nil || byName.Name != "researcher" {
		t.Fatal(err)
	}
	again, err := n.clearStop(context.Background(), StopRequest{Agent: byName.Target})
	if err != nil || again.Name != "researcher" {
		t.Fatalf("cleared by key: %+v, %v", again, err)
	}
	for name, tt := range map[string]struct {
		req  StopRequest
		code string
	}{
		"no reason":   {StopRequest{}, "CHIO-USAGE"},
		"two targets": {StopRequest{Agent: "a", Peer: "b", Reason: "r"}, "CHIO-USAGE"},
		"no did":      {StopRequest{Peer: "globex", Reason: "r"}, "CHIO-USAGE"},
		"no agent":    {StopRequest{Agent: "nobody", Reason: "r"}, "CHIO-AGENT-UNKNOWN"},
	} {
		if _, err := n.setStop(context.Background(), tt.req); err == nil || problemOf(err).Code != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := n.clearStop(context.Background(), StopRequest{Server: "files"}); err == nil || problemOf(err).Code != "CHIO-STOP-NONE" {
		t.Errorf("clearing nothing: %v", err)
	}
}

func TestStoppingNodeDenies(t *testing.T) {
	s := &switches{Switches: nil}
	s.stopping.Store(true)
	if d := s.Stopped(nil); d == nil || d.Code != kernel.CodeStopped {
		t.Fatalf("%v", d)
	}
}
