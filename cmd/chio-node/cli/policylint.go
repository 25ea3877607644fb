package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
)

// linted is the JSON of policy lint.
type linted struct {
	Files    []string         `json:"files"`
	Findings []policy.Problem `json:"findings"`
}

func (a *app) policyLintCmd() *cobra.Command {
	return &cobra.Command{Use: "lint FILE…", Short: "what in a policy is probably not meant",
		Long: "Looks at each file by itself, not at what it extends. L codes are about rules, GOV codes about the metadata, W codes\n" +
			"about names and values that mean nothing. Exit 1 if something is more than information.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			l := linted{Files: args, Findings: []policy.Problem{}}
			for _, file := range args {
				found, err := a.lint(file)
				if err != nil {
					return a.invalid(err)
				}
				l.Findings = append(l.Findings, found...)
			}
			if err := a.print(l, func(w io.Writer) {
				for _, p := range l.Findings {
					fmt.Fprintf(w, "%s: %s\n", p.Severity, lintLine(p))
				}
			}); err != nil {
				return err
			}
			if slices.ContainsFunc(l.Findings, func(p policy.Problem) bool { return p.Severity != policy.SeverityInfo }) {
				return exit(node.ExitFailure)
			}
			return nil
		}}
}

func lintLine(p policy.Problem) string { return p.Code + " " + p.String() }

func (a *app) lint(file string) ([]policy.Problem, error) {
	doc, err := a.policyText(file)
	if err != nil {
		return nil, err
	}
	d, err := policy.Parse(file, doc)
	if err != nil {
		return nil, policyInvalid(file, err)
	}
	return slices.DeleteFunc(policy.Lint(d, doc, a.Now().Unix()), func(p policy.Problem) bool {
		return p.Code == noSecretPatterns && d.Extends != "" // the base may have them
	}), nil
}

const noSecretPatterns = "L009"

// hints are the findings of lint that policy validate does not say by itself.
func (a *app) hints(file string) ([]policy.Problem, error) {
	found, err := a.lint(file)
	return slices.DeleteFunc(found, func(p policy.Problem) bool { return len(p.Code) > 0 && p.Code[0] == 'W' }), err
}
