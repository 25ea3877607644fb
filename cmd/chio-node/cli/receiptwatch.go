package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// watchWaitSeconds is how long one question waits at the node.
const watchWaitSeconds = 25

func (a *app) receiptWatchCmd() *cobra.Command {
	var f filterFlags
	var since uint64
	var count int
	c := &cobra.Command{Use: "watch", Short: "receipts as they are made, one line each",
		Long: "Follows the log of the running node from now on, or from receipt --since INDEX on, until interrupted or\n--count receipts were printed. With --json every line is one object.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			req := node.WatchReceipts{WaitSeconds: watchWaitSeconds}
			if req.ReceiptFilter, err = f.parse(a.Now()); err != nil {
				return err
			}
			if cmd.Flags().Changed("since") {
				req.From = &since
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			interrupts, stop := a.Signals()
			defer stop()
			go func() {
				select {
				case <-interrupts:
					cancel()
				case <-ctx.Done():
				}
			}()
			return a.watch(ctx, req, count)
		}}
	f.add(c, false)
	c.Flags().Uint64Var(&since, "since", 0, "begin at this index (default: now)")
	c.Flags().IntVar(&count, "count", 0, "end after this many (default: never)")
	return c
}

// watch prints what comes until ctx ends or count receipts were printed.
func (a *app) watch(ctx context.Context, req node.WatchReceipts, count int) error {
	client, err := node.Dial(a.home)
	if errors.Is(err, node.ErrNotRunning) {
		return &node.Problem{Code: "CHIO-NODE-DOWN", Message: err.Error() + ": nothing happens that could be watched",
			Hint: "start it: chio-node up; what happened before: chio-node receipt list", Exit: node.ExitFailure}
	}
	if err != nil {
		return err
	}
	for printed := 0; ; {
		body, err := wire.Marshal(req)
		if err != nil {
			return err
		}
		answer, err := client.Call(ctx, "receipt/watch", body)
		if ctx.Err() != nil {
			return nil // interrupted: that is how a watch ends
		}
		if err != nil {
			return err
		}
		var res node.WatchedReceipts
		if err := wire.Unmarshal(answer, &res, wire.BundleLimits); err != nil {
			return err
		}
		for i := range res.Receipts {
			a.showWatched(&res.Receipts[i])
			if printed++; printed == count {
				return nil
			}
		}
		req.From = &res.Next
	}
}

func (a *app) showWatched(r *node.ReceiptRow) {
	if a.json {
		fmt.Fprintf(a.Stdout, "%s\n", wire.MustMarshal(r))
		return
	}
	writeRow(a.Stdout, r)
}
