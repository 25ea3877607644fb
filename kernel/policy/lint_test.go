package policy

import (
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	const now = 1_767_225_600 // 2026-01-01
	secrets := "rules: {secret_patterns: {}, "
	for _, tc := range []struct{ doc, want string }{
		{"rules: {}", "L009 info 2:8 rules"},
		{secrets + "tool_access: {}}", "L001 warning 2:43 rules.tool_access"},
		{secrets + "velocity: {}}", "L001 warning 2:40 rules.velocity"},
		{secrets + "human_in_loop: {}}", "L001 warning 2:45 rules.human_in_loop"},
		{secrets + "computer_use: {enabled: true, mode: observe}}", "L001 warning 2:44 rules.computer_use"},
		{secrets + "remote_desktop_channels: {enabled: true, clipboard: true, file_transfer: true, drive_mapping: true}}", "L001 warning 2:55 rules.remote_desktop_channels"},
		{secrets + "browser_automation: {enabled: true, credential_detection: false}}", "L001 warning 2:50 rules.browser_automation"},
		{secrets + "computer_use: {}}", "L007 info 2:44 rules.computer_use"},
		{secrets + "egress: {default: allow}}", "L005 info 2:48 rules.egress.default"},
		{secrets + "tool_access: {default: allow, max_args_size: 5}}", "L005 info 2:53 rules.tool_access.default"},
		{secrets + "forbidden_paths: {patterns: [\"/a/**\", /a/b]}}", "L002 warning 2:68 rules.forbidden_paths.patterns[1]"},
		{secrets + "forbidden_paths: {patterns: [\"/a/**\", \"/a/b/**\"]}}", "L002 warning 2:68 rules.forbidden_paths.patterns[1]"},
		{secrets + "egress: {allow: [\"*.example.com\", a.example.com]}}", "L002 warning 2:64 rules.egress.allow[1]"},
		{secrets + "forbidden_paths: {patterns: [\"/a/**\"], exceptions: [/b/c]}}", "L003 warning 2:82 rules.forbidden_paths.exceptions[0]"},
		{secrets + "egress: {allow: [\"**\"]}}", "L004 warning 2:47 rules.egress.allow[0]"},
		{secrets + "tool_access: {allow: [\"*\"]}}", "L004 warning 2:52 rules.tool_access.allow[0]"},
		{secrets + "path_allowlist: {enabled: true, read: [\"/**\"]}}", "L004 warning 2:69 rules.path_allowlist.read[0]"},
		{secrets + "shell_commands: {forbidden_patterns: [\"(ab{20}){49}\"]}}", "L006 info 2:68 rules.shell_commands.forbidden_patterns[0]"},
		{secrets + "tool_access: {block: [a, a]}}", "L008 warning 2:55 rules.tool_access.block[1]"},
		{secrets + "tool_access: {allow: [a], block: [a]}}", "L010 warning 2:52 rules.tool_access.allow[0]"},
		{secrets + "egress: {allow: [a.example.com], block: [\"**.example.com\"]}}", "L010 warning 2:47 rules.egress.allow[0]"},
		{secrets + "egress: {allow: [a.b.example.com, \"*.example.com\"], block: [b.example.com]}}", ""},
		{secrets + "forbidden_paths: {patterns: [\"**/.env\"], exceptions: [/a/.env]}}", ""},
		{"rules: {secret_patterns: {}}\nmetadata: {lifecycle_state: archived}", "GOV_LIFECYCLE warning 3:29 metadata.lifecycle_state"},
		{"rules: {secret_patterns: {}}\nmetadata: {expiry_date: 2026-01-01}", "GOV_EXPIRED warning 3:25 metadata.expiry_date"},
		{"rules: {secret_patterns: {}}\nmetadata: {expiry_date: soon}", "GOV_EXPIRED warning 3:25 metadata.expiry_date"},
		{"rules: {secret_patterns: {}}\nmetadata: {expiry_date: \"2026-01-01T00:00:01Z\"}", ""},
		{"rules: {secret_patterns: {}}\nmetadata: {approved_by: a}", "GOV_MISSING_APPROVAL_DATE warning 3:25 metadata.approved_by"},
		{"rules: {secret_patterns: {}}\nmetadata: {classification: restricted}", "GOV_RESTRICTED_NO_APPROVER warning 3:28 metadata.classification"},
		{"rules: {secret_patterns: {}}\nextensions: {posture: {initial: a, states: {a: {}}}}", "W002 warning 3:48 extensions.posture.states.a"},
	} {
		doc := under1(tc.doc)
		var got []string
		for _, p := range Lint(mustParse(t, doc), []byte(doc), now) {
			got = append(got, strings.Join([]string{p.Code, string(p.Severity), strings.TrimPrefix(strings.SplitN(p.String(), ": ", 2)[0], "p.yaml:"), p.Path}, " "))
			if p.Message == "" || p.File != "p.yaml" {
				t.Errorf("%s: %+v", tc.doc, p)
			}
		}
		if s := strings.Join(got, "; "); s != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.doc, s, tc.want)
		}
	}
}
