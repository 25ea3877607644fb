package status

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// DefaultTTLSeconds is how long a signed list may be relied on: long enough
// for an offline verifier, short enough that a stale copy does not hide a
// revocation for ever.
const DefaultTTLSeconds = 7 * 24 * 3600

// MaxAllocate bounds one AllocateMany or SetMany.
const MaxAllocate = 1 << 20

// The errors a caller can act on.
var (
	// ErrUnknown: no such list, or an index that was never allotted.
	ErrUnknown = errors.New("status entry is not known")
	// ErrIrreversible: revocation and refresh are not taken back.
	ErrIrreversible = errors.New("status cannot be taken back")
	// ErrUnsigned: an entry has changed since the list was signed.
	ErrUnsigned = errors.New("status list is not signed as it is now")
	// ErrDamaged: rows of a list contradict each other.
	ErrDamaged = errors.New("status list is damaged")
	// ErrKind: a list of that kind cannot be.
	ErrKind = errors.New("not a kind of status list")
)

// Config says who signs the lists and where they are found.
type Config struct {
	Org            wire.Signer
	Rand           io.Reader
	TTLSeconds     int64  // validity of a signed list; 0 means 7 days
	Base           string // URL before the list number; "" means <did>/status/
	Entries        uint32 // of a new list, a multiple of 8192 from 131072 to 2^22; 0 means 131072
	RefreshSeconds int64  // after how long verifiers should ask again (ttl); 0: not said

	// Issuer and Sign replace Org: another DID, suite or form of signature.
	Issuer string
	Sign   func(unsecured []byte, now int64) ([]byte, error)
}

// Kind is what the entries of a list are for.
type Kind struct {
	Purpose    string             // one of the four of package vc
	Size       vc.StatusSize      // bits; 0 is 1; only messages take more
	Messages   []vc.StatusMessage // for vc.PurposeMessage: one for each value
	References vc.StatusReference // where the messages are explained
}

// Allotted is an entry and its handle: the index over all lists, by which its
// status is changed.
type Allotted struct {
	Entry vc.StatusEntry
	Index uint64
}

// Lists are the status lists of one organisation. Every method works inside a
// transaction of the caller.
type Lists struct{ cfg Config }

// New checks the configuration and touches nothing.
func New(cfg Config) (*Lists, error) {
	if cfg.Org == nil && (cfg.Sign == nil || cfg.Issuer == "") || cfg.Rand == nil {
		return nil, errors.New("status: Org, or Issuer and Sign, and Rand are required")
	}
	if cfg.TTLSeconds < 0 || cfg.RefreshSeconds < 0 {
		return nil, errors.New("status: TTLSeconds and RefreshSeconds must not be negative")
	}
	if cfg.Entries%chunkBits != 0 || cfg.Entries != 0 && (cfg.Entries < vc.ListBits || cfg.Entries > maxRawBits) {
		return nil, fmt.Errorf("status: Entries is %d, want a multiple of %d from %d to %d", cfg.Entries, chunkBits, vc.ListBits, maxRawBits)
	}
	if cfg.Entries == 0 {
		cfg.Entries = vc.ListBits
	}
	if cfg.TTLSeconds == 0 {
		cfg.TTLSeconds = DefaultTTLSeconds
	}
	if cfg.Sign == nil {
		org := cfg.Org
		cfg.Issuer = did.FromKey(org.Public()).String()
		cfg.Sign = func(doc []byte, now int64) ([]byte, error) { return vc.Sign(doc, org, vc.Time(now)) }
	}
	if cfg.Base == "" {
		cfg.Base = cfg.Issuer + "/status/"
	}
	return &Lists{cfg}, nil
}

// Allocate takes a free entry of a kind, drawn at random. It returns the entry
// and its index over all lists.
func (l *Lists) Allocate(tx store.Tx, k Kind) (vc.StatusEntry, uint64, error) {
	one, err := l.AllocateMany(tx, k, 1)
	if err != nil {
		return vc.StatusEntry{}, 0, err
	}
	return one[0].Entry, one[0].Index, nil
}

