package cli

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// trial is a call that is judged without being made.
type trial struct {
	server, tool, args string
	now                int64
	origin             *kernel.Surface
	shape              *kernel.Shape
}

func (t *trial) call() (*kernel.Call, error) {
	args, err := wire.Canonicalize([]byte(t.args), wire.ForeignLimits)
	if err == nil && (len(args) == 0 || args[0] != '{') {
		err = fmt.Errorf("they are not a JSON object")
	}
	if err != nil {
		return nil, usageProblem(fmt.Sprintf("arguments: %v", err), `write them as '{"path":"notes/a.txt"}'`)
	}
	if t.tool == "" {
		return nil, usageProblem("the tool has no name", "")
	}
	return &kernel.Call{Now: t.now, Route: kernel.Route{Server: t.server, Shape: t.shape},
		Mandate: &kernel.Mandate{Server: t.server, Tool: t.tool, Operation: capability.Invoke, Arguments: args, Surface: t.origin}}, nil
}

// opinion is one row of evidence.
type opinion struct {
	Guard   string `json:"guard"`
	Verdict string `json:"verdict"`
	Code    string `json:"code,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Details string `json:"details,omitempty"`
}

func opinionOf(e kernel.Evidence) opinion {
	return opinion{Guard: e.Guard, Verdict: e.Verdict.String(), Code: string(e.Code), Rule: e.Rule, Details: e.Details}
}

// opinions asks every guard, also those behind the one that denies: a copy of
// the policy in which all others only observe is judged.
func (a *app) opinions(l *node.LoadedPolicy, call *kernel.Call, only string) ([]opinion, error) {
	var observe []string
	for _, e := range guards.Catalogue() {
		if e.Name != only {
			observe = append(observe, e.Name)
		}
	}
	for name := range a.customGuards() {
		if name != only {
			observe = append(observe, name)
		}
	}
	if only != policy.ApprovalName {
		observe = append(observe, policy.ApprovalName)
	}
	slices.Sort(observe)
	c, err := l.Compile(policy.CompileOptions{Observe: observe, Custom: a.customGuards()})
	if err != nil {
		return nil, err
	}
	d, err := c.Guard.Evaluate(call)
	if err != nil {
		return nil, err
	}
	var out []opinion
	for _, e := range d.Evidence {
		if e.Code != guard.CodeObserved {
			out = append(out, opinionOf(e))
		}
	}
	return out, nil
}

// customGuards are those of the program, by name.
func (a *app) customGuards() map[string]guard.Guard {
	all := make(map[string]guard.Guard, len(a.Guards))
	for _, g := range a.Guards {
		all[g.Name()] = g
	}
	return all
}
