package federation

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// FuzzWitnessAnswer: whatever a witness answers, a head is believed only if our
// own key signed it for our own log.
func FuzzWitnessAnswer(f *testing.F) {
	own := key(f, 11)
	x := &Exchange{s: &Service{cfg: Config{Self: func() Self { return Self{Kernel: own.Public()} }}}, did: didOf(f, 10)}
	const origin = "chio-log/00000000000000000000000000000000"
	cp := receipt.Checkpoint{Origin: origin, Size: 7, Root: wire.Hash([]byte("root"))}
	note, err := receipt.SignCheckpoint(cp, own)
	if err != nil {
		f.Fatal(err)
	}
	good := witnessAnswer{Status: statusOK, Note: string(note)}
	if got, err := x.ownHead(&good, origin); err != nil || got != cp {
		f.Fatal(got, err)
	}
	f.Add(wire.MustMarshal(good))
	f.Add([]byte(`{"status":"ok"}`))
	f.Add([]byte(`{"binding":{"body":{"schema":"chio.key_binding.v1"},"signatures":[]},"note":"x\n1\n\n\n","status":"ok"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var q witnessRequest
		_ = wire.UnmarshalCanonical(doc, &q, frameLimits)
		var a witnessAnswer
		if readAnswer(doc, &a) != nil {
			return
		}
		if got, err := x.ownHead(&a, origin); err == nil && got != cp {
			t.Fatalf("believed %+v, which we never signed", got)
		}
	})
}
