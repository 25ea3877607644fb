package cli

import (
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
	c := &cobra.Command{Use: "key", Aliases: []string{"keys"}, Short: "list the organisation's keys, rotate them, prove when each was in use"}
	c.AddCommand(a.keyListCmd(), a.keyRotateCmd(), a.keySignCmd(), a.keyHistoryCmd(), a.keyProveCmd())
	return c
}

func (a *app) keyListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "public keys in use, and the retired kernel and transport keys", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l node.KeyList
			if err := a.call(cmd.Context(), "key/list", node.Empty{}, &l); err != nil {
				return err
			}
			return a.print(l, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, k := range l.Keys {
					state := "in use"
					if k.Retired != 0 {
						state = "retired " + time.Unix(k.Retired, 0).UTC().Format(time.RFC3339)
					}
					if k.Final != nil {
						state = fmt.Sprintf("retired %s at %d receipts", time.Unix(k.Retired, 0).UTC().Format(time.RFC3339), k.Final.Size)
					}
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", k.Role, k.Alg, k.Key, state)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
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
		return head, key, &node.Problem{Code: receipt.CodeFormat, Message: path + ": " + err.Error(), Hint: "name a file of chio-node export or receipt export", Exit: node.ExitUnverifiable}
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

func nameOr(name, key string) string {
	if name != "" {
		return name
	}
	return key
}
