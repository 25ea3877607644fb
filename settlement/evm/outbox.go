package evm

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// State is how far a transaction has come.
type State string

// The states, in order. A reorganisation leads back to StateSigned from any of
// them but the last.
const (
	StateSigned State = "signed" // on disk, perhaps broadcast
	StateMined  State = "mined"  // in a canonical block
	StateSafe   State = "safe"   // in a block the chain calls safe
	StateFinal  State = "final"  // never to be undone
)

var stateOrder = map[State]int{StateSigned: 0, StateMined: 1, StateSafe: 2, StateFinal: 3}

// AtLeast reports whether s has come as far as want.
func (s State) AtLeast(want State) bool { return stateOrder[s] >= stateOrder[want] }

// txSchema is the schema of a transaction record.
const txSchema = "chio.evm_tx.v1"

// Tx is the record of one transaction, and what a restart works from.
type Tx struct {
	Schema      string      `json:"schema"`
	Key         string      `json:"key"`     // what it is for
	Detail      string      `json:"detail"`  // what may not differ when asked for again
	Attempt     uint64      `json:"attempt"` // above 1 after a final revert
	ChainID     uint64      `json:"chain_id"`
	From        Address     `json:"from"`
	To          Address     `json:"to"`
	Nonce       uint64      `json:"nonce"`
	Hash        wire.Digest `json:"hash"`
	Raw         string      `json:"raw"` // hex of the signed bytes
	State       State       `json:"state"`
	Broadcast   bool        `json:"broadcast"` // some provider took it
	Reverted    bool        `json:"reverted"`
	Reason      string      `json:"reason"` // of a revert
	BlockNumber uint64      `json:"block_number"`
	BlockHash   wire.Digest `json:"block_hash"`
	GasUsed     uint64      `json:"gas_used"`
	Reorgs      uint64      `json:"reorgs"` // times it fell out of the chain
	CreatedAt   int64       `json:"created_at"`
	UpdatedAt   int64       `json:"updated_at"`

	// Amount bounds what it moves, in token units; 0 if it moves none.
	Amount uint64 `json:"amount,omitzero"`
	// SignedAt is the head of the chain when the newest variant was signed.
	SignedAt uint64 `json:"signed_at,omitzero"`
	// Variants are all the forms that were signed for the nonce, oldest first;
	// none in the record of a transaction that was never replaced. Hash and Raw
	// are the mined one's, or else the newest one's.
	Variants []Variant `json:"variants,omitzero"`
	// Stuck says why a transaction that no block takes is not replaced.
	Stuck string `json:"stuck,omitzero"`
	// Cancelled: its nonce went to an empty transaction, so it never happens.
	Cancelled bool `json:"cancelled,omitzero"`
	// GasPrice and L1Fee are what it cost, in wei as decimal text: per unit of
	// gas, and for its data where the chain charges that apart (OP stack).
	GasPrice string `json:"gas_price,omitzero"`
	L1Fee    string `json:"l1_fee,omitzero"`
}

// Variant is one signed form of a transaction.
type Variant struct {
	Hash   wire.Digest `json:"hash"`
	Raw    string      `json:"raw"`
	Cancel bool        `json:"cancel,omitzero"` // an empty transfer to oneself
}

// variants lists every signed form, oldest first.
func (t *Tx) variants() []Variant {
	if len(t.Variants) == 0 {
		return []Variant{{Hash: t.Hash, Raw: t.Raw}}
	}
	return t.Variants
}

// newest is the form to send.
func (t *Tx) newest() Variant {
	v := t.variants()
	return v[len(v)-1]
}

// settled reports that nothing about the transaction can change any more.
func (t *Tx) settled() bool { return t.State == StateFinal }

// futile reports that the operation did not happen and never will by this
// record.
func (t *Tx) futile() bool { return t.settled() && (t.Reverted || t.Cancelled) }

