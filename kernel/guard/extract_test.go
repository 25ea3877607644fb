package guard

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

func TestShapes(t *testing.T) {
	for _, tc := range []struct {
		tool, args string
		want       Shape
	}{
		{"read_file", `{"path":"/a"}`, FileAccess{"/a"}},
		{"read_text_file", `{"path":"a.txt","head":3}`, FileAccess{"a.txt"}},
		{"read_multiple_files", `{"paths":["/a","/b"]}`, FileAccess{"/a"}},
		{"write_file", `{"path":"/a","content":"x"}`, FileWrite{"/a", "x"}},
		{"edit_file", `{"path":"/a","edits":[{"oldText":"/x","newText":"/y"}]}`, FileWrite{"/a", ""}},
		{"create_directory", `{"path":"/d"}`, FileWrite{"/d", ""}},
		{"list_directory", `{"path":"/d"}`, FileAccess{"/d"}},
		{"directory_tree", `{"path":"/d"}`, FileAccess{"/d"}},
		{"move_file", `{"source":"/a","destination":"/b"}`, FileWrite{"/b", ""}},
		{"search_files", `{"path":"/d","pattern":"*.go"}`, FileAccess{"/d"}},
		{"get_file_info", `{"path":"/a"}`, FileAccess{"/a"}},
		{"list_allowed_directories", `{}`, McpTool{"list_allowed_directories"}},
		{"mcp__files__read_file", `{"path":"/a"}`, FileAccess{"/a"}},
		{"ReadFile", `{"file_path":"/a"}`, FileAccess{"/a"}},
		{"fs/read", `{"path":"/a"}`, FileAccess{"/a"}},
		{"filesystem", `{"path":"/a","action":"delete"}`, FileWrite{"/a", ""}},
		{"filesystem", `{"path":"/a"}`, FileAccess{"/a"}},
		{"bash", `{"command":"ls"}`, ShellCommand{"ls"}},
		{"fetch", `{"url":"HTTPS://User@Example.COM.:8443/x?y"}`, NetworkEgress{"example.com", 8443}},
		{"fetch", `{"url":"http://example.com","path":"/a"}`, NetworkEgress{"example.com", 80}},
		{"fetch", `{"url":"file:///etc/shadow"}`, FileAccess{"/etc/shadow"}},
		{"apply_patch", `{"path":"/a","diff":"+x"}`, Patch{"/a", "+x"}},
		{"python", `{"code":"1"}`, CodeExecution{"python", "1"}},
		{"run_code", `{"code":"1"}`, CodeExecution{"unknown", "1"}},
		{"browser", `{"action":"click","selector":"#a"}`, BrowserAction{"click", "#a"}},
		{"postgres", `{"query":"select 1"}`, DatabaseQuery{"postgres", "select 1"}},
		{"remember", `{"store":"s","key":"k"}`, MemoryWrite{"s", "k"}},
		{"recall", `{"store":"s"}`, MemoryRead{"s", ""}},
		{"stripe_charge", `{"endpoint":"/v1/charges"}`, ExternalAPICall{"stripe", "/v1/charges"}},
		{"echo", `{"text":"hi"}`, McpTool{"echo"}},
		{"echo", ``, McpTool{"echo"}},
	} {
		if got := Extract(toolCall(tc.tool, tc.args)).Shape; got != tc.want {
			t.Errorf("%s %s: %#v, want %#v", tc.tool, tc.args, got, tc.want)
		}
	}
}

