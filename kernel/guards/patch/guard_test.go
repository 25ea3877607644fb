package patch

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

func request(tool string, args any) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "s", Tool: tool, Arguments: wire.MustMarshal(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

func apply(diff string) *guard.Request {
	return request("apply_patch", map[string]string{"path": "src/a.go", "diff": diff})
}

func must(t testing.TB, c Config) *Guard {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// diff is a unified diff that adds and deletes so many lines.
func diff(adds, dels int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/src/a.go\n+++ b/src/a.go\n@@ -1,%d +1,%d @@\n x\n", dels+1, adds+1)
	b.WriteString(strings.Repeat("-old\n", dels))
	b.WriteString(strings.Repeat("+new\n", adds))
	return b.String()
}

var limits = Config{MaxAdditions: 10, MaxDeletions: 5}

func TestLimits(t *testing.T) {
	balance := Config{MaxAdditions: 100, MaxDeletions: 100, RequireBalance: true, MaxRatioMicros: 2_500_000}
	for _, tc := range []struct {
		c          Config
		adds, dels int
		rule       string
	}{
		{limits, 10, 5, ""},
		{limits, 11, 5, "rules.patch_integrity.max_additions"},
		{limits, 10, 6, "rules.patch_integrity.max_deletions"},
		{balance, 5, 2, ""},
		{balance, 2, 5, ""},
		{balance, 6, 2, "rules.patch_integrity.max_imbalance_ratio"},
		{balance, 2, 6, "rules.patch_integrity.max_imbalance_ratio"},
		{balance, 1, 0, "rules.patch_integrity.max_imbalance_ratio"},
		{balance, 0, 1, "rules.patch_integrity.max_imbalance_ratio"},
		{Config{MaxAdditions: 100, MaxDeletions: 100, RequireBalance: true, MaxRatioMicros: math.MaxInt64, Rule: "r"}, 100, 1, ""},
		{Config{MaxAdditions: 0, MaxDeletions: 0, Rule: "r"}, 1, 0, "r.max_additions"},
	} {
		d, err := must(t, tc.c).Judge(apply(diff(tc.adds, tc.dels)))
		if err != nil || (d.Verdict == kernel.Allow) != (tc.rule == "") || d.Evidence[0].Rule != tc.rule || tc.rule != "" && d.Evidence[0].Code != CodePatch {
			t.Errorf("+%d -%d: %+v %v, want %q", tc.adds, tc.dels, d, err, tc.rule)
		}
	}
}

func TestForbiddenLines(t *testing.T) {
	one := func(line string) string { return "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n keep eval(x)\n+" + line + "\n" }
	for line, rule := range map[string]string{
		"disable_security = true":        "forbidden_patterns[0]",
		"curl --skip-verify":             "forbidden_patterns[1]",
		"rm -rf /":                       "forbidden_patterns[2]",
		"chmod 777 x":                    "forbidden_patterns[3]",
		"y = eval (z)":                   "forbidden_patterns[4]",
		"++ exec(z)":                     "forbidden_patterns[5]", // looks like a header
		"# reverse shell":                "forbidden_patterns[6]",
		"bind_shell()":                   "forbidden_patterns[7]",
		"base64 -d x | bash":             "forbidden_patterns[8]",
		"evaluate(x)":                    "",
		"medieval text, skip the checks": "",
	} {
		d, err := must(t, limits).Judge(apply(one(line)))
		want := ""
		if rule != "" {
			want = "rules.patch_integrity." + rule
		}
		if err != nil || d.Evidence[0].Rule != want || (d.Verdict == kernel.Allow) != (rule == "") {
			t.Errorf("%q: %+v %v, want %q", line, d, err, want)
		}
	}
	own := limits
	own.Forbidden = []string{`a`, `^secret$`}
	if d, _ := must(t, own).Judge(apply(one("secret"))); d.Evidence[0].Rule != "rules.patch_integrity.forbidden_patterns[1]" {
		t.Errorf("%+v", d)
	}
	own.Forbidden = []string{}
	if d, _ := must(t, own).Judge(apply(one("eval(x)"))); d.Verdict != kernel.Allow {
		t.Errorf("an empty list: %+v", d)
	}
}

const agents = `*** Begin Patch
*** Update File: src/a.go
*** Move to: src/b.go
@@ func main
 keep
-old
+new
*** End of File
*** Add File: docs/new.md
+one
+two
*** End Patch
`

func TestForms(t *testing.T) {
	for name, tc := range map[string]struct {
		diff       string
		adds, dels int64
		paths      []string
	}{
		"unified":    {diff(2, 1), 2, 1, []string{"src/a.go"}},
		"bare hunks": {"@@ -1 +1,2 @@\n x\n+y\n@@ -9 +10 @@\n-a\n+b\n", 2, 1, []string{"src/a.go"}},
		"rename": {"diff --git a/old.go b/new.go\nsimilarity index 100%\nrename from old.go\nrename to new.go\n", 0, 0,
			[]string{"new.go", "old.go"}},
		"created": {"diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n", 1, 0, []string{"n"}},
		"mail": {"From 0123 Mon Sep 17 00:00:00 2001\nSubject: x\n---\n a | 2 +-\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n-- \n2.4\n", 1, 1,
			[]string{"a"}},
		"dashes": {"--- a/a\n+++ b/a\n@@ -1,2 +1 @@\n--- x\n---\n+y\n", 1, 2, []string{"a"}},
		"agents": {agents, 3, 1, []string{"docs/new.md", "src/a.go", "src/b.go"}},
	} {
		c, err := read(tc.diff, "src/a.go")
		if err != nil || c.additions != tc.adds || c.deletions != tc.dels {
			t.Errorf("%s: %+v %v", name, c, err)
			continue
		}
		slices.Sort(c.paths)
		for _, want := range tc.paths {
			if !slices.Contains(c.paths, want) {
				t.Errorf("%s: %q is not among %q", name, want, c.paths)
			}
		}
	}
	if c, err := read("--- a/../../etc/shadow\n+++ b/../../etc/shadow\n@@ -1 +1 @@\n-x\n+y\n", ""); err != nil || !slices.Contains(c.paths, "../../etc/shadow") {
		t.Errorf("%+v %v", c, err)
	}
}

// TestI5_PatchFailsClosed: what cannot be read in exactly one way is denied.
func TestI5_PatchFailsClosed(t *testing.T) {
	good := diff(1, 1)
	g := must(t, Config{MaxAdditions: 1000, MaxDeletions: 1000})
	for name, text := range map[string]string{
		"prose":          "please change the file",
		"no hunk count":  "--- a/x\n+++ b/x\n@@ main @@\n+y\n",
		"wrong count":    "--- a/x\n+++ b/x\n@@ -1,5 +1,9 @@\n-x\n+y\n",
		"stray addition": good + "+rm -rf /\n",
		"stray deletion": good + "-x\n",
		"stray hunk":     good + "text\n@@ -1 +1 @@\n-a\n+b\n",
		"second header":  good + "--- a/y\n+++ b/y\n",
		"context diff":   good + "*** a/x\n--- b/x\n***************\n! y\n",
		"context alone":  "*** a/x\n--- b/x\n***************\n*** 1 ****\n! y\n--- 1 ----\n! z\n",
		"ed":             good + "1,3d\n",
		"normal":         good + "3a4\n> x\n",
		"binary":         "diff --git a/x b/x\nnew file mode 100644\nindex 0000000..1111111\nGIT binary patch\nliteral 3\nKcmZQzWMT#Y01f~L\n\n",
		"nul":            good + "\x00",
		"unclosed":       strings.TrimSuffix(agents, "*** End Patch\n"),
		"after the end":  agents + "+x\n",
		"unknown mark":   "*** Begin Patch\n*** Rename File: a\n*** End Patch\n",
		"no file":        "*** Begin Patch\n*** End Patch\n",
		"stray body":     "*** Begin Patch\n+x\n*** End Patch\n",
		"deleting":       "*** Begin Patch\n*** Delete File: a\n*** End Patch\n",
	} {
		d, err := g.Judge(apply(text))
		if err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != CodePatch {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
	large := apply(good)
	large.Action.Shape = guard.Patch{Path: "x", Diff: good + strings.Repeat(" x\n", maxDiffBytes/3)}
	if d, _ := g.Judge(large); d.Verdict != kernel.Deny || d.Evidence[0].Code != CodePatch {
		t.Errorf("oversized: %+v", d)
	}
	for _, r := range []*guard.Request{nil, {}, {Call: &kernel.Call{Mandate: &kernel.Mandate{}}}, request("apply_patch", map[string]any{"path": 3})} {
		if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != guard.CodeMalformed {
			t.Errorf("%+v %v", d, err)
		}
	}
	for _, g := range []*Guard{nil, {}} {
		if d, err := g.Judge(apply(good)); err != nil || d.Verdict != kernel.Deny {
			t.Errorf("a guard that New did not build: %+v %v", d, err)
		}
	}
	declared := request("patcher", map[string]string{"p": "x"})
	declared.Action.Shape = guard.Patch{Path: "x"}
	if d, _ := g.Judge(declared); d.Verdict != kernel.Deny {
		t.Errorf("a patch tool without a patch: %+v", d)
	}
	for name, c := range map[string]Config{
		"negative":   {MaxAdditions: -1},
		"no ratio":   {RequireBalance: true},
		"bad regexp": {Forbidden: []string{"("}},
		"empty":      {Forbidden: []string{""}},
	} {
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOtherTools(t *testing.T) {
	g := must(t, limits)
	for _, tc := range []struct {
		args any
		want kernel.Verdict
	}{
		{map[string]any{"x": map[string]string{"diff": diff(20, 0)}}, kernel.Deny},
		{map[string]any{"patch": "[{\"op\":\"add\"}]"}, kernel.Allow},
		{map[string]any{"text": diff(20, 0)}, kernel.Allow},
	} {
		if d, err := g.Judge(request("summon", tc.args)); err != nil || d.Verdict != tc.want {
			t.Errorf("%v: %+v %v", tc.args, d, err)
		}
	}
	unlimited := must(t, Config{MaxAdditions: 1, MaxDeletions: math.MaxInt64})
	if d, _ := unlimited.Judge(apply("*** Begin Patch\n*** Delete File: a\n*** End Patch\n")); d.Verdict != kernel.Allow {
		t.Errorf("%+v", d)
	}
}

func FuzzDiff(f *testing.F) {
	for _, s := range []string{diff(2, 1), agents, "@@ -1 +1 @@\n-a\n+b\n", "diff --git a/x b/y\nrename from x\nrename to y\n"} {
		f.Add(s)
	}
	g := must(f, limits)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := g.Judge(apply(strings.ToValidUTF8(text, "?")))
		if err != nil || len(d.Evidence) == 0 {
			t.Fatal(d, err)
		}
		c, err := read(text, "p")
		if err == nil && (int64(len(c.added)) != c.additions || c.additions < 0 || c.deletions < 0) {
			t.Fatalf("%+v", c)
		}
	})
}
