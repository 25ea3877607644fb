package conformance_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/edge/mcp/conformance"
	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

func now() time.Time { return time.Unix(1_700_000_000, 0) }

// files starts the real file server anew for each session.
func files(t *testing.T) func(context.Context) (io.ReadWriteCloser, error) {
	dir := t.TempDir()
	return func(context.Context) (io.ReadWriteCloser, error) {
		s, err := fileserver.NewServer(dir)
		if err != nil {
			return nil, err
		}
		return serve(t, s), nil
	}
}

// serve runs an SDK server over one end of a pipe.
func serve(t *testing.T, s *sdk.Server) io.ReadWriteCloser {
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(context.Background(), &sdk.IOTransport{Reader: theirs, Writer: theirs}) // ends with the pipe
	}()
	t.Cleanup(func() {
		_ = ours.Close()
		<-done
	})
	return ours
}

func outcomes(checks []certification.Check) map[string]certification.Outcome {
	m := map[string]certification.Outcome{}
	for _, c := range checks {
		m[c.ID] = c.Outcome
	}
	return m
}

func TestTheFileServerConforms(t *testing.T) {
	res, err := conformance.Run(t.Context(), conformance.Config{Start: files(t), Command: []string{"fileserver", "."}, Now: now})
	if err != nil {
		t.Fatalf("%v: %+v", err, res)
	}
	for _, c := range res.Checks {
		want := certification.Passed
		if c.ID == "tools.cursor" {
			want = certification.Skipped // four tools are one page
		}
		if c.Outcome != want {
			t.Errorf("%s %s: %s", c.ID, c.Outcome, c.Detail)
		}
	}
	r, err := certification.ParseReport(res.Document)
	if err != nil {
		t.Fatal(err)
	}
	if r.Server.Name != "chio-fileserver" || r.Server.Version != "1.0.0" || r.StartedAt != now().Unix() {
		t.Errorf("the report is about %+v at %d", r.Server, r.StartedAt)
	}
	if got := r.Results(); got.Required != (certification.Counts{Passed: 7}) || got.Recommended != (certification.Counts{Passed: 5, Skipped: 1}) {
		t.Errorf("counted %+v", got)
	}
}

