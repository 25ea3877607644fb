//go:build linux

package main

import (
	"context"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The tools that the organisations offer each other.
const (
	server   = "ledger"
	paid     = "append" // readers pay for it
	free     = "note"
	paidCent = 3
)

// entry is what both tools take.
type entry struct {
	Mark string `json:"mark" jsonschema:"what to write down: one word"`
}

// serveTool is the tool server: it writes each call's mark into a file, before
// it answers, so that a mark's lines are how often the call was executed.
func serveTool(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	write := func(_ context.Context, _ *mcp.CallToolRequest, in entry) (*mcp.CallToolResult, any, error) {
		if _, err := f.WriteString(in.Mark + "\n"); err != nil {
			return nil, nil, err
		}
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "wrote " + in.Mark}}}, nil, nil
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "chio-ledger", Version: "1.0.0"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: paid, Description: "Write down a mark, for money."}, write)
	mcp.AddTool(s, &mcp.Tool{Name: free, Description: "Write down a mark."}, write)
	return s.Run(context.Background(), &mcp.StdioTransport{})
}
