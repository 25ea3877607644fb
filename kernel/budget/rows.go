package budget

import (
	"encoding/binary"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// Rows are binary because two of them are read and written by every call. The
// first byte is the version; integers are shortest-form uvarints, strings carry their
// length, and nothing may follow.
const rowVersion = 1

func (a *Account) encode() []byte {
	b := make([]byte, 0, 64)
	b = append(b, rowVersion)
	b = binary.AppendUvarint(b, a.Invocations)
	b = binary.AppendUvarint(b, uint64(len(a.Purses)))
	for _, p := range a.Purses {
		b = appendString(b, p.Currency)
		for _, v := range [...]uint64{p.Reserved, p.Committed, p.Released, p.Retained, p.Outstanding} {
			b = binary.AppendUvarint(b, v)
		}
	}
	return b
}

// decodeAccount accepts only what encode writes: purses sorted, each balanced.
func decodeAccount(b []byte) (Account, error) {
	d := decoder{rest: b}
	d.version()
	a := Account{Invocations: d.uint()}
	n := d.uint()
	if n > maxPurses {
		return Account{}, fmt.Errorf("%w: account row lists %d currencies", ErrCorrupt, n)
	}
	for range n {
		p := Purse{Currency: d.string(maxCurrencyBytes), Reserved: d.uint(), Committed: d.uint(),
			Released: d.uint(), Retained: d.uint(), Outstanding: d.uint()}
		if last := len(a.Purses) - 1; last >= 0 && a.Purses[last].Currency >= p.Currency {
			d.bad = true
		}
		if d.bad {
			break
		}
		if err := p.balanced(); err != nil {
			return Account{}, err
		}
		a.Purses = append(a.Purses, p)
	}
	return a, d.end("account")
}

// callHolds is everything one call holds.
type callHolds struct {
	state State
	now   int64 // unix seconds: when the first hold was taken
	cost  wire.MonetaryAmount
	holds []hold
}

// hold is one hold under one grant of one token.
type hold struct {
	token     capability.Ref
	grant     int
	amount    wire.MonetaryAmount // currency "" if the call is free
	total     *wire.MonetaryAmount
	remaining uint64
}

// maxHolds bounds the holds of one call: the tokens of a chain, with room.
const maxHolds = 16

func (c *callHolds) encode() []byte {
	b := make([]byte, 0, 160)
	b = append(b, rowVersion, byte(c.state))
	b = binary.AppendUvarint(b, uint64(c.now))
	b = appendMoney(b, c.cost)
	b = binary.AppendUvarint(b, uint64(len(c.holds)))
	for _, h := range c.holds {
		b = append(b, h.token.Issuer[:]...)
		b = appendString(b, h.token.ID)
		b = binary.AppendUvarint(b, uint64(h.grant))
		b = appendMoney(b, h.amount)
		b = append(b, boolByte(h.total != nil))
		if h.total != nil {
			b = appendMoney(b, *h.total)
			b = binary.AppendUvarint(b, h.remaining)
		}
	}
	return b
}

func decodeHolds(b []byte) (callHolds, error) {
	d := decoder{rest: b}
	d.version()
	c := callHolds{state: State(d.byte())}
	c.now, c.cost = int64(d.uint()), d.money()
	n := d.uint()
	if c.state > Retained || n > maxHolds || n == 0 {
		return callHolds{}, fmt.Errorf("%w: hold row with state %d and %d holds", ErrCorrupt, c.state, n)
	}
	for range n {
		h := hold{}
		copy(h.token.Issuer[:], d.take(len(h.token.Issuer)))
		h.token.ID = d.string(maxIDBytes)
		grant := d.uint()
		d.bad = d.bad || grant >= maxGrants
		h.grant, h.amount = int(grant), d.money()
		switch d.byte() {
		case 0:
		case 1:
			total := d.money()
			h.total, h.remaining = &total, d.uint()
		default:
			d.bad = true
		}
		if d.bad {
			break
		}
		c.holds = append(c.holds, h)
	}
	return c, d.end("hold")
}

// maxIDBytes bounds a token id in a row and in a key.
const maxIDBytes = 256

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

func (d *decoder) version() {
	if d.byte() != rowVersion {
		d.bad = true
	}
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

func (d *decoder) string(limit int) string {
	n := d.uint()
	if n > uint64(limit) {
		d.bad = true
		return ""
	}
	return string(d.take(int(n)))
}

func (d *decoder) money() wire.MonetaryAmount {
	m := wire.MonetaryAmount{Units: d.uint(), Currency: d.string(maxCurrencyBytes)}
	d.bad = d.bad || m.Units > wire.MaxUnits
	return m
}

func (d *decoder) end(row string) error {
	if d.bad || len(d.rest) != 0 {
		return fmt.Errorf("%w: malformed %s row", ErrCorrupt, row)
	}
	return nil
}
