package budget

import (
	"encoding/binary"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendMoney(b []byte, m wire.MonetaryAmount) []byte {
	return appendString(binary.AppendUvarint(b, m.Units), m.Currency)
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// decoder reads a row; the first malformed field makes every later one zero.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n > len(d.rest) {
		d.bad = true
		return make([]byte, min(n, maxIDBytes))
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) byte() byte { return d.take(1)[0] }

func (d *decoder) bool() bool {
	v := d.byte()
	d.bad = d.bad || v > 1
	return v == 1
}

// version accepts 1 up to the newest version of a row.
func (d *decoder) version(newest byte) byte {
	v := d.byte()
	d.bad = d.bad || v < 1 || v > newest
	return v
}

// uint reads a shortest-form uvarint, so that one value has one spelling.
func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if d.bad || n <= 0 || n > 1 && d.rest[n-1] == 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// time reads unix seconds, never negative.
func (d *decoder) time() int64 {
	v := d.uint()
	d.bad = d.bad || v > maxTime
	return int64(v & maxTime)
}

// maxTime bounds a time in a row: calendars and sums of times stay exact.
const maxTime = 1<<40 - 1

func (d *decoder) string(limit int) string {
	n := d.uint()
	if n > uint64(limit) {
		d.bad = true
		return ""
	}
	return string(d.take(int(n)))
}

// currency reads a code; the usual ones need no allocation, and every call
// reads a dozen.
func (d *decoder) currency() string {
	n := d.uint()
	if n > maxCurrencyBytes {
		d.bad = true
		return ""
	}
	switch b := d.take(int(n)); string(b) {
	case "":
		return ""
	case "USD":
		return "USD"
	case "EUR":
		return "EUR"
	case "USDC":
		return "USDC"
	default:
		return string(b)
	}
}

func (d *decoder) money() wire.MonetaryAmount {
	m := wire.MonetaryAmount{Units: d.uint(), Currency: d.currency()}
	d.bad = d.bad || m.Units > wire.MaxUnits
	return m
}

func (d *decoder) end(row string) error {
	if d.bad || len(d.rest) != 0 {
		return fmt.Errorf("%w: malformed %s row", ErrCorrupt, row)
	}
	return nil
}
