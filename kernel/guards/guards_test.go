package guards

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
	"pgregory.net/rapid"
)

func request(tool, args string) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "files", Tool: tool, Arguments: wire.Raw(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

func check(t *testing.T, g guard.Guard, r *guard.Request, want kernel.Verdict, code kernel.Code) {
	t.Helper()
	d, err := g.Judge(r)
	if err != nil || d.Verdict != want || len(d.Evidence) != 1 || d.Evidence[0].Code != code {
		t.Errorf("%s %s: %v %+v %v, want %v %s", r.Call.Mandate.Tool, r.Call.Mandate.Arguments, d.Verdict, d.Evidence, err, want, code)
	}
}

// links is a file system of symbolic links.
type links map[string]string

func (l links) Resolve(p string) (string, error) {
	if !strings.HasPrefix(p, "/") {
		p = path.Join("/srv", p)
	}
	for from, to := range l {
		if p == from || strings.HasPrefix(p, from+"/") {
			if to == "" {
				return "", errors.New("permission denied")
			}
			return to + p[len(from):], nil
		}
	}
	return p, nil
}

// on puts a request onto a file system; the tool runs in /srv.
func (l links) on(r *guard.Request) *guard.Request {
	r.Call.Route.Resolve = l.Resolve
	return r
}

func defaultForbidden(t testing.TB, exceptions ...string) *ForbiddenPath {
	t.Helper()
	g, err := NewForbiddenPath(ForbiddenPathConfig{Patterns: DefaultForbiddenPaths(), Exceptions: exceptions})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestForbiddenPathSpellings(t *testing.T) {
	g := defaultForbidden(t)
	for _, p := range []string{
		"/etc/shadow", "//etc//shadow", "/etc/./shadow", "/a/../etc/shadow", "../../../../etc/shadow", "etc/shadow", "..\\..\\etc\\shadow",
		"/ETC/Shadow", "/etc/shadow.", "/etc/shadow ", " /etc/shadow", "/etc./shadow", "/etc/shadow::$DATA", "/etc/%73hadow", "/etc%2fshadow",
		"/proc/self/root/etc/shadow", "/dev/fd/3", "~/.ssh/id_rsa", "$HOME/.ssh/known_hosts", "C:\\Users\\u\\.aws\\credentials", ".env",
		"./.env.local", "/srv/.Env", "/home/u/.s\u200csh/x", "file/../.git-credentials", "/home/u/.ssh", "%2e%65nv", "%252e%2565nv",
		"%2e%2e/etc/shadow", "/etc/shadow%00.png", "/x/.\u200b./etc/shadow",
	} {
		args := string(wire.MustMarshal(map[string]string{"path": p}))
		check(t, g, request("read_file", args), kernel.Deny, CodeForbiddenPath)
		check(t, g, request("summon", args), kernel.Deny, CodeForbiddenPath)
	}
	for _, p := range []string{"/srv/app/readme.md", "src/env.go", "/home/u/ssh/x", "/srv/.envelope", "a b.txt", "100%", "\u200b", "\u200b/.."} {
		check(t, g, request("read_file", string(wire.MustMarshal(map[string]string{"path": p}))), kernel.Allow, "")
	}
	for _, p := range []string{`/etc/shadow\u0000`, `/srv/a\nb`, `a\u001fb`} {
		check(t, g, request("read_file", `{"path":"`+p+`"}`), kernel.Deny, CodePathMalformed)
	}
	check(t, g, request("read_multiple_files", `{"paths":["/srv/a","/etc/shadow"]}`), kernel.Deny, CodeForbiddenPath)
	check(t, g, request("move_file", `{"source":"/root/.ssh","destination":"/srv/x"}`), kernel.Deny, CodeForbiddenPath)
	check(t, g, request("read_file", `{"path":3}`), kernel.Deny, guard.CodeMalformed)
}

// A tool that expands wildcards reaches what the wildcard names, written out or
// not. One that names everything is no attempt at anything.
func TestForbiddenPathWildcards(t *testing.T) {
	g := defaultForbidden(t)
	for _, p := range []string{
		"/etc/sha*", "/e*c/sh?dow", "/etc/s[h]adow", ".env*", "**/.env*", "/srv/.en*", "*.env", "~/.ss*/id*", "/home/*/.AW*/x", "/home/u/id_*",
	} {
		check(t, g, request("read_many", string(wire.MustMarshal(map[string][]string{"paths": {p}}))), kernel.Deny, CodeForbiddenPath)
	}
	for _, p := range []string{
		"**/*", "*", "/etc/*", "/etc/**", "**/*.json", "src/**/*.go", "log*", "key*", "**/.*", "**/.git*", "src/p?ge.tsx", "src/[id]/p*.tsx", "a/*/b",
	} {
		check(t, g, request("read_many", string(wire.MustMarshal(map[string][]string{"paths": {p}}))), kernel.Allow, "")
	}
	check(t, g, request("search", `{"pattern":"**/*env*"}`), kernel.Allow, "") // a search, not a path
	check(t, g, request("search", `{"pattern":"**/.env*"}`), kernel.Deny, CodeForbiddenPath)
}

func TestForbiddenPathLinksAndExceptions(t *testing.T) {
	fs := links{"/srv/link": "/root/.ssh", "/srv/safe.env.example": "/etc/shadow", "/srv/broken": ""}
	g := defaultForbidden(t, "**/.env.example", "/srv/*.env.example")
	check(t, g, fs.on(request("read_file", `{"path":"/srv/link/id"}`)), kernel.Deny, CodeForbiddenPath)
	check(t, g, fs.on(request("summon", `{"x":"srv/a","y":"/srv/link/id"}`)), kernel.Deny, CodeForbiddenPath)
	check(t, g, fs.on(request("read_file", `{"path":"/srv/.env.example"}`)), kernel.Allow, "")
	// The exception names the link, and the link leads elsewhere.
	check(t, g, fs.on(request("read_file", `{"path":"/srv/safe.env.example"}`)), kernel.Deny, CodeForbiddenPath)
	if d, err := g.Judge(fs.on(request("read_file", `{"path":"/srv/broken/x"}`))); err == nil || d.Verdict != kernel.Deny {
		t.Errorf("a path that cannot be resolved: %v %v", d, err)
	}
	// A peer's paths are not on this file system.
	remote := fs.on(request("read_file", `{"path":"/srv/link/id"}`))
	remote.Call.Route.PeerDID = "did:chio:x"
	check(t, g, remote, kernel.Allow, "")
}

func TestPathAllowlist(t *testing.T) {
	g, err := NewPathAllowlist(PathAllowlistConfig{Enabled: true, Read: []string{"/srv/**", "/pub/*"}, Write: []string{"/srv/out/**"}})
	if err != nil {
		t.Fatal(err)
	}
	fs := links{"/srv/link": "/etc", "/elsewhere/srv": "/srv"}
	for _, tc := range []struct {
		tool, args string
		want       kernel.Verdict
	}{
		{"read_file", `{"path":"/srv/a"}`, kernel.Allow},
		{"read_file", `{"path":"/srv/../etc/a"}`, kernel.Deny},
		{"read_file", `{"path":"/srv/link/a"}`, kernel.Deny},
		{"read_file", `{"path":"srv/a"}`, kernel.Allow}, // below /srv, where the tool runs
		{"read_file", `{"path":"../pub/a"}`, kernel.Allow},
		{"read_file", `{"path":"../pub/a/b"}`, kernel.Deny},
		{"read_file", `{"path":"/elsewhere/srv/a"}`, kernel.Allow}, // a link into the list
		{"read_file", `{"path":"~/a"}`, kernel.Deny},
		{"write_file", `{"path":"/srv/a","content":""}`, kernel.Deny},
		{"write_file", `{"path":"/srv/out/a","content":"/etc/x"}`, kernel.Allow},
		{"apply_patch", `{"path":"/srv/out/a","diff":"x"}`, kernel.Allow},
		{"apply_patch", `{"path":"/srv/a","diff":"x"}`, kernel.Deny},
		{"move_file", `{"source":"/srv/a","destination":"/srv/out/a"}`, kernel.Deny},
		{"copy_file", `{"source":"/srv/a","destination":"/srv/out/a"}`, kernel.Allow},
		{"summon", `{"path":"/srv/a"}`, kernel.Deny}, // unknown access needs both
		{"summon", `{"path":"/srv/out/a"}`, kernel.Allow},
		{"summon", `{"text":"mime text/plain"}`, kernel.Allow},
		{"echo", `{"text":"hi"}`, kernel.Allow},
	} {
		code := CodePathAllowlist
		if tc.want == kernel.Allow {
			code = ""
		}
		check(t, g, fs.on(request(tc.tool, tc.args)), tc.want, code)
	}
	// The system follows the link before "..", a judge of text does not.
	if d, err := g.Judge(fs.on(request("read_file", `{"path":"/srv/link/../a"}`))); err == nil || d.Verdict != kernel.Deny {
		t.Errorf("a path that climbs behind a link: %v %v", d, err)
	}
	check(t, g, request("read_file", `{"path":"/srv/a\u0000"}`), kernel.Deny, CodePathMalformed)
	empty, _ := NewPathAllowlist(PathAllowlistConfig{Enabled: true, Write: []string{"**"}, Patch: []string{}})
	check(t, empty, request("read_file", `{"path":"/a"}`), kernel.Deny, CodePathAllowlist)
	check(t, empty, request("apply_patch", `{"path":"/a","diff":"x"}`), kernel.Deny, CodePathAllowlist)
}

func TestSessionRoots(t *testing.T) {
	roots := []string{"/work", "not-rooted/.."}
	g, err := NewPathAllowlist(PathAllowlistConfig{})
	if err != nil {
		t.Fatal(err)
	}
	within := func(tool, args string) *guard.Request {
		r := request(tool, args)
		r.Call.Mandate.Roots = roots
		return r
	}
	check(t, g, within("read_file", `{"path":"/work/a"}`), kernel.Allow, "")
	check(t, g, within("read_file", `{"path":"/work"}`), kernel.Allow, "")
	check(t, g, within("read_file", `{"path":"/workshop/a"}`), kernel.Deny, CodePathAllowlist)
	check(t, g, within("read_file", `{"path":"/work/../etc/a"}`), kernel.Deny, CodePathAllowlist)
	check(t, g, within("read_file", `{"path":"a"}`), kernel.Deny, CodePathAllowlist)
	roots = []string{}
	check(t, g, within("read_file", `{"path":"/work/a"}`), kernel.Deny, CodePathAllowlist)
	roots = nil
	check(t, g, within("read_file", `{"path":"/anything"}`), kernel.Allow, "")
}

func TestMcpTool(t *testing.T) {
	g, err := NewMcpTool(McpToolConfig{Block: []string{"rm", "raw_*"}, RequireConfirmation: []string{"pay", "rm"}, Allow: []string{"read_file", "list_*"}, MaxArgsBytes: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		tool, args string
		want       kernel.Verdict
		code       kernel.Code
	}{
		{"rm", `{}`, kernel.Deny, CodeToolBlocked}, // block beats confirmation
		{"raw_file/write", `{}`, kernel.Deny, CodeToolBlocked},
		{"pay", `{}`, kernel.PendingApproval, CodeToolConfirm},
		{"read_file", `{"path":"a"}`, kernel.Allow, ""},
		{"list_x", `{}`, kernel.Allow, ""},
		{"Read_File", `{"path":"a"}`, kernel.Deny, CodeToolUnlisted},
		{"other", `{}`, kernel.Deny, CodeToolUnlisted},
		{"", `{}`, kernel.Deny, CodeToolUnlisted},
		{"pay", `{"a":"0123456789012"}`, kernel.Deny, CodeArgsSize},
		{"pay", `{"a":"012345678901"}`, kernel.PendingApproval, CodeToolConfirm},
	} {
		check(t, g, request(tc.tool, tc.args), tc.want, tc.code)
	}
	block, _ := NewMcpTool(McpToolConfig{DefaultBlock: true, Allow: nil})
	check(t, block, request("x", `{}`), kernel.Deny, CodeToolUnlisted)
	none, _ := NewMcpTool(McpToolConfig{Allow: []string{}})
	check(t, none, request("x", `{}`), kernel.Deny, CodeToolUnlisted)
	open, _ := NewMcpTool(McpToolConfig{})
	check(t, open, request("x", `{}`), kernel.Allow, "")
}

func TestChargeCap(t *testing.T) {
	g, err := NewChargeCap(wire.MonetaryAmount{Units: 5, Currency: "USD"}, "treaty.caps.max_charge_per_call")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		price *wire.MonetaryAmount
		want  kernel.Verdict
		code  kernel.Code
	}{
		{nil, kernel.Allow, ""},
		{&wire.MonetaryAmount{Units: 5, Currency: "USD"}, kernel.Allow, ""},
		{&wire.MonetaryAmount{Units: 6, Currency: "USD"}, kernel.Deny, CodeChargeCap},
		{&wire.MonetaryAmount{Units: 1, Currency: "EUR"}, kernel.Deny, CodeChargeCap},
	} {
		r := request("x", `{}`)
		r.Call.Route.Price = tc.price
		check(t, g, r, tc.want, tc.code)
	}
}

func TestBadConfigIsRefused(t *testing.T) {
	for name, fn := range map[string]func() error{
		"no patterns": func() error { _, err := NewForbiddenPath(ForbiddenPathConfig{}); return err },
		"bad pattern": func() error { _, err := NewForbiddenPath(ForbiddenPathConfig{Patterns: []string{"["}}); return err },
		"bad exception": func() error {
			_, err := NewForbiddenPath(ForbiddenPathConfig{Patterns: []string{"a"}, Exceptions: []string{""}})
			return err
		},
		"inert list": func() error { _, err := NewPathAllowlist(PathAllowlistConfig{Read: []string{"**"}}); return err },
		"bad list": func() error {
			_, err := NewPathAllowlist(PathAllowlistConfig{Enabled: true, Patch: []string{"{a}"}})
			return err
		},
		"bad tool":      func() error { _, err := NewMcpTool(McpToolConfig{Block: []string{"a b"}}); return err },
		"negative size": func() error { _, err := NewMcpTool(McpToolConfig{MaxArgsBytes: -1}); return err },
		"no currency":   func() error { _, err := NewChargeCap(wire.MonetaryAmount{Units: 1}, ""); return err },
	} {
		if fn() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestI5_GuardsDenyWhatTheyCannotRead(t *testing.T) {
	mcp, _ := NewMcpTool(McpToolConfig{})
	paths, _ := NewPathAllowlist(PathAllowlistConfig{Enabled: true, Read: []string{"**"}, Write: []string{"**"}})
	charge, _ := NewChargeCap(wire.MonetaryAmount{Units: 1, Currency: "USD"}, "r")
	for _, g := range []guard.Guard{defaultForbidden(t), mcp, paths, charge} {
		for name, r := range map[string]*guard.Request{
			"nil": nil, "no call": {}, "no mandate": {Call: &kernel.Call{}},
			"not extracted": {Call: &kernel.Call{Mandate: &kernel.Mandate{Tool: "x"}}},
			"malformed":     request("x", `[`),
		} {
			if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != guard.CodeMalformed {
				t.Errorf("%s, %s: %+v %v", g.Name(), name, d, err)
			}
		}
	}
}

// One more forbidden pattern, blocked tool or confirmation never loosens; one
// fewer allow entry neither.
func TestI4_AddingARuleNeverLoosens(t *testing.T) {
	words := []string{"a", "b", "ab"}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`/?(\*\*/)?[ab*?]{1,3}(/\*\*)?`)
		patterns := rapid.SliceOfN(pattern, 1, 4).Draw(t, "patterns")
		p := rapid.StringMatching(`/?([ab]{1,2}/){0,3}[ab]{1,2}`).Draw(t, "path")
		r := request("read_file", fmt.Sprintf(`{"path":%q}`, p))
		judge := func(g guard.Guard, err error) kernel.Verdict {
			if err != nil {
				t.Fatal(err)
			}
			d, err := g.Judge(r)
			if err != nil {
				t.Fatal(err)
			}
			return d.Verdict
		}
		more := slices.Insert(slices.Clone(patterns), 0, pattern.Draw(t, "more"))
		if judge(forbid(patterns)) < judge(forbid(more)) {
			t.Fatal("one more forbidden pattern allowed more")
		}
		if judge(permit(more)) < judge(permit(patterns)) {
			t.Fatal("one fewer permitted pattern allowed more")
		}
		c := McpToolConfig{Block: pick(t, "block", words), RequireConfirmation: pick(t, "confirm", words), DefaultBlock: rapid.Bool().Draw(t, "default")}
		if rapid.Bool().Draw(t, "listed") {
			c.Allow = pick(t, "allow", words)
		}
		r = request(rapid.SampledFrom(words).Draw(t, "tool"), `{}`)
		before := judge(NewMcpTool(c))
		c.Block = append(slices.Clone(c.Block), rapid.SampledFrom(words).Draw(t, "blocked"))
		if judge(NewMcpTool(c)) > before {
			t.Fatal("one more blocked tool allowed more")
		}
	})
}

func pick(t *rapid.T, label string, words []string) []string {
	return rapid.SliceOfN(rapid.SampledFrom(words), 0, 3).Draw(t, label)
}

func forbid(patterns []string) (guard.Guard, error) {
	return NewForbiddenPath(ForbiddenPathConfig{Patterns: patterns})
}

func permit(patterns []string) (guard.Guard, error) {
	return NewPathAllowlist(PathAllowlistConfig{Enabled: true, Read: patterns})
}

func TestCatalogue(t *testing.T) {
	want := strings.Fields("forbidden-path velocity agent-velocity shell-command egress-allowlist internal-network mcp-tool secret-leak " +
		"patch-integrity path-allowlist computer-use remote-desktop-side-channel input-injection-capability browser-automation " +
		"code-execution prompt-injection jailbreak spider-sense")
	var got []string
	for _, e := range Catalogue() {
		got = append(got, e.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("catalogue %v", got)
	}
}
