package ld_test

import (
	"fmt"
	"log"

	"github.com/backbay-labs/chio-node/vc/ld"
)

func ExampleProcessor_Canonicalize() {
	p, err := ld.New()
	if err != nil {
		log.Fatal(err)
	}
	nquads, err := p.Canonicalize([]byte(`{
		"@context": ["https://www.w3.org/ns/credentials/v2", {"role": "urn:example:role"}],
		"id": "did:example:agent",
		"role": "reader"
	}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(nquads))
	err = p.Check([]byte(`{"@context": "https://www.w3.org/ns/credentials/v2", "id": "did:example:agent", "role": "reader"}`))
	fmt.Println(err)
	err = p.Check([]byte(`{"@context": "https://example.com/context", "id": "did:example:agent", "role": "reader"}`))
	fmt.Println(err)
	// Output:
	// <did:example:agent> <urn:example:role> "reader" .
	// document does not fit its JSON-LD contexts: no context defines the member "role"
	// JSON-LD context is not accepted: "https://example.com/context" is not embedded, and contexts are never fetched
}
