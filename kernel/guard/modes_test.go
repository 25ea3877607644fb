package guard

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// again is a guard that judges before dispatch too.
type again struct {
	fake
	rejudged kernel.Decision
	err      error
}

func (a *again) Rejudge(*Request) (kernel.Decision, error) { return a.rejudged, a.err }

func TestRevalidateRunsOnlyGuardsThatAsk(t *testing.T) {
	call := toolCall("echo", `{}`)
	deny := kernel.Decision{Verdict: kernel.Deny}
	stateless := &again{fake: *say("a", kernel.Allow), rejudged: kernel.Decision{Verdict: kernel.Allow}}
	for name, tc := range map[string]struct {
		p    *Pipeline
		want kernel.Verdict
	}{
		"nobody asks":   {NewPipeline("p", say("consumes", kernel.Deny)), kernel.Allow},
		"still allowed": {NewPipeline("p", say("consumes", kernel.Deny), stateless), kernel.Allow},
		"changed":       {NewPipeline("p", &again{fake: *say("a", kernel.Allow), rejudged: deny}), kernel.Deny},
		"fails":         {NewPipeline("p", &again{fake: *say("a", kernel.Allow), err: errors.New("no disk")}), kernel.Deny},
		"observed":      {NewPipeline("p", Observe(&again{fake: *say("a", kernel.Allow), rejudged: deny})), kernel.Allow},
		"nil pipeline":  {nil, kernel.Allow},
	} {
		if d, err := tc.p.Revalidate(call); err != nil || d.Verdict != tc.want {
			t.Errorf("%s: %v %v, want %v", name, d.Verdict, err, tc.want)
		}
	}
	if d, _ := NewPipeline("p", stateless).Revalidate(nil); d.Verdict != kernel.Deny {
		t.Error("no call was judged again and allowed")
	}
}

func TestDenyConsumesNothing(t *testing.T) {
	takes := func(name string, v kernel.Verdict, what any) *fake {
		f := say(name, v)
		f.d.Consume = []any{what}
		return f
	}
	call := toolCall("echo", `{}`)
	d, _ := NewPipeline("p", takes("a", kernel.Allow, 1), takes("b", kernel.PendingApproval, 2)).Evaluate(call)
	if !slices.Equal(d.Consume, []any{1, 2}) {
		t.Errorf("consumes %v", d.Consume)
	}
	d, _ = NewPipeline("p", takes("a", kernel.Allow, 1), takes("b", kernel.Deny, 2), takes("c", kernel.Allow, 3)).Evaluate(call)
	if len(d.Consume) != 0 {
		t.Errorf("a denial consumes %v", d.Consume)
	}
}

