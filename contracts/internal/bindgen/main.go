// Command bindgen writes the Go bindings of the contracts from their
// checked-in artifacts. Run it from contracts/ with go generate.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/accounts/abi/abigen"

	"github.com/backbay-labs/chio-node/contracts"
)

// targets lists which contract is bound in which package. One package per
// contract: two contracts in one package may collide on generated type names.
var targets = []struct{ contract, pkg string }{
	{contracts.Channel, "channel"},
	{contracts.Bonds, "bondvault"},
	{contracts.DevUSDC, "devusdc"},
}

func main() {
	for _, t := range targets {
		if err := write(t.contract, t.pkg); err != nil {
			fmt.Fprintln(os.Stderr, "bindgen:", err)
			os.Exit(1)
		}
	}
}

func write(contract, pkg string) error {
	code, err := generate(contract, pkg)
	if err != nil {
		return err
	}
	dir := filepath.Join("bindings", pkg)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing the binding of %s: %w", contract, err)
	}
	return os.WriteFile(filepath.Join(dir, pkg+".go"), []byte(code), 0o644)
}

func generate(contract, pkg string) (string, error) {
	a, err := contracts.Load(contract)
	if err != nil {
		return "", err
	}
	code, err := abigen.BindV2([]string{a.Name}, []string{string(a.ABI)}, []string{a.Bin}, pkg, nil, nil)
	if err != nil {
		return "", fmt.Errorf("binding %s: %w", contract, err)
	}
	return code, nil
}
