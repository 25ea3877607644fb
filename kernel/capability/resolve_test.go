package capability

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// realPath is CallFacts.Resolve for the local file system.
func realPath(name string) (string, error) {
	if _, err := os.Lstat(name); err != nil {
		return "", err // a link's own absence, not its target's
	}
	real, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("dangling symbolic link")
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

func TestSymbolicLinks(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(base, name) }
	for _, dir := range []string{"w/sub", "out"} {
		if err := os.MkdirAll(in(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"w/sub/a", "out/secret"} {
		if err := os.WriteFile(in(file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"w/inner": in("w/sub"), "w/escape": in("out"), "w/up": "..", "w/file": in("out/secret"),
		"w/dangling": in("out/new"), "w/loop": in("w/loop"), "alias": in("w"),
	} {
		if err := os.Symlink(target, in(link)); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		prefix, path string
		ok, lexical  bool
	}{
		{"w", "w/sub/a", true, true},
		{"w", "w", true, true},
		{"w", "w/inner/a", true, true},
		{"w", "w/new", true, true},
		{"w", "w/new/deep/er", true, true},
		{"w", "w/inner/new", true, true},
		{"alias", "alias/sub/a", true, true},
		{"alias", "w/sub/a", false, false}, // inside, but not as written
		{"alias", "alias/escape/secret", false, true},
		{"w", "w/escape/secret", false, true},
		{"w", "w/escape", false, true},
		{"w", "w/escape/new", false, true},
		{"w", "w/up/out/secret", false, true},
		{"w", "w/up", false, true},
		{"w", "w/file", false, true},
		{"w", "w/dangling", false, true},
		{"w", "w/dangling/below", false, true},
		{"w", "w/loop", false, true},
		{"w", "w/sub/a/below", false, true}, // a file is no directory
		{"w", "w/escape/../sub/a", false, true},
		{"w", "out/secret", false, false},
		{"nowhere", "nowhere/a", true, true}, // both resolve below the same parent
		{"w/dangling", "w/dangling/a", false, true},
	}
	for _, tc := range cases {
		path := base + "/" + tc.path
		args := wire.MustMarshal(map[string]string{"path": path})
		for _, c := range []Constraint{NewPathPrefix(in(tc.prefix)), NewArgumentPathPrefix("/path", in(tc.prefix))} {
			_, err := judge(c, CallFacts{Arguments: args, Resolve: realPath})
			if (err == nil) != tc.ok || err != nil && err.Code != CodeConstraint {
				t.Errorf("%s %s ⊇ %s: %v", c.Type, tc.prefix, tc.path, err)
			}
			if _, err := judge(c, CallFacts{Arguments: args}); (err == nil) != tc.lexical {
				t.Errorf("%s %s ⊇ %s lexically: %v", c.Type, tc.prefix, tc.path, err)
			}
		}
	}
}

// TestResolveFailsClosed: whatever a resolver answers, only a sound absolute
// path inside the resolved prefix is accepted.
func TestResolveFailsClosed(t *testing.T) {
	same := func(p string) (string, error) { return "/real/" + p, nil }
	cases := []struct {
		name, prefix, path string
		resolve            func(string) (string, error)
		ok                 bool
	}{
		{"relative", "docs", "docs/a", same, true},
		{"relative root", ".", "a", same, true},
		{"climbing prefix", "../up", "../up/a", same, true},
		{"nothing is absolute", "docs", "docs/a", func(p string) (string, error) { return p, nil }, false},
		{"empty", "/w", "/w/a", func(string) (string, error) { return "", nil }, false},
		{"odd answer", "/w", "/w/a", func(string) (string, error) { return `/w\a`, nil }, false},
		{"error", "/w", "/w/a", func(string) (string, error) { return "/w", errors.New("disk") }, false},
		{"nothing exists", "/w", "/w/a", func(string) (string, error) { return "", fs.ErrNotExist }, false},
		{"nothing relative exists", "w", "w/a", func(string) (string, error) { return "", fs.ErrNotExist }, false},
		{"nothing above exists", "../w", "../w/a", func(string) (string, error) { return "", fs.ErrNotExist }, false},
		{"path cannot be resolved", "/w", "/w/a", func(p string) (string, error) {
			if p == "/w" {
				return p, nil
			}
			return "", fs.ErrPermission
		}, false},
		{"home", "~/n", "~/n/a", same, false},
		{"deep", "/w", "/w" + strings.Repeat("/a", maxPathParts), same, false},
		{"as deep as allowed", "/w", "/w" + strings.Repeat("/a", maxPathParts-1), same, true},
		{"climbs behind a name", "/w", "/w/a/../b", same, false},
		{"climbs at the root", "/", "/../b", same, true},
	}
	for _, tc := range cases {
		args := wire.MustMarshal(map[string]string{"path": tc.path})
		_, err := judge(NewPathPrefix(tc.prefix), CallFacts{Arguments: args, Resolve: tc.resolve})
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// TestResolveIsBounded: a path costs at most one question per part.
func TestResolveIsBounded(t *testing.T) {
	asked := 0
	path := "/w" + strings.Repeat("/a", maxPathParts-1)
	_, err := judge(NewPathPrefix("/w"), CallFacts{Arguments: wire.Raw(fmt.Sprintf(`{"path":%q}`, path)), Resolve: func(p string) (string, error) {
		asked++
		if p == "/w" {
			return p, nil
		}
		return "", fs.ErrNotExist
	}})
	if err != nil || asked > maxPathParts+1 {
		t.Fatalf("%d questions, %v", asked, err)
	}
}
