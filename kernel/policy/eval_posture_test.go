package policy

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
)

func surface(provider string) *kernel.Surface { return &kernel.Surface{Provider: provider} }

func examplePosture() *Posture {
	return &Posture{
		Initial: "normal",
		States: map[string]PostureState{
			"normal":  {Capabilities: []string{"tool_call", "file_write"}, Budgets: map[string]int64{"tool_calls": 2}},
			"careful": {Capabilities: []string{"tool_call"}},
			"locked":  {},
		},
		Transitions: []PostureTransition{
			{From: "*", To: "locked", On: "critical_violation"},
			{From: "*", To: "locked", On: "any_violation"},
			{From: "normal", To: "careful", On: "any_violation"},
			{From: "normal", To: "locked", On: "any_violation"},
			{From: "careful", To: "normal", On: "timeout", After: "10m"},
			{From: "*", To: "careful", On: "timeout", After: "1h"},
		},
	}
}

func machine(t testing.TB, p *Posture) *PostureMachine {
	t.Helper()
	m, err := NewPostureMachine(p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPostureSteps(t *testing.T) {
	m := machine(t, examplePosture())
	for _, tc := range []struct {
		name   string
		from   PostureRecord
		signal PostureSignal
		now    int64
		state  string
		since  int64
	}{
		{"named beats star, first of two", PostureRecord{State: "normal", Since: 5}, SignalAnyViolation, 9, "careful", 9},
		{"star", PostureRecord{State: "careful", Since: 5}, SignalAnyViolation, 9, "locked", 9},
		{"no transition", PostureRecord{State: "normal", Since: 5}, SignalUserApproval, 9, "normal", 5},
		{"a state without", PostureRecord{State: "locked", Since: 5}, SignalUserDenial, 9, "locked", 5},
		{"already there", PostureRecord{State: "locked", Since: 5}, SignalCriticalViolation, 9, "locked", 5},
		{"timeout first", PostureRecord{State: "careful", Since: 0}, SignalAnyViolation, 600, "careful", 600},
		{"timeout is no signal", PostureRecord{State: "careful", Since: 0}, SignalTimeout, 5, "careful", 0},
		{"an unknown signal", PostureRecord{State: "normal", Since: 5}, "none", 9, "normal", 5},
	} {
		got := m.Step(tc.from, tc.signal, tc.now)
		if got.State != tc.state || got.Since != tc.since {
			t.Errorf("%s: %+v, want %s since %d", tc.name, got, tc.state, tc.since)
		}
	}
	if r := m.Settle(PostureRecord{State: "careful", Since: 1000}, 10); r.State != "careful" || r.Since != 1000 {
		t.Errorf("a clock that went back moved the session: %+v", r)
	}
	if r := m.Settle(PostureRecord{State: "careful", Since: 0}, 600+3600); r.State != "careful" || r.Since != 4200 {
		t.Errorf("two timeouts, each when it was due: %+v", r)
	}
}

func TestPostureCycleOfTimeoutsEnds(t *testing.T) {
	m := machine(t, &Posture{Initial: "a", States: map[string]PostureState{"a": {}, "b": {}}, Transitions: []PostureTransition{
		{From: "a", To: "b", On: "timeout", After: "1s"}, {From: "b", To: "a", On: "timeout", After: "1s"}}})
	if r := m.Settle(PostureRecord{State: "a"}, 1<<40); r.Since != 1<<40 {
		t.Errorf("%+v", r)
	}
}

// Timeouts in a circle leave a session where going round step by step would.
func TestPostureCycleOfTimeoutsIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "states")
		p := &Posture{Initial: "0", States: map[string]PostureState{}}
		for i := range n {
			from := strconv.Itoa(i)
			p.States[from] = PostureState{}
			to := strconv.Itoa(rapid.IntRange(0, n-1).Draw(t, "to"))
			p.Transitions = append(p.Transitions, PostureTransition{From: from, To: to, On: "timeout", After: strconv.Itoa(rapid.IntRange(1, 9).Draw(t, "after")) + "s"})
		}
		m, err := NewPostureMachine(p)
		if err != nil {
			t.Fatal(err)
		}
		now := int64(rapid.IntRange(0, 200).Draw(t, "now"))
		want := PostureRecord{State: "0"}
		for range now + 1 {
			if next, due := m.timeout(want.State); due && want.Since+next.after <= now {
				want.State, want.Since = next.to, want.Since+next.after
			}
		}
		if got := m.Settle(PostureRecord{State: "0"}, now); got.State != want.State || got.Since != want.Since {
			t.Fatalf("at %d: %+v, step by step %+v", now, got, want)
		}
	})
}

