package passport

import (
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// State is where a passport is in its life.
type State string

// The states. Only an active passport counts.
const (
	Active     State = "active"
	Suspended  State = "suspended"
	Superseded State = "superseded" // another passport took its place
	Revoked    State = "revoked"
	Expired    State = "expired"
)

// Record is one issued passport and what became of it.
type Record struct {
	Passport     wire.Raw `json:"passport"`                  // the signed document
	Index        uint64   `json:"index"`                     // of its revocation bit, over all lists
	Suspension   uint64   `json:"suspension_index,omitzero"` // of its suspension bit; 0: it was issued without
	RevokedAt    int64    `json:"revoked_at,omitzero"`
	SuspendedAt  int64    `json:"suspended_at,omitzero"`   // 0 once it is resumed
	SupersededBy string   `json:"superseded_by,omitempty"` // id of the passport that took its place
	Supersedes   string   `json:"supersedes,omitempty"`    // id of the one whose place it took
	Reason       string   `json:"reason,omitempty"`        // of the last change
}

// Revoked reports whether the revocation bit of the passport is set: it was
// revoked, or another took its place.
func (r *Record) Revoked() bool { return r.RevokedAt != 0 }

// Withdrawn reports whether the issuer took the passport back, for good or
// until it is resumed. Unlike State it says so of a suspended passport whose
// time is over too.
func (r *Record) Withdrawn() bool { return r.Revoked() || r.SuspendedAt != 0 }

// Parse reads the passport of a record the registry itself has written.
func (r *Record) Parse() (*Passport, error) {
	var p struct {
		Passport
		Proof wire.Raw `json:"proof"`
	}
	if err := wire.Unmarshal(r.Passport, &p, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read an issued passport: %w", err)
	}
	return &p.Passport, nil
}

// State is what the record says of its passport p at a time. What was done to
// a passport stays to be read after its time is over.
func (r *Record) State(p *Passport, now int64) State {
	switch {
	case r.SupersededBy != "":
		return Superseded
	case r.RevokedAt != 0:
		return Revoked
	case now >= int64(p.ValidUntil):
		return Expired
	case r.SuspendedAt != 0:
		return Suspended
	}
	return Active
}