func TestMalformed(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 130) + `1` + strings.Repeat(`}`, 130)
	wide := `{"a":[` + strings.TrimSuffix(strings.Repeat("1,", maxValues+1), ",") + `]}`
	for _, tc := range []struct{ tool, args string }{
		{"read_file", `{}`},
		{"read_file", `{"path":null}`},
		{"read_file", `{"path":["/a"],"file":"/b"}`}, // a lower alias must not rescue
		{"read_file", `{"path":""}`},
		{"read_multiple_files", `{"paths":"/a"}`},
		{"read_multiple_files", `{"paths":["/a",3]}`},
		{"read_multiple_files", `{"paths":[]}`},
		{"move_file", `{"source":"/a"}`},
		{"filesystem", `{"path":"/a","action":3}`},
		{"bash", `{"command":["ls"],"cmd":"ls"}`},
		{"fetch", `{"url":"word"}`},
		{"fetch", `{"url":"http://example.com:99999/"}`},
		{"fetch", `{"url":"http://::1/"}`},
		{"python", `{"code":1}`},
		{"python", `{"code":"1","language":7}`},
		{"apply_patch", `{"diff":"+++ b/x\n","patch":"+++ b/y\n"}`}, // the tool may apply either
		{"echo", `[]`},
		{"echo", `"x"`},
		{"echo", `{"a":1}{}`},
		{"echo", `{"a":1,"\u0061":2}`},
		{"echo", "{\"a\":\"\xff\"}"},
		{"echo", deep},
		{"echo", wide},
	} {
		if got := Extract(toolCall(tc.tool, tc.args)).Shape; got.Kind() != "malformed" {
			t.Errorf("%s %.60s: %#v, want malformed", tc.tool, tc.args, got)
		}
	}
}

// Whatever a tool is called, what its arguments name is found.
func TestFoundAnywhere(t *testing.T) {
	for _, tc := range []struct {
		tool, args string
		path       string
		guess      bool
	}{
		{"summon", `{"path":"secret.txt"}`, "secret.txt", false},
		{"summon", `{"inputPath":"x"}`, "x", false},
		{"summon", `{"opts":{"File-Name":"x"}}`, "x", false},
		{"summon", `{"files":["a","b"]}`, "b", false},
		{"summon", `{"files":{"etc/shadow":"text"}}`, "etc/shadow", false},
		{"summon", `{"what":"/etc/shadow"}`, "/etc/shadow", false},
		{"summon", `{"a":[[{"b":"\u002fetc\/shadow"}]]}`, "/etc/shadow", false},
		{"summon", `{"/etc/shadow":1}`, "/etc/shadow", false},
		{"summon", `{"what":"~/.ssh/id_rsa"}`, "~/.ssh/id_rsa", false},
		{"summon", `{"what":"C:\\x"}`, `C:\x`, false},
		{"summon", `{"what":"\\\\host\\share"}`, `\\host\share`, false},
		{"summon", `{"what":"file:///etc/sh%61dow#x"}`, "/etc/shadow", false},
		{"summon", `{"path":"ab://../../etc/shadow"}`, "ab://../../etc/shadow", false},
		{"summon", `{"what":"ab://../../etc/shadow"}`, "ab://../../etc/shadow", true},
		{"summon", `{"what":"work/.env"}`, "work/.env", true},
		{"summon", `{"what":".env"}`, ".env", true},
		{"summon", `{"what":"  /etc/shadow\n"}`, "/etc/shadow", true},
		{"summon", `{"command":"cat '/etc/shadow'>x"}`, "/etc/shadow", true},
		{"bash", `{"command":"cat </etc/shadow"}`, "/etc/shadow", true},
		{"bash", `{"command":"ls","cwd":"/root"}`, "/root", false},
		{"read_file", `{"path":"/a","Path":"/etc/shadow"}`, "/etc/shadow", false},
		{"fetch", `{"url":"https://x.org","out":"/etc/shadow"}`, "/etc/shadow", false},
		{"move_file", `{"source":"/a","destination":"/etc/shadow"}`, "/etc/shadow", false},
	} {
		a := Extract(toolCall(tc.tool, tc.args))
		if !slices.ContainsFunc(a.Paths, func(p Path) bool { return p.Text == tc.path && p.Guess == tc.guess }) {
			t.Errorf("%s %s: paths %+v, want %q guess=%v", tc.tool, tc.args, a.Paths, tc.path, tc.guess)
		}
	}
	a := Extract(toolCall("summon", `{"x":["https://a.org/b","WSS://c.org"],"cmd":"curl http://d.org"}`))
	if len(a.URLs) != 3 || len(a.Commands) != 1 {
		t.Errorf("urls %q commands %q", a.URLs, a.Commands)
	}
	for _, args := range []string{`{"content":"/etc/shadow"}`, `{"text":"hello world"}`, `{"n":3}`} {
		if a := Extract(toolCall("write_file", `{"path":"/a",`+args[1:])); len(a.Paths) != 1 {
			t.Errorf("payload taken for a path: %s → %+v", args, a.Paths)
		}
	}
}

