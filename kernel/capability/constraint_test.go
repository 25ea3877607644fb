package capability

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// judge matches one call under one constraint.
func judge(c Constraint, call CallFacts) ([]GrantMatch, *Error) {
	call.Server, call.Tool, call.Operation = "s", "t", Invoke
	scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: []Constraint{c}}}}
	return Match(scope, call)
}

type judgement struct {
	c    Constraint
	args string
	ok   bool
}

func runJudgements(t *testing.T, cases []judgement) {
	t.Helper()
	for _, tc := range cases {
		_, err := judge(tc.c, CallFacts{Arguments: wire.Raw(tc.args)})
		if (err == nil) != tc.ok || err != nil && (err.Code != CodeConstraint || !strings.Contains(err.Detail, tc.c.Type)) {
			t.Errorf("%s %s on %s: %v", tc.c.Type, tc.c.Value, tc.args, err)
		}
	}
}

// TestPathWithoutDeclaration: no string of undeclared arguments escapes
// path_prefix, except beside a path-like name text, options and filters.
func TestPathWithoutDeclaration(t *testing.T) {
	w := NewPathPrefix("/w")
	runJudgements(t, []judgement{
		{w, `{"path":"/w/a","content":"../x /etc\nmore"}`, true},
		{w, `{"path":"/w/a","edits":[{"oldText":"a/b","newText":"c\\d"}],"dryRun":false}`, true},
		{w, `{"path":"/w/a","edits":["/etc"]}`, true},
		{w, `{"source":"/w/a","destination":"/w/b"}`, true},
		{w, `{"path":"/w","sortBy":"name"}`, true},
		{w, `{"path":"/w/a","encoding":"utf-8"}`, true},
		{w, `{"path":"/w","pattern":"*.md","excludePatterns":["node_modules","*.tmp"]}`, true},
		{w, `{"path":"/w/a","head":10,"tail":null,"all":true}`, true},
		{w, `{"files":[{"path":"/w/a"},{"path":"/w/b"}]}`, true},
		{w, `{"path":"/w/a","target":"passwd"}`, false},
		{w, `{"path":"/w/a","name":"passwd"}`, false},
		{w, `{"path":"/w/a","src":"passwd"}`, false},
		{w, `{"path":"/w/a","x":"passwd"}`, false},
		{w, `{"path":"/w/a","x":[["passwd"]]}`, false},
		{w, `{"path":"/w/a","x":""}`, false},
		{w, `{"content":"/w/a"}`, true}, // the only string is a path
		{w, `{"content":"passwd"}`, false},
		{w, `{"content":"x","mode":"read"}`, false},
		{w, `{"source":"/w/a","content":"x"}`, false},
		{w, `{"path":1,"content":"x"}`, false},
		{w, `{"path":"/w/a","content":{"target":"/etc"}}`, false},
		{w, `{"path":{"content":"/etc"}}`, false},
		{w, `{"path":"/w/a","mode":"../x"}`, false},
		{w, `{"path":"/w/a","mode":"a.txt"}`, false},
		{w, `{"path":"/w/a","mode":""}`, false},
		{w, `{"path":"/w/a","mode":"` + strings.Repeat("m", 33) + `"}`, false},
		{w, `{"path":"/w","pattern":"../*"}`, false},
		{w, `{"path":"/w","pattern":"/etc/*"}`, false},
		{w, `{"path":"/w","pattern":"~root"}`, false},
		{w, `{"path":"/w","pattern":"$HOME"}`, false},
		{w, `{"files":{"passwd":true},"path":"/w/a"}`, false},
		{w, `{"files":{"/w/a":true}}`, true},
		{w, `{"target_dir":"etc"}`, false},
		{w, `{"PATH":"/w/a","Content":"/x"}`, true},
		{w, `{"` + strings.Repeat("very_long_", 10) + `path":"/w/a","content":"/x"}`, true},
		{w, `{"path":"/w/a","` + strings.Repeat("very_long_", 10) + `content":"/x"}`, false},
		{w, `{"profile":"/w/a","content":"/x"}`, false}, // not path-like, so nothing is exempt
	})
	declared := CallFacts{Arguments: wire.Raw(`{"target":["/w/a"],"note":"passwd"}`), PathPointers: []string{"/target"}}
	if _, err := judge(w, declared); err != nil {
		t.Errorf("below a declared pointer: %v", err)
	}
	declared.Arguments = wire.Raw(`{"target":{"x":"/etc"},"targets":"/etc"}`)
	if _, err := judge(w, declared); err == nil || !strings.Contains(err.Detail, `"/target`) {
		t.Errorf("outside, below a declared pointer: %v", err)
	}
	declared.Arguments = wire.Raw(`{"target":{"/w/a":1}}`)
	if _, err := judge(w, declared); err != nil {
		t.Errorf("a name below a declared pointer: %v", err)
	}
}

