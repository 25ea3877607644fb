package cli_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// serveCallOn is a tool server whose one tool, ask, has its own agent call
// read_file of another organisation's server, below the call that it serves:
// callon HOME AGENT SERVER.
func serveCallOn(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: callon HOME AGENT SERVER")
	}
	type asked struct {
		Path string `json:"path"`
	}
	ask := func(ctx context.Context, req *mcp.CallToolRequest, in asked) (*mcp.CallToolResult, any, error) {
		var served struct {
			CallID  string         `json:"call_id"`
			Subject wire.PublicKey `json:"subject"`
		}
		if err := wire.Unmarshal(wire.MustMarshal(req.Params.Meta["chio/call"]), &served, wire.DocumentLimits); err != nil {
			return nil, nil, fmt.Errorf("chio/call: %w", err)
		}
		intent := kernel.Intent{ID: "i", ServerID: args[2], ToolName: "read_file", Purpose: "serve the caller",
			CallChain: &kernel.CallChain{ChainID: "c", ParentRequestID: served.CallID, OriginSubject: served.Subject, DelegatorSubject: served.Subject}}
		client, err := node.Dial(args[0])
		if err != nil {
			return nil, nil, err
		}
		answer, err := client.Call(ctx, "call", wire.MustMarshal(node.CallRequest{Agent: args[1], Server: args[2], Tool: "read_file",
			Arguments: wire.MustMarshal(in), Intent: wire.MustMarshal(intent)}))
		if err != nil {
			return nil, nil, err
		}
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: string(answer)}}}, nil, nil
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "callon", Version: "1.0.0"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "ask", Description: "Read a file of another organisation."}, ask)
	return s.Run(context.Background(), &mcp.StdioTransport{})
}

// serveWait is a tool server whose one tool, wait, says in a file that it began,
// waits until it is cancelled, and says that: waiter FILE.
func serveWait(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: waiter FILE")
	}
	f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	wait := func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		_, err := f.WriteString("began\n")
		if err == nil {
			<-ctx.Done()
			_, err = f.WriteString("cancelled\n")
		}
		return nil, nil, errors.Join(err, ctx.Err())
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "waiter", Version: "1.0.0"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "wait", Description: "Wait until cancelled."}, wait)
	return s.Run(context.Background(), &mcp.StdioTransport{})
}

// toolServer is the process of one.
func toolServer(serve func(args []string) error) func() {
	return func() {
		if err := serve(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "tool server:", err)
			os.Exit(1)
		}
	}
}
