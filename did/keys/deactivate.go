package keys

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// DraftDeactivation is the record that ends the organisation, signed by it. A
// successor countersigns the draft within a day and before any other key
// event; without one it is complete. It ends nothing until it is filed.
func (k *Keyring) DraftDeactivation(r store.Reader, reason string, successor did.DID, now int64) (*wire.Envelope, error) {
	at, err := readChain(r, k.legacy)
	if err != nil {
		return nil, err
	}
	place := did.Rotation{At: now}
	at.next(&place)
	env, err := wire.Seal(did.SchemaDeactivation, did.Deactivation{Schema: did.SchemaDeactivation, DID: k.OrgDID(), Sequence: place.Event,
		Previous: place.Previous, At: place.At, Reason: reason, Successor: successor}, k.org)
	if err != nil {
		return nil, err
	}
	_, err = did.VerifyDeactivationDraft(env, k.OrgDID())
	return env, err
}

// FileDeactivation ends the organisation once the transaction is committed:
// no key of it is bound or rotated any more. ErrDeactivated if it has ended.
func (k *Keyring) FileDeactivation(tx store.Tx, env *wire.Envelope, now int64) (*did.Deactivation, error) {
	at, err := k.ready(tx)
	if err != nil {
		return nil, err
	}
	d, err := did.VerifyDeactivation(env, k.OrgDID())
	if err != nil {
		return nil, err
	}
	if err := follows(d, at); err != nil {
		return nil, err
	}
	if age := now - d.At; age > maxDraftSeconds || age < -maxDraftSeconds {
		return nil, fmt.Errorf("%w: it was drafted %d seconds ago, limit %d", did.ErrDeactivation, age, maxDraftSeconds)
	}
	row := env.Bytes()
	tx.Set(keyDeactivation, row)
	tx.AfterCommit(func() { k.ended.Store(&ended{env: env, body: d}) })
	return d, nil
}

// ended is the deactivation in force.
type ended struct {
	env  *wire.Envelope
	body *did.Deactivation
}

// Deactivated is the record by which the organisation ended, or nil.
func (k *Keyring) Deactivated() (*wire.Envelope, *did.Deactivation) {
	e := k.ended.Load()
	if e == nil {
		return nil, nil
	}
	return e.env, e.body
}

func (k *Keyring) openDeactivation(r store.Reader, at chain) error {
	value, err := r.Get(keyDeactivation)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	env, d, err := did.ParseDeactivation(value)
	if err == nil && d.DID != k.OrgDID() {
		err = did.ErrDeactivation
	}
	if err == nil {
		err = follows(d, at)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRotation, err)
	}
	k.ended.Store(&ended{env: env, body: d})
	return nil
}

func follows(d *did.Deactivation, at chain) error {
	want := did.Rotation{At: d.At}
	at.next(&want)
	if d.Sequence != want.Event || d.At != want.At || want.Previous != nil && *d.Previous != *want.Previous {
		return fmt.Errorf("%w: the deactivation is for event %d, the next is %d", ErrChain, d.Sequence, want.Event)
	}
	return nil
}
