package evm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// kept is a drawer of vouchers.
type kept map[wire.Digest]*evm.Voucher

func (k kept) Channels() (out []wire.Digest, _ error) {
	for id := range k {
		out = append(out, id)
	}
	return out, nil
}

func (k kept) Best(channel wire.Digest) (*evm.Voucher, error) { return k[channel], nil }

func (b *bed) startClose() {
	b.t.Helper()
	if _, err := b.payer.StartClose(b.t.Context(), b.params); err != nil {
		b.t.Fatal(err)
	}
}

// TestI7_CloseIsAnswered: the payer leaves with a voucher unpaid; the payee has
// it paid before the deadline, and once.
func TestI7_CloseIsAnswered(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	v := b.voucher(4 * usdc)
	drawer := kept{v.Channel: v}
	if closing, err := b.payee.Watch(t.Context(), drawer); err != nil || len(closing) != 0 {
		t.Fatalf("an open channel: %v, %v", closing, err)
	}
	b.startClose()
	closing, err := b.payee.Watch(t.Context(), drawer)
	if err != nil || len(closing) != 1 || closing[0] != v.Channel || b.received() != 4*usdc {
		t.Fatalf("received %d, %v, %v", b.received(), closing, err)
	}
	for range 3 {
		if closing, err := b.payee.Watch(t.Context(), drawer); err != nil || len(closing) != 0 || b.received() != 4*usdc {
			t.Fatalf("again: received %d, %v, %v", b.received(), closing, err)
		}
	}
	if err := b.net.AdjustTime(25 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := b.payer.Withdraw(t.Context(), b.params); err != nil {
		t.Fatal(err)
	}
	if n, err := b.payer.Balance(t.Context(), b.payer.Address()); err != nil || n != start-4*usdc {
		t.Fatalf("the payer has %d, %v", n, err)
	}
}

// TestCloseWhileTheNodeWasDown: a node that comes back within the grace period
// answers, whether it had watched before or not.
func TestCloseWhileTheNodeWasDown(t *testing.T) {
	for _, before := range []bool{true, false} {
		b := newBed(t)
		b.fund(10 * usdc)
		v := b.voucher(4 * usdc)
		if before {
			if _, err := b.payee.Watch(t.Context(), kept{}); err != nil {
				t.Fatal(err)
			}
		}
		b.startClose()
		if err := b.net.AdjustTime(23 * time.Hour); err != nil {
			t.Fatal(err)
		}
		after := b.dial("payee", b.payeeDB, nil)
		if _, err := after.Watch(t.Context(), kept{v.Channel: v}); err != nil || b.received() != 4*usdc {
			t.Fatalf("watched before %v: received %d, %v", before, b.received(), err)
		}
	}
}

// TestVoucherThatComesAfterTheClose is found by its event, which is looked at
// again as long as its block is not safe, and by the next start.
func TestVoucherThatComesAfterTheClose(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	b.startClose()
	drawer := kept{}
	if _, err := b.payee.Watch(t.Context(), drawer); err != nil {
		t.Fatal(err)
	}
	v := b.voucher(4 * usdc)
	drawer[v.Channel] = v
	if _, err := b.dial("payee", b.payeeDB, nil).Watch(t.Context(), drawer); err != nil || b.received() != 4*usdc {
		t.Fatalf("received %d, %v", b.received(), err)
	}
}

// dear is a driver of the payee on a chain whose tip is five gwei.
func (b *bed) dear(change func(*evm.Config)) (*evm.Chain, *proxy) {
	b.t.Helper()
	p := newProxy(b.t, b.net.RPC())
	p.set(lie("eth_maxPriorityFeePerGas", func(c call, _ func(call) answer) answer { return says(c, `"0x12a05f200"`) }))
	config := b.config("payee", b.payeeDB)
	config.RPC, config.MaxFeeGwei = p.server.URL, 4
	change(&config)
	c, err := evm.Dial(b.t.Context(), config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c, p
}

// TestCloseDuringAFeeSpike: the maximum for closing replaces the usual one; with
// none the error names the channel and its deadline, and the next look is
// another try.
func TestCloseDuringAFeeSpike(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	v := b.voucher(4 * usdc)
	drawer := kept{v.Channel: v}
	thrifty, _ := b.dear(func(*evm.Config) {})
	if _, err := thrifty.Watch(t.Context(), drawer); err != nil {
		t.Fatal(err)
	}
	b.startClose()
	if _, err := thrifty.Redeem(t.Context(), v); !errors.Is(err, evm.ErrFee) {
		t.Fatalf("the usual maximum: %v", err)
	}
	for range 2 {
		_, err := thrifty.Watch(t.Context(), drawer)
		if !errors.Is(err, evm.ErrUnclaimed) || !errors.Is(err, evm.ErrFee) || !strings.Contains(err.Error(), v.Channel.String()) {
			t.Fatalf("got %v", err)
		}
	}
	urgent, _ := b.dear(func(c *evm.Config) { c.CloseMaxFeeGwei = 50 })
	if _, err := urgent.Watch(t.Context(), drawer); err != nil || b.received() != 4*usdc {
		t.Fatalf("received %d, %v", b.received(), err)
	}
	if _, err := urgent.Redeem(t.Context(), b.voucher(5*usdc)); !errors.Is(err, evm.ErrFee) {
		t.Errorf("what is not urgent: %v", err)
	}
}

// TestCloseRaisesAStuckRedemption: a redemption that waits at the usual maximum
// is replaced up to the one for closing.
func TestCloseRaisesAStuckRedemption(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	v := b.voucher(4 * usdc)
	cheap := true
	payee, _ := b.swallowing(func(raw string) bool {
		return cheap && decode(t, strings.TrimPrefix(raw, "0x")).GasFeeCap().Uint64() <= 4e9
	}, func(c *evm.Config) {
		c.MaxFeeGwei, c.BumpAfterBlocks, c.Wait, c.CloseMaxFeeGwei = 4, 1, stopAfter(b, 20), 50
	})
	if _, err := payee.Redeem(t.Context(), v); !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	b.startClose()
	after, _ := b.swallowing(func(raw string) bool {
		return decode(t, strings.TrimPrefix(raw, "0x")).GasFeeCap().Uint64() <= 4e9
	}, func(c *evm.Config) { c.MaxFeeGwei, c.CloseMaxFeeGwei = 4, 50 })
	if _, err := after.Watch(t.Context(), kept{v.Channel: v}); err != nil || b.received() != 4*usdc {
		t.Fatalf("received %d, %v", b.received(), err)
	}
}

// TestEventsArePaged: a range that an endpoint refuses is asked for in halves,
// and an endpoint that refuses everything keeps the cursor.
func TestEventsArePaged(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	v := b.voucher(4 * usdc)
	p := newProxy(t, b.net.RPC())
	config := b.config("payee", b.payeeDB)
	config.RPC = p.server.URL
	c, err := evm.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	drawer := kept{}
	if _, err := c.Watch(t.Context(), drawer); err != nil {
		t.Fatal(err)
	}
	b.blocks(20)
	b.startClose()
	b.blocks(20)
	drawer[v.Channel] = v
	p.set(lie("eth_getLogs", func(c call, _ func(call) answer) answer { return refuses(c, "query returned more than 10000 results") }))
	if _, err := c.Watch(t.Context(), drawer); !errors.Is(err, evm.ErrUnavailable) || b.received() != 0 {
		t.Fatalf("received %d, %v", b.received(), err)
	}
	p.set(lie("eth_getLogs", func(c call, honest func(call) answer) answer {
		if blocks(t, c) > 4 {
			return refuses(c, "block range is too large")
		}
		return honest(c)
	}))
	if _, err := c.Watch(t.Context(), drawer); err != nil || b.received() != 4*usdc {
		t.Fatalf("received %d, %v", b.received(), err)
	}
}
