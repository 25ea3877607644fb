package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed"
	"github.com/backbay-labs/chio-node/wire"
)

// verifyFlags is what a verifier takes for granted.
type verifyFlags struct {
	trust, kernelRoot, earlier string
	operators                  []string
	signers                    string
	at                         int64
}

func (a *app) verifyCmd() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{Use: "verify FILE", Short: "verify any file a node wrote, offline",
		Long: "FILE (- is standard input) is a passport, certification, treaty, dispute, directory evidence, statement, voucher, price\n" +
			"evidence, settlement, settlement receipt, receipt, receipt bundle, capability, key rotation or reputation summary, recognised by its schema.\n" +
			"Every byte of it is covered; nothing is fetched.\n" +
			"A signer that is not in the trust set, a revoked or an expired passport are answers, and exit 0;\n" +
			"exit 4 means that the file is not what it claims to be.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.verify(cmd, f, args[0]) }}
	f.trustFlag(c)
	f.rootFlag(c)
	f.atFlag(c)
	c.Flags().StringSliceVar(&f.operators, "operators", nil, "price evidence: 0x… addresses of the oracle operators that count")
	c.Flags().StringVar(&f.signers, "signers", "", "price evidence: signers file (docs/oracle.md), to repeat observations from the payloads they carry")
	c.Flags().StringVar(&f.earlier, "continues", "", "key history: the file of it kept from before, of which nothing may be missing")
	return c
}

func (a *app) passportVerifyCmd() *cobra.Command {
	var f verifyFlags
	var policy, lists string
	c := &cobra.Command{Use: "verify FILE", Short: "verify a passport file, offline, or a presentation that answers this node",
		Long: "Checks the passport and the status list it carries. Whether it was revoked, whether it is in its\n" +
			"window and whether --trust names its issuer are answers; exit 4 means that it is not intact.\n" +
			"With --policy it is judged, offline too: exit 3 means that the policy refuses it. FILE may then be an\n" +
			"exported credential (json, vc+jwt), with the status lists it names.\n" +
			"A presentation is judged by the node whose challenge it answers, under the policy of that challenge,\n" +
			"and uses the challenge up; exit 3 means that the policy refuses it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.verifyPassport(cmd, f, args[0], policy, lists) }}
	f.trustFlag(c)
	f.atFlag(c)
	c.Flags().StringVar(&policy, "policy", "", "passport policy that judges it (passport policy init), which has to name its issuers")
	c.Flags().StringVar(&lists, "status-lists", "", "folder of the signed status lists of an exported credential (passport export --status-lists)")
	c.MarkFlagsMutuallyExclusive("policy", "trust")
	return c
}

func (a *app) receiptVerifyCmd() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{Use: "verify FILE", Short: "verify a receipt, or a bundle against a trust set, offline",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verify(cmd, f, args[0], offline.KindReceipt, offline.KindBundle)
		}}
	f.trustFlag(c)
	f.rootFlag(c)
	return c
}

func (f *verifyFlags) trustFlag(c *cobra.Command) {
	c.Flags().StringVar(&f.trust, "trust", "", "trust set (chio.trust_set.v1): whose signatures count")
}

func (f *verifyFlags) rootFlag(c *cobra.Command) {
	c.Flags().StringVar(&f.kernelRoot, "kernel-root", "", "receipts and capabilities: trust this kernel key (hex) and nothing else")
}

func (f *verifyFlags) atFlag(c *cobra.Command) {
	c.Flags().Int64Var(&f.at, "at", 0, "the time to judge windows at, unix seconds (default now)")
}

