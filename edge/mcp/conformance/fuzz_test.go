package conformance_test

import (
	"testing"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/edge/mcp/conformance"
)

// A page of a server's list is refused or read, whatever is in it.
func FuzzPage(f *testing.F) {
	f.Add([]byte(oneTool))
	f.Add([]byte(`{"tools":[{"inputSchema":{"type":["object"],"properties":{"a":{"items":{"required":["b"]}}}},"name":"t"}],"nextCursor":"n"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if n, err := conformance.Page(doc); err == nil && n == 0 {
			t.Fatalf("no tool, and no error: %s", doc)
		}
		if s := conformance.Bounded(string(doc)); len(s) > 310 || !utf8.ValidString(s) {
			t.Fatalf("kept %d bytes", len(s))
		}
	})
}
