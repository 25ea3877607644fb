package vc_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

func ExampleAddProof() {
	key := func(fill byte) *wire.Key {
		k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
		if err != nil {
			log.Fatal(err)
		}
		return k
	}
	issuer, witness := key(1), key(2)
	secured, err := vc.SignCredential(fmt.Appendf(nil, `{"@context": ["https://www.w3.org/ns/credentials/v2"],
		"type": ["VerifiableCredential"], "issuer": %q, "credentialSubject": {"id": "did:example:agent", "name": "researcher"}}`,
		did.FromKey(issuer.Public())), issuer, vc.SignOptions{ID: "urn:example:first"})
	if err != nil {
		log.Fatal(err)
	}
	// The witness signs the credential and the issuer's proof.
	secured, err = vc.AddProof(secured, witness, vc.SignOptions{PreviousProof: []string{"urn:example:first"}})
	if err != nil {
		log.Fatal(err)
	}
	report := vc.VerifyCredential(secured, vc.Gate{Now: 1_790_000_000, AllowNoStatus: true, TrustedIssuer: func(string) bool { return true }})
	fmt.Println(report.Err())
	// Output: <nil>
}
