package keys

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of the key events. Kernel rotations made before events were one
// chain lie under rotationRows and come first.
const (
	rotationRows    = "k/rotation/kernel/"
	keyUnfinished   = "k/rotation/unfinished"
	eventRows       = "k/event/"
	keyChain        = "k/chain"
	keyDeactivation = "k/deactivation"
	firstRows       = "k/first/"
	rotationDigits  = 8
)

var (
	// ErrRotation: the rotation records do not lead to the key in use.
	ErrRotation = errors.New("key rotation records do not fit the keys")
	// ErrChain: another key event came in between; make the record anew.
	ErrChain = errors.New("another key event came before this one")
	// ErrDeactivated: the organisation has ended; its keys change no more.
	ErrDeactivated = errors.New("the organisation is deactivated")
)

// Rotation is one change of a key, as kept for ever: the record that the
// organisation key and the new key signed, the first binding of the new key
// (none for an agent that keeps its own), and for a kernel key the final
// checkpoint that the old key signed.
type Rotation struct {
	Record     *wire.Envelope `json:"record"`
	Binding    *wire.Envelope `json:"binding,omitempty"`
	Checkpoint string         `json:"checkpoint,omitempty"` // C2SP signed note

	body did.Rotation
}

// Body is the verified content of the record.
func (r *Rotation) Body() did.Rotation { return r.body }

// chain is where the key events stand: enough to make the next one.
type chain struct {
	Events uint64      `json:"events"`
	ID     wire.Digest `json:"id"` // of the newest record; zero before the first
	At     int64       `json:"at"` // unix seconds, never decreasing
}

// next fills in the place of an event that follows.
func (c *chain) next(r *did.Rotation) {
	r.Event, r.At = c.Events+1, max(r.At, c.At)
	if c.Events > 0 {
		previous := c.ID
		r.Previous = &previous
	}
}

// readChain is the chain as the transaction sees it. legacy is what there was
// before there was a row for it.
func readChain(r store.Reader, legacy chain) (chain, error) {
	value, err := r.Get(keyChain)
	if errors.Is(err, store.ErrNotFound) {
		return legacy, nil
	}
	if err != nil {
		return chain{}, err
	}
	var c chain
	if err := wire.UnmarshalCanonical(value, &c, wire.DocumentLimits); err != nil {
		return chain{}, fmt.Errorf("%w: %w", ErrRotation, err)
	}
	return c, nil
}

// ready is the chain to add an event to, unless the organisation has ended.
func (k *Keyring) ready(tx store.Tx) (chain, error) {
	if _, err := tx.Get(keyDeactivation); err == nil {
		return chain{}, ErrDeactivated
	} else if !errors.Is(err, store.ErrNotFound) {
		return chain{}, err
	}
	return readChain(tx, k.legacy)
}

// file makes a rotation the newest key event. It checks the record again, and
// that it follows.
func (k *Keyring) file(tx store.Tx, c chain, rot *Rotation) error {
	body, err := did.VerifyRotation(rot.Record, k.OrgDID())
	if err != nil {
		return err
	}
	want := did.Rotation{At: body.At}
	c.next(&want)
	if body.Event != want.Event || body.At != want.At || want.Previous != nil && *body.Previous != *want.Previous {
		return fmt.Errorf("%w: the record is for event %d, the next is %d", ErrChain, body.Event, want.Event)
	}
	rot.body = *body
	row, err := wire.Marshal(rot)
	if err != nil {
		return err
	}
	tx.Set(numbered(eventRows, body.Event), row)
	head, err := wire.Marshal(chain{Events: body.Event, ID: rot.Record.ID(), At: body.At})
	if err != nil {
		return err
	}
	tx.Set(keyChain, head)
	filed := *rot
	tx.AfterCommit(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.events = append(k.events, filed)
	})
	return nil
}

// openEvents reads the key events and checks them:
//
//	1 every record passes did.VerifyRotation for this organisation
//	2 each follows the one before it, and the chain's row names the last
//	3 each kernel or transport record's old key is the new key of the record
//	  before it of that role, and the last one's new key is in use
//	4 an unfinished rotation of the kernel key is the last one of that key
//	5 a deactivation follows the last event
func (k *Keyring) openEvents(r store.Reader) error {
	var at chain
	use := make(map[did.Role]wire.PublicKey)
	read := func(_ string, value []byte) error {
		var rot Rotation
		if err := wire.UnmarshalCanonical(value, &rot, wire.DocumentLimits); err != nil {
			return fmt.Errorf("%w: %w", ErrRotation, err)
		}
		body, err := did.VerifyRotation(rot.Record, k.OrgDID()) // 1
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRotation, err)
		}
		if body.Event != 0 && (body.Event != at.Events+1 || body.Previous != nil && *body.Previous != at.ID) { // 2
			return fmt.Errorf("%w: event %d does not follow %d", ErrRotation, body.Event, at.Events)
		}
		if old, rotated := use[body.Role]; rotated && old != body.Old && body.Role != did.RoleAgent { // 3
			return fmt.Errorf("%w: event %d retires %s, which was not in use", ErrRotation, at.Events+1, body.Old)
		}
		rot.body, use[body.Role] = *body, body.New
		at = chain{Events: at.Events + 1, ID: rot.Record.ID(), At: body.At}
		k.events = append(k.events, rot)
		return nil
	}
	if err := r.Scan(rotationRows, "", read); err != nil {
		return err
	}
	k.legacy = at
	if err := r.Scan(eventRows, "", read); err != nil {
		return err
	}
	if head, err := readChain(r, k.legacy); err != nil || head != at { // 2
		return errors.Join(fmt.Errorf("%w: there are %d events, %d were recorded", ErrRotation, at.Events, head.Events), err)
	}
	for role, key := range map[did.Role]*wire.Key{did.RoleKernel: k.kernel, did.RoleTransport: k.transport} { // 3
		if last, rotated := use[role]; rotated && last != key.Public() {
			return fmt.Errorf("%w: the last record of the %s key names %s", ErrRotation, role, last)
		}
	}
	if err := k.openUnfinished(r); err != nil { // 4
		return err
	}
	return k.openDeactivation(r, at) // 5
}

func (k *Keyring) openUnfinished(r store.Reader) error {
	value, err := r.Get(keyUnfinished)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	all := k.Rotations()
	n := len(all)
	if n == 0 || all[n-1].body.Old.String() != string(value) {
		return fmt.Errorf("%w: an unfinished rotation is not the last one", ErrRotation)
	}
	k.previous = all[n-1].body.Old
	return nil
}

// Events are all key events, oldest first.
func (k *Keyring) Events() []Rotation {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]Rotation(nil), k.events...)
}

// Rotations are all changes of the kernel key, oldest first.
func (k *Keyring) Rotations() []Rotation { return k.RotationsOf(did.RoleKernel) }

// RotationsOf are all changes of the keys of a role, oldest first.
func (k *Keyring) RotationsOf(role did.Role) (out []Rotation) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.events {
		if k.events[i].body.Role == role {
			out = append(out, k.events[i])
		}
	}
	return out
}

func numbered(prefix string, n uint64) string {
	s := strconv.FormatUint(n, 10)
	for len(s) < rotationDigits {
		s = "0" + s
	}
	return prefix + s
}
