package policy

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
)

// everyBlock is a document in which each of the eighteen is in force.
const everyBlock = head + `rules:
  forbidden_paths: {patterns: ["**/.ssh/**"]}
  path_allowlist: {enabled: true, read: ["**"], write: ["**"]}
  egress: {default: allow}
  secret_patterns: {patterns: [{name: badge, pattern: 'BDG[0-9]+', severity: critical}]}
  patch_integrity: {}
  shell_commands: {}
  tool_access: {default: allow}
  computer_use: {enabled: true}
  remote_desktop_channels: {enabled: true}
  input_injection: {enabled: true}
  browser_automation: {enabled: true}
  code_execution: {enabled: true}
  velocity: {max_invocations_per_window: 5, max_requests_per_agent: 5}
extensions:
  detection:
    prompt_injection: {}
    jailbreak: {}
    threat_intel: {enabled: true, pattern_db: db.json}
`

const patternDB = `[{"id":"p1","category":"c","stage":"s","label":"l","embedding":[1,0,0]}]`

func readDB(string) ([]byte, error) { return []byte(patternDB), nil }

func compileAll(t testing.TB, o CompileOptions) *Compiled {
	t.Helper()
	if o.ReadFile == nil {
		o.ReadFile = readDB
	}
	c, err := Compile(mustLoad(t, everyBlock), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheEighteenRunInTheCatalogueOrder(t *testing.T) {
	c := compileAll(t, CompileOptions{})
	var want []string
	for _, e := range guards.Catalogue() {
		want = append(want, e.Name)
	}
	if strings.Join(c.GuardNames, " ") != strings.Join(want, " ") || len(want) != 18 {
		t.Errorf("guards %v", c.GuardNames)
	}
	if len(c.Output) != 1 || len(c.Parts) != 19 || !c.Parts[18].Output {
		t.Errorf("output %v, parts %+v", c.Output, c.Parts)
	}
	for _, p := range c.Parts {
		if p.Block == "" || p.Config == "" {
			t.Errorf("%+v says nothing", p)
		}
	}
}

// Each guard, given nothing, arguments nobody can read, or a panic behind it,
// denies with evidence through the compiled pipeline.
func TestI5_EveryGuardOfAPolicyFailsClosed(t *testing.T) {
	c := compileAll(t, CompileOptions{})
	for name, k := range map[string]*kernel.Call{
		"no call": nil, "no mandate": {}, "arguments that are no object": call("echo", `[]`), "twice": call("echo", `{"a":1,"a":2}`),
		"a path of the wrong type": call("read_file", `{"path":1}`), "a command of the wrong type": call("bash", `{"command":[]}`),
		"no diff": call("apply_patch", `{"path":"/a"}`), "no code": call("run_code", `{}`), "a url without a host": call("fetch", `{"url":"x"}`),
	} {
		d, err := c.Guard.Evaluate(k)
		if err != nil || d.Verdict != kernel.Deny || len(d.Evidence) == 0 || d.Evidence[len(d.Evidence)-1].Code == "" {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
	for i, s := range rebuilt(t) {
		for name, g := range map[string]guard.Guard{"error": broken{s.Guard, errors.New("store")}, "panic": broken{s.Guard, nil}} {
			list := append([]slot(nil), rebuilt(t)...)
			list[i].Guard = g
			d, err := (&builder{d: &Document{}}).pipeline(list).Evaluate(call("echo", `{}`))
			last := d.Evidence[len(d.Evidence)-1]
			if err != nil || d.Verdict != kernel.Deny || last.Code != kernel.CodeGuardError || last.Guard != s.Name() {
				t.Errorf("%s, %s: %+v %v", s.Name(), name, d, err)
			}
		}
		if s.block == "path_allowlist" || s.block == "velocity" {
			continue
		}
		bad := &guard.Request{Call: call("echo", `{}`), Action: guard.Action{Shape: guard.Malformed{Reason: "r"}}}
		if d, err := s.Judge(bad); err == nil && d.Verdict != kernel.Deny {
			t.Errorf("%s allows what is malformed", s.Name())
		}
	}
}

// rebuilt returns the slots of everyBlock.
func rebuilt(t testing.TB) []slot {
	t.Helper()
	b := &builder{d: withDefaults(mustLoad(t, everyBlock)), o: CompileOptions{ReadFile: readDB}, c: &Compiled{}}
	if err := b.build(); err != nil {
		t.Fatal(err)
	}
	for i := range b.slots {
		b.slots[i].rule = true
	}
	return b.slots
}

// broken answers an error, or panics without one.
type broken struct {
	guard.Guard
	err error
}

func (b broken) Judge(*guard.Request) (kernel.Decision, error) {
	if b.err == nil {
		panic("broken")
	}
	return kernel.Decision{Verdict: kernel.Allow}, b.err
}

// What cannot be enforced does not compile.
func TestI5_WhatCannotBeEnforcedDoesNotCompile(t *testing.T) {
	for name, tc := range map[string]struct {
		doc  string
		o    CompileOptions
		want string
	}{
		"workload identity":    {"rules: {tool_access: {require_workload_identity: {scheme: spiffe}}}", CompileOptions{}, "verifies no workload identities"},
		"pattern_db, no files": {"extensions: {detection: {threat_intel: {enabled: true, pattern_db: x.json}}}", CompileOptions{}, "files cannot be read"},
		"pattern_db, builtin":  {"extensions: {detection: {threat_intel: {enabled: true, pattern_db: 'builtin:x'}}}", CompileOptions{ReadFile: readDB}, "is not in this build"},
		"pattern_db, garbage":  {"extensions: {detection: {threat_intel: {enabled: true, pattern_db: x.json}}}", CompileOptions{ReadFile: func(string) ([]byte, error) { return []byte("{"), nil }}, "pattern_db"},
		"pattern_db, error":    {"extensions: {detection: {threat_intel: {enabled: true, pattern_db: x.json}}}", CompileOptions{ReadFile: func(string) ([]byte, error) { return nil, errors.New("gone") }}, "gone"},
		"observe nobody":       {"rules: {tool_access: {}}", CompileOptions{Observe: []string{"nobody"}}, "no guard is called"},
		"observe posture":      {"rules: {tool_access: {}}", CompileOptions{Observe: []string{"posture"}}, "always enforced"},
		"observe nothing":      {"rules: {tool_access: {}}", CompileOptions{Observe: []string{""}}, "empty"},
		"custom, unknown":      {"rules: {tool_access: {}}\nextensions: {chio: {custom: {mine: {a: 1}}}}", CompileOptions{}, "is registered"},
		"custom, no config":    {"rules: {tool_access: {}}\nextensions: {chio: {custom: {mine: {a: 1}}}}", CompileOptions{Custom: map[string]guard.Guard{"mine": answering{"mine", kernel.Allow}}}, "takes no configuration"},
		"condition, block":     {"rules: {tool_access: {}}\nextensions: {chio: {conditions: {posture: {context: {edge: [a]}}}}}", CompileOptions{}, ""},
		"condition, field":     {"rules: {tool_access: {}}\nextensions: {chio: {conditions: {tool_access: {context: {mood: [a]}}}}}", CompileOptions{}, ""},
		"condition, zone":      {"rules: {tool_access: {}}\nextensions: {chio: {conditions: {tool_access: {time_window: {start: '01:00', end: '02:00', timezone: Mars/Base}}}}}", CompileOptions{}, ""},
	} {
		d, err := Load("p.yaml", oneDocument(head+tc.doc+"\n"))
		if err == nil {
			_, err = Compile(d, tc.o)
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// answering gives one verdict.
type answering struct {
	name    string
	verdict kernel.Verdict
}

func (f answering) Name() string { return f.name }

func (f answering) Judge(*guard.Request) (kernel.Decision, error) {
	return kernel.Decision{Verdict: f.verdict}, nil
}
