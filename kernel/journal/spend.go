package journal

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Spend refuses the id of a call that ended without ever being admitted, as
// one that waited for approval does, until d.ExpiresAt. An id that is open or
// ended already is spent: it stays as it is.
func Spend(tx store.Tx, callID string, d Done) error {
	if err := wire.CheckUUIDv7(callID); err != nil {
		return fmt.Errorf("spend call id: %w", err)
	}
	if d.ReceiptID == "" || d.ExpiresAt < 0 {
		return fmt.Errorf("spend call id %s: no receipt id, or expiry %d", callID, d.ExpiresAt)
	}
	var used *kernel.Denial
	if err := Fresh(tx, callID); errors.As(err, &used) {
		return nil
	} else if err != nil {
		return err
	}
	tx.Set(doneRows+callID, d.encode())
	return nil
}
