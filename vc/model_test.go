package vc_test

import (
	"crypto/sha512"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// base is a credential of the tests' organisation; edit merges members into
// it, null taking one out.
func base(t testing.TB, edit string) []byte {
	t.Helper()
	doc := map[string]any{
		"@context":          []any{vc.ContextV2},
		"type":              []any{"VerifiableCredential"},
		"issuer":            didOf(t, 7).String(),
		"credentialSubject": map[string]any{"id": "did:example:subject"},
	}
	var changes map[string]any
	if err := json.Unmarshal([]byte(edit), &changes); err != nil {
		t.Fatalf("%s: %v", edit, err)
	}
	for k, v := range changes {
		if doc[k] = v; v == nil {
			delete(doc, k)
		}
	}
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.ReplaceAll(string(b), "ISSUER", didOf(t, 7).String()))
}

func anyone(string) bool { return true }

// must lists what the tests of the VC Data Model 2.0 suite demand of an issuer
// and of a verifier, and what its text demands besides.
var must = map[string]map[string]string{
	"accept": {
		"the least there is":         `{}`,
		"id that is a URL":           `{"id":"https://example.com/1"}`,
		"id that is a URN":           `{"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"}`,
		"id that is a DID URL":       `{"id":"did:example:credential#1?x=%41"}`,
		"type a string":              `{"type":"VerifiableCredential"}`,
		"type a URL":                 `{"type":["VerifiableCredential","https://example.org/examples#T"]}`,
		"types in any order":         `{"type":["https://example.org/T","VerifiableCredential"]}`,
		"issuer an object":           `{"issuer":{"id":"ISSUER"}}`,
		"issuer with names":          `{"issuer":{"id":"ISSUER","type":"Organization","name":"x","description":{"@value":"y","@language":"en"}}}`,
		"name a string":              `{"name":"n","description":"d"}`,
		"name empty":                 `{"name":""}`,
		"name with language":         `{"name":{"@value":"n","@language":"en"}}`,
		"name with direction":        `{"name":{"@value":"n","@language":"ar-EG","@direction":"rtl"}}`,
		"name without language":      `{"name":{"@value":"n"}}`,
		"names":                      `{"name":[{"@value":"Dog","@language":"en"},{"@value":"Chien","@language":"fr"}]}`,
		"valid from, milliseconds":   `{"validFrom":"2020-03-10T04:24:12.164Z"}`,
		"valid from, zone":           `{"validFrom":"2020-03-10T04:24:12-07:00"}`,
		"valid from the far future":  `{"validFrom":"9999-03-10T04:24:12Z"}`,
		"valid until the past":       `{"validUntil":"2019-03-10T04:24:12.5+14:00"}`,
		"the window of an instant":   `{"validFrom":"2020-03-10T04:24:12.7Z","validUntil":"2020-03-10T05:24:12.70+01:00"}`,
		"no subject id":              `{"credentialSubject":{"https://example.org/p":"x"}}`,
		"subjects":                   `{"credentialSubject":[{"id":"did:example:1"},{"id":"did:example:2"}]}`,
		"status of another type":     `{"credentialStatus":{"id":"did:example:status","type":"https://example.org/S"}}`,
		"status without id":          `{"credentialStatus":{"type":"https://example.org/S"}}`,
		"two statuses":               `{"credentialStatus":[{"type":"https://example.org/S"},{"type":"https://example.org/T"}]}`,
		"schema":                     `{"credentialSchema":{"id":"https://example.org/s.json","type":"JsonSchema"}}`,
		"schemas":                    `{"credentialSchema":[{"id":"https://example.org/s.json","type":"JsonSchema"},{"id":"https://example.org/t.json","type":["JsonSchema"]}]}`,
		"refresh service":            `{"refreshService":{"id":"https://example.org/r","type":"https://example.org/R"}}`,
		"refresh service without id": `{"refreshService":{"type":"https://example.org/R"}}`,
		"refresh services":           `{"refreshService":[{"type":"https://example.org/R"},{"type":"https://example.org/R"}]}`,
		"terms of use":               `{"termsOfUse":{"type":"https://example.org/T"}}`,
		"terms of use with id":       `{"termsOfUse":[{"type":"https://example.org/T","id":"https://example.org/1"}]}`,
		"evidence":                   `{"evidence":{"type":"https://example.org/E"}}`,
		"evidences":                  `{"evidence":[{"type":"https://example.org/E","id":"urn:x:y"},{"type":"https://example.org/E"}]}`,
		"confidence method":          `{"confidenceMethod":{"type":"https://example.org/C"}}`,
		"digestSRI":                  `{"relatedResource":[{"id":"https://example.org/1","digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}]}`,
		"digestMultibase":            `{"relatedResource":{"id":"https://example.org/1","digestMultibase":"uEiC6eBa_jwHP6kFBQN5driIjsANho5YXepy0EP9h8gAVrQ","mediaType":"text/plain"}}`,
		"a further context":          `{"@context":["https://www.w3.org/ns/credentials/v2",{"x":"https://example.org/x"}]}`,
	},
	"reject": {
		"no context":                    `{"@context":null}`,
		"context a string":              `{"@context":"https://www.w3.org/ns/credentials/v2"}`,
		"context empty":                 `{"@context":[]}`,
		"another first context":         `{"@context":["https://www.w3.org/ns/credentials/examples/v2","https://www.w3.org/ns/credentials/v2"]}`,
		"context a number":              `{"@context":["https://www.w3.org/ns/credentials/v2",1]}`,
		"context no URL":                `{"@context":["https://www.w3.org/ns/credentials/v2","https ://not-a-url/contexts/example/v1"]}`,
		"context null":                  `{"@context":["https://www.w3.org/ns/credentials/v2",null]}`,
		"context twice":                 `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/v2"]}`,
		"id no URL":                     `{"id":"https ://not-a-url/vcs/343cf54b"}`,
		"id a name":                     `{"id":"not-a-url"}`,
		"id with a space":               `{"id":"urn:x y"}`,
		"id with a bad escape":          `{"id":"urn:x%4"}`,
		"id not ASCII":                  `{"id":"urn:é"}`,
		"id starts with a digit":        `{"id":"1a:b"}`,
		"id without scheme":             `{"id":":b"}`,
		"id empty":                      `{"id":""}`,
		"id a list":                     `{"id":["https://example.com/1","https://example.com/2"]}`,
		"id an object":                  `{"id":{}}`,
		"subject ids":                   `{"credentialSubject":{"id":["did:example:1","did:example:2"]}}`,
		"subject id no URL":             `{"credentialSubject":{"id":"alice"}}`,
		"no type":                       `{"type":null}`,
		"type empty":                    `{"type":[]}`,
		"type an empty string":          `{"type":["VerifiableCredential",""]}`,
		"type a number":                 `{"type":["VerifiableCredential",1]}`,
		"type a broken URL":             `{"type":["VerifiableCredential","https://exa mple.org/"]}`,
		"type with a broken escape":     `{"type":["VerifiableCredential","urn:%zz"]}`,
		"required type missing":         `{"type":["https://example.org/T"]}`,
		"no issuer":                     `{"issuer":null}`,
		"issuer a name":                 `{"issuer":"not-a-url"}`,
		"issuer a number":               `{"issuer":7}`,
		"issuer without id":             `{"issuer":{"name":"x"}}`,
		"issuer id null":                `{"issuer":{"id":null}}`,
		"issuer id no URL":              `{"issuer":{"id":"not-a-url"}}`,
		"issuer list":                   `{"issuer":["ISSUER"]}`,
		"issuer name extra":             `{"issuer":{"id":"ISSUER","name":{"@value":"n","@language":"en","url":"did:example:1"}}}`,
		"issuer unknown member":         `{"issuer":{"id":"ISSUER","admin":true}}`,
		"issuer type empty":             `{"issuer":{"id":"ISSUER","type":[]}}`,
		"name extra":                    `{"name":{"@value":"n","@language":"en","url":"did:example:1"}}`,
		"name without value":            `{"name":{"@language":"en"}}`,
		"name value a number":           `{"name":{"@value":1}}`,
		"name a number":                 `{"name":1}`,
		"names empty":                   `{"name":[]}`,
		"names of strings":              `{"name":["n"]}`,
		"description direction":         `{"description":{"@value":"n","@direction":"auto"}}`,
		"description language":          `{"description":{"@value":"n","@language":"english language"}}`,
		"no subject":                    `{"credentialSubject":null}`,
		"subject empty":                 `{"credentialSubject":{}}`,
		"subject list empty":            `{"credentialSubject":[]}`,
		"one subject empty":             `{"credentialSubject":[{"id":"did:example:1"},{}]}`,
		"subject a string":              `{"credentialSubject":"did:example:1"}`,
		"valid from no time":            `{"validFrom":"invalid"}`,
		"valid from a date":             `{"validFrom":"2020-03-10"}`,
		"valid from a number":           `{"validFrom":1}`,
		"valid from without offset":     `{"validFrom":"2020-03-10T04:24:12"}`,
		"valid until no time":           `{"validUntil":"invalid"}`,
		"window upside down":            `{"validFrom":"2020-03-10T04:24:12.7Z","validUntil":"2020-03-10T04:24:12.699Z"}`,
		"status without type":           `{"credentialStatus":{"id":"did:example:status"}}`,
		"status id no URL":              `{"credentialStatus":{"id":"not-a-url","type":"https://example.org/S"}}`,
		"status ids":                    `{"credentialStatus":{"id":["did:example:1","did:example:2"],"type":"https://example.org/S"}}`,
		"status a string":               `{"credentialStatus":"did:example:1"}`,
		"status empty":                  `{"credentialStatus":[]}`,
		"status of two types":           `{"credentialStatus":{"type":["BitstringStatusListEntry","https://example.org/S"]}}`,
		"bitstring without purpose":     `{"credentialStatus":{"type":"BitstringStatusListEntry","statusListIndex":"1","statusListCredential":"https://example.org/1"}}`,
		"too many statuses":             `{"credentialStatus":[` + strings.Repeat(`{"type":"S"},`, 16) + `{"type":"S"}]}`,
		"schema without type":           `{"credentialSchema":{"id":"https://example.org/s.json"}}`,
		"schema without id":             `{"credentialSchema":{"type":"JsonSchema"}}`,
		"schema id a number":            `{"credentialSchema":{"id":1,"type":"JsonSchema"}}`,
		"schema empty":                  `{"credentialSchema":[]}`,
		"refresh service without type":  `{"refreshService":{"id":"https://example.org/r"}}`,
		"refresh service id no URL":     `{"refreshService":{"id":"r","type":"R"}}`,
		"terms of use without type":     `{"termsOfUse":{"id":"https://example.org/r"}}`,
		"evidence without type":         `{"evidence":[{"type":"E"},{"id":"https://example.org/r"}]}`,
		"confidence method untyped":     `{"confidenceMethod":{"id":"https://example.org/r"}}`,
		"render method untyped":         `{"renderMethod":"x"}`,
		"resources empty":               `{"relatedResource":[]}`,
		"resources of strings":          `{"relatedResource":["https://example.org/1"]}`,
		"resource without id":           `{"relatedResource":[{"digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}]}`,
		"resource twice":                `{"relatedResource":[{"id":"urn:a:b","digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},{"id":"urn:a:b","digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}]}`,
		"resource without digest":       `{"relatedResource":[{"id":"urn:a:b"}]}`,
		"resource digest empty":         `{"relatedResource":[{"id":"urn:a:b","digestSRI":[]}]}`,
		"resource digest in hex":        `{"relatedResource":[{"id":"urn:a:b","digestSRI":"sha256-ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"}]}`,
		"resource digest of MD5":        `{"relatedResource":[{"id":"urn:a:b","digestSRI":"md5-1B2M2Y8AsgTpgAmY7PhCfg=="}]}`,
		"resource multibase of hex":     `{"relatedResource":[{"id":"urn:a:b","digestMultibase":"f1220ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]}`,
		"resource multibase short":      `{"relatedResource":[{"id":"urn:a:b","digestMultibase":"uEiA"}]}`,
		"resource multibase of SHA-1":   `{"relatedResource":[{"id":"urn:a:b","digestMultibase":"uERSpmT42RwaBaro-JXF4UMJsnNDYnQ"}]}`,
		"resource multibase not base64": `{"relatedResource":[{"id":"urn:a:b","digestMultibase":"u++++"}]}`,
		"resource media type":           `{"relatedResource":[{"id":"urn:a:b","mediaType":1,"digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}]}`,
		"resource unknown member":       `{"relatedResource":[{"id":"urn:a:b","x":1,"digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}]}`,
		"unknown member":                `{"admin":true}`,
		"a JSON-LD keyword":             `{"@id":"urn:x:y"}`,
		"a time of VC 1.1":              `{"issuanceDate":"2020-03-10T04:24:12Z"}`,
		"an end of VC 1.1":              `{"expirationDate":"2030-03-10T04:24:12Z"}`,
	},
}

