package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// recordFlags is what a record says besides its kind.
type recordFlags struct {
	reason, evidence, out string
}

func (f *recordFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.reason, "reason", "", "why, in one line")
	c.Flags().StringVar(&f.evidence, "evidence", "", "file with evidence; its digest is signed")
	c.Flags().StringVar(&f.out, "out", "", "for a FILE of another registry: where to write the signed record (default standard output)")
	_ = c.MarkFlagRequired("reason") // the flag exists: it is defined above
}

const elsewhereHelp = "Given the bundle of another registry instead of an ID, the record is signed and written for that\n" +
	"registry to accept."

func (a *app) certificationRevokeCmd() *cobra.Command {
	var f recordFlags
	c := &cobra.Command{Use: "revoke ID|FILE", Short: "take back a certification of this organisation's, for good", Long: elsewhereHelp, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.record(cmd, f, args[0], node.CertificationRecord{Kind: certification.Revoked})
		}}
	f.add(c)
	return c
}

func (a *app) certificationDisputeCmd() *cobra.Command {
	var f recordFlags
	c := &cobra.Command{Use: "dispute ID|FILE", Short: "dispute a certification: until it is settled it does not hold", Long: elsewhereHelp, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.record(cmd, f, args[0], node.CertificationRecord{Kind: certification.DisputeOpened})
		}}
	f.add(c)
	return c
}

func (a *app) certificationReviewCmd() *cobra.Command {
	var f recordFlags
	c := &cobra.Command{Use: "review ID DISPUTE", Short: "take a dispute under review", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.recordOfDispute(cmd, f, args, certification.DisputeReviewed)
		}}
	f.add(c)
	return c
}

func (a *app) certificationSettleCmd() *cobra.Command {
	var f recordFlags
	var outcome string
	c := &cobra.Command{Use: "settle ID DISPUTE --outcome no-change|revoked", Short: "end a dispute", Args: cobra.ExactArgs(2),
		Long: "The registry's operator ends it either way; the certifier can end it only by giving in.",
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, known := map[string]certification.Kind{"no-change": certification.DisputeKept, "revoked": certification.DisputeUpheld}[outcome]
			if !known {
				return usageProblem(fmt.Sprintf("--outcome %.40q", outcome), "use no-change or revoked")
			}
			return a.recordOfDispute(cmd, f, args, kind)
		}}
	f.add(c)
	c.Flags().StringVar(&outcome, "outcome", "", "no-change or revoked")
	_ = c.MarkFlagRequired("outcome") // the flag exists: it is defined above
	return c
}

func (a *app) certificationReplaceCmd() *cobra.Command {
	var f recordFlags
	var by string
	c := &cobra.Command{Use: "replace ID|FILE --by ID", Short: "say that a newer certification has taken the place of an older one", Args: cobra.ExactArgs(1),
		Long: "Publishing a certification that names what it supersedes does this for one's own. " + elsewhereHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			successor, err := certificationID(by)
			if err != nil {
				return err
			}
			return a.record(cmd, f, args[0], node.CertificationRecord{Kind: certification.Superseded, Successor: successor})
		}}
	c.Flags().StringVar(&by, "by", "", "id of the newer one, which names the older as superseded")
	c.Flags().StringVar(&f.out, "out", "", "for a FILE of another registry: where to write the signed record (default standard output)")
	_ = c.MarkFlagRequired("by") // the flag exists: it is defined above
	return c
}

func (a *app) certificationAcceptCmd() *cobra.Command {
	return &cobra.Command{Use: "accept FILE", Short: "add a record that somebody else has signed for this registry", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.read(args[0])
			if err != nil {
				return err
			}
			var res node.RecordedCertification
			if err := a.call(cmd.Context(), "certification/accept", node.AcceptCertificationRecord{Record: doc}, &res); err != nil {
				return err
			}
			return a.print(res, func(w io.Writer) { fmt.Fprintf(w, "record %s\n", res.RecordID) })
		}}
}

func (a *app) recordOfDispute(cmd *cobra.Command, f recordFlags, args []string, kind certification.Kind) error {
	dispute, err := certificationID(args[1])
	if err != nil {
		return err
	}
	return a.record(cmd, f, args[0], node.CertificationRecord{Kind: kind, Dispute: dispute})
}

// record says something of a certification: here by its id, or for the registry
// of a bundle.
func (a *app) record(cmd *cobra.Command, f recordFlags, target string, req node.CertificationRecord) (err error) {
	req.Reason = f.reason
	if req.EvidenceSHA256, err = a.digestOfFile(f.evidence); err != nil {
		return err
	}
	if req.ID, err = wire.ParseDigest(target); err != nil {
		if req.Bundle, err = a.read(target); err != nil {
			return err
		}
	}
	var res node.RecordedCertification
	if err := a.call(cmd.Context(), "certification/record", req, &res); err != nil {
		return err
	}
	if len(res.Record) > 0 {
		return a.writeOrPrint(f.out, res.Record)
	}
	return a.print(res, func(w io.Writer) {
		fmt.Fprintf(w, "record  %s\n", res.RecordID)
		showCertification(w, res.Finding)
	})
}

// digestOfFile is the digest of a file's bytes, zero for "".
func (a *app) digestOfFile(path string) (wire.Digest, error) {
	if path == "" {
		return wire.Digest{}, nil
	}
	doc, err := a.read(path)
	return wire.Hash(doc), err
}
