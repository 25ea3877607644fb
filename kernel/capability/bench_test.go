package capability

import (
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// measure reports fn's cost in v, one Ed25519 verification timed by turns with
// it; the median ratio counts, because a shared machine changes speed.
func measure(b *testing.B, fn func() error) {
	b.Helper()
	key := seedKey(b, 7)
	message := make([]byte, 1024)
	sig, err := key.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	public := key.Public()
	const rounds = 8
	var ratios []float64
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		for range rounds {
			if public.Verify(message, sig) != nil {
				b.Fatal("does not verify")
			}
		}
		middle := time.Now()
		if err := fn(); err != nil {
			b.Fatal(err)
		}
		v := float64(middle.Sub(start).Nanoseconds()) / rounds
		ratios = append(ratios, float64(time.Since(middle).Nanoseconds())/v)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "v/op")
}

// BenchmarkVerifyChain verifies two tokens and one link: three signatures.
func BenchmarkVerifyChain(b *testing.B) {
	w := newWorld(b)
	in := w.input()
	measure(b, func() error {
		_, err := VerifyChain(w.tokens, in)
		return err
	})
}

func BenchmarkVerifyProof(b *testing.B) {
	agent := seedKey(b, 9)
	env, err := SignProof(HolderProof{Nonce: "00112233445566778899aabbccddeeff", IssuedAt: testNow, Audience: agent.Public()}, agent)
	if err != nil {
		b.Fatal(err)
	}
	want := ProofExpectation{Audience: agent.Public(), AgentKey: agent.Public(), Now: testNow}
	measure(b, func() error {
		_, err := VerifyProof(env, want)
		return err
	})
}

func BenchmarkMatch(b *testing.B) {
	scope := rootScope()
	call := CallFacts{Server: "files", Tool: "read_file", Operation: Invoke, Arguments: wire.Raw(`{"path":"/workspace/docs/roadmap.md","mode":"read"}`), MaxCost: usd(3)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Match(scope, call); err != nil {
			b.Fatal(err)
		}
	}
}
