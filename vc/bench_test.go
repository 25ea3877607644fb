package vc_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/vc"
)

// The unit v, one Ed25519 verification, stands beside what is built of it: a
// set and a presentation cost one for each proof.
func BenchmarkGate(b *testing.B) {
	org := key(b, 7)
	must := func(doc []byte, err error) []byte {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
		return doc
	}
	one := must(vc.Sign(base(b, `{"name":"n","validUntil":"2036-01-01T00:00:00Z"}`), org, t0))
	set := must(vc.AddProof(one, key(b, 11), vc.SignOptions{}))
	shown, asked := presented(b)
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true}
	message := []byte("unit")
	sig, err := org.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"unit", func() error { return org.Public().Verify(message, sig) }},
		{"credential", func() error { return vc.VerifyCredential(one, g).Err() }},
		{"proof_set_of_two", func() error { return vc.VerifyCredential(set, g).Err() }},
		{"presentation_of_one", func() error { return vc.VerifyPresentation(shown, asked).Err() }},
		{"sign", func() error {
			_, err := vc.SignCredential(base(b, `{}`), org, vc.SignOptions{})
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
