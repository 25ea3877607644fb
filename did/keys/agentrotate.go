package keys

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxDraftSeconds is how long a drafted record may take to come back signed.
const maxDraftSeconds = 24 * 3600

// ErrDraft: a record that came back is not one that can be filed.
var ErrDraft = fmt.Errorf("%w: it is no draft that counts here", did.ErrRotation)

// RotateAgent draws a new key for an agent whose key is held here, in a
// transaction of the caller: the new seed overwrites the old one and the
// rotation is filed. now is in unix seconds, ttlSeconds the life of the new
// key's binding. The new key serves once the transaction is committed.
func (k *Keyring) RotateAgent(tx store.Tx, name string, now, ttlSeconds int64) (*Rotation, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	row := rowOf(did.RoleAgent, name)
	value, err := tx.Get(row)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnknownAgent, name, err)
	}
	seed, err := k.sealer.open(row, value)
	if err != nil {
		return nil, err
	}
	old, err := wire.KeyFromSeed(seed[:])
	if err != nil {
		return nil, err
	}
	t, err := term(tx, did.RoleAgent, now, ttlSeconds)
	if err != nil {
		return nil, err
	}
	rot, next, err := k.replaceRow(tx, row, t, did.Rotation{Role: did.RoleAgent, Old: old.Public(), At: now}, nil)
	if err != nil {
		return nil, fmt.Errorf("rotate the key of agent %s: %w", name, err)
	}
	tx.AfterCommit(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.agents[name] = next
	})
	return rot, nil
}

// DraftAgentRotation is the record of a change from one key to another, for an
// agent that keeps its keys to itself: signed by the organisation, to be
// countersigned by the new key within a day and before any other key event.
func (k *Keyring) DraftAgentRotation(tx store.Tx, old, next wire.PublicKey, now int64) (*wire.Envelope, error) {
	at, err := k.ready(tx)
	if err != nil {
		return nil, err
	}
	t, err := term(tx, did.RoleAgent, now, maxDraftSeconds)
	if err != nil {
		return nil, err
	}
	return k.draft(at, did.Rotation{Role: did.RoleAgent, Old: old, New: next, Sequence: t.Sequence, At: now})
}

// FileAgentRotation files a drafted record that the new key has countersigned.
// Returned is its content: which key the agent leaves, and which it takes.
func (k *Keyring) FileAgentRotation(tx store.Tx, record *wire.Envelope, now int64) (*Rotation, error) {
	at, err := k.ready(tx)
	if err != nil {
		return nil, err
	}
	rot := &Rotation{Record: record}
	if err := k.file(tx, at, rot); err != nil {
		return nil, err
	}
	if rot.body.Role != did.RoleAgent {
		return nil, fmt.Errorf("%w: it is for a %s key", ErrDraft, rot.body.Role)
	}
	if age := now - rot.body.At; age > maxDraftSeconds || age < -maxDraftSeconds {
		return nil, fmt.Errorf("%w: it was drafted %d seconds ago, limit %d", ErrDraft, age, maxDraftSeconds)
	}
	return rot, nil
}
