package settlement_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// I10 and I8: whatever was called, in whatever order the two sides learn of it,
// they compute the same bytes, and both ledgers balance after every statement.
func TestI10_BothSidesComputeTheSameStatement(t *testing.T) {
	w := newWorld(t)
	w.fund(500 * usdc)
	rounds := []*wire.Digest{w.quote(100_000_000), w.quote(99_137_411), w.quote(101_999_983)}
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		var made []*receipt.Receipt
		for range rapid.IntRange(1, 12).Draw(rt, "calls") {
			at := int64(now + rapid.IntRange(0, 1000).Draw(rt, "at"))
			made = append(made, w.receipt(rapid.Uint64Range(1, 25).Draw(rt, "cents"), rapid.SampledFrom(rounds).Draw(rt, "round"), at))
		}
		for _, p := range [...]*party{w.acme, w.globex} {
			for _, r := range rapid.Permutation(made).Draw(rt, p.name) {
				w.accrue(r, p)
			}
		}
		res := w.run()
		if len(res.Statements) != 1 || res.Statements[0].Count != uint64(len(made)) {
			rt.Fatalf("%d calls made %+v", len(made), res)
		}
		ours, voucher, prices := w.acme.files(settlement.Out)
		theirs, same, evidence := w.globex.files(settlement.In)
		if !bytes.Equal(ours, theirs) || !bytes.Equal(voucher, same) || !bytes.Equal(prices, evidence) {
			rt.Fatal("the two sides hold different bytes")
		}
		st, _, err := settlement.ParseStatement(ours)
		must(t, err)
		ids := make([]wire.Digest, 0, len(made))
		for _, r := range made {
			id, err := wire.ParseDigest(r.ID)
			must(t, err)
			ids = append(ids, id)
		}
		if settlement.ReceiptsRoot(ids) != st.ReceiptsRoot {
			rt.Fatal("the root is not that of the receipts")
		}
		if runs++; runs%25 == 0 { // replaying the whole ledger is the slow part
			w.balanced()
		}
	})
	if w.redeem() != w.received() {
		t.Error("what was redeemed did not arrive")
	}
	w.run()
	w.balanced()
	if c := w.acme.status().Out.Channels[0]; c.Settled != w.received() || c.Stage != "final" {
		t.Errorf("payer's books: %+v, received %d", c, w.received())
	}
}

// I8: the amounts of every stage, in both currencies, add up to the statements.
func TestI8_LedgerFollowsEveryStage(t *testing.T) {
	w := newWorld(t)
	round := w.quote(100_000_000)
	steps := []func(){
		func() { w.call(10, round) },
		func() { w.fund(usdc) },
		func() { w.run() },
		func() { w.redeem() },
		func() { w.run() },
		func() { w.call(1, round); w.run() },
		func() { w.acme.restart(); w.globex.restart() },
	}
	for _, step := range steps {
		step()
		w.balanced()
	}
}

// The root is that of RFC 6962 and does not depend on order.
func TestReceiptsRoot(t *testing.T) {
	ids := []wire.Digest{wire.Hash([]byte("a")), wire.Hash([]byte("b")), wire.Hash([]byte("c"))}
	sorted := slices.Clone(ids)
	slices.SortFunc(sorted, func(a, b wire.Digest) int { return bytes.Compare(a[:], b[:]) })
	leaf := func(i int) wire.Digest { return receipt.LeafHash(sorted[i][:]) }
	want := receipt.NodeHash(receipt.NodeHash(leaf(0), leaf(1)), leaf(2))
	if settlement.ReceiptsRoot(ids) != want {
		t.Error("root of three")
	}
	if settlement.ReceiptsRoot(nil) != receipt.EmptyRoot() || settlement.ReceiptsRoot(ids[:1]) != receipt.LeafHash(ids[0][:]) {
		t.Error("root of none or one")
	}
}
