package status

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of the lists.
const (
	listPrefix   = "v/list/" // + number: signed status list
	indexCounter = "v/index"
)

// DefaultTTLSeconds is how long a signed list may be relied on: long enough
// for an offline verifier, short enough that a stale copy does not hide a
// revocation for ever.
const DefaultTTLSeconds = 7 * 24 * 3600

// Config says who signs the lists and where they are found.
type Config struct {
	Org        wire.Signer
	TTLSeconds int64  // validity of a signed list; 0 means 7 days
	Base       string // URL before the list number; "" means <did>/status/
}

// Lists are the status lists of one organisation. Every method works inside a
// transaction of the caller, so that a bit, its signature and the record it is
// about change together.
type Lists struct {
	cfg Config
}

// New checks the configuration and touches nothing.
func New(cfg Config) (*Lists, error) {
	if cfg.Org == nil || cfg.TTLSeconds < 0 {
		return nil, errors.New("status: Org is required, TTLSeconds not negative")
	}
	if cfg.TTLSeconds == 0 {
		cfg.TTLSeconds = DefaultTTLSeconds
	}
	if cfg.Base == "" {
		cfg.Base = string(did.FromKey(cfg.Org.Public())) + "/status/"
	}
	return &Lists{cfg}, nil
}

// Allocate takes the next free bit. It returns the entry that names it and its
// index over all lists.
func (l *Lists) Allocate(tx store.Tx) (vc.StatusEntry, uint64, error) {
	n, err := tx.Next(indexCounter)
	if err != nil {
		return vc.StatusEntry{}, 0, err
	}
	index := n - 1
	return vc.NewStatusEntry(l.url(index/vc.ListBits), uint32(index%vc.ListBits)), index, nil
}

// Set sets the bit of an index and signs its list anew.
func (l *Lists) Set(tx store.Tx, index uint64, now int64) error {
	number := index / vc.ListBits
	bits, from, _, err := l.load(tx, number)
	if err != nil {
		return err
	}
	i := index % vc.ListBits
	bits[i/8] |= 0x80 >> (i % 8)
	_, err = l.put(tx, number, bits, max(now, from))
	return err
}

// For returns the signed list that holds an index, fresh as of now: it is
// signed anew if it does not exist or half its validity has passed.
func (l *Lists) For(tx store.Tx, index uint64, now int64) ([]byte, error) {
	return l.fresh(tx, index/vc.ListBits, now)
}

// Document returns a list by its number, fresh as of now: what an organisation
// publishes. It wraps store.ErrNotFound for a list that does not exist.
func (l *Lists) Document(tx store.Tx, number uint64, now int64) ([]byte, error) {
	if _, err := tx.Get(listRow(number)); err != nil {
		return nil, fmt.Errorf("status list %d: %w", number, err)
	}
	return l.fresh(tx, number, now)
}

func (l *Lists) fresh(tx store.Tx, number uint64, now int64) ([]byte, error) {
	bits, from, doc, err := l.load(tx, number)
	if err != nil {
		return nil, err
	}
	if doc != nil && now < from+l.cfg.TTLSeconds/2 {
		return doc, nil
	}
	return l.put(tx, number, bits, max(now, from))
}

// load returns the bits of a list, when it was signed, and its document. A
// list that does not exist yet is all clear and has no document.
func (l *Lists) load(v store.Reader, number uint64) (bits []byte, from int64, doc []byte, err error) {
	doc, err = v.Get(listRow(number))
	if errors.Is(err, store.ErrNotFound) {
		return vc.NewBits(), 0, nil, nil
	}
	if err != nil {
		return nil, 0, nil, err
	}
	// Opening it again costs one verification and means that a damaged list is
	// never signed over.
	list, err := vc.OpenStatusList(doc, string(did.FromKey(l.cfg.Org.Public())))
	if err != nil {
		return nil, 0, nil, err
	}
	return list.Bits(), list.ValidFrom(), doc, nil
}

// put signs the bits of a list. The time it is given is never before that of
// the list it replaces: a clock that went back does not make it older.
func (l *Lists) put(tx store.Tx, number uint64, bits []byte, now int64) ([]byte, error) {
	doc, err := vc.SignStatusList(l.cfg.Org, l.url(number), bits, now, l.cfg.TTLSeconds)
	if err != nil {
		return nil, err
	}
	tx.Set(listRow(number), doc)
	return doc, nil
}

func (l *Lists) url(number uint64) string { return l.cfg.Base + strconv.FormatUint(number, 10) }

func listRow(number uint64) string { return listPrefix + strconv.FormatUint(number, 10) }
