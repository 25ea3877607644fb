package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
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

// archived runs one archiving and returns its answer.
func archived(t testing.TB, n *Node, dir string, keep uint64) *ArchivedReceipts {
	t.Helper()
	a, err := n.archiveReceipts(context.Background(), ArchiveReceipts{Dir: dir, Keep: &keep})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func verified(t testing.TB, dir string, files []string) (receipts int) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(dir, trustName))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := receipt.ParseTrustSet(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		bundle, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		report, err := receipt.VerifyBundle(bundle, trust)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		receipts += report.Count()
	}
	return receipts
}

// TestArchive: archived receipts verify by themselves, are shown, explained,
// listed and exported from their files, and the log goes on.
func TestArchive(t *testing.T) {
	n := busyNode(t, newHome(t), 8)
	before := listed(t, n, ListReceipts{})
	dir := filepath.Join(t.TempDir(), "archive")
	a := archived(t, n, dir, 4)
	if a.Receipts != 5 || a.Archived != 5 || len(a.Files) != 1 || verified(t, dir, a.Files) != 5 {
		t.Fatalf("archived %+v", a)
	}
	if again := archived(t, n, dir, 4); again.Receipts != 0 || again.Archived != 5 {
		t.Errorf("archived again: %+v", again)
	}
	makeCalls(t, n, 2)
	second := archived(t, n, dir, 3)
	if second.Receipts != 3 || second.Archived != 8 || verified(t, dir, append(second.Files, a.Files...)) != 8 {
		t.Fatalf("archived %+v", second)
	}
	old := before.Receipts[len(before.Receipts)-2]
	row, err := n.showReceipt(context.Background(), ByID{ID: old.ID})
	if err != nil || row.Archived != a.Files[0] || !strings.Contains(string(row.Receipt), old.ID) {
		t.Fatalf("show: %+v, %v", row, err)
	}
	e, err := n.explainReceipt(context.Background(), ByID{ID: old.ID})
	if err != nil || e.Log.Archived != a.Files[0] || e.Who.Agent != "local" {
		t.Errorf("explain: %+v, %v", e, err)
	}
	l := listed(t, n, ListReceipts{ReceiptFilter: ReceiptFilter{Agent: "local", Tool: "read_file"}})
	if len(l.Receipts) != 10 || l.Receipts[9].ID != old.ID || l.Receipts[9].Tool != "read_file" || l.Receipts[9].Archived == "" || l.Receipts[0].Archived != "" {
		t.Errorf("list: %+v", l)
	}
	b, err := n.exportReceipts(context.Background(), ExportReceipts{IDs: []string{old.ID, l.Receipts[0].ID}})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := receipt.ParseTrustSet(b.Trust)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := receipt.VerifyBundle(b.Bundle, trust); err != nil || report.Count() != 2 {
		t.Errorf("export by id: %v", err)
	}
	if b, err = n.exportReceipts(context.Background(), ExportReceipts{ReceiptFilter: ReceiptFilter{Agent: "local"}}); err != nil || b.Archived != 7 {
		t.Fatalf("export by filter: %+v, %v", b, err)
	}
	if report, err := receipt.VerifyBundle(b.Bundle, trust); err != nil || report.Count() != 3 {
		t.Errorf("export by filter: %v", err)
	}
	zero := uint64(0)
	if w, err := n.watchReceipts(context.Background(), WatchReceipts{From: &zero}); err != nil || len(w.Receipts) != 3 || w.Next != 11 {
		t.Errorf("watch: %+v, %v", w, err)
	}
	if err := n.db.View(func(r store.Reader) error { _, err := rlog.Verify(r); return err }); err != nil {
		t.Error(err)
	}
	tampered(t, n, a.Files[0], old.ID)
}

