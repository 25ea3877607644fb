package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/wire"
)

// SuiteReport is the result of an evaluation suite.
type SuiteReport struct {
	Description string       `json:"description"`
	Passed      int          `json:"passed"`
	Failed      int          `json:"failed"`
	Cases       []CaseReport `json:"cases"`
}

// CaseReport is the result of one case: what was decided, and what of it is
// not what the suite expects.
type CaseReport struct {
	Description string   `json:"description"`
	Passed      bool     `json:"passed"`
	Got         Result   `json:"got"`
	Differences []string `json:"differences,omitempty"`
	Controls    []string `json:"controls,omitempty"`
	Tags        []string `json:"tags,omitempty"`
}

// ErrSuite refuses a suite that cannot be run. What is wrong with its policy
// wraps ErrInvalid as well.
var ErrSuite = errors.New("suite cannot be run")

// maxSuiteCases bounds one suite.
const maxSuiteCases = 4096

// suiteCase is one case, read strictly.
type suiteCase struct {
	Description string       `json:"description"`
	Action      wire.Raw     `json:"action"`
	Expect      expectation  `json:"expect"`
	Context     suiteContext `json:"context,omitzero"`
	Controls    []string     `json:"controls,omitempty"`
	Tags        []string     `json:"tags,omitempty"`
}

// expectation is what a case says; what it leaves out is not compared.
type expectation struct {
	Decision      string         `json:"decision"`
	MatchedRule   *string        `json:"matched_rule,omitzero"`
	Reason        *string        `json:"reason,omitzero"`
	OriginProfile *string        `json:"origin_profile,omitzero"`
	Posture       *PostureResult `json:"posture,omitzero"`
}

type suiteContext struct {
	CurrentTime string `json:"current_time,omitempty"` // RFC 3339
	Server      string `json:"server,omitempty"`
	Session     string `json:"session,omitempty"`
	Edge        string `json:"edge,omitempty"`
}

// RunSuite runs an evaluation suite of HushSpec over its own policy, which may
// extend one of the binary. It is strict: an unknown member, a case without a
// decision, a suite without cases are errors. A case that fails is in the
// report and is no error.
func RunSuite(doc []byte) (SuiteReport, error) {
	return RunSuiteWith(doc, CompileOptions{})
}

// RunSuiteWith is RunSuite with what the policy needs of a node.
func RunSuiteWith(doc []byte, o CompileOptions) (SuiteReport, error) {
	description, d, cases, err := parseSuite(doc)
	if err != nil {
		return SuiteReport{}, fmt.Errorf("%w: %w", ErrSuite, err)
	}
	c, err := Compile(d, o)
	if err != nil {
		return SuiteReport{}, fmt.Errorf("%w: %w", ErrSuite, err)
	}
	report := SuiteReport{Description: description}
	for i, k := range cases {
		one, err := runCase(c, k)
		if err != nil {
			return SuiteReport{}, fmt.Errorf("%w: cases[%d]: %w", ErrSuite, i, err)
		}
		if one.Passed {
			report.Passed++
		} else {
			report.Failed++
		}
		report.Cases = append(report.Cases, one)
	}
	return report, nil
}

func runCase(c *Compiled, k suiteCase) (CaseReport, error) {
	action, err := ParseAction(k.Action)
	if err != nil {
		return CaseReport{}, err
	}
	ctx := Context{Server: k.Context.Server, Session: k.Context.Session, Edge: k.Context.Edge}
	if k.Context.CurrentTime != "" {
		at, err := time.Parse(time.RFC3339, k.Context.CurrentTime)
		if err != nil {
			return CaseReport{}, fmt.Errorf("context.current_time: %w", err)
		}
		ctx.Now = at.Unix()
	}
	got := c.Evaluate(action, ctx)
	out := CaseReport{Description: k.Description, Got: got, Differences: k.Expect.differences(got), Controls: k.Controls, Tags: k.Tags}
	out.Passed = len(out.Differences) == 0
	return out, nil
}

