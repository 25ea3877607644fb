package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Balance is the gross total of each side of one account in one currency.
type Balance struct {
	Debits  uint64
	Credits uint64
}

// ReadBalance returns an account's balance; an account never used has none.
func ReadBalance(r store.Reader, account, currency string) (Balance, error) {
	if err := CheckAccount(account); err != nil {
		return Balance{}, err
	}
	if err := checkCurrency(currency); err != nil {
		return Balance{}, err
	}
	return readBalance(r, balanceKey(currency, account))
}

// NetDebit returns debits less credits: what an asset or expense account
// holds. It is an error if credits are higher or the result is not an amount.
func (b Balance) NetDebit() (uint64, error) { return net(b.Debits, b.Credits) }

// NetCredit is the same for liabilities and revenue.
func (b Balance) NetCredit() (uint64, error) { return net(b.Credits, b.Debits) }

func net(more, less uint64) (uint64, error) {
	if less > more || more-less > wire.MaxUnits {
		return 0, fmt.Errorf("%w: %d less %d", wire.ErrAmount, more, less)
	}
	return more - less, nil
}

func (b Balance) with(e Entry) (Balance, error) {
	debits, over := bits.Add64(b.Debits, e.Debit, 0)
	credits, over2 := bits.Add64(b.Credits, e.Credit, 0)
	if over+over2 != 0 {
		return Balance{}, ErrOverflow
	}
	return Balance{debits, credits}, nil
}

func (b Balance) encode() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, b.Debits), b.Credits)
}

func readBalance(r store.Reader, key string) (Balance, error) {
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return Balance{}, nil
	}
	if err != nil {
		return Balance{}, fmt.Errorf("read balance %.80q: %w", key, err)
	}
	return decodeBalance(key, row)
}

func decodeBalance(key string, row []byte) (Balance, error) {
	if len(row) != 16 {
		return Balance{}, fmt.Errorf("%w: balance %.80q holds %d bytes", ErrInconsistent, key, len(row))
	}
	return Balance{binary.BigEndian.Uint64(row), binary.BigEndian.Uint64(row[8:])}, nil
}

// applyEntries moves the balances and the totals of each currency. All are
// computed before the first is set, so a caller who goes on after an error has
// changed nothing.
func applyEntries(tx store.Tx, entries []Entry) error {
	next := make(map[string]Balance, 2*len(entries))
	for _, e := range entries {
		for _, key := range e.keys() {
			b, seen := next[key]
			if !seen {
				var err error
				if b, err = readBalance(tx, key); err != nil {
					return err
				}
			}
			b, err := b.with(e)
			if err != nil {
				return fmt.Errorf("%s %s: %w", e.Account, e.Currency, err)
			}
			next[key] = b
		}
	}
	for _, e := range entries {
		if total := next[totalPrefix+e.Currency]; total.Debits != total.Credits {
			return fmt.Errorf("%w: %s debits %d, credits %d", ErrInconsistent, e.Currency, total.Debits, total.Credits)
		}
	}
	for _, e := range entries { // slice order: no map order reaches the store
		for _, key := range e.keys() {
			tx.Set(key, next[key].encode())
		}
	}
	return nil
}

// keys returns the rows an entry adds to.
func (e Entry) keys() [2]string {
	return [2]string{balanceKey(e.Currency, e.Account), totalPrefix + e.Currency}
}
