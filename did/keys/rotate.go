package keys

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	rotationRows   = "k/rotation/kernel/"
	keyUnfinished  = "k/rotation/unfinished"
	rotationDigits = 8
)

// ErrRotation: the rotation records do not lead to the kernel key in use.
var ErrRotation = errors.New("key rotation records do not fit the kernel key")

// Rotation is one change of the kernel key, as kept for ever: the record that
// the organisation key and the new key signed, the first binding of the new
// key, and the final checkpoint that the old key signed.
type Rotation struct {
	Record     *wire.Envelope `json:"record"`
	Binding    *wire.Envelope `json:"binding"`
	Checkpoint string         `json:"checkpoint"` // C2SP signed note

	body did.Rotation
}

// Body is the verified content of the record.
func (r *Rotation) Body() did.Rotation { return r.body }

// RotateKernel is what a rotation of the kernel key needs.
type RotateKernel struct {
	Now        int64         // unix seconds
	Term       did.Term      // of the new key's first binding
	Final      did.FinalTree // what the old key signs last
	Checkpoint []byte        // the note that says so, signed by the old key
	// Also runs in the same transaction, after the switch and with the new
	// key: it refuses if the state moved on, and adds what depends on the key.
	Also func(tx store.Tx, kernel wire.Signer) error
}

// RotateKernel draws a new kernel key and, in one transaction, puts it in the
// place of the old one, whose seed is overwritten, and files the rotation. The
// caller has stopped everything that signs with the old key. The head of the
// store is still signed by the old key then: sign one with the new key, and
// call FinishRotation. A crash before that is completed by the next start.
func (k *Keyring) RotateKernel(ctx context.Context, c RotateKernel) (*Rotation, error) {
	var next *wire.Key
	var rot *Rotation
	err := k.db.Update(ctx, func(tx store.Tx) (err error) {
		rot, next = nil, nil
		seed, value, err := k.sealer.draw(rowOf(did.RoleKernel, current), validFor(did.RoleKernel))
		if err != nil {
			return err
		}
		key, err := wire.KeyFromSeed(seed[:])
		if err != nil {
			return err
		}
		made, err := k.sealRotation(c, key)
		if err != nil {
			return err
		}
		row, err := wire.Marshal(made)
		if err != nil {
			return err
		}
		tx.Set(rowOf(did.RoleKernel, current), value)
		tx.Set(rotationRow(len(k.rotations)+1), row)
		tx.Set(keyUnfinished, []byte(k.kernel.Public().String()))
		if c.Also != nil {
			if err := c.Also(tx, key); err != nil {
				return err
			}
		}
		rot, next = made, key
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("rotate the kernel key: %w", err)
	}
	k.previous, k.kernel, k.rotations = k.kernel.Public(), next, append(k.rotations, *rot)
	return rot, nil
}

// sealRotation makes and checks the record and the binding.
func (k *Keyring) sealRotation(c RotateKernel, next *wire.Key) (*Rotation, error) {
	body := did.Rotation{Schema: did.SchemaRotation, DID: k.OrgDID(), Role: did.RoleKernel, Old: k.kernel.Public(), New: next.Public(),
		Sequence: c.Term.Sequence, At: c.Now, Final: &c.Final}
	record, err := wire.Seal(did.SchemaRotation, body, k.org, next)
	if err != nil {
		return nil, err
	}
	if _, err := did.VerifyRotation(record, k.OrgDID()); err != nil {
		return nil, err
	}
	binding, err := did.Bind(k.org, next, c.Term)
	if err != nil {
		return nil, err
	}
	return &Rotation{Record: record, Binding: binding, Checkpoint: string(c.Checkpoint), body: body}, nil
}

// Rotations are all changes of the kernel key, oldest first.
func (k *Keyring) Rotations() []Rotation { return append([]Rotation(nil), k.rotations...) }

// HeadKeys are the keys that may have signed the head of the store: the kernel
// key and, while a rotation is unfinished, the one before it.
func (k *Keyring) HeadKeys() []wire.PublicKey {
	keys := []wire.PublicKey{k.kernel.Public()}
	if !k.previous.IsZero() {
		keys = append(keys, k.previous)
	}
	return keys
}

// FinishRotation ends what RotateKernel began, once the new key has signed the
// head of the store. Without an unfinished rotation it does nothing.
func (k *Keyring) FinishRotation(ctx context.Context) error {
	if k.previous.IsZero() {
		return nil
	}
	err := k.db.Update(ctx, func(tx store.Tx) error {
		tx.Delete(keyUnfinished)
		return nil
	})
	if err != nil {
		return fmt.Errorf("finish the rotation of the kernel key: %w", err)
	}
	k.previous = wire.PublicKey{}
	return nil
}

// openRotations reads the history and checks it:
//
//	1 every record passes did.VerifyRotation for this organisation
//	2 each record's old key is the new key of the one before it
//	3 the last record's new key is the kernel key in use
//	4 an unfinished rotation is the last one
func (k *Keyring) openRotations(r store.Reader) error {
	err := r.Scan(rotationRows, "", func(_ string, value []byte) error {
		var rot Rotation
		if err := wire.UnmarshalCanonical(value, &rot, wire.DocumentLimits); err != nil {
			return fmt.Errorf("%w: %w", ErrRotation, err)
		}
		body, err := did.VerifyRotation(rot.Record, k.OrgDID()) // 1
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRotation, err)
		}
		if n := len(k.rotations); n > 0 && k.rotations[n-1].body.New != body.Old { // 2
			return fmt.Errorf("%w: record %d retires %s, which was not in use", ErrRotation, n+1, body.Old)
		}
		rot.body = *body
		k.rotations = append(k.rotations, rot)
		return nil
	})
	if err != nil {
		return err
	}
	n := len(k.rotations)
	if n > 0 && k.rotations[n-1].body.New != k.kernel.Public() { // 3
		return fmt.Errorf("%w: the last one names %s", ErrRotation, k.rotations[n-1].body.New)
	}
	value, err := r.Get(keyUnfinished)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if n == 0 || k.rotations[n-1].body.Old.String() != string(value) { // 4
		return fmt.Errorf("%w: an unfinished rotation is not the last one", ErrRotation)
	}
	k.previous = k.rotations[n-1].body.Old
	return nil
}

func rotationRow(n int) string {
	s := strconv.Itoa(n)
	for len(s) < rotationDigits {
		s = "0" + s
	}
	return rotationRows + s
}