func (e expectation) differences(got Result) []string {
	var out []string
	differ := func(what, want, have string) {
		if want != have {
			out = append(out, fmt.Sprintf("%s is %q, want %q", what, have, want))
		}
	}
	differ("decision", e.Decision, got.Decision)
	for _, f := range []struct {
		what string
		want *string
		have string
	}{{"matched_rule", e.MatchedRule, got.MatchedRule}, {"reason", e.Reason, got.Reason}, {"origin_profile", e.OriginProfile, got.OriginProfile}} {
		if f.want != nil {
			differ(f.what, *f.want, f.have)
		}
	}
	if e.Posture != nil {
		have := value(got.Posture, PostureResult{})
		differ("posture.current", e.Posture.Current, have.Current)
		differ("posture.next", e.Posture.Next, have.Next)
	}
	return out
}

func parseSuite(doc []byte) (description string, d *Document, cases []suiteCase, err error) {
	root, err := rootOf("suite", doc)
	if err != nil {
		return "", nil, nil, err
	}
	r := newReader("suite")
	var version string
	r.mapping(root, "", fields{
		"hushspec_test": r.word(&version),
		"description":   r.word(&description),
		"policy":        func(n *yaml.Node, _ string) { d, err = suitePolicy(n) },
		"cases": func(n *yaml.Node, path string) {
			if n.Kind != yaml.SequenceNode || len(n.Content) == 0 || len(n.Content) > maxSuiteCases {
				r.add(n, path, fmt.Sprintf("must be a list of 1 to %d cases", maxSuiteCases), "")
				return
			}
			for i, one := range n.Content {
				cases = append(cases, r.suiteCase(one, fmt.Sprintf("%s[%d]", path, i)))
			}
		},
	}, nil)
	switch {
	case err != nil:
		return "", nil, nil, err
	case r.err() != nil:
		return "", nil, nil, r.err()
	case !suiteVersion(version):
		return "", nil, nil, invalid("suite", "hushspec_test", fmt.Sprintf("version %.24q is not supported", version), `write "0.1.0"`)
	case description == "" || d == nil || len(cases) == 0:
		return "", nil, nil, invalid("suite", "", "needs hushspec_test, description, policy and cases", "")
	}
	return description, d, cases, nil
}

func suiteVersion(v string) bool {
	var minor, patch uint
	n, err := fmt.Sscanf(v, "0.%d.%d", &minor, &patch)
	return err == nil && n == 2 && minor <= 1 && v == fmt.Sprintf("0.%d.%d", minor, patch)
}

// suiteCase carries one case through JSON, so that the strict decoding of our
// own artifacts reads it.
func (r *reader) suiteCase(n *yaml.Node, path string) suiteCase {
	var raw wire.Raw
	var k suiteCase
	r.carried(&raw)(n, path)
	if len(raw) == 0 {
		return k
	}
	switch err := wire.Unmarshal(raw, &k, wire.ForeignLimits); {
	case err != nil:
		r.add(n, path, "is not a case: "+err.Error(), "write description, action and expect; context, controls and tags are optional")
	case k.Description == "" || len(k.Action) == 0:
		r.add(n, path, "needs a description and an action", "")
	case k.Expect.Decision != DecisionAllow && k.Expect.Decision != DecisionWarn && k.Expect.Decision != DecisionDeny:
		r.add(n, path+".expect.decision", fmt.Sprintf("%.20q is not a decision", k.Expect.Decision), "write allow, warn or deny")
	}
	return k
}

// suitePolicy loads the embedded document like a file that stands alone. What
// is wrong with it is placed where the suite has it.
func suitePolicy(n *yaml.Node) (*Document, error) {
	if _, r := readRoot("suite", n); r.err() != nil {
		return nil, r.err()
	}
	text, err := yaml.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return Load(suiteFile, oneFile(text))
}

const suiteFile = "suite-policy.yaml"

// oneFile is a file system with the policy of a suite in it, and nothing else.
type oneFile []byte

func (f oneFile) Open(name string) (fs.File, error) {
	if name != suiteFile {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return openFile{bytes.NewReader(f)}, nil
}

type openFile struct{ io.Reader }

func (openFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
func (openFile) Close() error               { return nil }
