package secrets_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/wire"
)

func request(tool string, args any) *guard.Request {
	call := &kernel.Call{Mandate: &kernel.Mandate{Tool: tool, Arguments: wire.MustMarshal(args)}}
	return &guard.Request{Call: call, Action: guard.Extract(call)}
}

// Secrets of the tests are put together here, so that no scanner of this
// repository reports them.
var (
	githubToken = "ghp" + "_" + "R7kQm2Zx9LpT4vWc8NsYb3HdFg6JtUe1AoXi"
	awsKey      = "AKIA" + "Q3EGRVXYZ7W2LMNP"
	stripeKey   = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dcK2"
	password    = "hunter2" + "hunter2"
)

func leak(t *testing.T, c secrets.Config) *secrets.Leak {
	t.Helper()
	g, err := secrets.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestEveryTextIsLookedAt(t *testing.T) {
	g := leak(t, secrets.Config{SkipPaths: []string{"**"}})
	pad := strings.Repeat("padding and more padding. ", 200000)
	for name, tt := range map[string]struct {
		tool, detector string
		args           any
	}{
		"file content":           {"write_file", "github_token", map[string]any{"path": "/a", "content": "x " + githubToken}},
		"a test file":            {"write_file", "github_token", map[string]any{"path": "/repo/test/a_test.go", "content": githubToken}},
		"a diff":                 {"apply_patch", "stripe_secret_key", map[string]any{"path": "/a", "diff": "+++ b/a\n+key := \"" + stripeKey + "\"\n"}},
		"an unknown tool":        {"frobnicate", "aws_access_key", map[string]any{"x": map[string]any{"y": []string{"", awsKey}}}},
		"a header":               {"http_request", "authorization_header", map[string]any{"url": "https://a.example", "headers": map[string]string{"Authorization": "Bearer 8fK2mQ9zXv4LpR7tWc3N"}}},
		"lines of a list":        {"frobnicate", "private_key", map[string]any{"lines": []string{"-----BEGIN RSA " + "PRIVATE KEY-----", "MIIEpAIBAAKCAQEA7bq2vN0kTz81kQpL02mVn7RtYb3Ws6Dc9Fg4Hj5Kq0aTMIIEpAIBAAKCAQEA7bq2"}}},
		"parts of a list":        {"frobnicate", "github_token", map[string]any{"parts": []string{"x", githubToken[:20], githubToken[20:]}}},
		"a word behind it":       {"frobnicate", "openai_project_key", map[string]any{"x": "sk-" + "proj-" + githubToken[4:] + githubToken[4:] + "EXAMPLE"}},
		"a member name":          {"frobnicate", "github_token", map[string]any{githubToken: "x"}},
		"a shell command":        {"bash", "github_token", map[string]any{"command": "git push https://" + githubToken + "@github.com/a/b"}},
		"a pair":                 {"frobnicate", "generic_secret", map[string]string{"password": password}},
		"a labelled pair":        {"frobnicate", "generic_secret", map[string]any{"env": []any{map[string]string{"name": "DB_PASSWORD", "value": password}}}},
		"JSON in a string":       {"frobnicate", "generic_secret", map[string]string{"body": `{"password": "` + password + `"}`}},
		"base64 of JSON":         {"frobnicate", "generic_secret", map[string]string{"blob": base64.StdEncoding.EncodeToString([]byte(`{"user":"root","password":"` + password + `"}`))}},
		"behind much padding":    {"write_file", "github_token", map[string]any{"path": "/a", "content": pad + githubToken}},
		"a URL":                  {"fetch", "url_credentials", map[string]string{"url": "https://bob:" + password + "@host.example/"}},
		"between other letters":  {"frobnicate", "github_token", map[string]string{"x": "abc" + githubToken + "def"}},
		"percent signs":          {"frobnicate", "github_token", map[string]string{"x": "ghp%5F" + githubToken[4:]}},
		"invisible bytes around": {"frobnicate", "github_token", map[string]string{"x": "\x00\x01\ufeff" + githubToken + "\x00"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := g.Judge(request(tt.tool, tt.args))
			if err != nil || d.Verdict != kernel.Deny {
				t.Fatal(d.Verdict, err)
			}
			e := d.Evidence[0]
			if e.Code != "CHIO-GUARD-SECRET" || e.Rule != "rules.secret_patterns.patterns."+tt.detector || e.Guard != "secret-leak" {
				t.Errorf("%+v", e)
			}
			for _, s := range []string{githubToken[4:], awsKey[4:], stripeKey[8:], password} {
				if strings.Contains(e.Details+e.Rule, s[:7]) {
					t.Error("the evidence repeats the secret")
				}
			}
		})
	}
}

// Bytes that are no text at all are scanned like any other.
func TestBinaryIsScanned(t *testing.T) {
	text := "\xff\xfe\x00" + githubToken + "\x80\x81"
	r := &guard.Request{Action: guard.Action{Shape: guard.FileWrite{Path: "/a", Content: text}}, Abstract: true}
	if d, _ := leak(t, secrets.Config{}).Judge(r); d.Verdict != kernel.Deny {
		t.Fatal(d)
	}
	if id, found := secrets.Detect(text); !found || id != "github_token" {
		t.Fatal(id, found)
	}
}

func TestPolicyPatterns(t *testing.T) {
	c := secrets.Config{Rule: "base.secrets", SkipPaths: []string{"**/fixtures/**"}, Patterns: []secrets.Pattern{
		{Name: "badge", Expression: `BADGE-[0-9]{4}`, Severity: "warn"},
		{Name: "vault", Expression: `(?i)acme-vault-[a-z]+`, Severity: "critical"},
	}}
	g := leak(t, c)
	for name, tt := range map[string]struct {
		path, content string
		want          kernel.Verdict
		rule          string
	}{
		"warn asks":            {"/a", "BADGE-1234", kernel.PendingApproval, "base.secrets.patterns.badge"},
		"critical denies":      {"/a", "ACME-vault-x", kernel.Deny, "base.secrets.patterns.vault"},
		"the strictest counts": {"/a", "BADGE-1234 acme-vault-x", kernel.Deny, "base.secrets.patterns.vault"},
		"skipped":              {"/srv/fixtures/a", "BADGE-1234 acme-vault-x", kernel.Allow, "base.secrets.skip_paths"},
		"never for built-ins":  {"/srv/fixtures/a", githubToken, kernel.Deny, "base.secrets.patterns.github_token"},
		"not by a detour":      {"/srv/fixtures/../a", "acme-vault-x", kernel.Deny, "base.secrets.patterns.vault"},
		"clean":                {"/a", "nothing here", kernel.Allow, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := g.Judge(request("write_file", map[string]any{"path": tt.path, "content": tt.content}))
			if d.Verdict != tt.want || d.Evidence[0].Rule != tt.rule {
				t.Fatalf("%s %+v", d.Verdict, d.Evidence)
			}
		})
	}
}

