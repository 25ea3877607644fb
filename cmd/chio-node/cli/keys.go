package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) keyCmd() *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "list the organisation's keys, rotate the kernel's"}
	c.AddCommand(a.keyListCmd(), a.keyRotateCmd(), a.keyProveCmd())
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

func (a *app) keyProveCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "prove BUNDLE", Short: "connect an old bundle to the final checkpoint of the key that signed its head",
		Long: "A bundle exported before the kernel key was rotated has a head by the retired key. This writes the proof that\n" +
			"the head is the beginning of that key's final tree: chio-verify bundle BUNDLE --trust T --proof PROOF.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			head, key, err := a.bundleHead(cmd, args[0])
			if err != nil {
				return err
			}
			var p node.HeadProof
			if err := a.call(cmd.Context(), "key/prove", node.ProveHead{Key: key, Size: head.Size}, &p); err != nil {
				return err
			}
			if err := writeFile(out, p.Proof); err != nil {
				return err
			}
			return a.print(map[string]string{"proof": out}, func(w io.Writer) { fmt.Fprintf(w, "proof  %s\n", out) })
		}}
	c.Flags().StringVar(&out, "out", "proof.json", "file for the proof")
	return c
}

// bundleHead finds the part of a bundle that is of this node's log, and which
// of the node's kernel keys signed its head.
func (a *app) bundleHead(cmd *cobra.Command, path string) (head receipt.Checkpoint, key wire.PublicKey, err error) {
	doc, err := a.read(path)
	if err != nil {
		return head, key, err
	}
	b, err := receipt.ParseBundle(doc)
	if err != nil {
		return head, key, err
	}
	var l node.KeyList
	if err := a.call(cmd.Context(), "key/list", node.Empty{}, &l); err != nil {
		return head, key, err
	}
	for i := range b.Logs {
		for _, k := range l.Keys {
			if k.Role != "kernel" {
				continue
			}
			if key, err = wire.ParsePublicKey(k.Key); err != nil {
				return head, key, err
			}
			note := []byte(b.Logs[i].Checkpoint)
			origin, _, _ := strings.Cut(string(note), "\n")
			if head, err = receipt.VerifyCheckpoint(note, origin, key); err == nil {
				return head, key, nil
			}
		}
	}
	return head, key, &node.Problem{Code: receipt.CodeUntrusted, Message: "no head in " + path + " was signed by a kernel key of this node",
		Hint: "chio-node key list shows the keys", Exit: node.ExitUnverifiable}
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