// What the data model refuses is refused when it is to be signed, and when
// somebody else has signed it.
func TestDataModel(t *testing.T) {
	org := key(t, 7)
	g := vc.Gate{
		Now: t0, TrustedIssuer: anyone, AllowNoStatus: true,
		Schema:   func(vc.Schema, []byte) error { return nil },
		Resource: func(string) ([]byte, error) { return []byte("abc"), nil },
	}
	for want, cases := range must {
		for name, edit := range cases {
			doc := base(t, edit)
			_, issueErr := vc.SignCredential(doc, org, vc.SignOptions{})
			signed, err := vc.Sign(doc, org, t0)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			r := vc.VerifyCredential(signed, g)
			if want == "accept" && (issueErr != nil || !r.Integrity) {
				t.Errorf("%s: refused: %v, %v", name, issueErr, r.Err())
			}
			if want == "reject" && (!errors.Is(issueErr, vc.ErrMalformed) || !errors.Is(r.Err(), vc.ErrMalformed) || r.Integrity) {
				t.Errorf("%s: accepted: %v, %v", name, issueErr, r.Err())
			}
		}
	}
}

// The members that are not the core's are for the vocabulary: nothing but it
// lets them pass, and it refuses what no context defines.
func TestVocabularyJudgesTheTerms(t *testing.T) {
	org, p := key(t, 7), processor(t)
	closed := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true}
	open := closed
	open.Vocabulary = p
	examples := `"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"]`
	for name, c := range map[string]struct {
		edit string
		want error
	}{
		"a term of a context":        {`{` + examples + `,"alumniOf":"x"}`, nil},
		"a type of a context":        {`{` + examples + `,"type":["VerifiableCredential","AlumniCredential"]}`, nil},
		"an issuer's term":           {`{` + examples + `,"issuer":{"id":"ISSUER","image":"x"}}`, nil},
		"unmapped term":              {`{"alumniOf":"x"}`, vc.ErrVocabulary},
		"unmapped term of a subject": {`{"credentialSubject":{"id":"did:example:1","alumniOf":"x"}}`, vc.ErrVocabulary},
		"unmapped type":              {`{"type":["VerifiableCredential","Unmapped"]}`, vc.ErrVocabulary},
		"unknown context":            {`{"@context":["https://www.w3.org/ns/credentials/v2","https://example.org/v1"]}`, vc.ErrVocabulary},
		"type mapped to no URL":      {`{"@context":["https://www.w3.org/ns/credentials/v2",{"T":"nope"}],"type":["VerifiableCredential","T"]}`, vc.ErrVocabulary},
		"protected term redefined":   {`{"@context":["https://www.w3.org/ns/credentials/v2",{"VerifiableCredential":"https://example.org/x"}]}`, vc.ErrVocabulary},
		"a keyword":                  {`{` + examples + `,"@id":"urn:x:y"}`, vc.ErrMalformed},
		"a keyword of the issuer":    {`{` + examples + `,"issuer":{"id":"ISSUER","@type":"x"}}`, vc.ErrMalformed},
	} {
		doc := base(t, c.edit)
		_, err := vc.SignCredential(doc, org, vc.SignOptions{Vocabulary: p})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: to be signed: %v", name, err)
		}
		signed, err := vc.Sign(doc, org, t0)
		if err != nil {
			t.Fatal(err)
		}
		if r := vc.VerifyCredential(signed, open); !errors.Is(r.Err(), c.want) || r.Integrity != (c.want == nil) {
			t.Errorf("%s: %v", name, r.Err())
		}
		if r := vc.VerifyCredential(signed, closed); strings.Contains(c.edit, "alumniOf") && !strings.Contains(c.edit, "Subject") && r.Integrity {
			t.Errorf("%s: accepted without a vocabulary", name)
		}
	}
}

