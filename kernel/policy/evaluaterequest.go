package policy

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// request builds the guard request of an action.
//
//  1. the arguments are those of the plainest tool that would do it, so that
//     extraction, and nothing else, says what the shape is
//  2. a size that the action states is what the rules see
//  3. content without a stated size counts as it is
func request(a *Action, ctx Context) (*guard.Request, error) {
	tool, args, err := arguments(a)
	if err != nil {
		return nil, err
	}
	doc, err := wire.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAction, err)
	}
	m := &kernel.Mandate{Server: ctx.Server, Tool: tool, Arguments: doc, Edge: ctx.Edge, Surface: a.Origin, Session: ctx.Session}
	if a.Type == ActionCustom {
		m.Operation = operationCustom
	}
	if a.Posture != nil {
		m.Session = a.Posture.Current
	}
	call := &kernel.Call{Mandate: m, Now: ctx.Now}
	if named(a.Type) { // 1: the name must not make a shape of arguments that are not those of the tool
		m.Tool = "tool"
		defer func() { m.Tool = tool }()
	}
	req := &guard.Request{Call: call, Action: guard.Extract(call), Abstract: a.Type != ActionTool} // 1
	switch a.Type {                                                                                // a desktop action is one whatever its name is
	case ActionComputerUse:
		call.Route.Shape = &kernel.Shape{Action: "computer_use"}
	case ActionInput:
		call.Route.Shape = &kernel.Shape{Action: "input"}
	}
	if named(a.Type) {
		if _, bad := req.Action.Shape.(guard.Malformed); !bad {
			req.Action.Shape = guard.McpTool{Name: tool}
		}
	}
	switch {
	case a.ArgsSize != nil: // 2
		if *a.ArgsSize < 0 {
			return nil, fmt.Errorf("%w: args_size is negative", ErrAction)
		}
		req.Action.ArgsBytes = int(*a.ArgsSize)
	case a.Content != nil: // 3
		req.Action.ArgsBytes = len(*a.Content)
	default:
		req.Action.ArgsBytes = 0
	}
	return req, nil
}

// named reports the actions whose target is a name: the action says no more
// about it.
func named(action string) bool {
	switch action {
	case ActionTool, ActionComputerUse, ActionInput, ActionCustom:
		return true
	}
	return false
}

// arguments names a tool and its arguments for an action.
func arguments(a *Action) (tool string, args map[string]any, err error) {
	args = map[string]any{}
	content := func(name string) {
		if a.Content != nil {
			args[name] = *a.Content
		}
	}
	switch a.Type {
	case ActionFileRead:
		args["path"] = a.Target
		return "read_file", args, nil
	case ActionFileWrite:
		args["path"] = a.Target
		content("content")
		return "write_file", args, nil
	case ActionPatch:
		args["path"] = a.Target
		content("diff")
		return "apply_patch", args, nil
	case ActionEgress:
		args["url"] = a.Target
		if !strings.Contains(a.Target, "://") && a.Target != "" {
			args["url"] = "https://" + a.Target
		}
		content("body")
		return "http_request", args, nil
	case ActionShell:
		args["command"] = a.Target
		return "bash", args, nil
	case ActionTool:
		content("content")
		return a.Target, args, nil
	case ActionComputerUse:
		content("content")
		return a.Target, args, nil
	case ActionInput:
		args["input_type"] = a.Target
		content("content")
		return "input.inject", args, nil
	case ActionBrowser:
		args["action"] = a.Target
		if a.URL != "" {
			args["url"] = a.URL
		}
		content("text")
		return "browser", args, nil
	case ActionCode:
		return "run_code", codeArguments(a, args), nil
	case ActionCustom:
		content("content")
		return a.Target, args, nil
	}
	return "", nil, fmt.Errorf("%w: no rule knows actions of type %.60q", ErrAction, a.Type)
}

func codeArguments(a *Action, args map[string]any) map[string]any {
	args["language"], args["code"] = a.Target, ""
	if a.Content != nil {
		args["code"] = *a.Content
	}
	if a.Network {
		args["network_access"] = true
	}
	if a.TimeoutMS != nil {
		args["timeout_ms"] = *a.TimeoutMS
	}
	return args
}