func TestPostureAdmits(t *testing.T) {
	m := machine(t, examplePosture())
	use := PostureUse{Machine: m, Needs: needTool, Budgets: spendTool}
	r, err := m.Admit(PostureRecord{}, false, use, 1)
	if err != nil || r.State != "normal" || r.Since != 1 || r.Used["tool_calls"] != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	before := r
	if r, err = m.Admit(r, true, use, 2); err != nil || r.Used["tool_calls"] != 2 || before.Used["tool_calls"] != 1 {
		t.Fatalf("%+v %v; before %+v", r, err, before)
	}
	if _, err := m.Admit(r, true, use, 3); !errors.Is(err, ErrPostureBudget) {
		t.Errorf("a third call: %v", err)
	}
	if _, err := m.Admit(PostureRecord{State: "careful"}, true, PostureUse{Needs: needWrite}, 3); !errors.Is(err, ErrPostureCapability) {
		t.Errorf("a missing capability: %v", err)
	}
	if _, err := m.Admit(PostureRecord{State: "gone"}, true, PostureUse{}, 3); !errors.Is(err, ErrPostureState) {
		t.Errorf("an unknown state: %v", err)
	}
	if _, err := m.Admit(PostureRecord{State: "careful"}, true, PostureUse{Budgets: spendTool, Limits: map[string]int64{"tool_calls": 0}}, 3); !errors.Is(err, ErrPostureBudget) {
		t.Errorf("the origin's limit: %v", err)
	}
	free := machine(t, nil)
	if _, err := free.Admit(PostureRecord{}, false, PostureUse{Needs: needTool, Budgets: spendTool}, 3); err != nil || !free.Stateless() {
		t.Errorf("without states: %v", err)
	}
}

func TestPostureRefusesWhatCannotBe(t *testing.T) {
	states := map[string]PostureState{"a": {}}
	for name, p := range map[string]*Posture{
		"initial":          {Initial: "b", States: states},
		"from":             {Initial: "a", States: states, Transitions: []PostureTransition{{From: "b", To: "a", On: "timeout", After: "1s"}}},
		"to":               {Initial: "a", States: states, Transitions: []PostureTransition{{From: "a", To: "*", On: "user_denial"}}},
		"after without":    {Initial: "a", States: states, Transitions: []PostureTransition{{From: "a", To: "a", On: "timeout"}}},
		"after with":       {Initial: "a", States: states, Transitions: []PostureTransition{{From: "a", To: "a", On: "user_denial", After: "1s"}}},
		"after zero":       {Initial: "a", States: states, Transitions: []PostureTransition{{From: "a", To: "a", On: "timeout", After: "0s"}}},
		"after unit":       {Initial: "a", States: states, Transitions: []PostureTransition{{From: "a", To: "a", On: "timeout", After: "1w"}}},
		"after overflow":   {Initial: "a", States: states, Transitions: []PostureTransition{{From: "a", To: "a", On: "timeout", After: "2147483647d"}}},
		"after a sign":     {Initial: "a", States: states, Transitions: []PostureTransition{{From: "a", To: "a", On: "timeout", After: "+1s"}}},
		"negative budgets": {Initial: "a", States: map[string]PostureState{"a": {Budgets: map[string]int64{"tool_calls": -1}}}},
	} {
		if _, err := NewPostureMachine(p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A posture never spends more of a budget than its smallest ceiling.
func TestPostureBudgetIsNeverOverspent(t *testing.T) {
	m := machine(t, examplePosture())
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(0, 4).Draw(t, "limit")
		var r PostureRecord
		found, admitted, now := false, int64(0), int64(1)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now += rapid.Int64Range(-5, 900).Draw(t, "gap")
			if rapid.Bool().Draw(t, "signal") && found {
				r = m.Step(r, rapid.SampledFrom([]PostureSignal{SignalAnyViolation, SignalUserApproval}).Draw(t, "which"), now)
				continue
			}
			next, err := m.Admit(r, found, PostureUse{Needs: needTool, Budgets: spendTool, Limits: map[string]int64{"tool_calls": limit}}, now)
			if err == nil {
				r, found = next, true
				admitted++
			}
		}
		if admitted > limit {
			t.Fatalf("%d admitted, limit %d", admitted, limit)
		}
	})
}

