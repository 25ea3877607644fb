// Command customguard embeds a node with a guard of its own: a deployment
// needs a change ticket.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// changeTicket denies tools that deploy when the call names no ticket.
type changeTicket struct{}

func (changeTicket) Name() string { return "change-ticket" }

func (g changeTicket) Judge(r *guard.Request) (kernel.Decision, error) {
	var ticket string
	if strings.HasPrefix(r.Call.Mandate.Tool, "deploy") {
		if err := wire.Unmarshal(r.Action.Arg("ticket"), &ticket, wire.ForeignLimits); err != nil || !strings.HasPrefix(ticket, "CHG-") {
			return guard.Refuse(g.Name(), "ACME-NO-TICKET", "", "a deployment names its ticket, as CHG-123"), nil
		}
	}
	return guard.Conclude(kernel.Allow, g.Name(), "", "", ""), nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: customguard HOME")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "customguard:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, home string, out io.Writer) (err error) {
	n, err := node.OpenOrInit(ctx, node.Options{Home: home, Name: "deployer", Guards: []guard.Guard{changeTicket{}}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop(ctx)) }()
	deploy := func(context.Context, wire.Raw) (any, error) { return "deployed", nil }
	if _, err = n.RegisterTool(node.Tool{Server: "ci", Name: "deploy", Run: deploy}); err != nil {
		return err
	}
	if _, err = n.Grant(ctx, node.IssueCapability{Agent: "local", Server: "ci", Tools: []string{"deploy"}}); err != nil {
		return err
	}
	for _, args := range []string{`{}`, `{"ticket":"CHG-7"}`} {
		a, err := n.Invoke(ctx, node.CallRequest{Server: "ci", Tool: "deploy", Arguments: wire.Raw(args)})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %s %s receipt %s\n", args, a.Verdict, a.Code, a.ReceiptID)
	}
	return nil
}
