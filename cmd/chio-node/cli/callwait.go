package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// waiting is how call deals with a call that needs approval.
type waiting struct {
	callID    string
	wait      bool
	approvals []string
}

func (o *waiting) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.callID, "call-id", "", "send a call again that waited for approval, under the id it had")
	c.Flags().BoolVar(&o.wait, "wait", false, "wait for approval, then send the call again")
	c.Flags().StringSliceVar(&o.approvals, "approval", nil, "file with a decision that an approver signed (repeatable)")
}

// fill adds what the flags say to a call.
func (o *waiting) fill(req *node.CallRequest) error {
	req.CallID = o.callID
	for _, path := range o.approvals {
		doc, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read an approval: %w", err)
		}
		req.Approvals = append(req.Approvals, wire.Raw(doc))
	}
	return nil
}

// waitStep is how often --wait looks.
const waitStep = time.Second

// mediated sends a call, and with --wait sends it again once its approval has
// been decided, until it no longer waits.
func (a *app) mediated(ctx context.Context, req node.CallRequest, o *waiting) (*node.CallAnswer, error) {
	for {
		var res node.CallAnswer
		if err := a.call(ctx, "call", req, &res); err != nil || res.ApprovalID == "" || !o.wait {
			return &res, err
		}
		fmt.Fprintf(a.Stderr, "waiting for approval %s until %s\n", res.ApprovalID, clock(res.ExpiresAt))
		if err := a.untilDecided(ctx, res.ApprovalID); err != nil {
			return nil, err
		}
		req.CallID = res.CallID
	}
}

func (a *app) untilDecided(ctx context.Context, id string) error {
	tick := time.NewTicker(waitStep)
	defer tick.Stop()
	for {
		var q node.ApprovalInfo
		if err := a.call(ctx, "approve/show", node.ByID{ID: id}, &q); err != nil {
			return err
		}
		if q.State != approval.Waiting {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// showPending says how a waiting call goes on.
func (a *app) showPending(res *node.CallAnswer) {
	if res.ApprovalID == "" {
		return
	}
	fmt.Fprintf(a.Stderr, "approval %s, until %s\ncall id %s\nhint: chio-node approve grant %s, then the same call again with --call-id %s\n",
		res.ApprovalID, clock(res.ExpiresAt), res.CallID, res.ApprovalID, res.CallID)
}