func TestObserve(t *testing.T) {
	local := toolCall("echo", `{}`)
	paid := toolCall("echo", `{}`)
	paid.Route.Price = &wire.MonetaryAmount{Units: 1, Currency: "USD"}
	sent := toolCall("echo", `{}`)
	sent.Route.PeerDID = "did:chio:x"
	received := toolCall("echo", `{}`)
	received.Mandate.Origin = &kernel.Origin{}
	malformed := toolCall("echo", `[1]`)
	var typedNil *fake
	for name, tc := range map[string]struct {
		g        Guard
		call     *kernel.Call
		want     kernel.Verdict
		observed bool
	}{
		"would deny":    {say("a", kernel.Deny), local, kernel.Allow, true},
		"would ask":     {say("a", kernel.PendingApproval), local, kernel.Allow, true},
		"allows":        {say("a", kernel.Allow), local, kernel.Allow, false},
		"paid":          {say("a", kernel.Deny), paid, kernel.Deny, false},
		"to a peer":     {say("a", kernel.PendingApproval), sent, kernel.PendingApproval, false},
		"from a peer":   {say("a", kernel.Deny), received, kernel.Deny, false},
		"malformed":     {say("a", kernel.Deny), malformed, kernel.Deny, false},
		"error":         {&fake{name: "a", err: errors.New("x")}, local, kernel.Deny, false},
		"panic":         {&fake{name: "a", boom: "x"}, local, kernel.Deny, false},
		"nil guard":     {nil, local, kernel.Deny, false},
		"typed nil":     {typedNil, local, kernel.Deny, false},
		"no such value": {say("a", kernel.Verdict(7)), local, kernel.Deny, false},
		"its own error row": {&fake{name: "a", d: kernel.Decision{Evidence: []kernel.Evidence{{Code: kernel.CodeGuardError}}}},
			local, kernel.Deny, false},
	} {
		d, err := NewPipeline("p", Observe(tc.g)).Evaluate(tc.call)
		if err != nil || d.Verdict != tc.want || d.Observed != tc.observed {
			t.Errorf("%s: %v observed %v, want %v %v", name, d.Verdict, d.Observed, tc.want, tc.observed)
		}
		marked := slices.ContainsFunc(d.Evidence, func(e kernel.Evidence) bool { return e.Code == CodeObserved })
		if marked != tc.observed {
			t.Errorf("%s: evidence %+v", name, d.Evidence)
		}
	}
	d, _ := NewPipeline("p", Observe(say("a", kernel.Deny)), say("b", kernel.Deny)).Evaluate(local)
	if d.Verdict != kernel.Deny {
		t.Error("a guard that enforces was observed too")
	}
}

type outputs struct {
	d   kernel.OutputDecision
	err error
}

func (o outputs) Name() string { return "results" }
func (o outputs) Inspect(*kernel.Call, wire.Raw) (kernel.OutputDecision, error) {
	return o.d, o.err
}

