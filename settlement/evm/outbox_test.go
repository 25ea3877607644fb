package evm_test

import (
	"context"
	"errors"
	"math/big"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/settlement/evm"
)

// crash is what a failpoint panics with.
type crash struct{}

// crashAt drives until the named failpoint and stops there, as kill -9 would.
func (b *bed) crashAt(point string, do func(*evm.Chain)) {
	b.t.Helper()
	c := b.dial("payee", b.payeeDB, func(name string) {
		if name == point {
			panic(crash{})
		}
	})
	defer func() {
		if p := recover(); p != (crash{}) {
			b.t.Fatalf("%s was not reached: %v", point, p)
		}
	}()
	do(c)
}

// TestI7_CrashPaysOnce: whatever the place of a crash, a new driver on the
// same store pays the voucher exactly once, with the same transaction.
func TestI7_CrashPaysOnce(t *testing.T) {
	for _, point := range []string{"nonce.reserved_before_sign", "tx.signed", "tx.persisted", "tx.broadcast_before_record", "mined_before_status"} {
		for _, mined := range []bool{false, true} {
			name := point
			if mined {
				name += ", mined while down"
			}
			t.Run(name, func(t *testing.T) {
				b := newBed(t)
				b.fund(10 * usdc)
				v := b.voucher(4 * usdc)
				b.crashAt(point, func(c *evm.Chain) { _, _ = c.Redeem(t.Context(), v) })
				if mined {
					b.net.Commit()
				}
				after := b.dial("payee", b.payeeDB, nil)
				open, err := after.Open()
				if err != nil {
					t.Fatal(err)
				}
				if nothing := point == "nonce.reserved_before_sign" || point == "tx.signed"; nothing != (len(open) == 0) {
					t.Fatalf("%d open transactions after a crash at %s", len(open), point)
				}
				if _, err := after.Track(t.Context()); err != nil {
					t.Fatal(err)
				}
				r, err := after.Redeem(t.Context(), v)
				if err != nil {
					t.Fatal(err)
				}
				if len(open) == 1 && open[0].Hash != r.Tx.Hash {
					t.Errorf("sent %s and then %s", open[0].Hash, r.Tx.Hash)
				}
				if b.received() != 4*usdc || r.Tx.Nonce != 0 || b.state(evm.Latest).Settled != 4*usdc {
					t.Errorf("received %d with %+v", b.received(), r)
				}
				nonce, err := b.net.Client().NonceAt(t.Context(), common.Address(after.Address()), nil)
				if err != nil || nonce != 1 {
					t.Errorf("%d transactions were sent, %v", nonce, err)
				}
			})
		}
	}
}

func TestFinality(t *testing.T) {
	b := newBed(t)
	b.fund(usdc)
	key := firstOpen(t, b.payer)
	if err := b.net.Finalize(t.Context()); err != nil {
		t.Fatal(err)
	}
	tx, err := b.payer.Await(t.Context(), key, evm.StateFinal)
	if err != nil || tx.State != evm.StateFinal {
		t.Fatalf("%+v, %v", tx, err)
	}
	if open, err := b.payer.Open(); err != nil || len(open) != 0 {
		t.Fatalf("%d still open, %v", len(open), err)
	}
	if s := b.state(evm.Finalized); s.Deposited != usdc {
		t.Fatalf("at the finalized block: %+v", s)
	}
}

func TestConfirmationsCountAsFinal(t *testing.T) {
	b := newBed(t)
	config := b.config("payer", b.payerDB)
	config.Confirmations = 3
	c, err := evm.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := c.OpenAndFund(t.Context(), b.params, usdc)
	if err != nil || tx.State == evm.StateFinal {
		t.Fatalf("%+v, %v", tx, err)
	}
	if tx, err = c.Await(t.Context(), tx.Key, evm.StateFinal); err != nil {
		t.Fatal(err)
	}
	head, err := b.net.Client().BlockNumber(t.Context())
	if err != nil || head != tx.BlockNumber+2 {
		t.Fatalf("final at height %d, mined in %d", head, tx.BlockNumber)
	}
}

func firstOpen(t *testing.T, c *evm.Chain) string {
	t.Helper()
	open, err := c.Open()
	if err != nil || len(open) == 0 {
		t.Fatalf("nothing open: %v", err)
	}
	return open[0].Key
}

// TestReorganisation drops the block of a redemption: the record walks back,
// the same bytes are sent again, and the payee is paid once.
func TestReorganisation(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	parent, err := b.net.Client().HeaderByNumber(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.payee.Redeem(t.Context(), b.voucher(4*usdc))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.net.Fork(parent.Hash()); err != nil {
		t.Fatal(err)
	}
	b.net.Commit()
	if b.received() != 0 {
		t.Fatalf("the fork still pays %d", b.received())
	}
	open, err := b.payee.Track(t.Context())
	if err != nil || len(open) != 1 || open[0].State != evm.StateSigned || open[0].Reorgs != 1 {
		t.Fatalf("%+v, %v", open, err)
	}
	tx, err := b.payee.Await(t.Context(), r.Tx.Key, evm.StateMined)
	if err != nil || tx.Hash != r.Tx.Hash || tx.BlockHash == r.Tx.BlockHash {
		t.Fatalf("%+v, %v", tx, err)
	}
	if b.received() != 4*usdc {
		t.Fatalf("received %d", b.received())
	}
}

func TestForeignUseOfTheKey(t *testing.T) {
	b := newBed(t)
	b.fund(usdc)
	stranger := b.dial("payer", openStore(t), nil) // the same key, another store
	if _, err := stranger.Fund(t.Context(), b.params, usdc, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := b.payer.Fund(t.Context(), b.params, usdc, 3); !errors.Is(err, evm.ErrForeignNonce) {
		t.Errorf("sending: %v", err)
	}
	if _, err := evm.Dial(t.Context(), b.config("payer", b.payerDB)); !errors.Is(err, evm.ErrForeignNonce) {
		t.Errorf("starting: %v", err)
	}
}

func TestRestartedDevelopmentChain(t *testing.T) {
	b := newBed(t)
	b.fund(usdc)
	if err := b.net.Finalize(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.payer.Track(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh, err := devnet.Start(t.Context(), devnet.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Stop()
	config := b.config("payer", b.payerDB)
	config.RPC = fresh.RPC()
	if _, err := evm.Dial(t.Context(), config); !errors.Is(err, evm.ErrWrongChain) {
		t.Fatalf("got %v", err)
	}
}

func TestNoGasTakesNoNonce(t *testing.T) {
	b := newBed(t)
	poor := b.dial("poor", openStore(t), nil)
	b.fund(usdc)
	if _, err := poor.Redeem(t.Context(), b.voucher(usdc)); !errors.Is(err, evm.ErrFunds) {
		t.Fatalf("got %v", err)
	}
	if open, err := poor.Open(); err != nil || len(open) != 0 {
		t.Fatalf("%d open, %v", len(open), err)
	}
	if err := b.net.FundGas(t.Context(), common.Address(poor.Address()), big.NewInt(1e18)); err != nil {
		t.Fatal(err)
	}
	if r, err := poor.Redeem(t.Context(), b.voucher(usdc)); err != nil || r.Paid != usdc {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestConcurrentSenders(t *testing.T) {
	b := newBed(t)
	var group sync.WaitGroup
	for sequence := uint64(1); sequence <= 6; sequence++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := b.payer.Fund(context.Background(), b.params, usdc, sequence); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if s := b.state(evm.Latest); s.Deposited != 6*usdc {
		t.Fatalf("%+v", s)
	}
}
