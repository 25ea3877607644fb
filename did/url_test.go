package did_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
)

func TestParseURL(t *testing.T) {
	for s, want := range map[string]did.URL{
		"did:example:123":                       {Method: "example", ID: "123"},
		"did:a:b:c:d":                           {Method: "a", ID: "b:c:d"},
		"did:a::b":                              {Method: "a", ID: ":b"},
		"did:web:example.com%3A3000:user":       {Method: "web", ID: "example.com%3A3000:user"},
		"did:1:A-._z":                           {Method: "1", ID: "A-._z"},
		"did:example:123/path/a@b":              {Method: "example", ID: "123", Path: "/path/a@b"},
		"did:example:123?service=a&x=%20/?":     {Method: "example", ID: "123", Query: "service=a&x=%20/?"},
		"did:example:123#key-1":                 {Method: "example", ID: "123", Fragment: "key-1"},
		"did:example:123/a;b?q=1#f?/":           {Method: "example", ID: "123", Path: "/a;b", Query: "q=1", Fragment: "f?/"},
		"did:example:" + strings.Repeat("a", 9): {Method: "example", ID: "aaaaaaaaa"},
	} {
		u, err := did.ParseURL(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if u.Method != want.Method || u.ID != want.ID || u.Path != want.Path || u.Query != want.Query || u.Fragment != want.Fragment {
			t.Errorf("%s: %+v", s, u)
		}
		if u.String() != s || !strings.HasPrefix(s, u.DID()) || u.IsDID() != (u.DID() == s) {
			t.Errorf("%s: comes back as %s, DID %s", s, u, u.DID())
		}
	}
	long := "did:a:" + strings.Repeat("b", did.MaxURLLength-6)
	if _, err := did.ParseURL(long); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if (did.URL{}).DID() != "" || (did.URL{}).IsDID() {
		t.Error("the zero URL names something")
	}
}

func TestParseURLKeepsEmptyParts(t *testing.T) {
	for _, s := range []string{"did:a:b?", "did:a:b#", "did:a:b?#", "did:a:b/"} {
		u, err := did.ParseURL(s)
		if err != nil || u.String() != s || u.IsDID() || u.HasFragment() != strings.Contains(s, "#") {
			t.Errorf("%s: %+v, %v", s, u, err)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for s, want := range map[string]error{
		"":                    did.ErrSyntax,
		"did":                 did.ErrSyntax,
		"did:":                did.ErrSyntax,
		"did:a":               did.ErrSyntax,
		"did:a:":              did.ErrSyntax,
		"did::b":              did.ErrSyntax,
		"did:A:b":             did.ErrSyntax,
		"DID:a:b":             did.ErrSyntax,
		" did:a:b":            did.ErrSyntax,
		"did:a b:c":           did.ErrSyntax,
		"did:a-b:c":           did.ErrSyntax,
		"did:é:b":             did.ErrSyntax,
		"did:a:b:":            did.ErrSyntax,
		"did:a:b c":           did.ErrSyntax,
		"did:a:é":             did.ErrSyntax,
		"did:a:b%":            did.ErrSyntax,
		"did:a:b%4":           did.ErrSyntax,
		"did:a:b%4g":          did.ErrSyntax,
		"did:a:b@c":           did.ErrSyntax,
		"did:a:b~c":           did.ErrSyntax,
		"did:a:b\x00":         did.ErrSyntax,
		"did:a:b\n":           did.ErrSyntax,
		"urn:a:b":             did.ErrSyntax,
		"https://example.com": did.ErrSyntax,
		"#key-1":              did.ErrSyntax,
		"did:a:b/ c":          did.ErrURL,
		"did:a:b/c\\d":        did.ErrURL,
		"did:a:b/%2":          did.ErrURL,
		"did:a:b?c d":         did.ErrURL,
		"did:a:b?c=[1]":       did.ErrURL,
		"did:a:b#c#d":         did.ErrURL,
		"did:a:b#c d":         did.ErrURL,
		"did:a:b#é":           did.ErrURL,
		"did:a:b#%zz":         did.ErrURL,
		"did:a:b#<script>":    did.ErrURL,
		"did:a:" + strings.Repeat("b", did.MaxURLLength-5): did.ErrURL,
	} {
		if u, err := did.ParseURL(s); !errors.Is(err, want) || u != (did.URL{}) {
			t.Errorf("%.60q: %+v, %v", s, u, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"did:a:b", "did:web:example.com%3A1:x/y?service=a&relativeRef=b#c", "did:a:b?#", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := did.ParseURL(s)
		if err != nil {
			if u != (did.URL{}) {
				t.Fatal("an error with a value")
			}
			return
		}
		if u.String() != s {
			t.Fatalf("%q comes back as %q", s, u)
		}
		if d, err := did.ParseURL(u.DID()); err != nil || !d.IsDID() {
			t.Fatalf("the DID of %q does not parse: %v", s, err)
		}
	})
}
