package network

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"pgregory.net/rapid"
)

func internalGuard(t testing.TB, c InternalConfig) *Internal {
	t.Helper()
	g, err := NewInternal(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestInternalFindsHostsAnywhere(t *testing.T) {
	g := internalGuard(t, InternalConfig{})
	for _, tc := range []struct{ tool, args string }{
		{"fetch", `{"url":"http://169.254.169.254/latest"}`}, {"fetch", `{"url":"//10.0.0.1/x"}`}, {"fetch", `{"url":"http://a.nip.io"}`},
		{"summon", `{"what":"http://127.1/"}`}, {"summon", `{"what":"127.0.0.1"}`}, {"summon", `{"what":"0x7f.0.0.1:80"}`}, {"summon", `{"what":"::1"}`},
		{"summon", `{"host":"jenkins"}`}, {"summon", `{"hostname":"2130706433"}`}, {"summon", `{"server":"localhost"}`}, {"summon", `{"server":"db.corp"}`},
		{"summon", `{"127.0.0.1":1}`}, {"summon", `{"dsn":"redis://10.0.0.1:6379/0"}`}, {"summon", `{"x":"redis://cache:6379"}`}, {"summon", `{"x":"foo://127.1"}`},
		{"bash", `{"command":"curl 169.254.169.254/latest"}`}, {"bash", `{"command":"ssh root@10.0.0.1"}`}, {"bash", `{"command":"nc '[::1]' 80 http://localhost"}`},
		{"bash", `{"command":"X=192.168.0.1 run"}`}, {"browser", `{"action":"goto","url":"http://[::ffff:7f00:1]"}`}, {"summon", `{"x":"http:127.0.0.1"}`},
		{"summon", `{"x":"http://127.0.\t0.1/"}`}, {"summon", `{"x":"http://10.0.0.1 is down"}`}, {"summon", `{"endpoint":"kubernetes.default.svc"}`},
		{"summon", `{"x":"https://10.0.0.1.rebinder.example/"}`}, {"summon", `{"x":"https://ip-10-0-0-1.rebinder.example/"}`}, {"summon", `{"x":"https://rbndr.us/"}`},
		{"summon", `{"url":"jar:http://127.0.0.1/a!/b"}`}, {"summon", `{"x":"jdbc:postgresql://10.0.0.1/db"}`}, {"summon", `{"x":"//10.0.0.1/x"}`},
		{"summon", `{"x":" \thttp://10.0.0.1/"}`}, {"summon", `{"x":"//[::1]/"}`}, {"summon", `{"x":"view-source:http:127.1"}`},
	} {
		if d, err := g.Judge(request(tc.tool, tc.args)); err != nil || d.Verdict != kernel.Deny || len(d.Evidence) != 1 {
			t.Errorf("%s %s: %v %+v %v", tc.tool, tc.args, d.Verdict, d.Evidence, err)
		}
	}
	for _, tc := range []struct{ tool, args string }{
		{"fetch", `{"url":"https://example.org/?u=http://127.0.0.1"}`}, {"fetch", `{"url":"https://52-1-2-3.nip.io"}`}, {"summon", `{"version":"1.2.3.4"}`}, {"summon", `{"symbol":"a::b"}`}, {"summon", `{"comment":"//12"}`}, {"summon", `{"dsn":"jdbc:postgresql://db.example.org/x"}`},
		{"summon", `{"text":"https://example.org\nis a site"}`}, {"summon", `{"a":"x:y:z"}`},
		{"summon", `{"server":"files"}`}, {"summon", `{"target":"main.gox"}`}, {"write_file", `{"path":"/srv/hosts","content":"127.0.0.1"}`},
		{"bash", `{"command":"go test ./... -run 1.2.3.4"}`}, {"bash", `{"command":"ls 10 0 1"}`}, {"summon", `{"uri":"memo://insights"}`}, {"echo", `{"text":"localhost"}`},
		{"summon", `{"endpoint":"charges.create"}`}, {"summon", `{"origin":"JFK"}`}, {"summon", `{"repo":"socket.io"}`},
		{"summon", `{"target":"1/2/3"}`}, {"summon", `{"headers":["Accept: */*"]}`}} {
		if d, err := g.Judge(request(tc.tool, tc.args)); err != nil || d.Verdict != kernel.Allow {
			t.Errorf("%s %s: %v %+v %v", tc.tool, tc.args, d.Verdict, d.Evidence, err)
		}
	}
	check(t, g, request("summon", `{"text":"::"}`), kernel.Deny, CodeInternal, "rules.egress")
	check(t, g, fetch("http://u:hunter2@10.0.0.1/?token=x"), kernel.Deny, CodeInternal, "rules.egress")
	if d, _ := g.Judge(fetch("http://u:hunter2@10.0.0.1/?token=x")); d.Evidence[0].Details != "host 10.0.0.1 is internal: private" {
		t.Errorf("%+v", d.Evidence)
	}
}

func TestInternalLists(t *testing.T) {
	g := internalGuard(t, InternalConfig{
		Blocked: []string{"intern.example", "*.intern.example", "8.8.8.0/24"},
		Allowed: []string{"10.1.0.0/16", "169.254.0.0/16", "jenkins", "*.corp", "**.internal", "192.168.7.7", "intern.example"}, Rule: "r",
	})
	for raw, want := range map[string]kernel.Verdict{
		"http://intern.example": kernel.Deny, "http://a.intern.example": kernel.Deny, "http://8.8.8.8": kernel.Deny, "http://[64:ff9b::808:808]": kernel.Deny,
		"http://10.1.2.3": kernel.Allow, "http://0xa.0x1.2.3": kernel.Allow, "http://10.2.0.1": kernel.Deny, "http://jenkins": kernel.Allow, "http://gerrit": kernel.Deny,
		"http://wiki.corp": kernel.Allow, "http://a.b.corp": kernel.Deny, "http://x.internal": kernel.Allow, "http://192.168.7.7": kernel.Allow,
		"http://metadata.google.internal": kernel.Deny, "http://169.254.169.254": kernel.Deny, "http://169.254.1.1": kernel.Allow,
		"http://10.1.2.3.nip.io": kernel.Deny, "http://[2002:a01:203::1]": kernel.Allow, "http://[2002:a02:203::1]": kernel.Deny, "http://[::ffff:10.1.2.3]": kernel.Allow,
	} {
		code, rule := kernel.Code(""), ""
		if want == kernel.Deny {
			code, rule = CodeInternal, "r"
		}
		check(t, g, fetch(raw), want, code, rule)
	}
	exact := internalGuard(t, InternalConfig{Allowed: []string{"169.254.169.254", "metadata.google.internal"}})
	check(t, exact, fetch("http://169.254.169.254"), kernel.Allow, "", "")
	check(t, exact, fetch("http://metadata.google.internal"), kernel.Allow, "", "")
	for _, c := range []InternalConfig{{Blocked: []string{"a b"}}, {Allowed: []string{"http://x"}}, {Allowed: []string{"**"}}} {
		if _, err := NewInternal(c); !errors.Is(err, ErrPattern) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A path, a query, a port, letter case or a user in front change nothing.
func TestInternalSpellingDoesNotMatter(t *testing.T) {
	g := internalGuard(t, InternalConfig{})
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{"127.0.0.1", "LocalHost", "0x7f.1", "[::1]", "10.0.0.1.nip.io", "metadata.google.internal", "①②⑦.0.0.1", "db.corp"}).Draw(t, "host")
		scheme := rapid.SampledFrom([]string{"http://", "HTTPS://", "ws://", "//", "redis://", ""}).Draw(t, "scheme")
		user := rapid.SampledFrom([]string{"", "u:p@", "example.org@"}).Draw(t, "user")
		port := rapid.SampledFrom([]string{"", ":80", ":00443"}).Draw(t, "port")
		rest := rapid.SampledFrom([]string{"", "/", "/a@example.org", "?q", "#f"}).Draw(t, "rest")
		if host[0] != '[' && host[0] > 0x7f || host[0] == '[' {
			user = ""
		}
		raw := scheme + user + host + port + rest
		d, err := g.Judge(request("summon", `{"host":"`+raw+`"}`))
		if err != nil || d.Verdict != kernel.Deny {
			t.Fatalf("%s: %v %v", raw, d, err)
		}
	})
}

func TestI5_NetworkGuardsFailClosed(t *testing.T) {
	browser, err := NewBrowser(BrowserConfig{BlockedDomains: []string{"a.org"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []guard.Guard{egress(t, EgressConfig{DefaultAllow: true}), internalGuard(t, InternalConfig{}), browser} {
		for _, r := range []*guard.Request{
			nil, {}, {Call: &kernel.Call{}}, {Call: &kernel.Call{Mandate: &kernel.Mandate{}}},
			request("fetch", `{"url":3}`), request("fetch", `{"url":"word"}`), request("x", `[`),
		} {
			if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Deny || len(d.Evidence) != 1 || d.Evidence[0].Code != guard.CodeMalformed {
				t.Errorf("%s: %+v %v", g.Name(), d, err)
			}
		}
	}
	for _, zero := range []guard.Guard{&Egress{}, &Internal{}, &Browser{}, (*Egress)(nil), (*Internal)(nil), (*Browser)(nil)} {
		p := guard.NewPipeline("p", zero)
		for _, r := range []*guard.Request{fetch("https://example.org"), request("browser", `{"action":"click"}`), request("echo", `{}`)} {
			if d, err := p.Evaluate(r.Call); err != nil || d.Verdict != kernel.Deny {
				t.Errorf("%T: %v %v", zero, d, err)
			}
		}
	}
}

func BenchmarkInternal(b *testing.B) {
	benchmark(b, internalGuard(b, InternalConfig{}), fetch("https://api.github.com/repos/x/y"))
}

func BenchmarkInternalAddress(b *testing.B) {
	benchmark(b, internalGuard(b, InternalConfig{}), fetch("https://[2606:4700:4700::1111]/dns-query"))
}

func BenchmarkInternalDigitsInName(b *testing.B) {
	benchmark(b, internalGuard(b, InternalConfig{}), fetch("https://ec2-52-18-44-201.eu-west-1.compute.amazonaws.com/"))
}

func BenchmarkInternalInternational(b *testing.B) {
	benchmark(b, internalGuard(b, InternalConfig{}), fetch("https://bücher.example.de/"))
}

func BenchmarkInternalCommand(b *testing.B) {
	benchmark(b, internalGuard(b, InternalConfig{}), request("bash", `{"command":"go build ./... && git -C /srv/app status --short"}`))
}

func BenchmarkParseHost(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseHost("https://api.github.com/repos/x/y"); err != nil {
			b.Fatal(err)
		}
	}
}
