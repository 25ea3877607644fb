package did

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// SchemaRotation is the schema of a rotation record.
const SchemaRotation = "chio.key_rotation.v1"

// ErrRotation refuses a rotation record.
var ErrRotation = errors.New("key rotation is not valid")

// Rotation retires one Ed25519 key of an organisation for another. For a
// kernel key it commits to the old key's final tree: a receipt signed by the
// retired key counts only if that tree includes it.
//
// The key events of an organisation, over all its roles, are one chain: each
// record has the next number and names the one before it.
type Rotation struct {
	Schema   string         `json:"schema"`
	DID      DID            `json:"did"`
	Role     Role           `json:"role"`
	Old      wire.PublicKey `json:"old_key"`
	New      wire.PublicKey `json:"new_key"`
	Sequence uint64         `json:"sequence"`   // of the new key's first binding
	At       int64          `json:"rotated_at"` // unix seconds
	Final    *FinalTree     `json:"final_checkpoint,omitempty"`
	Event    uint64         `json:"event,omitzero"`     // 1, 2, 3, …; 0 in records of kernel keys made before there was a chain
	Previous *wire.Digest   `json:"previous,omitempty"` // id of the key event before it, absent in the first
}

// FinalTree is the last head that the retired kernel key signed.
type FinalTree struct {
	LogID string      `json:"log_id"`
	Size  uint64      `json:"size"`
	Root  wire.Digest `json:"root"`
}

// VerifyRotation checks a rotation record of an organisation.
//
//	1 the envelope opens; the organisation key and the new key have signed
//	2 it is for this DID, and the role's keys are Ed25519
//	3 old, new and organisation keys are three different keys
//	4 a kernel rotation names the final tree, no other does
//	5 nobody else has signed, except perhaps the old key
//	6 it names the event before it, unless it is the first; only a kernel's
//	  may have no number
//
// The old key need not sign: it may be lost, or stolen. The place of a record
// in the chain is the question of History.Verify.
func VerifyRotation(env *wire.Envelope, id DID) (*Rotation, error) {
	r, err := openRotation(env, id) // 2 to 4, 6
	if err != nil {
		return nil, err
	}
	if !signedBy(env, wire.AlgEd25519, r.New.String()) { // 1
		return nil, fmt.Errorf("%w: %w: the new key must countersign", ErrRotation, wire.ErrNoSigner)
	}
	return r, nil
}

// VerifyRotationDraft checks a record that the new key has not signed yet:
// rules 2 to 6 of VerifyRotation, and that the organisation key has signed. It
// proves nothing about the new key.
func VerifyRotationDraft(env *wire.Envelope, id DID) (*Rotation, error) { return openRotation(env, id) }

func openRotation(env *wire.Envelope, id DID) (*Rotation, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrRotation)
	}
	var r Rotation
	if err := env.Open(SchemaRotation, &r, []wire.PublicKey{id.Key()}, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrRotation, err)
	}
	if r.DID != id || r.Role.Alg() != wire.AlgEd25519 { // 2
		return nil, fmt.Errorf("%w: for %.100q as %.20q", ErrRotation, r.DID, r.Role)
	}
	if r.Old == r.New || r.Old == id.Key() || r.New == id.Key() { // 3
		return nil, fmt.Errorf("%w: old, new and organisation keys must differ", ErrRotation)
	}
	if r.Sequence == 0 || r.Sequence > wire.MaxUnits || r.At < 0 || r.At > wire.MaxUnits {
		return nil, fmt.Errorf("%w: sequence %d at %d", ErrRotation, r.Sequence, r.At)
	}
	if (r.Role == RoleKernel) != (r.Final != nil) { // 4
		return nil, fmt.Errorf("%w: a kernel rotation, and only one, names the final tree", ErrRotation)
	}
	if r.Final != nil && (r.Final.LogID == "" || r.Final.Size > wire.MaxUnits) { // 4
		return nil, fmt.Errorf("%w: final tree of %d without a log id", ErrRotation, r.Final.Size)
	}
	for _, s := range env.Signatures { // 5
		if s.Alg != wire.AlgEd25519 || s.Key != id.Key().String() && s.Key != r.New.String() && s.Key != r.Old.String() {
			return nil, fmt.Errorf("%w: %w: %.80s has no part in it", ErrRotation, wire.ErrSignerSet, s.Key)
		}
	}
	if (r.Event > 1) != (r.Previous != nil) || r.Event > wire.MaxUnits || r.Event == 0 && r.Role != RoleKernel { // 6
		return nil, fmt.Errorf("%w: key event %d of a %s key, with previous %v", ErrRotation, r.Event, r.Role, r.Previous)
	}
	return &r, nil
}
