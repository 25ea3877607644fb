package redteam

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/cmd/chio-verify/verifier"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// oracle knows how things stood before the attack.
type oracle struct {
	*world
	size    uint64 // of the log
	disk    map[string]string
	effects map[string]int // of the file server, by tool
}

func (w *world) watch() *oracle {
	w.t.Helper()
	o := &oracle{world: w, size: w.status().Receipts, disk: w.snapshot(), effects: map[string]int{}}
	for tool, seen := range w.files.effects() {
		o.effects[tool] = len(seen)
	}
	return o
}

func (w *world) status() *node.Status {
	w.t.Helper()
	var s node.Status
	w.must("status", node.Empty{}, &s)
	return &s
}

// snapshot reads every file around the node but what the node writes itself.
func (w *world) snapshot() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(w.dir, path)
		name = filepath.ToSlash(name)
		switch {
		case d.IsDir() && (name == "home/store"):
			return fs.SkipDir
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			out[name] = "-> " + target
			return err
		case !d.Type().IsRegular() || name == "home/ballast":
			return nil
		}
		content, err := os.ReadFile(path)
		out[name] = string(content)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// judge compares what is with what was allowed.
func (o *oracle) judge(all []ended) {
	o.t.Helper()
	o.judgeEffects(all)
	o.judgeDisk()
	o.judgeLog(all)
	o.judgeSession()
	kinds := map[string]int{}
	for _, e := range all {
		kinds[e.String()]++
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		o.t.Logf("%6d  %s", kinds[kind], kind)
	}
	for _, a := range attacks {
		if !slices.ContainsFunc(all, func(e ended) bool { return e.attack == a.name }) {
			o.t.Errorf("%s was never tried", a.name)
		}
	}
}

// judgeEffects: what the tool servers were asked to do is within the grants,
// and is what the answers said.
func (o *oracle) judgeEffects(all []ended) {
	o.t.Helper()
	if seen := o.vault.effects(); len(seen) != 0 {
		o.t.Errorf("the vault was called: %+v", seen)
	}
	seen := o.files.effects()
	for tool, prefix := range map[string]string{"read_file": "public", "write_file": "public/out", "delete_file": "public/doomed", "list_directory": "public"} {
		for _, e := range seen[tool][o.effects[tool]:] {
			if !o.within(prefix, e.Path) {
				o.t.Errorf("%s reached %q: %s", tool, e.Path, e.Arguments)
			}
		}
	}
	for tool, most := range map[string]int{"write_file": maxWrites, "list_directory": maxListing, "delete_file": 0} {
		if n := len(seen[tool]) - o.effects[tool]; n != most {
			o.t.Errorf("%s ran %d times, may run %d times, and everybody tried", tool, n, most)
		}
	}
	total, allowed, family := 0, 0, 0
	for tool, calls := range seen {
		total += len(calls) - o.effects[tool]
		if _, known := map[string]bool{"read_file": true, "write_file": true, "delete_file": true, "list_directory": true}[tool]; !known {
			o.t.Errorf("the file server was asked for %q", tool)
		}
	}
	for _, e := range all {
		if e.answer != nil && e.answer.Ended == receipt.Allow {
			allowed++
			if e.attack == "family race" {
				family++
			}
		}
	}
	if allowed != total {
		o.t.Errorf("%d calls reached the file server and %d were answered with allow", total, allowed)
	}
	if family != maxFamily {
		o.t.Errorf("a family of %d calls was used %d times", maxFamily, family)
	}
}

// within reports whether a path, as the file server follows it, stays under a
// folder of the workspace. What does not exist can have no effect outside.
func (o *oracle) within(prefix, path string) bool {
	root := o.path("workspace")
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	inside := func(p string) bool {
		rel, err := filepath.Rel(filepath.Join(root, prefix), p)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
	}
	for p := path; ; p = filepath.Dir(p) {
		real, err := filepath.EvalSymlinks(p)
		if err == nil {
			return inside(path) && (inside(real) || p != path && strings.HasPrefix(filepath.Join(root, prefix)+"/", real+"/"))
		}
		if p == filepath.Dir(p) {
			return false
		}
	}
}

// judgeDisk: nothing changed but what the grants name.
func (o *oracle) judgeDisk() {
	o.t.Helper()
	now := o.snapshot()
	for _, name := range slices.Sorted(maps.Keys(o.disk)) {
		if now[name] != o.disk[name] {
			o.t.Errorf("%s was changed to %.80q", name, now[name])
		}
	}
	for name, content := range now {
		if _, old := o.disk[name]; !old && (!strings.HasPrefix(name, "workspace/public/out/") || content != "mine") {
			o.t.Errorf("%s appeared: %.80q", name, content)
		}
	}
}

// judgeSession: the victim's journal holds the victim's calls.
func (o *oracle) judgeSession() {
	o.t.Helper()
	var s node.SessionShown
	o.must("session/show", node.SessionRequest{Agent: "victim", Session: "victim-session"}, &s)
	if s.Calls != rehearsed {
		o.t.Errorf("the victim made %d calls, its session has %d", rehearsed, s.Calls)
	}
}

// judgeLog: one receipt for each answer, none for junk, no call allowed twice,
// and the whole log verifies offline.
func (o *oracle) judgeLog(all []ended) {
	o.t.Helper()
	var b node.ReceiptBundle
	o.must("receipt/export", node.ExportReceipts{}, &b)
	bundle, err := receipt.ParseBundle(b.Bundle)
	if err != nil {
		o.t.Fatal(err)
	}
	logged, allowed := map[string]string{}, map[string]bool{}
	for _, entry := range bundle.Logs[0].Receipts {
		r, err := receipt.Parse(entry.Receipt)
		if err != nil {
			o.t.Fatal(err)
		}
		var md receipt.Metadata
		if err := wire.Unmarshal(r.Metadata, &md, wire.DocumentLimits); err != nil {
			o.t.Fatal(err)
		}
		if r.Decision.Verdict == receipt.Allow {
			if allowed[md.CallID] {
				o.t.Errorf("call %s was allowed twice", md.CallID)
			}
			allowed[md.CallID] = true
		}
		if logged[r.ID] != "" {
			o.t.Errorf("receipt %s stands twice in the log", r.ID)
		}
		logged[r.ID] = r.Decision.Verdict
	}
	// The same bytes refused twice in one second, or a request for approval
	// that is repeated while it waits, are one receipt.
	answered := map[string]bool{}
	for _, e := range all {
		if e.answer == nil {
			continue
		}
		answered[e.answer.ReceiptID] = true
		if e.answer.Unlogged || logged[e.answer.ReceiptID] != e.answer.Ended {
			o.t.Errorf("%s: %+v has %q in the log", e.attack, e.answer, logged[e.answer.ReceiptID])
		}
	}
	if size := uint64(len(logged)); size != o.size+uint64(len(answered)) {
		o.t.Errorf("the log went from %d to %d receipts, and the attempts have %d", o.size, size, len(answered))
	}
	o.verify(b)
}

// verify runs the offline verifier over the exported log.
func (o *oracle) verify(b node.ReceiptBundle) {
	o.t.Helper()
	dir := o.t.TempDir()
	for name, content := range map[string][]byte{"bundle.json": b.Bundle, "trust.json": b.Trust} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			o.t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if code := verifier.Main([]string{"bundle", filepath.Join(dir, "bundle.json"), "--trust", filepath.Join(dir, "trust.json")}, nil, &out, &out); code != 0 {
		o.t.Errorf("the log does not verify: exit %d: %.2000s", code, out.Bytes())
	}
}
