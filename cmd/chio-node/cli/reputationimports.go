package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) reputationImportsCmd() *cobra.Command {
	return &cobra.Command{Use: "imports", Short: "the summaries of peers that are kept, and which of them count", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.ImportedSummaries
			if err := a.call(cmd.Context(), "reputation/imports", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				for i := range list.Imports {
					showImport(w, &list.Imports[i])
				}
			})
		}}
}

func (a *app) reputationActivateCmd() *cobra.Command {
	var group string
	c := &cobra.Command{Use: "activate ID", Short: "let a kept summary count for a little",
		Long: "Summaries count once two independent groups of issuers are activated for one agent. Without --group an issuer is a\n" +
			"group of its own. Together they move a composite by at most a tenth, one weighs at most two fifths of that, and none\n" +
			"makes a composite where our own history is too short. A newer summary of the issuer is activated anew.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.chooseImport(cmd, "reputation/activate", args[0], group)
		}}
	c.Flags().StringVar(&group, "group", "", "one name for issuers that are not independent of each other")
	return c
}

func (a *app) reputationForgetCmd() *cobra.Command {
	return &cobra.Command{Use: "forget ID", Short: "remove a kept summary", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.chooseImport(cmd, "reputation/forget", args[0], "")
		}}
}

func (a *app) chooseImport(cmd *cobra.Command, op, id, group string) error {
	digest, err := wire.ParseDigest(id)
	if err != nil {
		return usageProblem("ID: "+err.Error(), "chio-node reputation imports lists the ids")
	}
	var v node.ImportedSummary
	if err := a.call(cmd.Context(), op, node.ChooseImport{ID: digest, Group: group}, &v); err != nil {
		return err
	}
	return a.print(v, func(w io.Writer) { showImport(w, &v) })
}

func showImport(w io.Writer, v *node.ImportedSummary) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	counts := "yes"
	if !v.Counts {
		counts = "no: " + v.WhyNot
	}
	fmt.Fprintf(t, "summary\t%s\nof\t%s\nagent\t%s\ncomposite\t%s\n", v.ID, v.Issuer, v.Agent, score(v.CompositePPM))
	if v.Group != "" {
		fmt.Fprintf(t, "group\t%s\n", v.Group)
	}
	fmt.Fprintf(t, "counts\t%s\n", counts)
	_ = t.Flush() // standard output is gone: nobody to tell
}
