package status

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// For returns the signed list that holds an index, fresh as of now.
func (l *Lists) For(tx store.Tx, index uint64, now int64) ([]byte, error) {
	number, _ := place(index)
	return l.Document(tx, number, now)
}

// Document returns a list by its number, fresh as of now: what an organisation
// publishes. It is signed anew if an entry has changed since, or half its
// validity has passed. It wraps store.ErrNotFound for a list that does not
// exist.
func (l *Lists) Document(tx store.Tx, number uint64, now int64) ([]byte, error) {
	b := l.begin(tx)
	st, err := b.list(number)
	if err != nil {
		return nil, err
	}
	if l.fresh(&st.state, now) {
		return st.document(tx)
	}
	doc, err := st.sign(now)
	if err != nil {
		return nil, err
	}
	return doc, b.save()
}

// Peek returns the signed list of a number if it is fresh as of now, without
// writing: a server asks it first and Document only after that.
func (l *Lists) Peek(r store.Reader, number uint64, now int64) (doc []byte, fresh bool, err error) {
	st, err := readState(r, number)
	if errors.Is(err, ErrUnknown) || err == nil && !l.fresh(&st.state, now) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	doc, err = st.document(r)
	return doc, err == nil, err
}

// readState reads the row of a list outside a batch.
func readState(r store.Reader, number uint64) (*list, error) {
	row, err := r.Get(stateRow(number))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: there is no list %d", ErrUnknown, number)
	}
	if err != nil {
		return nil, err
	}
	st := &list{number: number}
	if err := wire.Unmarshal(row, &st.state, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: list %d: %w", ErrDamaged, number, err)
	}
	return st, nil
}

// Last returns the list that holds an index as it was signed last, however long
// ago, and signs nothing. It wraps ErrUnsigned if an entry has changed since.
func (l *Lists) Last(r store.Reader, index uint64) ([]byte, error) {
	number, _ := place(index)
	st, err := readState(r, number)
	if err != nil {
		return nil, err
	}
	if st.Signed != st.Revision {
		return nil, fmt.Errorf("%w: list %d", ErrUnsigned, number)
	}
	return st.document(r)
}

// Flush signs every list that has changed since it was signed, and says how
// many: what a server does from time to time, so that no reader waits.
func (l *Lists) Flush(tx store.Tx, now int64) (int, error) {
	var numbers []uint64
	err := tx.Scan(dirtyPrefix, "", func(key string, _ []byte) error {
		n, err := strconv.ParseUint(strings.TrimPrefix(key, dirtyPrefix), 10, 64)
		numbers = append(numbers, n)
		return err
	})
	if err != nil {
		return 0, err
	}
	b := l.begin(tx)
	for _, n := range numbers {
		st, err := b.list(n)
		if err != nil {
			return 0, err
		}
		if _, err := st.sign(now); err != nil {
			return 0, err
		}
	}
	return len(numbers), b.save()
}

// fresh: nothing has changed since, and less than half its validity has passed.
func (l *Lists) fresh(st *state, now int64) bool {
	return st.Signed == st.Revision && now < st.SignedAt+l.cfg.TTLSeconds/2
}

func (st *list) document(r store.Reader) ([]byte, error) {
	doc, err := r.Get(listRow(st.number))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: list %d was signed and is not there", ErrDamaged, st.number)
	}
	return doc, err
}

// sign signs the list as it is. Its time is never before that of the list it
// replaces: a clock that went back does not make it older.
func (st *list) sign(now int64) ([]byte, error) {
	raw, err := st.raw()
	if err != nil {
		return nil, err
	}
	l, from := st.b.l, max(now, st.SignedAt)
	unsigned, err := vc.UnsignedStatusList(l.cfg.Issuer, vc.ListContent{
		ID: st.URL, Purpose: st.kind.Purpose, Size: st.kind.Size, Messages: st.kind.Messages,
		TTLMillis: uint64(l.cfg.RefreshSeconds) * 1000, ValidFrom: from, ValidUntil: from + l.cfg.TTLSeconds}, raw)
	if err != nil {
		return nil, err
	}
	doc, err := l.cfg.Sign(unsigned, from)
	if err != nil {
		return nil, err
	}
	st.b.tx.Set(listRow(st.number), doc)
	st.b.tx.Delete(dirtyRow(st.number))
	st.Signed, st.SignedAt, st.changed = st.Revision, from, true
	return doc, nil
}

// raw puts the chunks together, and does not if a bit has come or gone.
func (st *list) raw() ([]byte, error) {
	chunks := st.Entries / chunkBits * st.size()
	out := make([]byte, 0, chunks*chunkBytes)
	for i := range chunks {
		c, err := st.chunk(bitsPrefix, i)
		if err != nil {
			return nil, err
		}
		out = append(out, c.b...)
	}
	if n := ones(out); n != st.Ones {
		return nil, fmt.Errorf("%w: list %d has %d bits set, want %d", ErrDamaged, st.number, n, st.Ones)
	}
	return out, nil
}
