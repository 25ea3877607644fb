package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
)

// compared is the JSON of policy diff.
type compared struct {
	// Narrower: it is proved that B permits nothing that A does not.
	Narrower bool            `json:"narrower"`
	Reasons  []policy.Reason `json:"reasons,omitempty"` // why it is not proved
	Changes  []policy.Change `json:"changes"`
	Requests []changedAction `json:"requests"` // probes that are decided otherwise
	Probes   int             `json:"probes"`
}

// changedAction is one request that two policies decide differently.
type changedAction struct {
	Action policy.Action `json:"action"`
	Before evaluated     `json:"before"`
	After  evaluated     `json:"after"`
}

func (a *app) policyDiffCmd() *cobra.Command {
	var require bool
	c := &cobra.Command{Use: "diff A B", Short: "what changes from one policy to another: fields, requests, and whether B is narrower",
		Long: "Requests are probes: some that matter everywhere, and one for each entry of both policies. They show what changes and\n" +
			"prove nothing; whether B is narrower is decided by the documents alone, and where that is not proved the reasons are\n" +
			"given.",
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := a.comparePolicies(args[0], args[1])
			if err != nil {
				return err
			}
			if err := a.print(d, func(w io.Writer) { showCompared(w, d) }); err != nil {
				return err
			}
			if require && !d.Narrower {
				return exit(node.ExitFailure)
			}
			return nil
		}}
	c.Flags().BoolVar(&require, "require-narrower", false, "exit 1 unless B is proved to permit nothing that A does not")
	return c
}

func (a *app) comparePolicies(before, after string) (*compared, error) {
	la, ca, err := a.load(before, policy.CompileOptions{})
	if err != nil {
		return nil, err
	}
	lb, cb, err := a.load(after, policy.CompileOptions{})
	if err != nil {
		return nil, err
	}
	d := &compared{Changes: policy.Diff(la.Document, lb.Document), Requests: []changedAction{}}
	if d.Changes == nil {
		d.Changes = []policy.Change{}
	}
	d.Narrower, d.Reasons = policy.Narrower(la.Document, lb.Document)
	ctx := policy.Context{Now: a.Now().Unix()}
	for _, act := range probes(la.Document, lb.Document) {
		d.Probes++
		x, y := evaluatedOf(ca.Evaluate(act, ctx)), evaluatedOf(cb.Evaluate(act, ctx))
		if x.Decision != y.Decision {
			d.Requests = append(d.Requests, changedAction{act, x, y})
		}
	}
	return d, nil
}

func evaluatedOf(r policy.Result) evaluated {
	return evaluated{r.Decision, r.MatchedRule, r.Reason, r.OriginProfile, r.Posture}
}

func showCompared(w io.Writer, d *compared) {
	if len(d.Changes) == 0 {
		fmt.Fprintln(w, "no field differs")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range d.Changes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s → %s\t%s\n", c.Kind, c.Path, c.Effect, brief(string(c.Before)), brief(string(c.After)), c.Note)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	fmt.Fprintf(w, "\n%d of %d probes are decided otherwise\n", len(d.Requests), d.Probes)
	for _, r := range d.Requests {
		fmt.Fprintf(t, "  %s\t%s\t%s → %s\t%s\n", r.Action.Type, brief(r.Action.Target), r.Before.Decision, r.After.Decision,
			firstOf(r.After.MatchedRule, r.Before.MatchedRule))
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	if d.Narrower {
		fmt.Fprintln(w, "\nnarrower: the second permits nothing that the first does not")
		return
	}
	fmt.Fprintln(w, "\nnot proved to be narrower:")
	for _, r := range d.Reasons {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", r.Path, r.Effect, r.Detail)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

// brief cuts a long value for a line.
func brief(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
