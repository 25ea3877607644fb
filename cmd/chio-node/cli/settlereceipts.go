package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) settleReceiptsCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "receipts ID", Short: "what was seen of a payment, as signed files", Args: cobra.ExactArgs(1),
		Long: "ID is a statement's, or the nonce of a payment per HTTP call. Each receipt (chio.settlement_receipt.v1) says what one\n" +
			"organisation has seen: money that came or went back, or why none did; chio-node verify checks it offline.",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := wire.ParseDigest(args[0])
			if err != nil {
				return usageProblem("id: "+err.Error(), "chio-node settle status lists the statements")
			}
			var res node.SettlementReceipts
			if err := a.call(cmd.Context(), "settle/receipts", node.SettlementReceiptsRequest{ID: id}, &res); err != nil {
				return err
			}
			var files []string
			for i, doc := range res.Receipts {
				if out == "" {
					break
				}
				files = append(files, filepath.Join(out, fmt.Sprintf("%s-%03d.json", id, i+1)))
				if err := writeFile(files[i], doc); err != nil {
					return err
				}
			}
			return a.print(res, func(w io.Writer) { showReceipts(w, &res, files) })
		}}
	c.Flags().StringVar(&out, "out", "", "folder to write a file for each into")
	return c
}

func showReceipts(w io.Writer, res *node.SettlementReceipts, files []string) {
	if len(res.Receipts) == 0 {
		fmt.Fprintln(w, "nothing was seen of it for good")
	}
	for i, doc := range res.Receipts {
		if len(files) > 0 {
			fmt.Fprintln(w, files[i])
		} else {
			fmt.Fprintf(w, "%s\n", doc)
		}
	}
}
