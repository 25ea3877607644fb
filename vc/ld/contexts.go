package ld

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	jsonld "github.com/piprate/json-gold/ld"
)

// ErrContext refuses a context that is not embedded, or one written into the
// document that uses what is not supported.
var ErrContext = errors.New("JSON-LD context is not accepted")

//go:embed contexts/*.jsonld
var files embed.FS

// embedded lists the contexts by their URL. The files are the published bytes;
// a test compares them with the digests that their specifications print.
var embedded = [...]struct{ url, file string }{
	{"https://www.w3.org/ns/credentials/v2", "credentials-v2"},
	{"https://www.w3.org/2018/credentials/v1", "credentials-v1"},
	{"https://www.w3.org/ns/credentials/examples/v2", "credentials-examples-v2"},
	{"https://w3id.org/security/data-integrity/v2", "data-integrity-v2"},
	{"https://w3id.org/security/data-integrity/v1", "data-integrity-v1"},
	{"https://w3id.org/security/multikey/v1", "multikey-v1"},
	{"https://w3id.org/security/suites/ed25519-2020/v1", "ed25519-2020-v1"},
	{"https://w3id.org/security/suites/jws-2020/v1", "jws-2020-v1"},
	{"https://www.w3.org/ns/did/v1", "did-v1"},
}

// library is the loader of the JSON-LD processor: a fixed set of documents.
// They are never written after newLibrary.
type library map[string]*jsonld.RemoteDocument

func newLibrary() (library, error) {
	l := make(library, len(embedded))
	for _, e := range embedded {
		raw, err := files.ReadFile("contexts/" + e.file + ".jsonld")
		if err != nil {
			return nil, fmt.Errorf("embedded context %s: %w", e.url, err)
		}
		var doc map[string]any
		if err := json.Unmarshal(raw, &doc); err != nil {
			return nil, fmt.Errorf("embedded context %s: %w", e.url, err)
		}
		keepGraphs(doc)
		l[e.url] = &jsonld.RemoteDocument{DocumentURL: e.url, Document: doc}
	}
	return l, nil
}

// LoadDocument returns an embedded context, and an error for any other URL.
func (l library) LoadDocument(url string) (*jsonld.RemoteDocument, error) {
	if d, ok := l[url]; ok {
		return d, nil
	}
	return nil, unknownContext(url)
}

func unknownContext(url string) error {
	return fmt.Errorf("%w: %.200q is not embedded, and contexts are never fetched", ErrContext, url)
}

// keepGraphs repeats the definition of a term inside its own scoped context
// where that is null, as credentials/v2 has it for verifiableCredential: the
// processor looks for the container of such a term in the scoped context, where
// a null one has lost it, and the credentials of a presentation would end up
// outside of their graphs.
func keepGraphs(v any) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	for term, def := range m {
		keepGraphs(def)
		d, ok := def.(map[string]any)
		if !ok || d["@container"] == nil {
			continue
		}
		if scoped, has := d["@context"]; has && scoped == nil {
			own := make(map[string]any, len(d))
			for k, v := range d {
				if k != "@context" {
					own[k] = v
				}
			}
			d["@context"] = []any{nil, map[string]any{term: own}}
		}
	}
}
