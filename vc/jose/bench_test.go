package jose_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

func BenchmarkVerifyToken(b *testing.B) {
	token, err := jose.SignCredential(wire.MustMarshal(credential(b)), key(b, 7), jose.SignOptions{})
	if err != nil {
		b.Fatal(err)
	}
	g := gate()
	b.ReportAllocs()
	for b.Loop() {
		if r := vc.VerifyEnvelope(jose.MediaCredential, token, g); r.Err() != nil {
			b.Fatal(r.Err())
		}
	}
}

func BenchmarkVerifySD(b *testing.B) {
	shown, err := jose.PresentSD(sdIssued(b), []string{"name", "roles"}, key(b, 9), jose.Binding{Audience: "verifier.example", Nonce: "n", Created: t0})
	if err != nil {
		b.Fatal(err)
	}
	g := sdGate()
	b.ReportAllocs()
	for b.Loop() {
		if r := jose.VerifySD(shown, g); r.Err() != nil {
			b.Fatal(r.Err())
		}
	}
}

// BenchmarkSignature is one Ed25519 verification, the unit of the others.
func BenchmarkSignature(b *testing.B) {
	k, m := key(b, 7), make([]byte, 600)
	sig, err := k.Sign(m)
	if err != nil {
		b.Fatal(err)
	}
	public := k.Public()
	b.ReportAllocs()
	for b.Loop() {
		if err := public.Verify(m, sig); err != nil {
			b.Fatal(err)
		}
	}
}
