package guards

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

func pathOf(p string) string { return string(wire.MustMarshal(map[string]string{"path": p})) }

// What only may be a path does not deny by being unreadable, and what is one
// does, however the file system answers.
func TestPathsThatCannotBeFollowed(t *testing.T) {
	deny := defaultForbidden(t)
	check(t, deny, request("summon", `{"what":"/`+strings.Repeat("a", 5000)+`"}`), kernel.Allow, "")
	broken := links{"/srv/broken": ""}
	check(t, deny, broken.on(request("summon", `{"what":"broken/x"}`)), kernel.Allow, "")
	if _, hit := deny.Forbids("a\nb"); hit {
		t.Error("text that is no path is forbidden")
	}
	d, err := deny.Judge(request("read_file", pathOf("/root/.ssh/"+strings.Repeat("é/", 150))))
	if err != nil || d.Verdict != kernel.Deny || len(d.Evidence[0].Details) > 260 {
		t.Errorf("a long path fills the evidence: %+v %v", d, err)
	}
	for name, tc := range map[string]struct {
		path    string
		resolve func(string) (string, error)
	}{
		"no directory":       {"a", func(string) (string, error) { return "", fs.ErrPermission }},
		"not absolute":       {"a", func(p string) (string, error) { return map[bool]string{true: "/srv", false: "here"}[p == "."], nil }},
		"nothing there":      {"a/b", func(p string) (string, error) { return map[bool]string{true: "/srv"}[p == "."], missing(p) }},
		"too deep":           {strings.Repeat("a/", 300) + "b", links{}.Resolve},
		"climbs too often":   {"x/" + strings.Repeat("a/../", 300) + "b", links{}.Resolve},
		"climbs out of that": {"broken/x/../y", broken.Resolve},
	} {
		r := request("read_file", pathOf(tc.path))
		r.Call.Route.Resolve = tc.resolve
		if d, err := deny.Judge(r); err == nil || d.Verdict != kernel.Deny {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
}

// missing says that nothing but the tool's directory is there, not even a root.
func missing(p string) error {
	if p == "." {
		return nil
	}
	return fmt.Errorf("%s: %w", p, fs.ErrPermission)
}

// A file that is about to be made is judged by the deepest directory there is.
func TestFilesThatAreNotThereYet(t *testing.T) {
	there := func(p string) (string, error) {
		switch p {
		case ".", "/srv":
			return "/srv", nil
		case "/srv/link", "link":
			return "/etc", nil
		}
		return "", fs.ErrNotExist
	}
	g, err := NewPathAllowlist(PathAllowlistConfig{Enabled: true, Read: []string{"out/**", "."}, Write: []string{"out/**"}})
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]kernel.Verdict{
		`{"path":"out/new/a","content":"x"}`: kernel.Allow, `{"path":"/srv/out/a","content":"x"}`: kernel.Allow,
		`{"path":"link/new/a","content":"x"}`: kernel.Deny, `{"path":"other/a","content":"x"}`: kernel.Deny,
	} {
		r := request("write_file", args)
		r.Call.Route.Resolve = there
		for range 2 { // the second time by what is known
			if d, err := g.Judge(r); err != nil || d.Verdict != want {
				t.Errorf("%s: %+v %v, want %v", args, d, err, want)
			}
		}
	}
	r := request("list_directory", `{"path":"."}`)
	r.Call.Route.Resolve = there
	if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
		t.Errorf("the tool's directory itself: %+v %v", d, err)
	}
}

// Names and prefixes in their rarer forms.
func TestRarerForms(t *testing.T) {
	deny := defaultForbidden(t)
	for _, p := range []string{"/?/etc/shadow", `\\?\C:\Users\u\.aws\x`, "unc/etc/shadow", "{/etc/shadow,x}", "/etc/{shadow"} {
		want, code := kernel.Deny, CodeForbiddenPath
		if p == "/etc/{shadow" { // no shell expands it
			want, code = kernel.Allow, ""
		}
		check(t, deny, request("read_file", pathOf(p)), want, code)
	}
	g, err := NewMcpTool(McpToolConfig{Allow: []string{"read_?"}})
	if err != nil {
		t.Fatal(err)
	}
	check(t, g, request("read_a", `{}`), kernel.Allow, "")
	check(t, g, request("read_ab", `{}`), kernel.Deny, CodeToolUnlisted)
	literal, err := NewMcpTool(McpToolConfig{Exact: true, Allow: []string{"read_*"}})
	if err != nil {
		t.Fatal(err)
	}
	check(t, literal, request("read_a", `{}`), kernel.Deny, CodeToolUnlisted)
	check(t, literal, request("read_*", `{}`), kernel.Allow, "")
	for _, bad := range []string{"", "a b", "\xff", strings.Repeat("*", maxWildcards+1), strings.Repeat("a", kernel.MaxNameBytes+1), "a\x7f"} {
		for name, c := range map[string]McpToolConfig{
			"block": {Block: []string{bad}}, "confirm": {RequireConfirmation: []string{bad}}, "allow": {Allow: []string{bad}}, "exact": {Exact: true, Allow: []string{bad}},
		} {
			if _, err := NewMcpTool(c); err == nil {
				t.Errorf("%s %q is accepted", name, bad)
			}
		}
	}
	var _ guard.Guard = literal
}

// An expression runs where its needles stand in another case, behind one
// another, or in letters that only RE2 folds.
func TestPatternsAreNotPassedOver(t *testing.T) {
	for text, expression := range map[string]string{
		"the \u212aey": "(?i)key", "\u017fecret": "(?i)secret", "xcdx": "abcd|cdx|zz", "AB12": "(?i)ab[0-9]{2}", "a 4111": "[0-9]{4}", "ends in key": "key$", "ke": "ke", "xyzc": "(?:...|[^q]+q)c",
	} {
		p, err := CompilePatterns([]string{"nothing like it", expression})
		if err != nil {
			t.Fatal(err)
		}
		if i, ok := p.Match(text); !ok || i != 1 {
			t.Errorf("%q over %q: %d %v", expression, text, i, ok)
		}
	}
	for _, bad := range []string{"(", "(?=a)", "a{2,1}"} {
		if _, err := CompilePatterns([]string{"ok", bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
