package federation

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of calls between organisations. Peers are DIDs, indexes twenty
// digits.
const (
	prefixIn        = "f/in/"      // peer/call id → arrived, at the host
	prefixInContent = "f/inc/"     // peer/call id → what was released, at the host; /index: a chunk of it, its running hash before it
	prefixOut       = "f/out/"     // call id → departed, at the origin
	prefixJoint     = "f/joint/"   // peer/host receipt id → Joint
	prefixJoin      = "f/join/"    // peer/host receipt id: to be cosigned, at the origin
	prefixBox       = "f/box/"     // peer/log index → receipt id: what the peer may have
	prefixCalls     = "f/calls/"   // treaty/direction → calls admitted
	prefixGrant     = "f/grant/"   // peer → the treaty capability we gave
	prefixCap       = "f/cap/"     // peer → the treaty capability we hold
	prefixForeign   = "f/foreign/" // peer/index → receipt of the peer's log
	prefixForeignID = "f/fcall/"   // peer/call id → index under prefixForeign
	prefixHead      = "f/head/"    // peer → its newest head, cosigned by us
	prefixWitness   = "f/witness/" // peer → our newest head, cosigned by it
	prefixCursor    = "f/cursor/"  // peer → the next index to ask for
	prefixFiled     = "f/filed/"   // peer → how many rows it has under prefixForeign and prefixJoint
	prefixLogOwner  = "f/logof/"   // SHA-256 of a log id → the peer whose head under it was stored last
	prefixFork      = "f/fork/"    // peer → evidence of equivocation
)

// rowLimits bound a row that holds receipts of both sides.
var rowLimits = wire.Limits{Bytes: 8 << 20, Depth: 48}

// arrived is a call that a peer sent: begun, then answered for ever.
type arrived struct {
	Continuation *wire.Envelope `json:"continuation"`
	Done         bool           `json:"done,omitzero"`
	ReceiptID    string         `json:"receipt_id,omitempty"`
	Content      bool           `json:"content,omitzero"`       // there is a row of content
	ContentBytes int64          `json:"content_bytes,omitzero"` // there are rows of chunks
	Delivered    bool           `json:"delivered,omitzero"`     // the chunks went when the pair was joined, or after a day
	LyingSince   int64          `json:"lying_since,omitzero"`   // unix seconds; of the chunks
	IsError      bool           `json:"is_error,omitzero"`
}

// departed is a call of ours at a peer.
type departed struct {
	Peer          did.DID        `json:"peer"`
	Continuation  *wire.Envelope `json:"continuation"`
	ReceiptID     string         `json:"receipt_id,omitempty"`      // ours, once closed
	PeerReceiptID string         `json:"peer_receipt_id,omitempty"` // once filed
}

func inKey(k callKey) string { return prefixIn + k.peer.String() + "/" + k.callID }

func contentKey(k callKey) string { return prefixInContent + k.peer.String() + "/" + k.callID }

func jointKey(peer did.DID, receiptID string) string {
	return prefixJoint + peer.String() + "/" + receiptID
}

func joinKey(peer did.DID, receiptID string) string {
	return prefixJoin + peer.String() + "/" + receiptID
}

// ordered writes a number so that keys sort as numbers do.
func ordered(n uint64) string {
	s := strconv.FormatUint(n, 10)
	return "00000000000000000000"[:20-len(s)] + s
}

func boxKey(peer did.DID, index uint64) string {
	return prefixBox + peer.String() + "/" + ordered(index)
}

// load reads a row, or reports that there is none.
func load(r store.Reader, key string, into any) (bool, error) {
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := wire.UnmarshalCanonical(row, into, rowLimits); err != nil {
		return false, fmt.Errorf("%w: row %.160s: %w", store.ErrCorrupt, key, err)
	}
	return true, nil
}

// readEnvelope reads an envelope of ours by its id, with the signatures it has,
// or returns store.ErrNotFound.
func readEnvelope(r store.Reader, prefix string, id wire.Digest) (*wire.Envelope, error) {
	row, err := r.Get(prefix + id.String())
	if err != nil {
		return nil, fmt.Errorf("read %s%s: %w", prefix, id, err)
	}
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(row, &env, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: row %s%s: %w", store.ErrCorrupt, prefix, id, err)
	}
	if env.ID() != id {
		return nil, fmt.Errorf("%w: row %s%s holds %s", store.ErrCorrupt, prefix, id, env.ID())
	}
	return &env, nil
}

// each calls fn for every row under a prefix, in the order of the keys, until fn
// returns an error; store.ErrStop ends it with nil.
func each[T any](r store.Reader, prefix string, fn func(key string, row *T) error) error {
	return r.Scan(prefix, "", func(key string, doc []byte) error {
		row := new(T)
		if err := wire.UnmarshalCanonical(doc, row, rowLimits); err != nil {
			return fmt.Errorf("%w: row %.160s: %w", store.ErrCorrupt, key, err)
		}
		return fn(key, row)
	})
}

// save writes a row.
func save(tx store.Tx, key string, row any) error {
	doc, err := wire.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode row %.160s: %w", key, err)
	}
	tx.Set(key, doc)
	return nil
}

// countCall increments a treaty direction's calls and returns the number so far.
func countCall(tx store.Tx, treaty wire.Digest, direction Direction) (int64, error) {
	key, calls, err := callsMade(tx, treaty, direction)
	if err != nil {
		return 0, err
	}
	tx.Set(key, strconv.AppendInt(nil, calls+1, 10))
	return calls + 1, nil
}

// callsMade reads a treaty direction's calls so far, and the row's key.
func callsMade(r store.Reader, treaty wire.Digest, direction Direction) (key string, calls int64, err error) {
	key = prefixCalls + treaty.String() + "/" + strconv.Itoa(int(direction))
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return key, 0, nil
	}
	if err == nil {
		calls, err = strconv.ParseInt(string(row), 10, 64)
	}
	if err != nil {
		return key, 0, fmt.Errorf("count the treaty's calls: %w", err)
	}
	return key, calls, nil
}
