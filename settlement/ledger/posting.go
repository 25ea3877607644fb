package ledger

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a posting is refused.
var (
	// ErrPosting: the posting is malformed.
	ErrPosting = errors.New("not a valid posting")
	// ErrUnbalanced: debits and credits differ in some currency.
	ErrUnbalanced = errors.New("posting does not balance")
	// ErrConflict: the id was posted before with other content.
	ErrConflict = errors.New("posting id was used for something else")
	// ErrOverflow: an account's gross total would exceed 64 bits.
	ErrOverflow = errors.New("account total overflows")
	// ErrInconsistent: the stored ledger does not agree with itself.
	ErrInconsistent = errors.New("ledger is inconsistent")
)

// Schema names a stored posting.
const Schema = "chio.ledger_posting.v1"

// The bounds of one posting.
const (
	maxEntries   = 64
	maxMemoBytes = 256
)

// Entry debits or credits one account; exactly one of the two is not zero.
type Entry struct {
	Account  string `json:"account"`
	Debit    uint64 `json:"debit"`  // minor units
	Credit   uint64 `json:"credit"` // minor units
	Currency string `json:"currency"`
}

// Posting is one balanced movement. ID comes from its cause: an obligation, a
// statement, a transaction; never from a clock.
type Posting struct {
	ID      wire.Digest `json:"id"`
	At      int64       `json:"at"` // unix seconds
	Memo    string      `json:"memo"`
	Entries []Entry     `json:"entries"`
}

// Record is a posting as it stands in the ledger.
type Record struct {
	Schema   string      `json:"schema"`
	Sequence uint64      `json:"sequence"` // from 1, without gaps
	Previous wire.Digest `json:"previous"` // of the canonical record before; zero for the first
	Posting  Posting     `json:"posting"`
}

// Check refuses a posting that must not be written:
//
//	1 it has an id, a time, a memo that fits, and 2 to 64 entries
//	2 each account and currency is well formed
//	3 each entry has exactly one side, of 1 to 2^53-1 minor units
//	4 debits equal credits in every currency
func (p Posting) Check() error {
	switch { // 1
	case p.ID.IsZero():
		return fmt.Errorf("%w: it has no id", ErrPosting)
	case p.At <= 0:
		return fmt.Errorf("%w: it has no time", ErrPosting)
	case len(p.Memo) > maxMemoBytes || !utf8.ValidString(p.Memo):
		return fmt.Errorf("%w: memo is over %d bytes or not UTF-8", ErrPosting, maxMemoBytes)
	case len(p.Entries) < 2 || len(p.Entries) > maxEntries:
		return fmt.Errorf("%w: %d entries, want 2 to %d", ErrPosting, len(p.Entries), maxEntries)
	}
	for i, e := range p.Entries {
		if err := e.check(); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return p.balanced() // 4
}

func (e Entry) check() error {
	if err := CheckAccount(e.Account); err != nil { // 2
		return err
	}
	if err := checkCurrency(e.Currency); err != nil { // 2
		return err
	}
	if (e.Debit == 0) == (e.Credit == 0) { // 3
		return fmt.Errorf("%w: debit %d and credit %d, want exactly one", ErrPosting, e.Debit, e.Credit)
	}
	if e.Debit > wire.MaxUnits || e.Credit > wire.MaxUnits { // 3
		return fmt.Errorf("%w: %d minor units", wire.ErrAmount, max(e.Debit, e.Credit))
	}
	return nil
}

// balanced compares the sides per currency. 64 entries of 2^53 cannot overflow.
func (p Posting) balanced() error {
	for i, e := range p.Entries {
		if slices.ContainsFunc(p.Entries[:i], func(o Entry) bool { return o.Currency == e.Currency }) {
			continue // this currency is summed already
		}
		var debit, credit uint64
		for _, o := range p.Entries[i:] {
			if o.Currency == e.Currency {
				debit, credit = debit+o.Debit, credit+o.Credit
			}
		}
		if debit != credit {
			return fmt.Errorf("%w: %s debits %d, credits %d", ErrUnbalanced, e.Currency, debit, credit)
		}
	}
	return nil
}

// same reports whether two postings move the same money for the same reason.
// The time is left out: a retry after a restart has a later clock.
func (p Posting) same(o Posting) bool {
	return p.ID == o.ID && p.Memo == o.Memo && slices.Equal(p.Entries, o.Entries)
}
