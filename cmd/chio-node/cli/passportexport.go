package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// exported says what was written where.
type exported struct {
	node.PassportInfo
	Format    string   `json:"format"`
	MediaType string   `json:"media_type"`
	Bytes     int      `json:"bytes"`
	Path      string   `json:"path,omitempty"`
	QR        string   `json:"qr,omitempty"`
	Lists     []string `json:"status_lists,omitempty"`
}

func (a *app) passportExportCmd() *cobra.Command {
	var format, out, code, lists string
	c := &cobra.Command{Use: "export ID|AGENT --out FILE", Short: "write a passport as a bare credential, for other people's software",
		Long: "json is the VC 2.0 credential as it was issued, vc+jwt the same as a token, sd-jwt an SD-JWT VC whose claims\n" +
			"the agent discloses one by one. All have one id and the same status entries: revoked is revoked in each.\n" +
			"--qr makes a QR code of exactly the bytes that --out writes, as far as they fit (2953 bytes); without\n" +
			"--format it holds a vc+jwt. Only an active passport is exported.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.json && code == "-" {
				return usageProblem("--qr - draws on standard output, where --json prints", "give --qr a file")
			}
			if format == "" && code != "" {
				format = node.PassportVCJWT
			}
			named := passportNamed(args[0])
			var p node.ExportedPassport
			if err := a.call(cmd.Context(), "passport/export", node.ExportPassport{ID: named.ID, Agent: named.Agent, Format: format}, &p); err != nil {
				return err
			}
			done := exported{PassportInfo: p.Passport, Format: p.Format, MediaType: p.MediaType, Bytes: len(p.Credential), Path: out, QR: code}
			return a.writeExport(&p, &done, lists)
		}}
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().StringVar(&format, "format", "", "json, vc+jwt or sd-jwt (default json)")
	c.Flags().StringVar(&code, "qr", "", "PNG file for a QR code, - draws it in the terminal")
	c.Flags().StringVar(&lists, "status-lists", "", "folder for the signed status lists it names, for passport verify --status-lists")
	c.MarkFlagsOneRequired("out", "qr")
	return c
}

// writeExport writes what was asked for; the QR code first, as it may not fit.
func (a *app) writeExport(p *node.ExportedPassport, done *exported, lists string) error {
	if done.QR != "" {
		code, err := qrCode(p.Credential)
		if err != nil {
			return err
		}
		if done.QR == "-" {
			err = printQR(a.Stdout, code)
		} else {
			err = writeFile(done.QR, code.PNG())
		}
		if err != nil {
			return err
		}
	}
	if done.Path != "" {
		if err := writeFile(done.Path, []byte(p.Credential)); err != nil {
			return err
		}
	}
	var err error
	if done.Lists, err = writeLists(lists, p.StatusLists); err != nil {
		return err
	}
	if done.QR == "-" && done.Path == "" {
		return nil
	}
	return a.print(done, func(w io.Writer) {
		fmt.Fprintf(w, "passport  %s\nagent     %s\nformat    %s, %d bytes\n", done.ID, done.AgentDID, done.Format, done.Bytes)
		for _, path := range append([]string{done.Path, done.QR}, done.Lists...) {
			if path != "" && path != "-" {
				fmt.Fprintf(w, "file      %s\n", path)
			}
		}
	})
}

// writeLists numbers the lists in a folder, in the order of the entries.
func writeLists(folder string, lists []wire.Raw) ([]string, error) {
	if folder == "" {
		return nil, nil
	}
	paths := make([]string, 0, len(lists))
	for i, doc := range lists {
		path := filepath.Join(folder, fmt.Sprintf("status-%d.json", i+1))
		if err := writeFile(path, doc); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
