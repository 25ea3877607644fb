package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) settleCloseCmd() *cobra.Command {
	var req node.CloseRequest
	c := &cobra.Command{Use: "close PEER", Short: "end the channel through which we pay a peer, and take back the rest", Args: cobra.ExactArgs(1),
		Long: "The peer is asked for its consent: then it has what our vouchers promise, and we the rest, in one transaction. With\n" +
			"--force it is not asked: it has the grace period of the contract to redeem, and the node withdraws after that. The\n" +
			"channel can be funded again.",
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Peer = args[0]
			return a.exits(cmd, "settle/close", req)
		}}
	c.Flags().BoolVar(&req.Force, "force", false, "without the peer, and although something may be owed")
	return c
}

func (a *app) settleWithdrawCmd() *cobra.Command {
	return &cobra.Command{Use: "withdraw PEER", Short: "take back what a closed channel holds, once its grace period is over", Args: cobra.ExactArgs(1),
		Long: "A node that is up does so by itself.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.exits(cmd, "settle/withdraw", node.SettleRequest{Peer: args[0]})
		}}
}

func (a *app) exits(cmd *cobra.Command, op string, req any) error {
	var res node.ChannelExits
	if err := a.call(cmd.Context(), op, req, &res); err != nil {
		return err
	}
	return a.print(res, func(w io.Writer) {
		for i := range res.Exits {
			e := &res.Exits[i]
			left := wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: e.Left, Currency: e.Currency})
			if e.State == settlement.ExitClosing {
				fmt.Fprintf(w, "channel %s closes at %s; up to %s come back then\n", e.Channel, time.Unix(e.CloseAt, 0).UTC().Format(time.RFC3339), left)
				continue
			}
			fmt.Fprintf(w, "channel %s is closed; it held %s that were not redeemed\n", e.Channel, left)
		}
	})
}