// Rows of the outbox, under t/<chain id>/<account>/:
//
//	next          the next nonce, decimal
//	tx/<key>      the record of the latest attempt
//	old/<key>/<n> the record of attempt n, reverted for good
//	open/<nonce>  the key of a transaction that is not final
func (c *Chain) row(parts string) string {
	return fmt.Sprintf("t/%d/%s/%s", c.config.ChainID, c.config.Key.address, parts)
}

func (c *Chain) openRow(nonce uint64) string { return c.row(fmt.Sprintf("open/%020d", nonce)) }

// Tx returns the record under a key, or ErrUnknownTx.
func (c *Chain) Tx(key string) (Tx, error) {
	var t Tx
	err := c.config.DB.View(func(r store.Reader) error {
		var err error
		t, err = c.readTx(r, key)
		return err
	})
	return t, err
}

func (c *Chain) readTx(r store.Reader, key string) (Tx, error) {
	doc, err := r.Get(c.row("tx/" + key))
	if errors.Is(err, store.ErrNotFound) {
		return Tx{}, fmt.Errorf("%w: %s", ErrUnknownTx, key)
	}
	if err != nil {
		return Tx{}, fmt.Errorf("reading transaction %s: %w", key, err)
	}
	var t Tx
	if err := wire.UnmarshalCanonical(doc, &t, wire.DocumentLimits); err != nil {
		return Tx{}, fmt.Errorf("reading transaction %s: %w", key, err)
	}
	return t, nil
}

// writeTx also keeps the index of open transactions.
func (c *Chain) writeTx(tx store.Tx, t Tx) error {
	t.UpdatedAt = c.config.Now()
	doc, err := wire.Marshal(t)
	if err != nil {
		return fmt.Errorf("writing transaction %s: %w", t.Key, err)
	}
	tx.Set(c.row("tx/"+t.Key), doc)
	if t.settled() {
		if err := c.countGas(tx, &t); err != nil {
			return err
		}
		tx.Delete(c.openRow(t.Nonce))
	} else {
		tx.Set(c.openRow(t.Nonce), []byte(t.Key))
	}
	return nil
}

// archive keeps an attempt that reverted for good, before the next one.
func (c *Chain) archive(tx store.Tx, t Tx) error {
	doc, err := wire.Marshal(t)
	if err != nil {
		return fmt.Errorf("writing transaction %s: %w", t.Key, err)
	}
	tx.Set(c.row(fmt.Sprintf("old/%s/%d", t.Key, t.Attempt)), doc)
	return nil
}

// journal is the state of the nonces: next to use, and the lowest that is not
// final; known is false before the first transaction.
type journal struct {
	next, lowestOpen uint64
	known            bool
}

func (c *Chain) readJournal(r store.Reader) (journal, error) {
	var j journal
	text, err := r.Get(c.row("next"))
	if errors.Is(err, store.ErrNotFound) {
		return j, nil
	}
	if err != nil {
		return j, fmt.Errorf("reading the nonce journal: %w", err)
	}
	if j.next, err = strconv.ParseUint(string(text), 10, 64); err != nil {
		return j, fmt.Errorf("reading the nonce journal: %w", err)
	}
	j.known, j.lowestOpen = true, j.next
	prefix := c.row("open/")
	err = r.Scan(prefix, "", func(key string, _ []byte) error {
		nonce, err := strconv.ParseUint(key[len(prefix):], 10, 64)
		if err != nil {
			return fmt.Errorf("reading the nonce journal: %w", err)
		}
		j.lowestOpen = nonce
		return store.ErrStop
	})
	return j, err
}

func (c *Chain) writeNext(tx store.Tx, next uint64) {
	tx.Set(c.row("next"), strconv.AppendUint(nil, next, 10))
}

// Open returns the transactions that are not final, in nonce order.
func (c *Chain) Open() ([]Tx, error) {
	var open []Tx
	err := c.config.DB.View(func(r store.Reader) error {
		return r.Scan(c.row("open/"), "", func(_ string, key []byte) error {
			t, err := c.readTx(r, string(key))
			open = append(open, t)
			return err
		})
	})
	return open, err
}
