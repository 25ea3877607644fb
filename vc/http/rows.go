package vchttp

import (
	"strings"

	"github.com/backbay-labs/chio-node/store"
)

// rowPrefix is before every row of a book. Its status lists have another
// issuer than those of passports, whose rows must not be reached from here: a
// list that the wrong one signs is a list nobody can use.
const rowPrefix = "v/api/"

// rows is the part of a store that a book sees.
type rows struct{ store.Reader }

func (r rows) Get(key string) ([]byte, error) { return r.Reader.Get(rowPrefix + key) }

func (r rows) Scan(prefix, after string, fn func(key string, value []byte) error) error {
	if after != "" {
		after = rowPrefix + after
	}
	return r.Reader.Scan(rowPrefix+prefix, after, func(key string, value []byte) error {
		return fn(strings.TrimPrefix(key, rowPrefix), value)
	})
}

// txRows is rows in a transaction.
type txRows struct {
	rows
	tx store.Tx
}

func within(tx store.Tx) store.Tx { return txRows{rows{tx}, tx} }

func (r txRows) Set(key string, value []byte)        { r.tx.Set(rowPrefix+key, value) }
func (r txRows) Delete(key string)                   { r.tx.Delete(rowPrefix + key) }
func (r txRows) Next(counter string) (uint64, error) { return r.tx.Next(rowPrefix + counter) }
func (r txRows) AfterCommit(fn func())               { r.tx.AfterCommit(fn) }
