package status

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/backbay-labs/chio-node/vc"
)

// take allots a free entry, each with the same chance: it draws which of the
// free entries it is to be, and finds that one.
func (st *list) take() (uint32, error) {
	k, err := draw(st.b.l.cfg.Rand, uint64(st.FreeTotal))
	if err != nil {
		return 0, err
	}
	at := 0
	for ; k >= uint64(st.Free[at]); at++ {
		k -= uint64(st.Free[at])
	}
	c, err := st.chunk(takenPrefix, uint32(at))
	if err != nil {
		return 0, err
	}
	i := nthClear(c.b, k)
	vc.PutValue(c.b, uint64(i), 1, 1)
	st.Free[at]--
	st.FreeTotal--
	c.changed, st.changed = true, true
	return uint32(at)*chunkBits + i, nil
}

// nthClear is the place of the nth clear bit, from 0; there is one.
func nthClear(b []byte, n uint64) uint32 {
	for at := 0; ; at += 8 {
		word := ^binary.BigEndian.Uint64(b[at:])
		if c := uint64(bits.OnesCount64(word)); n >= c {
			n -= c
			continue
		}
		for ; n > 0; n-- {
			word &^= 1 << 63 >> bits.LeadingZeros64(word)
		}
		return uint32(at*8 + bits.LeadingZeros64(word))
	}
}

// draw returns a number below n, each with the same chance.
func draw(r io.Reader, n uint64) (uint64, error) {
	var b [8]byte
	for {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return 0, fmt.Errorf("draw a status entry: %w", err)
		}
		// The 2^64 mod n lowest would make some numbers likelier (Lemire).
		if high, low := bits.Mul64(binary.BigEndian.Uint64(b[:]), n); low >= -n%n {
			return high, nil
		}
	}
}

// allotted refuses an entry that nobody has been given.
func (st *list) allotted(i uint32) error {
	if i >= st.Entries {
		return fmt.Errorf("%w: entry %d of list %d, which has %d", ErrUnknown, i, st.number, st.Entries)
	}
	c, err := st.chunk(takenPrefix, i/chunkBits)
	if err != nil {
		return err
	}
	if v, _ := vc.Value(c.b, uint64(i%chunkBits), 1); v == 0 {
		return fmt.Errorf("%w: entry %d of list %d was never allotted", ErrUnknown, i, st.number)
	}
	return nil
}

func (st *list) size() uint32 { return uint32(max(st.kind.Size, 1)) }

// value reads an entry bit by bit: an entry of 3, 5, 6 or 7 bits may lie in
// two chunks.
func (st *list) value(i uint32) (v uint8, err error) {
	if err := st.allotted(i); err != nil {
		return 0, err
	}
	for n := range st.size() {
		at := i*st.size() + n
		c, err := st.chunk(bitsPrefix, at/chunkBits)
		if err != nil {
			return 0, err
		}
		bit, _ := vc.Value(c.b, uint64(at%chunkBits), 1)
		v = v<<1 | bit
	}
	return v, nil
}

// set gives an entry a value and marks the list if that changes anything.
func (st *list) set(i uint32, v uint8) error {
	old, err := st.value(i)
	if err != nil || v == old {
		return err
	}
	if uint32(v)>>st.size() != 0 {
		return fmt.Errorf("%w: value %d does not fit into %d bits of list %d", ErrKind, v, st.size(), st.number)
	}
	if p := st.kind.Purpose; old != 0 && (p == vc.PurposeRevocation || p == vc.PurposeRefresh) {
		return fmt.Errorf("%w: %s of entry %d of list %d", ErrIrreversible, p, i, st.number)
	}
	for n := range st.size() {
		at := i*st.size() + n
		c, err := st.chunk(bitsPrefix, at/chunkBits)
		if err != nil {
			return err
		}
		vc.PutValue(c.b, uint64(at%chunkBits), 1, v>>(st.size()-1-n)&1)
		c.changed = true
	}
	st.Ones += uint64(bits.OnesCount8(v)) - uint64(bits.OnesCount8(old))
	if st.Signed == st.Revision {
		st.b.tx.Set(dirtyRow(st.number), []byte{1})
	}
	st.Revision++
	st.changed = true
	return nil
}

func (st *list) entry(i uint32) vc.StatusEntry { return st.kind.entry(st.URL, i) }
