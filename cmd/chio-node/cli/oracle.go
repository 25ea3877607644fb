package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) oracleCmd() *cobra.Command {
	c := &cobra.Command{Use: "oracle", Short: "sign and verify prices, make rounds of them"}
	var req node.SignPrice
	var out, pair string
	sign := &cobra.Command{Use: "sign", Short: "sign one observation with this node's oracle key",
		Long: "Signs --value, or with --pair what the sources of oracle.pairs say: payloads that verify and agree.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var o node.Observation
			op, ask := "oracle/sign", any(req)
			if pair != "" {
				op, ask = "oracle/observe", node.ObservePrice{Pair: pair}
			}
			if err := a.call(cmd.Context(), op, ask, &o); err != nil {
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
	f.StringVar(&pair, "pair", "", "sign what the configured sources of this pair say, as USDC/USD")
	sign.MarkFlagsOneRequired("value", "pair")
	sign.MarkFlagsMutuallyExclusive("value", "pair")
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
	c.AddCommand(sign, imports, a.oracleVerifyCmd(), a.oracleRoundsCmd(), a.oracleStatusCmd(), a.oracleResetCmd(false), a.oracleResetCmd(true), a.oracleServeCmd())
	return c
}
