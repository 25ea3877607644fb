package policy

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// Panic comes before the origin, whether a profile matches or not.
func TestPanicBeforeOrigins(t *testing.T) {
	c := compileWith(t, "rules: {tool_access: {default: allow}}\nextensions: {origins: {profiles: [{id: p, match: {provider: slack}}]}}",
		CompileOptions{Panic: func() bool { return true }})
	for _, s := range []*kernel.Surface{nil, surface("slack"), surface("mail")} {
		k := call("x", `{}`)
		k.Mandate.Surface = s
		if _, code := verdict(t, c.Guard, k); code != CodePanic {
			t.Errorf("%+v: %s", s, code)
		}
	}
}

// What a file may not say of origins is refused again where it is compiled.
func TestOriginsAreCheckedTwice(t *testing.T) {
	for name, o := range map[string]*Origins{
		"no id":     {Profiles: []OriginProfile{{}}},
		"one twice": {Profiles: []OriginProfile{{ID: "a"}, {ID: "a"}}},
	} {
		if _, err := newOriginIndex(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	posture := &Posture{Initial: "open", States: map[string]PostureState{"open": {}}}
	for name, tc := range map[string]struct {
		posture *Posture
		profile OriginProfile
	}{
		"a state without a posture": {nil, OriginProfile{ID: "a", Posture: "open"}},
		"no such state":             {posture, OriginProfile{ID: "a", Posture: "shut"}},
		"a negative budget":         {posture, OriginProfile{ID: "a", Budgets: map[string]int64{"tool_calls": -1}}},
	} {
		b := &builder{d: &Document{Extensions: Extensions{Posture: tc.posture}}, c: &Compiled{}}
		if err := b.checkProfiles(&Origins{Profiles: []OriginProfile{tc.profile}}); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// A profile with hosts of its own, under a policy without any, still keeps
// calls away from internal networks.
func TestProfileHostsKeepInternalNetworksShut(t *testing.T) {
	c := compileWith(t, "rules: {tool_access: {default: allow}}\nextensions: {origins: {profiles: [{id: p, match: {provider: slack}, egress: {default: allow}}]}}", CompileOptions{})
	for host, want := range map[string]kernel.Verdict{"api.example.org": kernel.Allow, "10.0.0.1": kernel.Deny, "169.254.169.254": kernel.Deny} {
		k := call("fetch", `{"url":"https://`+host+`/"}`)
		k.Mandate.Surface = surface("slack")
		if v, code := verdict(t, c.Guard, k); v != want || want == kernel.Deny && code != "CHIO-GUARD-INTERNAL-NETWORK" {
			t.Errorf("%s: %v %s", host, v, code)
		}
	}
}

// Each field of a match counts, and each must agree.
func TestEveryFieldOfAMatchCounts(t *testing.T) {
	yes, no := true, false
	full := kernel.Surface{Provider: "p", TenantID: "t", SpaceID: "s", SpaceType: "c", Visibility: "v", ExternalParticipants: &yes,
		Tags: []string{"a", "b"}, Sensitivity: "h", ActorRole: "r", OrganizationID: "o", Groups: []string{"g"}, Roles: []string{"x"}}
	all := OriginMatch{Provider: "p", TenantID: "t", SpaceID: "s", SpaceType: "c", Visibility: "v", ExternalParticipants: &yes,
		Tags: []string{"a", "b"}, Sensitivity: "h", ActorRole: "r", OrganizationID: "o", Groups: []string{"g"}, Roles: []string{"x"}}
	if !matches(&all, &full) || matchFields(&all) != 12 || matchFields(&OriginMatch{}) != 0 || !matches(&OriginMatch{}, &kernel.Surface{}) {
		t.Fatalf("%d fields", matchFields(&all))
	}
	for name, change := range map[string]func(*kernel.Surface){
		"provider": func(s *kernel.Surface) { s.Provider = "" }, "tenant": func(s *kernel.Surface) { s.TenantID = "u" }, "space": func(s *kernel.Surface) { s.SpaceID = "u" },
		"type": func(s *kernel.Surface) { s.SpaceType = "" }, "visibility": func(s *kernel.Surface) { s.Visibility = "u" }, "sensitivity": func(s *kernel.Surface) { s.Sensitivity = "" },
		"actor": func(s *kernel.Surface) { s.ActorRole = "u" }, "organisation": func(s *kernel.Surface) { s.OrganizationID = "" },
		"participants": func(s *kernel.Surface) { s.ExternalParticipants = &no }, "participants unsaid": func(s *kernel.Surface) { s.ExternalParticipants = nil },
		"one tag of two": func(s *kernel.Surface) { s.Tags = []string{"a"} }, "groups": func(s *kernel.Surface) { s.Groups = nil }, "roles": func(s *kernel.Surface) { s.Roles = []string{"y"} },
	} {
		s := full
		change(&s)
		if matches(&all, &s) {
			t.Errorf("%s does not count", name)
		}
	}
}

// Before dispatch the policy judges again, also where it looks at origins or
// at panic first.
func TestOriginsJudgeAgain(t *testing.T) {
	c := compileWith(t, "rules: {tool_access: {default: allow}, forbidden_paths: {patterns: [\"/secret/**\"]}}\nextensions: {origins: {profiles: [{id: p, match: {provider: slack}}]}}",
		CompileOptions{Panic: func() bool { return false }})
	k := call("read_file", `{"path":"/srv/a"}`)
	k.Mandate.Surface = surface("slack")
	to := "/srv/a"
	k.Route.Resolve = func(string) (string, error) { return to, nil }
	for _, want := range []kernel.Verdict{kernel.Allow, kernel.Deny} {
		if d, err := c.Guard.(kernel.Revalidator).Revalidate(k); err != nil || d.Verdict != want {
			t.Errorf("leading to %s: %+v %v, want %v", to, d, err, want)
		}
		to = "/secret/a"
	}
}
