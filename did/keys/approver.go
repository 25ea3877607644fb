package keys

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// roleApprover is the operator's key for approving calls. It has no binding: a
// node trusts it because it is its own. Its row is outside the agents', so no
// agent can be named into it.
const roleApprover did.Role = "approver"

// Approver returns the operator's approver key, drawn and sealed on first use.
func (k *Keyring) Approver(ctx context.Context) (*wire.Key, error) {
	row := rowOf(roleApprover, current)
	var seed secret
	err := k.db.Update(ctx, func(tx store.Tx) (err error) {
		seed, _, err = k.sealer.obtain(tx, row, validFor(roleApprover))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("approver key: %w", err)
	}
	return wire.KeyFromSeed(seed[:])
}
