package fileserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// version is what the server tells clients about itself.
const version = "1.0.0"

// Run serves root over this process's stdin and stdout until the client closes
// its side or ctx ends.
func Run(ctx context.Context, root string) error {
	s, err := NewServer(root)
	if err != nil {
		return err
	}
	return s.Run(ctx, &mcp.StdioTransport{})
}

// NewServer returns a server of the directory root, which must exist.
func NewServer(root string) (*mcp.Server, error) {
	base, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("root %s: %w", root, err)
	}
	dir, err := os.OpenRoot(base)
	if err != nil {
		return nil, fmt.Errorf("open root: %w", err)
	}
	f := files{base: base, dir: dir}
	s := mcp.NewServer(&mcp.Implementation{Name: "chio-fileserver", Version: version}, nil)
	no := false
	mcp.AddTool(s, &mcp.Tool{
		Name: "read_file", Description: "Read the whole of a text file.",
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: &no},
	}, f.read)
	mcp.AddTool(s, &mcp.Tool{
		Name: "list_directory", Description: "List a directory, one entry a line: [FILE] name or [DIR] name.",
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: &no},
	}, f.list)
	mcp.AddTool(s, &mcp.Tool{
		Name: "write_file", Description: "Create a text file, or replace the whole of one.",
		Annotations: &mcp.ToolAnnotations{IdempotentHint: true, OpenWorldHint: &no},
	}, f.write)
	mcp.AddTool(s, &mcp.Tool{
		Name: "delete_file", Description: "Delete one file.",
		Annotations: &mcp.ToolAnnotations{OpenWorldHint: &no},
	}, f.remove)
	return s, nil
}