func TestLeakFailsClosed(t *testing.T) {
	g := leak(t, secrets.Config{})
	for name, r := range map[string]*guard.Request{
		"nil":       nil,
		"no shape":  {},
		"malformed": {Action: guard.Action{Shape: guard.Malformed{Reason: "no"}}},
	} {
		if d, _ := g.Judge(r); d.Verdict != kernel.Deny || d.Evidence[0].Code != guard.CodeMalformed {
			t.Errorf("%s: %+v", name, d)
		}
	}
	for name, c := range map[string]secrets.Config{
		"no name":     {Patterns: []secrets.Pattern{{Expression: "x", Severity: "warn"}}},
		"twice":       {Patterns: []secrets.Pattern{{Name: "a", Expression: "x", Severity: "warn"}, {Name: "a", Expression: "y", Severity: "warn"}}},
		"no severity": {Patterns: []secrets.Pattern{{Name: "a", Expression: "x"}}},
		"no RE2":      {Patterns: []secrets.Pattern{{Name: "a", Expression: `(?=x)`, Severity: "warn"}}},
		"no pattern":  {Patterns: []secrets.Pattern{{Name: "a", Severity: "warn"}}},
		"too long":    {Patterns: []secrets.Pattern{{Name: "a", Expression: strings.Repeat("x", 5000), Severity: "warn"}}},
		"too many":    {Patterns: make([]secrets.Pattern, 1001)},
	} {
		if _, err := secrets.New(c); !errors.Is(err, secrets.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := secrets.New(secrets.Config{SkipPaths: []string{"{a,b}"}}); !errors.Is(err, guards.ErrGlob) {
		t.Error(err)
	}
}

// The member's name is attacker's text, too: a secret in it is not repeated.
func TestEvidenceNamesPlainMembersOnly(t *testing.T) {
	g := leak(t, secrets.Config{Patterns: []secrets.Pattern{{Name: "p", Expression: "zebra", Severity: "error"}}})
	d, _ := g.Judge(request("frobnicate", map[string]string{"note": "zebra"}))
	if !strings.HasSuffix(d.Evidence[0].Details, " in note") {
		t.Error(d.Evidence)
	}
	d, _ = g.Judge(request("frobnicate", map[string]string{"zebra1": "x", "zebra2": "zebra"}))
	if strings.Contains(d.Evidence[0].Details, "zebra") {
		t.Error(d.Evidence)
	}
}
