package ledger

import (
	"errors"
	"fmt"
	"strings"
)

// ErrAccount refuses an account name.
var ErrAccount = errors.New("not a ledger account")

// maxAccountBytes bounds an account name; with prefix and currency it stays
// well inside a store key.
const maxAccountBytes = 256

// The accounts that exist once per ledger. Assets and expenses grow by debit,
// liabilities and revenue by credit.
const (
	USDC       = "usdc"        // asset: tokens this node's settlement key holds
	Bank       = "bank"        // asset: money at banks, on the word of whoever received it
	Stripe     = "stripe"      // asset: what Stripe has collected for us, or from us
	Revenue    = "revenue"     // what our tools earned
	Expense    = "expense"     // what our agents spent, and gas
	FXRounding = "fx_rounding" // fractions of minor units left by conversion
)

// The accounts that exist once per counterparty, channel, or deposit.
const (
	kindReceivable = "receivable" // asset: what a peer owes us
	kindPayable    = "payable"    // liability: what we owe a peer
	kindChannel    = "channel"    // asset: what we locked in a payment channel
	kindDeposit    = "deposit"    // liability: what somebody lodged with us
)

// Receivable is what the organisation with this DID owes us.
func Receivable(did string) string { return kindReceivable + ":" + did }

// Payable is what we owe the organisation with this DID.
func Payable(did string) string { return kindPayable + ":" + did }

// Channel is what is locked in a payment channel.
func Channel(id string) string { return kindChannel + ":" + id }

// Deposit is what was lodged under an id.
func Deposit(id string) string { return kindDeposit + ":" + id }

// CheckAccount refuses a name that is not one of the above.
func CheckAccount(name string) error {
	if len(name) > maxAccountBytes {
		return fmt.Errorf("%w: %d bytes, limit %d", ErrAccount, len(name), maxAccountBytes)
	}
	switch name {
	case USDC, Bank, Stripe, Revenue, Expense, FXRounding:
		return nil
	}
	kind, subject, _ := strings.Cut(name, ":")
	switch kind {
	case kindReceivable, kindPayable, kindChannel, kindDeposit:
		if subject == "" {
			return fmt.Errorf("%w: %q names no subject after %q", ErrAccount, name, kind+":")
		}
		return checkSubject(name, subject)
	}
	return fmt.Errorf("%w: %.80q", ErrAccount, name)
}

// checkSubject allows what DIDs, hex digests and identifiers are made of.
func checkSubject(name, subject string) error {
	for _, c := range []byte(subject) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(":._-%", c) >= 0:
		default:
			return fmt.Errorf("%w: %.80q holds byte %#02x", ErrAccount, name, c)
		}
	}
	return nil
}

// checkCurrency allows any code of the shape registries use; which codes a
// node knows is its configuration's business.
func checkCurrency(code string) error {
	if len(code) < 2 || len(code) > 8 {
		return fmt.Errorf("%w: currency %.16q", ErrPosting, code)
	}
	for _, c := range []byte(code) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return fmt.Errorf("%w: currency %.16q", ErrPosting, code)
		}
	}
	return nil
}
