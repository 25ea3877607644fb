package guard

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
)

// Extract says what a call is about to do:
//
//  1. arguments that are not one JSON object within the bounds are Malformed
//  2. a shape declared in the tool's manifest decides what the call is
//  3. else its name does; a member under an alias of higher priority with the
//     wrong type, or a required member that is missing, is Malformed
//  4. else it is McpTool, or Unknown for an operation that invokes no tool
//  5. in every case all paths, URLs and commands found anywhere in the
//     arguments are listed
func Extract(call *kernel.Call) Action { return extract(call).Action }

func extract(call *kernel.Call) *Request {
	x := &extraction{}
	x.request.Call = call
	x.extract(call)
	return &x.request
}

func (x *extraction) extract(call *kernel.Call) {
	m, a := call.Mandate, &x.request.Action
	a.ArgsBytes, a.Paths, a.Texts = len(m.Arguments), x.paths[:0], x.texts[:0]
	fam, name := recognise(m.Tool)
	declared := call.Route.Shape
	access := accessOf(fam)
	if declared != nil {
		access = declaredAccess(declared.Action, access)
	}
	invokes := m.Operation == "" || m.Operation == capability.Invoke
	if !invokes && fam == familyNone && declared == nil {
		access = AccessRead // a resource or a prompt
	}
	f, w := &x.finder, &x.walker
	loose := fam == familyNone && declared == nil && invokes && codeTool(name)
	*f = finder{action: a, access: access, payload: fam != familyNone || declaresFile(declared),
		code: loose || fam == familyCode || fam == familyBrowser, web: fam == familyBrowser, scripts: fam == familyBrowser || scripted(name), query: fam == familyDatabase, patches: fam == familyPatch,
		types: terminalTool(name), places: x.places[:0], leaves: x.leaves[:0]}
	*w = walker{see: f, top: x.top[:0]}
	if err := w.walk(m.Arguments); err != nil { // 1
		a.malformed("%v", err)
		return
	}
	if err := f.join(); err != nil {
		a.malformed("%v", err)
		return
	}
	a.top = w.top
	args := arguments{top: w.top, name: name}
	switch {
	case declared != nil: // 2
		a.Shape = declare(f, m.Arguments, declared, m.Tool, args)
	case !invokes: // 4
		if err := f.onString("", m.Tool); err != nil {
			a.malformed("%v", err)
			return
		}
		a.Shape = Unknown{Operation: string(m.Operation)}
	case fam == familyNone: // 4
		a.Shape = McpTool{Name: m.Tool}
		if loose {
			a.Shape = args.source(m.Tool)
		}
	default: // 3
		a.Shape = args.shape(fam, f)
	}
}

// extraction is the memory of one Extract: one allocation holds what a call
// of usual size needs.
type extraction struct {
	request Request
	finder  finder
	walker  walker
	paths   [3]Path
	texts   [8]Text
	top     [4]member
	places  [1]string
	leaves  [2]string
}

func (a *Action) malformed(format string, args ...any) {
	a.Shape = Malformed{Reason: fmt.Sprintf(format, args...)}
}
