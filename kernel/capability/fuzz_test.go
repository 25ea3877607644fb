package capability

import (
	"bytes"
	"io/fs"
	"net/url"
	"path"
	"strings"
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

// FuzzConstraint: no type and value make a constraint panic or pass undecoded,
// and what Check refuses never matches.
func FuzzConstraint(f *testing.F) {
	for _, c := range everyConstraint() {
		f.Add(c.Type, []byte(c.Value), []byte(`{"path":"/w/a","url":"http://h.example","table":"users"}`))
	}
	resolve := func(p string) (string, error) {
		if len(p) > 3 {
			return "", fs.ErrNotExist
		}
		return "/" + p, nil
	}
	f.Fuzz(func(t *testing.T, kind string, value, args []byte) {
		c := Constraint{Type: kind, Value: value}
		bad := c.Check()
		for _, call := range []CallFacts{
			{Arguments: args, FulfilsDemands: true, Action: "file_read"},
			{Arguments: args, PathPointers: []string{"/path"}},
			{Arguments: args, Resolve: resolve},
		} {
			matches, err := judge(c, call)
			if err != nil && (err.Code != CodeConstraint || len(matches) > 0) {
				t.Fatalf("%v %v", matches, err)
			}
			if err == nil && (bad != nil || len(matches) != 1) {
				t.Fatalf("%s %q matches, Check says %v", kind, value, bad)
			}
		}
	})
}

// FuzzURI: what matches a prefix still does after dot segments are removed.
func FuzzURI(f *testing.F) {
	for _, s := range []string{"file:///a/b", "file:///a/../b", "file:///a/%2e%2e/b", "file:///a/..;/b", "file:///a/..?b"} {
		f.Add(s)
	}
	scope := Scope{ResourceGrants: []ResourceGrant{{"file:///a/*", []Operation{Read}}}}
	f.Fuzz(func(t *testing.T, uri string) {
		if _, err := Match(scope, CallFacts{Tool: uri, Operation: Read}); err != nil {
			return
		}
		parsed, err := url.Parse(uri)
		if err != nil {
			return // no reader of ours resolves it
		}
		if clean := path.Clean(parsed.Path); clean != "/a" && !strings.HasPrefix(clean, "/a/") {
			t.Fatalf("%q reads %q", uri, clean)
		}
	})
}