func TestAccess(t *testing.T) {
	of := func(tool, args string, s *kernel.Shape) map[string]Access {
		c := toolCall(tool, args)
		c.Route.Shape = s
		m := map[string]Access{}
		for _, p := range Extract(c).Paths {
			m[p.Text] = p.Access
		}
		return m
	}
	for _, tc := range []struct {
		tool, args string
		shape      *kernel.Shape
		path       string
		want       Access
	}{
		{"read_file", `{"path":"/a"}`, nil, "/a", AccessRead},
		{"write_file", `{"path":"/a"}`, nil, "/a", AccessWrite},
		{"move_file", `{"source":"/a","destination":"/b"}`, nil, "/a", AccessWrite},
		{"copy_file", `{"source":"/a","destination":"/b"}`, nil, "/a", AccessRead},
		{"copy_file", `{"source":"/a","destination":"/b"}`, nil, "/b", AccessWrite},
		{"apply_patch", `{"path":"/a","diff":"x"}`, nil, "/a", AccessPatch},
		{"summon", `{"path":"/a"}`, nil, "/a", AccessUnknown},
		{"summon", `{"p":"/a"}`, &kernel.Shape{Action: "file_read", Paths: []string{"/p"}}, "/a", AccessRead},
		// A manifest cannot make a write a read.
		{"write_file", `{"path":"/a"}`, &kernel.Shape{Action: "file_read", Paths: []string{"/path"}}, "/a", AccessUnknown},
		{"filesystem", `{"path":"/a","action":"delete"}`, nil, "/a", AccessWrite},
	} {
		if got, ok := of(tc.tool, tc.args, tc.shape)[tc.path]; !ok || got != tc.want {
			t.Errorf("%s %s: access %v (found %v), want %v", tc.tool, tc.args, got, ok, tc.want)
		}
	}
}