// TestTheManifestIsWhatANodePins: the report and a session that serves the
// server speak of one digest.
func TestTheManifestIsWhatANodePins(t *testing.T) {
	start := files(t)
	res, err := conformance.Run(t.Context(), conformance.Config{Start: start, Command: []string{"fileserver"}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	up, err := mcp.NewUpstream(stream, mcp.UpstreamConfig{Server: "files", ClientName: "c", ClientVersion: "1"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = up.Close() }()
	if err := up.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := conformance.ManifestOf(up.Tools()); err != nil || got != res.Report.Server.ManifestSHA256 {
		t.Errorf("a node pins %s (%v), the report says %s", got, err, res.Report.Server.ManifestSHA256)
	}
}

// TestPagesOfARealServer: a list of several pages is read to its end, and the
// cursor check applies.
func TestPagesOfARealServer(t *testing.T) {
	start := func(context.Context) (io.ReadWriteCloser, error) {
		s := sdk.NewServer(&sdk.Implementation{Name: "paged", Version: "1"}, &sdk.ServerOptions{PageSize: 1})
		for _, name := range []string{"a", "b", "c"} {
			sdk.AddTool(s, &sdk.Tool{Name: name, Description: name}, func(context.Context, *sdk.CallToolRequest, struct{}) (*sdk.CallToolResult, struct{}, error) {
				return nil, struct{}{}, nil
			})
		}
		return serve(t, s), nil
	}
	res, err := conformance.Run(t.Context(), conformance.Config{Start: start, Command: []string{"paged"}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(res.Checks); got["tools.list"] != certification.Passed || got["tools.cursor"] != certification.Passed || got["tools.stable"] != certification.Passed {
		t.Errorf("%+v", res.Checks)
	}
}

// script is a server that answers by a table, in which a test spoils one row.
type script map[string]func(params wire.Raw) (result string, rpcErr *mcp.RPCError)

const oneTool = `{"tools":[{"description":"d","inputSchema":{"type":"object"},"name":"t"}]}`

func good() script {
	fixed := func(result string) func(wire.Raw) (string, *mcp.RPCError) {
		return func(wire.Raw) (string, *mcp.RPCError) { return result, nil }
	}
	return script{
		"initialize": fixed(`{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`),
		"ping":       fixed(`{}`),
		"tools/list": fixed(oneTool),
		"tools/call": func(wire.Raw) (string, *mcp.RPCError) {
			return "", &mcp.RPCError{Code: mcp.CodeInvalidParams, Message: "no"}
		},
	}
}

func (s script) start(context.Context) (io.ReadWriteCloser, error) {
	ours, theirs := net.Pipe()
	go func() {
		defer func() { _ = theirs.Close() }()
		f := mcp.NewFrames(theirs, theirs)
		for {
			m, err := f.Read()
			if err != nil {
				return
			}
			if m.ID.IsZero() {
				continue
			}
			answer := mcp.Message{ID: m.ID, Error: &mcp.RPCError{Code: mcp.CodeMethodNotFound, Message: "no such method"}}
			if serve := s[m.Method]; serve != nil {
				result, rpcErr := serve(m.Params)
				if result == "hang up" {
					return
				}
				if result == "silence" {
					continue
				}
				answer = mcp.Message{ID: m.ID, Result: wire.Raw(result), Error: rpcErr}
			}
			if f.Write(answer) != nil {
				return
			}
		}
	}()
	return ours, nil
}

// TestEveryCheckCanFail: one spoiled answer fails exactly the check it is about.
func TestEveryCheckCanFail(t *testing.T) {
	many := func(tools string) string { return `{"tools":[` + tools + `]}` }
	for _, c := range []struct{ name, method, result, check string }{
		{"echoes any version", "initialize", `{"protocolVersion":"2001-01-01","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`, "initialize.version"},
		{"no server info", "initialize", `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}`, "initialize.result"},
		{"no capabilities", "initialize", `{"protocolVersion":"2025-11-25","serverInfo":{"name":"s","version":"1"}}`, "initialize.result"},
		{"hangs up at once", "initialize", "hang up", "initialize.result"},
		{"is silent", "initialize", "silence", "initialize.result"},
		{"tools are no list", "tools/list", `{"tools":{}}`, "tools.list"},
		{"no tools member", "tools/list", `{}`, "tools.list"},
		{"empty list", "tools/list", many(""), "tools.list"},
		{"a tool without a name", "tools/list", many(`{"inputSchema":{"type":"object"}}`), "tools.list"},
		{"pages that never end", "tools/list", `{"nextCursor":"x","tools":[{"inputSchema":{"type":"object"},"name":"t"}]}`, "tools.list"},
		{"a name twice", "tools/list", many(`{"inputSchema":{"type":"object"},"name":"t"},{"inputSchema":{"type":"object"},"name":"t"}`), "tools.unique"},
		{"no schema", "tools/list", many(`{"name":"t"}`), "tools.schemas"},
		{"a schema of a string", "tools/list", many(`{"inputSchema":{"type":"string"},"name":"t"}`), "tools.schemas"},
		{"a property that is text", "tools/list", many(`{"inputSchema":{"type":"object","properties":{"a":"text"}},"name":"t"}`), "tools.schemas"},
		{"an unknown type", "tools/list", many(`{"inputSchema":{"type":"object","properties":{"a":{"type":"path"}}},"name":"t"}`), "tools.schemas"},
		{"required twice", "tools/list", many(`{"inputSchema":{"type":"object","required":["a","a"]},"name":"t"}`), "tools.schemas"},
		{"a bad output schema", "tools/list", many(`{"inputSchema":{"type":"object"},"outputSchema":{"type":"array"},"name":"t"}`), "tools.schemas"},
		{"a schema too deep", "tools/list", many(`{"inputSchema":{"type":"object","items":` + strings.Repeat(`{"items":`, 40) + `{}` + strings.Repeat(`}`, 40) + `},"name":"t"}`), "tools.schemas"},
		{"an unknown tool works", "tools/call", `{"content":[]}`, "tools.unknown"},
		{"malformed parameters end it", "tools/call", "hang up", "tools.malformed"},
		{"ping says something", "ping", `{"a":1}`, "ping"},
		{"an unknown method works", "chio/no-such-method", `{}`, "method.unknown"},
		{"no description", "tools/list", many(`{"inputSchema":{"type":"object"},"name":"t"}`), "tools.described"},
		{"a hint that is text", "tools/list", many(`{"annotations":{"readOnlyHint":"yes"},"description":"d","inputSchema":{"type":"object"},"name":"t"}`), "tools.annotations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := good()
			s[c.method] = func(wire.Raw) (string, *mcp.RPCError) { return c.result, nil }
			res, err := conformance.Run(t.Context(), conformance.Config{Start: s.start, Command: []string{"s"}, Now: now, Timeout: 300 * time.Millisecond})
			if err != nil && !errors.Is(err, conformance.ErrNotNamed) {
				t.Fatal(err)
			}
			if got := outcomes(res.Checks)[c.check]; got != certification.Failed {
				t.Errorf("%s is %q: %+v", c.check, got, res.Checks)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		res, err := conformance.Run(t.Context(), conformance.Config{Start: good().start, Command: []string{"s"}, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range res.Checks {
			if c.Outcome == certification.Failed {
				t.Errorf("%s failed: %s", c.ID, c.Detail)
			}
		}
	})
	t.Run("another list in another session", func(t *testing.T) {
		s, lists := good(), 0
		s["tools/list"] = func(wire.Raw) (string, *mcp.RPCError) {
			if lists++; lists > 1 {
				return strings.Replace(oneTool, `"d"`, `"e"`, 1), nil
			}
			return oneTool, nil
		}
		res, err := conformance.Run(t.Context(), conformance.Config{Start: s.start, Command: []string{"s"}, Now: now})
		if err != nil || outcomes(res.Checks)["tools.stable"] != certification.Failed {
			t.Errorf("%v: %+v", err, res.Checks)
		}
	})
}

func TestARunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := good()
	s["tools/list"] = func(wire.Raw) (string, *mcp.RPCError) {
		cancel()
		return "silence", nil
	}
	if _, err := conformance.Run(ctx, conformance.Config{Start: s.start, Command: []string{"s"}, Now: now}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// The suite is frozen: a check that changes is another suite.
func TestTheSuiteIsFrozen(t *testing.T) {
	const want = "8294fab3fdd06bffea14c6065f6c63c702419cd170e17cb78860b28bddaef218"
	if got, err := conformance.SuiteDigest(); err != nil || got.String() != want {
		t.Errorf("suite %s (%v), want %s: raise SuiteVersion when a check changes", got, err, want)
	}
}
