package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// ownGuard is a guard of a program: it denies an argument that is true by that
// name, asks about another, and panics on a third.
type ownGuard struct {
	name   string
	config string
}

func (g ownGuard) Name() string { return g.name }

func (g ownGuard) Judge(r *guard.Request) (kernel.Decision, error) {
	switch {
	case r.Action.Arg("panic") != nil:
		panic("oh")
	case r.Action.Arg("deny") != nil:
		return guard.Refuse(g.name, "ACME-DENIED", "", "as "+g.config), nil
	}
	return guard.Conclude(kernel.Allow, g.name, "", "", ""), nil
}

func (g ownGuard) Configure(config wire.Raw) (guard.Guard, error) {
	g.config = string(config)
	return g, nil
}

// TestI5_CustomGuard: a program's guard runs behind the eighteen, is listed and
// configured, and its panic is a signed deny.
func TestI5_CustomGuard(t *testing.T) {
	o := newHome(t)
	o.Guards = []guard.Guard{ownGuard{name: "zeta"}, ownGuard{name: "acme"}}
	writePolicy(t, o.Home, "policy.yaml", readsAllowed+"extensions: {chio: {custom: {acme: {level: 3}}}}\n")
	n := reads(t, o, "")
	s := n.policy.status()
	if got := strings.Join(s.Guards, " "); !strings.HasSuffix(got, "acme zeta") {
		t.Errorf("guards run as %s", got)
	}
	for _, c := range []struct{ args, verdict, code, guard, reason string }{
		{`{}`, "allow", "", "", ""},
		{`{"deny":1}`, "deny", "ACME-DENIED", "acme", `{"level":3}`},
		{`{"panic":1}`, "deny", string(kernel.CodeGuardError), "acme", "panicked"},
		{`{"path":"/root/.ssh/id_rsa","deny":1}`, "deny", "ACME-DENIED", "acme", ""},
	} {
		a := invoke(t, n, "work", c.args)
		if a.Verdict != c.verdict || a.Code != c.code || a.Guard != c.guard || !strings.Contains(a.Reason, c.reason) {
			t.Errorf("%s: %+v", c.args, a)
		}
		doc, err := n.Receipt(t.Context(), a.ReceiptID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.Parse(doc); err != nil {
			t.Errorf("%s: its receipt: %v", c.args, err)
		}
	}
}

func TestCustomGuardNames(t *testing.T) {
	for name, list := range map[string][]guard.Guard{
		"nil":         {nil},
		"twice":       {ownGuard{name: "a"}, ownGuard{name: "a"}},
		"a built-in":  {ownGuard{name: "mcp-tool"}},
		"all":         {ownGuard{name: "all"}},
		"no name":     {ownGuard{}},
		"a bad name":  {ownGuard{name: "a b"}},
		"not present": nil,
	} {
		o := newHome(t)
		o.Guards = list
		if name == "not present" {
			writePolicy(t, o.Home, "policy.yaml", readsAllowed+"extensions: {chio: {custom: {acme: {}}}}\n")
		}
		if n, err := Open(t.Context(), o); err == nil {
			t.Errorf("%s: opened", name)
			_ = n.Stop(t.Context())
		}
	}
}

// TestExampleCustomGuard builds the example as its README says, in a module and
// a workspace of its own, and runs it.
func TestExampleCustomGuard(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples", "customguard"))); err != nil {
		t.Fatal(err)
	}
	var out string
	for _, line := range [][]string{{"work", "init", ".", root}, {"run", ".", filepath.Join(dir, "home")}} {
		c := exec.CommandContext(t.Context(), "go", line...)
		c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=", "GOFLAGS=", "GOPROXY=off")
		text, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(line, " "), err, text)
		}
		out = string(text)
	}
	if !strings.Contains(out, `{} deny ACME-NO-TICKET receipt `) || !strings.Contains(out, `{"ticket":"CHG-7"} allow  receipt `) {
		t.Errorf("it prints %s", out)
	}
}
