package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) passportImportCmd() *cobra.Command {
	var agent string
	c := &cobra.Command{Use: "import FILE --agent NAME", Short: "keep a passport of another organisation for an agent",
		Long: "FILE is a passport file, about the key the agent has, current and active. Importing it again with fresher\n" +
			"status lists replaces it. Whether its issuer counts is for whoever it is shown to (passport present --with).",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := readFiles(args)
			if err != nil {
				return err
			}
			var p node.PassportInfo
			if err := a.call(cmd.Context(), "passport/import", node.ImportPassport{Agent: agent, File: files[0]}, &p); err != nil {
				return err
			}
			return a.print(p, func(w io.Writer) {
				fmt.Fprintf(w, "passport  %s\nagent     %s\nissuer    %s\nuntil     %s\n", p.ID, p.Agent, p.Issuer, p.ValidUntil)
			})
		}}
	c.Flags().StringVar(&agent, "agent", "", "the agent it is about, as this node calls it")
	_ = c.MarkFlagRequired("agent") // the flag exists: it is defined above
	return c
}

func (a *app) passportForgetCmd() *cobra.Command {
	var agent string
	c := &cobra.Command{Use: "forget ID --agent NAME", Short: "remove a passport that was imported", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req := node.HeldPassport{Agent: agent, ID: args[0]}
			if err := a.call(cmd.Context(), "passport/forget", req, &node.Empty{}); err != nil {
				return err
			}
			return a.print(req, func(w io.Writer) { fmt.Fprintf(w, "forgot %s\n", req.ID) })
		}}
	c.Flags().StringVar(&agent, "agent", "", "the agent it is about")
	_ = c.MarkFlagRequired("agent") // the flag exists: it is defined above
	return c
}
