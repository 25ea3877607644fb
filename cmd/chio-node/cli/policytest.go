package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
)

// suiteResult is one suite of policy test.
type suiteResult struct {
	File string `json:"file"`
	policy.SuiteReport
}

// suiteResults is the JSON of policy test.
type suiteResults struct {
	Passed int           `json:"passed"`
	Failed int           `json:"failed"`
	Suites []suiteResult `json:"suites"`
}

func (a *app) policyTestCmd() *cobra.Command {
	var verbose bool
	c := &cobra.Command{Use: "test SUITE…", Short: "run HushSpec evaluation suites",
		Long: "A suite is YAML: hushspec_test, description, policy (a document, which may extend builtin:NAME), and cases of\n" +
			"{description, action, expect: {decision, matched_rule, reason, origin_profile, posture}, context}. What expect leaves\n" +
			"out is not compared. Exit 0: every case is as expected; 1: some are not.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.policyTest(args, verbose) }}
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "show the cases that passed, too")
	return c
}

func (a *app) policyTest(files []string, verbose bool) error {
	var all suiteResults
	for _, file := range files {
		doc, err := a.read(file)
		if err != nil {
			return err
		}
		r, err := policy.RunSuiteWith(doc, policy.CompileOptions{Custom: a.customGuards()})
		if err != nil {
			return &node.Problem{Code: "CHIO-POLICY-SUITE", Message: fmt.Sprintf("%s: %v", file, err), Exit: node.ExitFailure, Cause: err,
				Hint: "chio-node policy test --help says what a suite looks like"}
		}
		all.Passed, all.Failed = all.Passed+r.Passed, all.Failed+r.Failed
		all.Suites = append(all.Suites, suiteResult{file, r})
	}
	if err := a.print(all, func(w io.Writer) { showSuites(w, &all, verbose) }); err != nil {
		return err
	}
	if all.Failed > 0 {
		return exit(node.ExitFailure)
	}
	if all.Passed == 0 {
		return errors.New("the suites have no cases")
	}
	return nil
}

func showSuites(w io.Writer, all *suiteResults, verbose bool) {
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			if c.Passed && verbose {
				fmt.Fprintf(w, "ok    %s: %s\n", s.File, c.Description)
			}
			if c.Passed {
				continue
			}
			fmt.Fprintf(w, "FAIL  %s: %s\n", s.File, c.Description)
			for _, d := range c.Differences {
				fmt.Fprintf(w, "      %s\n", d)
			}
			fmt.Fprintf(w, "      got %s, rule %q: %s\n", c.Got.Decision, c.Got.MatchedRule, c.Got.Reason)
		}
	}
	fmt.Fprintf(w, "%d passed, %d failed\n", all.Passed, all.Failed)
}
