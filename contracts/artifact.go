package contracts

import (
	"bytes"
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
	Channel  = "ChioChannel"   // payment channels
	Bonds    = "ChioBondVault" // bonds that arbiters can slash
	DevUSDC  = "DevUSDC"       // the development token's code
	DevProxy = "DevProxy"      // the development token's address
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
	// Immutables are where deployments differ from each other.
	Immutables []Span `json:"immutables"`
}

// Span is a part of deployed code, in bytes.
type Span struct {
	Start  int `json:"start"`
	Length int `json:"length"`
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

// MatchesRuntime reports whether deployed code is the contract's, whatever
// arguments it was deployed with.
func (a Artifact) MatchesRuntime(code []byte) (bool, error) {
	want, err := hex.DecodeString(a.Runtime)
	if err != nil {
		return false, fmt.Errorf("artifact %s: deployed code: %w", a.Name, err)
	}
	if len(code) != len(want) {
		return false, nil
	}
	have := bytes.Clone(code)
	for _, s := range a.Immutables {
		if s.Start < 0 || s.Length < 0 || s.Start+s.Length > len(have) {
			return false, fmt.Errorf("artifact %s: immutable at %d is outside the code", a.Name, s.Start)
		}
		clear(have[s.Start : s.Start+s.Length])
	}
	return bytes.Equal(have, want), nil
}

// CodeHash is the SHA-256 of the deployed code, immutables zero: what names a
// version of the contract in docs and tests.
func (a Artifact) CodeHash() (wire.Digest, error) {
	code, err := hex.DecodeString(a.Runtime)
	if err != nil {
		return wire.Digest{}, fmt.Errorf("artifact %s: deployed code: %w", a.Name, err)
	}
	return wire.Hash(code), nil
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
