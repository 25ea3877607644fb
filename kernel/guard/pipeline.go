package guard

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
)

// CodeMalformed is the evidence code of a call whose arguments do not have the
// shape its tool needs. Every guard denies it.
const CodeMalformed kernel.Code = "CHIO-GUARD-MALFORMED"

// Request is one call and what extraction found in it, shared read-only by the
// guards of one pipeline.
type Request struct {
	Call   *kernel.Call
	Action Action
	// Abstract says that this is an action without a tool, as the evaluation
	// suites of HushSpec have them: rules about tools do not apply to it.
	Abstract bool
	// Reached is what path guards found out about paths, by their text.
	Reached map[string]Reach
	// Ahead is what one guard found for another that reads the same text.
	Ahead Ahead
}

// Ahead is the answer of the guard For, which did not judge yet.
type Ahead struct {
	For     Guard
	Verdict kernel.Verdict
	Details string
}

// Reach is the file a path leads to.
type Reach struct {
	Path       string // clean; absolute where links were followed, else as written
	Relative   string // the same below the tool's directory, if it is there
	Redirected bool   // a symbolic link changed where the path leads
}

// Guard judges one request. It is a pure function of the request and of its
// own configuration. An error or a panic is a Deny.
type Guard interface {
	Name() string
	Judge(*Request) (kernel.Decision, error)
}

// Pipeline is an ordered conjunction of guards; it is itself a kernel.Guard.
// The zero Pipeline denies.
type Pipeline struct {
	name   string
	guards []Guard
	open   bool // no guards and that is meant: see AllowByDesign
}

// NewPipeline returns a pipeline that runs guards in the given order. With no
// guards it denies every call.
func NewPipeline(name string, guards ...Guard) *Pipeline {
	return &Pipeline{name: name, guards: append([]Guard(nil), guards...)}
}

// AllowByDesign returns a pipeline without guards that allows every call, for
// a conjunct that sets no condition, such as treaty terms left empty.
func AllowByDesign(name string) *Pipeline { return &Pipeline{name: name, open: true} }

// Name returns the pipeline's name.
func (p *Pipeline) Name() string { return p.name }

// Names returns the names of the guards in order.
func (p *Pipeline) Names() []string {
	names := make([]string, 0, len(p.guards))
	for _, g := range p.guards {
		names = append(names, nameOf(g))
	}
	return names
}

// Evaluate extracts the action once and runs the guards. It never returns an
// error: whatever goes wrong is in the evidence of a Deny.
func (p *Pipeline) Evaluate(call *kernel.Call) (kernel.Decision, error) {
	switch {
	case p == nil:
		return Refuse("guard-pipeline", kernel.CodeNoPolicy, "", "there is no policy"), nil
	case call == nil || call.Mandate == nil:
		return Refuse(p.name, CodeMalformed, "", "there is no call to judge"), nil
	case len(p.guards) == 0 && p.open:
		return kernel.Decision{Verdict: kernel.Allow}, nil
	case len(p.guards) == 0:
		return Refuse(p.name, kernel.CodeNoPolicy, "", "the policy has no rule in force"), nil
	}
	req, refused := p.request(call)
	if refused != nil {
		return *refused, nil
	}
	return p.run(req), nil
}

// Judge runs the guards on a request that was extracted already. A pipeline is
// a Guard, so pipelines nest.
func (p *Pipeline) Judge(req *Request) (kernel.Decision, error) {
	switch {
	case p == nil:
		return Refuse("guard-pipeline", kernel.CodeNoPolicy, "", "there is no policy"), nil
	case req == nil || req.Call == nil || req.Call.Mandate == nil:
		return Refuse(p.name, CodeMalformed, "", "there is no call to judge"), nil
	case len(p.guards) == 0 && p.open:
		return kernel.Decision{Verdict: kernel.Allow}, nil
	case len(p.guards) == 0:
		return Refuse(p.name, kernel.CodeNoPolicy, "", "the policy has no rule in force"), nil
	}
	if m, bad := req.Action.Shape.(Malformed); bad {
		return Refuse(p.name, CodeMalformed, "", m.Reason), nil
	}
	return p.run(req), nil
}

func (p *Pipeline) run(req *Request) kernel.Decision {
	out := kernel.Decision{Verdict: kernel.Allow, Evidence: make([]kernel.Evidence, 0, len(p.guards))}
	for _, g := range p.guards {
		d := judge(g, req)
		out.Evidence = append(out.Evidence, d.Evidence...)
		out.Verdict = out.Verdict.Stricter(d.Verdict)
		out.Observed = out.Observed || d.Observed
		if d.Verdict == kernel.Deny {
			out.Consume = nil
			return out
		}
		out.Consume = append(out.Consume, d.Consume...)
	}
	return out
}

// Rejudger is a Guard that judges again just before dispatch, because what it
// judged can change. It must consume nothing.
type Rejudger interface {
	Guard
	Rejudge(*Request) (kernel.Decision, error)
}

// Revalidate implements kernel.Revalidator: the guards that ask for it judge
// once more. A pipeline without such a guard allows.
func (p *Pipeline) Revalidate(call *kernel.Call) (kernel.Decision, error) {
	var again []Guard
	if p != nil {
		for _, g := range p.guards {
			if r, ok := g.(Rejudger); ok {
				again = append(again, rejudging{r})
			}
		}
	}
	if len(again) == 0 {
		return kernel.Decision{Verdict: kernel.Allow}, nil
	}
	return (&Pipeline{name: p.name, guards: again}).Evaluate(call)
}

type rejudging struct{ Rejudger }

func (r rejudging) Judge(req *Request) (kernel.Decision, error) { return r.Rejudge(req) }

// request extracts the action; a malformed one, or a panic, is a refusal.
func (p *Pipeline) request(call *kernel.Call) (req *Request, refused *kernel.Decision) {
	defer func() {
		if r := recover(); r != nil {
			d := Refuse(p.name, kernel.CodeGuardError, "", fmt.Sprintf("action extraction panicked: %.120v", r))
			req, refused = nil, &d
		}
	}()
	req = extract(call)
	if m, bad := req.Action.Shape.(Malformed); bad {
		d := Refuse(p.name, CodeMalformed, "", m.Reason)
		return nil, &d
	}
	return req, nil
}

// judge runs one guard and closes every way it could fail open.
func judge(g Guard, req *Request) (d kernel.Decision) {
	name := "nil-guard"
	defer func() {
		if r := recover(); r != nil {
			d = Refuse(name, kernel.CodeGuardError, "", fmt.Sprintf("guard panicked: %.120v", r))
		}
	}()
	if g == nil {
		return Refuse(name, kernel.CodeGuardError, "", "a guard of the pipeline is nil")
	}
	name = g.Name()
	d, err := g.Judge(req)
	if err != nil {
		failed := Refuse(name, kernel.CodeGuardError, "", fmt.Sprintf("guard failed: %.160s", err))
		failed.Evidence = append(failed.Evidence, d.Evidence...)
		return failed
	}
	if d.Verdict > kernel.Allow {
		return Refuse(name, kernel.CodeGuardError, "", "guard answered a verdict that does not exist")
	}
	if len(d.Evidence) == 0 {
		row := kernel.Evidence{Guard: name, Verdict: d.Verdict}
		if d.Verdict != kernel.Allow {
			row.Code = kernel.CodeGuardDenied
		}
		d.Evidence = []kernel.Evidence{row}
	}
	return d
}

func nameOf(g Guard) (name string) {
	name = "nil-guard"
	defer func() { _ = recover() }() // a typed nil: Evaluate denies it by name
	if g != nil {
		name = g.Name()
	}
	return name
}
