package cli

import (
	"fmt"
	"io"
	"os"

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
	c.AddCommand(fund, run, status)
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

func (a *app) oracleCmd() *cobra.Command {
	c := &cobra.Command{Use: "oracle", Short: "sign price observations, make rounds of them"}
	var req node.SignPrice
	var out string
	sign := &cobra.Command{Use: "sign", Short: "sign one observation with this node's oracle key", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var o node.Observation
			if err := a.call(cmd.Context(), "oracle/sign", req, &o); err != nil {
				return err
			}
			if out != "" {
				if err := writeFile(out, o.Observation); err != nil {
					return err
				}
			}
			return a.print(o, func(w io.Writer) {
				if out == "" {
					fmt.Fprintf(w, "%s\n", o.Observation)
				} else {
					fmt.Fprintf(w, "%s\n", out)
				}
			})
		}}
	f := sign.Flags()
	f.StringVar(&req.Base, "base", "USDC", "what is priced")
	f.StringVar(&req.Quote, "quote", "USD", "in what")
	f.Int64Var(&req.Value, "value", 0, "the price, as an integer times ten to the expo")
	f.Int32Var(&req.Expo, "expo", -8, "the exponent")
	f.StringVar(&req.Source, "source", "operator", "where the price was observed")
	f.Int64Var(&req.TTLSeconds, "ttl-seconds", 0, "how long it may be used (default one hour)")
	f.StringVar(&out, "out", "", "file to write")
	_ = sign.MarkFlagRequired("value") // the flag exists: it is defined above
	imports := &cobra.Command{Use: "import FILE…", Short: "make a round of observations and use it from now on", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var req node.ImportRound
			for _, path := range args {
				doc, err := os.ReadFile(path)
				if err != nil {
					return fmt.Errorf("read observation: %w", err)
				}
				req.Observations = append(req.Observations, doc)
			}
			var r node.Round
			if err := a.call(cmd.Context(), "oracle/import", req, &r); err != nil {
				return err
			}
			return a.print(r, func(w io.Writer) { fmt.Fprintf(w, "round %s\nprice %s from %d operators\n", r.ID, r.Price, r.Signers) })
		}}
	c.AddCommand(sign, imports)
	return c
}
