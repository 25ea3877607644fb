package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// Action is what HushSpec evaluates: one thing an agent is about to do, with
// or without a tool.
type Action struct {
	Type      string          `json:"type"`
	Target    string          `json:"target,omitempty"`
	Content   *string         `json:"content,omitzero"`
	ArgsSize  *int64          `json:"args_size,omitzero"` // bytes
	Origin    *kernel.Surface `json:"origin,omitzero"`
	Posture   *ActionPosture  `json:"posture,omitzero"`
	URL       string          `json:"url,omitempty"`       // browser_action: where it navigates
	Network   bool            `json:"network,omitzero"`    // code_exec: asks for network access
	TimeoutMS *int64          `json:"timeout_ms,omitzero"` // code_exec
}

// ActionPosture is the state the action is taken in, and a signal after it.
type ActionPosture struct {
	Current string `json:"current,omitempty"`
	Signal  string `json:"signal,omitempty"`
}

// The types of actions.
const (
	ActionFileRead    = "file_read"
	ActionFileWrite   = "file_write"
	ActionPatch       = "patch_apply"
	ActionEgress      = "egress"
	ActionShell       = "shell_command"
	ActionTool        = "tool_call"
	ActionComputerUse = "computer_use"
	ActionInput       = "input_inject"
	ActionBrowser     = "browser_action"
	ActionCode        = "code_exec"
	ActionCustom      = "custom"
)

// operationCustom marks the abstract action that only posture and
// extensions.chio.custom_actions know.
const operationCustom capability.Operation = "custom"

// Context is what an evaluation knows besides the action.
type Context struct {
	Now     int64  `json:"now,omitzero"` // unix seconds
	Server  string `json:"server,omitempty"`
	Session string `json:"session,omitempty"`
	Edge    string `json:"edge,omitempty"`
}

// The decisions of HushSpec. Warn is PendingApproval.
const (
	DecisionAllow = "allow"
	DecisionWarn  = "warn"
	DecisionDeny  = "deny"
)

// Result is the decision of the compiled guards in the words of HushSpec.
type Result struct {
	Decision      string         `json:"decision"` // allow | warn | deny
	MatchedRule   string         `json:"matched_rule,omitempty"`
	Reason        string         `json:"reason,omitempty"`
	OriginProfile string         `json:"origin_profile,omitempty"`
	Posture       *PostureResult `json:"posture,omitzero"`

	Evidence []kernel.Evidence `json:"-"`
}

// PostureResult is the state an action was judged in and the one after it.
type PostureResult struct {
	Current string `json:"current"`
	Next    string `json:"next"`
}

// ErrAction refuses an action that cannot be read.
var ErrAction = errors.New("action cannot be evaluated")

// ParseAction reads an action strictly: an unknown member is an error.
func ParseAction(doc []byte) (Action, error) {
	var a Action
	if err := wire.Unmarshal(doc, &a, wire.ForeignLimits); err != nil {
		return Action{}, fmt.Errorf("%w: %w", ErrAction, err)
	}
	if a.Type == "" {
		return Action{}, fmt.Errorf("%w: it has no type", ErrAction)
	}
	return a, nil
}

// Evaluate decides an action. It builds a request of the action's shape and
// runs the compiled pipeline over it: there is no second evaluator. An action
// without a tool is not judged by the rules about tools. A type that nothing
// knows denies.
func (c *Compiled) Evaluate(a Action, ctx Context) Result {
	req, err := request(&a, ctx)
	if err != nil {
		return Result{Decision: DecisionDeny, Reason: err.Error()}
	}
	d, err := c.suites.judge(req)
	if err != nil {
		return Result{Decision: DecisionDeny, Reason: err.Error()}
	}
	out := Result{Evidence: d.Evidence}
	row := deciding(a.Type, d)
	out.MatchedRule, out.Reason = row.Rule, row.Details
	switch d.Verdict {
	case kernel.Allow:
		out.Decision = DecisionAllow
	case kernel.PendingApproval:
		out.Decision = DecisionWarn
	default:
		out.Decision = DecisionDeny
	}
	if a.Type == ActionCustom && out.Decision != DecisionDeny && !c.custom && !c.grantsCustom(req) {
		out.Decision, out.MatchedRule = DecisionDeny, "extensions.chio.custom_actions"
		out.Reason = "no rule knows custom actions, and the policy does not allow them"
	}
	if p := c.suites.profile(req.Call); p != nil {
		out.OriginProfile = p.ID
	}
	out.Posture = c.postureAfter(&a, req)
	return out
}

// grantsCustom reports a posture, which permits custom actions by name.
func (c *Compiled) grantsCustom(req *guard.Request) bool {
	g := c.suites.postureOf(req.Call)
	return g != nil && !g.machine.Stateless()
}

// postureAfter is nil for a policy without states.
func (c *Compiled) postureAfter(a *Action, req *guard.Request) *PostureResult {
	g := c.suites.postureOf(req.Call)
	if g == nil || g.machine.Stateless() {
		return nil
	}
	record, err := g.record(req.Call, "")
	if err != nil {
		return nil
	}
	next := record
	if a.Posture != nil && a.Posture.Signal != "" {
		next = g.machine.Step(record, PostureSignal(a.Posture.Signal), req.Call.Now)
	}
	return &PostureResult{Current: record.State, Next: next.State}
}

// Posture is what a call of this policy means for its session, also when the
// call is denied: which record, and where it begins. ok is false for a policy
// without posture and budgets, and for an origin that no profile matches.
func (c *Compiled) Posture(call *kernel.Call) (use PostureUse, ok bool) {
	if call == nil || call.Mandate == nil {
		return PostureUse{}, false
	}
	g := c.evaluator.postureOf(call)
	if g == nil {
		return PostureUse{}, false
	}
	return g.use(call), true
}

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
