package node

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// TestI3_LinksDoNotLeadOutOfAPathPrefix: a link inside the allowed directory
// that leads out of it is judged by where it leads.
func TestI3_LinksDoNotLeadOutOfAPathPrefix(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"work/sub", "secret"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"work/out": "../secret", "work/in": "sub", "work/gone": "nowhere", "alias": "work"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	grant := func(prefix string) capability.Scope {
		return capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke},
			Constraints: []capability.Constraint{capability.NewPathPrefix(prefix)}}}}
	}
	tests := []struct {
		prefix, path string
		allow        bool
	}{
		{"work", "work/a.txt", true}, {"work", "work/sub/new/b.txt", true}, {"work", "work/in/c.txt", true},
		{"work", "work/out/key", false}, {"work", "work/gone", false}, {"work", "work/gone/x", false}, {"work", "secret/key", false},
		{"alias", "alias/a.txt", true}, {"alias", "alias/out/key", false},
		{filepath.Join(root, "work"), filepath.Join(root, "work/in/c"), true}, {filepath.Join(root, "work"), filepath.Join(root, "work/out/key"), false},
	}
	for _, tt := range tests {
		_, denied := capability.Match(grant(tt.prefix), capability.CallFacts{Server: "files", Tool: "read_file", Operation: capability.Invoke,
			Arguments: wire.MustMarshal(map[string]string{"path": tt.path}), Resolve: resolverIn(root)})
		if (denied == nil) != tt.allow {
			t.Errorf("%s under %s: %v", tt.path, tt.prefix, denied)
		}
	}
	if _, err := resolverIn(root)("work/gone"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dangling link: %v", err)
	}
	if resolverIn("") != nil {
		t.Error("a server of which nobody knows where it runs has a resolver")
	}
}
