package trade

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
)

// The programs this one is when called by these names.
const (
	nodeProgram = "chio-node"
	toolProgram = "tool"
)

// other runs the program of the name this one was called by, if there is one.
func other(args []string) (code int, ok bool) {
	switch filepath.Base(args[0]) {
	case nodeProgram:
		env := cli.System()
		env.Self = func() ([]string, error) { return []string{args[0]}, nil } // by the name it was called
		home := filepath.Clean(os.Getenv("CHIO_HOME"))
		env.Now = func() time.Time { return time.Now().Add(offset(home)) }
		env.Failpoint = failpoint(home)
		return cli.Main(args[1:], env), true
	case toolProgram:
		if err := serveTool(); err != nil {
			fmt.Fprintln(os.Stderr, "tool:", err)
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// Beside a home: how many seconds its clock is ahead of the machine's, and where
// its node ends itself.
func clockFile(home string) string { return home + ".clock" }
func crashFile(home string) string { return home + ".crash" }

func offset(home string) time.Duration {
	doc, err := os.ReadFile(clockFile(home))
	if err != nil {
		return 0
	}
	seconds, err := strconv.Atoi(strings.TrimSpace(string(doc)))
	if err != nil {
		panic(err)
	}
	return time.Duration(seconds) * time.Second
}

// failpoint ends the process as a power cut does, once, at the place that the
// file names.
func failpoint(home string) func(string) {
	return func(name string) {
		doc, err := os.ReadFile(crashFile(home))
		if err != nil || strings.TrimSpace(string(doc)) != name {
			return
		}
		if os.Remove(crashFile(home)) == nil {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal arrives
		}
	}
}

// What each organisation sells the other.
const (
	server   = "works"
	paidTool = "make"
)

type order struct {
	Item string `json:"item" jsonschema:"what to make"`
}

func serveTool() error {
	s := mcp.NewServer(&mcp.Implementation{Name: "chio-works", Version: "1.0.0"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: paidTool, Description: "Make a thing."}, func(_ context.Context, _ *mcp.CallToolRequest, in order) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "made " + in.Item}}}, nil, nil
	})
	return s.Run(context.Background(), &mcp.StdioTransport{})
}
