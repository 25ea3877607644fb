package guard

import (
	"slices"
	"strings"
	"testing"
)

func TestDiffFiles(t *testing.T) {
	for name, tc := range map[string]struct {
		diff string
		want []string
	}{
		"git":             {"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n+b\n", []string{"x", "x", "x"}},
		"git, no lines":   {"diff --git a/.env b/.env\ndeleted file mode 100644\ndiff --git a/x b/y z\n", []string{".env", "x", "y z"}},
		"git, no prefix":  {"diff --git .env .env\ndiff --git p q\ndiff --git \"a/\\056env\" \"b/\\056env\"\n", []string{".env", "p", "q", ".env"}},
		"indented":        {"x\n  --- a/.env\n  +++ b/.env\n", []string{"?.env", "?.env"}},
		"svn":             {"Index: .env\n=====\n", []string{".env"}},
		"symbolic link":   {"diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/shadow\n", []string{"l", "l", "?/etc/shadow"}},
		"new file":        {"--- /dev/null\n+++ b/secret/.env\n@@ -0,0 +1 @@\n+A=1\n", []string{"secret/.env"}},
		"no prefix":       {"--- old.c\t2020-01-01\n+++ new.c\t2020-01-01\n", []string{"old.c", "new.c"}},
		"rename":          {"rename from a/x\nrename to /etc/shadow\n", []string{"a/x", "/etc/shadow"}},
		"begin patch":     {"*** Begin Patch\n*** Update File: src/m.go\n*** Move to: ../m.go\n@@\n-a\n+b\n*** End Patch", []string{"src/m.go", "../m.go"}},
		"content":         {"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- sql comment\n+++ plus plus\n c\n", []string{"x", "x"}},
		"short hunk":      {"--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\ndiff\n--- a/y\n+++ b/y\n", []string{"x", "x", "y", "y"}},
		"unreadable hunk": {"@@ -1,z +1,1 @@\n--- a/y\n", []string{"y"}},
		"huge hunk":       {"@@ -1,99999999999 +1,1 @@\n\n--- a/y\n", []string{"y"}},
		"quoted":          {"+++ \"b/caf\\303\\251\\t\\\"\\n.txt\"\n", []string{"café\t\"\n.txt"}},
		"crlf":            {"--- a/x\r\n+++ b/x\r\n", []string{"x", "x"}},
		"none":            {"hello", nil},
		"no newline note": {"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline\n+b\n--- a/z\n", []string{"x", "x", "z"}},
	} {
		var got []string
		diffFiles(tc.diff, func(f string, guess bool) {
			if guess {
				f = "?" + f
			}
			got = append(got, f)
		})
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// A patch tool's diff names the files it changes, wherever the call says it is
// applied; no file may hide behind the path argument.
func TestPatchFilesAreJudged(t *testing.T) {
	for _, tc := range []struct {
		args string
		kind string
		want []string
	}{
		{`{"path":"/ws","diff":"--- a/x\n+++ b/../../etc/passwd\n"}`, "patch", []string{"/ws/x", "/etc/passwd"}},
		{`{"path":"/ws/src/m.go","diff":"--- a/src/m.go\n+++ b/src/m.go\n"}`, "patch", []string{"/ws/src/m.go"}},
		{`{"diff":"--- a/x\n+++ b/x\n--- a/y\n+++ b/etc/shadow\n"}`, "patch", []string{"x", "y", "etc/shadow"}},
		{`{"path":"/ws","diff":"--- a/x\n+++ /etc/shadow\n"}`, "patch", []string{"/ws/x", "/etc/shadow"}},
		{`{"input":"*** Begin Patch\n*** Add File: ~/.ssh/authorized_keys\n+k\n"}`, "patch", []string{"~/.ssh/authorized_keys"}},
		{`{"path":"/ws/m.go","patch":"@@ -1 +1 @@\n-a\n+b\n"}`, "patch", []string{"/ws/m.go"}},
		{`{"patch":"@@ -1 +1 @@\n-a\n+b\n"}`, "malformed", nil},
		{`{"path":"/ws"}`, "malformed", nil},
		{`{"path":"/ws","diff":["x"]}`, "malformed", nil},
	} {
		a := Extract(toolCall("apply_patch", tc.args))
		if a.Shape.Kind() != tc.kind {
			t.Errorf("%s: %s, want %s", tc.args, a.Shape.Kind(), tc.kind)
		}
		for _, want := range tc.want {
			if !slices.ContainsFunc(a.Paths, func(p Path) bool { return p.Text == want && p.Access == AccessPatch && !p.Guess }) {
				t.Errorf("%s: %q not among %+v", tc.args, want, a.Paths)
			}
		}
	}
	many := strings.Repeat("+++ b/x", 1) + strings.Repeat("\n+++ b/"+"y", 3)
	for i := range maxCandidates + 1 {
		many += "\n+++ b/f" + strings.Repeat("i", i%7) + string(rune('a'+i%26)) + strings.Repeat("j", i/26%50) + strings.Repeat("k", i/1300)
	}
	if a := Extract(toolCall("apply_patch", `{"patch":"`+strings.ReplaceAll(many, "\n", `\n`)+`"}`)); a.Shape.Kind() != "malformed" {
		t.Errorf("a diff of too many files is %s", a.Shape.Kind())
	}
}
