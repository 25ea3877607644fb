package policy

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormat(t *testing.T) {
	in := `# what this policy is for

rules: # the rules
    # nobody reads these
    forbidden_paths: {exceptions: ['/a/b'], patterns: ["/a/**", '\x']}
    egress:
        default: "block"
        allow:
        - &h "api.example"   # ours
        - *h
        enabled: True
name: 'a policy'
hushspec: '0.1.0'
metadata:
  description_is_not_here: no
`
	if _, err := Format([]byte(in)); !errors.Is(err, ErrInvalid) {
		t.Fatalf("a document that does not parse is formatted: %v", err)
	}
	in = strings.Split(in, "metadata:")[0]
	want := `# what this policy is for

hushspec: "0.1.0"
name: "a policy"
rules: # the rules
  # nobody reads these
  forbidden_paths: {patterns: ["/a/**", '\x'], exceptions: ["/a/b"]}
  egress:
    enabled: true
    allow:
      - api.example # ours
      - api.example
    default: block
`
	got, err := Format([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if again, err := Format(got); err != nil || !bytes.Equal(again, got) {
		t.Errorf("a second time: %v\n%s", err, again)
	}
}

// What is printed parses back to the same document, and is formatted.
func TestPrint(t *testing.T) {
	check := func(t rapid.TB, d *Document) {
		out, err := Print(d)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse("printed", out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got, want := bytesOf(back), bytesOf(d); got != want {
			t.Fatalf("got  %s\nwant %s\n%s", got, want, out)
		}
		if again, err := Format(out); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("it is not formatted: %v\n%s\n%s", err, out, again)
		}
	}
	check(t, mustParse(t, everyField))
	for _, name := range BuiltinNames() {
		d, err := Load(builtinPrefix+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, d)
	}
	texts := rapid.OneOf(rapid.SampledFrom([]string{"yes", "0x1", "1e3", "~", "a: b", " a", "- a", "#", "'", `"`, `\d`, "2026-01-02", "null", "é\n\t x", "|", "<<"}),
		rapid.StringMatching(`[ -~]{1,20}`))
	rapid.Check(t, func(t *rapid.T) {
		d := randomDocument(t, "d")
		d.Extensions.Posture, d.Extensions.Origins = nil, nil
		d.Extensions.Chio = nil
		if f := d.Rules.ForbiddenPaths; f != nil && len(f.Patterns) == 0 {
			f.Patterns = nil
		}
		if e := d.Rules.Egress; e != nil && (len(e.Allow) == 0 || len(e.Block) == 0) {
			e.Allow, e.Block = []string{"a"}, []string{"b"}
		}
		d.Description = texts.Draw(t, "description")
		d.Metadata = &Metadata{Author: texts.Draw(t, "author")}
		check(t, d)
	})
	if _, err := Print(&Document{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a document that is not valid is printed: %v", err)
	}
}

func TestFormatBuiltins(t *testing.T) {
	for _, name := range BuiltinNames() {
		if _, err := Format(builtinText(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Formatting twice is formatting once, and changes no meaning.
func FuzzFormat(f *testing.F) {
	f.Add([]byte(everyField))
	f.Add([]byte("# a\n\n# b\nhushspec: '0.1.0' # c\n# d\nrules:\n  # e\n  egress: # f\n    # g\n    allow: [a, # h\n      b]\n    # i\n# j\n"))
	f.Add([]byte("hushspec: \"0.1.0\"\ndescription: |\n  a\n   b\n\nname: >-\n  c\n"))
	f.Add([]byte("? hushspec\n: \"0.1.0\"\n"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		out, err := Format(doc)
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrFormat) {
				t.Fatalf("%v", err)
			}
			return
		}
		before, err := meaning(doc)
		if err != nil {
			t.Fatal(err)
		}
		if after, err := meaning(out); err != nil || !bytes.Equal(before, after) {
			t.Fatalf("another document: %v", err)
		}
		if again, err := Format(out); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("not idempotent: %v\n%q\n%q", err, out, again)
		}
	})
}
