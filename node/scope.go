package node

import (
	"github.com/backbay-labs/chio-node/kernel/capability"
)

// scopeOf is the scope a request to issue describes, on a server's own name.
func scopeOf(req IssueCapability, server string) capability.Scope {
	var s capability.Scope
	ops := req.Operations
	if len(ops) == 0 {
		ops = []capability.Operation{capability.Invoke}
	}
	if req.Delegate {
		ops = append(append([]capability.Operation(nil), ops...), capability.Delegate)
	}
	for _, tool := range req.Tools {
		s.Grants = append(s.Grants, capability.ToolGrant{ServerID: server, ToolName: tool, Operations: ops,
			Constraints: req.Constraints, MaxInvocations: req.MaxInvocations, MaxCostPerInvocation: req.MaxPerCall, MaxTotalCost: req.MaxTotal})
	}
	addPatterns(&s, req.Resources, req.Prompts, req.Delegate)
	return s
}

// addPatterns grants resources by URI pattern and prompts by name pattern.
func addPatterns(s *capability.Scope, resources, prompts []string, delegate bool) {
	for _, pattern := range resources {
		s.ResourceGrants = append(s.ResourceGrants, capability.ResourceGrant{URIPattern: pattern,
			Operations: append(operationsOf(capability.Read, false), operationsOf(capability.Subscribe, delegate)...)})
	}
	for _, pattern := range prompts {
		s.PromptGrants = append(s.PromptGrants, capability.PromptGrant{PromptName: pattern, Operations: operationsOf(capability.Get, delegate)})
	}
}

func operationsOf(op capability.Operation, delegate bool) []capability.Operation {
	if delegate {
		return []capability.Operation{op, capability.Delegate}
	}
	return []capability.Operation{op}
}

// check refuses what could only become a capability that denies.
func (req *IssueCapability) check() error {
	if len(req.Tools) > 0 && req.Server == "" || len(req.Tools)+len(req.Resources)+len(req.Prompts) == 0 {
		return usage("a capability needs a server and at least one tool, or a resource or prompt pattern")
	}
	for i := range req.Constraints {
		if err := req.Constraints[i].Check(); err != nil {
			return usage("constraint: %v", err)
		}
	}
	return nil
}

func (req *IssueCapability) aggregate() *capability.Aggregate {
	if req.MaxFamily == nil {
		return nil
	}
	return &capability.Aggregate{Scope: capability.AggregateFamily, MaxInvocations: *req.MaxFamily}
}