// AllocateMany is Allocate n times, at the price of few.
func (l *Lists) AllocateMany(tx store.Tx, k Kind, n int) ([]Allotted, error) {
	if n < 0 || n > MaxAllocate {
		return nil, fmt.Errorf("status: %d entries at once, want at most %d", n, MaxAllocate)
	}
	if err := k.check(l.cfg.Entries); err != nil {
		return nil, err
	}
	b := l.begin(tx)
	st, err := b.open(k)
	if err != nil {
		return nil, err
	}
	out := make([]Allotted, 0, n)
	for range n {
		if st.FreeTotal == 0 {
			if st, err = b.create(k); err != nil {
				return nil, err
			}
		}
		i, err := st.take()
		if err != nil {
			return nil, err
		}
		out = append(out, Allotted{st.entry(i), handle(st.number, i)})
	}
	return out, b.save()
}

// Set sets an entry of one bit: its credential is revoked, suspended, or
// superseded. Setting it again changes nothing.
func (l *Lists) Set(tx store.Tx, index uint64) error { return l.SetMany(tx, []uint64{index}, 1) }

// Clear lifts a suspension; with a message it is value 0.
func (l *Lists) Clear(tx store.Tx, index uint64) error { return l.SetMany(tx, []uint64{index}, 0) }

// SetMany gives entries a value, at the price of few: all of them, or none and
// an error.
func (l *Lists) SetMany(tx store.Tx, indexes []uint64, value uint8) error {
	if len(indexes) > MaxAllocate {
		return fmt.Errorf("status: %d entries at once, want at most %d", len(indexes), MaxAllocate)
	}
	b := l.begin(tx)
	for _, index := range indexes {
		number, i := place(index)
		st, err := b.list(number)
		if err != nil {
			return err
		}
		if err := st.set(i, value); err != nil {
			return err
		}
	}
	return b.save()
}

// Value is what an entry says now.
func (l *Lists) Value(tx store.Tx, index uint64) (uint8, error) {
	number, i := place(index)
	st, err := l.begin(tx).list(number)
	if err != nil {
		return 0, err
	}
	return st.value(i)
}

// handle is the index of an entry over all lists: the number of its list, from
// 1, above 32 bits of its place. What earlier versions gave out has no number,
// and lies at that place in a row of lists of vc.ListBits.
func handle(number uint64, i uint32) uint64 { return (number+1)<<32 | uint64(i) }

func place(index uint64) (number uint64, i uint32) {
	if index>>32 == 0 {
		return index / vc.ListBits, uint32(index % vc.ListBits)
	}
	return index>>32 - 1, uint32(index)
}

func (l *Lists) url(number uint64) string { return l.cfg.Base + strconv.FormatUint(number, 10) }

// check: the four purposes; size and messages for messages only, and complete.
func (k *Kind) check(entries uint32) error {
	switch k.Purpose {
	case vc.PurposeRevocation, vc.PurposeSuspension, vc.PurposeRefresh:
		if k.Size > 1 || k.Messages != nil || k.References != nil {
			return fmt.Errorf("%w: %s takes one bit and no messages", ErrKind, k.Purpose)
		}
		return nil
	case vc.PurposeMessage:
	default:
		return fmt.Errorf("%w: purpose %.60q: use revocation, suspension, refresh or message", ErrKind, k.Purpose)
	}
	if k.Size > 8 || uint64(entries)*uint64(max(k.Size, 1)) > maxRawBits || len(k.Messages) == 0 {
		return fmt.Errorf("%w: messages of %d bits for %d entries: at most 8 bits, %d in all, and a message for each value", ErrKind, k.Size, entries, maxRawBits)
	}
	e := k.entry("urn:x", 0)
	if err := e.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrKind, err)
	}
	return nil
}

func (k *Kind) entry(url string, i uint32) vc.StatusEntry {
	e := vc.NewStatusEntryFor(k.Purpose, url, i)
	e.StatusSize, e.StatusMessage, e.StatusReference = k.Size, k.Messages, k.References
	return e
}
