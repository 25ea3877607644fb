package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) passportProvenanceCmd() *cobra.Command {
	c := &cobra.Command{Use: "provenance", Short: "what an identity provider said when an agent was enrolled"}
	c.AddCommand(a.provenanceShowCmd(), a.provenanceVerifyCmd())
	return c
}

func (a *app) provenanceShowCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "show ID|AGENT", Short: "print the record that a passport's enterpriseProvenance is the digest of",
		Long: "The record names the person who logged in as the provider does. It never leaves this node by itself:\n" +
			"hand the file to whom it concerns, who compares it with the passport (passport provenance verify).",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var kept node.KeptProvenance
			if err := a.call(cmd.Context(), "passport/provenance", passportNamed(args[0]), &kept); err != nil {
				return err
			}
			if out != "" {
				if err := writeFile(out, kept.Record); err != nil {
					return err
				}
				return a.print(pathOf{out}, func(w io.Writer) { fmt.Fprintf(w, "wrote %s\n", out) })
			}
			return a.print(kept, func(w io.Writer) { fmt.Fprintf(w, "%s\n", kept.Record) })
		}}
	c.Flags().StringVar(&out, "out", "", "file to write instead")
	return c
}

// comparedProvenance is what was found of a passport, and of a record that is
// the one it refers to.
type comparedProvenance struct {
	*offline.Finding
	SHA256 wire.Digest                `json:"sha256"`
	Record *passport.ProvenanceRecord `json:"record"`
}

func (a *app) provenanceVerifyCmd() *cobra.Command {
	var f verifyFlags
	var of string
	c := &cobra.Command{Use: "verify RECORD --passport FILE", Short: "compare a provenance record with a passport, offline",
		Long: "The passport is verified first. Whether it was revoked, and whether --trust names its issuer, are\n" +
			"answers; exit 4 means that it is not intact, or that the record is not the one it refers to.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("at") {
				f.at = a.Now().Unix()
			}
			found, err := a.compareProvenance(f, args[0], of)
			if err != nil {
				return err
			}
			return a.print(found, func(w io.Writer) {
				a.showFinding(w, found.Finding)
				fmt.Fprintf(w, "✓ the record is the one it refers to\nprovider: %s\nprincipal: %s\n", found.Record.Provider, found.Record.Principal)
			})
		}}
	c.Flags().StringVar(&of, "passport", "", "passport file")
	f.trustFlag(c)
	f.atFlag(c)
	_ = c.MarkFlagRequired("passport") // the flag exists: it is defined above
	return c
}

func (a *app) compareProvenance(f verifyFlags, recordFile, passportFile string) (*comparedProvenance, error) {
	o, err := a.believed(f)
	if err != nil {
		return nil, err
	}
	file, err := a.read(passportFile)
	if err != nil {
		return nil, err
	}
	found := offline.File(passportFile, file, o, offline.KindPassport)
	if !found.Valid {
		return nil, &node.Problem{Code: found.Code, Message: passportFile + ": " + found.Reason, Exit: node.ExitUnverifiable}
	}
	doc, _, err := passport.SplitFile(file)
	if err != nil {
		return nil, err
	}
	p, err := (&passport.Record{Passport: doc}).Parse()
	if err != nil {
		return nil, err
	}
	said, err := a.read(recordFile)
	if err != nil {
		return nil, err
	}
	record, err := passport.ParseProvenanceRecord(said)
	if err == nil {
		err = passport.CheckProvenance(p, record)
	}
	if err != nil {
		return nil, node.ProvenanceProblem(err)
	}
	return &comparedProvenance{found, wire.Hash(said), record}, nil
}