// postures is a PostureStore of one record.
type postures struct {
	record PostureRecord
	found  bool
	err    error
	asked  []string
}

func (p *postures) Current(session string, _ int64) (PostureRecord, bool, error) {
	p.asked = append(p.asked, session)
	return p.record, p.found, p.err
}

func TestPostureGuardReadsTheStore(t *testing.T) {
	doc := head + "rules: {tool_access: {default: allow}}\nextensions: {posture: {initial: open, states: {open: {capabilities: [tool_call], budgets: {tool_calls: 1}}, shut: {}}, transitions: [{from: open, to: shut, on: timeout, after: 60s}]}}\n"
	store := &postures{}
	c, err := Compile(mustLoad(t, doc), CompileOptions{Postures: store, PostureScope: "srv"})
	if err != nil {
		t.Fatal(err)
	}
	k := call("echo", `{}`)
	k.Now, k.Mandate.Session = 100, "s1"
	d, err := c.Guard.Evaluate(k)
	if err != nil || d.Verdict != kernel.Allow || len(d.Consume) != 1 {
		t.Fatalf("%+v %v", d, err)
	}
	use := d.Consume[0].(*PostureUse)
	if use.State != "open" || len(use.Budgets) != 1 || use.Session != "-/srv/s1" || store.asked[0] != use.Session {
		t.Errorf("%+v %v", use, store.asked)
	}
	if named, ok := c.Posture(k); !ok || named.Session != use.Session {
		t.Errorf("%+v", named)
	}
	for name, tc := range map[string]struct {
		store postures
		code  kernel.Code
		rule  string
	}{
		"used up":  {postures{record: PostureRecord{State: "open", Since: 90, Used: map[string]int64{"tool_calls": 1}}, found: true}, "CHIO-POLICY-POSTURE-BUDGET", "extensions.posture.states.open.budgets.tool_calls"},
		"timeout":  {postures{record: PostureRecord{State: "open", Since: 40}, found: true}, "CHIO-POLICY-POSTURE", "extensions.posture.states.shut.capabilities"},
		"unknown":  {postures{record: PostureRecord{State: "old", Since: 40}, found: true}, "CHIO-POLICY-POSTURE", "extensions.posture.states.old"},
		"an error": {postures{err: errors.New("disk")}, kernel.CodeGuardError, ""},
	} {
		*store = tc.store
		d, _ := c.Guard.Evaluate(k)
		last := d.Evidence[len(d.Evidence)-1]
		if d.Verdict != kernel.Deny || last.Code != tc.code || last.Rule != tc.rule || len(d.Consume) > 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
	without := mustCompile(t, mustLoad(t, doc))
	if d, _ := without.Guard.Evaluate(k); d.Verdict != kernel.Deny || !strings.Contains(d.Evidence[0].Details, "posture records") {
		t.Errorf("without a store: %+v", d)
	}
}

func TestOriginBudgetsAreCountedWithoutAPosture(t *testing.T) {
	doc := head + "rules: {tool_access: {default: allow}}\nextensions: {origins: {default_behavior: minimal_profile, profiles: [{id: p, match: {provider: slack}, budgets: {tool_calls: 2}}]}}\n"
	store := &postures{record: PostureRecord{Used: map[string]int64{"tool_calls": 2}}, found: true}
	c, err := Compile(mustLoad(t, doc), CompileOptions{Postures: store})
	if err != nil {
		t.Fatal(err)
	}
	k := call("echo", `{}`)
	if d, _ := c.Guard.Evaluate(k); d.Verdict != kernel.Allow || len(d.Consume) != 0 {
		t.Errorf("another origin: %+v", d)
	}
	k.Mandate.Surface = surface("slack")
	if d, _ := c.Guard.Evaluate(k); d.Verdict != kernel.Deny || d.Evidence[len(d.Evidence)-1].Rule != "extensions.origins.profiles.p.budgets.tool_calls" {
		t.Errorf("used up: %+v", d)
	}
	store.record.Used = nil
	if d, _ := c.Guard.Evaluate(k); d.Verdict != kernel.Allow || len(d.Consume) != 1 {
		t.Errorf("room: %+v", d)
	}
	if _, ok := c.Posture(call("echo", `{}`)); ok {
		t.Error("a call without an origin has a posture")
	}
}