func TestObserveOutput(t *testing.T) {
	local := toolCall("echo", `{}`)
	paid := toolCall("echo", `{}`)
	paid.Route.Price = &wire.MonetaryAmount{Units: 1, Currency: "USD"}
	withheld := kernel.OutputDecision{Evidence: []kernel.Evidence{{Guard: "results", Code: "CHIO-X"}}}
	redacted := kernel.OutputDecision{Verdict: kernel.Allow, Content: wire.Raw(`"clean"`)}
	for name, tc := range map[string]struct {
		g        outputs
		call     *kernel.Call
		want     kernel.Verdict
		observed bool
	}{
		"would withhold": {outputs{d: withheld}, local, kernel.Allow, true},
		"paid":           {outputs{d: withheld}, paid, kernel.Deny, false},
		"no call":        {outputs{d: withheld}, nil, kernel.Deny, false},
		"replaces":       {outputs{d: redacted}, local, kernel.Allow, false},
		"could not look": {outputs{d: kernel.OutputDecision{Evidence: []kernel.Evidence{{Code: kernel.CodeGuardError}}}}, local, kernel.Deny, false},
		"no such value":  {outputs{d: kernel.OutputDecision{Verdict: 9}}, local, 9, false},
	} {
		d, err := ObserveOutput(tc.g).Inspect(tc.call, wire.Raw(`"raw"`))
		if err != nil || d.Verdict != tc.want || d.Observed != tc.observed || name == "replaces" && string(d.Content) != `"clean"` {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
	if _, err := ObserveOutput(outputs{err: errors.New("x")}).Inspect(local, nil); err == nil || ObserveOutput(outputs{}).Name() != "results" {
		t.Error("an error was observed away")
	}
}

type advisor struct {
	name    string
	signals []Signal
	err     error
	boom    bool
}

func (a *advisor) Name() string { return a.name }
func (a *advisor) Advise(*Request) ([]Signal, error) {
	if a.boom {
		panic("boom")
	}
	return a.signals, a.err
}

func TestAdvisoryPipeline(t *testing.T) {
	var typedNil *advisor
	loud := &advisor{name: "loud", signals: []Signal{{Severity: High, Description: "seen"}, {Severity: Low, Code: "CHIO-X"}}}
	quiet := &advisor{name: "quiet"}
	promote := PromotionPolicy{{Guard: "loud", MinSeverity: High}}
	for name, tc := range map[string]struct {
		p    *AdvisoryPipeline
		want kernel.Verdict
		rows int
	}{
		"empty":         {NewAdvisoryPipeline(nil), kernel.Allow, 1},
		"only recorded": {NewAdvisoryPipeline(nil, loud, quiet), kernel.Allow, 2},
		"promoted":      {NewAdvisoryPipeline(promote, loud, loud), kernel.Deny, 4},
		"others not":    {NewAdvisoryPipeline(PromotionPolicy{{Guard: "quiet"}}, loud), kernel.Allow, 2},
		"too low":       {NewAdvisoryPipeline(PromotionPolicy{{"loud", Critical}}, loud), kernel.Allow, 2},
		"error":         {NewAdvisoryPipeline(nil, loud, &advisor{name: "x", err: errors.New("no journal")}), kernel.Deny, 3},
		"panic":         {NewAdvisoryPipeline(nil, &advisor{name: "x", boom: true}), kernel.Deny, 1},
		"nil":           {NewAdvisoryPipeline(nil, nil), kernel.Deny, 1},
		"typed nil":     {NewAdvisoryPipeline(nil, typedNil), kernel.Deny, 1},
		"flood":         {NewAdvisoryPipeline(nil, &advisor{name: "x", signals: make([]Signal, maxSignals+1)}), kernel.Deny, 1},
	} {
		d, err := NewPipeline("p", tc.p).Evaluate(toolCall("echo", `{}`))
		if err != nil || d.Verdict != tc.want || len(d.Evidence) != tc.rows {
			t.Errorf("%s: %v %+v, want %v with %d rows", name, d.Verdict, d.Evidence, tc.want, tc.rows)
		}
	}
	d, _ := NewPipeline("p", NewAdvisoryPipeline(promote, loud, &advisor{name: "soft", signals: []Signal{{Severity: High}}})).Evaluate(toolCall("echo", `{}`))
	if d.Evidence[0].Code != CodePromoted || d.Evidence[1].Code != "CHIO-X" || d.Evidence[2].Code != CodeAdvisory {
		t.Errorf("codes of %+v", d.Evidence)
	}
	for i, name := range severities {
		if s, err := ParseSeverity(name); err != nil || int(s) != i || s.String() != name {
			t.Errorf("%s: %v %v", name, s, err)
		}
	}
	if _, err := ParseSeverity("dire"); err == nil || Severity(9).String() != "unknown" {
		t.Error("a severity that does not exist is known")
	}
}

type hook struct {
	v    HookVerdict
	err  error
	boom bool
	saw  *string
}

func (h *hook) Name() string { return "hook" }
func (h *hook) Inspect(_ *kernel.Call, content wire.Raw) (HookVerdict, error) {
	if h.boom {
		panic("boom")
	}
	if h.saw != nil {
		*h.saw = string(content)
	}
	return h.v, h.err
}

func TestPostInvocationPipeline(t *testing.T) {
	var typedNil *hook
	var saw string
	redact := &hook{v: HookVerdict{Action: Redact, Content: wire.Raw(`"clean"`)}}
	release := &hook{v: HookVerdict{Action: Release}, saw: &saw}
	escalate := &hook{v: HookVerdict{Action: Escalate, Details: "look at this", Code: "CHIO-X"}}
	for name, tc := range map[string]struct {
		hooks []Hook
		want  kernel.Verdict
		out   string
		code  kernel.Code
	}{
		"none":           {nil, kernel.Allow, "", ""},
		"release":        {[]Hook{release}, kernel.Allow, "", ""},
		"redact":         {[]Hook{redact, release}, kernel.Allow, `"clean"`, CodeRedactedOutput},
		"escalate":       {[]Hook{escalate}, kernel.Allow, "", "CHIO-X"},
		"escalate plain": {[]Hook{&hook{v: HookVerdict{Action: Escalate}}}, kernel.Allow, "", CodeEscalated},
		"block":          {[]Hook{redact, &hook{}}, kernel.Deny, "", CodeBlockedOutput},
		"block first":    {[]Hook{&hook{}, &hook{boom: true}}, kernel.Deny, "", CodeBlockedOutput},
		"no such action": {[]Hook{&hook{v: HookVerdict{Action: 9}}}, kernel.Deny, "", CodeBlockedOutput},
		"not JSON":       {[]Hook{&hook{v: HookVerdict{Action: Redact, Content: wire.Raw(`{`)}}}, kernel.Deny, "", kernel.CodeGuardError},
		"nothing":        {[]Hook{&hook{v: HookVerdict{Action: Redact}}}, kernel.Deny, "", kernel.CodeGuardError},
		"error":          {[]Hook{&hook{v: HookVerdict{Action: Release}, err: errors.New("x")}}, kernel.Deny, "", kernel.CodeGuardError},
		"panic":          {[]Hook{&hook{boom: true}}, kernel.Deny, "", kernel.CodeGuardError},
		"nil":            {[]Hook{nil}, kernel.Deny, "", kernel.CodeGuardError},
		"typed nil":      {[]Hook{typedNil}, kernel.Deny, "", kernel.CodeGuardError},
	} {
		od, err := NewPostInvocationPipeline(tc.hooks...).Inspect(nil, wire.Raw(`"raw"`))
		if err != nil || od.Verdict != tc.want || string(od.Content) != tc.out {
			t.Errorf("%s: %v %s, want %v %s", name, od.Verdict, od.Content, tc.want, tc.out)
		}
		if tc.code != "" && !slices.ContainsFunc(od.Evidence, func(e kernel.Evidence) bool { return e.Code == tc.code }) {
			t.Errorf("%s: evidence %+v, want %s", name, od.Evidence, tc.code)
		}
	}
	if saw != `"clean"` && saw != `"raw"` {
		t.Errorf("a later hook saw %s", saw)
	}
	_, _ = NewPostInvocationPipeline(redact, release).Inspect(nil, wire.Raw(`"raw"`))
	if saw != `"clean"` {
		t.Errorf("after a redaction a hook saw %s", saw)
	}
}

type revalidating struct {
	*Pipeline
	d kernel.Decision
}

func (r revalidating) Revalidate(*kernel.Call) (kernel.Decision, error) { return r.d, nil }

func TestPortableNeverWaits(t *testing.T) {
	call := toolCall("echo", `{}`)
	for v, want := range map[kernel.Verdict]kernel.Verdict{kernel.Allow: kernel.Allow, kernel.PendingApproval: kernel.Deny, kernel.Deny: kernel.Deny} {
		d, err := Portable(NewPipeline("p", say("a", v))).Evaluate(call)
		if err != nil || d.Verdict != want {
			t.Errorf("%v became %v %v", v, d.Verdict, err)
		}
		if v == kernel.PendingApproval && d.Evidence[len(d.Evidence)-1].Code != CodeNoApprover {
			t.Errorf("evidence %+v", d.Evidence)
		}
	}
	p := Portable(revalidating{NewPipeline("p"), kernel.Decision{Verdict: kernel.Deny}})
	if d, _ := p.(kernel.Revalidator).Revalidate(call); d.Verdict != kernel.Deny {
		t.Error("a portable guard is not judged again")
	}
	if d, _ := Portable(kernelGuard{}).(kernel.Revalidator).Revalidate(call); d.Verdict != kernel.Allow {
		t.Error("a guard that does not ask was judged again")
	}
}

type kernelGuard struct{}

func (kernelGuard) Name() string { return "k" }
func (kernelGuard) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return kernel.Decision{Verdict: kernel.Allow}, nil
}