func TestArgumentPathPrefix(t *testing.T) {
	at := func(pointer string) Constraint { return NewArgumentPathPrefix(pointer, "/w") }
	runJudgements(t, []judgement{
		{at("/target"), `{"target":"/w/a","other":"/etc"}`, true},
		{at("/a~1b/0"), `{"a/b":["/w/x","/etc"]}`, true},
		{at("/target"), `{"target":"/etc"}`, false},
		{at("/target"), `{"target":"/w/../etc"}`, false},
		{at("/target"), `{"target":["/w/a"]}`, false},
		{at("/target"), `{"target":7}`, false},
		{at("/target"), `{"other":"/w/a"}`, false},
		{at("/target"), ``, false},
		{at("/target"), `{`, false},
		{at("target"), `{"target":"/w/a"}`, false},
		{at(""), `"/w/a"`, false},
		{at("/a~2"), `{"a~2":"/w/a"}`, false},
		{at("/a~"), `{"a~":"/w/a"}`, false},
		{at("/" + strings.Repeat("a", maxPathPointer)), `{}`, false},
		{NewArgumentPathPrefix("/target", "w"), `{"target":"w/a"}`, false},
		{NewArgumentPathPrefix("/target", ""), `{"target":"/w/a"}`, false},
	})
}

func TestDomainGlob(t *testing.T) {
	sub, any := NewDomainGlob("*.example.com"), NewDomainGlob("*")
	runJudgements(t, []judgement{
		{sub, `{"url":"https://a.example.com/x"}`, true},
		{sub, `{"url":"https://A.b.Example.com./"}`, true},
		{NewDomainGlob("*.Example.COM."), `{"host":"a.example.com"}`, true},
		{NewDomainGlob("example.com"), `{"host":"example.com"}`, true},
		{NewDomainGlob("10.0.0.1"), `{"host":"10.0.0.1"}`, true},
		{any, `{"url":"https://evil.com"}`, true},
		{sub, `{"url":"https://example.com/"}`, false},
		{sub, `{"url":"https://badexample.com/"}`, false},
		{sub, `{"url":"https://a.example.com.evil.com/"}`, false},
		{sub, `{"url":"https://a.example.com","also":"evil.com"}`, false},
		{sub, `{"url":"https://a.example.com","proxy":"intranet"}`, false},
		{sub, `{"url":"https://a.example.com","base_url":"not a host"}`, false},
		{sub, `{"word":"x"}`, false},
		{any, `{"url":"http://10.0.0.1/"}`, false},
		{any, `{"url":"http://2130706433/"}`, false},
		{any, `{"url":"http://0x7f.1/"}`, false},
		{any, `{"url":"http://127.0x1/"}`, false},
		{any, `{"url":"http://[::1]/"}`, false},
		{any, `{`, false},
		{NewDomainGlob("*.0.0.1"), `{"url":"http://127.0.0.1/"}`, false},
		{NewDomainGlob("*.*.com"), `{"url":"http://a.b.com/"}`, false},
		{NewDomainGlob("a*.com"), `{"url":"http://ab.com/"}`, false},
		{NewDomainGlob("*."), `{"url":"http://ab.com/"}`, false},
		{NewDomainGlob("**.com"), `{"url":"http://ab.com/"}`, false},
	})
}

