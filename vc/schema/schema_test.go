package schema_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/schema"
)

const (
	head = `{"$schema":"https://json-schema.org/draft/2020-12/schema",`
	// email is the example of the specification, in short.
	email = head + `"$id":"https://example.com/schemas/email.json","title":"EmailCredential","type":"object",
		"properties":{"credentialSubject":{"type":"object","properties":{"emailAddress":{"type":"string","format":"email"}},"required":["emailAddress"]}}}`
	good = `{"credentialSubject":{"emailAddress":"subject@example.com","id":"did:example:1"},"type":["VerifiableCredential"]}`
)

// of is a schema as a credential names it.
func of(url string, types ...string) vc.Schema {
	if types == nil {
		types = []string{schema.Type}
	}
	return vc.Schema{ID: url, Type: types}
}

// library is a fetcher of documents, and a clock.
type library struct {
	docs  map[string]string
	calls int
	now   int64
}

func (l *library) checker(t testing.TB, kept int) *schema.Checker {
	t.Helper()
	c, err := schema.New(schema.Config{Kept: kept, Now: func() int64 { return l.now }, Fetch: func(_ context.Context, url string) ([]byte, error) {
		l.calls++
		if doc, ok := l.docs[url]; ok {
			return []byte(doc), nil
		}
		return nil, errors.New("404")
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheck(t *testing.T) {
	const url = "https://example.com/schemas/email.json"
	l := &library{docs: map[string]string{url: email, "https://example.com/no": "<html>"}}
	c := l.checker(t, 0)
	for name, q := range map[string]struct {
		schema   vc.Schema
		document string
		want     error
	}{
		"fits":               {of(url), good, nil},
		"one of its types":   {of(url, "https://example.org/Other", schema.Type), good, nil},
		"a member missing":   {of(url), `{"credentialSubject":{"id":"did:example:1"}}`, schema.ErrInvalid},
		"of another type":    {of(url), `{"credentialSubject":{"emailAddress":1}}`, schema.ErrInvalid},
		"no such format":     {of(url), `{"credentialSubject":{"emailAddress":"nobody"}}`, schema.ErrInvalid},
		"not JSON":           {of(url), `{`, schema.ErrInvalid},
		"a member twice":     {of(url), strings.Replace(good, `"id"`, `"emailAddress"`, 1), schema.ErrInvalid},
		"not there":          {of("https://example.com/other"), good, schema.ErrRetrieval},
		"no schema":          {of("https://example.com/no"), good, schema.ErrSchema},
		"of a foreign type":  {of(url, "JsonSchemaCredential"), good, schema.ErrKind},
		"of no type":         {vc.Schema{ID: url}, good, schema.ErrKind},
		"of the old type":    {of(url, "JsonSchemaValidator2018"), good, schema.ErrKind},
		"the type's own URL": {of(url, "https://www.w3.org/2018/credentials#JsonSchema"), good, schema.ErrKind},
	} {
		if err := c.Check(t.Context(), q.schema, []byte(q.document)); !errors.Is(err, q.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a schema may be: it stands alone, and it is known what it costs.
func TestCompile(t *testing.T) {
	for name, doc := range map[string]string{
		"2020-12":              email,
		"2019-09":              `{"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object"}`,
		"draft 7":              `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","definitions":{"a":true},"properties":{"x":{"$ref":"#/definitions/a"}}}`,
		"a reference":          head + `"$defs":{"a b":{"type":"string"}},"properties":{"x":{"$ref":"#/$defs/a%20b"},"y":{"$ref":"#/$defs/a%20b"}}}`,
		"an escaped reference": head + `"$defs":{"a/b~":{"type":"string"}},"properties":{"x":{"$ref":"#/$defs/a~1b~0"}}}`,
		"into an array":        head + `"allOf":[{"type":"object"},{"$ref":"#/allOf/0"}]}`,
		"a pattern":            head + `"properties":{"x":{"pattern":"^[a-z]{1,20}$"}},"patternProperties":{"^x-":true}}`,
		"members of the names": head + `"properties":{"$id":{"type":"string"},"$ref":{"type":"string"},"pattern":{"type":"string"},"$anchor":{}}}`,
	} {
		if err := schema.Compile([]byte(doc)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := head + `"$defs":{"a0":{"type":"string"}`
	for i := range 40 {
		twice += fmt.Sprintf(`,"a%d":{"allOf":[{"$ref":"#/$defs/a%d"},{"$ref":"#/$defs/a%d"}]}`, i+1, i, i)
	}
	for name, doc := range map[string]string{
		"empty":                     ``,
		"no object":                 `true`,
		"no $schema":                `{"type":"object"}`,
		"an old draft":              `{"$schema":"http://json-schema.org/draft-04/schema#"}`,
		"a draft of its own":        `{"$schema":"https://evil.example/schema"}`,
		"$schema no text":           `{"$schema":1}`,
		"a member twice":            head + `"type":"object","type":"string"}`,
		"not a schema":              head + `"type":"nothing"}`,
		"a remote reference":        head + `"properties":{"x":{"$ref":"https://evil.example/s.json"}}}`,
		"the metaschema":            head + `"properties":{"x":{"$ref":"https://json-schema.org/draft/2020-12/schema"}}}`,
		"a file":                    head + `"$ref":"file:///etc/passwd"}`,
		"a relative reference":      head + `"$ref":"other.json"}`,
		"its own id":                head + `"$id":"https://a.example/s","$defs":{"a":true},"$ref":"https://a.example/s#/$defs/a"}`,
		"to itself":                 head + `"$ref":"#"}`,
		"to itself, below":          head + `"properties":{"x":{"$ref":"#"}}}`,
		"recursive":                 head + `"$defs":{"a":{"properties":{"x":{"$ref":"#/$defs/a"}}}},"$ref":"#/$defs/a"}`,
		"recursive by two":          head + `"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}`,
		"recursive, spelled":        head + `"$defs":{"a":{"properties":{"x":{"$ref":"#/%24defs/a"}}}},"$ref":"#/$defs/a"}`,
		"to nothing":                head + `"$ref":"#/$defs/a"}`,
		"to no element":             head + `"allOf":[true],"$ref":"#/allOf/1"}`,
		"to a bad escape":           head + `"$ref":"#/%zz"}`,
		"an anchor":                 head + `"$anchor":"a"}`,
		"to an anchor":              head + `"$ref":"#a"}`,
		"a dynamic anchor":          head + `"$defs":{"a":{"$dynamicAnchor":"a"}}}`,
		"a dynamic reference":       head + `"$dynamicRef":"#a"}`,
		"a recursive reference":     `{"$schema":"https://json-schema.org/draft/2019-09/schema","properties":{"x":{"$recursiveRef":"#"}}}`,
		"an embedded resource":      head + `"$defs":{"a":{"$id":"https://a.example/a"}}}`,
		"doubling":                  twice + `},"$ref":"#/$defs/a40"}`,
		"a pattern that looks back": head + `"properties":{"x":{"pattern":"(a)\\1"}}}`,
		"a pattern that looks on":   head + `"properties":{"x":{"pattern":"a(?=b)"}}}`,
		"a pattern too long":        head + `"properties":{"x":{"pattern":"` + strings.Repeat(`(a{100}b{100}){5}`, 20) + `"}}}`,
		"a pattern that is bad":     head + `"patternProperties":{"(":true}}`,
		"too many values":           head + `"enum":[` + strings.Repeat("1,", schema.MaxCost) + `2]}`,
		"too large":                 head + `"title":"` + strings.Repeat("a", schema.MaxBytes) + `"}`,
		"too deep":                  head + `"items":` + strings.Repeat(`{"items":`, 40) + "true" + strings.Repeat("}", 41),
	} {
		if err := schema.Compile([]byte(doc)); !errors.Is(err, schema.ErrSchema) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A schema that takes long is refused before it is applied.
func TestCostIsBoundedByTheCredential(t *testing.T) {
	const url = "urn:s"
	l := &library{docs: map[string]string{url: head + `"type":"object","enum":[` + strings.Repeat("1,", schema.MaxCost/2) + `2]}`}}
	c := l.checker(t, 0)
	if err := c.Check(t.Context(), of(url), []byte(`{}`)); !errors.Is(err, schema.ErrInvalid) {
		t.Errorf("small: %v", err)
	}
	large := `{"a":"` + strings.Repeat("a", schema.MaxWork/(schema.MaxCost/2)) + `"}`
	if err := c.Check(t.Context(), of(url), []byte(large)); !errors.Is(err, schema.ErrSchema) {
		t.Errorf("large: %v", err)
	}
}

// The dearest schemas there are take a bounded time.
func TestWorkTakesABoundedTime(t *testing.T) {
	pattern := `^(a|aa|[ab]{1,50}){1,18}$`
	doc := head + `"$defs":{"p":{"pattern":"` + pattern + `"}},"properties":{"s":{"allOf":[` + strings.TrimSuffix(strings.Repeat(`{"$ref":"#/$defs/p"},`, 6), ",") + `]},
		"l":{"uniqueItems":true,"contains":{"const":"x"}}}}`
	l := &library{docs: map[string]string{"urn:s": doc}}
	c := l.checker(t, 0)
	start := time.Now()
	for size := 1 << 13; size > 64; size /= 2 {
		document := `{"s":"` + strings.Repeat("a", size/2) + `b","l":[` + strings.Repeat(`"a",`, size/8) + `"b"]}`
		_ = c.Check(t.Context(), of("urn:s"), []byte(document)) // what it says does not matter here
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestDigest(t *testing.T) {
	const url = "https://example.com/s.json"
	sum := sha256.Sum256([]byte(email))
	stated := "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	l := &library{docs: map[string]string{url: email}}
	c := l.checker(t, 0)
	for name, q := range map[string]struct {
		doc  string
		want error
	}{
		"the digest": {`"credentialSchema":{"id":"` + url + `","type":"JsonSchema","digestSRI":"` + stated + `"}`, nil},
		"another digest": {`"credentialSchema":{"id":"` + url + `","type":"JsonSchema","digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}`,
			vc.ErrResource},
		"another digest as a resource": {`"credentialSchema":{"id":"` + url + `","type":"JsonSchema"},"relatedResource":{"id":"` + url +
			`","digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}`, vc.ErrResource},
	} {
		signer := key(t)
		doc := `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"` + issuer(signer) +
			`","credentialSubject":{"emailAddress":"a@example.com"},` + q.doc + `}`
		signed, err := vc.Sign([]byte(doc), signer, 1_790_000_000)
		if err != nil {
			t.Fatal(err)
		}
		r := vc.VerifyCredential(signed, vc.Gate{Now: 1_790_000_000, AllowNoStatus: true, TrustedIssuer: func(string) bool { return true },
			Resource: func(string) ([]byte, error) { return []byte("abc"), nil }, // as digested: what was fetched for rule 12 was another
			Schema:   func(s vc.Schema, document []byte) error { return c.Check(t.Context(), s, document) }})
		if !errors.Is(r.Err(), q.want) || r.Integrity != (q.want == nil) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

func TestSchemasAreKept(t *testing.T) {
	l := &library{docs: map[string]string{"urn:a": email, "urn:b": email, "urn:c": email}, now: 1000}
	c := l.checker(t, 2)
	check := func(url string, calls int) {
		t.Helper()
		if err := c.Check(t.Context(), of(url), []byte(good)); err != nil || l.calls != calls {
			t.Errorf("%s: %d calls, want %d: %v", url, l.calls, calls, err)
		}
	}
	check("urn:a", 1)
	check("urn:a", 1)
	l.now += 299
	check("urn:a", 1)
	check("urn:b", 2)
	check("urn:c", 3) // a gives way
	check("urn:b", 3)
	check("urn:a", 4)
	l.now += 300
	check("urn:a", 5)
	l.now -= 10_000
	check("urn:a", 6)
	delete(l.docs, "urn:a")
	l.now += 300
	if err := c.Check(t.Context(), of("urn:a"), []byte(good)); !errors.Is(err, schema.ErrRetrieval) {
		t.Errorf("gone: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	fetch, now := func(context.Context, string) ([]byte, error) { return nil, nil }, func() int64 { return 0 }
	for name, c := range map[string]schema.Config{"nothing": {}, "no clock": {Fetch: fetch}, "no fetcher": {Now: now},
		"kept": {Fetch: fetch, Now: now, Kept: -1}, "ttl": {Fetch: fetch, Now: now, TTLSeconds: -1}} {
		if _, err := schema.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// What does not fit in many places costs no more memory than what fits: of
// many failures no list is kept.
func TestManyFailuresAreNotKept(t *testing.T) {
	const url = "https://example.com/schemas/many"
	l := &library{docs: map[string]string{url: head + `"properties":{"a":{"items":{"allOf":[` + strings.Repeat("false,", 3000) + `true]}}}}`}}
	document := []byte(`{"a":[` + strings.Repeat("1,", 200) + `1]}`)
	c := l.checker(t, 0)
	if err := c.Check(t.Context(), of(url), []byte(`{"a":[1]}`)); !errors.Is(err, schema.ErrInvalid) { // and compiled
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := c.Check(t.Context(), of(url), document); !errors.Is(err, schema.ErrInvalid) {
		t.Errorf("no value fits: %v", err)
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 16<<20 {
		t.Errorf("%d bytes for a credential of %d", after.TotalAlloc-before.TotalAlloc, len(document))
	}
	if len(document)*schema.MaxCost > schema.MaxWork {
		t.Error("the credential is larger than the costliest schema judges")
	}
}

// A failure is a failure by both readings of a schema, and so is a fit.
func TestBothReadingsAgree(t *testing.T) {
	const url = "https://example.com/schemas/draft"
	for _, draft := range []string{"https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft-07/schema#"} {
		for part, fits := range map[string]bool{`"not":{"required":["a"]}`: false, `"not":{"required":["b"]}`: true, `"oneOf":[true,{"type":"object"}]`: false,
			`"oneOf":[false,{"type":"object"}]`: true, `"if":{"required":["a"]},"then":false`: false, `"if":{"required":["a"]},"else":false`: true,
			`"properties":{"a":{"format":"date"}}`: false, `"additionalProperties":false`: false, `"$id":"https://example.com/elsewhere","maxProperties":0`: false,
			`"$id":"https://example.com/elsewhere","definitions":{"x":{"minProperties":1}},"allOf":[{"$ref":"#/definitions/x"}]`: true} {
			c := (&library{docs: map[string]string{url: `{"$schema":"` + draft + `",` + part + `}`}}).checker(t, 0)
			if err := c.Check(t.Context(), of(url), []byte(`{"a":"x"}`)); (err == nil) != fits || err != nil && (!errors.Is(err, schema.ErrInvalid) || strings.Contains(err.Error(), "twice")) {
				t.Errorf("%s %s: %v", draft, part, err)
			}
		}
	}
}