// tampered: a file that was changed, emptied or moved is named and not believed.
func tampered(t *testing.T, n *Node, file, id string) {
	t.Helper()
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(doc), `"tool_name":"read_file"`, `"tool_name":"read_fil3"`)
	for name, change := range map[string]func() error{
		"changed": func() error { return os.WriteFile(file, []byte(changed), 0o600) },
		"emptied": func() error { return os.WriteFile(file, nil, 0o600) },
		"moved":   func() error { return os.Rename(file, file+".elsewhere") },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		n.archive.file = "" // forget what was read
		var p *Problem
		if _, err := n.showReceipt(context.Background(), ByID{ID: id}); !errors.As(err, &p) || p.Code != codeArchived || !strings.Contains(p.Message, file) {
			t.Errorf("a file that was %s: %v", name, err)
		}
		if err := os.WriteFile(file, doc, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestArchiveRefusals(t *testing.T) {
	n := busyNode(t, newHome(t), 1)
	keep := uint64(0)
	for name, req := range map[string]ArchiveReceipts{
		"a relative folder": {Dir: "x", Keep: &keep},
		"neither":           {Dir: "/tmp"},
		"both":              {Dir: "/tmp", Keep: &keep, Before: 7},
		"before time":       {Dir: "/tmp", Before: -7},
	} {
		var p *Problem
		if _, err := n.archiveReceipts(context.Background(), req); !errors.As(err, &p) || p.Exit != ExitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	if a, err := n.archiveReceipts(context.Background(), ArchiveReceipts{Dir: dir, Before: n.now() - 60}); err != nil || a.Receipts != 0 {
		t.Errorf("nothing is that old: %+v, %v", a, err)
	}
	if a, err := n.archiveReceipts(context.Background(), ArchiveReceipts{Dir: dir, Before: n.now() + 60}); err != nil || a.Receipts != 2 {
		t.Errorf("everything is that old: %+v, %v", a, err)
	}
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	makeCalls(t, n, 1)
	if _, err := n.archiveReceipts(context.Background(), ArchiveReceipts{Dir: filepath.Join(blocked, "x"), Keep: &keep}); err == nil {
		t.Error("archived into a file")
	}
}

// TestI6_ArchiveCrashLosesNothing: a process that ends at any point of archiving
// leaves every receipt readable, the log verified, and nothing that a second run
// would trip over.
func TestI6_ArchiveCrashLosesNothing(t *testing.T) {
	for _, point := range []string{failArchiveWritten, failArchiveVerified, failArchiveRenamed, failArchiveAfter} {
		t.Run(point, func(t *testing.T) {
			o := newHome(t)
			dir := filepath.Join(t.TempDir(), "archive")
			var ids []string
			crashed := make(chan struct{})
			o.Failpoint = func(name string) {
				if name == point {
					close(crashed)
					runtime.Goexit() // what the process would have done next never happens
				}
			}
			n, err := Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				a, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(`{}`)})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, a.ReceiptID)
			}
			keep := uint64(1)
			go func() { _, _ = n.archiveReceipts(context.Background(), ArchiveReceipts{Dir: dir, Keep: &keep}) }() // never returns
			<-crashed
			if err := n.db.Close(); err != nil { // the lock goes with the process
				t.Fatal(err)
			}
			o.Failpoint = nil
			n = openNode(t, o)
			everyReceipt(t, n, ids)
			a := archived(t, n, dir, 1)
			if a.Archived < 3 || a.Archived != uint64(verified(t, dir, allFiles(t, dir))) {
				t.Errorf("the second run: %+v", a)
			}
			everyReceipt(t, n, ids)
		})
	}
}

func everyReceipt(t *testing.T, n *Node, ids []string) {
	t.Helper()
	for _, id := range ids {
		if row, err := n.showReceipt(context.Background(), ByID{ID: id}); err != nil || !strings.Contains(string(row.Receipt), id) {
			t.Errorf("receipt %s: %v", id, err)
		}
	}
	if err := n.db.View(func(r store.Reader) error { _, err := rlog.Verify(r); return err }); err != nil {
		t.Error(err)
	}
}

func allFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestArchiveOutlivesItsKernelKey: a head that a retired key signed proves
// nothing any more; the next run gives the files one that does.
func TestArchiveOutlivesItsKernelKey(t *testing.T) {
	o := newHome(t)
	dir := filepath.Join(t.TempDir(), "archive")
	n := busyNode(t, o, 4)
	a := archived(t, n, dir, 2)
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := RotateKernel(context.Background(), o, RotateKernelRequest{}); err != nil {
		t.Fatal(err)
	}
	n = openNode(t, o)
	again := archived(t, n, dir, 2)
	if again.Refreshed != 1 || again.Receipts != 0 || verified(t, dir, a.Files) != 3 {
		t.Fatalf("after a rotation: %+v", again)
	}
	if again = archived(t, n, dir, 2); again.Refreshed != 0 {
		t.Errorf("and once more: %+v", again)
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

// TestRetention: the sweep archives what is older than the days kept.
func TestRetention(t *testing.T) {
	o := newHome(t)
	at := time.Unix(1_800_000_000, 0)
	o.Now = func() time.Time { return at }
	cfg := defaultConfig()
	cfg.Retention = RetentionConfig{KeepDays: 30, Dir: "old"}
	o.Config = cfg
	n := openNode(t, o)
	for range 3 {
		if _, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "x", Arguments: wire.Raw(`{}`)}); err != nil {
			t.Fatal(err)
		}
		at = at.Add(20 * 24 * time.Hour)
	}
	if err := n.archiveDue(context.Background()); err != nil {
		t.Fatal(err)
	}
	if files := allFiles(t, filepath.Join(o.Home, "old")); len(files) != 1 || verified(t, filepath.Join(o.Home, "old"), files) != 2 {
		t.Errorf("archived %v", files)
	}
}
