package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// DefaultTimeout bounds one check.
const DefaultTimeout = 20 * time.Second

// ErrNotNamed: the server did not say who it is or which tools it has, so there
// is nothing that a report could be about.
var ErrNotNamed = errors.New("server does not say which server it is")

// Config says what is tested.
type Config struct {
	Start    func(context.Context) (io.ReadWriteCloser, error) // starts the server anew
	Command  []string                                          // what Start runs, for the report
	Artifact wire.Digest                                       // of the program's file; zero if none is named
	DID      did.DID                                           // whose server it is, if known
	Now      func() time.Time
	Timeout  time.Duration // of one check; 0 is DefaultTimeout
}

func (c *Config) validate() error {
	if c.Start == nil || c.Now == nil || len(c.Command) == 0 {
		return errors.New("conformance: Start, Command and Now are required")
	}
	if c.Timeout < 0 {
		return fmt.Errorf("conformance: timeout %s is negative", c.Timeout)
	}
	return nil
}

// Result is what came of a run. Document is the canonical report, nil if the
// server could not be named; Checks tell then how far it came.
type Result struct {
	Report   *certification.Report
	Document []byte
	Checks   []certification.Check
}

// runner is the state of one run that checks build on.
type runner struct {
	cfg      Config
	main     *session // initialized by the first check; nil before, or if that failed
	name     string
	version  string
	tools    []tool // of the main session
	pages    int
	manifest wire.Digest
}

// Run runs the whole suite. A check that fails is part of the result; an error
// means that there is no report: ErrNotNamed, or the context ended.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	r := &runner{cfg: cfg}
	defer func() {
		if r.main != nil {
			r.main.close()
		}
	}()
	started := cfg.Now().Unix()
	res := &Result{}
	for _, c := range suite {
		res.Checks = append(res.Checks, r.one(ctx, &c))
		if err := context.Cause(ctx); err != nil {
			return res, fmt.Errorf("run the conformance suite: %w", err)
		}
	}
	if r.name == "" || r.version == "" || r.manifest.IsZero() {
		return res, ErrNotNamed
	}
	return res, r.write(res, started)
}

// one runs one check within its time.
func (r *runner) one(ctx context.Context, c *check) certification.Check {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	out := certification.Check{ID: c.id, Level: c.level, Outcome: certification.Passed}
	err := c.run(ctx, r)
	switch {
	case errors.Is(err, errSkip):
		out.Outcome = certification.Skipped
	case err != nil:
		out.Outcome = certification.Failed
	}
	if err != nil {
		out.Detail = bounded(err.Error())
	}
	return out
}

// maxDetail keeps what a server says of itself from filling the report.
const maxDetail = 300

func bounded(s string) string {
	if s = string([]rune(s)); len(s) <= maxDetail {
		return s
	}
	s = s[:maxDetail]
	for len(s) > 0 && s[len(s)-1]&0xC0 == 0x80 {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] >= 0x80 {
		s = s[:len(s)-1] // the first byte of the character that was cut
	}
	return s + "…"
}

func (r *runner) write(res *Result, started int64) error {
	command, err := certification.CommandDigest(r.cfg.Command)
	if err != nil {
		return err
	}
	digest, err := SuiteDigest()
	if err != nil {
		return err
	}
	res.Report = &certification.Report{Schema: certification.SchemaReport, Criteria: Criteria,
		Suite:     certification.Suite{Named: certification.Named{Name: SuiteName, Version: SuiteVersion}, SHA256: digest},
		Server:    certification.Server{Name: r.name, Version: r.version, ManifestSHA256: r.manifest, CommandSHA256: command, ArtifactSHA256: r.cfg.Artifact, DID: r.cfg.DID},
		StartedAt: started, Checks: res.Checks}
	if res.Document, err = wire.Marshal(res.Report); err != nil {
		return err
	}
	_, err = certification.ParseReport(res.Document) // what is written is what verifiers read
	return err
}

// ManifestOf is the digest of the tools that a session has pinned.
func ManifestOf(tools []mcp.Tool) (wire.Digest, error) {
	pins := make([]certification.ToolPin, len(tools))
	for i := range tools {
		pins[i] = certification.ToolPin{Name: tools[i].Name, SHA256: tools[i].SHA256}
	}
	return certification.ManifestDigest(pins)
}
