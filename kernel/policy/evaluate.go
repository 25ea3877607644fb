package policy

import (
	"errors"
	"fmt"

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
	out.MatchedRule, out.Reason = languageRule(row.Rule), row.Details
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
	next := record.State
	if a.Posture != nil && a.Posture.Signal != "" {
		next = g.machine.after(record, PostureSignal(a.Posture.Signal), req.Call.Now)
	}
	return &PostureResult{Current: record.State, Next: next}
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
