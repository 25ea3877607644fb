package evm_test

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	usdc  = 1_000_000
	start = 1000 * usdc // what each party is given
)

func key(t testing.TB, name string) *evm.Key {
	t.Helper()
	scalar := sha256.Sum256([]byte(name))
	k, err := evm.KeyFromScalar(scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func statement(n byte) wire.Digest { return wire.Hash([]byte{n}) }

// bed is a chain with one driver per party, each with a store of its own.
type bed struct {
	t            *testing.T
	net          *devnet.Chain
	payer, payee *evm.Chain
	payerDB      store.DB
	payeeDB      store.DB
	params       evm.ChannelParams
}

func newBed(t *testing.T) *bed {
	t.Helper()
	net, err := devnet.Start(t.Context(), devnet.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.Stop(); err != nil {
			t.Error(err)
		}
	})
	b := &bed{t: t, net: net, payerDB: openStore(t), payeeDB: openStore(t)}
	for _, name := range []string{"payer", "payee"} {
		if err := net.Fund(t.Context(), common.Address(key(t, name).Address()), start); err != nil {
			t.Fatal(err)
		}
	}
	b.payer = b.dial("payer", b.payerDB, nil)
	b.payee = b.dial("payee", b.payeeDB, nil)
	b.params = evm.ChannelParams{Payer: b.payer.Address(), Payee: b.payee.Address(), Token: evm.Address(net.Token()), Salt: wire.Hash([]byte("treaty"))}
	return b
}

func openStore(t *testing.T) store.DB {
	db := memory.New()
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// config is that of a driver that makes a block instead of waiting.
func (b *bed) config(name string, db store.DB) evm.Config {
	return evm.Config{
		Name: "devnet", ChainID: b.net.ChainID(), RPC: b.net.RPC(), Token: evm.Address(b.net.Token()),
		Channel: evm.Address(b.net.Channel()), Key: key(b.t, name), DB: db, MaxFeeGwei: 1000, Now: func() int64 { return 1_790_000_000 },
		Wait: func(ctx context.Context) error { b.net.Commit(); return ctx.Err() },
	}
}

func (b *bed) dial(name string, db store.DB, failpoint func(string)) *evm.Chain {
	b.t.Helper()
	config := b.config(name, db)
	config.Failpoint = failpoint
	c, err := evm.Dial(b.t.Context(), config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c
}

func (b *bed) fund(amount uint64) {
	b.t.Helper()
	if _, err := b.payer.OpenAndFund(b.t.Context(), b.params, amount); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) voucher(cumulative uint64) *evm.Voucher {
	b.t.Helper()
	v, err := b.payer.SignVoucher(b.params, cumulative, statement(byte(cumulative/usdc)))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *bed) received() uint64 {
	b.t.Helper()
	n, err := b.payee.Balance(b.t.Context(), b.payee.Address())
	if err != nil {
		b.t.Fatal(err)
	}
	return n - start
}

func (b *bed) state(tag evm.Tag) evm.ChannelState {
	b.t.Helper()
	s, err := b.payee.ChannelState(b.t.Context(), b.payee.ChannelID(b.params), tag)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}
