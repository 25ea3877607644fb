package node

import (
	"context"
	"errors"
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
