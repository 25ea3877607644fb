package evm

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// unavailable wraps an error of the endpoint without its address, which may
// carry a secret.
func (c *Chain) unavailable(doing string, err error) error {
	return fmt.Errorf("%w: %s: %s: %w", ErrUnavailable, c.config.Name, doing, withoutURL(err))
}

func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// RevertError is a refusal by a contract. It matches ErrReverted.
type RevertError struct {
	Name   string // of the custom error, or "" when the contract gave a text
	Reason string // for people, with arguments
}

func (e *RevertError) Error() string        { return ErrReverted.Error() + ": " + e.Reason }
func (e *RevertError) Is(target error) bool { return target == ErrReverted }

// refused tells a refusal by the contract from an endpoint that fails.
func (c *Chain) refused(doing string, err error) error {
	var data interface{ ErrorData() any }
	if errors.As(err, &data) {
		if text, ok := data.ErrorData().(string); ok {
			if raw, decodeErr := hexutil.Decode(text); decodeErr == nil {
				return fmt.Errorf("%s: %w", doing, c.revert(raw))
			}
		}
	}
	if strings.Contains(err.Error(), "execution reverted") {
		return fmt.Errorf("%s: %w", doing, &RevertError{Reason: err.Error()})
	}
	return c.unavailable(doing, err)
}

// revert decodes revert data with the errors both contracts declare.
func (c *Chain) revert(raw []byte) *RevertError {
	if text, err := abi.UnpackRevert(raw); err == nil {
		return &RevertError{Reason: text}
	}
	if len(raw) >= 4 {
		for _, known := range []abi.ABI{c.channel.GetABI(), c.token.GetABI()} {
			declared, err := known.ErrorByID([4]byte(raw[:4]))
			if err != nil {
				continue
			}
			args, err := declared.Inputs.Unpack(raw[4:])
			if err != nil {
				continue
			}
			return &RevertError{Name: declared.Name, Reason: declared.Name + fmt.Sprint(args)}
		}
	}
	return &RevertError{Reason: "no reason given: " + hexutil.Encode(raw)}
}
