package capability

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// FuzzParse: what parses is well-formed, and means the same when written again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"a","caveats":[],"scope":{"grants":[]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		tok, err := Parse(doc)
		if err != nil {
			if codeOf(err) != CodeInvalid {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		out, err := wire.Marshal(tok)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(out)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := tok.SigningInput()
		b, _ := again.SigningInput()
		if !bytes.Equal(a, b) {
			t.Fatalf("%s\n%s", a, b)
		}
		_ = tok.VerifySignature()
		_ = tok.CheckLinks(MaxDepth)
	})
}

// FuzzMatch: no arguments make matching panic, and a match under a path prefix
// holds for the canonical spelling of the same arguments too.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{`{"path":"/w/a"}`, `{"a":["\ud83d\ude00",{"b~/":"/w"}],"url":"http://h.example"}`, `[`, `"`, `{"a":1.5e3}`, `{"path" : "\/w" }`} {
		f.Add([]byte(s))
	}
	scope := Scope{Grants: []ToolGrant{
		{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: []Constraint{NewPathPrefix("/w")}},
		{ServerID: "s", ToolName: "*", Operations: []Operation{Invoke}, Constraints: []Constraint{NewDomainExact("h.example")}},
	}}
	f.Fuzz(func(t *testing.T, args []byte) {
		call := CallFacts{Server: "s", Tool: "t", Operation: Invoke, Arguments: args}
		matches, err := Match(scope, call)
		if (err == nil) != (len(matches) > 0) {
			t.Fatalf("%v %v", matches, err)
		}
		if err != nil {
			return
		}
		canonical, cerr := wire.Canonicalize(args, wire.ForeignLimits)
		if cerr != nil {
			return // numbers out of range: the kernel never gets this far
		}
		call.Arguments = canonical
		again, _ := Match(scope, call)
		if len(again) != len(matches) {
			t.Fatalf("%s matches %d grants, its canonical form %d", args, len(matches), len(again))
		}
	})
}
