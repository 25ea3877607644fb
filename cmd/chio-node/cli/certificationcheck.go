package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/edge/mcp/conformance"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// checkFlags is what is tested, and what is made of it.
type checkFlags struct {
	serveFlags
	tier, evidence, artifact, owner, supersedes string
	admission, out, report                      string
	ttl                                         int64
	publish, only                               bool
}

func (a *app) certificationCheckCmd() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{Use: "check -- COMMAND [ARG…]", Short: "test a stdio MCP server and certify what it passed",
		Long: "Starts COMMAND several times, confined as mcp serve does, and looks at how it speaks the protocol. No\n" +
			"tool is called. What it passed is signed with this organisation's key; --report-only signs nothing.\n" +
			"Exit 3: the results earn no tier, or not the one asked for.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.certify(cmd.Context(), &f, args) }}
	fs := c.Flags()
	fs.StringVar(&f.tier, "tier", "", "the tier to sign (default the highest that is earned): bronze, silver or gold")
	fs.StringVar(&f.evidence, "evidence", "", "file with further evidence, as a review; its digest is signed. Gold needs one")
	fs.StringVar(&f.artifact, "artifact", "", "the program's file, COMMAND or one of its arguments; the certification is then of this file only. Gold needs it")
	fs.StringVar(&f.owner, "owner", "", "did:chio of whose server it is")
	fs.StringVar(&f.supersedes, "supersedes", "", "id of the certification this one replaces")
	fs.Int64Var(&f.ttl, "ttl-seconds", 0, "how long it holds (default 90 days)")
	fs.BoolVar(&f.publish, "publish", false, "list it in this registry")
	fs.StringVar(&f.admission, "admission", string(certification.Reviewable), "with --publish: the admission class")
	fs.StringVar(&f.out, "out", "", "file to write the signed bundle to")
	fs.StringVar(&f.report, "report", "", "file to write the report to, whatever it says")
	fs.BoolVar(&f.only, "report-only", false, "sign nothing")
	fs.StringVar(&f.dir, "dir", "", "working directory of COMMAND (default this one)")
	fs.StringSliceVar(&f.env, "env", nil, "environment variables COMMAND inherits, by name (repeatable)")
	fs.StringVar(&f.confine, "confine", string(mcp.ConfineHome), "what COMMAND may open: home, workspace-only, none")
	fs.SetInterspersed(false)
	return c
}

// certified is what the verb answers.
type certified struct {
	Results certification.Results  `json:"results"`
	Checks  []certification.Check  `json:"checks"`
	Finding *certification.Finding `json:"finding,omitempty"`
	Path    string                 `json:"path,omitempty"`
}

func (a *app) certify(ctx context.Context, f *checkFlags, command []string) error {
	f.server = "under test"
	req, cfg, err := a.certifyRequest(f, command)
	if err != nil {
		return err
	}
	res, err := conformance.Run(ctx, cfg)
	if res != nil && !a.json {
		showChecks(a.Stdout, res.Checks)
	}
	if err != nil {
		return &node.Problem{Code: "CHIO-CERT-SERVER", Message: err.Error(), Exit: node.ExitFailure, Cause: err,
			Hint: "the checks say how far it came; run the command by itself to see what it needs"}
	}
	if f.report != "" {
		if err := writeFile(f.report, res.Document); err != nil {
			return err
		}
	}
	answer := certified{Results: res.Report.Results(), Checks: res.Checks}
	if !f.only {
		req.Report = res.Document
		var made node.CertificationBundle
		if err := a.call(ctx, "certification/issue", req, &made); err != nil {
			return err
		}
		if answer.Finding = made.Finding; f.out != "" {
			if err := writeFile(f.out, made.Bundle); err != nil {
				return err
			}
			answer.Path = f.out
		}
	}
	return a.print(answer, func(w io.Writer) {
		if answer.Finding != nil {
			showCertification(w, answer.Finding)
		}
		if answer.Path != "" {
			fmt.Fprintf(w, "file           %s\n", answer.Path)
		}
	})
}

