package guard

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/wire"
)

// What a call does may be spread over its arguments, or stand inside a string
// of them.
func TestSpreadArguments(t *testing.T) {
	for _, tc := range []struct{ tool, args, want string }{
		// a command and its arguments
		{"summon", `{"command":"rm","args":["-rf","/"]}`, "argv [rm -rf /]"},
		{"summon", `{"a":{"Command":"rm","Args":["-rf",7,""]}}`, "argv [rm -rf 7 ]"},
		{"summon", `{"a":[{"program":"rm","arguments":["/"]}]}`, "argv [rm /]"},
		{"summon", `{"command":["sh","-c","x"]}`, "argv [sh -c x]"},
		{"summon", `{"command":"rm","args":"-rf /"}`, "command rm -rf /"},
		{"summon", `{"shell_command":"x"}`, "command x"},
		{"summon", `{"runCmd":"x"}`, "command x"},
		// a directory and a name
		{"summon", `{"cwd":"/etc","file":"shadow"}`, "path? /etc/shadow"},
		{"read_file", `{"path":"shadow","base_dir":"/etc/"}`, "path? /etc/shadow"},
		{"summon", `{"directory":"/etc","name":"shadow"}`, "path? /etc/shadow"},
		{"bash", `{"command":"cat shadow","cwd":"/etc"}`, "dir /etc"},
		// a document in a string
		{"call_tool", `{"arguments":"{\"command\":\"x\"}"}`, "command x"},
		{"call_tool", `{"arguments":"{\"command\":\"rm\",\"args\":[\"/\"]}"}`, "argv [rm /]"},
		{"call_tool", `{"arguments":" {\"path\":\"/etc/shadow\"} "}`, "path /etc/shadow"},
		{"call_tool", `{"arguments":"{\"url\":\"http://a.org\"}"}`, "url http://a.org"},
		{"call_tool", `{"arguments":"[\"{\\\"path\\\":\\\"/etc/shadow\\\"}\"]"}`, "path /etc/shadow"},
		{"call_tool", `{"arguments":"{\"path\":\"a\",\"path\":\"/etc/shadow\"}"}`, "path /etc/shadow"},
		{"call_tool", `{"arguments":"{'command': 'x', }"}`, "command x"},
		{"call_tool", `{"arguments":"{\"command\":\"\\u0078\",}"}`, "command x"},
		// typed into what runs already
		{"interact_with_process", `{"pid":1,"input":"x"}`, "input x"},
		{"tmux_send_keys", `{"keys":"x"}`, "input x"},
		{"bash_tool", `{"input":"x"}`, "input x"},
		{"summon", `{"stdin":"x"}`, "input x"},
		// code and queries
		{"python", `{"code":"open('/etc/shadow')"}`, "path? /etc/shadow"},
		{"sandbox_exec", `{"code":"it's\nopen(\"/etc/shadow\")"}`, "path? /etc/shadow"},
		{"puppeteer_evaluate", `{"script":"fetch('http://a.org')"}`, "url http://a.org"},
		{"query", `{"sql":"COPY t FROM '/etc/shadow'"}`, "path? /etc/shadow"},
		{"read_query", `{"query":"COPY t TO PROGRAM 'x'"}`, "command x"},
		{"summon", `{"diff":"x\n--- a/x\n+++ b/.env\n"}`, "path? .env"},
		// signs around a path, and documents that lead to one
		{"docker_run", `{"volumes":["/etc/shadow:/s:ro"]}`, "path? /etc/shadow"},
		{"summon", `{"args":["--in=/etc/shadow"]}`, "path? /etc/shadow"},
		{"summon", `{"form":"file=@/etc/shadow"}`, "path? /etc/shadow"},
		{"summon", `{"in":"concat:/etc/shadow|/a"}`, "path? /etc/shadow"},
		{"kubectl_apply", `{"manifest":"a:\n  path: /root/.ssh\n"}`, "path? /root/.ssh"},
		{"summon", `{"html":"<img src=\"file:///etc/shadow\">"}`, "path? /etc/shadow"},
		// names of objects, and of other schemes
		{"git_show", `{"revision":"HEAD:.env"}`, "path? .env"},
		{"docker_cp", `{"source":"web:/etc/shadow"}`, "path? /etc/shadow"},
		{"summon", `{"uri":"vscode://file/etc/shadow"}`, "path? /etc/shadow"},
		{"summon", `{"uri":"xy://.ssh/id"}`, "path? .ssh/id"},
	} {
		if got := listed(Extract(toolCall(tc.tool, tc.args))); !slices.Contains(got, tc.want) {
			t.Errorf("%s %s: %q, want %q among them", tc.tool, tc.args, got, tc.want)
		}
	}
	for _, tc := range []struct{ tool, args, not string }{
		{"write_file", `{"path":"a.json","content":"{\"command\":\"x\"}"}`, "command x"},
		{"Edit", `{"file_path":"a.md","old_string":"/etc/passwd","new_string":"b"}`, "path /etc/passwd"},
		{"Write", `{"file_path":"a.md","content":"x\n/etc/passwd\n"}`, "path? /etc/passwd"},
		{"puppeteer_evaluate", `{"script":"a => a"}`, "command a => a"},
		{"apply_patch", `{"input":"*** Begin Patch\n*** Update File: a.md\n@@\n+/etc/passwd\n /etc/passwd\n*** End Patch"}`, "path? /etc/passwd"},
		{"search", `{"query":".env"}`, "path? .env"},
	} {
		if got := listed(Extract(toolCall(tc.tool, tc.args))); slices.Contains(got, tc.not) {
			t.Errorf("%s %s: %q among %q", tc.tool, tc.args, tc.not, got)
		}
	}
}

