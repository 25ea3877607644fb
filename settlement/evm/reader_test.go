package evm_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/settlement/evm"
)

// TestReader asks any contract, and tells the contract's refusal, in a text or
// an error of its own, from one that is not there and from a chain that is
// another.
func TestReader(t *testing.T) {
	b := newBed(t)
	ctx := t.Context()
	config := evm.ReaderConfig{Name: "devnet", ChainID: b.net.ChainID(), RPC: "http://127.0.0.1:1", Fallbacks: []string{b.net.RPC()}}
	r, err := evm.DialReader(ctx, config)
	if err != nil {
		t.Fatalf("one endpoint of two answers: %v", err)
	}
	defer r.Close()
	head, err := r.Head(ctx)
	if err != nil || head.Number == 0 || head.Time == 0 || head.Hash.IsZero() {
		t.Fatalf("%+v, %v", head, err)
	}
	token, ch := devusdc.NewDevUSDC(), channel.NewChioChannel()
	out, err := r.Call(ctx, evm.Address(b.net.Token()), token.PackDecimals(), head)
	if n, unpackErr := token.UnpackDecimals(out); err != nil || unpackErr != nil || n != 6 {
		t.Fatalf("%d, %v, %v", n, err, unpackErr)
	}
	for name, c := range map[string]struct {
		to   common.Address
		data []byte
		want string
	}{
		"a text":              {b.net.Token(), token.PackTransfer(common.Address{1}, big.NewInt(1)), "ERC20: transfer from the zero address"},
		"an error of its own": {b.net.Channel(), ch.PackWithdraw(channel.ChioChannelParams{}), "NotWithdrawable"},
	} {
		_, err := r.Call(ctx, evm.Address(c.to), c.data, head)
		if !evm.IsReverted(err, c.want) || !errors.Is(err, evm.ErrReverted) || errors.Is(err, evm.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Call(ctx, evm.Address{9}, token.PackDecimals(), head); !errors.Is(err, evm.ErrWrongContract) {
		t.Errorf("nobody there: %v", err)
	}
	gone := head
	gone.Hash[0] ^= 1
	if _, err := r.Call(ctx, evm.Address(b.net.Token()), token.PackDecimals(), gone); err == nil {
		t.Error("a block that is none was read")
	}
	config.ChainID++
	if _, err := evm.DialReader(ctx, config); !errors.Is(err, evm.ErrWrongChain) {
		t.Errorf("another chain: %v", err)
	}
	config.Fallbacks = nil
	if _, err := evm.DialReader(ctx, config); !errors.Is(err, evm.ErrUnavailable) || strings.Contains(err.Error(), "127.0.0.1:1/") {
		t.Errorf("nobody answers: %v", err)
	}
	for _, bad := range []evm.ReaderConfig{{ChainID: 1}, {RPC: "http://127.0.0.1:1"}} {
		if _, err := evm.DialReader(ctx, bad); !errors.Is(err, evm.ErrConfig) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
