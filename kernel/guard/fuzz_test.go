package guard

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// Extraction never panics, answers the same twice, and finds a path under a
// path-like name in whatever surrounds it.
func FuzzExtract(f *testing.F) {
	for _, seed := range []struct{ tool, args string }{
		{"read_file", `{"path":"/a"}`}, {"summon", `{"a":[{"b":"\u002fx"}]}`}, {"bash", `{"command":"cat </etc/x"}`},
		{"fetch", `{"url":"http://[::1]:80/"}`}, {"move_file", `{"source":"a","destination":"b"}`}, {"x", `[`}, {"x", `{"a":1e999}`},
	} {
		f.Add(seed.tool, seed.args)
	}
	f.Fuzz(func(t *testing.T, tool, args string) {
		call := &kernel.Call{Mandate: &kernel.Mandate{Tool: tool, Arguments: wire.Raw(args)}}
		a, b := Extract(call), Extract(call)
		if a.Shape == nil || a.Shape != b.Shape || len(a.Paths) != len(b.Paths) {
			t.Fatalf("extraction is not a function: %#v %#v", a, b)
		}
		if args == "" || !wire.Raw(args).IsValid() || !strings.HasPrefix(strings.TrimSpace(args), "{") {
			if args != "" && a.Shape.Kind() != "malformed" {
				t.Fatalf("arguments that are no object became %#v", a.Shape)
			}
			return
		}
		wrapped := `{"outer":[` + args + `],"some_path":"needle"}`
		c := Extract(&kernel.Call{Mandate: &kernel.Mandate{Tool: "summon", Arguments: wire.Raw(wrapped)}})
		if c.Shape.Kind() == "malformed" {
			return // over a bound: denied
		}
		for _, p := range c.Paths {
			if p.Text == "needle" && !p.Guess {
				return
			}
		}
		t.Fatalf("path was lost beside %q", args)
	})
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"https://a.org", "//a", "http://[::1]:1", "a@b:1", `\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		host, port, err := Host(raw)
		if err == nil && (host == "" || port == 0 || host != strings.ToLower(host) || strings.ContainsAny(host, "/@ \n\x00")) {
			t.Fatalf("%q: host %q port %d", raw, host, port)
		}
	})
}
