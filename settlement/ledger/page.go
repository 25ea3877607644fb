package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/store"
)

// The bounds of one page.
const (
	// MaxPage is the most rows that one call of Accounts or Query.Page returns.
	MaxPage = 1000
	// maxLooked is the most postings that one page reads; a filter that lets
	// little through makes short pages, not slow ones.
	maxLooked = 20_000
)

// AccountBalance is one account in one currency.
type AccountBalance struct {
	Account  string
	Currency string
	Balance  Balance
}

// cursor is the place after which the next page of accounts begins.
func (b AccountBalance) cursor() string { return b.Currency + "/" + b.Account }

// Accounts lists the accounts in use by currency, then name, after the place a
// page ended at ("" for the first). next is "" at the end.
func Accounts(r store.Reader, after string, limit int) (list []AccountBalance, next string, err error) {
	if after != "" {
		currency, account, _ := strings.Cut(after, "/")
		if err := checkCurrency(currency); err != nil {
			return nil, "", err
		}
		if err := CheckAccount(account); err != nil {
			return nil, "", err
		}
		after = balancePrefix + after
	}
	limit = pageSize(limit)
	err = r.Scan(balancePrefix, after, func(key string, row []byte) error {
		if len(list) == limit { // there is one more
			next = list[limit-1].cursor()
			return store.ErrStop
		}
		b, err := decodeBalance(key, row)
		if err != nil {
			return err
		}
		currency, account, ok := strings.Cut(strings.TrimPrefix(key, balancePrefix), "/")
		if !ok {
			return fmt.Errorf("%w: balance %.120q", ErrInconsistent, key)
		}
		list = append(list, AccountBalance{Account: account, Currency: currency, Balance: b})
		return nil
	})
	return list, next, err
}

// BalancesOf returns an account in every currency it was used in, by currency.
func BalancesOf(r store.Reader, account string) (list []AccountBalance, err error) {
	if err := CheckAccount(account); err != nil {
		return nil, err
	}
	var currencies []string
	err = r.Scan(totalPrefix, "", func(key string, _ []byte) error {
		currencies = append(currencies, strings.TrimPrefix(key, totalPrefix))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, currency := range currencies {
		b, err := ReadBalance(r, account, currency)
		if err != nil {
			return nil, err
		}
		if b != (Balance{}) {
			list = append(list, AccountBalance{Account: account, Currency: currency, Balance: b})
		}
	}
	return list, nil
}

// Query says which postings are meant. The zero Query means all.
type Query struct {
	Account string // that touch this account
	Since   int64  // unix seconds, the first moment
	Until   int64  // unix seconds, the first moment after; 0 for no end
	After   uint64 // sequence number that the page begins after
	Through uint64 // the last sequence number; 0 for no end
	Limit   int    // at most MaxPage, which is also what 0 means
}

// Page returns the postings that pass, in order, and the sequence number after
// which the next page begins: 0 at the end. A page may be short, or empty.
//
//	Postings are in the order they were made; Since and Until compare the time
//	of their cause, which may be earlier.
func (q Query) Page(r store.Reader) (list []Record, next uint64, err error) {
	if q.Account != "" {
		if err := CheckAccount(q.Account); err != nil {
			return nil, 0, err
		}
	}
	limit, looked, at := pageSize(q.Limit), 0, q.After
	err = Scan(r, q.After, func(rec Record) error {
		if q.Through > 0 && rec.Sequence > q.Through {
			return store.ErrStop
		}
		if looked == maxLooked || len(list) == limit { // there is one more
			next = at
			return store.ErrStop
		}
		looked++
		at = rec.Sequence
		if q.passes(&rec.Posting) {
			list = append(list, rec)
		}
		return nil
	})
	return list, next, err
}

func (q Query) passes(p *Posting) bool {
	if p.At < q.Since || q.Until > 0 && p.At >= q.Until {
		return false
	}
	return q.Account == "" || slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Account == q.Account })
}

func pageSize(limit int) int {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}
