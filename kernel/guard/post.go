package guard

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// HookAction is what a post-invocation hook wants done with a result.
type HookAction uint8

// The actions. The zero value blocks: a hook that says nothing withholds.
const (
	Block HookAction = iota
	Redact
	Escalate
	Release
)

// HookVerdict is a hook's answer about one result.
type HookVerdict struct {
	Action   HookAction
	Content  wire.Raw // of Redact: what takes the result's place, one JSON value
	Code     kernel.Code
	Details  string // one line, as Evidence.Details; of Escalate the message
	Evidence []kernel.Evidence
}

// Hook inspects what a tool returned, after the tool and before anybody sees
// the result. It returns all it found: hooks keep no state between calls.
type Hook interface {
	Name() string
	Inspect(*kernel.Call, wire.Raw) (HookVerdict, error)
}

// PostInvocationPipeline runs hooks in order: Block ends it, Redact replaces
// the content for those that follow, Escalate records a message and goes on.
// The outcome is Block, else the redacted content, else the content as it is.
// An error, a panic, a nil hook and a redaction that is no JSON block.
type PostInvocationPipeline struct{ hooks []Hook }

// PostPipelineName is the pipeline's name.
const PostPipelineName = "post-invocation-pipeline"

// The evidence codes of hooks that give none of their own.
const (
	CodeBlockedOutput  kernel.Code = "CHIO-GUARD-OUTPUT-BLOCKED"
	CodeRedactedOutput kernel.Code = "CHIO-GUARD-OUTPUT-REDACTED"
	CodeEscalated      kernel.Code = "CHIO-GUARD-OUTPUT-ESCALATED"
)

// NewPostInvocationPipeline returns a kernel.OutputGuard that runs hooks in
// order.
func NewPostInvocationPipeline(hooks ...Hook) *PostInvocationPipeline {
	return &PostInvocationPipeline{hooks: append([]Hook(nil), hooks...)}
}

// Name implements kernel.OutputGuard.
func (p *PostInvocationPipeline) Name() string { return PostPipelineName }

// Inspect implements kernel.OutputGuard.
func (p *PostInvocationPipeline) Inspect(call *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	out := kernel.OutputDecision{Verdict: kernel.Allow}
	for _, h := range p.hooks {
		name, v, err := inspect(h, call, content)
		out.Evidence = append(out.Evidence, v.Evidence...)
		row := kernel.Evidence{Guard: name, Verdict: kernel.Allow, Code: v.Code, Details: v.Details}
		switch {
		case err != nil:
			row.Verdict, row.Code, row.Details = kernel.Deny, kernel.CodeGuardError, fmt.Sprintf("hook failed: %.160s", err)
		case v.Action == Redact && !v.Content.IsValid():
			row.Verdict, row.Code, row.Details = kernel.Deny, kernel.CodeGuardError, "hook replaced the result by something that is not JSON"
		case v.Action == Redact:
			row.Code = orCode(v.Code, CodeRedactedOutput)
			content, out.Content = v.Content, v.Content
		case v.Action == Escalate:
			row.Code = orCode(v.Code, CodeEscalated)
		case v.Action == Release:
		default:
			row.Verdict, row.Code = kernel.Deny, orCode(v.Code, CodeBlockedOutput)
		}
		out.Evidence = append(out.Evidence, row)
		if row.Verdict == kernel.Deny {
			out.Verdict, out.Content = kernel.Deny, nil
			return out, nil
		}
	}
	return out, nil
}

func inspect(h Hook, call *kernel.Call, content wire.Raw) (name string, v HookVerdict, err error) {
	name = "nil-hook"
	defer func() {
		if p := recover(); p != nil {
			v, err = HookVerdict{}, fmt.Errorf("it panicked: %.120v", p)
		}
	}()
	if h == nil {
		return name, HookVerdict{}, fmt.Errorf("a hook of the pipeline is nil")
	}
	name = h.Name()
	v, err = h.Inspect(call, content)
	return name, v, err
}

func orCode(c, fallback kernel.Code) kernel.Code {
	if c == "" {
		return fallback
	}
	return c
}
