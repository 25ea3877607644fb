package ld_test

import (
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/vc/ld"
)

// A type is what the contexts make of it; one that none defines stays.
func TestTypes(t *testing.T) {
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	const v2 = `"https://www.w3.org/ns/credentials/v2"`
	for doc, want := range map[string]string{
		`{"@context":[` + v2 + `],"type":["VerifiableCredential"]}`:                              "[https://www.w3.org/2018/credentials#VerifiableCredential]",
		`{"@context":[` + v2 + `,{"Card":"urn:x:Card"}],"type":["VerifiableCredential","Card"]}`: "[https://www.w3.org/2018/credentials#VerifiableCredential urn:x:Card]",
		`{"@context":[` + v2 + `],"type":["VerifiableCredential","Card"]}`:                       "[https://www.w3.org/2018/credentials#VerifiableCredential Card]",
		`{"@context":["https://unknown.example/v1"],"type":["VerifiableCredential"]}`:            "",
		`{"@context":[` + v2 + `]}`: "",
		`[]`:                        "",
	} {
		got, err := p.Types([]byte(doc))
		if (err != nil) != (want == "") || err == nil && fmt.Sprint(got) != want {
			t.Errorf("%s: %v %v", doc, got, err)
		}
	}
}
