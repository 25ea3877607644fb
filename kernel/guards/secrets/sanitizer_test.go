package secrets_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/wire"
)

func sanitizer(t testing.TB, c secrets.SanitizerConfig) *secrets.Sanitizer {
	t.Helper()
	s, err := secrets.NewSanitizer(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSanitizerReplaces(t *testing.T) {
	s := sanitizer(t, secrets.SanitizerConfig{Secrets: true, Personal: true, Patterns: []secrets.Pattern{{Name: "badge", Expression: `BADGE-[0-9]{4}`, Severity: "warn"}}})
	pem := "-----BEGIN RSA " + "PRIVATE KEY-----\\n" + strings.Repeat("MIIEowIBAAKCAQEA7bq8Z2Xv\\n", 40) + "-----END RSA PRIVATE KEY-----"
	for name, tt := range map[string]struct{ in, out, evidence string }{
		"a string":       {`{"text":"key ` + githubToken + ` end"}`, `{"text":"key [REDACTED:github_token] end"}`, "found 1 github_token"},
		"two":            {`["` + githubToken + ` and ` + awsKey + `"]`, `["[REDACTED:github_token] and [REDACTED:aws_access_key]"]`, "found 1 aws_access_key, 1 github_token"},
		"a name":         {`{"` + githubToken + `":1,"a":2}`, `{"[REDACTED:github_token]":1,"a":2}`, "found 1 github_token"},
		"names":          {`{"` + githubToken + `":1,"` + strings.Replace(githubToken, "R7k", "R8k", 1) + `":2}`, `{"[REDACTED:github_token]":1,"[REDACTED:github_token]#2":2}`, "found 2 github_token"},
		"a pair":         {`{"password":"` + password + `"}`, `{"password":"[REDACTED:generic_secret]"}`, "found 1 generic_secret"},
		"escapes":        {`{"a":"\u0067hp_` + githubToken[4:] + `"}`, `{"a":"[REDACTED:github_token]"}`, "found 1 github_token"},
		"deep":           {`{"a":[{"b":[["x",{"c":"` + stripeKey + `"}]]}]}`, `{"a":[{"b":[["x",{"c":"[REDACTED:stripe_secret_key]"}]]}]}`, "found 1 stripe_secret_key"},
		"a whole key":    {`{"a":"x ` + pem + ` y"}`, `{"a":"x [REDACTED:private_key] y"}`, "found 1 private_key"},
		"a long token":   {`{"a":"glpat-` + strings.Repeat("Zx9LpT4v", 500) + ` y"}`, `{"a":"[REDACTED:gitlab_pat] y"}`, "found 1 gitlab_pat"},
		"email":          {`{"a":"mail bob.smith+x@mail.example.org, please"}`, `{"a":"mail [REDACTED:email], please"}`, "found 1 email"},
		"card":           {`{"a":"4111 1111 1111 1111"}`, `{"a":"[REDACTED:payment_card]"}`, "found 1 payment_card"},
		"card as number": {`{"a":4111111111111111}`, `{"a":"[REDACTED:payment_card]"}`, "found 1 payment_card"},
		"ssn":            {`{"a":"536-90-4399"}`, `{"a":"[REDACTED:us_ssn]"}`, "found 1 us_ssn"},
		"ssn by name":    {`{"ssn":"536904399"}`, `{"ssn":"[REDACTED:us_ssn]"}`, "found 1 us_ssn"},
		"iban":           {`{"a":"to GB82 WEST 1234 5698 7654 32 today"}`, `{"a":"to [REDACTED:iban] today"}`, "found 1 iban"},
		"iban compact":   {`{"a":"DE89370400440532013000"}`, `{"a":"[REDACTED:iban]"}`, "found 1 iban"},
		"phone":          {`{"a":"call +44 20 7946 0958 or (212) 555-0100"}`, `{"a":"call [REDACTED:phone] or [REDACTED:phone]"}`, "found 2 phone"},
		"address":        {`{"a":"at 10.12.13.14:80 and fd12:3456::1"}`, `{"a":"at [REDACTED:private_ip]:80 and [REDACTED:private_ip]"}`, "found 2 private_ip"},
		"a policy's own": {`{"a":"BADGE-1234 BADGE-5678"}`, `{"a":"[REDACTED:badge] [REDACTED:badge]"}`, "found 2 badge"},
		"top level":      {`"` + githubToken + `"`, `"[REDACTED:github_token]"`, "found 1 github_token"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := s.Inspect(nil, wire.Raw(tt.in))
			if err != nil || d.Verdict != kernel.Allow || string(d.Content) != tt.out {
				t.Fatalf("%v %s %s\nwant %s", err, d.Verdict, d.Content, tt.out)
			}
			if e := d.Evidence[0]; e.Code != "CHIO-GUARD-SANITIZED" || e.Details != tt.evidence {
				t.Errorf("%+v", e)
			}
			if again, err := s.Inspect(nil, d.Content); err != nil || again.Content != nil {
				t.Errorf("sanitizing again changed %s to %s", d.Content, again.Content)
			}
		})
	}
}

func TestSanitizerLeavesTheRest(t *testing.T) {
	s := sanitizer(t, secrets.SanitizerConfig{Secrets: true, Personal: true})
	for _, in := range []string{
		`{"a":"nothing to see, version 1.2.3, 2026-11-22T10:00:00Z"}`, `{"order":"4111111111111112","n":1234567890123456}`, `{"a":"000-12-3456 666-12-3456 987-65-4321"}`,
		`{"a":"GB82 WEST 1234 5698 7654 33"}`, `{"a":"8.8.8.8 and 127.0.0.1 and 300.1.1.1"}`, `{"a":"1-800-555 and 555 0100"}`, `{"a":"@user and a@b"}`, `[]`, `null`, `-1.5e3`, `{"":""}`, ``,
	} {
		d, err := s.Inspect(nil, wire.Raw(in))
		if err != nil || d.Verdict != kernel.Allow || d.Content != nil || len(d.Evidence) != 0 {
			t.Errorf("%s: %v %+v", in, err, d)
		}
	}
}

func TestSanitizerBlocks(t *testing.T) {
	s := sanitizer(t, secrets.SanitizerConfig{Secrets: true, Block: true})
	d, err := s.Inspect(nil, wire.Raw(`{"a":"`+githubToken+`"}`))
	if err != nil || d.Verdict != kernel.Deny || d.Content != nil || d.Evidence[0].Code != "CHIO-GUARD-SENSITIVE-OUTPUT" || strings.Contains(d.Evidence[0].Details, githubToken[4:12]) {
		t.Fatalf("%v %+v", err, d)
	}
}

// What cannot be read is withheld: an error blocks.
func TestSanitizerFailsClosed(t *testing.T) {
	s := sanitizer(t, secrets.SanitizerConfig{Secrets: true})
	for _, in := range []string{`{`, `{"a":1}{`, `{"a":1,"a":2}`, "\"\xff\"", strings.Repeat("[", 200) + strings.Repeat("]", 200)} {
		if d, err := s.Inspect(nil, wire.Raw(in)); err == nil || d.Verdict == kernel.Allow {
			t.Errorf("%.20q was released", in)
		}
	}
	for _, c := range []secrets.SanitizerConfig{{}, {Secrets: true, Patterns: []secrets.Pattern{{Name: "x"}}}} {
		if _, err := secrets.NewSanitizer(c); !errors.Is(err, secrets.ErrConfig) {
			t.Error(err)
		}
	}
}

func TestMask(t *testing.T) {
	var mask kernel.Masker = secrets.Mask
	for _, tt := range []struct{ member, in, out string }{
		{"note", "use " + githubToken + " now", "use [REDACTED:github_token] now"},
		{"password", password, "[REDACTED:generic_secret]"},
		{"", `{"password":"` + password + `"}`, `{"password":"[REDACTED:generic_secret]"}`},
		{"note", "nothing", ""},
	} {
		if out, hit := mask(tt.member, tt.in); out != tt.out || hit != (tt.out != "") {
			t.Errorf("%q: %q %t", tt.in, out, hit)
		}
	}
}

// FuzzSanitize: a released result is canonical JSON in which nothing is found.
func FuzzSanitize(f *testing.F) {
	f.Add(`{"password":"hunter2hunter2","a":["4111111111111111"]}`)
	f.Add(`{"a":"\u0067hp_R7kQm2Zx9LpT4vWc8NsYb3HdFg6JtUe1AoXi"}`)
	f.Add(`{"name":"DB_PASSWORD","value":"hunter2hunter2"}`)
	f.Add(`["GB82 WEST 1234 5698 7654 32","f","fd::","+1","(","@","0-0"]`)
	s := sanitizer(f, secrets.SanitizerConfig{Secrets: true, Personal: true})
	f.Fuzz(func(t *testing.T, doc string) {
		d, err := s.Inspect(nil, wire.Raw(doc))
		if err != nil || d.Content == nil {
			return
		}
		if err := wire.IsCanonical(d.Content, wire.ForeignLimits); err != nil {
			t.Fatal(err)
		}
		if again, err := s.Inspect(nil, d.Content); err != nil || again.Content != nil && string(again.Content) != string(d.Content) {
			t.Fatalf("%s\n%s\n%s %v", doc, d.Content, again.Content, err)
		}
	})
}
