package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// confirming is a policy under which read_file needs a person.
const confirming = `hushspec: "0.1.0"
name: confirming
rules:
  tool_access:
    enabled: true
    allow: ["*"]
    require_confirmation: [read_file]
    default: allow
`

// newConfirmingHome makes a home whose policy asks for approval; its clock is
// moved by the test.
func newConfirmingHome(t testing.TB, tune func(*Config)) (Options, *clockOfTest) {
	o := newHome(t)
	if err := os.WriteFile(filepath.Join(o.Home, "policy.yaml"), []byte(confirming), 0o600); err != nil {
		t.Fatal(err)
	}
	c := defaultConfig()
	c.Name = "acme"
	if tune != nil {
		tune(c)
	}
	o.Config = c
	clock := &clockOfTest{at: time.Now()}
	o.Now = clock.now
	return o, clock
}

type clockOfTest struct {
	mu sync.Mutex
	at time.Time
}

func (c *clockOfTest) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clockOfTest) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// waitingNode has one tool server and an agent with a capability on it.
func waitingNode(t testing.TB, tune func(*Config)) (*Node, *clockOfTest) {
	t.Helper()
	o, clock := newConfirmingHome(t, tune)
	n := openNode(t, o)
	serve(t, n, MCPServer{Server: "files"})
	if _, err := n.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	return n, clock
}

// pendingCall makes a call that must wait.
func pendingCall(t testing.TB, n *Node, args string) *CallAnswer {
	t.Helper()
	a := callNode(t, n, args)
	if a.Ended != receipt.PendingApproval || a.Code != string(approval.CodePending) || a.ApprovalID == "" || a.CallID == "" || a.ExpiresAt == 0 || a.Content != nil {
		t.Fatalf("a call that needs approval: %+v", a)
	}
	return a
}

