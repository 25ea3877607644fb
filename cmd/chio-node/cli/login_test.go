package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/backbay-labs/chio-node/internal/idp"
)

// cmdIDP starts an identity provider that ends with the script, and writes the
// configuration that names it "corp": idp.
func cmdIDP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: idp")
	}
	p := idp.New(&cleanups{ts}, idp.Config{ClientID: "chio", ClientSecret: "s3cret", Now: time.Now})
	p.Claims = map[string]any{"groups": []string{"writers"}, "tid": "acme"}
	home := ts.Getenv("CHIO_HOME")
	doc, err := os.ReadFile(filepath.Join(home, "chio-node.yaml"))
	ts.Check(err)
	doc = fmt.Appendf(doc, `
identity_providers:
  - name: corp
    issuer: %s
    client_id: chio
    client_secret_file: corp.secret
    tenant_claim: tid
    tenants: [acme]
    groups_claim: groups
    roles: {writers: [writer]}
  - name: strict
    issuer: %s
    client_id: chio
    client_secret_file: corp.secret
    groups_claim: groups
    required_groups: [admins]
`, p.URL, p.URL)
	ts.Check(os.WriteFile(filepath.Join(home, "chio-node.yaml"), doc, 0o600))
	ts.Check(os.WriteFile(filepath.Join(home, "corp.secret"), []byte("s3cret\n"), 0o600))
	providers.Store(ts.Getenv("WORK"), p)
}

// providers are those of the scripts that run, by their folder.
var providers sync.Map

// cleanups lets a provider end with a script.
type cleanups struct{ ts *testscript.TestScript }

func (c *cleanups) Cleanup(f func()) { c.ts.Defer(f) }

// cmdSignIn runs a program, is the person who opens the address that it shows,
// or types its code, and compares its exit code; what it printed is in the file
// signin.out: signin CODE PROGRAM ARGS…
func cmdSignIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: signin CODE PROGRAM ARGS…")
	}
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	c := exec.Command(path, args[2:]...)
	c.Dir, c.Env = ts.MkAbs("."), environment(ts)
	out, err := os.Create(ts.MkAbs("signin.out"))
	ts.Check(err)
	defer func() { _ = out.Close() }() // the program wrote it
	c.Stdout = out
	errs, err := c.StderrPipe()
	ts.Check(err)
	ts.Check(c.Start())
	late := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer late.Stop()
	for lines := bufio.NewScanner(errs); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		ts.Logf("%s", line)
		switch {
		case strings.HasPrefix(line, "http"):
			visit(ts, line)
		case strings.Contains(line, "the code"):
			p, _ := providers.Load(ts.Getenv("WORK"))
			p.(*idp.Provider).Approve()
		}
	}
	_, code := c.Wait(), c.ProcessState.ExitCode()
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// visit is the browser: a page of somebody else's comes first, then the person's.
func visit(ts *testscript.TestScript, address string) {
	browser := &http.Client{Timeout: patience}
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		stranger := *r.URL
		stranger.RawQuery = "code=evil&state=guess"
		if res, err := http.Get(stranger.String()); err == nil {
			if res.StatusCode != http.StatusBadRequest {
				return fmt.Errorf("an answer with another state: %s", res.Status)
			}
			_ = res.Body.Close()
		}
		return nil
	}
	res, err := browser.Get(address)
	ts.Check(err)
	page, err := io.ReadAll(res.Body)
	ts.Check(err)
	_ = res.Body.Close()
	ts.Logf("%s: %s", res.Status, page)
}
