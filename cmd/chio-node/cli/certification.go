package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) certificationCmd() *cobra.Command {
	c := &cobra.Command{Use: "certification", Aliases: []string{"certify"}, Short: "test tool servers, certify them, and keep what is said of them"}
	c.AddCommand(a.certificationCheckCmd(), a.certificationPublishCmd(), a.certificationListCmd(), a.certificationShowCmd(), a.certificationResolveCmd(),
		a.certificationRevokeCmd(), a.certificationDisputeCmd(), a.certificationReviewCmd(), a.certificationSettleCmd(), a.certificationReplaceCmd(),
		a.certificationAcceptCmd(), a.certificationExportCmd(), a.certificationVerifyCmd())
	return c
}

func (a *app) certificationPublishCmd() *cobra.Command {
	var admission string
	c := &cobra.Command{Use: "publish FILE", Short: "list a certification of anybody's in this registry", Args: cobra.ExactArgs(1),
		Long: "Listing is not trust: whose word counts is said where a server is resolved or served. The admission\n" +
			"class says who was let in: public_untrusted anybody, reviewable a certifier known here, role_gated one\n" +
			"that the configuration names, bond_backed one with a bond at stake.",
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.read(args[0])
			if err != nil {
				return err
			}
			var res node.CertificationBundle
			req := node.PublishCertification{Bundle: doc, Admission: certification.Admission(admission)}
			if err := a.call(cmd.Context(), "certification/publish", req, &res); err != nil {
				return err
			}
			return a.print(res.Finding, func(w io.Writer) { showCertification(w, res.Finding) })
		}}
	c.Flags().StringVar(&admission, "admission", string(certification.Reviewable), "public_untrusted, reviewable, bond_backed or role_gated")
	return c
}

func (a *app) certificationListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "what this registry lists, and the state of it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var res node.CertificationList
			if err := a.call(cmd.Context(), "certification/list", node.Empty{}, &res); err != nil {
				return err
			}
			return a.print(res, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, f := range res.Certifications {
					fmt.Fprintf(t, "%s\t%s\n", f.ID, f)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) certificationShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show ID", Short: "one certification, its disputes and its end", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := certificationID(args[0])
			if err != nil {
				return err
			}
			var f certification.Finding
			if err := a.call(cmd.Context(), "certification/show", node.CertificationID{ID: id}, &f); err != nil {
				return err
			}
			return a.print(&f, func(w io.Writer) { showCertification(w, &f) })
		}}
}

func (a *app) certificationResolveCmd() *cobra.Command {
	var req node.ResolveCertification
	var manifest, tier string
	var certifiers []string
	c := &cobra.Command{Use: "resolve", Short: "what holds of a server, for one who trusts these certifiers", Args: cobra.NoArgs,
		Long: "Of each certifier the newest word counts, and only of those that are trusted. Exit 3: nothing of the\n" +
			"tier holds.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if req.Certifiers, err = certifiersOf(certifiers); err != nil {
				return err
			}
			if manifest != "" {
				if req.Manifest, err = certificationID(manifest); err != nil {
					return err
				}
			}
			req.Tier = certification.Tier(tier)
			var res node.ResolvedCertification
			if err := a.call(cmd.Context(), "certification/resolve", req, &res); err != nil {
				return err
			}
			err = a.print(res, func(w io.Writer) {
				fmt.Fprintf(w, "state  %s %s\n", res.State, res.Tier)
				for _, f := range res.Findings {
					fmt.Fprintf(w, "%s  %s\n", f.ID, f)
				}
			})
			if err == nil && !res.Holds {
				return exit(node.ExitDenied)
			}
			return err
		}}
	c.Flags().StringVar(&req.Name, "name", "", "the server, as it introduces itself")
	c.Flags().StringVar(&req.Version, "version", "", "its version (default any)")
	c.Flags().StringVar(&manifest, "manifest", "", "the digest of its tools")
	c.Flags().StringVar(&tier, "tier", "", "at least: bronze, silver or gold (default bronze)")
	c.Flags().StringSliceVar(&certifiers, "certifier", nil, "whose word counts (default the configuration's certifiers and this organisation; repeatable)")
	c.MarkFlagsOneRequired("name", "manifest")
	return c
}

func (a *app) certificationExportCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "export ID", Short: "write a certification with its whole chain, to be verified offline", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := certificationID(args[0])
			if err != nil {
				return err
			}
			var res node.CertificationBundle
			if err := a.call(cmd.Context(), "certification/export", node.CertificationID{ID: id}, &res); err != nil {
				return err
			}
			return a.writeOrPrint(out, res.Bundle)
		}}
	c.Flags().StringVar(&out, "out", "", "file to write (default standard output)")
	return c
}

// writeOrPrint writes a document to a file and says so, or prints it.
func (a *app) writeOrPrint(out string, doc []byte) error {
	if out == "" {
		_, err := fmt.Fprintf(a.Stdout, "%s\n", doc)
		return err
	}
	if err := writeFile(out, doc); err != nil {
		return err
	}
	return a.print(struct {
		Path string `json:"path"`
	}{out}, func(w io.Writer) { fmt.Fprintln(w, out) })
}

func (a *app) certificationVerifyCmd() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{Use: "verify FILE", Short: "verify a certification file, offline", Args: cobra.ExactArgs(1),
		Long: "Checks the certification, its report and the chain of what was said of it. Its state, and whether\n" +
			"--trust names its certifier, are answers; exit 4 means that it is not intact.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verify(cmd, f, args[0], offline.KindCertification)
		}}
	f.trustFlag(c)
	f.atFlag(c)
	return c
}

// certificationID reads a digest from the command line.
func certificationID(s string) (wire.Digest, error) {
	d, err := wire.ParseDigest(s)
	if err != nil {
		return d, usageProblem(fmt.Sprintf("%.80q is no digest: %v", s, err), "chio-node certification list shows the ids, 64 hex characters")
	}
	return d, nil
}

func certifiersOf(names []string) (out []did.DID, err error) {
	for _, s := range names {
		d, err := did.Parse(s)
		if err != nil {
			return nil, usageProblem("--certifier: "+err.Error(), "")
		}
		out = append(out, d)
	}
	return out, nil
}

func showCertification(w io.Writer, f *certification.Finding) {
	c, t := f.Certification, tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if c == nil {
		fmt.Fprintln(w, f)
		return
	}
	fmt.Fprintf(t, "certification\t%s\nstate\t%s\ntier\t%s\nserver\t%s %s\nmanifest\t%s\ncertifier\t%s\n", f.ID, f.State, c.Tier, c.Server.Name,
		c.Server.Version, c.Server.ManifestSHA256, c.Certifier)
	fmt.Fprintf(t, "trusted\t%t\nrequired\t%s\nrecommended\t%s\n", f.CertifierTrusted, counted(c.Results.Required), counted(c.Results.Recommended))
	if h := f.History; h != nil && h.Sequence > 0 {
		fmt.Fprintf(t, "registry\t%s\nadmission\t%s\nrecords\t%d\n", h.Registry, h.Admission, h.Sequence)
		for _, d := range h.Disputes {
			fmt.Fprintf(t, "dispute\t%s %s: %s\n", d.ID, d.State, d.Reason)
		}
		if h.Revoked != nil {
			fmt.Fprintf(t, "revoked\tby %s: %s\n", h.Revoked.By, h.Revoked.Reason)
		}
		if h.Superseded != nil {
			fmt.Fprintf(t, "superseded\tby %s\n", h.Successor)
		}
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

func counted(c certification.Counts) string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.Passed, c.Failed, c.Skipped)
}