func listed(a Action) (out []string) {
	for _, p := range a.Paths {
		mark := "path "
		if p.Guess {
			mark = "path? "
		}
		out = append(out, mark+p.Text)
	}
	for kind, list := range map[string][]string{"command ": a.Commands, "url ": a.URLs, "input ": a.Inputs, "dir ": a.Dirs} {
		for _, s := range list {
			out = append(out, kind+s)
		}
	}
	for _, argv := range a.Argvs {
		out = append(out, fmt.Sprintf("argv %v", argv))
	}
	if m, bad := a.Shape.(Malformed); bad {
		out = append(out, "malformed: "+m.Reason)
	}
	return out
}

// Tools that run code are known by what they are called, if they are given any.
func TestCodeTools(t *testing.T) {
	for _, tc := range []struct {
		tool, args string
		want       Shape
	}{
		{"execute_python", `{"code":"1"}`, CodeExecution{"python", "1"}},
		{"run_python_code", `{"python_code":"1"}`, CodeExecution{"python", "1"}},
		{"jupyter_execute_cell", `{"source":"1"}`, CodeExecution{"python", "1"}},
		{"python_repl", `{"code":"1"}`, CodeExecution{"python", "1"}},
		{"evaluate_script", `{"function":"() => 1"}`, CodeExecution{"javascript", "() => 1"}},
		{"sandbox_exec", `{"code":"1","lang":"ruby"}`, CodeExecution{"ruby", "1"}},
		{"run_code", `{"code":"1","source":"2"}`, CodeExecution{"unknown", "1\n2"}}, // either may be run
		{"run_notebook", `{"path":"a.ipynb"}`, McpTool{"run_notebook"}},
		{"run_script", `{"script":"npm test"}`, McpTool{"run_script"}},
		{"execute_code_review", `{"code":"PR-1"}`, McpTool{"execute_code_review"}},
		{"format_code", `{"code":"1"}`, McpTool{"format_code"}},
		{"sandbox_exec", `{"code":"1","lang":3}`, Malformed{`argument "lang" must be a string`}},
	} {
		if got := Extract(toolCall(tc.tool, tc.args)).Shape; got != tc.want {
			t.Errorf("%s %s: %#v, want %#v", tc.tool, tc.args, got, tc.want)
		}
	}
	if a := Extract(toolCall("run_script", `{"script":"npm test"}`)); len(a.Commands) != 1 {
		t.Errorf("a script of no language is a command: %q", a.Commands)
	}
}

// The work of joining and of looking inside is bounded.
func TestSpreadIsBounded(t *testing.T) {
	members := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form+",", i)
		}
		return b.String()
	}
	for name, args := range map[string]string{
		"places": `{` + members(maxPlaces+1, `"%d":{"cwd":"/a"}`) + `"x":1}`,
		"joined": `{"cwd":"/a","dir":"/b","files":[` + members(maxCandidates/2+1, `"a%d"`) + `"b"]}`,
	} {
		if got := Extract(toolCall("summon", args)).Shape.Kind(); got != "malformed" {
			t.Errorf("%s: %s, want malformed", name, got)
		}
	}
	nested := `{"path":"/deep"}`
	for range maxInside + 1 {
		nested = string(wire.MustMarshal([]string{nested}))
	}
	if got := Extract(toolCall("summon", `{"x":`+string(wire.MustMarshal(nested))+`}`)).Shape.Kind(); got != "malformed" {
		t.Errorf("documents in documents: %s, want malformed", got)
	}
}

// Strings are decoded as the decoder of the arguments decodes them.
func TestUnescaped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want string
		doc := `"` + strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "é", `\n`, `\t`, `\r`, `\b`, `\f`, `\"`, `\\`, `\/`, `\u00e9`, `\u0000`,
			`\uD83D\ude00`, `\ud83d`, `\ude00`, `\u12`, `\x`, `\uzzzz`, `\ud83d\u0041`, `\ufffd`})).Draw(t, "parts"), "") + `"`
		err := wire.Unmarshal([]byte(doc), &want, wire.ForeignLimits)
		got, bad := Unescaped(doc[1 : len(doc)-1])
		if (err == nil) != (bad == nil) || err == nil && got != want {
			t.Fatalf("%s: %q %v, want %q %v", doc, got, bad, want, err)
		}
	})
}

func BenchmarkText(b *testing.B) {
	c := toolCall("write_file", string(wire.MustMarshal(map[string]string{"path": "a", "content": strings.Repeat("a line of text, it's one\n", 40000)})))
	b.SetBytes(int64(len(c.Mandate.Arguments)))
	b.ReportAllocs()
	for b.Loop() {
		Extract(c)
	}
}

func BenchmarkSpread(b *testing.B) {
	for name, args := range map[string]string{
		"argv":   `{"command":"git","args":["commit","-m","x"],"cwd":"/home/u/p"}`,
		"inside": `{"name":"x","arguments":"{\"command\":\"ls\",\"args\":[\"-l\"]}"}`,
		"plain":  `{"title":"a","body":"some text"}`,
	} {
		c := toolCall("summon", args)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Extract(c)
			}
		})
	}
}
