package policy

import (
	"os"
	"path/filepath"
	"testing"
)

// Any bytes are a suite or an error, and a suite's report adds up.
func FuzzRunSuite(f *testing.F) {
	for _, name := range []string{"posture", "origins", "conditions", "tool-access-literal"} {
		doc, err := os.ReadFile(filepath.Join("testdata", "suites", name+".test.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		report, err := RunSuite(doc)
		if err == nil && (report.Passed+report.Failed != len(report.Cases) || len(report.Cases) == 0) {
			t.Fatalf("%+v", report)
		}
	})
}

// Any action gets a decision, the same one twice, and none of a document that
// denies everything is allowed.
func FuzzEvaluateAction(f *testing.F) {
	f.Add([]byte(`{"type":"file_read","target":"/a/../b"}`))
	f.Add([]byte(`{"type":"egress","target":"https://a@b:1/"}`))
	f.Add([]byte(`{"type":"browser_action","target":"navigate","url":"data:,x"}`))
	f.Add([]byte(`{"type":"tool_call","target":"x","origin":{"provider":"slack"},"posture":{"current":"y","signal":"z"}}`))
	open, shut := compileAll(f, CompileOptions{}), mustCompile(f, mustLoad(f, head+"rules: {}\n"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := ParseAction(doc)
		if err != nil {
			return
		}
		got, again := open.Evaluate(a, Context{}), open.Evaluate(a, Context{})
		if got.Decision != again.Decision || got.MatchedRule != again.MatchedRule {
			t.Fatalf("%+v then %+v", got, again)
		}
		if d := shut.Evaluate(a, Context{}).Decision; d != DecisionDeny {
			t.Fatalf("an empty policy answers %s", d)
		}
	})
}
