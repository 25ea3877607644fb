package reputation_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
)

// BenchmarkScorecard counts 10^5 receipts: 500 different ones, each under 200
// indexes, since the pass verifies each of them anyway.
func BenchmarkScorecard(b *testing.B) {
	k := keys(b)
	deeds := history(500, 60)
	leaves := k.leaves(b, deeds)
	const size = 100_000
	corpus := k.corpus(reputation.Source{Log: "acme", Size: size, Receipts: func(yield func(reputation.Leaf, error) bool) {
		for i := range uint64(size) {
			if !yield(reputation.Leaf{Index: i, Doc: leaves[i%uint64(len(leaves))].Doc}, nil) {
				return
			}
		}
	}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reputation.Scorecard(corpus, did.FromKey(k.agent.Public()), reputation.DefaultParams(), now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/size, "ns/receipt")
}

// BenchmarkOthersReceipts is the price of a receipt that is not about the agent.
func BenchmarkOthersReceipts(b *testing.B) {
	k := keys(b)
	doc := k.make(b, deed{agent: k.other})
	const size = 10_000
	corpus := k.corpus(reputation.Source{Log: "acme", Size: size, Receipts: func(yield func(reputation.Leaf, error) bool) {
		for i := range uint64(size) {
			if !yield(reputation.Leaf{Index: i, Doc: doc}, nil) {
				return
			}
		}
	}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reputation.Scorecard(corpus, did.FromKey(k.agent.Public()), reputation.DefaultParams(), now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/size, "ns/receipt")
}

// BenchmarkVerifyUnit is v, one Ed25519 verification, to compare with.
func BenchmarkVerifyUnit(b *testing.B) {
	k := keys(b)
	message := make([]byte, 512)
	sig, err := k.agent.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	key := k.agent.Public()
	for b.Loop() {
		if !ed25519.Verify(key[:], message, sig[:]) {
			b.Fatal("no")
		}
	}
}

func BenchmarkDecay(b *testing.B) {
	for b.Loop() {
		for age := int64(0); age < 1000; age++ {
			reputation.Decay(age * 4099)
		}
	}
}
