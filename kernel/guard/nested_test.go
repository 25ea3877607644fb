package guard

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// A pipeline inside another is as strict as one alone.
func TestNestedPipelineFailsClosed(t *testing.T) {
	call := toolCall("echo", `{}`)
	allow := say("a", kernel.Allow)
	var none *Pipeline
	for name, tc := range map[string]struct {
		inner *Pipeline
		req   *Request
		want  kernel.Verdict
	}{
		"allows":         {NewPipeline("in", allow), &Request{Call: call, Action: Extract(call)}, kernel.Allow},
		"open by design": {AllowByDesign("in"), &Request{Call: call, Action: Extract(call)}, kernel.Allow},
		"no guards":      {NewPipeline("in"), &Request{Call: call, Action: Extract(call)}, kernel.Deny},
		"nil":            {none, &Request{Call: call, Action: Extract(call)}, kernel.Deny},
		"no request":     {NewPipeline("in", allow), nil, kernel.Deny},
		"no call":        {NewPipeline("in", allow), &Request{}, kernel.Deny},
		"malformed":      {NewPipeline("in", allow), &Request{Call: call, Action: Action{Shape: Malformed{Reason: "x"}}}, kernel.Deny},
	} {
		if d, err := tc.inner.Judge(tc.req); err != nil || d.Verdict != tc.want {
			t.Errorf("%s: %v %v, want %v", name, d.Verdict, err, tc.want)
		}
	}
	if d, _ := NewPipeline("out", NewPipeline("in")).Evaluate(call); d.Verdict != kernel.Deny {
		t.Errorf("a nested pipeline without guards: %v", d.Verdict)
	}
}

// What observe mode lets through takes from nothing, is judged again before
// dispatch, and never was a call that the guard could not read.
func TestObserveNeverHidesAFailure(t *testing.T) {
	call := toolCall("echo", `{}`)
	asks := say("a", kernel.PendingApproval)
	asks.d.Consume = []any{1}
	if d, _ := NewPipeline("p", Observe(asks)).Evaluate(call); d.Verdict != kernel.Allow || len(d.Consume) != 0 {
		t.Errorf("%v consumes %v", d.Verdict, d.Consume)
	}
	unread := &fake{name: "a", d: Refuse("a", CodeMalformed, "", "a member is no string")}
	if d, _ := NewPipeline("p", Observe(unread)).Evaluate(call); d.Verdict != kernel.Deny {
		t.Errorf("what a guard could not read: %v", d.Verdict)
	}
	gone := &again{fake: *say("a", kernel.Allow), err: errors.New("no disk")}
	if d, _ := NewPipeline("p", Observe(gone)).Revalidate(call); d.Verdict != kernel.Deny {
		t.Errorf("a guard that fails when it judges again: %v", d.Verdict)
	}
}

// One declared argument that is a path does not excuse another that is none.
func TestEveryDeclaredArgumentIsText(t *testing.T) {
	call := toolCall("summon", `{"a":"x","b":{"deep":"/etc/shadow"}}`)
	call.Route.Shape = &kernel.Shape{Action: "file_read", Paths: []string{"/a", "/b"}}
	if a := Extract(call); a.Shape.Kind() != "malformed" {
		t.Errorf("%#v", a.Shape)
	}
}
