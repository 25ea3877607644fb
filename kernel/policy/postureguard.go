package policy

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// postureGuard is the head of the pipeline where a policy has a posture, or
// budgets of origins:
//
//  1. the session's record is read and settled at the call's time; an error, or
//     no store, denies
//  2. its state exists and has every capability the call needs
//  3. its budgets, and those of the origin's profile, have room
//
// It consumes nothing itself: what it asks for is taken up at admission.
type postureGuard struct {
	machine *PostureMachine
	initial string           // of the origin's profile; "" is the machine's
	limits  map[string]int64 // of the origin's profile
	profile string           // its id
	scope   string
	store   PostureStore // nil denies
	stated  bool         // the session names the state, as evaluation suites do
}

var errNoPostures = errors.New("this node keeps no posture records")

// Name implements guard.Guard.
func (g *postureGuard) Name() string { return PostureName }

// Judge implements guard.Guard.
func (g *postureGuard) Judge(r *guard.Request) (kernel.Decision, error) {
	use := g.use(r.Call)
	use.Needs, use.Budgets = demands(r)
	record, err := g.record(r.Call, use.Session)
	if err != nil { // 1
		return kernel.Decision{}, fmt.Errorf("reading the session's posture: %w", err)
	}
	use.State = record.State
	rule := "extensions.posture.states." + record.State
	if err := g.machine.Permits(record, use.Needs); err != nil { // 2
		if errors.Is(err, ErrPostureCapability) {
			rule += ".capabilities"
		}
		return guard.Refuse(PostureName, CodePosture, rule, err.Error()), nil
	}
	for _, key := range use.Budgets { // 3
		if err := g.machine.Room(record, []string{key}, nil); err != nil {
			return guard.Refuse(PostureName, CodeBudget, rule+".budgets."+key, err.Error()), nil
		}
		if err := g.machine.Room(record, []string{key}, g.limits); err != nil {
			return guard.Refuse(PostureName, CodeBudget, "extensions.origins.profiles."+g.profile+".budgets."+key, err.Error()), nil
		}
	}
	d := guard.Conclude(kernel.Allow, PostureName, "", "", "")
	if !g.machine.Stateless() {
		d.Evidence[0].Rule = rule
	}
	d.Consume = []any{&use}
	return d, nil
}

// use is what every call of a session takes up, without what this call needs.
func (g *postureGuard) use(call *kernel.Call) PostureUse {
	return PostureUse{Machine: g.machine, Session: sessionOf(call, g.scope), Initial: g.initial, Limits: g.limits}
}

func (g *postureGuard) record(call *kernel.Call, session string) (PostureRecord, error) {
	if g.stated {
		if state := call.Mandate.Session; state != "" {
			return PostureRecord{State: state, Since: call.Now}, nil
		}
		return g.machine.Start(g.initial, call.Now), nil
	}
	if g.store == nil {
		return PostureRecord{}, errNoPostures
	}
	record, found, err := g.store.Current(session, call.Now)
	if err != nil {
		return PostureRecord{}, err
	}
	if !found {
		record = g.machine.Start(g.initial, call.Now)
	}
	return g.machine.Settle(record, call.Now), nil
}

// sessionOf names the record of a call: the agent, the policy's scope, and the
// session if there is one. Sessions of two agents are never the same.
func sessionOf(call *kernel.Call, scope string) string {
	m := call.Mandate
	agent := "-"
	if len(m.Chain) > 0 {
		agent = m.Chain[len(m.Chain)-1].Subject.String()
	}
	return agent + "/" + scope + "/" + m.Session
}

// The lists a call can need, built once.
var (
	needFile   = []string{"file_access"}
	needWrite  = []string{"file_write"}
	needEgress = []string{"egress"}
	needShell  = []string{"shell"}
	needPatch  = []string{"patch"}
	needTool   = []string{"tool_call"}
	needCustom = []string{"custom"}

	spendWrite  = []string{"file_writes"}
	spendEgress = []string{"egress_calls"}
	spendShell  = []string{"shell_commands"}
	spendPatch  = []string{"patches"}
	spendTool   = []string{"tool_calls"}
	spendCustom = []string{"custom_calls"}
)

// demands says which capabilities and budgets a call needs. Shapes that
// HushSpec does not gate need nothing as abstract actions, and are tool calls
// as calls. A call that carries a command or a URL beside what it mainly does
// needs shell or egress too.
func demands(r *guard.Request) (needs, budgets []string) {
	switch r.Action.Shape.(type) {
	case guard.FileAccess:
		needs = needFile
	case guard.FileWrite:
		needs, budgets = needWrite, spendWrite
	case guard.NetworkEgress:
		needs, budgets = needEgress, spendEgress
	case guard.ShellCommand:
		return needShell, spendShell // what a command contacts is part of running it
	case guard.Patch:
		needs, budgets = needPatch, spendPatch
	case guard.McpTool, guard.CodeExecution, guard.BrowserAction, guard.DatabaseQuery, guard.ExternalAPICall,
		guard.MemoryWrite, guard.MemoryRead, guard.Unknown, guard.Malformed:
		if r.Abstract {
			return abstractDemands(r)
		}
		needs, budgets = needTool, spendTool
	}
	if r.Abstract {
		return needs, budgets
	}
	if a := &r.Action; len(a.Commands)+len(a.Argvs)+len(a.Inputs) > 0 {
		needs, budgets = also(needs, needShell), also(budgets, spendShell)
	}
	if _, counted := r.Action.Shape.(guard.NetworkEgress); len(r.Action.URLs) > 0 && !counted {
		needs, budgets = also(needs, needEgress), also(budgets, spendEgress)
	}
	return needs, budgets
}

// abstractDemands: of the actions without a shape of their own only custom is
// gated. Its mandate has that name as operation.
func abstractDemands(r *guard.Request) (needs, budgets []string) {
	if r.Call.Mandate.Operation == operationCustom {
		return needCustom, spendCustom
	}
	return nil, nil
}

func also(a, b []string) []string { return append(a[:len(a):len(a)], b...) }
