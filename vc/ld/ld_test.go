package ld_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/vc/ld"
)

const (
	v2       = `"https://www.w3.org/ns/credentials/v2"`
	examples = `"https://www.w3.org/ns/credentials/examples/v2"`
)

// agentPassport is a credential with the context that passports carry.
const agentPassport = `{"@context":["https://www.w3.org/ns/credentials/v2",{"@protected":true,` +
	`"ChioAgentPassport":"urn:chio:terms:v1:ChioAgentPassport","autonomyTier":"urn:chio:terms:v1:autonomyTier",` +
	`"organization":"urn:chio:terms:v1:organization","roles":{"@container":"@set","@id":"urn:chio:terms:v1:roles"}}],` +
	`"credentialStatus":{"id":"https://acme.example/status/1#7","statusListCredential":"https://acme.example/status/1",` +
	`"statusListIndex":"7","statusPurpose":"revocation","type":"BitstringStatusListEntry"},` +
	`"credentialSubject":{"autonomyTier":"delegated","id":"did:chio:00","name":"researcher","organization":"Acme","roles":["reader","writer"]},` +
	`"id":"urn:uuid:018bcfe5-6800-7974-ae61-667465722331","issuer":"did:chio:01","type":["VerifiableCredential","ChioAgentPassport"],` +
	`"validFrom":"2026-01-01T00:00:00Z","validUntil":"2026-12-31T00:00:00Z"}`

// with returns a credential that has members besides the ordinary ones.
func with(context, members string) string {
	return fmt.Sprintf(`{"@context":[%s%s],"id":"urn:x:1","type":"VerifiableCredential","issuer":"did:example:i","credentialSubject":{"id":"did:example:s"}%s}`,
		v2, context, members)
}

func TestPassportCanonicalizes(t *testing.T) {
	p := processor(t)
	if err := p.Check([]byte(agentPassport)); err != nil {
		t.Fatal(err)
	}
	got, err := p.Canonicalize([]byte(agentPassport))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<did:chio:00> <urn:chio:terms:v1:roles> \"reader\" .\n", "<did:chio:00> <urn:chio:terms:v1:roles> \"writer\" .\n",
		"<did:chio:00> <urn:chio:terms:v1:autonomyTier> \"delegated\" .\n",
		"<https://acme.example/status/1#7> <https://www.w3.org/ns/credentials/status#statusListIndex> \"7\" .\n",
		"> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:chio:terms:v1:ChioAgentPassport> .\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("missing %s in\n%s", want, got)
		}
	}
	if n := strings.Count(string(got), "\n"); n != 16 {
		t.Errorf("%d statements:\n%s", n, got)
	}
	if err := p.Check([]byte(strings.Replace(agentPassport, `["reader","writer"]`, `[]`, 1))); err != nil {
		t.Error("no roles:", err)
	}
}

