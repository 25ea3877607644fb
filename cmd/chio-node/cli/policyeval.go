package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
)

// evaluated is what policy eval prints: HushSpec's decision, and nothing else.
type evaluated struct {
	Decision      string                `json:"decision"`
	MatchedRule   string                `json:"matched_rule"`
	Reason        string                `json:"reason"`
	OriginProfile string                `json:"origin_profile,omitempty"`
	Posture       *policy.PostureResult `json:"posture,omitzero"`
}

func (a *app) policyEvalCmd() *cobra.Command {
	var path, action, at string
	c := &cobra.Command{Use: "eval --policy P --action JSON", Short: "decide one HushSpec action under a policy, offline",
		Long: "The action is a JSON object, a file with one, or - for standard input: {\"type\": \"file_read\", \"target\": \"/etc/passwd\"}.\n" +
			"Types: file_read, file_write, patch_apply, egress, shell_command, tool_call, computer_use, input_inject, browser_action,\n" +
			"code_exec, custom. Members: type, target, content, args_size, origin, posture, url, network, timeout_ms.\n" +
			"Exit 0 whatever the decision is: allow, warn or deny.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			now, err := a.evaluationTime(at)
			if err != nil {
				return err
			}
			_, compiled, err := a.load(path, policy.CompileOptions{})
			if err != nil {
				return err
			}
			doc := []byte(action)
			if text := strings.TrimSpace(action); text == "" || !strings.ContainsAny(text[:1], `{["`) {
				if doc, err = a.read(action); err != nil {
					return err
				}
			}
			act, err := policy.ParseAction(doc)
			if err != nil {
				return usageProblem(err.Error(), `write it as {"type":"egress","target":"example.com"}; chio-node policy eval --help lists the members`)
			}
			r := compiled.Evaluate(act, policy.Context{Now: now})
			out := evaluatedOf(r)
			return a.print(out, func(w io.Writer) {
				line(w, "decision", "%s", out.Decision)
				line(w, "rule", "%s", out.MatchedRule)
				line(w, "reason", "%s", out.Reason)
				line(w, "origin", "%s", out.OriginProfile)
				if p := out.Posture; p != nil {
					fmt.Fprintf(w, "posture\t%s → %s\n", p.Current, p.Next)
				}
			})
		}}
	policyFlag(c, &path)
	c.Flags().StringVar(&action, "action", "", "the action: JSON, a file name, or -")
	_ = c.MarkFlagRequired("action") // the flag exists: it is defined above
	atFlag(c, &at)
	return c
}

func policyFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "policy", "", "policy: a file, or builtin:NAME")
	_ = c.MarkFlagRequired("policy") // the flag exists: it is defined above
}

func atFlag(c *cobra.Command, at *string) {
	c.Flags().StringVar(at, "at", "", "decide as of this time (RFC 3339 or unix seconds; default now)")
}

// evaluationTime is the moment that conditions of a policy look at.
func (a *app) evaluationTime(at string) (int64, error) {
	if at == "" {
		return a.Now().Unix(), nil
	}
	t, err := parseTime(at, a.Now())
	if err != nil {
		return 0, usageProblem("--at: "+err.Error(), "write a time as 2026-01-31T15:04:05Z")
	}
	return t, nil
}
