package vchttp

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/status"
	"github.com/backbay-labs/chio-node/wire"
)

// bookPrefix is before the digest of a credential's id; the value says which
// entries the credential has.
const bookPrefix = "credential/"

// ErrAllotted: a credential of that id was issued before.
var ErrAllotted = errors.New("a credential of this id has a status already: give it another id")

// purposes are the entries every credential of a book is given.
var purposes = [...]string{vc.PurposeRevocation, vc.PurposeSuspension}

// BookConfig says where a book is kept and who signs its lists.
type BookConfig struct {
	DB     store.DB
	Rand   io.Reader
	Signer wire.Signer
	DID    string // of the signer: its did:chio or did:key
	Method string // the DID URL of its key
	Base   string // URL before the number of a list: https://issuer.example/status/
}

// Book remembers the status entries of credentials by their ids.
type Book struct {
	db    store.DB
	rand  io.Reader
	lists *status.Lists
	base  string
}

// NewBook checks the configuration and touches nothing.
func NewBook(c BookConfig) (*Book, error) {
	if c.DB == nil || c.Signer == nil || c.Base == "" {
		return nil, errors.New("vc/http: a book needs DB, Signer and Base")
	}
	lists, err := status.New(status.Config{Rand: c.Rand, Base: c.Base, Issuer: c.DID,
		Sign: func(unsecured []byte, now int64) ([]byte, error) {
			created := vc.Time(now)
			return vc.SignCredential(unsecured, c.Signer, vc.SignOptions{Method: c.Method, Created: &created})
		}})
	if err != nil {
		return nil, err
	}
	return &Book{c.DB, c.Rand, lists, c.Base}, nil
}

// Allot gives the credential of an id its entries, once.
func (b *Book) Allot(ctx context.Context, id string) ([]vc.StatusEntry, error) {
	var entries []vc.StatusEntry
	err := b.db.Update(ctx, func(all store.Tx) error {
		tx := within(all)
		entries = entries[:0]
		switch _, err := tx.Get(bookRow(id)); {
		case err == nil:
			return ErrAllotted
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		indexes := make(map[string]uint64, len(purposes))
		for _, p := range purposes {
			entry, index, err := b.lists.Allocate(tx, status.Kind{Purpose: p})
			if err != nil {
				return err
			}
			indexes[p] = index
			entries = append(entries, entry)
		}
		value, err := wire.Marshal(indexes)
		if err != nil {
			return err
		}
		tx.Set(bookRow(id), value)
		return nil
	})
	return entries, err
}

// Set sets the entry of a credential for a purpose, or clears it. It wraps
// status.ErrUnknown, status.ErrIrreversible and status.ErrKind.
func (b *Book) Set(ctx context.Context, id, purpose string, value bool) error {
	return b.db.Update(ctx, func(all store.Tx) error {
		tx := within(all)
		row, err := tx.Get(bookRow(id))
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: no credential %.140q was issued here", status.ErrUnknown, id)
		}
		if err != nil {
			return err
		}
		var indexes map[string]uint64
		if err := wire.Unmarshal(row, &indexes, wire.DocumentLimits); err != nil {
			return fmt.Errorf("status of %.140q: %w", id, err)
		}
		index, ok := indexes[purpose]
		if !ok {
			return fmt.Errorf("%w: statusPurpose %.40q: a credential here has %s and %s", status.ErrKind, purpose, purposes[0], purposes[1])
		}
		if value {
			return b.lists.Set(tx, index)
		}
		return b.lists.Clear(tx, index)
	})
}

// List returns a signed list as of now.
func (b *Book) List(ctx context.Context, number uint64, now int64) (doc []byte, err error) {
	fresh := false
	err = b.db.View(func(r store.Reader) error {
		doc, fresh, err = b.lists.Peek(rows{r}, number, now)
		return err
	})
	if err != nil || fresh {
		return doc, err
	}
	err = b.db.Update(ctx, func(tx store.Tx) error {
		doc, err = b.lists.Document(within(tx), number, now)
		return err
	})
	return doc, err
}

func (b *Book) newID(nowMillis int64) (string, error) {
	id, err := wire.NewUUIDv7(nowMillis, b.rand)
	return "urn:uuid:" + id, err
}

// bookRow is the row of a credential: its id is foreign text of any length.
func bookRow(id string) string { return bookPrefix + wire.Hash([]byte(id)).String() }