// terminal lists the terminal receipts of each call in the log.
func terminalReceipts(t testing.TB, n *Node) map[string][]string {
	t.Helper()
	b, err := n.exportReceipts(context.Background(), ExportReceipts{})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := receipt.ParseBundle(b.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, e := range bundle.Logs[0].Receipts {
		r, err := receipt.Parse(e.Receipt)
		if err != nil {
			t.Fatal(err)
		}
		var md receipt.Metadata
		if err := wire.Unmarshal(r.Metadata, &md, wire.DocumentLimits); err != nil {
			t.Fatal(err)
		}
		if r.Decision.Verdict != receipt.PendingApproval {
			out[md.CallID] = append(out[md.CallID], r.Decision.Verdict)
		}
	}
	return out
}

func TestApprovalFromAskToAllow(t *testing.T) {
	ctx := context.Background()
	n, _ := waitingNode(t, nil)
	first := pendingCall(t, n, `{"path":"a.txt"}`)
	again := pendingCall(t, n, `{ "path": "a.txt" }`) // no call id, another spelling: the same call
	if again.CallID != first.CallID || again.ApprovalID != first.ApprovalID {
		t.Fatalf("the same call asked twice: %+v and %+v", first, again)
	}
	other := pendingCall(t, n, `{"path":"b.txt"}`)
	if other.ApprovalID == first.ApprovalID {
		t.Fatal("another call waits for the same approval")
	}
	list, err := n.listApprovals(ctx, ListApprovals{})
	if err != nil || len(list.Approvals) != 2 || list.Approvals[0].Agent != "local" || len(list.Approvers) != 1 || list.Approvers[0].Name != "operator" {
		t.Fatalf("%+v, %v", list, err)
	}
	if s, err := n.grantApproval(ctx, DecideApproval{ID: first.ApprovalID, Reason: "looked at it"}); err != nil || s.State != approval.Ready {
		t.Fatalf("%+v, %v", s, err)
	}
	if a := callNode(t, n, `{"path":"a.txt"}`); a.Ended != receipt.Allow {
		t.Fatalf("the approved call: %+v", a)
	}
	if got := terminalReceipts(t, n)[first.CallID]; len(got) != 1 || got[0] != receipt.Allow {
		t.Fatalf("terminal receipts of the call: %v", got)
	}
	shown, err := n.showApproval(ctx, ByID{ID: first.ApprovalID})
	if err != nil || shown.State != approval.Used || shown.ReceiptID == "" {
		t.Fatalf("%+v, %v", shown, err)
	}
	row, err := n.showReceipt(ctx, ByID{ID: shown.ReceiptID})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := receipt.Parse(row.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	var md receipt.Metadata
	if err := wire.Unmarshal(rec.Metadata, &md, wire.DocumentLimits); err != nil || md.Approval == nil || md.Approval.ID != first.ApprovalID ||
		len(md.Approval.Approvers) != 1 || md.Approval.Approvers[0] != n.approvals.operator.Public() {
		t.Fatalf("the receipt's approval: %+v, %v", md.Approval, err)
	}
	next := pendingCall(t, n, `{"path":"a.txt"}`) // one approval, one call
	if next.ApprovalID == first.ApprovalID {
		t.Fatal("a used approval was asked for again")
	}
	used, err := n.call(ctx, CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(`{"path":"a.txt"}`), CallID: first.CallID})
	if err != nil || used.Code != string(approval.CodeUsed) || !strings.Contains(used.Reason, shown.ReceiptID) {
		t.Fatalf("its call id again: %+v, %v", used, err)
	}
}

func TestApprovalDeniedAndExpired(t *testing.T) {
	ctx := context.Background()
	n, clock := waitingNode(t, func(c *Config) { c.Approvals.TTLSeconds = 100 })
	denied := pendingCall(t, n, `{"path":"a.txt"}`)
	s, err := n.denyApproval(ctx, DecideApproval{ID: denied.ApprovalID, Reason: "no"})
	if err != nil || s.State != approval.Refused || s.ReceiptID == "" {
		t.Fatalf("%+v, %v", s, err)
	}
	var p *Problem
	if _, err := n.grantApproval(ctx, DecideApproval{ID: denied.ApprovalID}); !errors.As(err, &p) || p.Code != string(approval.CodeResolved) || p.Exit != ExitDenied {
		t.Fatalf("granted after denial: %v", err)
	}
	if _, err := n.grantApproval(ctx, DecideApproval{ID: "nothing"}); !errors.As(err, &p) || p.Code != string(approval.CodeUnknown) || p.Hint == "" {
		t.Fatalf("unknown: %v", err)
	}
	if _, err := n.grantApproval(ctx, DecideApproval{ID: denied.ApprovalID, TTLSeconds: 3601}); !errors.As(err, &p) || p.Exit != ExitUsage {
		t.Fatalf("too long: %v", err)
	}
	expired := pendingCall(t, n, `{"path":"b.txt"}`)
	clock.advance(100 * time.Second)
	info, err := n.showApproval(ctx, ByID{ID: expired.ApprovalID})
	if err != nil || info.State != approval.Expired || info.ReceiptID == "" {
		t.Fatalf("%+v, %v", info, err)
	}
	ends := terminalReceipts(t, n)
	for _, id := range []string{denied.CallID, expired.CallID} {
		if len(ends[id]) != 1 || ends[id][0] != receipt.Deny {
			t.Fatalf("call %s ended %v", id, ends[id])
		}
	}
	bundle, err := n.exportReceipts(ctx, ExportReceipts{})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := receipt.ParseTrustSet(bundle.Trust)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := receipt.VerifyBundle(bundle.Bundle, trust); err != nil {
		t.Fatalf("the bundle does not verify: %+v, %v", report, err)
	}
}

// TestI1_PendingCallsEndOnce: a waiting call survives a restart, and ends in
// exactly one terminal receipt whichever way it goes.
func TestI1_PendingCallsEndOnce(t *testing.T) {
	ctx := context.Background()
	o, clock := newConfirmingHome(t, nil)
	var calls []*CallAnswer
	run := func(fn func(n *Node)) {
		n, err := Open(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		serving, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		server := newEchoServer()
		go func() { done <- n.ServeMCP(serving, MCPServer{Server: "files"}, nil, server) }()
		awaitTools(t, n)
		fn(n)
		cancel()
		<-done
		if err := n.Stop(ctx); err != nil {
			t.Fatal(err)
		}
	}
	run(func(n *Node) {
		if _, err := n.issueCapability(ctx, IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"granted", "denied", "expires", "unused"} {
			calls = append(calls, pendingCall(t, n, `{"path":"`+name+`"}`))
		}
		for _, i := range []int{0, 3} {
			if _, err := n.grantApproval(ctx, DecideApproval{ID: calls[i].ApprovalID}); err != nil {
				t.Fatal(err)
			}
		}
	})
	run(func(n *Node) {
		if a := callNode(t, n, `{"path":"granted"}`); a.Ended != receipt.Allow {
			t.Fatalf("approved before the restart: %+v", a)
		}
		if _, err := n.denyApproval(ctx, DecideApproval{ID: calls[1].ApprovalID}); err != nil {
			t.Fatal(err)
		}
	})
	clock.advance(2 * time.Hour)
	run(func(n *Node) {
		if err := n.ensureRecovered(ctx); err != nil {
			t.Fatal(err)
		}
		ends := terminalReceipts(t, n)
		for i, want := range []string{receipt.Allow, receipt.Deny, receipt.Deny, receipt.Deny} {
			if got := ends[calls[i].CallID]; len(got) != 1 || got[0] != want {
				t.Errorf("call %d ended %v, want one %s", i, got, want)
			}
		}
	})
}

// An approver outside the node has only its key: it signs the notice and posts
// the decision without the operator's token.
func TestExternalApprover(t *testing.T) {
	ctx := context.Background()
	outside, err := wire.KeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	n, _ := waitingNode(t, func(c *Config) {
		c.Approvals.Approvers = []ApproverConfig{{Name: "operator"}, {Name: "cfo", Key: outside.Public().String()}}
		c.Approvals.Threshold = 2
	})
	call := pendingCall(t, n, `{"path":"a.txt"}`)
	info, err := n.showApproval(ctx, ByID{ID: call.ApprovalID})
	if err != nil {
		t.Fatal(err)
	}
	k := n.keys.Kernel().Public()
	notice, err := approval.ParseNotice(info.Notice, &k)
	if err != nil {
		t.Fatal(err)
	}
	token, err := approval.SignToken(approval.Token{ApprovalID: notice.ApprovalID, RequestSHA256: notice.RequestSHA256, Decision: approval.Approved,
		IssuedAt: n.now(), ExpiresAt: n.now() + 60}, outside)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(n.api("secret"))
	defer server.Close()
	post := func(path string, body []byte) (int, string) {
		res, err := http.Post(server.URL+path, "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(answer)
	}
	if status, answer := post("/v1/approve/grant", wire.MustMarshal(DecideApproval{ID: call.ApprovalID})); status != http.StatusUnauthorized {
		t.Fatalf("the operator's verbs without its token: %d %s", status, answer)
	}
	if status, answer := post("/agent/approval", token.Bytes()); status != http.StatusOK || !strings.Contains(answer, `"waiting"`) {
		t.Fatalf("one of two: %d %s", status, answer)
	}
	if status, answer := post("/agent/approval", []byte(strings.Replace(string(token.Bytes()), "approved", "denied", 1))); status != http.StatusUnprocessableEntity || !strings.Contains(answer, string(approval.CodeToken)) {
		t.Fatalf("forged: %d %s", status, answer)
	}
	if status, _ := post("/agent/approval", bytes.Repeat([]byte("a"), 1<<20)); status != http.StatusRequestEntityTooLarge {
		t.Fatalf("too large: %d", status)
	}
	for range maxResponses {
		n.approvals.slots <- struct{}{}
	}
	if status, _ := post("/agent/approval", token.Bytes()); status != http.StatusTooManyRequests {
		t.Fatalf("no slot left: %d", status)
	}
	for range maxResponses {
		<-n.approvals.slots
	}
	if s, err := n.grantApproval(ctx, DecideApproval{ID: call.ApprovalID}); err != nil || s.State != approval.Ready {
		t.Fatalf("the second of two: %+v, %v", s, err)
	}
	if a := callNode(t, n, `{"path":"a.txt"}`); a.Ended != receipt.Allow {
		t.Fatalf("two approvers: %+v", a)
	}
	// Presented with the call, in another spelling, it counts as well.
	call = pendingCall(t, n, `{"path":"b.txt"}`)
	if _, err := n.grantApproval(ctx, DecideApproval{ID: call.ApprovalID}); err != nil {
		t.Fatal(err)
	}
	q, err := n.approvals.Get(call.ApprovalID)
	if err != nil {
		t.Fatal(err)
	}
	token, err = approval.SignToken(approval.Token{ApprovalID: q.ApprovalID, RequestSHA256: q.RequestSHA256, Decision: approval.Approved,
		IssuedAt: n.now(), ExpiresAt: n.now() + 60}, outside)
	if err != nil {
		t.Fatal(err)
	}
	a, err := n.call(ctx, CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(`{"path":"b.txt"}`), CallID: call.CallID,
		Approvals: []wire.Raw{wire.Raw(" " + string(token.Bytes()))}})
	if err != nil || a.Ended != receipt.Allow {
		t.Fatalf("presented: %+v, %v", a, err)
	}
}

func TestAgentsAreNoApprovers(t *testing.T) {
	ctx := context.Background()
	o, _ := newConfirmingHome(t, nil)
	n := openNode(t, o)
	agent, err := n.ensureAgent(ctx, "approver")
	if err != nil {
		t.Fatal(err)
	}
	if agent == n.approvals.operator.Public() {
		t.Fatal("an agent was named into the operator's approver key")
	}
	held, err := n.keys.HeldAgent("approver")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	o.Config.Approvals.Approvers = []ApproverConfig{{Name: "approver", Key: agent.String()}}
	n = openNode(t, o)
	serve(t, n, MCPServer{Server: "files"})
	if _, err := n.issueCapability(ctx, IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	if a := callNode(t, n, `{"path":"a.txt"}`); a.Code != string(kernel.CodeApprovalNone) {
		t.Fatalf("only an agent could approve: %+v", a)
	}
	calls := uint32(1)
	b, err := approval.SignBatch(approval.BatchApproval{BatchID: mustID(t, n), Subject: agent, ServerPattern: "*", ToolPattern: "*", MaxCalls: &calls,
		NotBefore: n.now(), NotAfter: n.now() + 60}, held)
	if err != nil {
		t.Fatal(err)
	}
	var p *Problem
	if _, err := n.addBatch(ctx, AddBatch{File: b.Bytes()}); !errors.As(err, &p) || p.Code != string(approval.CodeUntrusted) {
		t.Fatalf("an agent's batch: %v", err)
	}
}

func mustID(t testing.TB, n *Node) string {
	id, err := n.newID()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestBatchApprovalsThroughTheAPI(t *testing.T) {
	ctx := context.Background()
	n, _ := waitingNode(t, nil)
	calls := uint32(2)
	b, err := n.addBatch(ctx, AddBatch{Agent: "local", Server: "files", Tool: "read_*", MaxCalls: &calls})
	if err != nil || b.Agent != "local" {
		t.Fatalf("%+v, %v", b, err)
	}
	for range calls {
		if a := callNode(t, n, `{"path":"a.txt"}`); a.Ended != receipt.Allow {
			t.Fatalf("within the batch: %+v", a)
		}
	}
	pendingCall(t, n, `{"path":"a.txt"}`)
	list, err := n.listBatches(ctx, Empty{})
	if err != nil || len(list.Batches) != 1 || list.Batches[0].UsedCalls != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if r, err := n.revokeBatch(ctx, ByID{ID: b.BatchID}); err != nil || r.RevokedAt == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	var p *Problem
	if _, err := n.revokeBatch(ctx, ByID{ID: "x"}); !errors.As(err, &p) {
		t.Fatal(err)
	}
	if _, err := n.addBatch(ctx, AddBatch{Agent: "local", Server: "files", Tool: "*"}); !errors.As(err, &p) || p.Exit != ExitUsage {
		t.Fatalf("without a bound: %v", err)
	}
}

// One call id asked for at once from many sides waits once: whoever came second
// between decision and record is denied on record, and never unlogged.
func TestOneCallIDWaitsOnce(t *testing.T) {
	n, _ := waitingNode(t, nil)
	id := mustID(t, n)
	const callers = 8
	answers := make(chan *CallAnswer, callers)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			a, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(`{"path":"a.txt"}`), CallID: id})
			if err != nil {
				t.Error(err)
				return
			}
			answers <- a
		})
	}
	wg.Wait()
	close(answers)
	waits := map[string]int{}
	for a := range answers {
		switch {
		case a.Unlogged:
			t.Errorf("not on record: %+v", a)
		case a.Ended == receipt.PendingApproval:
			waits[a.ApprovalID]++
		case a.Code != string(kernel.CodeDuplicateCall):
			t.Errorf("unexpected end: %+v", a)
		}
	}
	if len(waits) != 1 {
		t.Errorf("one call waits for %v", waits)
	}
	if list, err := n.listApprovals(context.Background(), ListApprovals{}); err != nil || len(list.Approvals) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

// A call denied for another reason while it waits has ended, and what was
// approved of it is worth nothing.
func TestDeniedForAnotherReasonWhileWaiting(t *testing.T) {
	ctx := context.Background()
	n, clock := waitingNode(t, nil)
	call := pendingCall(t, n, `{"path":"b.txt"}`)
	if _, err := n.grantApproval(ctx, DecideApproval{ID: call.ApprovalID}); err != nil {
		t.Fatal(err)
	}
	// A newer capability: the approval was for a call under the first.
	clock.advance(time.Second)
	if _, err := n.issueCapability(ctx, IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	if a := callNode(t, n, `{"path":"b.txt"}`); a.Code != string(approval.CodeMismatch) {
		t.Fatalf("under another capability: %+v", a)
	}
	if ends := terminalReceipts(t, n)[call.CallID]; len(ends) != 1 || ends[0] != receipt.Deny {
		t.Fatalf("ended %v", ends)
	}
	if next := pendingCall(t, n, `{"path":"b.txt"}`); next.CallID == call.CallID {
		t.Fatal("the ended call goes on")
	}
}
