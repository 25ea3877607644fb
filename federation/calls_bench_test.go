package federation

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// BenchmarkCall is one priced call across two kernels over loopback, memory
// stores, holder proof and continuation included.
func BenchmarkCall(b *testing.B) {
	origin, host := federated(b)
	mandates := make([]*kernel.Mandate, b.N)
	for i := range mandates {
		mandates[i] = origin.mandate(host, "read_file", readArgs)
	}
	b.ResetTimer()
	for _, m := range mandates {
		if out := origin.kernelOf.Mediate(b.Context(), m); out.Verdict != kernel.Allow {
			b.Fatalf("%+v", out.Denial)
		}
	}
}
