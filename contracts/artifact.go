package contracts

import (
	"embed"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

//go:embed artifacts/*.json
var artifacts embed.FS

//go:embed gas.json
var gasTable []byte

// ErrUnknown names a contract that is not ours.
var ErrUnknown = errors.New("no such contract")

// The contracts of this project.
const (
	Channel  = "ChioChannel" // payment channels
	DevUSDC  = "DevUSDC"     // the development token's code
	DevProxy = "DevProxy"    // the development token's address
)

// Artifact is one compiled contract as the build script writes it.
type Artifact struct {
	Name     string            `json:"name"`
	Compiler string            `json:"compiler"`
	Settings wire.Raw          `json:"settings"`
	Source   Source            `json:"source"`
	Imports  map[string]string `json:"imports"` // library path to SHA-256
	ABI      wire.Raw          `json:"abi"`
	Bin      string            `json:"bin"`     // creation code, hex
	Runtime  string            `json:"runtime"` // deployed code, immutables zero, hex
}

// Source names the file an artifact was made of.
type Source struct {
	Path   string `json:"path"`   // relative to contracts/
	SHA256 string `json:"sha256"` // of the file's bytes
}

// Load returns the artifact of one of the named contracts.
func Load(name string) (Artifact, error) {
	doc, err := artifacts.ReadFile("artifacts/" + name + ".json")
	if err != nil {
		return Artifact{}, fmt.Errorf("%w: %.40q", ErrUnknown, name)
	}
	var a Artifact
	if err := wire.Unmarshal(doc, &a, wire.ForeignLimits); err != nil {
		return Artifact{}, fmt.Errorf("artifact %s: %w", name, err)
	}
	return a, nil
}

// CreationCode returns the bytes that deploy the contract, without
// constructor arguments.
func (a Artifact) CreationCode() ([]byte, error) {
	code, err := hex.DecodeString(a.Bin)
	if err != nil {
		return nil, fmt.Errorf("artifact %s: creation code: %w", a.Name, err)
	}
	return code, nil
}

// Gas is the recorded cost of each operation under each set of fork rules,
// whole transactions in gas units: operation, then fork, then gas.
type Gas map[string]map[string]uint64

// GasTable returns the checked-in table that the gas test enforces.
func GasTable() (Gas, error) {
	var g Gas
	if err := wire.Unmarshal(gasTable, &g, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("gas table: %w", err)
	}
	return g, nil
}
