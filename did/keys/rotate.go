package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

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
		rot, next, err = k.replace(tx, k.kernel, c.Term, did.Rotation{Role: did.RoleKernel, At: c.Now, Final: &c.Final}, c.Checkpoint)
		if err != nil {
			return err
		}
		tx.Set(keyUnfinished, []byte(rot.body.Old.String()))
		if c.Also == nil {
			return nil
		}
		return c.Also(tx, next)
	})
	if err != nil {
		return nil, fmt.Errorf("rotate the kernel key: %w", err)
	}
	k.previous, k.kernel = k.kernel.Public(), next
	return rot, nil
}

// RotateTransport draws a new transport key and, in one transaction, puts it
// in the place of the old one, whose seed is overwritten, and files the
// rotation. The caller has stopped everything that uses the old key. now is in
// unix seconds; term is that of the new key's first binding.
func (k *Keyring) RotateTransport(ctx context.Context, now int64, term did.Term) (*Rotation, error) {
	var next *wire.Key
	var rot *Rotation
	err := k.db.Update(ctx, func(tx store.Tx) (err error) {
		rot, next, err = k.replace(tx, k.transport, term, did.Rotation{Role: did.RoleTransport, At: now}, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rotate the transport key: %w", err)
	}
	k.transport = next
	return rot, nil
}

// replace draws the next key of a role over the seed of the old one and files
// the change.
func (k *Keyring) replace(tx store.Tx, old *wire.Key, term did.Term, body did.Rotation, note []byte) (*Rotation, *wire.Key, error) {
	if term.Role != body.Role {
		return nil, nil, fmt.Errorf("%w: the term of a %s key for a %s key", did.ErrBindingRole, term.Role, body.Role)
	}
	body.Old = old.Public()
	return k.replaceRow(tx, rowOf(body.Role, current), term, body, note)
}

func (k *Keyring) replaceRow(tx store.Tx, row string, term did.Term, body did.Rotation, note []byte) (*Rotation, *wire.Key, error) {
	at, err := k.ready(tx)
	if err != nil {
		return nil, nil, err
	}
	seed, value, err := k.sealer.draw(row, validFor(body.Role))
	if err != nil {
		return nil, nil, err
	}
	next, err := wire.KeyFromSeed(seed[:])
	if err != nil {
		return nil, nil, err
	}
	body.New, body.Sequence = next.Public(), term.Sequence
	rot := &Rotation{Checkpoint: string(note)}
	if rot.Record, err = k.draft(at, body); err != nil {
		return nil, nil, err
	}
	if err := rot.Record.AddSignature(did.SchemaRotation, next); err != nil {
		return nil, nil, err
	}
	if rot.Binding, err = did.Bind(k.org, next, term); err != nil {
		return nil, nil, err
	}
	if err := k.file(tx, at, rot); err != nil {
		return nil, nil, err
	}
	tx.Set(row, value)
	return rot, next, nil
}

// draft is the record of a change that follows the chain, signed by the
// organisation alone.
func (k *Keyring) draft(at chain, body did.Rotation) (*wire.Envelope, error) {
	body.Schema, body.DID = did.SchemaRotation, k.OrgDID()
	at.next(&body)
	env, err := wire.Seal(did.SchemaRotation, body, k.org)
	if err != nil {
		return nil, err
	}
	_, err = did.VerifyRotationDraft(env, k.OrgDID())
	return env, err
}

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

// Bind draws the next binding sequence of the kernel or transport key and binds
// the key from notBefore (unix seconds) for ttlSeconds. The first binding of a
// role's first key is kept: with it the history begins.
func (k *Keyring) Bind(ctx context.Context, role did.Role, notBefore, ttlSeconds int64) (*wire.Envelope, error) {
	key := k.kernel
	if role == did.RoleTransport {
		key = k.transport
	}
	if role != did.RoleKernel && role != did.RoleTransport {
		return nil, fmt.Errorf("%w: %.20q keys are not bound here", did.ErrBindingRole, role)
	}
	var env *wire.Envelope
	err := k.db.Update(ctx, func(tx store.Tx) error {
		if _, err := k.ready(tx); err != nil {
			return err
		}
		t, err := term(tx, role, notBefore, ttlSeconds)
		if err != nil {
			return err
		}
		if env, err = did.Bind(k.org, key, t); err != nil {
			return err
		}
		if _, err := tx.Get(firstRows + string(role)); err == nil || !errors.Is(err, store.ErrNotFound) || len(k.RotationsOf(role)) > 0 {
			return ignoreNotFound(err)
		}
		tx.Set(firstRows+string(role), env.Bytes())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("bind the %s key: %w", role, err)
	}
	return env, nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// History is every key event with the first bindings that were kept. Its
// Current is for the caller, who has the bindings in force.
func (k *Keyring) History() (*did.History, error) {
	h := &did.History{Schema: did.SchemaHistory, DID: k.OrgDID(), First: []*wire.Envelope{}, Events: []did.KeyEvent{}, Current: []*wire.Envelope{}}
	err := k.db.View(func(r store.Reader) error {
		return r.Scan(firstRows, "", func(_ string, value []byte) error {
			env := new(wire.Envelope)
			h.First = append(h.First, env)
			return wire.UnmarshalCanonical(value, env, wire.DocumentLimits)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the first bindings: %w", err)
	}
	for _, e := range k.Events() {
		h.Events = append(h.Events, did.KeyEvent{Record: e.Record, Binding: e.Binding})
	}
	if env, _ := k.Deactivated(); env != nil {
		h.Deactivation = env
	}
	return h, nil
}
