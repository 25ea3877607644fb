package fileserver_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	edge "github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// rootVariable makes the test binary be the file server of that directory.
const rootVariable = "FILESERVER_TEST_ROOT"

func TestMain(m *testing.M) {
	if root := os.Getenv(rootVariable); root != "" {
		if err := fileserver.Run(context.Background(), root); err != nil && !errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// allowAll is an authority without a kernel: it allows every tool but one.
type allowAll struct {
	upstream *edge.Upstream
	denied   string
	receipts atomic.Int64
}

func (a *allowAll) NewMandate(_ context.Context, server, tool string, args wire.Raw) (*kernel.Mandate, error) {
	return &kernel.Mandate{Server: server, Tool: tool, Arguments: args, Edge: "mcp"}, nil
}

func (a *allowAll) Mediate(ctx context.Context, m *kernel.Mandate) kernel.Outcome {
	out := kernel.Outcome{Receipt: a.receipt(), Ended: receipt.Deny}
	if m.Tool == a.denied {
		out.Denial = &kernel.Denial{Code: kernel.CodeGuardDenied, Reason: "denied in this test", Fix: "none"}
		return out
	}
	r, err := a.upstream.CallTool(ctx, m.Tool, m.Arguments, edge.MetaOf(m))
	if err != nil {
		out.Denial = &kernel.Denial{Code: kernel.CodeUnknownEffect, Reason: err.Error()}
		return out
	}
	return kernel.Outcome{Verdict: kernel.Allow, Ended: receipt.Allow, Receipt: out.Receipt, Content: r.Content, IsError: r.IsError}
}

func (a *allowAll) Refuse(_ context.Context, _, _ string, _ wire.Raw, d *kernel.Denial) kernel.Outcome {
	return kernel.Outcome{Receipt: a.receipt(), Denial: d, Ended: receipt.Deny}
}

func (a *allowAll) Visible(tool string) bool { return tool != a.denied }

func (a *allowAll) receipt() *receipt.Receipt {
	return &receipt.Receipt{ID: fmt.Sprintf("receipt-%d", a.receipts.Add(1))}
}

// child starts the file server as a process.
func child(tb testing.TB, root string) *edge.Process {
	tb.Helper()
	p, err := edge.StartProcess(edge.ProcessConfig{
		Command: []string{os.Args[0]}, Dir: root, TempDir: tb.TempDir(), Now: time.Now,
		Set:    []string{rootVariable + "=" + root},
		Stderr: func(line string) { tb.Log("server:", line) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.Close() })
	return p
}

// wrap serves a client's stream through the edge in front of the file server.
func wrap(tb testing.TB, root, denied string) (*allowAll, net.Conn) {
	tb.Helper()
	u, err := edge.NewUpstream(child(tb, root), edge.UpstreamConfig{Server: "files", ClientName: "test", ClientVersion: "1"})
	if err != nil {
		tb.Fatal(err)
	}
	caller := &allowAll{upstream: u, denied: denied}
	e, err := edge.NewEdge(edge.EdgeConfig{Server: "files", Caller: caller, Upstream: u})
	if err != nil {
		tb.Fatal(err)
	}
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- e.Serve(context.Background(), ours) }()
	tb.Cleanup(func() {
		theirs.Close()
		if err := <-served; err != nil {
			tb.Errorf("serve: %v", err)
		}
		u.Close()
	})
	return caller, theirs
}

// TestClientOfTheOfficialSDK drives the wrapped server with an unmodified
// client, which also probes for the revision after the one this edge speaks.
func TestClientOfTheOfficialSDK(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.txt"), []byte("content of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	caller, stream := wrap(t, root, "delete_file")
	client := mcp.NewClient(&mcp.Implementation{Name: "sdk", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.IOTransport{Reader: stream, Writer: stream}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := session.InitializeResult().ProtocolVersion; got != edge.ProtocolVersion {
		t.Errorf("agreed on %s", got)
	}
	listed, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
	}
	if !slices.Equal(names, []string{"list_directory", "read_file", "write_file"}) {
		t.Errorf("client sees %v", names)
	}
	if caller.receipts.Load() != 0 {
		t.Errorf("%d receipts before the first call", caller.receipts.Load())
	}
	if got, isError := call(t, session, "read_file", map[string]any{"path": "a.txt"}); got != "content of a" || isError {
		t.Errorf("read_file: %q %v", got, isError)
	}
	if got, isError := call(t, session, "read_file", map[string]any{"path": "../b"}); !isError {
		t.Errorf("read_file outside: %q", got)
	}
	if got, isError := call(t, session, "delete_file", map[string]any{"path": "a.txt"}); !isError || !strings.Contains(got, "CHIO-GUARD-DENIED") || !strings.Contains(got, "receipt-3") {
		t.Errorf("delete_file: %q", got)
	}
	r, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "list_directory", Arguments: map[string]any{"path": "."}})
	if err != nil || r.IsError || r.Meta["chio"].(map[string]any)["receipt_id"] != "receipt-4" {
		t.Errorf("list_directory: %+v, %v", r, err)
	}
	if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "file:///etc/passwd"}); err == nil {
		t.Error("a resource was read")
	}
	if err := session.Ping(t.Context(), nil); err != nil {
		t.Errorf("ping: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "a.txt")); err != nil {
		t.Errorf("the denied call took effect: %v", err)
	}
	if caller.receipts.Load() != 5 {
		t.Errorf("%d receipts for 5 requests", caller.receipts.Load())
	}
}

const (
	helloLine = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}` + "\n"
	readyLine = `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"
	readLine  = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"a.txt"}}}` + "\n"
)

// BenchmarkRoundTrip is one read_file of a small file over stdio: straight to
// the child, and through the edge with an authority that allows everything.
// v is one Ed25519 verification measured in the same run.
func BenchmarkRoundTrip(b *testing.B) {
	root := b.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.txt"), []byte("hello"), 0o600); err != nil {
		b.Fatal(err)
	}
	v := verification()
	b.Run("direct", func(b *testing.B) { roundTrips(b, child(b, root), v) })
	b.Run("edge", func(b *testing.B) {
		_, stream := wrap(b, root, "")
		roundTrips(b, stream, v)
	})
}

func roundTrips(b *testing.B, stream interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}, v time.Duration,
) {
	frames := edge.NewFrames(stream, stream)
	exchange := func(line string, answered bool) {
		if _, err := stream.Write([]byte(line)); err != nil {
			b.Fatal(err)
		}
		if !answered {
			return
		}
		if m, err := frames.Read(); err != nil || m.Error != nil {
			b.Fatalf("%+v, %v", m.Error, err)
		}
	}
	exchange(helloLine, true)
	exchange(readyLine, false)
	exchange(readLine, true)
	for b.Loop() {
		exchange(readLine, true)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(v), "v/op")
}

// verification measures one Ed25519 verification.
func verification() time.Duration {
	public, private, _ := ed25519.GenerateKey(nil)
	message := make([]byte, 256)
	signature := ed25519.Sign(private, message)
	const rounds = 500
	start := time.Now()
	for range rounds {
		ed25519.Verify(public, message, signature)
	}
	return time.Since(start) / rounds
}
