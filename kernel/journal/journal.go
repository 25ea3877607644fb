package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The errors a caller can act on.
var (
	// ErrNotOpen: the call was never begun, or has ended.
	ErrNotOpen = errors.New("call is not open")
	// ErrCorrupt: a journal row does not decode.
	ErrCorrupt = errors.New("journal row is corrupt")
)

const (
	openRows = "i/open/"
	doneRows = "i/done/"
)

// Done is how a call ended, kept until ExpiresAt (unix seconds).
type Done struct {
	ReceiptID string
	LogIndex  uint64
	ExpiresAt int64
}

// encode is expiry and index as 8 big-endian bytes each, then the receipt id.
func (d *Done) encode() []byte {
	b := make([]byte, 0, 16+len(d.ReceiptID))
	b = binary.BigEndian.AppendUint64(b, uint64(d.ExpiresAt))
	b = binary.BigEndian.AppendUint64(b, d.LogIndex)
	return append(b, d.ReceiptID...)
}

// Fresh denies a call id that is open or ended (CHIO-CALL-DUPLICATE). Any
// other error means nothing was decided.
func Fresh(r store.Reader, callID string) error {
	for _, rows := range [...]string{openRows, doneRows} {
		switch _, err := r.Get(rows + callID); {
		case err == nil:
			return &kernel.Denial{Step: 10, Code: kernel.CodeDuplicateCall, Guard: "journal", Side: "local",
				Reason: fmt.Sprintf("call id %.80s was already used", callID),
				Fix:    "send the call again under a new call id and a new holder proof"}
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	return nil
}

// Entry is an intent ready to be written: it is encoded before the
// transaction, because the one committer runs everybody's.
type Entry struct {
	callID string
	row    []byte
}

// Prepare encodes an intent. A call id that is no UUIDv7 is wire.ErrID. A row
// that Open would refuse to read is an error now: after a crash it would keep
// the node from starting.
func Prepare(in *Intent) (Entry, error) {
	if err := wire.CheckUUIDv7(in.CallID); err != nil {
		return Entry{}, fmt.Errorf("journal call: %w", err)
	}
	row, err := wire.Marshal(in)
	if err != nil {
		return Entry{}, fmt.Errorf("journal call %s: %w", in.CallID, err)
	}
	if limit := wire.DocumentLimits.Bytes; len(row) > limit {
		return Entry{}, fmt.Errorf("journal call %s: %w: %d bytes, limit %d", in.CallID, wire.ErrTooLarge, len(row), limit)
	}
	return Entry{callID: in.CallID, row: row}, nil
}

// Begin opens a call that is Fresh.
func Begin(tx store.Tx, e Entry) error {
	if err := Fresh(tx, e.callID); err != nil {
		return err
	}
	tx.Set(openRows+e.callID, e.row)
	return nil
}

// End closes an open call and remembers its id until d.ExpiresAt. A call that
// is not open is ErrNotOpen.
func End(tx store.Tx, callID string, d Done) error {
	if err := CheckOpen(tx, callID); err != nil {
		return err
	}
	if d.ReceiptID == "" || d.ExpiresAt < 0 {
		return fmt.Errorf("journal end of call %s: no receipt id, or expiry %d", callID, d.ExpiresAt)
	}
	tx.Delete(openRows + callID)
	tx.Set(doneRows+callID, d.encode())
	return nil
}

// CheckOpen returns ErrNotOpen unless the call is open.
func CheckOpen(r store.Reader, callID string) error {
	_, err := r.Get(openRows + callID)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("call %.80s: %w", callID, ErrNotOpen)
	}
	return err
}

// Ended returns how a call ended, or store.ErrNotFound.
func Ended(r store.Reader, callID string) (Done, error) {
	b, err := r.Get(doneRows + callID)
	if err != nil {
		return Done{}, err
	}
	return decodeDone(b)
}

// Open lists the calls that are under way: after a crash, the ones that owe a
// receipt.
func Open(r store.Reader) ([]Intent, error) {
	var out []Intent
	err := r.Scan(openRows, "", func(key string, value []byte) error {
		in, err := decodeIntent(value)
		if err == nil && in.CallID != strings.TrimPrefix(key, openRows) {
			err = fmt.Errorf("%w: %.80q holds another call", ErrCorrupt, key)
		}
		out = append(out, in)
		return err
	})
	return out, err
}

// Sweep examines at most limit ended calls after cursor, forgets those whose
// time is over at now, and returns their ids and the next cursor ("" once the
// end was reached).
func Sweep(tx store.Tx, cursor string, limit int, now int64) (swept []string, next string, err error) {
	seen := 0
	err = tx.Scan(doneRows, cursor, func(key string, value []byte) error {
		if seen == limit {
			return store.ErrStop
		}
		seen++
		next = key
		d, err := decodeDone(value)
		if err != nil {
			return err
		}
		if d.ExpiresAt <= now {
			swept = append(swept, strings.TrimPrefix(key, doneRows))
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if seen < limit {
		next = ""
	}
	for _, id := range swept {
		tx.Delete(doneRows + id)
	}
	return swept, next, nil
}

func decodeIntent(b []byte) (Intent, error) {
	var in Intent
	if err := wire.UnmarshalCanonical(b, &in, wire.DocumentLimits); err != nil {
		return Intent{}, fmt.Errorf("%w: intent: %w", ErrCorrupt, err)
	}
	return in, nil
}

func decodeDone(b []byte) (Done, error) {
	if len(b) <= 16 || b[0]&0x80 != 0 {
		return Done{}, fmt.Errorf("%w: end of %d bytes", ErrCorrupt, len(b))
	}
	return Done{ExpiresAt: int64(binary.BigEndian.Uint64(b)), LogIndex: binary.BigEndian.Uint64(b[8:]), ReceiptID: string(b[16:])}, nil
}