func TestDeclaredShape(t *testing.T) {
	for _, tc := range []struct {
		args  string
		shape kernel.Shape
		kind  string
		paths []string
	}{
		{`{"p":"x"}`, kernel.Shape{Action: "file_read", Paths: []string{"/p"}}, "file_access", []string{"x"}},
		{`{"a":{"b":["x","y"]}}`, kernel.Shape{Action: "file_write", Paths: []string{"/a/b"}}, "file_write", []string{"x", "y"}},
		{`{"a":["x"],"d":"--- a/src/m.c\n+++ b/src/m.c\n"}`, kernel.Shape{Action: "patch", Paths: []string{"/a/0", "/z"}, Content: []string{"/d"}}, "patch", []string{"x", "x/src/m.c"}},
		{`{"a":["x"]}`, kernel.Shape{Action: "patch", Paths: []string{"/a/0"}}, "malformed", nil},
		{`{"d":"*** Begin Patch\n*** Update File: /etc/shadow\n"}`, kernel.Shape{Action: "patch", Content: []string{"/d"}}, "patch", []string{"/etc/shadow"}},
		{`{"d":"no header"}`, kernel.Shape{Action: "patch", Content: []string{"/d"}}, "malformed", nil},
		{`{"a~/b":"x"}`, kernel.Shape{Action: "file_read", Paths: []string{"/a~0~1b"}}, "file_access", []string{"x"}},
		{`{"u":"https://a.org"}`, kernel.Shape{Action: "egress", URLs: []string{"/u"}}, "network_egress", nil},
		{`{"q":1}`, kernel.Shape{Action: "tool"}, "mcp_tool", nil},
		{`{"run":"ls /etc"}`, kernel.Shape{Action: "shell", Commands: []string{"/run"}}, "shell_command", []string{"/etc"}},
		{`{"cmd":"ls"}`, kernel.Shape{Action: "shell"}, "malformed", nil},
		{`{"c":"import os","lang":"python"}`, kernel.Shape{Action: "code", Content: []string{"/c"}}, "code_execution", nil},
		{`{"c":"x","lang":3}`, kernel.Shape{Action: "code", Content: []string{"/c"}}, "malformed", nil},
		{`{"u":"https://a.org"}`, kernel.Shape{Action: "browser", URLs: []string{"/u"}}, "browser_action", nil},
		{`{"u":"https://a.org","action":[]}`, kernel.Shape{Action: "browser", URLs: []string{"/u"}}, "malformed", nil},
		{`{"q":"select 1"}`, kernel.Shape{Action: "database", Content: []string{"/q"}}, "database_query", nil},
		{`{"u":"https://a.org"}`, kernel.Shape{Action: "external_api", URLs: []string{"/u"}}, "external_api_call", nil},
		{`{"key":"k"}`, kernel.Shape{Action: "memory_write"}, "memory_write", nil},
		{`{"key":3}`, kernel.Shape{Action: "memory_read"}, "malformed", nil},
		{`{"key":"k"}`, kernel.Shape{Action: "memory_read"}, "memory_read", nil},
		{`{}`, kernel.Shape{Action: "computer_use"}, "mcp_tool", nil},
		{`{}`, kernel.Shape{Action: "file_read", Paths: []string{"/p"}}, "malformed", nil},
		{`{"p":3}`, kernel.Shape{Action: "file_read", Paths: []string{"/p"}}, "malformed", nil},
		{`{"p":["x",3]}`, kernel.Shape{Action: "file_read", Paths: []string{"/p"}}, "malformed", nil},
		{`{"p":"x"}`, kernel.Shape{Action: "file_read", Paths: []string{"p"}}, "malformed", nil},
		{`{"p":"x"}`, kernel.Shape{Action: "file_read", Paths: make([]string, maxPointers+1)}, "malformed", nil},
		{`{"u":"word"}`, kernel.Shape{Action: "egress", URLs: []string{"/u"}}, "malformed", nil},
		{`{}`, kernel.Shape{Action: "summon"}, "malformed", nil},
	} {
		c := toolCall("summon", tc.args)
		c.Route.Shape = &tc.shape
		a := Extract(c)
		if a.Shape.Kind() != tc.kind {
			t.Errorf("%s %+v: %s, want %s", tc.args, tc.shape, a.Shape.Kind(), tc.kind)
		}
		for _, want := range tc.paths {
			if !slices.ContainsFunc(a.Paths, func(p Path) bool { return p.Text == want }) {
				t.Errorf("%s: %q not among %+v", tc.args, want, a.Paths)
			}
		}
	}
}

func TestOtherOperations(t *testing.T) {
	c := toolCall("file:///etc/shadow", "")
	c.Mandate.Operation = capability.Read
	a := Extract(c)
	if a.Shape.Kind() != "unknown" || len(a.Paths) == 0 || a.Paths[0] != (Path{Text: "/etc/shadow", Access: AccessRead}) {
		t.Errorf("%#v %+v", a.Shape, a.Paths)
	}
}

func TestCandidateBound(t *testing.T) {
	list := make([]string, maxCandidates+1)
	for i := range list {
		list[i] = fmt.Sprintf("/%d", i)
	}
	for n, kind := range map[int]string{maxCandidates: "mcp_tool", maxCandidates + 1: "malformed"} {
		args := wire.MustMarshal(map[string][]string{"x": list[:n]})
		if got := Extract(toolCall("summon", string(args))).Shape.Kind(); got != kind {
			t.Errorf("%d paths: %s, want %s", n, got, kind)
		}
	}
}

func TestHost(t *testing.T) {
	for raw, want := range map[string]string{
		"https://A.org/x": "a.org:443", "//a.org": "a.org:443", "a.org/x": "a.org:443", "http://a.org:81": "a.org:81",
		"http://[::1]:8/": "::1:8", "https://u:p@a.org": "a.org:443", "https://a.org.": "a.org:443",
		`https://a.org\@b.org`: "a.org:443", "http://localhost": "localhost:80",
	} {
		host, port, err := Host(raw)
		if got := fmt.Sprintf("%s:%d", host, port); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", "word", "http://", "http://a.org:", "http://a.org:0", "http://a.org:x", "::1", "http://[a.org]", "http://[::1", "http://a b", "http://a%2eb"} {
		if host, _, err := Host(raw); err == nil {
			t.Errorf("%q: %s, want an error", raw, host)
		}
	}
}
