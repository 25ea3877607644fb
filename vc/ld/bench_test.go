package ld_test

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/vc/ld"
)

// measure reports what f costs in units v: one Ed25519 verification, measured
// in turns with it.
func measure(b *testing.B, f func() error) {
	b.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 64)
	sig := ed25519.Sign(private, message)
	var ours, unit []float64
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if !ed25519.Verify(public, message, sig) {
			b.Fatal("verify")
		}
		ours = append(ours, float64(middle.Sub(start)))
		unit = append(unit, float64(time.Since(middle)))
	}
	slices.Sort(ours)
	slices.Sort(unit)
	b.ReportMetric(ours[len(ours)/2]/unit[len(unit)/2], "v/median")
	b.ReportMetric(ours[len(ours)/2]/1000, "us/median")
}

const passportConfig = `{"created":"2026-01-01T00:00:00Z","cryptosuite":"eddsa-rdfc-2022","proofPurpose":"assertionMethod",` +
	`"type":"DataIntegrityProof","verificationMethod":"did:chio:01#key-1"}`

// BenchmarkHashData is what verifying a passport with eddsa-rdfc-2022 costs
// beside the signature.
func BenchmarkHashData(b *testing.B) {
	suite := processor(b).Suite()
	measure(b, func() error {
		_, err := suite.HashData([]byte(agentPassport), []byte(passportConfig))
		return err
	})
}

func BenchmarkCheck(b *testing.B) {
	p := processor(b)
	measure(b, func() error { return p.Check([]byte(agentPassport)) })
}

// BenchmarkNew reads the embedded contexts.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		processor(b)
	}
}

// BenchmarkRefusePoison is the most that telling blank nodes apart may cost.
func BenchmarkRefusePoison(b *testing.B) {
	for _, n := range []int{6, 10, 60} {
		b.Run(fmt.Sprintf("clique of %d", n), func(b *testing.B) {
			set, err := ld.ParseNQuads(clique(n, ""))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ld.CanonicalizeQuads(set); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
