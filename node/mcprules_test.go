package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// resolved is a policy as mcp serve hands it over.
func resolved(t testing.TB, doc string, observe ...string) *ServerPolicy {
	t.Helper()
	dir := t.TempDir()
	writePolicy(t, dir, "p.yaml", doc)
	p, err := ResolvePolicy(filepath.Join(dir, "p.yaml"), observe)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// serving is a node that mediates the echo server for an agent that may call it.
func serving(t testing.TB, o Options, s MCPServer) *Node {
	t.Helper()
	n := openNode(t, o)
	serve(t, n, s)
	if _, err := n.Grant(t.Context(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"},
		MaxTotal: &wire.MonetaryAmount{Units: 1000, Currency: "USD"}}); err != nil {
		t.Fatal(err)
	}
	return n
}

func receiptOf(t testing.TB, n *Node, a *CallAnswer) (*receipt.Receipt, *receipt.Metadata) {
	t.Helper()
	doc, err := n.Receipt(t.Context(), a.ReceiptID)
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	var md receipt.Metadata
	if err := wire.UnmarshalLenient(r.Metadata, &md, receipt.Limits()); err != nil {
		t.Fatal(err)
	}
	return r, &md
}

const notPrivate = `hushspec: "0.1.0"
name: files
rules:
  forbidden_paths: {patterns: ["**/private/**"]}
`

// TestObserveTour: a server's policy in observe mode lets calls go on and says
// in their receipts what it would have done; enforced it denies; a priced tool
// is never only observed, and the node's own policy always enforces.
func TestObserveTour(t *testing.T) {
	var logged bytes.Buffer
	o := newHome(t)
	o.Log = slog.New(slog.NewTextHandler(&logged, nil))
	private, open := `{"path":"private/plan.txt"}`, `{"path":"note.txt"}`

	t.Run("observed", func(t *testing.T) {
		n := serving(t, o, MCPServer{Server: "files", Policy: resolved(t, notPrivate, "all")})
		a := callNode(t, n, private)
		r, md := receiptOf(t, n, a)
		if a.Verdict != "allow" || r.ReceiptKind != receipt.AdvisoryEvaluation || r.Decision != nil || md.Observed == nil ||
			md.Observed.Guard != "forbidden-path" || md.Observed.Verdict != "deny" || md.Observed.Rule != "rules.forbidden_paths.patterns" {
			t.Errorf("%+v: %s, %+v", a, r.ReceiptKind, md.Observed)
		}
		if a := callNode(t, n, open); a.Verdict != "allow" {
			t.Errorf("%+v", a)
		} else if r, _ := receiptOf(t, n, a); r.ReceiptKind != receipt.MediatedDecision {
			t.Errorf("what the policy allows is %s", r.ReceiptKind)
		}
		if a := callNode(t, n, `{"path":"/root/.ssh/id_rsa"}`); a.Verdict != "deny" {
			t.Errorf("the node's own policy: %+v", a)
		}
		list := do[ReceiptList](t, n, "receipt/list", ListReceipts{ReceiptFilter: ReceiptFilter{Outcome: receipt.Evaluated}})
		if len(list.Receipts) != 1 || list.Receipts[0].Observed == nil || list.Receipts[0].Observed.Guard != "forbidden-path" {
			t.Errorf("the list of observed calls: %+v", list.Receipts)
		}
		e := do[Explanation](t, n, "receipt/explain", ByID{ID: a.ReceiptID})
		if !e.Outcome.Advisory || e.Outcome.WouldBe == nil || e.Outcome.WouldBe.Code != "CHIO-GUARD-FORBIDDEN-PATH" {
			t.Errorf("explained as %+v", e.Outcome)
		}
		if !strings.Contains(logged.String(), "only observes") {
			t.Error("the log does not warn")
		}
	})
	t.Run("with a price", func(t *testing.T) {
		n := serving(t, newHome(t), MCPServer{Server: "files", Policy: resolved(t, notPrivate, "all"), Prices: map[string]string{"read_file": "0.03 USD"}})
		a := callNode(t, n, private)
		if r, md := receiptOf(t, n, a); a.Verdict != "deny" || a.Code != "CHIO-GUARD-FORBIDDEN-PATH" || r.ReceiptKind != receipt.MediatedDecision || md.Observed != nil {
			t.Errorf("%+v, %s", a, r.ReceiptKind)
		}
	})
	t.Run("enforced", func(t *testing.T) {
		n := serving(t, newHome(t), MCPServer{Server: "files", Policy: resolved(t, notPrivate)})
		if a := callNode(t, n, private); a.Verdict != "deny" || a.Code != "CHIO-GUARD-FORBIDDEN-PATH" {
			t.Errorf("%+v", a)
		}
		if a := callNode(t, n, open); a.Verdict != "allow" {
			t.Errorf("%+v", a)
		}
	})
	t.Run("a guard by name", func(t *testing.T) {
		n := serving(t, newHome(t), MCPServer{Server: "files", Policy: resolved(t, notPrivate+"  tool_access: {block: [read_file]}\n", "forbidden-path")})
		if a := callNode(t, n, private); a.Verdict != "deny" || a.Code != "CHIO-GUARD-TOOL-BLOCKED" {
			t.Errorf("what is not observed is enforced: %+v", a)
		}
	})
	if _, err := ResolvePolicy("builtin:default", nil); err != nil {
		t.Error(err)
	}
	own := MCPServer{Server: "files", Policy: resolved(t, notPrivate, "no-such-guard")}
	if err := openNode(t, newHome(t)).ServeMCP(t.Context(), own, nil, newEchoServer()); problemCode(err) != "CHIO-POLICY-INVALID" {
		t.Errorf("a guard that is not there: %v", err)
	}
}

// TestServerOutputGuards: the guards over results of both policies run.
func TestServerOutputGuards(t *testing.T) {
	doc := notPrivate + "extensions: {chio: {output_sanitizer: secrets}}\n"
	n := serving(t, newHome(t), MCPServer{Server: "files", Policy: resolved(t, doc)})
	p, err := n.policy.Policy(&kernel.Mandate{}, kernel.Route{Server: "files"})
	if err != nil || len(p.Output) != 1 {
		t.Fatalf("%d output guards, %v", len(p.Output), err)
	}
	if p, err = n.policy.Policy(&kernel.Mandate{}, kernel.Route{Server: "other"}); err != nil || len(p.Output) != 0 {
		t.Errorf("another server has %d, %v", len(p.Output), err)
	}
}

// TestServerRoots: every call of a server stays in its directories, through
// whatever edge, also by way of a link, and no policy can change that.
func TestServerRoots(t *testing.T) {
	dir := t.TempDir()
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(real, "work")
	for _, d := range []string{work, filepath.Join(real, "other")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(real, "other"), filepath.Join(work, "link")); err != nil {
		t.Fatal(err)
	}
	o := newHome(t)
	writePolicy(t, o.Home, "policy.yaml", readsAllowed+"  path_allowlist: {enabled: true, read: [\"**\"]}\nextensions: {chio: {observe: [all]}}\n")
	n := serving(t, o, MCPServer{Server: "files", Dir: work, Roots: []string{work}})
	for args, want := range map[string]string{
		`{"path":"a.txt"}`: "allow", `{"path":"` + work + `/a.txt"}`: "allow", `{"path":"../other/x"}`: "deny", `{"path":"link/x"}`: "deny", `{"path":"/etc/hosts"}`: "deny",
	} {
		if a := callNode(t, n, args); a.Verdict != want || want == "deny" && a.Code != "CHIO-GUARD-PATH-ALLOWLIST" {
			t.Errorf("%s: %+v", args, a)
		}
	}
}

func TestNarrowRoots(t *testing.T) {
	for i, c := range []struct{ a, b, want []string }{
		{nil, nil, nil}, {nil, []string{"/a"}, []string{"/a"}}, {[]string{"/a"}, nil, []string{"/a"}},
		{[]string{}, []string{"/a"}, []string{}}, {[]string{"/a/b"}, []string{"/a"}, []string{"/a/b"}},
		{[]string{"/a"}, []string{"/a/b/"}, []string{"/a/b"}}, {[]string{"/ab"}, []string{"/a"}, []string{}},
		{[]string{"/"}, []string{"/a", "/b"}, []string{"/a", "/b"}},
	} {
		if got := narrowRoots(c.a, c.b); !slices.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// TestManifest: what an operator declares of a tool is what guards judge, and
// what a server declares itself counts only where a name says nothing.
func TestManifest(t *testing.T) {
	for name, bad := range map[string]string{
		"no tools": "tools: {}", "two documents": "tools: {a: {action: tool}}\n---\n{}", "an unknown key": "tools: {a: {action: tool, path: [/x]}}",
		"an unknown action": "tools: {a: {action: dance}}", "no pointer": "tools: {a: {action: file_read}}", "not YAML": "\t", "nothing": "",
	} {
		path := filepath.Join(t.TempDir(), "tools.yaml")
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadManifest(path); problemCode(err) != "CHIO-MCP-MANIFEST" {
			t.Errorf("%s: %v", name, err)
		}
	}
	shapes, err := parseManifest([]byte(`{"tools": {"report": {"action": "file_read", "paths": ["/report/at"]}}}`))
	if err != nil || shapes["report"].Action != "file_read" {
		t.Fatalf("%+v, %v", shapes, err)
	}
	for meta, want := range map[string]string{
		`{}`: "", `{"_meta":{}}`: "", `{"_meta":{"chio/action":{"action":"egress","urls":["/u"]}}}`: "egress",
		`{"_meta":{"chio/action":"egress"}}`: "unreadable chio/action", `{"_meta":{"chio/action":{"kind":"x"}}}`: "unreadable chio/action",
	} {
		got := ""
		if s := shapeIn(wire.Raw(meta)); s != nil {
			got = s.Action
		}
		if got != want {
			t.Errorf("%s: %q", meta, got)
		}
	}
	manifest := &toolServer{tools: declaring{"shapely": {Action: "egress"}, "read_file": {Action: "tool"}}, shapes: shapes}
	for tool, want := range map[string]string{"report": "file_read", "shapely": "egress", "read_file": "", "other": ""} {
		got := ""
		if s := manifest.shapeOf(tool); s != nil {
			got = s.Action
		}
		if got != want {
			t.Errorf("%s is declared %q, want %q", tool, got, want)
		}
	}
}

// declaring is a server that says what its tools do.
type declaring map[string]kernel.Shape

func (d declaring) callable(context.Context, string) error { return nil }
func (d declaring) names() []string                        { return nil }
func (d declaring) call(context.Context, *kernel.Mandate) (kernel.Result, error) {
	return kernel.Result{}, errors.New("not called")
}

func (d declaring) declared(tool string) *kernel.Shape {
	if s, have := d[tool]; have {
		return &s
	}
	return nil
}

// TestResolvePolicyCarriesFiles: what a policy names travels with it, or it is
// refused.
func TestResolvePolicyCarriesFiles(t *testing.T) {
	p := &ServerPolicy{Document: wire.Raw(`{"hushspec":"0.1.0","name":"a","rules":{"forbidden_paths":{"enabled":true}},` +
		`"extensions":{"detection":{"threat_intel":{"enabled":true,"pattern_db":"patterns.json"}}}}`)}
	if _, err := p.compile(policy.CompileOptions{}); problemCode(err) != "CHIO-POLICY-INVALID" || !strings.Contains(err.Error(), "handed over") {
		t.Errorf("without its file: %v", err)
	}
	dir := t.TempDir()
	big := "hushspec: \"0.1.0\"\nname: big\nrules:\n  forbidden_paths: {}\nextensions: {detection: {threat_intel: {enabled: true, pattern_db: patterns.json}}}\n"
	writePolicy(t, dir, "p.yaml", big)
	writePolicy(t, dir, "patterns.json", "{}")
	if _, err := ResolvePolicy(filepath.Join(dir, "p.yaml"), nil); problemCode(err) != "CHIO-POLICY-INVALID" {
		t.Errorf("a database that is none: %v", err)
	}
	writePolicy(t, dir, "patterns.json", `{"schema":"chio.pattern_db.v1","version":"1","created_at":1700000000,"dimension":2,`+
		`"patterns":[{"id":"a","category":"c","stage":"s","label":"l","embedding":[1,0]}]}`)
	carried, err := ResolvePolicy(filepath.Join(dir, "p.yaml"), nil)
	if err != nil || len(carried.Files["patterns.json"]) == 0 {
		t.Fatalf("%+v, %v", carried, err)
	}
	var received ServerPolicy // as another process gets it
	if err := wire.Unmarshal(wire.MustMarshal(carried), &received, wire.ForeignLimits); err != nil {
		t.Fatal(err)
	}
	if c, err := received.compile(policy.CompileOptions{}); err != nil || !slices.Contains(c.GuardNames, "spider-sense") {
		t.Errorf("with its file: %v", err)
	}
	writePolicy(t, dir, "q.yaml", strings.ReplaceAll(big, "patterns.json", "../patterns.json"))
	if _, err := ResolvePolicy(filepath.Join(dir, "q.yaml"), nil); problemCode(err) != "CHIO-POLICY-INVALID" {
		t.Errorf("a file outside of its folder: %v", err)
	}
}

// TestResolvePolicyIsBounded: what does not fit into the message is refused
// where the operator sees it.
func TestResolvePolicyIsBounded(t *testing.T) {
	dir := t.TempDir()
	writePolicy(t, dir, "p.yaml", readsAllowed)
	l, err := LoadPolicy(filepath.Join(dir, "p.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l.read["patterns.json"] = make([]byte, maxServerPolicy)
	if _, err := l.handOver("p.yaml", wire.Raw("{}"), nil); problemCode(err) != "CHIO-POLICY-LARGE" || !strings.Contains(err.Error(), "patterns.json") {
		t.Errorf("%v", err)
	}
}

// TestPolicySwapIsWhole: while policies are exchanged, each call is judged by
// one of them, and its receipt names that one.
func TestPolicySwapIsWhole(t *testing.T) {
	o := newHome(t)
	writePolicy(t, o.Home, "policy.yaml", readsAllowed)
	n := reads(t, o, "")
	verdicts := map[string]string{n.policy.status().Hash.String(): "allow"}
	blocked := strings.Replace(readsAllowed, "{default: allow}", "{block: [work]}", 1)
	writePolicy(t, o.Home, "policy.yaml", blocked)
	if _, err := n.policy.reload(); err != nil {
		t.Fatal(err)
	}
	verdicts[n.policy.status().Hash.String()] = "deny"
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			for range 20 {
				a, err := n.Invoke(t.Context(), CallRequest{Server: "go", Tool: "work", Arguments: wire.Raw(fmt.Sprintf(`{"i":%d}`, i))})
				if err != nil {
					t.Error(err)
					return
				}
				r, _ := receiptOf(t, n, a)
				if verdicts[r.PolicyHash] != a.Verdict {
					t.Errorf("%s under %s", a.Verdict, r.PolicyHash)
				}
			}
		})
	}
	for i := range 20 {
		doc := readsAllowed
		if i%2 == 1 {
			doc = blocked
		}
		writePolicy(t, o.Home, "policy.yaml", doc)
		if _, err := n.policy.reload(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
