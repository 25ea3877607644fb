package cli

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) keyCmd() *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "list the organisation's keys, rotate the kernel's"}
	c.AddCommand(a.keyListCmd(), a.keyRotateCmd())
	return c
}

func (a *app) keyListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "public keys in use, and retired kernel keys with their final checkpoints", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l node.KeyList
			if err := a.call(cmd.Context(), "key/list", node.Empty{}, &l); err != nil {
				return err
			}
			return a.print(l, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, k := range l.Keys {
					state := "in use"
					if k.Final != nil {
						state = fmt.Sprintf("retired %s at %d receipts", time.Unix(k.Retired, 0).UTC().Format(time.RFC3339), k.Final.Size)
					}
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", k.Role, k.Alg, k.Key, state)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) keyRotateCmd() *cobra.Command {
	var yes, reissue bool
	c := &cobra.Command{Use: "rotate", Short: "replace a key"}
	kernel := &cobra.Command{Use: "kernel", Short: "replace the kernel key; the node must not be up",
		Long: "The old key signs the final checkpoint of the log and is erased. Receipts it signed keep verifying in bundles\n" +
			"that prove them in that tree; capabilities it issued end, unless --reissue signs them anew with what is left\n" +
			"of their budgets and lives. Peers know this node by its kernel key: federate with each again.\n" +
			"Without --yes this only shows what would happen. docs/keys.md has the whole procedure.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := node.Dial(a.home); !errors.Is(err, node.ErrNotRunning) {
				return errors.Join(err, &node.Problem{Code: "CHIO-KEYS-NODE-UP", Message: "the node of " + a.home + " is up and signs with its kernel key",
					Hint: "stop it, rotate, and start it again", Exit: node.ExitFailure})
			}
			pass, err := a.passphrase(false)
			if err != nil {
				return err
			}
			done, err := node.RotateKernel(cmd.Context(), a.options(pass), node.RotateKernelRequest{Reissue: reissue, Preview: !yes})
			if err != nil {
				return err
			}
			return a.print(done, func(w io.Writer) { a.showRotation(w, done) })
		}}
	kernel.Flags().BoolVar(&yes, "yes", false, "do it; without this, show what would happen")
	kernel.Flags().BoolVar(&reissue, "reissue", false, "issue the capabilities of the old key anew")
	c.AddCommand(kernel)
	return c
}

func (a *app) showRotation(w io.Writer, done *node.KernelRotation) {
	fmt.Fprintf(w, "old key  %s\n", done.Old)
	if !done.Preview {
		fmt.Fprintf(w, "new key  %s\n", done.New)
	}
	fmt.Fprintf(w, "final    %s, %d receipts, root %s\n", done.LogID, done.FinalSize, done.FinalRoot)
	for _, d := range done.Dying {
		what := "ends"
		switch {
		case d.NewID != "":
			what = "issued anew as " + d.NewID
		case d.Reissue:
			what = "will be issued anew"
		case d.Why != "":
			what = "ends: " + d.Why
		}
		fmt.Fprintf(w, "capability %s of %s: %s\n", d.ID, nameOr(d.Agent, d.Subject.String()), what)
	}
	for _, p := range done.Peers {
		fmt.Fprintf(w, "peer %s: federate again\n", p)
	}
	if done.Preview {
		fmt.Fprintln(a.Stderr, "hint: nothing was changed; add --yes to rotate, --reissue to keep the capabilities")
		return
	}
	fmt.Fprintln(a.Stderr, "hint: hand out a new trust set: chio-node export --out DIR")
}

func nameOr(name, key string) string {
	if name != "" {
		return name
	}
	return key
}
