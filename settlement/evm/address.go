package evm

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
)

// ErrAddress: the text is not an address in an accepted spelling.
var ErrAddress = errors.New("not an EVM address")

// Address is an account or contract; on the wire 0x and 40 lowercase hex
// characters.
type Address [20]byte

// ParseAddress reads what humans write: all lowercase, or mixed case with a
// correct EIP-55 checksum.
func ParseAddress(s string) (Address, error) {
	var a Address
	if a.UnmarshalText([]byte(s)) == nil {
		return a, nil
	}
	if len(s) != 42 || s[:2] != "0x" || !common.IsHexAddress(s) {
		return Address{}, fmt.Errorf("%w: %.60q is not 0x and 40 hex characters", ErrAddress, s)
	}
	parsed := common.HexToAddress(s)
	if parsed.Hex() != s {
		return Address{}, fmt.Errorf("%w: %s has a wrong checksum; copy it again or write it in lower case", ErrAddress, s)
	}
	return Address(parsed), nil
}

func (a Address) String() string               { return "0x" + hex.EncodeToString(a[:]) }
func (a Address) IsZero() bool                 { return a == Address{} }
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText accepts the one spelling used in artifacts.
func (a *Address) UnmarshalText(b []byte) error {
	var v Address
	if len(b) != 42 || string(b[:2]) != "0x" {
		return fmt.Errorf("%w: %.60q", ErrAddress, b)
	}
	if _, err := hex.Decode(v[:], b[2:]); err != nil || v.String() != string(b) {
		return fmt.Errorf("%w: %.60q is not 0x and 40 lowercase hex characters", ErrAddress, b)
	}
	*a = v
	return nil
}
