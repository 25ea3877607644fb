package status

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of the lists. A chunk that was never written is all clear.
const (
	listPrefix   = "v/list/"   // + number: signed list
	statePrefix  = "v/status/" // + number: state
	takenPrefix  = "v/taken/"  // + number / chunk: which entries are allotted
	bitsPrefix   = "v/bits/"   // + number / chunk: what entries say
	openPrefix   = "v/open/"   // + kind: number of the list that is being filled
	dirtyPrefix  = "v/dirty/"  // + number: a mark that it must be signed
	listCounter  = "v/lists"   // how many lists there are
	indexCounter = "v/index"   // of earlier versions: how many entries
)

const (
	chunkBytes = 1024
	chunkBits  = chunkBytes * 8

	// maxRawBits bounds a list of ours: in the worst case, with nothing to
	// compress, it is still one row of the store when it is signed.
	maxRawBits = 4 << 20
)

// state is the row of one list.
type state struct {
	URL       string   `json:"url"`
	Kind      kindRow  `json:"kind"`
	Entries   uint32   `json:"entries"`
	Free      []uint32 `json:"free"`       // entries not allotted, by chunk
	FreeTotal uint32   `json:"free_total"` // their sum
	Ones      uint64   `json:"ones"`       // bits that are set
	Revision  uint64   `json:"revision"`   // counts changes; 1 when new
	Signed    uint64   `json:"signed"`     // the revision last signed; 0: none
	SignedAt  int64    `json:"signed_at"`
}

// kindRow is Kind in a row.
type kindRow struct {
	Purpose    string             `json:"purpose"`
	Size       vc.StatusSize      `json:"size,omitzero"`
	Messages   []vc.StatusMessage `json:"messages,omitempty"`
	References vc.StatusReference `json:"references,omitempty"`
}

// batch is what one method has read and changed of the lists. Rows are written
// once, by save.
type batch struct {
	l     *Lists
	tx    store.Tx
	lists map[uint64]*list
}

// list is a list in a batch.
type list struct {
	state
	kind    Kind
	number  uint64
	b       *batch
	taken   map[uint32]*chunk
	bits    map[uint32]*chunk
	changed bool
}

type chunk struct {
	b       []byte
	changed bool
}

func (l *Lists) begin(tx store.Tx) *batch {
	return &batch{l: l, tx: tx, lists: make(map[uint64]*list, 1)}
}

// list finds a list by its number.
func (b *batch) list(number uint64) (*list, error) {
	if st := b.lists[number]; st != nil {
		return st, nil
	}
	row, err := b.tx.Get(stateRow(number))
	if errors.Is(err, store.ErrNotFound) {
		var known bool
		if known, err = b.adopt(); err == nil && known {
			row, err = b.tx.Get(stateRow(number))
		}
		if err == nil && row == nil || errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("%w: %w: there is no list %d", ErrUnknown, store.ErrNotFound, number)
		}
	}
	if err != nil {
		return nil, err
	}
	st := &list{number: number, b: b}
	if err := wire.Unmarshal(row, &st.state, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: list %d: %w", ErrDamaged, number, err)
	}
	return st.enter()
}

// enter checks the state of a list and puts it into the batch.
func (st *list) enter() (*list, error) {
	st.kind = Kind(st.Kind)
	st.taken, st.bits = map[uint32]*chunk{}, map[uint32]*chunk{}
	sum := uint32(0)
	for _, f := range st.Free {
		sum += min(f, chunkBits+1)
	}
	if err := st.kind.check(st.Entries); err != nil || uint64(len(st.Free))*chunkBits != uint64(st.Entries) || sum != st.FreeTotal || st.Signed > st.Revision {
		return nil, fmt.Errorf("%w: the row of list %d contradicts itself: %w", ErrDamaged, st.number, err)
	}
	st.b.lists[st.number] = st
	return st, nil
}

// open finds the list of a kind that is being filled, or makes the first.
func (b *batch) open(k Kind) (*list, error) {
	row, err := b.tx.Get(openRow(k))
	if errors.Is(err, store.ErrNotFound) {
		if _, err := b.adopt(); err != nil {
			return nil, err
		}
		row, err = b.tx.Get(openRow(k))
	}
	if errors.Is(err, store.ErrNotFound) {
		return b.create(k)
	}
	if err != nil {
		return nil, err
	}
	if len(row) != 8 {
		return nil, fmt.Errorf("%w: the row of the open list for %s", ErrDamaged, k.Purpose)
	}
	return b.list(binary.BigEndian.Uint64(row))
}

// create begins a new list of a kind.
func (b *batch) create(k Kind) (*list, error) {
	n, err := b.tx.Next(listCounter)
	if err != nil {
		return nil, err
	}
	entries := b.l.cfg.Entries
	st := &list{number: n - 1, b: b, changed: true, state: state{
		URL: b.l.url(n - 1), Kind: kindRow(k), Entries: entries, Free: make([]uint32, entries/chunkBits), FreeTotal: entries, Revision: 1}}
	for i := range st.Free {
		st.Free[i] = chunkBits
	}
	b.tx.Set(openRow(k), binary.BigEndian.AppendUint64(nil, st.number))
	b.tx.Set(dirtyRow(st.number), []byte{1})
	return st.enter()
}

// save writes what has changed.
func (b *batch) save() error {
	for _, st := range b.lists {
		if !st.changed {
			continue
		}
		row, err := wire.Marshal(st.state)
		if err != nil {
			return err
		}
		b.tx.Set(stateRow(st.number), row)
		for prefix, chunks := range map[string]map[uint32]*chunk{takenPrefix: st.taken, bitsPrefix: st.bits} {
			for i, c := range chunks {
				if c.changed {
					b.tx.Set(chunkRow(prefix, st.number, i), c.b)
					c.changed = false
				}
			}
		}
		st.changed = false
	}
	return nil
}

// chunk reads one chunk of a list.
func (st *list) chunk(prefix string, i uint32) (*chunk, error) {
	chunks := st.taken
	if prefix == bitsPrefix {
		chunks = st.bits
	}
	if c := chunks[i]; c != nil {
		return c, nil
	}
	row, err := st.b.tx.Get(chunkRow(prefix, st.number, i))
	if errors.Is(err, store.ErrNotFound) {
		row, err = make([]byte, chunkBytes), nil
	}
	if err != nil {
		return nil, err
	}
	if len(row) != chunkBytes || prefix == takenPrefix && ones(row) != uint64(chunkBits-st.Free[i]) {
		return nil, fmt.Errorf("%w: chunk %d of list %d", ErrDamaged, i, st.number)
	}
	c := &chunk{b: row}
	chunks[i] = c
	return c, nil
}

func ones(b []byte) (n uint64) {
	for ; len(b) >= 8; b = b[8:] {
		n += uint64(bits.OnesCount64(binary.BigEndian.Uint64(b)))
	}
	return n
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func listRow(n uint64) string  { return listPrefix + number(n) }
func stateRow(n uint64) string { return statePrefix + number(n) }
func dirtyRow(n uint64) string { return dirtyPrefix + number(n) }

func chunkRow(prefix string, n uint64, i uint32) string {
	return prefix + number(n) + "/" + number(uint64(i))
}

// openRow names the kind: its purpose, and a digest of the messages.
func openRow(k Kind) string {
	if k.Purpose != vc.PurposeMessage {
		return openPrefix + k.Purpose
	}
	d := wire.Hash(wire.MustMarshal(kindRow(k)))
	return openPrefix + k.Purpose + "/" + hex.EncodeToString(d[:])
}
