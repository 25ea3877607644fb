package x402_test

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// seenAs seals and verifies the settlement receipt of every sale and purchase of
// a store, twice to the same bytes, and returns their states.
func seenAs(t *testing.T, db store.DB) string {
	t.Helper()
	kernel, err := wire.KeyFromSeed([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	self := did.FromKey(kernel.Public())
	var nonces []wire.Digest
	var out []string
	err = db.View(func(r store.Reader) error {
		if err := x402.Sales(r, "", func(_ string, s *x402.Sale) error { nonces = append(nonces, s.Nonce); return nil }); err != nil {
			return err
		}
		return x402.Purchases(r, "", func(_ string, p *x402.Purchase) error { nonces = append(nonces, p.Nonce); return nil })
	})
	for i := 0; err == nil && i < 2*len(nonces); i++ {
		err = db.View(func(r store.Reader) error {
			list, err := x402.Receipts(r, self, "USDC", nonces[i/2])
			if err != nil {
				return err
			}
			for j := range list {
				doc, err := settlement.SealReceipt(kernel, &list[j])
				if err != nil {
					return err
				}
				got, err := settlement.VerifyReceipt(doc, settlement.Kernels{self: {kernel.Public()}})
				if err != nil {
					return err
				}
				if i%2 == 0 {
					out = append(out, string(doc))
				} else if out[len(out)-1] != string(doc) {
					t.Error("another time it is another receipt")
				} else {
					out[len(out)-1] = got.State
				}
			}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}
