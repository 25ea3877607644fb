package cli

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/policy"
)

// FuzzMCPConfig: whatever a client's configuration says, the policy made of it
// is one, and is no looser than its base about tools that nobody knows.
func FuzzMCPConfig(f *testing.F) {
	for _, seed := range []string{
		`{"mcpServers":{"files":{"command":"npx","args":["server-filesystem","/a b","/c\"d"]}}}`,
		`{"servers":{"x":{"url":"https://h.example/p"}}, /* c */ "inputs":[],}`,
		`{"mcp":{"servers":{"y":{"command":"docker","args":["run","ghcr.io/github/github-mcp-server:1"],"env":{"TOKEN":"t"}}}}}`,
		`{"mcpServers":{"a\nb":{"command":"server-sqlite","args":["--key","v","http://u:p@[::1]:1/"]}}}`, `{}`, `//`, `"`,
	} {
		f.Add([]byte(seed))
	}
	base, err := policy.Load("builtin:strict", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		servers, err := parseMCPConfig(doc)
		if err != nil {
			return
		}
		text := starterPolicy("strict", base, servers)
		d, err := policy.Parse("starter", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if b := d.Rules.ToolAccess; b != nil && b.Default != policy.DefaultBlock {
			t.Errorf("looser than its base:\n%s", text)
		}
		for _, e := range servers {
			if line := e.starter("p.yaml").Serve; strings.ContainsAny(line, "\x00") && !strings.Contains(string(doc), "u0000") {
				t.Errorf("%q", line)
			}
		}
	})
}

func TestShownHidesSecrets(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, args := range [][]string{
		{"--api-key", secret}, {"--token=" + secret}, {"postgres://me:" + secret + "@db/x"}, {"-P", "--client-secret", secret},
		{"ghp_" + strings.Repeat("a1B2", 9)},
	} {
		e := mcpEntry{name: "x", command: append([]string{"tool"}, args...)}
		if line := e.starter("p.yaml").Serve; strings.Contains(line, secret) || strings.Contains(line, "ghp_a1B2") {
			t.Errorf("%q shows %q", args, line)
		}
	}
}
