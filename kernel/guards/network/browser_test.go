package network

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

func browser(t testing.TB, c BrowserConfig) *Browser {
	t.Helper()
	g, err := NewBrowser(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const browserRule = "rules.browser_automation"

func TestBrowserVerbs(t *testing.T) {
	g := browser(t, BrowserConfig{AllowedVerbs: []string{"navigate", "get_url", "Screenshot"}})
	for _, r := range []*guard.Request{
		request("browser", `{"action":"navigate","url":"https://a.org"}`), request("browser", `{"verb":"GetURL"}`), request("browser_navigate", `{"url":"https://a.org"}`),
		request("mcp__web__browser_screenshot", `{}`), request("puppeteer_screenshot", `{}`),
	} {
		check(t, g, r, kernel.Allow, "", browserRule)
	}
	check(t, g, request("echo", `{"action":"click"}`), kernel.Allow, "", "")
	for _, r := range []*guard.Request{
		request("browser", `{"action":"click","selector":"#a"}`), request("browser_click", `{"selector":"#a"}`), request("browser", `{}`), request("puppeteer_evaluate", `{}`),
		request("browser_click", `{"action":"navigate","url":"https://a.org"}`), request("browser", `{"action":"navigate!"}`), request("browser", `{"action":""}`),
		request("browser", `{"action":"`+strings.Repeat("a", 60)+`"}`), request("browser_navigate_back", `{}`), request("playwright_press", `{}`),
	} {
		check(t, g, r, kernel.Deny, CodeBrowser, browserRule+".allowed_verbs")
	}
	check(t, g, request("browser", `{"action":3}`), kernel.Deny, guard.CodeMalformed, "")
}

func TestBrowserDomains(t *testing.T) {
	both := browser(t, BrowserConfig{AllowedDomains: []string{"*.good.example", "good.example"}, BlockedDomains: []string{"ads.good.example"}})
	block := browser(t, BrowserConfig{BlockedDomains: []string{"*.evil.example", "10.0.0.0/8"}})
	for _, tc := range []struct {
		g          *Browser
		tool, args string
		field      string // "" allows
	}{
		{both, "browser", `{"action":"navigate","url":"https://good.example/x"}`, ""}, {both, "browser", `{"action":"goto","url":"HTTPS://A.Good.Example.:8443"}`, ""},
		{both, "browser", `{"action":"goto","url":"https://ads.good.example"}`, "blocked_domains"}, {both, "browser", `{"action":"open","url":"https://evil.example"}`, "allowed_domains"},
		{both, "browser", `{"action":"click","selector":"#buy"}`, ""}, {both, "browser", `{"action":"click","url":"https://evil.example"}`, "allowed_domains"},
		{both, "browser", `{"action":"navigate"}`, "allowed_domains"}, {both, "browser", `{"action":"navigate","selector":"#x"}`, "allowed_domains"},
		{both, "browser", `{"action":"navigate","url":"/relative"}`, "allowed_domains"}, {both, "browser", `{"action":"click","url":"/relative"}`, ""},
		{both, "browser", `{"action":"navigate","url":"about:blank"}`, ""}, {both, "browser", `{"action":"navigate","url":"about:config"}`, "allowed_domains"},
		{both, "browser", `{"action":"navigate","url":"good.example/x"}`, ""}, {both, "browser", `{"action":"navigate","url":"https://good.example@evil.example"}`, "allowed_domains"},
		{both, "browser", `{"action":"navigate","url":"https://good.example\\@evil.example"}`, "allowed_domains"}, {both, "puppeteer_navigate", `{"url":"https://evil.example"}`, "allowed_domains"},
		{both, "browser_tab_new", `{"url":"https://evil.example"}`, "allowed_domains"}, {both, "browser_tab_new", `{}`, "allowed_domains"}, {both, "browser_snapshot", `{}`, ""},
		{both, "browser", `{"action":"back"}`, ""}, {both, "browser", `{"action":"type","text":"see https://evil.example"}`, ""},
		{block, "browser", `{"action":"navigate","url":"https://other.example"}`, ""}, {block, "browser", `{"action":"navigate","url":"https://evil.example"}`, "blocked_domains"},
		{block, "browser", `{"action":"navigate","url":"https://a.b.evil.example"}`, "blocked_domains"}, {block, "browser", `{"action":"navigate","url":"http://0xa.1"}`, "blocked_domains"},
		{block, "browser", `{"action":"navigate","url":"http://[::ffff:10.0.0.1]"}`, "blocked_domains"}, {block, "browser", `{"action":"navigate","url":"file:///etc/passwd"}`, "blocked_domains"},
		{block, "browser", `{"action":"navigate","url":"ftp://other.example/"}`, "blocked_domains"}, {block, "browser", `{"action":"navigate"}`, "blocked_domains"},
	} {
		want, code, rule := kernel.Allow, kernel.Code(""), browserRule
		if tc.field != "" {
			want, code, rule = kernel.Deny, CodeBrowser, browserRule+"."+tc.field
		}
		check(t, tc.g, request(tc.tool, tc.args), want, code, rule)
	}
	wide := browser(t, BrowserConfig{BlockedDomains: []string{"evil.example"}})
	for _, page := range []string{
		"data:text/html,x", "DATA:text/html,x", "javascript:alert(1)", "java\\tscript:alert(1)", " javascript:alert(1)", "view-source:https://a.org", "blob:https://a.org/1",
		"file:///etc/passwd", "vbscript:x", "filesystem:https://a.org/x", "chrome://settings", "about:config", "jar:https://a.org!/x",
	} {
		for _, args := range []string{`{"action":"navigate","url":"` + page + `"}`, `{"action":"navigate","selector":"` + page + `"}`, `{"action":"run","url":"` + page + `"}`} {
			if d, err := wide.Judge(request("browser", args)); err != nil || d.Verdict != kernel.Deny {
				t.Errorf("%s: %v %v", args, d, err)
			}
		}
	}
}

func TestBrowserCredentials(t *testing.T) {
	detect := func(s string) (string, bool) { return "aws_access_key", strings.Contains(s, "AKIACANARY") }
	g := browser(t, BrowserConfig{CredentialDetection: true, Credential: detect, ExtraCredentials: []string{`corp-[0-9]{4}`}})
	for args, field := range map[string]string{
		`{"action":"type","text":"hello"}`: "", `{"action":"type","text":"x AKIACANARY y"}`: ".credential_detection", `{"action":"fill","VALUE":"AKIACANARY"}`: ".credential_detection",
		`{"action":"paste","content":"corp-1234"}`: ".extra_credential_patterns", `{"action":"type","keys":["A","KIA","CANARY"]}`: ".credential_detection",
		`{"action":"form","fields":[{"name":"n","value":"corp-"},{"name":"m","value":"9999"}]}`: ".extra_credential_patterns", `{"action":"type","input":"corp-12"}`: "",
		`{"action":"click","selector":"AKIACANARY"}`: "",
	} {
		r := request("browser", args)
		if field == "" {
			check(t, g, r, kernel.Allow, "", browserRule)
			continue
		}
		check(t, g, r, kernel.Deny, CodeBrowser, browserRule+field)
		if d, _ := g.Judge(r); strings.Contains(d.Evidence[0].Details, "CANARY") || strings.Contains(d.Evidence[0].Details, "1234") {
			t.Errorf("evidence holds what was typed: %+v", d.Evidence)
		}
	}
	check(t, g, request("echo", `{"text":"AKIACANARY"}`), kernel.Allow, "", "")
}

func TestBrowserConfig(t *testing.T) {
	for _, c := range []BrowserConfig{
		{}, {CredentialDetection: true}, {AllowedVerbs: []string{""}}, {AllowedVerbs: []string{"a!"}}, {ExtraCredentials: []string{"("}},
		{ExtraCredentials: []string{""}}, {ExtraCredentials: make([]string, 65)}, {ExtraCredentials: []string{strings.Repeat("a", 513)}},
	} {
		if _, err := NewBrowser(c); !errors.Is(err, ErrBrowserConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []BrowserConfig{{AllowedDomains: []string{"a b"}}, {BlockedDomains: []string{"https://a.org"}}} {
		if _, err := NewBrowser(c); !errors.Is(err, ErrPattern) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func FuzzBrowser(f *testing.F) {
	f.Add("browser", `{"action":"navigate","url":"javascript:x"}`)
	f.Add("puppeteer_navigate", `{"url":"https://a.org"}`)
	f.Add("browser_click", `{"action":"goto","selector":"data:x"}`)
	g, err := NewBrowser(BrowserConfig{AllowedDomains: []string{"good.example"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, tool, args string) {
		r := request(tool, args)
		d, err := g.Judge(r)
		if err != nil || d.Verdict == kernel.PendingApproval {
			t.Fatal(d, err)
		}
		s, ok := r.Action.Shape.(guard.BrowserAction)
		if !ok || d.Verdict != kernel.Allow {
			return
		}
		if v, known := parseVerb(s.Verb); known && navigates(v.bytes()) {
			if h, err := ParseHost(s.Target); (err != nil || h.Name != "good.example") && s.Target != "" && !strings.EqualFold(strings.Trim(s.Target, " \t\r\n"), "about:blank") {
				t.Fatalf("%s navigates to %q", args, s.Target)
			}
		}
	})
}

func BenchmarkBrowser(b *testing.B) {
	g := browser(b, BrowserConfig{AllowedDomains: []string{"*.example.org"}, AllowedVerbs: []string{"navigate", "click"}, CredentialDetection: true,
		Credential: func(string) (string, bool) { return "", false }})
	benchmark(b, g, request("browser", `{"action":"navigate","url":"https://www.example.org/x"}`))
}

func BenchmarkBrowserOtherCall(b *testing.B) {
	benchmark(b, browser(b, BrowserConfig{AllowedVerbs: []string{"click"}}), request("read_file", `{"path":"/srv/a"}`))
}
