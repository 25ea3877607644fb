package status

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
)

// adopt takes over, once, the lists of earlier versions: lists for revocation
// of vc.ListBits entries allotted one after the other, whose bits are in the
// signed document only. It reports whether it has taken any.
func (b *batch) adopt() (bool, error) {
	if _, err := b.tx.Get(listCounter); !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	total, err := store.ReadCounter(b.tx, indexCounter)
	if err != nil || total == 0 {
		return false, err
	}
	count := (total + vc.ListBits - 1) / vc.ListBits
	for n := range count {
		if err := b.adoptList(n, min(vc.ListBits, total-n*vc.ListBits)); err != nil {
			return false, err
		}
	}
	k := Kind{Purpose: vc.PurposeRevocation}
	b.tx.Set(listCounter, binary.BigEndian.AppendUint64(nil, count))
	b.tx.Set(openRow(k), binary.BigEndian.AppendUint64(nil, count-1))
	return true, b.save()
}

// adoptList reads the bits of one list out of its document, which must verify.
func (b *batch) adoptList(number, used uint64) error {
	st := &list{number: number, b: b, changed: true, state: state{URL: b.l.url(number), Entries: vc.ListBits,
		Kind: kindRow{Purpose: vc.PurposeRevocation}, Free: make([]uint32, vc.ListBits/chunkBits), Revision: 1}}
	raw := vc.NewBits()
	switch doc, err := b.tx.Get(listRow(number)); {
	case errors.Is(err, store.ErrNotFound): // allotted, and never asked for
		b.tx.Set(dirtyRow(number), []byte{1})
	case err != nil:
		return err
	default:
		l, err := vc.OpenStatusList(doc, b.l.cfg.Issuer)
		if err != nil {
			return err
		}
		if raw = l.Bits(); len(raw) != vc.ListBits/8 {
			return fmt.Errorf("%w: list %d has %d bytes", ErrDamaged, number, len(raw))
		}
		st.URL, st.SignedAt, st.Signed = l.ID(), l.ValidFrom(), 1
	}
	for i := range st.Free {
		n := min(max(used, uint64(i)*chunkBits)-uint64(i)*chunkBits, chunkBits)
		st.Free[i] = uint32(chunkBits - n)
		st.FreeTotal += st.Free[i]
	}
	st.Ones = ones(raw)
	if _, err := st.enter(); err != nil {
		return err
	}
	for i := range uint32(len(st.Free)) {
		st.bits[i] = &chunk{b: raw[i*chunkBytes : (i+1)*chunkBytes], changed: true}
		taken := &chunk{b: make([]byte, chunkBytes), changed: true}
		for j := range chunkBits - st.Free[i] {
			vc.PutValue(taken.b, uint64(j), 1, 1)
		}
		st.taken[i] = taken
	}
	return nil
}
