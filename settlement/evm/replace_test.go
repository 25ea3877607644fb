package evm_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// swallowing is a driver of the payee behind an endpoint without safe and
// finalized tags that says it took a transaction and forgets it, for as long as
// forget says so.
func (b *bed) swallowing(forget func(raw string) bool, change func(*evm.Config)) (*evm.Chain, *proxy) {
	b.t.Helper()
	p := newProxy(b.t, b.net.RPC())
	p.set(func(c call, honest func(call) answer) answer {
		if c.Method == "eth_sendRawTransaction" && forget(c.first()) {
			raw, err := hex.DecodeString(strings.TrimPrefix(c.first(), "0x"))
			if err != nil {
				return answer{}
			}
			return says(c, `"`+crypto.Keccak256Hash(raw).Hex()+`"`)
		}
		if c.Method == "eth_getBlockByNumber" && (c.first() == "finalized" || c.first() == "safe") {
			return refuses(c, "tag not supported")
		}
		return honest(c)
	})
	config := b.config("payee", b.payeeDB)
	config.RPC, config.BumpAfterBlocks = p.server.URL, 3
	if change != nil {
		change(&config)
	}
	c, err := evm.Dial(b.t.Context(), config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c, p
}

func decode(t *testing.T, raw string) *types.Transaction {
	t.Helper()
	doc, err := hex.DecodeString(raw)
	if err != nil {
		t.Fatal(err)
	}
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(doc); err != nil {
		t.Fatal(err)
	}
	return tx
}

// errEnough ends what would wait for ever.
var errEnough = errors.New("seen enough")

// stopAfter makes a block instead of waiting, so many times.
func stopAfter(b *bed, rounds int) func(context.Context) error {
	return func(ctx context.Context) error {
		if rounds--; rounds < 0 {
			return errEnough
		}
		b.net.Commit()
		return ctx.Err()
	}
}

// TestI7_StuckTransactionIsReplaced: what no block takes is sent again with an
// eighth more of tip and cap under the same nonce, and pays once.
func TestI7_StuckTransactionIsReplaced(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	seen := map[string]bool{}
	payee, _ := b.swallowing(func(raw string) bool {
		seen[raw] = true
		return len(seen) < 3
	}, nil)
	r, err := payee.Redeem(t.Context(), b.voucher(4*usdc))
	if err != nil || r.Paid != 4*usdc || b.received() != 4*usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	variants := r.Tx.Variants
	if len(variants) != 3 || r.Tx.Hash != variants[2].Hash || r.Tx.Nonce != 0 {
		t.Fatalf("%d variants: %+v", len(variants), r.Tx)
	}
	for i := 1; i < len(variants); i++ {
		old, next := decode(t, variants[i-1].Raw), decode(t, variants[i].Raw)
		if old.Nonce() != next.Nonce() || !eighthMore(old.GasTipCap().Uint64(), next.GasTipCap().Uint64()) || !eighthMore(old.GasFeeCap().Uint64(), next.GasFeeCap().Uint64()) {
			t.Errorf("variant %d: tip %s to %s, cap %s to %s", i, old.GasTipCap(), next.GasTipCap(), old.GasFeeCap(), next.GasFeeCap())
		}
	}
}

func eighthMore(old, next uint64) bool { return next*8 >= old*9 }

// TestReplacementStopsAtTheMaximum: above the configured fee nothing is signed,
// and the record says why.
func TestReplacementStopsAtTheMaximum(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	payee, p := b.swallowing(func(string) bool { return true }, func(c *evm.Config) {
		c.MaxFeeGwei, c.BumpAfterBlocks, c.Wait = 4, 1, stopAfter(b, 20)
	})
	r, err := payee.Redeem(t.Context(), b.voucher(4*usdc))
	if !errors.Is(err, errEnough) {
		t.Fatalf("%+v, %v", r, err)
	}
	open, err := payee.Open()
	if err != nil || len(open) != 1 || !strings.Contains(open[0].Stuck, "max_fee_gwei") {
		t.Fatalf("%+v, %v", open, err)
	}
	for _, v := range open[0].Variants {
		if decode(t, v.Raw).GasFeeCap().Uint64() > 4e9 {
			t.Errorf("a variant would pay %s", decode(t, v.Raw).GasFeeCap())
		}
	}
	p.set(nil) // the endpoint recovers: the same bytes go out
	after := b.dial("payee", b.payeeDB, nil)
	tx, err := after.Await(t.Context(), open[0].Key, evm.StateMined)
	if err != nil || tx.Hash != open[0].Hash || tx.Stuck != "" || b.received() != 4*usdc {
		t.Fatalf("%+v, %v", tx, err)
	}
}

// TestI7_CrashBeforeReplacement: a replacement is on disk before it is sent,
// and whichever variant a block takes pays once.
func TestI7_CrashBeforeReplacement(t *testing.T) {
	for _, first := range []bool{true, false} {
		b := newBed(t)
		b.fund(10 * usdc)
		v := b.voucher(4 * usdc)
		func() {
			payee, _ := b.swallowing(func(string) bool { return true }, func(c *evm.Config) {
				c.Failpoint = func(name string) {
					if name == "tx.replaced_before_broadcast" {
						panic(crash{})
					}
				}
			})
			defer func() {
				if p := recover(); p != (crash{}) {
					t.Fatalf("not reached: %v", p)
				}
			}()
			_, _ = payee.Redeem(t.Context(), v)
		}()
		after := b.dial("payee", b.payeeDB, nil)
		open, err := after.Open()
		if err != nil || len(open) != 1 || len(open[0].Variants) != 2 {
			t.Fatalf("%+v, %v", open, err)
		}
		want := 1
		if first { // a provider kept the first one all the while
			want = 0
			if err := b.net.Client().SendTransaction(t.Context(), decode(t, open[0].Variants[0].Raw)); err != nil {
				t.Fatal(err)
			}
			b.net.Commit()
		}
		r, err := after.Redeem(t.Context(), v)
		if err != nil || r.Tx.Hash != open[0].Variants[want].Hash || b.received() != 4*usdc {
			t.Fatalf("%+v, %v", r, err)
		}
		if n, err := b.net.Client().NonceAt(t.Context(), common.Address(after.Address()), nil); err != nil || n != 1 {
			t.Fatalf("%d transactions, %v", n, err)
		}
	}
}

// TestCancelFillsTheNonce: an empty transfer takes the place of what no block
// takes, what waits behind it goes on, and the operation can be done anew.
func TestCancelFillsTheNonce(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	refused := ""
	payee, _ := b.swallowing(func(raw string) bool {
		if refused == "" {
			refused = raw
		}
		return raw == refused
	}, func(c *evm.Config) { c.BumpAfterBlocks, c.Wait, c.Confirmations = 0, stopAfter(b, 2), 5 })
	v := b.voucher(4 * usdc)
	if _, err := payee.Redeem(t.Context(), v); !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	key := firstOpen(t, payee)
	if _, err := payee.Cancel(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	b.net.Commit()
	if _, err := payee.Cancel(t.Context(), key); !errors.Is(err, evm.ErrMined) {
		t.Errorf("cancelling what a block has: %v", err)
	}
	if _, err := payee.Redeem(t.Context(), v); !errors.Is(err, evm.ErrCancelled) || b.received() != 0 {
		t.Fatalf("before the cancellation is final: %v", err)
	}
	if err := b.net.Finalize(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, err := payee.Track(t.Context()); err != nil || !open[0].Cancelled || open[0].State != evm.StateFinal {
		t.Fatalf("%+v, %v", open, err)
	}
	after := b.dial("payee", b.payeeDB, nil)
	r, err := after.Redeem(t.Context(), v)
	if err != nil || r.Paid != 4*usdc || r.Tx.Nonce != 1 || r.Tx.Attempt != 2 || b.received() != 4*usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := after.Cancel(t.Context(), "nothing"); !errors.Is(err, evm.ErrUnknownTx) {
		t.Errorf("cancelling nothing: %v", err)
	}
}

// TestWhatAPoolAnswersIsLookedUp: a pool that has our bytes, or better ones,
// refuses them in many words; none of them is a failure.
func TestWhatAPoolAnswersIsLookedUp(t *testing.T) {
	for _, text := range []string{"already known", "replacement transaction underpriced", "nonce too low", "known transaction", "ALREADY_EXISTS"} {
		t.Run(text, func(t *testing.T) {
			b := newBed(t)
			b.fund(10 * usdc)
			p := newProxy(t, b.net.RPC())
			p.set(func(c call, honest func(call) answer) answer {
				a := honest(c)
				if c.Method == "eth_sendRawTransaction" {
					return refuses(c, text)
				}
				return a
			})
			config := b.config("payee", b.payeeDB)
			config.RPC = p.server.URL
			payee, err := evm.Dial(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer payee.Close()
			if r, err := payee.Redeem(t.Context(), b.voucher(4*usdc)); err != nil || r.Paid != 4*usdc {
				t.Fatalf("%+v, %v", r, err)
			}
		})
	}
}
