package guards

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// McpToolConfig configures mcp-tool. A name without "*" or "?" is exact; with
// one it is a glob over the whole name, unless Exact. Case matters.
type McpToolConfig struct {
	Exact               bool // every name is taken literally
	Block               []string
	RequireConfirmation []string
	Allow               []string // nil: no allow list; empty: nothing is allowed
	DefaultBlock        bool     // what happens to a tool no list names, without an allow list
	MaxArgsBytes        int      // 0: no limit
	Rule                string   // dotted path of the block; "" is rules.tool_access
}

// McpTool judges the tool's name and the size of its arguments, for every
// call, whatever its shape.
//
//  1. arguments larger than the limit: deny
//  2. a blocked tool: deny
//  3. a tool that requires confirmation: pending approval
//  4. with an allow list, a tool it does not name: deny
//  5. without one, the default
//
// An abstract action has no tool, and passes.
type McpTool struct {
	rule           string
	block, confirm *names
	allow          *names // nil: no allow list
	defaultBlock   bool
	maxArgs        int
	pass           kernel.Decision // the tool is not judged
	listed         kernel.Decision // an allow list names it
	byDefault      kernel.Decision
}

// NewMcpTool compiles the configuration.
func NewMcpTool(c McpToolConfig) (*McpTool, error) {
	if c.MaxArgsBytes < 0 {
		return nil, errors.New(McpToolName + ": max_args_size is negative")
	}
	g := &McpTool{
		rule: cmp.Or(c.Rule, "rules.tool_access"), defaultBlock: c.DefaultBlock,
		maxArgs: c.MaxArgsBytes, pass: guard.Allowed(McpToolName, "", "", ""),
	}
	g.listed, g.byDefault = guard.Allowed(McpToolName, "", g.rule+".allow", ""), guard.Allowed(McpToolName, "", g.rule+".default", "")
	compileNames := namesCompiler(c.Exact)
	var err error
	if g.block, err = compileNames(c.Block); err != nil {
		return nil, fmt.Errorf("%s block: %w", McpToolName, err)
	}
	if g.confirm, err = compileNames(c.RequireConfirmation); err != nil {
		return nil, fmt.Errorf("%s require_confirmation: %w", McpToolName, err)
	}
	if c.Allow != nil {
		if g.allow, err = compileNames(c.Allow); err != nil {
			return nil, fmt.Errorf("%s allow: %w", McpToolName, err)
		}
	}
	return g, nil
}

// Name returns mcp-tool.
func (g *McpTool) Name() string { return McpToolName }

// Judge implements guard.Guard.
func (g *McpTool) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(McpToolName, r); bad {
		return d, nil
	}
	if r.Abstract {
		return g.pass, nil
	}
	tool := r.Call.Mandate.Tool
	switch {
	case tool == "":
		return g.refuse(CodeToolUnlisted, ".default", "the call names no tool"), nil
	case g.maxArgs > 0 && r.Action.ArgsBytes > g.maxArgs: // 1
		return g.refuse(CodeArgsSize, ".max_args_size",
			fmt.Sprintf("arguments are %d bytes, limit %d", r.Action.ArgsBytes, g.maxArgs)), nil
	case g.block.match(tool): // 2
		return g.refuse(CodeToolBlocked, ".block", fmt.Sprintf("tool %s is blocked", brief(tool))), nil
	case g.confirm.match(tool): // 3
		return guard.Conclude(kernel.PendingApproval, McpToolName, CodeToolConfirm, g.rule+".require_confirmation",
			fmt.Sprintf("tool %s needs a person's approval", brief(tool))), nil
	case g.allow != nil && !g.allow.match(tool): // 4
		field := ".allow"
		if g.defaultBlock {
			field = ".default"
		}
		return g.refuse(CodeToolUnlisted, field, fmt.Sprintf("tool %s is not in the allow list", brief(tool))), nil
	case g.allow != nil:
		return g.listed, nil
	case g.allow == nil && g.defaultBlock: // 5
		return g.refuse(CodeToolUnlisted, ".default", fmt.Sprintf("tool %s is not listed and the default is block", brief(tool))), nil
	}
	return g.byDefault, nil
}

func (g *McpTool) refuse(code kernel.Code, field, details string) kernel.Decision {
	return guard.Refuse(McpToolName, code, g.rule+field, details)
}
