package node

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

const readsAllowed = `hushspec: "0.1.0"
name: local
rules:
  tool_access: {default: allow}
`

// writePolicy replaces a policy file; its time is old, as that of a file that
// was there for a while, unless another is wanted.
func writePolicy(t testing.TB, home, name, doc string) {
	t.Helper()
	path := filepath.Join(home, name)
	if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reads is a node with a free tool read_file and a capability on it.
func reads(t testing.TB, o Options, price string) *Node {
	t.Helper()
	n := openNode(t, o)
	if _, err := n.RegisterTool(Tool{Server: "go", Name: "work", Price: price,
		Run: func(context.Context, wire.Raw) (any, error) { return map[string]string{"said": "hello"}, nil }}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Grant(t.Context(), IssueCapability{Agent: "local", Server: "go", Tools: []string{"work"},
		MaxTotal: &wire.MonetaryAmount{Units: 100000, Currency: "USD"}}); err != nil {
		t.Fatal(err)
	}
	return n
}

func policyHashOf(t testing.TB, n *Node, a *CallAnswer) string {
	t.Helper()
	doc, err := n.Receipt(t.Context(), a.ReceiptID)
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return r.PolicyHash
}

// TestPolicyReload: a file that changes is put into force whole; one that does
// not compile leaves the one before, and everybody can see that.
func TestPolicyReload(t *testing.T) {
	o := newHome(t)
	writePolicy(t, o.Home, "policy.yaml", "hushspec: \"0.1.0\"\nname: local\nextends: base.yaml\n")
	writePolicy(t, o.Home, "base.yaml", readsAllowed)
	var logged bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&logged, nil))
	n := reads(t, o, "")
	poll := func() {
		t.Helper()
		if err := n.policy.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := invoke(t, n, "work", `{}`)
	before := do[Status](t, n, "status", Empty{}).PolicyState
	if first.Verdict != "allow" || policyHashOf(t, n, first) != before.Hash.String() || before.Problem != "" || len(before.Guards) == 0 {
		t.Fatalf("%+v under %+v", first, before)
	}
	poll()
	if now := n.policy.status(); now.Hash != before.Hash || now.Since != before.Since {
		t.Errorf("nothing changed and yet: %+v", now)
	}

	// The base changes, and with it what is in force.
	writePolicy(t, o.Home, "base.yaml", strings.Replace(readsAllowed, "{default: allow}", "{block: [work]}", 1))
	poll()
	denied := invoke(t, n, "work", `{}`)
	after := n.policy.status()
	if denied.Verdict != "deny" || denied.Code != "CHIO-GUARD-TOOL-BLOCKED" || after.Hash == before.Hash || policyHashOf(t, n, denied) != after.Hash.String() {
		t.Fatalf("%+v under %+v", denied, after)
	}

	// What does not compile changes nothing, and is seen.
	writePolicy(t, o.Home, "base.yaml", "hushspec: \"0.1.0\"\nrules: {nonsense: {}}\n")
	poll()
	broken := do[PolicyStatus](t, n, "policy/status", Empty{})
	if broken.Hash != after.Hash || !strings.Contains(broken.Problem, "nonsense") || broken.ProblemSince == 0 {
		t.Errorf("a broken policy: %+v", broken)
	}
	if a := invoke(t, n, "work", `{}`); a.Code != "CHIO-GUARD-TOOL-BLOCKED" {
		t.Errorf("under a broken policy: %+v", a)
	}
	if _, err := n.Call(t.Context(), "policy/reload", nil); problemCode(err) != "CHIO-POLICY-INVALID" || !strings.Contains(problemOf(err).Hint, after.Hash.String()) {
		t.Errorf("reload of a broken policy: %v", err)
	}
	if !strings.Contains(logged.String(), "does not compile") {
		t.Error("the log says nothing of it")
	}

	// So is one that is gone. It comes back without a restart.
	if err := os.Remove(filepath.Join(o.Home, "base.yaml")); err != nil {
		t.Fatal(err)
	}
	poll()
	if s := n.policy.status(); s.Hash != after.Hash || s.Problem == "" {
		t.Errorf("a policy that is gone: %+v", s)
	}
	writePolicy(t, o.Home, "base.yaml", readsAllowed)
	if r := do[PolicyReloaded](t, n, "policy/reload", Empty{}); !r.Changed || r.Policy.Hash != before.Hash || r.Policy.Problem != "" {
		t.Errorf("reload: %+v", r)
	}
	if a := invoke(t, n, "work", `{}`); a.Verdict != "allow" {
		t.Errorf("once it is back: %+v", a)
	}
}

// TestWatchedFile: what counts as a change of a file.
func TestWatchedFile(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	write := func(doc string, at time.Time) {
		t.Helper()
		writePolicy(t, dir, "a", doc)
		if err := os.Chtimes(filepath.Join(dir, "a"), at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("one", old)
	for name, c := range map[string]struct {
		change func()
		want   bool
	}{
		"nothing":                          {func() {}, false},
		"another time, the same bytes":     {func() { write("one", old.Add(time.Minute)) }, false},
		"another time, other bytes":        {func() { write("two", old.Add(time.Minute)) }, true},
		"another size at the same time":    {func() { write("three", old) }, true},
		"it is gone":                       {func() { _ = os.Remove(filepath.Join(dir, "a")) }, true},
		"it is a directory, which is gone": {func() { _ = os.Remove(filepath.Join(dir, "a")); _ = os.Mkdir(filepath.Join(dir, "a"), 0o700) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.RemoveAll(filepath.Join(dir, "a"))
			write("one", old)
			w := newWatchedFS(dir)
			if _, err := w.Open("a"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Open("b"); err == nil {
				t.Fatal("a file that is not there was opened")
			}
			c.change()
			if got := w.changed(); got != c.want {
				t.Errorf("changed %v", got)
			}
		})
	}
	t.Run("written twice within the resolution of its time", func(t *testing.T) {
		_ = os.RemoveAll(filepath.Join(dir, "a"))
		at := time.Now()
		write("one", at)
		w := newWatchedFS(dir)
		if _, err := w.Open("a"); err != nil {
			t.Fatal(err)
		}
		write("two", at)
		if !w.changed() {
			t.Error("the second change was not noticed")
		}
	})
	t.Run("one that was missing comes", func(t *testing.T) {
		_ = os.RemoveAll(filepath.Join(dir, "a"))
		w := newWatchedFS(dir)
		if _, err := w.Open("a"); err == nil || w.changed() {
			t.Fatal("a missing file")
		}
		write("one", old)
		if !w.changed() {
			t.Error("it came and was not noticed")
		}
	})
}

// TestPanicFile: while it exists every call is denied, by its rule.
func TestPanicFile(t *testing.T) {
	o := newHome(t)
	writePolicy(t, o.Home, "policy.yaml", readsAllowed)
	n := reads(t, o, "")
	if err := SetPanic(o.Home, true, "incident 12"); err != nil {
		t.Fatal(err)
	}
	a := invoke(t, n, "work", `{}`)
	if a.Verdict != "deny" || a.Code != string(policy.CodePanic) || !strings.Contains(a.Reason, "__hushspec_panic__") {
		t.Errorf("%+v", a)
	}
	if on, reason := Panicking(o.Home); !on || !strings.Contains(reason, "incident 12") || !n.policy.status().Panic {
		t.Errorf("panic %v, %q", on, reason)
	}
	for range 2 {
		if err := SetPanic(o.Home, false, ""); err != nil {
			t.Fatal(err)
		}
	}
	if a := invoke(t, n, "work", `{}`); a.Verdict != "allow" {
		t.Errorf("after it: %+v", a)
	}
	if err := os.Symlink("nowhere", filepath.Join(o.Home, PanicFile)); err != nil {
		t.Fatal(err)
	}
	if a := invoke(t, n, "work", `{}`); a.Verdict != "deny" {
		t.Errorf("a file that leads nowhere is there all the same: %+v", a)
	}
}

// BenchmarkPanicFile is what looking for the file adds to every call.
func BenchmarkPanicFile(b *testing.B) {
	on := panicking(b.TempDir())
	b.ReportAllocs()
	for b.Loop() {
		if on() {
			b.Fatal("panic is on")
		}
	}
}

// BenchmarkPolicyPoll is what looking at the files costs every two seconds.
func BenchmarkPolicyPoll(b *testing.B) {
	dir := b.TempDir()
	writePolicy(b, dir, "policy.yaml", readsAllowed)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "policy.yaml"), old, old); err != nil {
		b.Fatal(err)
	}
	w := newWatchedFS(dir)
	if _, err := w.Open("policy.yaml"); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if w.changed() {
			b.Fatal("nothing changed")
		}
	}
}
