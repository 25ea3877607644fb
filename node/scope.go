package node

import (
	"slices"

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

// Check refuses what could only become a capability that denies.
func (req *IssueCapability) Check() error {
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

// Scope is the scope the request describes, on the server it names.
func (req *IssueCapability) Scope() capability.Scope { return scopeOf(*req, req.Server) }

// ScopeWithin is the scope of a child of parent: what the request names, or all
// of the parent if it names nothing, with the parent's constraints and caps.
func (req *IssueCapability) ScopeWithin(parent capability.Scope) capability.Scope {
	if len(req.Tools)+len(req.Resources)+len(req.Prompts) > 0 {
		return inherit(req.Scope(), parent)
	}
	whole := capability.Scope{}
	for _, g := range parent.Grants {
		g.Operations = kept(g.Operations, req.Delegate)
		g.Constraints = append(append([]capability.Constraint(nil), g.Constraints...), req.Constraints...)
		g.MaxInvocations = lowerCount(g.MaxInvocations, req.MaxInvocations)
		if req.MaxPerCall != nil {
			g.MaxCostPerInvocation = req.MaxPerCall
		}
		if req.MaxTotal != nil {
			g.MaxTotalCost = req.MaxTotal
		}
		whole.Grants = append(whole.Grants, g)
	}
	for _, g := range parent.ResourceGrants {
		g.Operations = kept(g.Operations, req.Delegate)
		whole.ResourceGrants = append(whole.ResourceGrants, g)
	}
	for _, g := range parent.PromptGrants {
		g.Operations = kept(g.Operations, req.Delegate)
		whole.PromptGrants = append(whole.PromptGrants, g)
	}
	return whole
}

// kept drops the right to pass on, unless it is to be kept.
func kept(ops []capability.Operation, delegate bool) []capability.Operation {
	return slices.DeleteFunc(slices.Clone(ops), func(op capability.Operation) bool { return op == capability.Delegate && !delegate })
}

func lowerCount(have, asked *uint32) *uint32 {
	if asked == nil {
		return have
	}
	return asked
}

// Aggregate is the bound over all calls under the token and below it, or nil.
func (req *IssueCapability) Aggregate() *capability.Aggregate {
	if req.MaxFamily == nil {
		return nil
	}
	return &capability.Aggregate{Scope: capability.AggregateFamily, MaxInvocations: *req.MaxFamily}
}
