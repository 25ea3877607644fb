package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: embedded HOME")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "embedded:", err)
		os.Exit(1)
	}
}

// greet is the tool: an ordinary function.
func greet(_ context.Context, args wire.Raw) (any, error) {
	var in struct{ Name string }
	if err := wire.Unmarshal(args, &in, wire.ForeignLimits); err != nil {
		return nil, err
	}
	return map[string]string{"greeting": "hello, " + in.Name}, nil
}

func run(ctx context.Context, home string, out, log io.Writer) (err error) {
	n, err := node.OpenOrInit(ctx, node.Options{Home: home, Name: "embedded"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop(ctx)) }()
	if _, err = n.RegisterTool(node.Tool{Server: "greeter", Name: "greet", Run: greet}); err != nil {
		return err
	}
	if _, err = n.Grant(ctx, node.IssueCapability{Agent: "local", Server: "greeter", Tools: []string{"greet"}}); err != nil {
		return err
	}
	answer, err := n.Invoke(ctx, node.CallRequest{Server: "greeter", Tool: "greet", Arguments: wire.Raw(`{"Name":"world"}`)})
	if err != nil {
		return err
	}
	receipt, err := n.Receipt(ctx, answer.ReceiptID)
	fmt.Fprintf(log, "%s %s\nkernel key %s\n", answer.Verdict, answer.Content, n.KernelKey())
	fmt.Fprintf(out, "%s\n", receipt)
	return err
}
