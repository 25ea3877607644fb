package velocity

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/store"
)

// ErrCorrupt: a row is not what this package writes.
var ErrCorrupt = errors.New("rate row is corrupt")

const (
	rowPrefix  = "w/b/"  // one bucket each
	ledgerRow  = "w/all" // how many buckets there are
	rowVersion = 1
	bucketSize = 1 + 16 + 8 + 8
)

// encodeBucket: version, level (128 bits), at, full at; big endian.
func encodeBucket(b bucket, fullAt int64) []byte {
	out := make([]byte, 0, bucketSize)
	out = append(out, rowVersion)
	out = binary.BigEndian.AppendUint64(out, b.level.hi)
	out = binary.BigEndian.AppendUint64(out, b.level.lo)
	out = binary.BigEndian.AppendUint64(out, uint64(b.at))
	return binary.BigEndian.AppendUint64(out, uint64(fullAt))
}

func decodeBucket(row []byte) (b bucket, fullAt int64, err error) {
	if len(row) != bucketSize || row[0] != rowVersion {
		return bucket{}, 0, fmt.Errorf("%w: bucket", ErrCorrupt)
	}
	b.level = wide{binary.BigEndian.Uint64(row[1:]), binary.BigEndian.Uint64(row[9:])}
	b.at, fullAt = int64(binary.BigEndian.Uint64(row[17:])), int64(binary.BigEndian.Uint64(row[25:]))
	if b.at < 0 || fullAt < b.at {
		return bucket{}, 0, fmt.Errorf("%w: bucket times", ErrCorrupt)
	}
	return b, fullAt, nil
}

func readBucket(r store.Reader, key string, of rate) (bucket, bool, error) {
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return bucket{}, false, nil
	}
	if err != nil {
		return bucket{}, false, err
	}
	b, _, err := decodeBucket(row)
	if err == nil && of.full().less(b.level) {
		err = fmt.Errorf("%w: bucket holds more than it can", ErrCorrupt)
	}
	return b, true, err
}

// ledger counts the buckets. floor is the latest time at which one was
// dropped: a clock that goes back must not let it be refilled twice.
type ledger struct {
	live  uint64
	floor int64
}

const ledgerSize = 1 + 8 + 8

func readLedger(r store.Reader) (ledger, error) {
	row, err := r.Get(ledgerRow)
	if errors.Is(err, store.ErrNotFound) {
		return ledger{}, nil
	}
	if err != nil {
		return ledger{}, err
	}
	if len(row) != ledgerSize || row[0] != rowVersion {
		return ledger{}, fmt.Errorf("%w: count", ErrCorrupt)
	}
	l := ledger{live: binary.BigEndian.Uint64(row[1:]), floor: int64(binary.BigEndian.Uint64(row[9:]))}
	if l.floor < 0 {
		return ledger{}, fmt.Errorf("%w: floor", ErrCorrupt)
	}
	return l, nil
}

func (l ledger) write(tx store.Tx) {
	out := append(make([]byte, 0, ledgerSize), rowVersion)
	out = binary.BigEndian.AppendUint64(out, l.live)
	tx.Set(ledgerRow, binary.BigEndian.AppendUint64(out, uint64(l.floor)))
}
