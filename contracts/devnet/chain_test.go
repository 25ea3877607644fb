package devnet_test

import (
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/backbay-labs/chio-node/contracts/devnet"
)

func TestServesLoopbackRPC(t *testing.T) {
	ticks := make(chan time.Time)
	chain, err := devnet.Start(t.Context(), devnet.Config{ChainID: 4242, Listen: "127.0.0.1:0", Ticks: ticks})
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Stop()
	client, err := ethclient.Dial(chain.RPC())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id, err := client.ChainID(t.Context())
	if err != nil || id.Int64() != 4242 {
		t.Fatalf("chain id %v, %v", id, err)
	}
	before, err := client.HeaderByNumber(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	later := time.Unix(int64(before.Time), 0).Add(2 * time.Second)
	ticks <- later
	ticks <- time.Unix(0, 0) // taken only after the tick before it was handled
	after, err := client.HeaderByNumber(t.Context(), nil)
	if err != nil || after.Number.Cmp(new(big.Int).Add(before.Number, big.NewInt(1))) != 0 {
		t.Fatalf("tick made block %v after %v, %v", after.Number, before.Number, err)
	}
	if err := chain.Finalize(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := chain.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := chain.Stop(); err != nil {
		t.Fatalf("second stop: %v", err)
	}
}

func TestAddressesAreStable(t *testing.T) {
	a, err := devnet.Start(t.Context(), devnet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop()
	b, err := devnet.Start(t.Context(), devnet.Config{ChainID: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	if a.Token() != b.Token() || a.Channel() != b.Channel() || a.ChainID() != devnet.DefaultChainID {
		t.Fatalf("addresses differ between chains")
	}
}

func TestRefusesBadConfig(t *testing.T) {
	for name, c := range map[string]struct {
		config devnet.Config
		want   error
	}{
		"public address": {devnet.Config{Listen: "0.0.0.0:8545"}, devnet.ErrListen},
		"not host:port":  {devnet.Config{Listen: "8545"}, devnet.ErrListen},
		"bad port":       {devnet.Config{Listen: "127.0.0.1:http"}, devnet.ErrListen},
		"short grace":    {devnet.Config{GraceSeconds: 1}, devnet.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := devnet.Start(t.Context(), c.config); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}