// certifyRequest turns the flags into what is asked of the suite and the node.
func (a *app) certifyRequest(f *checkFlags, command []string) (req node.IssueCertification, cfg conformance.Config, err error) {
	req = node.IssueCertification{Tier: certification.Tier(f.tier), TTLSeconds: f.ttl}
	if f.tier != "" {
		if _, err := certification.ParseTier(f.tier); err != nil {
			return req, cfg, usageProblem("--tier: "+err.Error(), "")
		}
	}
	if f.publish {
		req.Admission = certification.Admission(f.admission)
	}
	if req.EvidenceSHA256, err = a.digestOfFile(f.evidence); err != nil {
		return req, cfg, err
	}
	if f.supersedes != "" {
		if req.Supersedes, err = certificationID(f.supersedes); err != nil {
			return req, cfg, err
		}
	}
	cfg = conformance.Config{Command: command, Now: a.Now, Start: func(context.Context) (io.ReadWriteCloser, error) { return a.child(f.serveFlags, command) }}
	if f.owner != "" {
		if cfg.DID, err = did.Parse(f.owner); err != nil {
			return req, cfg, usageProblem("--owner: "+err.Error(), "")
		}
	}
	cfg.Artifact, err = artifactOf(f, command)
	return req, cfg, err
}

// artifactOf is the digest of the program's file, which must be one that is run.
func artifactOf(f *checkFlags, command []string) (wire.Digest, error) {
	if f.artifact == "" {
		return wire.Digest{}, nil
	}
	d, ok := fileDigest(f.artifact)
	if !ok {
		return d, usageProblem(fmt.Sprintf("--artifact %s: not a file that can be read, or over %d bytes", f.artifact, maxArtifactBytes), "")
	}
	if !slices.Contains(runFiles(f.dir, command), d) {
		return d, usageProblem(fmt.Sprintf("--artifact %s is neither COMMAND nor one of its arguments", f.artifact), "name the file that is run")
	}
	return d, nil
}

// The bounds of what is hashed before a server starts.
const (
	maxArtifactBytes = 1 << 30
	maxArtifacts     = 64
)

// runFiles are the digests of the files of a command line: the program and
// every argument that names one. The list is never nil.
func runFiles(dir string, command []string) []wire.Digest {
	found := []wire.Digest{}
	for i, arg := range command[:min(len(command), maxArtifacts)] {
		path := arg
		if program, err := exec.LookPath(arg); i == 0 && err == nil {
			path = program
		} else if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if d, ok := fileDigest(path); ok {
			found = append(found, d)
		}
	}
	return found
}

func fileDigest(path string) (d wire.Digest, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxArtifactBytes {
		return d, false
	}
	file, err := os.Open(path)
	if err != nil {
		return d, false
	}
	h := sha256.New()
	_, err = io.Copy(h, io.LimitReader(file, maxArtifactBytes))
	if errors.Join(err, file.Close()) != nil {
		return d, false
	}
	copy(d[:], h.Sum(nil))
	return d, true
}

// certificationOf is what mcp serve demands of the server it wraps, nil for nothing.
func certificationOf(f serveFlags, command []string) (*node.RequireCertification, error) {
	if f.certified == "" {
		if len(f.certifiers) > 0 {
			return nil, usageProblem("--certifier says whose certifications count, and none is asked for", "add --require-certification bronze, silver or gold")
		}
		return nil, nil
	}
	tier, err := certification.ParseTier(f.certified)
	if err != nil {
		return nil, usageProblem("--require-certification: "+err.Error(), "")
	}
	certifiers, err := certifiersOf(f.certifiers)
	if err != nil {
		return nil, err
	}
	return &node.RequireCertification{Tier: tier, Certifiers: certifiers, Artifacts: runFiles(f.dir, command)}, nil
}

func showChecks(w io.Writer, checks []certification.Check) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		mark := map[certification.Outcome]string{certification.Passed: "✓", certification.Skipped: "-"}[c.Outcome]
		if mark == "" {
			mark = "✗"
		}
		fmt.Fprintf(t, "%s %s\t%s\t%s\n", mark, c.ID, c.Level, printableText(c.Detail))
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

// printableText keeps what a server says of itself from driving a terminal.
func printableText(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%q", s)
}
