package evm_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/settlement/evm"
)

func TestDialRefuses(t *testing.T) {
	b := newBed(t)
	for name, c := range map[string]struct {
		f    func(*evm.Config)
		want error
	}{
		"another chain id": {func(c *evm.Config) { c.ChainID = 1 }, evm.ErrWrongChain},
		"token is channel": {func(c *evm.Config) { c.Token = c.Channel }, evm.ErrWrongContract},
		"channel is token": {func(c *evm.Config) { c.Channel = c.Token }, evm.ErrWrongContract},
		"no code":          {func(c *evm.Config) { c.Channel = evm.Address{1} }, evm.ErrWrongContract},
		"no key":           {func(c *evm.Config) { c.Key = nil }, evm.ErrConfig},
		"no chain id":      {func(c *evm.Config) { c.ChainID = 0 }, evm.ErrConfig},
		"no fee":           {func(c *evm.Config) { c.MaxFeeGwei = 0 }, evm.ErrConfig},
		"no endpoint":      {func(c *evm.Config) { c.RPC = "" }, evm.ErrConfig},
		"no token":         {func(c *evm.Config) { c.Token = evm.Address{} }, evm.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			config := b.config("payer", b.payerDB)
			c.f(&config)
			if _, err := evm.Dial(t.Context(), config); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestDialOverRPC(t *testing.T) {
	net, err := devnet.Start(t.Context(), devnet.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer net.Stop()
	config := evm.Config{
		Name: "devnet", ChainID: net.ChainID(), RPC: net.RPC(), Token: evm.Address(net.Token()), Channel: evm.Address(net.Channel()),
		Key: key(t, "payer"), DB: openStore(t), MaxFeeGwei: 100, Now: func() int64 { return 1 },
	}
	c, err := evm.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Balance(t.Context(), c.Address()); err != nil || n != 0 {
		t.Fatalf("%d, %v", n, err)
	}
	c.Close()
}

// TestErrorsHideTheEndpoint: the path or query of an endpoint is often a key.
func TestErrorsHideTheEndpoint(t *testing.T) {
	b := newBed(t)
	config := b.config("payer", b.payerDB)
	config.RPC = "http://127.0.0.1:1/v2/secret-token"
	_, err := evm.Dial(t.Context(), config)
	if !errors.Is(err, evm.ErrUnavailable) || strings.Contains(err.Error(), "secret-token") {
		t.Fatalf("got %v", err)
	}
}

func TestFeeCap(t *testing.T) {
	b := newBed(t)
	config := b.config("payer", b.payerDB)
	config.MaxFeeGwei = 1
	c, err := evm.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	head, err := b.net.Client().HeaderByNumber(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.OpenAndFund(t.Context(), b.params, usdc)
	tip, tipErr := b.net.Client().SuggestGasTipCap(t.Context())
	if tipErr != nil {
		t.Fatal(tipErr)
	}
	if dear := tip.Uint64()+head.BaseFee.Uint64() > 1e9; dear != errors.Is(err, evm.ErrFee) {
		t.Fatalf("tip %s, base %s: %v", tip, head.BaseFee, err)
	}
}

// TestDialRefusesForeignCode: a contract that claims our domain, and whose code
// differs by one byte, may keep what is paid into it.
func TestDialRefusesForeignCode(t *testing.T) {
	b := newBed(t)
	p := newProxy(t, b.net.RPC())
	config := b.config("payer", b.payerDB)
	config.RPC = p.server.URL
	p.set(func(c call, honest func(call) answer) answer {
		a := honest(c)
		if c.Method == "eth_getCode" {
			var code hexutil.Bytes
			if err := json.Unmarshal(a.Result, &code); err != nil {
				t.Error(err)
			}
			code[len(code)/2] ^= 1
			a.Result, _ = json.Marshal(code)
		}
		return a
	})
	if _, err := evm.Dial(t.Context(), config); !errors.Is(err, evm.ErrWrongContract) || !strings.Contains(err.Error(), "ChioChannel.json") {
		t.Fatalf("got %v", err)
	}
	p.set(nil)
	c, err := evm.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