func TestTextConstraints(t *testing.T) {
	long := strings.Repeat("a", 4096)
	runJudgements(t, []judgement{
		{NewRegexMatch("^[a-z]+$"), `{"UPPER":"abc","n":1,"l":["x"]}`, true},
		{NewRegexMatch("b"), `{"a":"abc"}`, true}, // not anchored
		{NewRegexMatch("^[a-z]+$"), `{"a":"abc","b":"X"}`, false},
		{NewRegexMatch(".*"), `{"a":1}`, false},
		{NewRegexMatch(".*"), ``, false},
		{NewRegexMatch(".*"), `{`, false},
		{NewRegexMatch("("), `{"a":"b"}`, false},
		{NewRegexMatch(`(?=a)`), `{"a":"b"}`, false},
		{NewRegexMatch(`\1`), `{"a":"b"}`, false},
		{NewRegexMatch(""), `{"a":"b"}`, false},
		{NewRegexMatch(long[:MaxItemBytes]), `{"a":"` + long + `"}`, true},
		{NewRegexMatch(long[:MaxItemBytes+1]), `{"a":"` + long + `"}`, false},
		{NewRegexMatch("((a{30}){30})((a{30}){30}){9}"), `{"a":"b"}`, false},
		{NewRegexMatch("(abcdefghi){1000}"), `{"a":"b"}`, false},
		{NewRegexMatch("(abcdefghi){900}((a|b){900})"), `{"a":"b"}`, false},
		{NewRegexMatch("(a|b){1,999}"), `{"a":"a"}`, true},
		{NewRegexMatch("(a|b){1,999}"), `{"a":"` + long + `"}`, false}, // too many steps
		{NewMaxLength(3), `{"longer name":"abc","n":123456}`, true},
		{NewMaxLength(3), `{"a":"abcd"}`, false},
		{NewMaxLength(3), `{"a":"éé"}`, false}, // bytes
		{NewMaxLength(0), `{"a":""}`, true},
		{NewMaxLength(3), ``, true},
		{NewMaxLength(3), `{`, false},
		{NewCustom("region", "eu"), `{"region":"eu","x":1}`, true},
		{NewCustom("a/b~", ""), `{"a/b~":""}`, true},
		{NewCustom("region", "eu"), `{"region":"EU"}`, false},
		{NewCustom("region", "eu"), `{"x":{"region":"eu"}}`, false},
		{NewCustom("region", "eu"), `{"region":["eu"]}`, false},
		{NewCustom("n", "1"), `{"n":1}`, false},
		{NewCustom("region", "eu"), `{`, false},
		{NewMemoryWriteDenyPatterns("(?i)password"), `{"text":"hello"}`, true},
		{NewMemoryWriteDenyPatterns(), `{"text":"hello"}`, true},
		{NewMemoryWriteDenyPatterns("x"), ``, true},
		{NewMemoryWriteDenyPatterns("x", "(?i)password"), `{"text":"my PassWord"}`, false},
		{NewMemoryWriteDenyPatterns("secret"), `{"secret":1}`, false},
		{NewMemoryWriteDenyPatterns("secret"), `{`, false},
		{NewMemoryWriteDenyPatterns("(a|b){1,999}"), `{"a":"` + strings.Repeat("c", 4096) + `"}`, false},
		{NewMemoryWriteDenyPatterns(strings.Split(strings.Repeat("x ", MaxRegexes), " ")[:MaxRegexes]...), `{"a":"b"}`, true},
		{NewMemoryWriteDenyPatterns(strings.Split(strings.Repeat("x ", MaxRegexes+1), " ")[:MaxRegexes+1]...), `{"a":"b"}`, false},
	})
}

func TestDataConstraints(t *testing.T) {
	tables, columns := NewTableAllowlist("users", "app.orders"), NewColumnDenylist("ssn", "users.salary")
	runJudgements(t, []judgement{
		{tables, `{"table":"users","where":{"id":"5"}}`, true},
		{tables, `{"from":["users","app.orders"],"limit":3}`, true},
		{tables, `{"collection":"users"}`, true},
		{tables, `{"from":{"table":"users"}}`, true},
		{tables, `{"table":"USERS"}`, false},
		{tables, `{"table":"orders"}`, false},
		{tables, `{"table":"users, secrets"}`, false},
		{tables, `{"tables":["users","secrets"]}`, false},
		{tables, `{"from":{"secrets":1}}`, false},
		{tables, `{"from":{"users":{"alias":"s"}}}`, false},
		{tables, `{"x":"users"}`, false},
		{tables, `{"table":5}`, false},
		{tables, ``, false},
		{tables, `{`, false},
		{tables, `{"table":"users","sql":"select 1"}`, false},
		{tables, `{"table":"users","query":{"a":["b"]}}`, false},
		{tables, `{"table":"users","statement":""}`, false},
		{tables, `{"table":"users","where":"id in (select 1)"}`, false},
		{tables, `{"table":"users","join":"secrets"}`, false},
		{NewTableAllowlist(), `{"table":"users"}`, false},
		{columns, `{"table":"users","columns":["id","name"]}`, true},
		{columns, `{"select":{"id":true}}`, true},
		{columns, `{"fields":["users.id"]}`, true},
		{NewColumnDenylist(), `{"fields":["id"]}`, true},
		{columns, `{"columns":["id","SSN"]}`, false},
		{columns, `{"columns":["u.ssn"]}`, false},
		{columns, `{"columns":["salary"]}`, false},
		{columns, `{"columns":["*"]}`, false},
		{columns, `{"columns":["id, name"]}`, false},
		{columns, `{"columns":["\"id\""]}`, false},
		{columns, `{"columns":["users."]}`, false},
		{columns, `{"columns":["näme"]}`, false},
		{columns, `{"columns":["id"],"sort":"ssn"}`, false},
		{columns, `{"columns":["id"],"where":{"ssn":1}}`, false},
		{columns, `{"columns":["id"],"order_by":"name"}`, false},
		{columns, `{"select":{"ssn":true}}`, false},
		{columns, `{"columns":["id"],"sql":"select 1"}`, false},
		{columns, `{"table":"users"}`, false},
		{columns, ``, false},
		{columns, `{`, false},
	})
}