// TestMustReject holds the documents that JSON-LD processors accept by dropping
// or guessing something.
func TestMustReject(t *testing.T) {
	p := processor(t)
	inline := func(c string) string { return with(","+c, "") }
	for _, tc := range []struct {
		name, doc string
		want      error
		check     bool // Check refuses it too
	}{
		{"unmapped term at the top", with("", `,"extra":"x"`), ld.ErrTerm, true},
		{"unmapped term in the subject", strings.Replace(with("", ""), `"did:example:s"`, `"did:example:s","role":"admin"`, 1), ld.ErrTerm, true},
		{"unmapped term in a nested value", with("", `,"evidence":{"type":"https://e.example/T","x":1}`), ld.ErrTerm, true},
		{"unmapped term inside @set", with("", `,"evidence":{"@set":[{"x":1}]}`), ld.ErrUnsupported, true},
		{"unmapped term inside @list", with("", `,"evidence":{"@list":[{"x":1}]}`), ld.ErrUnsupported, true},
		{"unmapped type", with("", `,"evidence":{"type":"Unknown"}`), ld.ErrIRI, true},
		{"undefined prefix of a member", with("", `,"ex:extra":"x"`), ld.ErrIRI, true},
		{"undefined prefix of a type", with("", `,"evidence":{"type":"ex:Unknown"}`), ld.ErrIRI, true},
		{"relative id", strings.Replace(with("", ""), "urn:x:1", "credential", 1), ld.ErrIRI, true},
		{"relative id of a coerced value", strings.Replace(with("", ""), "did:example:i", "issuer", 1), ld.ErrIRI, true},
		{"id that looks like a keyword", strings.Replace(with("", ""), "urn:x:1", "@issuer", 1), ld.ErrIRI, true},
		{"id with a space", strings.Replace(with("", ""), "urn:x:1", "urn:x:1 2", 1), ld.ErrIRI, true},
		{"id with a line break", strings.Replace(with("", ""), "urn:x:1", `urn:x:1\n`, 1), ld.ErrIRI, true},
		{"id that ends the IRI", strings.Replace(with("", ""), "urn:x:1", `urn:x:1> <urn:y`, 1), ld.ErrIRI, true},
		{"empty id", strings.Replace(with("", ""), "urn:x:1", "", 1), ld.ErrIRI, true},
		{"id that is a number", strings.Replace(with("", ""), `"urn:x:1"`, "1", 1), ld.ErrTerm, true},
		{"null", with("", `,"name":null`), ld.ErrLossy, false},
		{"null in an array", with("", `,"name":["a",null]`), ld.ErrLossy, false},
		{"base direction", with("", `,"name":{"@value":"a","@language":"ar","@direction":"rtl"}`), ld.ErrLossy, false},
		{"integer that doubles round", with(","+examples, `,"n":9007199254740993`), ld.ErrLossy, false},
		{"number of seventeen digits", with(","+examples, `,"n":0.10000000000000002`), ld.ErrLossy, false},
		{"small number without a point", with(","+examples, `,"n":3e-9`), ld.ErrLossy, false},
		{"base direction of a context", with(`,{"@direction":"rtl"}`, `,"name":"n"`), ld.ErrLossy, false},
		{"base direction of a term", with(`,{"t":{"@id":"urn:x:t","@direction":"rtl"}}`, `,"t":"n"`), ld.ErrLossy, false},
		{"bad default language", with(`,{"@language":"not a tag"}`, ""), ld.ErrContext, true},
		{"number no double holds", with(","+examples, `,"n":1e400`), ld.ErrMalformed, true},
		{"bad language", with("", `,"name":{"@value":"a","@language":"not a tag"}`), ld.ErrLossy, true},
		{"language without value", with("", `,"evidence":{"@language":"en"}`), ld.ErrMalformed, true},
		{"direction without value", with("", `,"evidence":[{"@direction":"rtl"}]`), ld.ErrMalformed, true},
		{"reference alone in a graph", presentation(`"urn:x:9"`), ld.ErrLossy, true},
		{"empty node in a graph", presentation(`{}`), ld.ErrLossy, true},
		{"free value in a graph", presentation(`{"@value":"x"}`), ld.ErrLossy, true},
		{"only an id", `{"@context":` + v2 + `,"id":"urn:x:1"}`, ld.ErrLossy, true},
		{"nothing", `{"@context":` + v2 + `}`, ld.ErrLossy, true},
		{"@graph", `{"@context":` + v2 + `,"@graph":[{"id":"urn:x:1","name":"n"},"free"]}`, ld.ErrUnsupported, true},
		{"@reverse", with("", `,"@reverse":{"name":{"id":"urn:x:2"}}`), ld.ErrUnsupported, true},
		{"@included", with("", `,"@included":[{"id":"urn:x:2"}]`), ld.ErrUnsupported, true},
		{"@nest", with("", `,"@nest":{"name":"n"}`), ld.ErrUnsupported, true},
		{"@index", with("", `,"evidence":{"id":"urn:x:2","@index":"i"}`), ld.ErrUnsupported, true},
		{"@default of framing", with("", `,"@default":"x"`), ld.ErrUnsupported, true},
		{"unknown keyword", with("", `,"@secret":"x"`), ld.ErrUnsupported, true},
		{"member without a name", with("", `,"":5`), ld.ErrMalformed, true},
		{"blank node as a member", with("", `,"_:b":"x"`), ld.ErrIRI, true},
		{"blank node as a type", with("", `,"evidence":{"type":"_:b"}`), ld.ErrIRI, true},
		{"node described in two places", with("", `,"evidence":{"id":"urn:x:2","name":"n"},"termsOfUse":{"id":"urn:x:2","type":"https://e.example/T"}`), ld.ErrLossy, false},
		{"node described twice alike", with("", `,"evidence":[{"id":"urn:x:2","name":"n"},{"id":"urn:x:2","name":"n"}]`), ld.ErrLossy, false},
		{"labelled node described in two places", with("", `,"evidence":[{"id":"_:e","name":"n"},{"id":"_:e","description":"d"}]`), ld.ErrLossy, false},
		{"labelled node in two graphs", presentation(`[` + with("", `,"evidence":{"id":"_:e"}`) + `,` + with("", `,"evidence":{"id":"_:e"}`) + `]`), ld.ErrUnsupported, false},
		{"labelled node in a graph and outside", strings.Replace(presentation(with("", `,"evidence":{"id":"_:e"}`)), `"did:example:h"`, `"_:e"`, 1), ld.ErrUnsupported, false},
		{"credential described within itself", with("", `,"evidence":{"id":"urn:x:1","type":"VerifiableCredential"}`), ld.ErrLossy, false},
		{"id under another name", strings.Replace(with(`,{"ident":"@id"}`, ""), `"id":"urn:x:1"`, `"ident":"urn:x:1"`, 1), ld.ErrContext, true},
		{"type under another name", inline(`{"kind":{"@id":"@type"}}`), ld.ErrContext, true},
		{"id as a type", inline(`{"x":{"@context":{"id":"@type"},"@id":"urn:x:x"}}`), ld.ErrContext, true},
		{"subject described elsewhere", with(`,{"by":"urn:x:by"}`, `,"by":{"id":"did:example:s","name":"x"}`), ld.ErrLossy, false},
		{"id written as a compact IRI", strings.Replace(with(`,{"c":{"@id":"urn:x:","@prefix":true}}`, ""), `"id":"urn:x:1"`, `"id":"c:1"`, 1), ld.ErrIRI, false},
		{"two spellings of id", with("", `,"@id":"urn:x:2"`), ld.ErrTerm, true},
		{"repeated name", with("", `,"name":"a","name":"b"`), ld.ErrMalformed, true},
		{"trailing bytes", with("", "") + "x", ld.ErrMalformed, true},
		{"array", `[` + with("", "") + `]`, ld.ErrMalformed, true},
		{"text", `"x"`, ld.ErrMalformed, true},
		{"no context", `{"id":"urn:x:1"}`, ld.ErrMalformed, true},
		{"unknown context", inline(`"https://w3id.org/citizenship/v4rc1"`), ld.ErrContext, true},
		{"unknown context in a nested object", with("", `,"evidence":{"@context":"https://evil.example/c","x":1}`), ld.ErrContext, true},
		{"unknown context in a scoped context", inline(`{"t":{"@id":"urn:x:t","@context":"https://evil.example/c"}}`), ld.ErrContext, true},
		{"null context", inline(`null`), ld.ErrContext, true},
		{"null context in a nested object", with("", `,"evidence":{"@context":null,"x":1}`), ld.ErrContext, true},
		{"array in an array of contexts", inline(`[` + examples + `]`), ld.ErrContext, true},
		{"number as a context", inline(`5`), ld.ErrContext, true},
		{"@import", inline(`{"@import":` + examples + `}`), ld.ErrContext, true},
		{"@base", inline(`{"@base":"https://e.example/"}`), ld.ErrContext, true},
		{"@propagate", inline(`{"@propagate":false}`), ld.ErrContext, true},
		{"relative @vocab", inline(`{"@vocab":"#"}`), ld.ErrContext, true},
		{"empty @vocab", inline(`{"@vocab":""}`), ld.ErrContext, true},
		{"@version 1.0", inline(`{"@version":1.0}`), ld.ErrContext, true},
		{"@protected that is text", inline(`{"@protected":"yes"}`), ld.ErrContext, true},
		{"term set to null", inline(`{"name":null}`), ld.ErrContext, true},
		{"term with null @id", inline(`{"name":{"@id":null}}`), ld.ErrContext, true},
		{"term that is an IRI", inline(`{"https://schema.org/name":"urn:x:n"}`), ld.ErrContext, true},
		{"term defined as a number", inline(`{"t":5}`), ld.ErrContext, true},
		{"alias of @context", inline(`{"ctx":"@context"}`), ld.ErrContext, true},
		{"alias of an unknown keyword", inline(`{"t":"@unknown"}`), ld.ErrContext, true},
		{"alias of @graph", inline(`{"t":"@graph"}`), ld.ErrContext, true},
		{"@reverse term", inline(`{"t":{"@reverse":"urn:x:t"}}`), ld.ErrContext, true},
		{"@nest term", inline(`{"t":{"@id":"urn:x:t","@nest":"@nest"}}`), ld.ErrContext, true},
		{"@index container", inline(`{"t":{"@id":"urn:x:t","@container":"@index"}}`), ld.ErrContext, true},
		{"empty container", inline(`{"t":{"@id":"urn:x:t","@container":[]}}`), ld.ErrContext, true},
		{"container of a number", inline(`{"t":{"@id":"urn:x:t","@container":[5]}}`), ld.ErrContext, true},
		{"@prefix that is text", inline(`{"t":{"@id":"urn:x:t","@prefix":"yes"}}`), ld.ErrContext, true},
		{"keyword @type", inline(`{"t":{"@id":"urn:x:t","@type":"@graph"}}`), ld.ErrContext, true},
		{"protected term redefined", inline(`{"name":"urn:x:name"}`), ld.ErrContext, true},
		{"protected type redefined", inline(`{"VerifiableCredential":"urn:x:Other"}`), ld.ErrContext, true},
		{"protected term redefined in a nested object", with("", `,"evidence":{"@context":{"id":"urn:x:id"},"id":"urn:x:2"}`), ld.ErrTerm, true},
		{"alias of @language", inline(`{"lang":"@language"}`), ld.ErrContext, true},
		{"term defined by itself", inline(`{"a":"b:x","b":"a:x"}`), ld.ErrContext, true},
		{"relative term", inline(`{"t":"relative"}`), ld.ErrContext, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := p.Canonicalize([]byte(tc.doc))
			if err == nil || !errors.Is(err, tc.want) {
				t.Errorf("Canonicalize: %v, want %v", err, tc.want)
			}
			if err := p.Check([]byte(tc.doc)); tc.check == (err == nil) {
				t.Errorf("Check: %v, refused expected: %v", err, tc.check)
			}
		})
	}
}