// verify prints what was found and exits 4 if the file cannot be relied on.
func (a *app) verify(cmd *cobra.Command, f verifyFlags, path string, only ...offline.Kind) error {
	o, err := a.believed(f)
	if err != nil {
		return err
	}
	if !cmd.Flags().Changed("at") {
		o.At = a.Now().Unix()
	}
	doc, err := a.read(path)
	if err != nil {
		return err
	}
	if o.Trust == nil && o.KernelRoot == nil && offline.NeedsTrust(doc) && len(only) != 1 {
		return usageProblem(offline.ErrTrust.Error(), "chio-node receipt export writes a trust set beside the bundle")
	}
	found := offline.File(path, doc, o, only...)
	if err := a.print(found, func(w io.Writer) { a.showFinding(w, found) }); err != nil {
		return err
	}
	if !found.Valid {
		return exit(node.ExitUnverifiable)
	}
	return nil
}

// believed turns the flags into what the verification takes for granted.
func (a *app) believed(f verifyFlags) (o offline.Options, err error) {
	o.At = f.at
	if f.trust != "" && f.kernelRoot != "" {
		return o, usageProblem("--trust and --kernel-root exclude each other", "")
	}
	if f.trust != "" {
		doc, err := a.read(f.trust)
		if err != nil {
			return o, err
		}
		if o.Trust, err = receipt.ParseTrustSet(doc); err != nil {
			return o, &node.Problem{Code: receipt.CodeTrust, Message: f.trust + ": " + err.Error(), Exit: node.ExitUnverifiable}
		}
	}
	if f.kernelRoot != "" {
		root, err := wire.ParsePublicKey(f.kernelRoot)
		if err != nil {
			return o, usageProblem("--kernel-root: "+err.Error(), "chio-node status shows a node's kernel key")
		}
		o.KernelRoot = &root
	}
	if f.earlier != "" {
		if o.Earlier, err = a.read(f.earlier); err != nil {
			return o, err
		}
	}
	if f.signers != "" {
		doc, err := a.read(f.signers)
		if err != nil {
			return o, err
		}
		if o.Signers, err = feed.ParseSigners(doc); err != nil {
			return o, usageProblem("--signers: "+err.Error(), "docs/oracle.md shows a signers file")
		}
	}
	for _, address := range f.operators {
		address = strings.ToLower(strings.TrimSpace(address))
		if err := oracle.CheckOperator(address); err != nil {
			return o, usageProblem("--operators: "+err.Error(), "")
		}
		o.Operators = append(o.Operators, address)
	}
	return o, nil
}

func usageProblem(message, hint string) error {
	return &node.Problem{Code: "CHIO-USAGE", Message: message, Hint: hint, Exit: node.ExitUsage}
}

// read returns a whole file, or standard input for "-".
func (a *app) read(path string) ([]byte, error) {
	in, name := a.Stdin, "standard input"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(err)
		}
		defer func() { _ = f.Close() }() // only read from
		in, name = f, path
	}
	limit := wire.BundleLimits.Bytes
	doc, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	var named *fs.PathError // it says itself what was read
	if err != nil && !errors.As(err, &named) {
		err = fmt.Errorf("read %s: %w", name, err)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if len(doc) > limit {
		return nil, unreadable(fmt.Errorf("read %s: larger than %d bytes", name, limit))
	}
	return doc, nil
}

func unreadable(err error) error {
	return &node.Problem{Code: "CHIO-VERIFY-READ", Message: err.Error(), Exit: node.ExitFailure, Cause: err, Hint: "name a file that can be read, or - for standard input"}
}

func (a *app) showFinding(w io.Writer, f *offline.Finding) {
	line := func(ok bool, format string, args ...any) {
		mark := "✓"
		if !ok {
			mark = "✗"
		}
		fmt.Fprintf(w, "%s %s\n", mark, fmt.Sprintf(format, args...))
	}
	line(f.Kind != offline.KindUnknown, "%s is a %s", f.File, strings.ReplaceAll(string(f.Kind), "_", " "))
	line(f.Integrity, "intact")
	if f.SignerTrusted != nil {
		line(*f.SignerTrusted, "signer trusted")
	}
	if f.Status != "" {
		fmt.Fprintf(w, "status: %s\n", f.Status)
	}
	if f.Code != "" {
		fmt.Fprintf(a.Stderr, "chio-node: %s: %s\n", f.Code, f.Reason)
	}
}
