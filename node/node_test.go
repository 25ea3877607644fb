package node

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// newHome makes a home and returns its options.
func newHome(t testing.TB) Options {
	t.Helper()
	o := Options{Home: filepath.Join(t.TempDir(), "home"), Name: "acme"}
	if _, err := Init(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

func openNode(t testing.TB, o Options) *Node {
	t.Helper()
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return n
}

// echoServer is a tool server over pipes with the tool read_file, which
// answers what it was asked for.
type echoServer struct {
	io.Reader
	io.WriteCloser
}

func newEchoServer() *echoServer {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	go func() {
		defer func() { _ = outW.Close() }()
		lines := bufio.NewScanner(inR)
		for lines.Scan() {
			var m struct {
				ID     json.RawMessage `json:"id"`
				Method string          `json:"method"`
				Params json.RawMessage `json:"params"`
			}
			if json.Unmarshal(lines.Bytes(), &m) != nil || m.ID == nil {
				continue
			}
			result := `{}`
			switch m.Method {
			case "initialize":
				result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"}}`
			case "tools/list":
				result = `{"tools":[{"name":"read_file","inputSchema":{"type":"object"}}]}`
			case "tools/call":
				result = `{"content":[{"type":"text","text":"hello"}]}`
			}
			fmt.Fprintf(outW, `{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", m.ID, result)
		}
	}()
	return &echoServer{outR, inW}
}

// serve attaches an echo server named files and waits until it is listed.
func serve(t testing.TB, n *Node, s MCPServer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if err := n.ServeMCP(ctx, s, nil, newEchoServer()); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); wg.Wait() })
	awaitTools(t, n)
}

// awaitTools waits until the node has the echo server's tool.
func awaitTools(t testing.TB, n *Node) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		if list := n.tools.list(); len(list) == 1 && len(list[0].Tools) == 1 {
			return
		}
	}
	t.Fatal("the tool server did not come up")
}

func callNode(t testing.TB, n *Node, args string) *CallAnswer {
	t.Helper()
	a, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(args)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestNodeLocalCalls(t *testing.T) {
	o := newHome(t)
	n := openNode(t, o)
	serve(t, n, MCPServer{Server: "files", Prices: map[string]string{"read_file": "0.03 USD"}})
	if a := callNode(t, n, `{"path":"a.txt"}`); a.Verdict != "deny" || a.Code != "CHIO-CAP-MISSING" || a.ReceiptID == "" {
		t.Fatalf("an agent without anything: %+v", a)
	}
}

// TestNodeBudgetIsExact: a capability for nine cents pays for three calls of
// three cents and not for a fourth, also after the node was opened again.
func TestNodeBudgetIsExact(t *testing.T) {
	o := newHome(t)
	total := wire.MonetaryAmount{Units: 9, Currency: "USD"}
	run := func(want ...string) {
		n, err := Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		server := newEchoServer()
		go func() {
			done <- n.ServeMCP(ctx, MCPServer{Server: "files", Prices: map[string]string{"read_file": "0.03 USD"}}, nil, server)
		}()
		awaitTools(t, n)
		if len(want) == 2 {
			if _, err := n.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}, MaxTotal: &total}); err != nil {
				t.Fatal(err)
			}
		}
		for i, w := range want {
			if a := callNode(t, n, fmt.Sprintf(`{"path":"%d.txt"}`, i)); a.Ended != w {
				t.Fatalf("call %d: %+v, want %s", i, a, w)
			}
		}
		cancel()
		<-done
		if err := n.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	run(receipt.Allow, receipt.Allow)
	run(receipt.Allow, receipt.Deny, receipt.Deny)
}

func TestNodeExportVerifies(t *testing.T) {
	o := newHome(t)
	n := openNode(t, o)
	serve(t, n, MCPServer{Server: "files"})
	if _, err := n.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{`{"path":"a.txt"}`, `{"path":"/home/x/.ssh/id_rsa"}`, `{"path":"b.txt"}`} {
		callNode(t, n, args)
	}
	b, err := n.exportReceipts(context.Background(), ExportReceipts{})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := receipt.ParseTrustSet(b.Trust)
	if err != nil {
		t.Fatal(err)
	}
	report, err := receipt.VerifyBundle(b.Bundle, trust)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", report)
}

func TestNodeErrorsSayWhatToDo(t *testing.T) {
	o := newHome(t)
	var p *Problem
	if _, err := Init(context.Background(), o); !errors.As(err, &p) || p.Code != "CHIO-HOME-EXISTS" {
		t.Errorf("a second init: %v", err)
	}
	n := openNode(t, o)
	if _, err := Open(context.Background(), o); !errors.As(err, &p) || p.Code != "CHIO-STORE-IN-USE" || p.Hint == "" {
		t.Errorf("a second open: %v", err)
	}
	if _, err := n.Call(context.Background(), "no/such", nil); !errors.As(err, &p) || p.Exit != ExitUsage {
		t.Errorf("an unknown operation: %v", err)
	}
	if _, err := n.Call(context.Background(), "federate/preview", []byte(`{"peer":"x"}`)); !errors.As(err, &p) || p.Code != "CHIO-NODE-DOWN" {
		t.Errorf("federate without a network: %v", err)
	}
	other := Options{Home: filepath.Join(t.TempDir(), "none")}
	if _, err := Open(context.Background(), other); !errors.As(err, &p) || p.Code != "CHIO-HOME-NONE" {
		t.Errorf("a home that is none: %v", err)
	}
	bad := Options{Home: filepath.Join(t.TempDir(), "bad")}
	if _, err := Init(context.Background(), bad); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bad.Home, policyName), []byte("hushspec: \"0.1.0\"\nname: x\nrules:\n  egres: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), bad); !errors.As(err, &p) || p.Code != "CHIO-POLICY-INVALID" || !strings.Contains(p.Message, "4") {
		t.Errorf("an unknown policy key: %v", err)
	}
}

func TestNodeSealedKeys(t *testing.T) {
	o := Options{Home: filepath.Join(t.TempDir(), "home"), Passphrase: []byte("correct horse"), SealCost: 10}
	if _, err := Init(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if !NeedsPassphrase(o.Home) {
		t.Error("the keys are not sealed")
	}
	o.Passphrase = []byte("wrong")
	var p *Problem
	if _, err := Open(context.Background(), o); !errors.As(err, &p) || p.Code != "CHIO-KEYS-PASSPHRASE" {
		t.Errorf("a wrong passphrase: %v", err)
	}
}

// BenchmarkCall measures a mediated local call from mandate to durable
// receipt: holder proof signed and verified, guards, budget, two group commits.
func BenchmarkCall(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			o := newHome(b)
			n := openNode(b, o)
			serve(b, n, MCPServer{Server: "files"})
			if _, err := n.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			next := make(chan struct{}, callers)
			for range callers {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for range next {
						if a := callNode(b, n, `{"path":"a.txt"}`); a.Verdict != "allow" {
							b.Error(a)
						}
					}
				}()
			}
			for range b.N {
				next <- struct{}{}
			}
			close(next)
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/verifyCost(b, n), "v/op")
		})
	}
}

// verifyCost is the unit v: one Ed25519 verification, in ns, measured after the
// run it is divided into.
func verifyCost(b *testing.B, n *Node) float64 {
	b.Helper()
	message := make([]byte, 1024)
	sig, err := n.keys.Kernel().Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	const rounds = 2000
	start := time.Now()
	for range rounds {
		if n.keys.Kernel().Public().Verify(message, sig) != nil {
			b.Fatal("verify")
		}
	}
	return float64(time.Since(start).Nanoseconds()) / rounds
}
