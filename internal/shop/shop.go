// Package shop puts the contract that tests buy from on a development chain
// (contracts/testsrc/Shop.sol).
package shop

import (
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/wire"
)

// Deploy creates a shop, by an account of its own, and returns its address.
// artifact is the path of contracts/devnet/testdata/Shop.json.
func Deploy(t testing.TB, chain *devnet.Chain, artifact string) [20]byte {
	t.Helper()
	return Create(t, chain, artifact, chain.Token())
}

// Create creates a contract that only tests deploy, by an account of its own, and
// returns its address. artifact is its path below contracts/devnet/testdata.
func Create(t testing.TB, chain *devnet.Chain, artifact string, arguments ...any) [20]byte {
	t.Helper()
	doc, err := os.ReadFile(artifact)
	if err != nil {
		t.Fatal(err)
	}
	var a contracts.Artifact
	if err := wire.Unmarshal(doc, &a, wire.ForeignLimits); err != nil {
		t.Fatal(err)
	}
	code, err := a.CreationCode()
	if err != nil {
		t.Fatal(err)
	}
	var of abi.ABI
	if err := of.UnmarshalJSON(a.ABI); err != nil {
		t.Fatal(err)
	}
	args, err := of.Pack("", arguments...)
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := chain.FundGas(t.Context(), crypto.PubkeyToAddress(keeper.PublicKey), big.NewInt(1e18)); err != nil {
		t.Fatal(err)
	}
	for patience := 500; ; patience-- {
		at, _, err := bind.DeployContract(bind.NewKeyedTransactor(keeper, new(big.Int).SetUint64(chain.ChainID())), code, chain.Client(), args)
		if err == nil {
			chain.Commit()
			return at
		}
		// The pool takes note of a new block a moment after it is made.
		if patience == 0 || !strings.Contains(err.Error(), "insufficient funds") {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
