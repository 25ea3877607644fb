package evm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// untagged is a driver of the payee on a chain without safe and finalized tags:
// only so many confirmations settle anything.
func (b *bed) untagged(confirmations uint64, change func(*evm.Config)) *evm.Chain {
	b.t.Helper()
	p := newProxy(b.t, b.net.RPC())
	p.set(lie("eth_getBlockByNumber", func(c call, honest func(call) answer) answer {
		if c.first() == "finalized" || c.first() == "safe" {
			return refuses(c, "tag not supported")
		}
		return honest(c)
	}))
	config := b.config("payee", b.payeeDB)
	config.RPC, config.Confirmations, config.BumpAfterBlocks = p.server.URL, confirmations, 0
	if change != nil {
		change(&config)
	}
	c, err := evm.Dial(b.t.Context(), config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c
}

func (b *bed) headHash() common.Hash {
	b.t.Helper()
	h, err := b.net.Client().HeaderByNumber(b.t.Context(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return h.Hash()
}

func (b *bed) blocks(n int) {
	for range n {
		b.net.Commit()
	}
}

func track(t *testing.T, c *evm.Chain) []evm.Tx {
	t.Helper()
	open, err := c.Track(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return open
}

// TestI7_Reorganisation: blocks of every depth are undone under a redemption
// that had been mined, and what becomes of it is one of four things; the payee
// is paid once or knows that it was not.
func TestI7_Reorganisation(t *testing.T) {
	for _, depth := range []int{1, 2, 12, 64} {
		for _, fate := range []string{"dropped", "re-mined elsewhere", "re-mined reverted", "replaced by a variant"} {
			t.Run(fmt.Sprintf("%d blocks, %s", depth, fate), func(t *testing.T) {
				b := newBed(t)
				b.fund(10 * usdc)
				v := b.voucher(4 * usdc)
				payee := b.untagged(100, nil)
				if fate == "replaced by a variant" { // the second one is mined
					seen := map[string]bool{}
					payee, _ = b.swallowing(func(raw string) bool {
						seen[raw] = true
						return len(seen) < 2
					}, func(c *evm.Config) { c.Confirmations = 100 })
				}
				r, err := payee.Redeem(t.Context(), v)
				if err != nil || b.received() != 4*usdc {
					t.Fatalf("%+v, %v", r, err)
				}
				mined, err := b.net.Client().HeaderByHash(t.Context(), common.Hash(r.Tx.BlockHash))
				if err != nil {
					t.Fatal(err)
				}
				parent := mined.ParentHash
				b.blocks(depth - 1)
				track(t, payee)
				if err := b.net.Fork(parent); err != nil {
					t.Fatal(err)
				}
				switch fate {
				case "dropped":
					b.blocks(depth + 1)
					if open := track(t, payee); open[0].State != evm.StateSigned || open[0].Reorgs != 1 {
						t.Fatalf("after the fork: %+v", open[0])
					}
					b.net.Commit() // it was sent again
				case "re-mined elsewhere":
					b.blocks(1)
					if err := b.net.Client().SendTransaction(t.Context(), decode(t, r.Tx.Raw)); err != nil {
						t.Fatal(err)
					}
					b.blocks(depth)
				case "re-mined reverted": // a stranger was faster on the other branch
					stranger := b.dial("payer", b.payerDB, nil)
					if _, err := stranger.Redeem(t.Context(), v); err != nil {
						t.Fatal(err)
					}
					if err := b.net.Client().SendTransaction(t.Context(), decode(t, r.Tx.Raw)); err != nil {
						t.Fatal(err)
					}
					b.blocks(depth)
				case "replaced by a variant":
					other := r.Tx.Variants[0]
					if other.Hash == r.Tx.Hash {
						other = r.Tx.Variants[1]
					}
					if err := b.net.Client().SendTransaction(t.Context(), decode(t, other.Raw)); err != nil {
						t.Fatal(err)
					}
					b.blocks(depth + 1)
				}
				open := track(t, payee)
				tx := open[0]
				if tx.State != evm.StateMined || tx.Reorgs != 1 || tx.BlockHash == r.Tx.BlockHash || b.received() != 4*usdc {
					t.Fatalf("received %d with %+v", b.received(), tx)
				}
				if reverted := fate == "re-mined reverted"; tx.Reverted != reverted || reverted && !strings.Contains(tx.Reason, "AlreadySettled") {
					t.Errorf("reverted %v: %s", tx.Reverted, tx.Reason)
				}
				if replaced := fate == "replaced by a variant"; replaced != (tx.Hash != r.Tx.Hash) {
					t.Errorf("mined %s, before the fork %s", tx.Hash, r.Tx.Hash)
				}
				again, err := payee.Redeem(t.Context(), v)
				if err != nil || again.Settled != 4*usdc || !again.Repeated || b.received() != 4*usdc {
					t.Fatalf("asked again: %+v, %v", again, err)
				}
				if s := b.state(evm.Latest); s.Settled != 4*usdc {
					t.Fatalf("%+v", s)
				}
			})
		}
	}
}

// TestReorganisationBelowFinal halts: nothing is sent until an operator says
// so, also after a restart, and the record is open again afterwards.
func TestReorganisationBelowFinal(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	payee := b.untagged(3, nil)
	parent := b.headHash()
	r, err := payee.Redeem(t.Context(), b.voucher(4*usdc))
	if err != nil {
		t.Fatal(err)
	}
	b.blocks(3)
	if open := track(t, payee); open[0].State != evm.StateFinal {
		t.Fatalf("%+v", open)
	}
	if err := b.net.Fork(parent); err != nil {
		t.Fatal(err)
	}
	b.blocks(5)
	if _, err := payee.Track(t.Context()); !errors.Is(err, evm.ErrReorganised) {
		t.Fatalf("got %v", err)
	}
	if _, err := payee.Redeem(t.Context(), b.voucher(5*usdc)); !errors.Is(err, evm.ErrReorganised) {
		t.Fatalf("paying on: %v", err)
	}
	after := b.untagged(3, nil)
	if _, err := after.Track(t.Context()); !errors.Is(err, evm.ErrReorganised) {
		t.Fatalf("after a restart: %v", err)
	}
	if err := after.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open := track(t, after); len(open) != 1 || open[0].Key != r.Tx.Key || open[0].State != evm.StateSigned {
		t.Fatalf("after resuming: %+v", open)
	}
	b.net.Commit()
	if tx := track(t, after)[0]; tx.State != evm.StateMined || tx.Hash != r.Tx.Hash || b.received() != 4*usdc {
		t.Fatalf("%+v", tx)
	}
}

// TestReorganisationDeeperThanRemembered halts, too.
func TestReorganisationDeeperThanRemembered(t *testing.T) {
	b := newBed(t)
	payee := b.untagged(0, func(c *evm.Config) { c.Heads = 8 })
	parent := b.headHash()
	for range 12 {
		b.net.Commit()
		track(t, payee)
	}
	if err := b.net.Fork(parent); err != nil {
		t.Fatal(err)
	}
	b.blocks(14)
	if _, err := payee.Track(t.Context()); !errors.Is(err, evm.ErrReorganised) {
		t.Fatalf("got %v", err)
	}
}

// TestGapLongerThanRemembered: a node that was away begins anew.
func TestGapLongerThanRemembered(t *testing.T) {
	b := newBed(t)
	payee := b.untagged(0, func(c *evm.Config) { c.Heads = 8 })
	track(t, payee)
	b.blocks(40)
	track(t, payee)
	b.blocks(3)
	track(t, payee)
}

// TestEndpointBehindTheFinalBlock decides nothing and halts nothing.
func TestEndpointBehindTheFinalBlock(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	payee := b.untagged(1, func(c *evm.Config) { c.Heads = 4 })
	old := b.headHash()
	b.blocks(6)
	track(t, payee)
	if err := b.net.Fork(old); err != nil { // a chain that is merely shorter
		t.Fatal(err)
	}
	if _, err := payee.Track(t.Context()); !errors.Is(err, evm.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
}
