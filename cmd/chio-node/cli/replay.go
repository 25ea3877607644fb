package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
)

func (a *app) replayCmd() *cobra.Command {
	var f verifyFlags
	var policies []string
	c := &cobra.Command{Use: "replay FILE --policy P", Short: "verify recorded decisions and take them again under a policy, offline",
		Long: "FILE is a receipt bundle, or a folder of bundles as export and archive write them; in a folder, trust.json is\n" +
			"the trust set unless --trust names another. P is a policy file or builtin:default; several must all allow,\n" +
			"as the node's own and that of mcp serve --policy do, in this order. Needs no home and no network.\n" +
			"Exit 0: the same decisions; 1: CHIO-REPLAY-DRIFT, the first one named; 4: the file cannot be relied on.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.replay(f, policies, args[0]) }}
	f.trustFlag(c)
	f.rootFlag(c)
	c.Flags().StringArrayVar(&policies, "policy", nil, "policy to decide by; may be repeated")
	_ = c.MarkFlagRequired("policy") // the flag exists: it is defined above
	return c
}

func (a *app) replay(f verifyFlags, names []string, path string) error {
	o, err := a.believed(f)
	if err != nil {
		return err
	}
	compiled := make([]*policy.Compiled, 0, len(names))
	for _, name := range names {
		p, err := offline.LoadPolicy(name)
		if err != nil {
			return &node.Problem{Code: "CHIO-POLICY-INVALID", Message: fmt.Sprintf("policy %s: %v", name, err),
				Hint: "check it with chio-node policy validate " + name, Exit: node.ExitUsage}
		}
		compiled = append(compiled, p)
	}
	files, err := a.bundles(path, &o)
	if err != nil {
		return err
	}
	if o.Trust == nil && o.KernelRoot == nil {
		return usageProblem(offline.ErrTrust.Error(), "chio-node receipt export writes a trust set beside the bundle")
	}
	found := offline.ReplayBundles(files, o, compiled...)
	if err := a.print(found, func(w io.Writer) { a.showReplay(w, found) }); err != nil {
		return err
	}
	switch {
	case !found.Verified:
		return exit(node.ExitUnverifiable)
	case found.Diverged > 0:
		return exit(node.ExitFailure)
	}
	return nil
}

// bundles reads a bundle, or a folder of them with the trust set beside.
func (a *app) bundles(path string, o *offline.Options) ([]offline.BundleFile, error) {
	if info, err := os.Stat(path); path == "-" || err != nil || !info.IsDir() {
		doc, err := a.read(path)
		return []offline.BundleFile{{Name: path, Doc: doc}}, err
	}
	folder, err := offline.ReadFolder(path, a.read)
	if err != nil {
		return nil, err
	}
	o.Proofs = append(o.Proofs, folder.Proofs...)
	if len(folder.Bundles) == 0 {
		return nil, usageProblem("there is no receipt bundle in "+path, "chio-node export --out DIR writes one")
	}
	if folder.Trust != nil && o.Trust == nil && o.KernelRoot == nil {
		if o.Trust, err = receipt.ParseTrustSet(folder.Trust); err != nil {
			return nil, &node.Problem{Code: receipt.CodeTrust, Message: path + ": " + err.Error(), Exit: node.ExitUnverifiable}
		}
		fmt.Fprintln(a.Stderr, "hint: the trust set is the folder's own; name yours with --trust")
	}
	return folder.Bundles, nil
}

func (a *app) showReplay(w io.Writer, r *offline.Replay) {
	if r.Verified {
		fmt.Fprintf(w, "verified       %d receipts\n", r.Receipts)
		for _, l := range r.Logs {
			fmt.Fprintf(w, "log            %s, %d of %d receipts\n", l.Origin, l.Receipts, l.Size)
		}
		fmt.Fprintf(w, "same           %d\ndiverged       %d\nnot evaluable  %d\nelsewhere      %d\nsame policy    %d\n",
			r.Same, r.Diverged, r.NotEvaluable, r.Elsewhere, r.SamePolicy)
	}
	if d := r.First; d != nil {
		fmt.Fprintf(w, "first divergence\n  receipt   %s, leaf %d of %s\n  at        %s\n  recorded  %s\n  now       %s", d.ReceiptID, d.Index, d.Log, d.Pointer, d.Recorded, d.Now)
		if d.Guard != "" {
			fmt.Fprintf(w, " by %s", d.Guard)
		}
		if d.Rule != "" {
			fmt.Fprintf(w, ", %s", d.Rule)
		}
		fmt.Fprintln(w)
	}
	if r.Code != "" {
		fmt.Fprintf(a.Stderr, "chio-node: %s: %s\n", r.Code, r.Reason)
	}
}
