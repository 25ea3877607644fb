package node

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// saying is a policy of one answer, at first and again before dispatch.
type saying struct {
	d     kernel.Decision
	err   error
	again kernel.Verdict
	asked *int
	roots *[]string
}

func (saying) Name() string { return "saying" }

func (s saying) Evaluate(c *kernel.Call) (kernel.Decision, error) {
	if s.asked != nil {
		*s.asked++
	}
	if s.roots != nil {
		*s.roots = c.Mandate.Roots
	}
	return s.d, s.err
}

func (s saying) Revalidate(c *kernel.Call) (kernel.Decision, error) {
	if s.roots != nil {
		*s.roots = c.Mandate.Roots
	}
	return kernel.Decision{Verdict: s.again}, nil
}

// TestBothPolicies: the node's policy and a server's own are one conjunction.
func TestBothPolicies(t *testing.T) {
	say := func(v kernel.Verdict, takes string) saying {
		return saying{again: kernel.Allow, d: kernel.Decision{Verdict: v, Consume: []any{takes},
			Evidence: []kernel.Evidence{{Guard: takes, Verdict: v}}}}
	}
	c := &kernel.Call{Mandate: &kernel.Mandate{}}
	const allow, ask, deny = kernel.Allow, kernel.PendingApproval, kernel.Deny
	for _, tc := range []struct {
		a, b, want kernel.Verdict
		rows       int
		takes      []any
	}{
		{allow, allow, allow, 2, []any{"a", "b"}},
		{ask, allow, ask, 2, []any{"a", "b"}},
		{allow, ask, ask, 2, []any{"a", "b"}},
		{ask, deny, deny, 2, nil},
		{deny, allow, deny, 1, nil},
		{allow, deny, deny, 2, nil},
	} {
		asked := 0
		second := say(tc.b, "b")
		second.asked = &asked
		first := say(tc.a, "a")
		if tc.a == deny {
			first.d.Consume = nil // as a pipeline answers
		}
		if tc.b == deny {
			second.d.Consume = nil
		}
		d, err := both{first, second}.Evaluate(c)
		if err != nil || d.Verdict != tc.want || len(d.Evidence) != tc.rows || !slices.Equal(d.Consume, tc.takes) {
			t.Errorf("%v and %v: %+v %v", tc.a, tc.b, d, err)
		}
		if (asked == 0) != (tc.a == deny) {
			t.Errorf("%v and %v: the second was asked %d times", tc.a, tc.b, asked)
		}
	}
	watched := say(allow, "a")
	watched.d.Observed = true
	for _, order := range []both{{watched, say(allow, "b")}, {say(allow, "b"), watched}} {
		if d, _ := order.Evaluate(c); !d.Observed {
			t.Error("what one of both observed is not said")
		}
	}
	failing := saying{err: errors.New("no disk"), d: kernel.Decision{Verdict: allow}}
	for _, order := range []both{{failing, say(allow, "b")}, {say(allow, "b"), failing}} {
		if _, err := order.Evaluate(c); err == nil {
			t.Error("a policy that fails is passed over")
		}
	}
	moved := say(allow, "m")
	moved.again = deny
	for _, order := range []both{{moved, say(allow, "b")}, {say(allow, "b"), moved}} {
		if d, err := order.Revalidate(c); err != nil || d.Verdict != deny {
			t.Errorf("what moved before dispatch: %+v %v", d, err)
		}
	}
	if d, _ := (both{say(allow, "a"), say(allow, "b")}).Revalidate(c); d.Verdict != allow {
		t.Errorf("nothing moved: %+v", d)
	}
}

// TestRootsNarrow: the directories of a server hold at both looks, and a
// session's own narrow them, never widen.
func TestRootsNarrow(t *testing.T) {
	for name, tc := range map[string]struct{ session, want []string }{
		"the session says nothing": {nil, []string{"/srv/work"}},
		"it says less":             {[]string{"/srv/work/a"}, []string{"/srv/work/a"}},
		"it says more":             {[]string{"/"}, []string{"/srv/work"}},
		"it says another":          {[]string{"/etc"}, []string{}},
		"it says none":             {[]string{}, []string{}},
	} {
		var saw []string
		g := rooted{saying{again: kernel.Allow, roots: &saw}, []string{"/srv/work"}}
		c := &kernel.Call{Mandate: &kernel.Mandate{Roots: tc.session}}
		for look, ask := range map[string]func(*kernel.Call) (kernel.Decision, error){"first": g.Evaluate, "again": g.Revalidate} {
			saw = nil
			if _, err := ask(c); err != nil || !slices.Equal(saw, tc.want) || saw == nil {
				t.Errorf("%s, %s: %v, want %v", name, look, saw, tc.want)
			}
		}
		if !slices.Equal(c.Mandate.Roots, tc.session) {
			t.Errorf("%s: the call itself was changed", name)
		}
	}
	if rooted.in(rooted{}, nil) != nil {
		t.Error("no call became one")
	}
}