func presentation(credential string) string {
	return `{"@context":` + v2 + `,"type":"VerifiablePresentation","holder":"did:example:h","verifiableCredential":` + credential + `}`
}

func TestAccepted(t *testing.T) {
	p := processor(t)
	for name, tc := range map[string]struct{ doc, want string }{
		"credential in a presentation is a graph of its own": {
			presentation(with("", "")), `<did:example:i> _:c14n0 .`},
		"language map": {with(`,{"label":{"@id":"urn:x:label","@container":"@language"}}`, `,"label":{"de":"Hallo","EN-us":"Hi"}`),
			`<urn:x:label> "Hi"@en-us .`},
		"list":                {with(`,{"l":{"@id":"urn:x:l","@container":"@list"}}`, `,"l":["a","b"]`), `rdf-syntax-ns#nil> .`},
		"default language":    {with(`,{"@language":"de"}`, `,"name":"n"`), `<https://schema.org/name> "n"@de .`},
		"language of a term":  {with(`,{"t":{"@id":"urn:x:t","@language":"fr"}}`, `,"t":"n"`), `<urn:x:t> "n"@fr .`},
		"native integer":      {with(","+examples, `,"n":5`), `"5"^^<http://www.w3.org/2001/XMLSchema#integer>`},
		"negative zero":       {with(","+examples, `,"n":-0`), `"0"^^<http://www.w3.org/2001/XMLSchema#integer>`},
		"native double":       {with(","+examples, `,"n":5.25`), `"5.25E0"^^<http://www.w3.org/2001/XMLSchema#double>`},
		"small double":        {with(","+examples, `,"n":1.5e-7`), `"1.5E-7"^^<http://www.w3.org/2001/XMLSchema#double>`},
		"large double":        {with(","+examples, `,"n":1e22`), `"1.0E22"^^<http://www.w3.org/2001/XMLSchema#double>`},
		"integer as double":   {with(`,{"d":{"@id":"urn:x:d","@type":"http://www.w3.org/2001/XMLSchema#double"}}`, `,"d":5`), `"5.0E0"^^<http://www.w3.org/2001/XMLSchema#double>`},
		"boolean":             {with(","+examples, `,"b":true`), `"true"^^<http://www.w3.org/2001/XMLSchema#boolean>`},
		"JSON literal":        {with("", `,"credentialSchema":{"id":"https://e.example/s","type":"JsonSchema","jsonSchema":{"b":1,"a":"\u00e9<"}}`), `"{\"a\":\"é<\",\"b\":1}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>`},
		"escapes":             {with("", `,"name":"a\"b\\c\td\ne\u0001f\u007f"`), `"a\"b\\c\td\ne\u0001f\u007F"`},
		"blank node label":    {with("", `,"evidence":{"id":"_:e","name":"n"}`), `_:c14n0 <https://schema.org/name> "n" .`},
		"empty array":         {with("", `,"evidence":[]`), `urn:x:1`},
		"empty node":          {with("", `,"evidence":{}`), `#evidence> _:c14n0 .`},
		"compact IRI":         {with(`,{"ex":"https://e.example/#"}`, `,"ex:t":"x"`), `<https://e.example/#t> "x" .`},
		"context of a member": {with("", `,"evidence":{"@context":{"x":"urn:x:x"},"x":"y"}`), `<urn:x:x> "y" .`},
		"scoped context":      {with(`,{"e":{"@id":"urn:x:e","@context":{"x":"urn:x:x"}}}`, `,"e":{"x":"y"}`), `<urn:x:x> "y" .`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := p.Canonicalize([]byte(tc.doc))
			if err != nil || !strings.Contains(string(got), tc.want) {
				t.Errorf("%v, want %s in\n%s", err, tc.want, got)
			}
			if err := p.Check([]byte(tc.doc)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRefusalNamesTheMember(t *testing.T) {
	p := processor(t)
	for doc, want := range map[string]string{
		with("", `,"evidence":{"zeta":[{"alpha":1}]}`):                          `defines the member "alpha"`,
		with(`,{"e":{"@id":"urn:x:e","@context":{"x":"urn:x:x"}}}`, `,"x":"y"`): `used where its context does not define it`,
		with("", `,"evidence":{"@context":{"x":"urn:x:x"},"x":{"y":1}}`):        `defines the member "y"`,
		strings.Replace(with("", ""), `"VerifiableCredential"`, `{"a":"b"}`, 1): `@type value must be a string`,
	} {
		if err := p.Check([]byte(doc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s for %s", err, want, doc)
		}
	}
}

// TestRepetitionsAreOneStatement: a dataset is a set, also while blank nodes are
// told apart by what is said about them.
func TestRepetitionsAreOneStatement(t *testing.T) {
	p := processor(t)
	for c := 'a'; c <= 'z'; c++ { // which node comes first depends on a hash
		doc := func(values string) []byte {
			return []byte(with("", strings.ReplaceAll(`,"evidence":[{"name":`+values+`},{"description":"d"}]`, "?", string(c))))
		}
		want, err := p.Canonicalize(doc(`"?"`))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Canonicalize(doc(`["?","?"]`)); err != nil || string(got) != string(want) {
			t.Errorf("%v\n%s\nwant\n%s", err, got, want)
		}
	}
	// The same node written out twice says nothing new the second time.
	again := presentation(`[` + with("", "") + `,` + with("", "") + `]`) // in two graphs
	if _, err := p.Canonicalize([]byte(again)); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	p := processor(t)
	values := func(n int) string { return with(","+examples, `,"v":["`+strings.Repeat(`a","`, n-1)+`a"]`) }
	contexts := func(n int) string {
		return with("", `,"evidence":[`+strings.Repeat(`{"@context":{},"name":"n"},`, n-2)+`{"@context":{},"name":"n"}]`)
	}
	terms := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"t%d":"urn:x:%d"`, i, i)
		}
		return with(`,{"@protected":true`+b.String()+`}`, "")
	}
	scopes := func(n int) string {
		return with(`,`+strings.Repeat(`{"t":{"@id":"urn:x:t","@context":`, n)+`{}`+strings.Repeat(`}}`, n), "")
	}
	nodes := func(n int) string {
		return with("", `,"evidence":[`+strings.Repeat(`{},`, n-1)+`{}]`)
	}
	// A credential as with() makes it has six values besides its array.
	for _, tc := range []struct {
		name string
		make func(int) string
		max  int
	}{
		{"values", values, ld.MaxValues - 6}, {"contexts", contexts, ld.MaxContexts}, {"terms", terms, ld.MaxTerms}, {"scopes", scopes, 8},
	} {
		if _, err := p.Canonicalize([]byte(tc.make(tc.max))); err != nil {
			t.Errorf("%s at the limit: %v", tc.name, err)
		}
		if _, err := p.Canonicalize([]byte(tc.make(tc.max + 1))); !errors.Is(err, ld.ErrLimit) {
			t.Errorf("%s over the limit: %v", tc.name, err)
		}
	}
	if err := p.Check([]byte(nodes(ld.MaxBlankNodes))); err != nil {
		t.Errorf("blank nodes at the limit: %v", err)
	}
	if err := p.Check([]byte(nodes(ld.MaxBlankNodes + 1))); !errors.Is(err, ld.ErrLimit) {
		t.Errorf("blank nodes over the limit: %v", err)
	}
}

// TestConcurrentUse: one processor, many readers, contexts known and new.
func TestConcurrentUse(t *testing.T) {
	p := processor(t)
	want, err := processor(t).Canonicalize([]byte(agentPassport))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 30 {
				got, err := p.Canonicalize([]byte(agentPassport))
				if err != nil || string(got) != string(want) {
					t.Errorf("%v\n%s", err, got)
				}
				other := with(fmt.Sprintf(`,{"t":"urn:x:%d-%d"}`, g, i), `,"t":"x"`)
				if _, err := p.Canonicalize([]byte(other)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := p.Parsed(); n > 64 {
		t.Errorf("%d contexts kept", n)
	}
}
