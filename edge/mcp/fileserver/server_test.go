package fileserver_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
)

// connect returns a client of a server of root, joined in memory.
func connect(t *testing.T, root string) *mcp.ClientSession {
	t.Helper()
	s, err := fileserver.NewServer(root)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := mcp.NewInMemoryTransports()
	if _, err := s.Connect(t.Context(), theirs, nil); err != nil {
		t.Fatal(err)
	}
	c, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), ours, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// call returns the text of a result and whether it is an error.
func call(t *testing.T, c *mcp.ClientSession, tool string, args map[string]any) (string, bool) {
	t.Helper()
	r, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	var b strings.Builder
	for _, part := range r.Content {
		if p, ok := part.(*mcp.TextContent); ok {
			b.WriteString(p.Text)
		}
	}
	return b.String(), r.IsError
}

func TestTools(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := connect(t, root)
	steps := []struct {
		tool string
		args map[string]any
		want string
	}{
		{"write_file", map[string]any{"path": "a.txt", "content": "héllo\n"}, "Successfully wrote to a.txt"},
		{"read_file", map[string]any{"path": "a.txt"}, "héllo\n"},
		{"read_file", map[string]any{"path": filepath.Join(root, "sub", "..", "a.txt")}, "héllo\n"},
		{"write_file", map[string]any{"path": "a.txt", "content": ""}, "Successfully wrote to a.txt"},
		{"read_file", map[string]any{"path": "./a.txt"}, ""},
		{"list_directory", map[string]any{"path": "."}, "[FILE] a.txt\n[DIR] sub"},
		{"list_directory", map[string]any{"path": root}, "[FILE] a.txt\n[DIR] sub"},
		{"delete_file", map[string]any{"path": "a.txt"}, "Successfully deleted a.txt"},
		{"list_directory", map[string]any{"path": "sub/.."}, "[DIR] sub"},
	}
	for _, s := range steps {
		if got, isError := call(t, c, s.tool, s.args); got != s.want || isError {
			t.Errorf("%s %v: %q, error %v", s.tool, s.args, got, isError)
		}
	}
}

func TestToolsStayInside(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.txt")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for link, target := range map[string]string{"link": secret, "dir": outside} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	c := connect(t, root)
	up := "../" + filepath.Base(outside) + "/secret.txt"
	for _, path := range []string{secret, up, "sub/../" + up, "link", "dir/secret.txt", root + "/" + up, "", "/", ".."} {
		for _, tool := range []string{"read_file", "write_file", "delete_file", "list_directory"} {
			if tool == "delete_file" && path == "link" {
				continue // deletes the link itself, which is inside
			}
			args := map[string]any{"path": path}
			if tool == "write_file" {
				args["content"] = "overwritten"
			}
			if got, isError := call(t, c, tool, args); !isError || strings.Contains(got, "secret\n") {
				t.Errorf("%s %q: %q", tool, path, got)
			}
		}
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("the file outside is now %q, %v", b, err)
	}
}

func TestToolsRefuse(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "binary"), []byte{0xff, 0xfe}, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "large"), make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	c := connect(t, root)
	for _, s := range []struct {
		tool string
		args map[string]any
	}{
		{"read_file", map[string]any{"path": "absent"}},
		{"read_file", map[string]any{"path": "."}},
		{"read_file", map[string]any{"path": "binary"}},
		{"read_file", map[string]any{"path": "large"}},
		{"delete_file", map[string]any{"path": "."}},
		{"list_directory", map[string]any{"path": "binary"}},
		{"write_file", map[string]any{"path": "a", "content": strings.Repeat("x", 1<<20+1)}},
	} {
		if got, isError := call(t, c, s.tool, s.args); !isError {
			t.Errorf("%s %v: %q", s.tool, s.args["path"], got)
		}
	}
	if _, err := fileserver.NewServer(filepath.Join(root, "absent")); err == nil {
		t.Error("served a directory that is not there")
	}
	if err := fileserver.Run(context.Background(), filepath.Join(root, "binary")); err == nil {
		t.Error("served a file")
	}
}
