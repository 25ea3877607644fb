package journal

import (
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
	ReceiptID string `json:"receipt_id"`
	LogIndex  uint64 `json:"log_index"`
	ExpiresAt int64  `json:"expires_at"`
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

// Begin writes the intent of a call that is Fresh.
func Begin(tx store.Tx, in *Intent) error {
	if err := wire.CheckUUIDv7(in.CallID); err != nil {
		return fmt.Errorf("journal call: %w", err)
	}
	if err := Fresh(tx, in.CallID); err != nil {
		return err
	}
	row, err := wire.Marshal(in)
	if err != nil {
		return fmt.Errorf("journal call %s: %w", in.CallID, err)
	}
	tx.Set(openRows+in.CallID, row)
	return nil
}

// End closes an open call and remembers its id until d.ExpiresAt. A call that
// is not open is ErrNotOpen.
func End(tx store.Tx, callID string, d Done) error {
	if err := CheckOpen(tx, callID); err != nil {
		return err
	}
	row, err := wire.Marshal(d)
	if err != nil {
		return fmt.Errorf("journal end of call %s: %w", callID, err)
	}
	tx.Delete(openRows + callID)
	tx.Set(doneRows+callID, row)
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
	var d Done
	if err := wire.UnmarshalCanonical(b, &d, wire.DocumentLimits); err != nil {
		return Done{}, fmt.Errorf("%w: end: %w", ErrCorrupt, err)
	}
	return d, nil
}
