package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// busyNode is a node with an echo server, a capability, and n allowed calls
// after one that was denied.
func busyNode(t testing.TB, o Options, n int) *Node {
	t.Helper()
	node := openNode(t, o)
	serve(t, node, MCPServer{Server: "files", Prices: map[string]string{"read_file": "0.03 USD"}})
	makeCalls(t, node, 1) // no capability yet
	total := wire.MonetaryAmount{Units: 100_000, Currency: "USD"}
	if _, err := node.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}, MaxTotal: &total}); err != nil {
		t.Fatal(err)
	}
	makeCalls(t, node, n)
	return node
}

func makeCalls(t testing.TB, n *Node, count int) (ids []string) {
	t.Helper()
	for i := range count {
		ids = append(ids, callNode(t, n, fmt.Sprintf(`{"path":"%d.txt"}`, i)).ReceiptID)
	}
	return ids
}

func listed(t testing.TB, n *Node, req ListReceipts) *ReceiptList {
	t.Helper()
	l, err := n.listReceipts(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestListFilters(t *testing.T) {
	n := busyNode(t, newHome(t), 5)
	now := n.now()
	cents := func(u uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: u, Currency: "USD"} }
	all := listed(t, n, ListReceipts{})
	if all.Total != 6 || len(all.Receipts) != 6 || all.NextCursor != "" || all.Receipts[0].Agent != "local" || all.Receipts[0].Charged != 3 {
		t.Fatalf("everything: %+v", all)
	}
	key, capability := all.Receipts[0].AgentKey, all.Receipts[0].CapabilityID
	for name, c := range map[string]struct {
		f    ReceiptFilter
		want int
	}{
		"agent by name":    {ReceiptFilter{Agent: "local"}, 5}, // the first call had no authority
		"agent by key":     {ReceiptFilter{Agent: key}, 5},
		"agent by DID":     {ReceiptFilter{Agent: "did:chio:" + key}, 5},
		"another agent":    {ReceiptFilter{Agent: n.keys.Kernel().Public().String()}, 0},
		"server":           {ReceiptFilter{Server: "files"}, 6},
		"another server":   {ReceiptFilter{Server: "mail"}, 0},
		"tool":             {ReceiptFilter{Tool: "read_file"}, 6},
		"outcome":          {ReceiptFilter{Outcome: receipt.Deny}, 1},
		"since":            {ReceiptFilter{Since: now - 60}, 6},
		"since later":      {ReceiptFilter{Since: now + 60}, 0},
		"until":            {ReceiptFilter{Until: now - 60}, 0},
		"min cost":         {ReceiptFilter{MinCost: cents(3)}, 5},
		"min cost above":   {ReceiptFilter{MinCost: cents(4)}, 0},
		"max cost":         {ReceiptFilter{MaxCost: cents(2)}, 1}, // the denied call was priced and charged nothing
		"capability":       {ReceiptFilter{Capability: capability}, 5},
		"what X touched":   {ReceiptFilter{Agent: "local", Since: now - 3600, Outcome: receipt.Allow}, 5},
		"not in that hour": {ReceiptFilter{Agent: "local", Since: now - 7200, Until: now - 3600}, 0},
	} {
		if l := listed(t, n, ListReceipts{ReceiptFilter: c.f}); len(l.Receipts) != c.want {
			t.Errorf("%s: %d receipts, want %d", name, len(l.Receipts), c.want)
		}
	}
	eur := &wire.MonetaryAmount{Units: 1, Currency: "EUR"}
	for name, req := range map[string]ListReceipts{
		"an unknown outcome": {ReceiptFilter: ReceiptFilter{Outcome: "maybe"}},
		"an unknown agent":   {ReceiptFilter: ReceiptFilter{Agent: "nobody"}},
		"two currencies":     {ReceiptFilter: ReceiptFilter{MinCost: cents(1), MaxCost: eur}},
		"no currency":        {ReceiptFilter: ReceiptFilter{MinCost: &wire.MonetaryAmount{Units: 1}}},
		"a time before time": {ReceiptFilter: ReceiptFilter{Since: -1}},
		"no cursor":          {Cursor: "x"},
		"a long cursor":      {Cursor: strings.Repeat("A", 100)},
	} {
		var p *Problem
		if _, err := n.listReceipts(context.Background(), req); !errors.As(err, &p) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestListPagesAreStable: pages of two cover every receipt exactly once although
// the log grows meanwhile, and a cursor goes with its filter.
func TestListPagesAreStable(t *testing.T) {
	n := busyNode(t, newHome(t), 7)
	f := ReceiptFilter{Outcome: receipt.Allow}
	var seen []uint64
	cursor := ""
	for {
		l := listed(t, n, ListReceipts{ReceiptFilter: f, Limit: 2, Cursor: cursor})
		for _, r := range l.Receipts {
			seen = append(seen, r.Index)
		}
		if cursor = l.NextCursor; cursor == "" {
			break
		}
		makeCalls(t, n, 1)
		var p *Problem
		_, err := n.listReceipts(context.Background(), ListReceipts{Cursor: cursor})
		if !errors.As(err, &p) || p.Code != "CHIO-RECEIPT-CURSOR" {
			t.Fatalf("the cursor of another filter: %v", err)
		}
	}
	if fmt.Sprint(seen) != "[7 6 5 4 3 2 1]" {
		t.Fatalf("pages gave %v", seen)
	}
}

func TestExplain(t *testing.T) {
	n := busyNode(t, newHome(t), 1)
	makeID := func(args string) string { return callNode(t, n, args).ReceiptID }
	explain := func(id string) *Explanation {
		e, err := n.explainReceipt(context.Background(), ByID{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := explain(makeID(`{"path":"b.txt"}`))
	if e.Who.Agent != "local" || e.Who.Proof != custodialKind || !strings.HasPrefix(e.Who.AgentDID, "did:chio:") || e.Outcome.Verdict != receipt.Allow ||
		len(e.Allowed.Chain) != 1 || e.Allowed.Grant == nil || e.Allowed.Grant.ToolName != "read_file" || e.Allowed.PolicyLocal == nil ||
		e.Cost == nil || e.Cost.Charged != 3 || *e.Cost.Total != 100_000 || *e.Cost.Remaining != 100_000-6 || e.Log.Index != 2 || e.Log.Size != 3 {
		t.Errorf("an allowed call: %+v", e)
	}
	e = explain(makeID(`{"path":"/home/x/.ssh/id_rsa"}`))
	if e.Outcome.Verdict != receipt.Deny || e.Outcome.Step != 8 || e.Outcome.StepName == "" || e.Outcome.Guard == "" || e.Outcome.Code == "" ||
		e.Outcome.Fix == "" || e.Cost.Attempted == nil || *e.Cost.Attempted != 3 || e.Cost.Charged != 0 {
		t.Errorf("a call a guard denied: %+v %+v", e.Outcome, e.Cost)
	}
	first := listed(t, n, ListReceipts{ReceiptFilter: ReceiptFilter{Outcome: receipt.Deny}}).Receipts[1]
	if e = explain(first.ID); e.Who.AgentKey != "" || e.Allowed.CapabilityID != "" || e.Outcome.Code != "CHIO-CAP-MISSING" {
		t.Errorf("a call without authority: %+v", e)
	}
	var p *Problem
	if _, err := n.explainReceipt(context.Background(), ByID{ID: "none"}); !errors.As(err, &p) || p.Code != "CHIO-RECEIPT-UNKNOWN" {
		t.Errorf("no receipt: %v", err)
	}
}

// TestWatch: a watcher that waits is told what comes, once, in order; the node
// answers when nothing comes, when the caller leaves, and when it stops.
func TestWatch(t *testing.T) {
	n := busyNode(t, newHome(t), 3)
	ctx := context.Background()
	w, err := n.watchReceipts(ctx, WatchReceipts{WaitSeconds: 30})
	if err != nil || w.Next != 4 || len(w.Receipts) != 0 {
		t.Fatalf("where the log ends: %+v, %v", w, err)
	}
	zero := uint64(0)
	w, err = n.watchReceipts(ctx, WatchReceipts{From: &zero, ReceiptFilter: ReceiptFilter{Outcome: receipt.Allow}})
	if err != nil || len(w.Receipts) != 3 || w.Receipts[0].Index != 1 || w.Next != 4 {
		t.Fatalf("from the beginning: %+v, %v", w, err)
	}
	type result struct {
		w   *WatchedReceipts
		err error
	}
	got := make(chan result, 1)
	watch := func(ctx context.Context, from uint64) {
		w, err := n.watchReceipts(ctx, WatchReceipts{From: &from, WaitSeconds: 30, ReceiptFilter: ReceiptFilter{Outcome: receipt.Allow}})
		got <- result{w, err}
	}
	go watch(ctx, 4)
	callNode(t, n, `{"path":"/home/x/.ssh/id_rsa"}`) // passes no filter: the watcher goes on waiting
	id := makeCalls(t, n, 1)[0]
	if r := <-got; r.err != nil || len(r.w.Receipts) != 1 || r.w.Receipts[0].ID != id || r.w.Next != 6 {
		t.Fatalf("what came: %+v, %v", r.w, r.err)
	}
	gone, leave := context.WithCancel(ctx)
	go watch(gone, 6)
	leave()
	if r := <-got; r.err != nil || len(r.w.Receipts) != 0 {
		t.Errorf("a caller that left: %+v, %v", r.w, r.err)
	}
	future := uint64(100)
	if w, err = n.watchReceipts(ctx, WatchReceipts{From: &future}); err != nil || w.Next != 100 {
		t.Errorf("beyond the end: %+v, %v", w, err)
	}
	var p *Problem
	if _, err := n.watchReceipts(ctx, WatchReceipts{WaitSeconds: 31}); !errors.As(err, &p) || p.Exit != ExitUsage {
		t.Errorf("a long wait: %v", err)
	}
	var leaves []func()
	for range maxWatchers {
		leave, err := n.feed.enter()
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if _, err := n.watchReceipts(ctx, WatchReceipts{}); !errors.As(err, &p) || p.Code != "CHIO-RECEIPT-WATCHERS" {
		t.Errorf("one watcher too many: %v", err)
	}
	for _, leave := range leaves {
		leave()
	}
	go watch(ctx, 6)
	n.cancel()
	if r := <-got; !errors.As(r.err, &p) || p.Code != "CHIO-NODE-DOWN" {
		t.Errorf("a node that stops: %v", r.err)
	}
}

// TestConsistencyFiles: what is exported is what chio-verify consistency takes.
func TestConsistencyFiles(t *testing.T) {
	n := busyNode(t, newHome(t), 6)
	for _, c := range [][2]uint64{{0, 7}, {1, 7}, {3, 5}, {7, 7}} {
		a, err := n.proveConsistency(context.Background(), ConsistencyRequest{From: c[0], To: c[1]})
		if err != nil {
			t.Fatal(err)
		}
		trust, err := receipt.ParseTrustSet(a.Trust)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.VerifyConsistencyFiles([]byte(a.Old), []byte(a.New), a.Proof, trust); err != nil {
			t.Errorf("%d to %d: %v", c[0], c[1], err)
		}
	}
	for _, c := range []ConsistencyRequest{{From: 8}, {From: 3, To: 2}, {From: 1, To: 9}} {
		var p *Problem
		if _, err := n.proveConsistency(context.Background(), c); !errors.As(err, &p) || p.Exit != ExitUsage {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
