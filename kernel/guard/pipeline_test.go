package guard

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
	"pgregory.net/rapid"
)

type fake struct {
	name string
	d    kernel.Decision
	err  error
	boom any
	ran  *[]string
}

func (f *fake) Name() string { return f.name }

func (f *fake) Judge(*Request) (kernel.Decision, error) {
	if f.ran != nil {
		*f.ran = append(*f.ran, f.name)
	}
	if f.boom != nil {
		panic(f.boom)
	}
	return f.d, f.err
}

func say(name string, v kernel.Verdict) *fake {
	return &fake{name: name, d: kernel.Decision{Verdict: v}}
}

func toolCall(tool, args string) *kernel.Call {
	return &kernel.Call{Mandate: &kernel.Mandate{Server: "files", Tool: tool, Arguments: wire.Raw(args)}}
}

func TestI5_PipelineFailsClosed(t *testing.T) {
	var typedNil *fake
	call := toolCall("echo", `{"text":"hi"}`)
	for name, tc := range map[string]struct {
		p    *Pipeline
		call *kernel.Call
		code kernel.Code
	}{
		"nil pipeline":   {nil, call, kernel.CodeNoPolicy},
		"zero pipeline":  {&Pipeline{}, call, kernel.CodeNoPolicy},
		"no guards":      {NewPipeline("p"), call, kernel.CodeNoPolicy},
		"nil call":       {NewPipeline("p", say("a", kernel.Allow)), nil, CodeMalformed},
		"nil mandate":    {NewPipeline("p", say("a", kernel.Allow)), &kernel.Call{}, CodeMalformed},
		"nil guard":      {NewPipeline("p", say("a", kernel.Allow), nil), call, kernel.CodeGuardError},
		"typed nil":      {NewPipeline("p", typedNil), call, kernel.CodeGuardError},
		"error":          {NewPipeline("p", &fake{name: "a", d: kernel.Decision{Verdict: kernel.Allow}, err: errors.New("journal is gone")}), call, kernel.CodeGuardError},
		"panic":          {NewPipeline("p", &fake{name: "a", boom: "boom"}), call, kernel.CodeGuardError},
		"runtime panic":  {NewPipeline("p", &fake{name: "a", boom: errors.New("index")}), call, kernel.CodeGuardError},
		"no such value":  {NewPipeline("p", say("a", kernel.Verdict(9))), call, kernel.CodeGuardError},
		"zero decision":  {NewPipeline("p", &fake{name: "a"}), call, kernel.CodeGuardDenied},
		"bad arguments":  {NewPipeline("p", say("a", kernel.Allow)), toolCall("echo", `[1]`), CodeMalformed},
		"duplicate name": {NewPipeline("p", say("a", kernel.Allow)), toolCall("echo", `{"a":1,"a":2}`), CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := tc.p.Evaluate(tc.call)
			if err != nil || d.Verdict != kernel.Deny {
				t.Fatalf("verdict %v, error %v", d.Verdict, err)
			}
			last := d.Evidence[len(d.Evidence)-1]
			if !slices.ContainsFunc(d.Evidence, func(e kernel.Evidence) bool { return e.Code == tc.code && e.Verdict == kernel.Deny }) {
				t.Errorf("evidence %+v, want code %s", last, tc.code)
			}
		})
	}
	if d, _ := AllowByDesign("p").Evaluate(call); d.Verdict != kernel.Allow {
		t.Error("a conjunct open by design denies")
	}
}

func TestPipelineOrderAndEvidence(t *testing.T) {
	var ran []string
	g := func(name string, v kernel.Verdict) *fake {
		f := say(name, v)
		f.ran = &ran
		f.d.Evidence = []kernel.Evidence{{Guard: name, Verdict: v, Details: "seen"}}
		return f
	}
	p := NewPipeline("p", g("a", kernel.Allow), g("b", kernel.PendingApproval), g("c", kernel.Allow), g("d", kernel.Deny), g("e", kernel.Allow))
	d, err := p.Evaluate(toolCall("echo", `{}`))
	if err != nil || d.Verdict != kernel.Deny {
		t.Fatalf("%v %v", d.Verdict, err)
	}
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v: pending must not end the pipeline, deny must", ran, want)
	}
	if len(d.Evidence) != 4 || d.Evidence[1].Verdict != kernel.PendingApproval {
		t.Errorf("evidence was not kept: %+v", d.Evidence)
	}
	d, _ = NewPipeline("p", g("a", kernel.PendingApproval), g("b", kernel.Allow)).Evaluate(toolCall("echo", `{}`))
	if d.Verdict != kernel.PendingApproval {
		t.Errorf("pending was lost: %v", d.Verdict)
	}
	if got := NewPipeline("p", say("x", kernel.Allow), nil).Names(); !slices.Equal(got, []string{"x", "nil-guard"}) {
		t.Errorf("names %v", got)
	}
}

// Adding a guard anywhere never loosens a verdict, and the verdict of a
// pipeline is the strictest of its guards in any order.
func TestI4_AddingAGuardNeverLoosens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		verdicts := rapid.SliceOfN(rapid.SampledFrom([]kernel.Verdict{kernel.Deny, kernel.PendingApproval, kernel.Allow}), 1, 6).Draw(t, "verdicts")
		list := make([]Guard, len(verdicts))
		want := kernel.Allow
		for i, v := range verdicts {
			list[i] = say("g", v)
			want = want.Stricter(v)
		}
		call := toolCall("echo", `{}`)
		before, _ := NewPipeline("p", list...).Evaluate(call)
		if before.Verdict != want {
			t.Fatalf("verdict %v, strictest is %v", before.Verdict, want)
		}
		shuffled, _ := NewPipeline("p", rapid.Permutation(list).Draw(t, "order")...).Evaluate(call)
		if shuffled.Verdict != want {
			t.Fatalf("order changed the verdict to %v", shuffled.Verdict)
		}
		at := rapid.IntRange(0, len(list)).Draw(t, "at")
		more := slices.Insert(slices.Clone(list), at, Guard(say("new", rapid.SampledFrom(verdicts).Draw(t, "new"))))
		after, _ := NewPipeline("p", more...).Evaluate(call)
		if after.Verdict > before.Verdict {
			t.Fatalf("a guard more turned %v into %v", before.Verdict, after.Verdict)
		}
	})
}
