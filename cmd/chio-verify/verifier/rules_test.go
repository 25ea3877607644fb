package verifier

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

func testKey(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func file(t testing.TB, doc string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.json")
	if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run is one command line: exit code and standard output.
func run(args ...string) (int, string) {
	var out bytes.Buffer
	code := Main(args, strings.NewReader(""), &out, io.Discard)
	return code, out.String()
}

// token signs the canonical form of members (and schema, unless plain), and
// returns the token with extra members that the signature may or may not cover.
func token(t testing.TB, key *wire.Key, members string, plain bool, extra string) string {
	t.Helper()
	base := fmt.Sprintf(`"id":"c1","issuer":%q,"subject":%q,"issued_at":100,"expires_at":200%s`, key.Public(), testKey(t, 9).Public(), members)
	signed := "{" + base + "}"
	if !plain {
		signed = `{"schema":"chio.capability.v1",` + base + "}"
	}
	input, err := wire.Canonicalize([]byte(signed), wire.DocumentLimits)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := key.Sign(input)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{%s%s,"signature":%q}`, base, extra, sig)
}

// TestCapabilityForms: which bodies a signature may be over. Upstream signs the
// body with its schema whether or not the token shows it; older tokens are
// signed over the plain body, which is enough only for what has no member that
// changes the meaning.
func TestCapabilityForms(t *testing.T) {
	key := testKey(t, 7)
	const scope = `,"scope":{"grants":[{"server_id":"s","tool_name":"t","operations":["invoke"]}]}`
	const schema = `,"schema":"chio.capability.v1"`
	cases := map[string]struct {
		doc       string
		exit      int
		signature bool
	}{
		"schema shown and signed":     {token(t, key, scope, false, schema), 0, true},
		"schema signed, not shown":    {token(t, key, scope, false, ""), 0, true},
		"plain body":                  {token(t, key, scope, true, ""), 0, true},
		"plain body, schema shown":    {token(t, key, scope, true, schema), 4, false},
		"algorithm hint":              {token(t, key, scope, false, `,"algorithm":"ed25519"`), 0, true},
		"plain body with a share":     {token(t, key, scope+`,"budget_share_bps":5000`, true, ""), 4, false},
		"plain body with caveats":     {token(t, key, scope+`,"caveats":[{"kind":"k","predicate":"p"}]`, true, ""), 4, false},
		"plain body with aggregate":   {token(t, key, scope+`,"aggregate_invocation_budget":{"x":1}`, true, ""), 4, false},
		"plain body with attenuation": {token(t, key, scope+`,"scope_attenuations":[{"type":"remove_tool"}]`, true, ""), 4, false},
		"unsigned member added":       {token(t, key, scope, false, `,"budget_share_bps":1`), 4, false},
		"empty scope":                 {token(t, key, `,"scope":{}`, false, ""), 0, true},
	}
	for name, tc := range cases {
		code, out := run("capability", file(t, tc.doc), "--at", "150", "--json")
		if code != tc.exit || strings.Contains(out, `"signature_valid":true`) != tc.signature {
			t.Errorf("%s: exit %d %s", name, code, out)
		}
	}
	for name, doc := range map[string]string{
		"other algorithm":   token(t, key, scope, false, `,"algorithm":"p256"`),
		"other schema":      token(t, key, scope, false, `,"schema":"chio.capability.v2"`),
		"unknown member":    token(t, key, scope, false, `,"nonce":1`),
		"share over 10000":  token(t, key, scope+`,"budget_share_bps":10001`, false, ""),
		"prefixed key":      strings.Replace(token(t, key, scope, false, ""), `"issuer":"`, `"issuer":"p256:`, 1),
		"fractional window": strings.Replace(token(t, key, scope, false, ""), `"issued_at":100`, `"issued_at":100.5`, 1),
		"u64 window":        strings.Replace(token(t, key, scope, false, ""), `"expires_at":200`, `"expires_at":18446744073709551615`, 1),
	} {
		if code, out := run("capability", file(t, doc), "--at", "150", "--json"); code != 4 || !strings.Contains(out, `"code":"CHIO-CAP-INVALID"`) {
			t.Errorf("%s: exit %d %s", name, code, out)
		}
	}
}

// TestCapabilityTime: issued_at ≤ at < expires_at.
func TestCapabilityTime(t *testing.T) {
	path := file(t, token(t, testKey(t, 7), `,"scope":{}`, false, ""))
	for at, want := range map[string]string{"99": "not_yet_valid", "100": "valid", "199": "valid", "200": "expired", "-1": "not_yet_valid"} {
		code, out := run("capability", path, "--at", at, "--json")
		if !strings.Contains(out, `"time_status":"`+want+`"`) || strings.Contains(out, `"time_valid":true`) != (want == "valid") || (code == 0) != (want == "valid") {
			t.Errorf("at %s: exit %d %s", at, code, out)
		}
	}
}

// TestUsage: what is typed wrong is told before anything is read.
func TestUsage(t *testing.T) {
	path := file(t, "{}")
	key := testKey(t, 7).Public().String()
	for _, args := range [][]string{
		{}, {"nothing"}, {"receipt"}, {"receipt", path, path}, {"receipt", path, "--at", "1"}, {"receipt", path, "--proof", path},
		{"receipt", path, "--agent-key", key}, {"receipt", path, "--kernel-root", "zz"}, {"receipt", path, "--kernel-root", key, "--agent-key", "zz"},
		{"receipt", path, "--kernel-root", key, "--trust", path}, {"bundle", path}, {"checkpoint", path}, {"consistency", path, path, path},
		{"equivocation", path}, {"capability", path}, {"capability", path, "--at", "x"}, {"capability", path, "--at", "1", "--max-depth", "-1"},
		{"canonical", path}, {"version", "--trust", path},
	} {
		if code, _ := run(args...); code != exitUsage {
			t.Errorf("%q: exit %d", args, code)
		}
	}
	for _, args := range [][]string{{"help"}, {"--help"}, {"receipt", "--help"}, {"version"}, {"version", "--json"}} {
		if code, out := run(args...); code != exitOK || out == "" {
			t.Errorf("%q: exit %d %q", args, code, out)
		}
	}
}

// TestUnreadable: a file that cannot be read exits 1, whatever the verb.
func TestUnreadable(t *testing.T) {
	good, trust, none := file(t, "{}"), filepath.Join("..", "..", "..", "kernel", "receipt", "testdata", "vectors", "trust.json"), filepath.Join(t.TempDir(), "none")
	for _, args := range [][]string{
		{"receipt", none}, {"receipt", good, "--trust", none}, {"receipt", t.TempDir()}, {"bundle", none, "--trust", trust},
		{"bundle", good, "--trust", none}, {"bundle", good, "--trust", trust, "--proof", none}, {"checkpoint", none, "--trust", trust},
		{"checkpoint", good, "--trust", none}, {"consistency", good, good, none, "--trust", trust}, {"consistency", good, good, good, "--trust", none},
		{"equivocation", none, "--trust", trust}, {"equivocation", good, "--trust", none}, {"capability", none, "--at", "1"},
		{"capability", good, "--at", "1", "--trust", none},
	} {
		code, out := run(append(args, "--json")...)
		if code != exitFailure || !strings.Contains(out, `"code":"CHIO-VERIFY-READ"`) {
			t.Errorf("%q: exit %d %s", args, code, out)
		}
	}
	if code := Main([]string{"canonical"}, broken{}, io.Discard, io.Discard); code != exitFailure {
		t.Errorf("a broken standard input: exit %d", code)
	}
	if code := Main([]string{"receipt", "-"}, endless{}, io.Discard, io.Discard); code != exitFailure {
		t.Errorf("an endless standard input: exit %d", code)
	}
	for _, args := range [][]string{{"canonical"}, {"version", "--json"}} {
		if code := Main(args, strings.NewReader("{}"), broken{}, io.Discard); code != exitFailure {
			t.Errorf("%q to a closed pipe: exit %d", args, code)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, io.ErrUnexpectedEOF }
func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// FuzzCapability: only what a trusted key signed is ever called signed, and no
// input panics or takes another exit code.
func FuzzCapability(f *testing.F) {
	const scope = `,"scope":{"grants":[{"server_id":"s","tool_name":"t","operations":["invoke"]}]}`
	key := testKey(f, 7)
	f.Add([]byte(token(f, key, scope, false, "")))
	f.Add([]byte("[" + token(f, key, scope, true, "") + "]"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var out bytes.Buffer
		switch code := Main([]string{"capability", "-", "--at", "150", "--json"}, bytes.NewReader(doc), &out, io.Discard); code {
		case exitOK:
			if !strings.Contains(out.String(), `"signature_valid":true`) || !strings.Contains(out.String(), `"time_valid":true`) {
				t.Fatalf("%s", out.Bytes())
			}
		case exitUnverifiable:
			if !strings.Contains(out.String(), `"code":"CHIO-`) {
				t.Fatalf("%s", out.Bytes())
			}
		default:
			t.Fatalf("exit %d", code)
		}
	})
}

// FuzzReceipts: one receipt or many, an answer of the same shape.
func FuzzReceipts(f *testing.F) {
	for _, name := range []string{"allow_valid.json", "deny_valid.json"} {
		doc, err := os.ReadFile(filepath.Join("..", "..", "..", "kernel", "receipt", "testdata", "vectors", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
		f.Add([]byte("[" + string(doc) + "," + string(doc) + "]"))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var out bytes.Buffer
		code := Main([]string{"receipt", "-", "--json"}, bytes.NewReader(doc), &out, io.Discard)
		if code != exitOK && code != exitUnverifiable {
			t.Fatalf("exit %d", code)
		}
		if strings.Contains(out.String(), `"authorized":true`) {
			t.Fatalf("authorised with nobody trusted: %s", out.Bytes())
		}
		if code == exitOK && isArray(doc) != isArray(out.Bytes()) {
			t.Fatalf("%s", out.Bytes())
		}
	})
}
