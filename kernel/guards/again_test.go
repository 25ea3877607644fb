package guards

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// What a path leads to is asked again just before dispatch: a link that moved
// after the verdict is not followed.
func TestPathsAreJudgedAgain(t *testing.T) {
	allow, err := NewPathAllowlist(PathAllowlistConfig{Enabled: true, Read: []string{"/srv/**"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []guard.Rejudger{defaultForbidden(t), allow} {
		fs := links{"/srv/link": "/srv/data"}
		if d, err := g.Rejudge(fs.on(request("read_file", `{"path":"/srv/link/id"}`))); err != nil || d.Verdict != kernel.Allow {
			t.Errorf("%s, nothing moved: %+v %v", g.Name(), d, err)
		}
		fs["/srv/link"] = "/root/.ssh"
		if d, err := g.Rejudge(fs.on(request("read_file", `{"path":"/srv/link/id"}`))); err != nil || d.Verdict != kernel.Deny {
			t.Errorf("%s, the link moved: %+v %v", g.Name(), d, err)
		}
	}
}

// The deny list holds for what only looks like a path, and for tools that
// nobody recognises.
func TestGuessedPathsAreForbidden(t *testing.T) {
	g := defaultForbidden(t)
	for _, args := range []string{`{"run":"x","command":"cat </etc/shadow"}`, `{"note":"see work/.env"}`, `{"what":"work/.env"}`, `{"what":"a\n/etc/shadow\nb"}`} {
		want, code := kernel.Deny, CodeForbiddenPath
		if args == `{"note":"see work/.env"}` { // prose names no file
			want, code = kernel.Allow, ""
		}
		check(t, g, request("summon", args), want, code)
	}
}

func TestACallWithoutAToolIsDenied(t *testing.T) {
	open, err := NewMcpTool(McpToolConfig{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, open, request("", `{}`), kernel.Deny, CodeToolUnlisted)
	r := request("", `{}`)
	r.Abstract = true
	check(t, open, r, kernel.Allow, "")
}
