package fileserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The limits of one call: a result must fit a frame with room to spare.
const (
	maxFileBytes = 1 << 20
	maxEntries   = 10_000
)

// files is the directory behind the tools.
type files struct {
	base string // absolute, for paths given in full
	dir  *os.Root
}

type pathInput struct {
	Path string `json:"path" jsonschema:"path of the file or directory, relative to the served directory"`
}

type writeInput struct {
	Path    string `json:"path" jsonschema:"path of the file, relative to the served directory"`
	Content string `json:"content" jsonschema:"the whole new content"`
}

// inside returns path relative to the root. os.Root refuses what escapes it;
// this only accepts the absolute spelling of what is inside.
func (f files) inside(path string) (string, error) {
	if path == "" {
		return "", errors.New("path is empty")
	}
	if !filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	rel, err := filepath.Rel(f.base, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("path %s is outside the served directory", path)
	}
	return rel, nil
}

func text(s string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: s}}}
}

func (f files) read(_ context.Context, _ *mcp.CallToolRequest, in pathInput) (*mcp.CallToolResult, any, error) {
	path, err := f.inside(in.Path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.dir.Stat(path) // before it is opened: opening a pipe would block
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a file", in.Path)
	}
	file, err := f.dir.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(content) > maxFileBytes {
		return nil, nil, fmt.Errorf("%s is larger than %d bytes", in.Path, maxFileBytes)
	}
	if !utf8.Valid(content) {
		return nil, nil, fmt.Errorf("%s is not a UTF-8 text file", in.Path)
	}
	return text(string(content)), nil, nil
}

func (f files) list(_ context.Context, _ *mcp.CallToolRequest, in pathInput) (*mcp.CallToolResult, any, error) {
	path, err := f.inside(in.Path)
	if err != nil {
		return nil, nil, err
	}
	entries, err := fs.ReadDir(f.dir.FS(), filepath.ToSlash(path))
	if err != nil {
		return nil, nil, err
	}
	if len(entries) > maxEntries {
		return nil, nil, fmt.Errorf("%s has more than %d entries", in.Path, maxEntries)
	}
	var b strings.Builder
	for _, e := range entries {
		kind := "[FILE] "
		if e.IsDir() {
			kind = "[DIR] "
		}
		b.WriteString(kind + strings.ToValidUTF8(e.Name(), "\uFFFD") + "\n")
	}
	return text(strings.TrimSuffix(b.String(), "\n")), nil, nil
}

func (f files) write(_ context.Context, _ *mcp.CallToolRequest, in writeInput) (*mcp.CallToolResult, any, error) {
	path, err := f.inside(in.Path)
	if err != nil {
		return nil, nil, err
	}
	if len(in.Content) > maxFileBytes {
		return nil, nil, fmt.Errorf("content is larger than %d bytes", maxFileBytes)
	}
	if err := f.dir.WriteFile(path, []byte(in.Content), 0o644); err != nil {
		return nil, nil, err
	}
	return text("Successfully wrote to " + in.Path), nil, nil
}

func (f files) remove(_ context.Context, _ *mcp.CallToolRequest, in pathInput) (*mcp.CallToolResult, any, error) {
	path, err := f.inside(in.Path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.dir.Lstat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return nil, nil, fmt.Errorf("%s is a directory", in.Path)
	}
	if err := f.dir.Remove(path); err != nil {
		return nil, nil, err
	}
	return text("Successfully deleted " + in.Path), nil, nil
}
