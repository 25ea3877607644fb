package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) settleCmd() *cobra.Command {
	c := &cobra.Command{Use: "settle", Short: "pay what is owed, redeem what was paid"}
	fund := &cobra.Command{Use: "fund PEER AMOUNT", Short: `lock USDC for what we will owe a peer, as "5 USDC"`, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := amount(args[1])
			if err != nil {
				return err
			}
			return a.settle(cmd, "settle/fund", node.FundRequest{Peer: args[0], Amount: *m})
		}}
	run := &cobra.Command{Use: "run [PEER]", Short: "statements, vouchers, redemptions: whatever is due", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.settle(cmd, "settle/run", settleRequest(args))
		}}
	status := &cobra.Command{Use: "status [PEER]", Short: "what is owed, stated, vouchered and paid", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.settle(cmd, "settle/status", settleRequest(args))
		}}
	txs := &cobra.Command{Use: "txs", Short: "the transactions under way on each chain, and what keeps them", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.chainTxs(cmd, "settle/txs", node.Empty{}) }}
	cancel := &cobra.Command{Use: "cancel CHAIN KEY", Short: "put an empty transaction in the place of one that no block takes", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.chainTxs(cmd, "settle/cancel", node.ChainTxRequest{Chain: args[0], Key: args[1]})
		}}
	resume := &cobra.Command{Use: "resume CHAIN", Short: "end the halt after a reorganisation, once chain and ledger were compared", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.chainTxs(cmd, "settle/resume", node.ChainTxRequest{Chain: args[0]})
		}}
	c.AddCommand(fund, run, status, a.settleShowCmd(), a.settleVerifyCmd(), a.settleRetryCmd(), a.settleReleaseCmd(), a.settleCloseCmd(), a.settleWithdrawCmd(), txs, cancel, resume)
	c.AddCommand(a.settlePaymentCmds()...)
	return c
}

func settleRequest(args []string) node.SettleRequest {
	if len(args) == 0 {
		return node.SettleRequest{}
	}
	return node.SettleRequest{Peer: args[0]}
}

func (a *app) settle(cmd *cobra.Command, op string, req any) error {
	var res node.SettleAnswer
	if err := a.call(cmd.Context(), op, req, &res); err != nil {
		return err
	}
	failed := false
	err := a.print(res, func(w io.Writer) {
		if len(res.Peers) == 0 {
			fmt.Fprintln(w, "nothing is owed either way")
		}
		for _, p := range res.Peers {
			showSettled(w, &p)
		}
	})
	for _, p := range res.Peers {
		failed = failed || p.Problem != ""
	}
	if err == nil && failed {
		return exit(node.ExitFailure)
	}
	return err
}

func (a *app) chainTxs(cmd *cobra.Command, op string, req any) error {
	var res node.ChainTxs
	if err := a.call(cmd.Context(), op, req, &res); err != nil {
		return err
	}
	failed := false
	err := a.print(res, func(w io.Writer) {
		for i := range res.Chains {
			showChain(w, &res.Chains[i])
		}
	})
	for _, c := range res.Chains {
		failed = failed || c.Problem != ""
	}
	if err == nil && failed {
		return exit(node.ExitFailure)
	}
	return err
}

func showChain(w io.Writer, c *node.ChainTx) {
	fmt.Fprintf(w, "%s: %d transaction(s) under way\n", c.Chain, len(c.Txs))
	for _, t := range c.Txs {
		fmt.Fprintf(w, "  %s\n    %s, nonce %d, tx 0x%s, %d variant(s), %d reorganisation(s)\n", t.Key, t.State, t.Nonce, t.Hash, max(1, len(t.Variants)), t.Reorgs)
		if t.Stuck != "" {
			fmt.Fprintf(w, "    %s\n", t.Stuck)
		}
	}
	if c.Problem != "" {
		fmt.Fprintf(w, "  problem: %s\n", c.Problem)
	}
}

func (a *app) settleRetryCmd() *cobra.Command {
	return &cobra.Command{Use: "retry [PEER]", Short: "go on at once with what is stuck, and say of each what keeps it", Args: cobra.MaximumNArgs(1),
		Long: "Sends again what no block has, what did not reach its peer and what is not redeemed, as the node does by itself from\n" +
			"time to time. Asked twice it pays once. Exit 1 while something is still stuck.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var res node.Retried
			if err := a.call(cmd.Context(), "settle/retry", settleRequest(args), &res); err != nil {
				return err
			}
			stuck := len(res.Halted) > 0
			err := a.print(res, func(w io.Writer) {
				for i := range res.Chains {
					showChain(w, &res.Chains[i])
				}
				for i := range res.Peers {
					showSettled(w, &res.Peers[i])
				}
				for i := range res.Halted {
					showSettled(w, &res.Halted[i])
					fmt.Fprintf(w, "  once the figures agree: chio-node settle release %s --reason \"…\"\n", res.Halted[i].Channel)
				}
				if len(res.Peers)+len(res.Halted) == 0 {
					fmt.Fprintln(w, "nothing waits for a peer, no channel is halted")
				}
			})
			for i := range res.Chains {
				stuck = stuck || res.Chains[i].Problem != ""
			}
			for i := range res.Peers {
				stuck = stuck || res.Peers[i].Problem != ""
			}
			if err == nil && stuck {
				return exit(node.ExitFailure)
			}
			return err
		}}
}

func showSettled(w io.Writer, p *node.SettledPeer) {
	currencies := wire.DefaultCurrencies()
	fmt.Fprintf(w, "%s  as %s: %s\n", p.Peer, p.Direction, p.State)
	if p.Gross != nil {
		fmt.Fprintf(w, "  %d receipt(s), %s", p.Receipts, currencies.Format(*p.Gross))
		if p.Net != nil {
			fmt.Fprintf(w, " = %s", currencies.Format(*p.Net))
		}
		fmt.Fprintln(w)
	}
	if p.Statement != nil {
		fmt.Fprintf(w, "  statement %s\n", p.Statement)
	}
	if p.Tx != "" {
		fmt.Fprintf(w, "  tx %s", p.Tx)
		if p.Block > 0 {
			fmt.Fprintf(w, " in block %d, %d gas", p.Block, p.GasUsed)
		}
		fmt.Fprintln(w)
	}
	if p.Problem != "" {
		fmt.Fprintf(w, "  problem: %s\n", p.Problem)
	}
}
