package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) federateEvidenceCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "evidence DID", Short: "export the proof that a peer's log signed two histories",
		Long: "Writes the two signed heads that contradict each other. Anybody who knows the peer's key judges the file:\n" +
			"chio-verify equivocation FILE --trust trust.json (chio-node export writes the trust file).",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var e node.EvidenceFile
			if err := a.call(cmd.Context(), "federate/evidence", node.EvidenceRequest{DID: args[0]}, &e); err != nil {
				return err
			}
			if out != "" {
				if err := os.WriteFile(out, []byte(e.File), 0o644); err != nil {
					return fmt.Errorf("write the evidence: %w", err)
				}
			}
			return a.print(e, func(w io.Writer) {
				fmt.Fprintf(w, "log   %s\nsize  %d\nroot  %s\nroot  %s\n", e.LogID, e.Size, e.RootA, e.RootB)
			})
		}}
	c.Flags().StringVar(&out, "out", "", "write the file here")
	return c
}
