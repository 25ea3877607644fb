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
type Rotation struct {
	Schema   string         `json:"schema"`
	DID      DID            `json:"did"`
	Role     Role           `json:"role"`
	Old      wire.PublicKey `json:"old_key"`
	New      wire.PublicKey `json:"new_key"`
	Sequence uint64         `json:"sequence"`   // of the new key's first binding
	At       int64          `json:"rotated_at"` // unix seconds
	Final    *FinalTree     `json:"final_checkpoint,omitempty"`
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
//
// The old key need not sign: it may be lost, or stolen.
func VerifyRotation(env *wire.Envelope, id DID) (*Rotation, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrRotation)
	}
	var r Rotation
	if err := env.Open(SchemaRotation, &r, []wire.PublicKey{id.Key()}, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrRotation, err)
	}
	if !signedBy(env, wire.AlgEd25519, r.New.String()) { // 1
		return nil, fmt.Errorf("%w: %w: the new key must countersign", ErrRotation, wire.ErrNoSigner)
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
	return &r, nil
}