// A credential of version 1.1 has its own times; it is signed only on request.
func TestVersion1(t *testing.T) {
	org := key(t, 7)
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true}
	const from = `{"@context":["https://www.w3.org/2018/credentials/v1"],"issuanceDate":"2020-03-10T04:24:12Z"`
	for name, c := range map[string]struct {
		edit string
		want error
	}{
		"the least":          {from + `}`, nil},
		"expired":            {from + `,"expirationDate":"2021-03-10T04:24:12.5Z"}`, vc.ErrExpired},
		"not yet valid":      {strings.Replace(from, "2020", "2120", 1) + `}`, vc.ErrNotYetValid},
		"refresh with id":    {from + `,"refreshService":{"id":"urn:x:y","type":"R"}}`, nil},
		"refresh without id": {from + `,"refreshService":{"type":"R"}}`, vc.ErrMalformed},
		"status without id":  {from + `,"credentialStatus":{"type":"R"}}`, vc.ErrMalformed},
		"no issuanceDate":    {`{"@context":["https://www.w3.org/2018/credentials/v1"]}`, vc.ErrMalformed},
		"validFrom instead":  {`{"@context":["https://www.w3.org/2018/credentials/v1"],"validFrom":"2020-03-10T04:24:12Z"}`, vc.ErrMalformed},
		"window upside down": {from + `,"expirationDate":"2019-03-10T04:24:12Z"}`, vc.ErrMalformed},
		"validUntil as well": {from + `,"validUntil":"2029-03-10T04:24:12Z"}`, vc.ErrMalformed},
		"both base contexts": {`{"@context":["https://www.w3.org/2018/credentials/v1","https://www.w3.org/2018/credentials/v1"],"issuanceDate":"2020-03-10T04:24:12Z"}`, vc.ErrMalformed},
	} {
		doc := base(t, c.edit)
		if _, err := vc.SignCredential(doc, org, vc.SignOptions{}); !errors.Is(err, vc.ErrMalformed) {
			t.Errorf("%s: signed without being asked: %v", name, err)
		}
		if _, err := vc.SignCredential(doc, org, vc.SignOptions{AllowV1: true}); errors.Is(c.want, vc.ErrMalformed) != (err != nil) {
			t.Errorf("%s: to be signed: %v", name, err)
		}
		signed, err := vc.Sign(doc, org, t0)
		if err != nil {
			t.Fatal(err)
		}
		if r := vc.VerifyCredential(signed, g); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

// Related resources and schemas are checked by what the verifier brings, and
// refused if it brings nothing.
func TestResourcesAndSchemas(t *testing.T) {
	org := key(t, 7)
	cause := errors.New("does not follow")
	sign := func(edit string) []byte {
		b, err := vc.Sign(base(t, edit), org, t0)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const abc = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
	resource := sign(`{"relatedResource":{"id":"urn:a:b","digestSRI":"` + abc + `"}}`)
	long := sha512.Sum512([]byte("abc"))
	z, err := multibase.Encode(multibase.Base58BTC, append([]byte{0x13, 64}, long[:]...))
	if err != nil {
		t.Fatal(err)
	}
	three := sign(`{"relatedResource":{"id":"urn:a:b","digestSRI":["` + abc +
		`","sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"],"digestMultibase":"` + z + `"}}`)
	embedded := sign(`{"relatedResource":{"id":"https://www.w3.org/ns/credentials/v2","digestSRI":"sha256-WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ="}}`)
	schema := sign(`{"credentialSchema":[{"id":"urn:s:1","type":"JsonSchema"},{"id":"urn:s:2","type":"JsonSchema"}]}`)
	bytesOf := func(s string) func(string) ([]byte, error) {
		return func(string) ([]byte, error) { return []byte(s), nil }
	}
	for name, c := range map[string]struct {
		doc  []byte
		gate vc.Gate
		want error
	}{
		"digest matches":       {resource, vc.Gate{Resource: bytesOf("abc")}, nil},
		"digest differs":       {resource, vc.Gate{Resource: bytesOf("abd")}, vc.ErrResource},
		"every digest matches": {three, vc.Gate{Resource: bytesOf("abc")}, nil},
		"one digest differs":   {three, vc.Gate{Resource: bytesOf("abd")}, vc.ErrResource},
		"embedded context":     {embedded, vc.Gate{Vocabulary: processor(t)}, nil},
		"no embedded context":  {resource, vc.Gate{Vocabulary: processor(t)}, vc.ErrResource},
		"context not at hand":  {embedded, vc.Gate{}, vc.ErrResource},
		"nobody fetches":       {resource, vc.Gate{}, vc.ErrResource},
		"fetching fails":       {resource, vc.Gate{Resource: func(string) ([]byte, error) { return nil, cause }}, cause},
		"schemas hold":         {schema, vc.Gate{Schema: func(vc.Schema, []byte) error { return nil }}, nil},
		"nobody knows schemas": {schema, vc.Gate{}, vc.ErrSchema},
		"the second fails": {schema, vc.Gate{Schema: func(s vc.Schema, _ []byte) error {
			if s.ID == "urn:s:2" {
				return cause
			}
			return nil
		}}, cause},
	} {
		c.gate.Now, c.gate.TrustedIssuer, c.gate.AllowNoStatus = t0, anyone, true
		if r := vc.VerifyCredential(c.doc, c.gate); !errors.Is(r.Err(), c.want) || r.Integrity != (c.want == nil) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	if _, err := vc.SignCredential(base(t, `{"relatedResource":{"id":"urn:a:b","digestSRI":"`+abc+`"}}`), org,
		vc.SignOptions{Resource: bytesOf("abd")}); !errors.Is(err, vc.ErrResource) {
		t.Errorf("signed with a digest that is wrong: %v", err)
	}
}

// What a verified credential says can be read again.
func TestReadingACredential(t *testing.T) {
	org := key(t, 7)
	doc, err := vc.SignCredential(base(t, `{"name":"n","validUntil":"2039-01-01T00:00:00.5Z","credentialSubject":[{"id":"did:example:1"},{"https://example.org/p":1}]}`),
		org, vc.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := vc.VerifyCredential(doc, vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true})
	c := r.Credential
	if r.Err() != nil || c == nil {
		t.Fatal(r.Err())
	}
	if ids := c.SubjectIDs(); len(ids) != 2 || ids[0] != "did:example:1" || ids[1] != "" {
		t.Errorf("subjects %q", ids)
	}
	if string(c.Member("name")) != `"n"` || c.Member("evidence") != nil || c.Version != vc.Version2 || c.Plain {
		t.Errorf("%+v", c)
	}
	if c.ValidUntil.String() != "2039-01-01T00:00:00Z" || len(c.Proofs) != 1 || c.Proofs[0].Created != nil || c.ProofsExpire() != nil {
		t.Errorf("%s, %+v", c.ValidUntil, c.Proofs)
	}
	wrong := errors.New("not of this kind")
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Profile: func(*vc.Credential) error { return wrong }}
	if r := vc.VerifyCredential(doc, g); !errors.Is(r.Err(), wrong) || r.Integrity || r.Credential != nil {
		t.Errorf("of another kind: %v", r.Err())
	}
	early, late := vc.Time(t0+5), vc.Time(t0+9)
	two := vc.Credential{Proofs: []vc.Proof{{}, {Expires: &late}, {Expires: &early}}}
	if two.ProofsExpire() != &early {
		t.Error("the earliest end does not count")
	}
	r.Fail(10, "a rule outside", wrong)
	if !errors.Is(r.Err(), wrong) || r.Integrity || r.Authorized || !r.IssuerTrusted {
		t.Errorf("%+v", r)
	}
	if (&vc.Credential{Subject: wire.Raw("[]")}).SubjectIDs() != nil {
		t.Error("subjects of nothing")
	}
}