func TestListConstraints(t *testing.T) {
	people, stores := NewAudienceAllowlist("a@x.example", "#ops"), NewMemoryStoreAllowlist("notes")
	runJudgements(t, []judgement{
		{people, `{"to":"a@x.example","body":"to b@y.example"}`, true},
		{people, `{"to":["a@x.example"],"cc":[],"channel":"#ops"}`, true},
		{people, `{"recipients":[{"email":"a@x.example"}]}`, true},
		{people, `{"to":"b@y.example"}`, false},
		{people, `{"to":"a@x.example, b@y.example"}`, false},
		{people, `{"to":["a@x.example","b@y.example"]}`, false},
		{people, `{"to":"a@x.example","bcc":"b@y.example"}`, false},
		{people, `{"to":"A@x.example"}`, false},
		{people, `{"to":[{"email":"a@x.example","name":"B"}]}`, false},
		{people, `{"to":{"b@y.example":true}}`, false},
		{people, `{"body":"x"}`, false},
		{people, `{"user":7}`, false},
		{people, ``, false},
		{people, `{`, false},
		{stores, `{"store":"notes","key":"k","value":"v"}`, true},
		{stores, `{"namespace":"notes","collection":"notes"}`, true},
		{stores, `{"store":"other"}`, false},
		{stores, `{"store":"notes","namespace":"other"}`, false},
		{stores, `{"key":"notes"}`, false},
	})
}

func TestOperationClass(t *testing.T) {
	for class, allowed := range map[string]string{
		"read_only":  "file_read",
		"read_write": "file_read file_write patch",
		"admin":      "file_read file_write patch egress shell tool",
	} {
		for _, action := range []string{"", "file_read", "file_write", "patch", "egress", "shell", "tool", "fly"} {
			want := action != "" && strings.Contains(" "+allowed+" ", " "+action+" ")
			_, err := judge(NewOperationClass(class), CallFacts{Action: action})
			if (err == nil) != want || err != nil && err.Code != CodeConstraint {
				t.Errorf("%s, %q: %v", class, action, err)
			}
		}
	}
	if _, err := judge(NewOperationClass("root"), CallFacts{Action: "file_read"}); err == nil {
		t.Error("an unknown class holds")
	}
}

// TestCheck: a constraint that could never hold is refused before signing.
func TestCheck(t *testing.T) {
	good := []Constraint{NewPathPrefix("/w"), NewGovernedIntentRequired(), NewRequireDualApproval(false), NewMaxArgsSize(1)}
	for i := range good {
		if err := good[i].Check(); err != nil {
			t.Errorf("%s: %v", good[i].Type, err)
		}
	}
	bad := []Constraint{{}, NewPathPrefix(""), {Type: "moon_phase"}, NewRegexMatch("(")}
	for i := range bad {
		if err := bad[i].Check(); codeOf(err) != CodeConstraint {
			t.Errorf("%s: %v", bad[i].Type, err)
		}
	}
}

// TestEveryMatchIsFree: without constraints matching allocates its result only.
func TestEveryMatchIsFree(t *testing.T) {
	scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, MaxCostPerInvocation: usd(5)}}}
	call := CallFacts{Server: "s", Tool: "t", Operation: Invoke, Arguments: wire.Raw(`{"path":"/w/a"}`), MaxCost: usd(3)}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Match(scope, call); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
