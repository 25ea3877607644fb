package budget

import (
	"bytes"

	"github.com/backbay-labs/chio-node/store"
)

// The kinds of rows for Reencode.
const (
	AccountRow = iota
	HoldRow
	NodeRow
	BucketRow
	RowKinds
)

// ExpirePerHold is the bound on what one admission expires.
const ExpirePerHold = expirePerHold

// Reencode decodes a row and encodes it again; old reports that it was of a
// version that is read and never written.
func Reencode(kind int, row []byte) (again []byte, old bool, err error) {
	switch kind {
	case AccountRow:
		a, err := decodeAccount(row)
		return a.encode(), false, err
	case HoldRow:
		c, err := decodeHolds(row)
		return c.encode(), bytes.HasPrefix(row, []byte{1}), err
	case NodeRow:
		r, err := decodeNode(row)
		if err != nil {
			return nil, false, err
		}
		return r.encode(), false, nil
	default:
		u, err := decodeBucket(row)
		return u.encode(), false, err
	}
}

// Buckets counts the rows of all rolling windows, of all epochs.
func Buckets(r store.Reader) (n int, err error) {
	err = r.Scan(bucketRows, "", func(string, []byte) error { n++; return nil })
	return n, err
}
