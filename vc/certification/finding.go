package certification

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// State is what holds of a certification now.
type State string

// The states. A chain that says several things is in the first of them, in the
// order revoked, superseded, not yet valid, expired, unpublished, disputed, active.
const (
	Active       State = "active"
	StateRevoked State = "revoked"
	Replaced     State = "superseded"
	Expired      State = "expired"
	NotYetValid  State = "not_yet_valid"
	Disputed     State = "disputed"
	Unpublished  State = "unpublished" // no registry's chain came with it
	NotFound     State = "not_found"
)

// StateAt is the state of a certification with its history at a time. What the
// chain says counts whenever it was said: a revocation ends also the past.
func StateAt(c *Certification, h *History, now int64) State {
	switch {
	case h.Revoked != nil:
		return StateRevoked
	case h.Superseded != nil:
		return Replaced
	case c.IssuedAt > now+SkewSeconds:
		return NotYetValid
	case now >= c.ExpiresAt:
		return Expired
	case h.Sequence == 0:
		return Unpublished
	case h.Disputed():
		return Disputed
	}
	return Active
}

// Finding answers apart whether the artifacts are intact, whether the caller
// trusts the certifier, and what holds of the certification.
type Finding struct {
	ID               wire.Digest    `json:"id,omitzero"`
	Integrity        bool           `json:"integrity"`
	CertifierTrusted bool           `json:"certifier_trusted"`
	State            State          `json:"state"`
	Certification    *Certification `json:"certification,omitempty"`
	History          *History       `json:"history,omitempty"`
	AsOf             int64          `json:"as_of,omitzero"` // until when the registry vouches for the chain; 0 if it does not
	Problem          string         `json:"problem,omitempty"`

	err error
}

// Holds reports whether all three answers are good and the tier suffices.
func (f *Finding) Holds(floor Tier) bool {
	return f.Integrity && f.CertifierTrusted && f.State == Active && f.Certification.Tier.AtLeast(floor)
}

// Err is why the artifacts are not intact, nil if they are.
func (f *Finding) Err() error { return f.err }

// judge verifies a certification with its chain and answers the three questions.
func judge(env *wire.Envelope, records []*wire.Envelope, trusted func(did.DID) bool, now int64) *Finding {
	c, err := Verify(env)
	if err != nil {
		return broken(err)
	}
	h, err := Fold(env, c, records)
	if err != nil {
		return broken(err)
	}
	return &Finding{ID: env.ID(), Integrity: true, CertifierTrusted: trusted != nil && trusted(c.Certifier), State: StateAt(c, h, now),
		Certification: c, History: h}
}

// broken is the finding about what cannot be relied on: no state is told of it.
func broken(err error) *Finding {
	return &Finding{State: NotFound, Problem: err.Error(), err: err}
}

// Trusting is a trust set of certifiers.
func Trusting(certifiers ...did.DID) func(did.DID) bool {
	set := make(map[did.DID]bool, len(certifiers))
	for _, d := range certifiers {
		set[d] = true
	}
	return func(d did.DID) bool { return d != "" && set[d] }
}

// String is one line for a person.
func (f *Finding) String() string {
	if !f.Integrity {
		return fmt.Sprintf("not intact: %s", f.Problem)
	}
	trust := "by a certifier nobody here trusts"
	if f.CertifierTrusted {
		trust = "by a trusted certifier"
	}
	return fmt.Sprintf("%s %s of %s %s, %s", f.State, f.Certification.Tier, f.Certification.Server.Name, f.Certification.Server.Version, trust)
}
