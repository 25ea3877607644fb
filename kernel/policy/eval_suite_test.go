package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const suiteFloor = 290

// The suites are ours, in HushSpec's format. The floor keeps them from
// shrinking unnoticed.
func TestSuites(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "suites", "*.test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range files {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		report, err := RunSuite(doc)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		for _, c := range report.Cases {
			if !c.Passed {
				t.Errorf("%s: %s: %v (rule %q, reason %q)", filepath.Base(name), c.Description, c.Differences, c.Got.MatchedRule, c.Got.Reason)
			}
		}
		total += report.Passed
	}
	t.Logf("%d suites, %d cases pass", len(files), total)
	if total < suiteFloor {
		t.Errorf("%d cases pass, want at least %d", total, suiteFloor)
	}
}

func TestSuiteIsStrict(t *testing.T) {
	const policy = "policy: {hushspec: \"0.1.0\", rules: {tool_access: {default: allow}}}\n"
	const head = "hushspec_test: \"0.1.0\"\ndescription: d\n" + policy
	for name, doc := range map[string]string{
		"empty":             "",
		"unknown member":    head + "more: 1\ncases:\n- {description: c, action: {type: tool_call, target: x}, expect: {decision: allow}}\n",
		"no cases":          head,
		"empty cases":       head + "cases: []\n",
		"unknown in case":   head + "cases:\n- {description: c, action: {type: tool_call}, expect: {decision: allow}, extra: 1}\n",
		"unknown in action": head + "cases:\n- {description: c, action: {type: tool_call, tool: x}, expect: {decision: allow}}\n",
		"unknown in expect": head + "cases:\n- {description: c, action: {type: tool_call}, expect: {decision: allow, rule: x}}\n",
		"no decision":       head + "cases:\n- {description: c, action: {type: tool_call}, expect: {}}\n",
		"bad decision":      head + "cases:\n- {description: c, action: {type: tool_call}, expect: {decision: pending}}\n",
		"no action":         head + "cases:\n- {description: c, expect: {decision: allow}}\n",
		"no description":    head + "cases:\n- {action: {type: tool_call}, expect: {decision: allow}}\n",
		"bad time":          head + "cases:\n- {description: c, action: {type: tool_call}, expect: {decision: allow}, context: {current_time: noon}}\n",
		"bad version":       "hushspec_test: \"1.0.0\"\ndescription: d\n" + policy + "cases:\n- {description: c, action: {type: tool_call}, expect: {decision: allow}}\n",
		"bad policy":        "hushspec_test: \"0.1.0\"\ndescription: d\npolicy: {hushspec: \"0.1.0\", rules: {nothing: {}}}\ncases:\n- {description: c, action: {type: tool_call}, expect: {decision: allow}}\n",
		"unknown guard":     "hushspec_test: \"0.1.0\"\ndescription: d\npolicy: {hushspec: \"0.1.0\", extensions: {chio: {observe: [nobody]}}, rules: {tool_access: {default: allow}}}\ncases:\n- {description: c, action: {type: tool_call}, expect: {decision: allow}}\n",
	} {
		if _, err := RunSuite([]byte(doc)); !errors.Is(err, ErrSuite) {
			t.Errorf("%s: %v", name, err)
		}
	}
	const broken = "hushspec_test: \"0.1.0\"\ndescription: d\npolicy:\n  hushspec: \"0.1.0\"\n  rules:\n    egress: {defualt: block}\ncases: []\n"
	if _, err := RunSuite([]byte(broken)); err == nil || !strings.Contains(err.Error(), "suite:6:14: rules.egress.defualt: unknown key: did you mean default?") {
		t.Errorf("a mistake in the policy is not where the suite has it: %v", err)
	}
	report, err := RunSuite([]byte(head + "cases:\n- {description: wrong, action: {type: tool_call, target: x}, expect: {decision: deny, matched_rule: y, reason: z, origin_profile: p, posture: {current: a, next: b}}, controls: [AC-1], tags: [t]}\n"))
	if err != nil || report.Failed != 1 || len(report.Cases[0].Differences) != 6 {
		t.Errorf("a failing case: %+v %v", report, err)
	}
}
