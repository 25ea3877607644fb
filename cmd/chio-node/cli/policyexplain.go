package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// explained is the JSON of policy explain.
type explained struct {
	Name        string         `json:"name,omitempty"`
	Description string         `json:"description,omitempty"`
	Hash        wire.Digest    `json:"policy_hash"`
	Parts       []policy.Part  `json:"parts"`
	Off         []string       `json:"off,omitempty"` // guards of the eighteen that the policy does not turn on
	Call        *explainedCall `json:"call,omitzero"`
}

type explainedCall struct {
	Tool      string    `json:"tool"`
	Verdict   string    `json:"verdict"`
	DecidedBy string    `json:"decided_by,omitempty"`
	Opinions  []opinion `json:"opinions"`
}

func (a *app) policyExplainCmd() *cobra.Command {
	var at string
	var origin []string
	c := &cobra.Command{Use: "explain P [TOOL ARGS]", Short: "what a policy does in words, and what each guard says of a call",
		Long: "With a tool and its arguments, every guard is asked, also those behind the one that denies. Capabilities, budgets and\n" +
			"rates are not the policy's business and are not looked at; links are not followed.",
		Args: cobra.RangeArgs(1, 3),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 2 {
				args = append(args, "{}")
			}
			e, err := a.explainPolicy(args, at, origin)
			if err != nil {
				return err
			}
			return a.print(e, func(w io.Writer) { showExplained(w, e) })
		}}
	atFlag(c, &at)
	c.Flags().StringSliceVar(&origin, "origin", nil, "where the request comes from: provider=slack,space_id=C1,…")
	return c
}

func (a *app) explainPolicy(args []string, at string, origin []string) (*explained, error) {
	l, c, err := a.load(args[0], policy.CompileOptions{})
	if err != nil {
		return nil, err
	}
	e := &explained{Name: l.Document.Name, Description: l.Document.Description, Hash: c.Hash, Parts: c.Parts}
	on := map[string]bool{}
	for _, p := range c.Parts {
		on[p.Name] = true
	}
	for _, g := range guards.Catalogue() {
		if !on[g.Name] {
			e.Off = append(e.Off, g.Name)
		}
	}
	if len(args) < 3 {
		return e, nil
	}
	t := trial{tool: args[1], args: args[2]}
	if t.now, err = a.evaluationTime(at); err != nil {
		return nil, err
	}
	if t.origin, err = parseOrigin(origin); err != nil {
		return nil, err
	}
	call, err := t.call()
	if err != nil {
		return nil, err
	}
	d, err := c.Guard.Evaluate(call)
	if err != nil {
		return nil, err
	}
	e.Call = &explainedCall{Tool: t.tool, Verdict: d.Verdict.String()}
	for _, row := range d.Evidence {
		if d.Verdict != kernel.Allow && row.Verdict == d.Verdict {
			e.Call.DecidedBy = row.Guard
		}
	}
	e.Call.Opinions, err = a.opinions(l, call, "")
	return e, err
}

func showExplained(w io.Writer, e *explained) {
	if text := strings.Trim(e.Name+": "+e.Description, ": "); text != "" {
		fmt.Fprintln(w, text)
	}
	fmt.Fprintf(w, "hash %s\n\n", e.Hash)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range e.Parts {
		note := ""
		if p.Observed {
			note = " (only observes)"
		}
		if p.When {
			note += " (under a condition)"
		}
		fmt.Fprintf(t, "%s\t%s%s\t%s\n", p.Name, purposes[p.Name], note, p.Config)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	if len(e.Off) > 0 {
		fmt.Fprintf(w, "off: %s\n", strings.Join(e.Off, ", "))
	}
	if c := e.Call; c != nil {
		fmt.Fprintf(w, "\n%s: %s", c.Tool, c.Verdict)
		if c.Verdict != "allow" {
			fmt.Fprintf(w, " by %s", c.DecidedBy)
		}
		fmt.Fprintln(w)
		showOpinions(w, c.Opinions)
	}
}

func showOpinions(w io.Writer, list []opinion) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, o := range list {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", o.Guard, o.Verdict, o.Code, o.Rule, o.Details)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}
