package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) policyCmd() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "write, check, test, compare and put into force policies (HushSpec)",
		Long: "A policy P is a HushSpec file, or builtin:NAME for one of the binary: " + strings.Join(policy.BuiltinNames(), ", ") + ".\n" +
			"docs/policy.md shows how to write one, docs/policy-reference.md every block and field."}
	c.AddCommand(a.policyInitCmd(), a.policyValidateCmd(), a.policyLintCmd(), a.policyFmtCmd(), a.policyTestCmd(), a.policyExplainCmd(), a.policyEvalCmd(), a.policyMergeCmd(),
		a.policyDiffCmd(), a.keygenPolicyCmd(), a.policySignCmd(), a.policyVerifyCmd(),
		a.policyVendorCmd(), a.policyReloadCmd(), a.policyPanicCmd())
	return c
}

// load reads a policy and compiles it with the program's own guards.
func (a *app) load(path string, o policy.CompileOptions) (*node.LoadedPolicy, *policy.Compiled, error) {
	l, err := node.LoadPolicy(path)
	if err != nil {
		return nil, nil, err
	}
	o.Custom = a.customGuards()
	c, err := l.Compile(o)
	if err != nil {
		return nil, nil, policyInvalid(path, err)
	}
	return l, c, nil
}

func policyInvalid(path string, err error) error {
	return &node.Problem{Code: "CHIO-POLICY-INVALID", Message: fmt.Sprintf("policy %s: %v", path, err), Exit: node.ExitFailure, Cause: err,
		Hint: "docs/policy-reference.md lists every block and field"}
}

// validated is the JSON of policy validate.
type validated struct {
	Valid    bool             `json:"valid"`
	Hash     wire.Digest      `json:"policy_hash,omitzero"`
	Guards   []string         `json:"guards,omitempty"`
	Sources  []string         `json:"sources,omitempty"` // the documents it was made of, base first
	Warnings []policy.Problem `json:"warnings,omitempty"`
	Hints    []policy.Problem `json:"hints,omitempty"` // of policy lint
	Problems []policy.Problem `json:"problems,omitempty"`
	Error    *node.Problem    `json:"error,omitzero"`
}

func (a *app) policyValidateCmd() *cobra.Command {
	return &cobra.Command{Use: "validate P", Short: "read, resolve and compile a policy, and say what in it has no effect", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			l, c, err := a.load(args[0], policy.CompileOptions{})
			if err != nil {
				return a.invalid(err)
			}
			v := validated{Valid: true, Hash: c.Hash, Guards: c.GuardNames, Sources: l.Document.Sources,
				Warnings: append(policy.Warnings(l.Document), c.Warnings...)}
			if v.Hints, err = a.hints(args[0]); err != nil {
				return err
			}
			return a.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "valid   %s\nhash    %s\nguards  %s\n", args[0], v.Hash, strings.Join(v.Guards, ", "))
				if len(v.Sources) > 1 {
					fmt.Fprintf(w, "from    %s\n", strings.Join(v.Sources, ", "))
				}
				for _, p := range v.Warnings {
					fmt.Fprintf(w, "warning %s\n", p)
				}
				for _, p := range v.Hints {
					fmt.Fprintf(w, "hint    %s\n", lintLine(p))
				}
				if len(c.Observed) > 0 {
					fmt.Fprintf(w, "observe these guards enforce nothing: %s\n", strings.Join(c.Observed, ", "))
				}
			})
		}}
}

// invalid prints a policy's problems as JSON, each with its place.
func (a *app) invalid(err error) error {
	var p *node.Problem
	if !a.json || !errors.As(err, &p) {
		return err
	}
	v := validated{Error: p}
	var found *policy.Error
	if errors.As(p.Cause, &found) {
		v.Problems = found.Problems
	}
	if err := a.print(v, nil); err != nil {
		return err
	}
	return exit(p.Exit)
}
