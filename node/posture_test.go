package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// guarded is a policy whose sessions begin working, may read three files, and
// are locked by a credential.
const guarded = `hushspec: "0.1.0"
name: guarded
rules:
  secret_patterns:
    enabled: true
  forbidden_paths:
    enabled: true
    patterns: ["/etc/**"]
  tool_access:
    enabled: true
    allow: [read_file]
    require_confirmation: []
    default: allow
extensions:
  posture:
    initial: working
    states:
      working:
        capabilities: [file_access, tool_call]
        budgets: {tool_calls: 3}
      resting:
        capabilities: [file_access]
      locked:
        capabilities: []
    transitions:
      - {from: "*", to: locked, on: critical_violation}
      - {from: working, to: resting, on: any_violation}
      - {from: resting, to: working, on: user_approval}
`

func posturedNode(t *testing.T, o Options) *Node {
	t.Helper()
	n := openNode(t, o)
	serve(t, n, MCPServer{Server: "files"})
	return n
}

func posturedHome(t *testing.T, doc string) Options {
	t.Helper()
	o := newHome(t)
	if err := os.WriteFile(filepath.Join(o.Home, "policy.yaml"), []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

func inSession(t *testing.T, n *Node, session, args string) *CallAnswer {
	t.Helper()
	a, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "read_file", Session: session, Arguments: wire.Raw(args)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A credential in one call locks its session, also after a restart, and no
// other session.
func TestPostureFollowsWhatIsDenied(t *testing.T) {
	o := posturedHome(t, guarded)
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.ServeMCP(ctx, MCPServer{Server: "files"}, nil, newEchoServer()) }()
	awaitTools(t, n)
	do[CapabilityInfo](t, n, "capability/issue", IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}})
	clean, canary := `{"path":"a.txt"}`, carriers()[0]
	if a := inSession(t, n, "one", clean); a.Ended != receipt.Allow {
		t.Fatalf("%+v", a)
	}
	if a := inSession(t, n, "one", canary); a.Code != "CHIO-GUARD-SECRET" {
		t.Fatalf("%+v", a)
	}
	if a := inSession(t, n, "one", clean); a.Code != "CHIO-POLICY-POSTURE" {
		t.Fatalf("a locked session: %+v", a)
	}
	if a := inSession(t, n, "two", clean); a.Ended != receipt.Allow {
		t.Fatalf("another session: %+v", a)
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	n = posturedNode(t, o)
	if a := inSession(t, n, "one", clean); a.Code != "CHIO-POLICY-POSTURE" {
		t.Fatalf("a locked session after a restart: %+v", a)
	}
	if a := inSession(t, n, "two", clean); a.Ended != receipt.Allow {
		t.Fatalf("%+v", a)
	}
}

// A lesser violation moves to another state, and what is not proved moves
// nothing.
func TestPostureSignals(t *testing.T) {
	n := posturedNode(t, posturedHome(t, guarded))
	if a := inSession(t, n, "s", `{"path":"a.txt"}`); a.Code != "CHIO-CAP-MISSING" {
		t.Fatalf("%+v", a)
	}
	do[CapabilityInfo](t, n, "capability/issue", IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}})
	if a := inSession(t, n, "s", `{"path":"/etc/passwd"}`); a.Code != "CHIO-GUARD-FORBIDDEN-PATH" {
		t.Fatalf("%+v", a)
	}
	states := map[string]int{}
	if err := n.db.View(func(r store.Reader) error {
		return r.Scan(posturePrefix, "", func(_ string, row []byte) error {
			var rec policy.PostureRecord
			if err := wire.UnmarshalCanonical(row, &rec, wire.DocumentLimits); err != nil {
				return err
			}
			states[rec.State]++
			return nil
		})
	}); err != nil || len(states) != 1 || states["resting"] != 1 {
		t.Fatalf("%v, %v", states, err)
	}
}

// Of a budget of three, three pass, however many try at once.
func TestI2_PostureBudgetsHold(t *testing.T) {
	const doc = `hushspec: "0.1.0"
name: counted
rules:
  tool_access:
    enabled: true
    allow: [read_file]
    default: allow
extensions:
  posture:
    initial: working
    states:
      working:
        capabilities: [file_write, file_access, tool_call, shell]
        budgets: {shell_commands: 3}
`
	n := posturedNode(t, posturedHome(t, doc))
	do[CapabilityInfo](t, n, "capability/issue", IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}})
	answers := make(chan *CallAnswer, 12)
	for range cap(answers) {
		go func() {
			a, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "read_file", Session: "s", Arguments: wire.Raw(`{"command":"ls","path":"a.txt"}`)})
			if err != nil {
				a = &CallAnswer{Code: err.Error()}
			}
			answers <- a
		}()
	}
	allowed := 0
	for range cap(answers) {
		switch a := <-answers; {
		case a.Ended == receipt.Allow:
			allowed++
		case a.Code != "CHIO-POLICY-POSTURE-BUDGET":
			t.Errorf("%+v", a)
		}
	}
	if allowed != 3 {
		t.Fatalf("%d calls passed, the budget is 3", allowed)
	}
}
