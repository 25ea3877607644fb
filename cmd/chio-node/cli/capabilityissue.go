package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// scopeFlags describe what a capability grants.
type scopeFlags struct {
	server, perCall, total    string
	tools, operations         []string
	constraints, pathPrefixes []string
	resources, prompts        []string
	maxInvocations            uint32
	delegate                  bool
	maxFamily                 uint32
}

func (s *scopeFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.server, "server", "", "server name, or did:chio:…/name for a peer's")
	f.StringSliceVar(&s.tools, "tool", nil, "tool name or * (repeatable)")
	f.StringSliceVar(&s.operations, "operation", nil, "on the tools: invoke, read_result (default invoke)")
	f.StringSliceVar(&s.resources, "resource", nil, "URI it may read and subscribe to; a trailing * is any ending (repeatable)")
	f.StringSliceVar(&s.prompts, "prompt", nil, "prompt it may get; a trailing * is any ending (repeatable)")
	f.StringArrayVar(&s.constraints, "constraint", nil, `TYPE=VALUE, as max_args_size=4096 or table_allowlist=["a"] (repeatable)`)
	f.StringSliceVar(&s.pathPrefixes, "path-prefix", nil, "paths in the arguments must be inside (repeatable)")
	f.Uint32Var(&s.maxInvocations, "max-invocations", 0, "calls per tool (default no limit)")
	f.StringVar(&s.perCall, "max-per-call", "", `most one call may cost, as "0.03 USD"`)
	f.StringVar(&s.total, "max-total", "", `most all calls of a tool may cost, as "0.50 USD"`)
	f.Uint32Var(&s.maxFamily, "max-family", 0, "calls under it and everything derived from it, together")
	f.BoolVar(&s.delegate, "delegate", false, "let the agent pass part of it on, to depth 4")
}

// request is the flags as a request to issue.
func (s *scopeFlags) request(c *cobra.Command) (req node.IssueCapability, err error) {
	req = node.IssueCapability{Server: s.server, Tools: s.tools, Resources: s.resources, Prompts: s.prompts, Delegate: s.delegate}
	for _, op := range s.operations {
		if op != string(capability.Invoke) && op != string(capability.ReadResult) {
			return req, usageProblem(fmt.Sprintf("operation %q is none of a tool", op), "use invoke or read_result; --resource, --prompt and --delegate say the others")
		}
		req.Operations = append(req.Operations, capability.Operation(op))
	}
	if s.maxInvocations > 0 {
		req.MaxInvocations = &s.maxInvocations
	}
	if c.Flags().Changed("max-family") {
		req.MaxFamily = &s.maxFamily
	}
	if req.MaxPerCall, err = amount(s.perCall); err != nil {
		return req, err
	}
	if req.MaxTotal, err = amount(s.total); err != nil {
		return req, err
	}
	for _, p := range s.pathPrefixes {
		req.Constraints = append(req.Constraints, capability.NewPathPrefix(p))
	}
	for _, text := range s.constraints {
		one, err := parseConstraint(text)
		if err != nil {
			return req, err
		}
		req.Constraints = append(req.Constraints, one)
	}
	return req, nil
}

// parseConstraint reads TYPE, or TYPE=VALUE with a JSON value or, for a type
// whose value is a string, the plain text.
func parseConstraint(text string) (capability.Constraint, error) {
	kind, value, has := strings.Cut(text, "=")
	c := capability.Constraint{Type: kind}
	if !has {
		return c, constraintProblem(text, c.Check())
	}
	if doc, err := wire.Canonicalize([]byte(value), wire.DocumentLimits); err == nil {
		c.Value = doc
		if c.Check() == nil {
			return c, nil
		}
	}
	quoted, err := wire.Marshal(value)
	if err != nil {
		return c, constraintProblem(text, err)
	}
	c.Value = quoted
	return c, constraintProblem(text, c.Check())
}

func constraintProblem(text string, err error) error {
	if err == nil {
		return nil
	}
	return usageProblem(fmt.Sprintf("--constraint %.120s: %v", text, err), "docs/capabilities.md lists the types and their values")
}

func (a *app) capabilityIssueCmd() *cobra.Command {
	var scope scopeFlags
	var agent string
	var ttl int64
	c := &cobra.Command{Use: "issue --agent NAME --server NAME --tool NAME", Short: "give an agent a capability on a server, ours or a peer's",
		Long: "This is the operator's own word: the issuance policy, which decides what agents get by request, is not asked.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			req, err := scope.request(cmd)
			if err != nil {
				return err
			}
			if err := req.Check(); err != nil {
				return err
			}
			req.Agent, req.TTLSeconds = agent, ttl
			var info node.CapabilityInfo
			if err := a.call(cmd.Context(), "capability/issue", req, &info); err != nil {
				return err
			}
			return a.print(info, func(w io.Writer) { a.showCapability(w, &info) })
		}}
	c.Flags().StringVar(&agent, "agent", "local", "the agent")
	c.Flags().Int64Var(&ttl, "ttl-seconds", 0, "life of the capability (default one day)")
	scope.add(c)
	return c
}
