package certification

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// SchemaRecord is the schema of what is said of a certification.
const SchemaRecord = "chio.certification_record.v1"

// maxReasonBytes bounds the words of a record.
const maxReasonBytes = 512

// The causes a caller can act on.
var (
	// ErrRecord: the document is not a record, or its signer did not sign it.
	ErrRecord = errors.New("certification record is not valid")
	// ErrChain: the record does not come next in this chain; sign it anew on the
	// chain as it is now.
	ErrChain = errors.New("record does not continue the chain")
	// ErrNotAllowed: the state does not allow it, or not by this signer.
	ErrNotAllowed = errors.New("not allowed in this state or by this signer")
)

// Kind is what a record says.
type Kind string

// The kinds.
const (
	Published       Kind = "published"
	Revoked         Kind = "revoked"
	Superseded      Kind = "superseded"
	DisputeOpened   Kind = "dispute_opened"
	DisputeReviewed Kind = "dispute_under_review"
	DisputeKept     Kind = "dispute_resolved_no_change"
	DisputeUpheld   Kind = "dispute_resolved_revoked"
)

// Admission is under which class a registry took a certification in. It says
// who was let in, and nothing about whether the result is true.
type Admission string

// The admission classes.
const (
	PublicUntrusted Admission = "public_untrusted" // anybody's
	Reviewable      Admission = "reviewable"       // of a certifier this registry knows, who can be asked
	BondBacked      Admission = "bond_backed"      // of a certifier with a bond at stake
	RoleGated       Admission = "role_gated"       // of a certifier the operator has named
)

func (a Admission) known() bool {
	return a == PublicUntrusted || a == Reviewable || a == BondBacked || a == RoleGated
}

// Record is one signed link of a chain. Its id is the digest of its body.
type Record struct {
	Schema         string      `json:"schema"`
	Certification  wire.Digest `json:"certification"`
	Registry       did.DID     `json:"registry"`
	Sequence       uint64      `json:"sequence"` // from 1
	Previous       wire.Digest `json:"previous"` // id of the record before; of the certification for the first
	Kind           Kind        `json:"kind"`
	Signer         did.DID     `json:"signer"`
	At             int64       `json:"at"`                       // unix seconds
	Admission      Admission   `json:"admission,omitempty"`      // published
	Successor      wire.Digest `json:"successor,omitzero"`       // superseded: the certification that replaces it
	Dispute        wire.Digest `json:"dispute,omitzero"`         // what becomes of a dispute: id of the record that opened it
	Reason         string      `json:"reason,omitempty"`         // why; not for published and superseded
	EvidenceSHA256 wire.Digest `json:"evidence_sha256,omitzero"` // of evidence kept elsewhere
}

// VerifyRecord checks a record by itself:
//
//	1 the envelope opens: canonical, strict, of its schema, every signature verifies
//	2 the signer it names has signed it, and nobody else
//	3 certification, previous, registry, sequence and time are there
//	4 it has exactly the members of its kind, and a kind that is known
func VerifyRecord(env *wire.Envelope) (*Record, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrRecord)
	}
	var r Record
	if err := env.Open(SchemaRecord, &r, nil, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if err := signedOnlyBy(env, r.Signer); err != nil { // 2
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return &r, nil
}

func (r *Record) check() error {
	if r.Certification.IsZero() || r.Previous.IsZero() || r.Registry == "" || r.Sequence == 0 || r.Sequence > MaxRecords || !validTime(r.At) { // 3
		return errors.New("certification, registry, previous, sequence or time is missing or out of range")
	}
	m, known := moves[r.Kind]
	if !known { // 4
		return fmt.Errorf("kind %.40q is not known", r.Kind)
	}
	if (r.Kind == Published) != r.Admission.known() || r.Admission != "" && r.Kind != Published { // 4
		return fmt.Errorf("%s with admission class %.40q", r.Kind, r.Admission)
	}
	if (r.Kind == Superseded) == r.Successor.IsZero() || m.ofDispute == r.Dispute.IsZero() { // 4
		return fmt.Errorf("%s with successor %s and dispute %s", r.Kind, r.Successor, r.Dispute)
	}
	if wordless := r.Kind == Published || r.Kind == Superseded; wordless != (r.Reason == "") || wordless && !r.EvidenceSHA256.IsZero() { // 4
		return fmt.Errorf("%s: a reason belongs to a revocation and to a dispute, and to nothing else", r.Kind)
	}
	if len(r.Reason) > maxReasonBytes || !printable(r.Reason) { // 4
		return fmt.Errorf("the reason is over %d bytes, or not printable", maxReasonBytes)
	}
	return nil
}
