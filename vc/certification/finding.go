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
	Unpublished  State = "unpublished" // no chain of a registry that may say it holds came with it
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
	Home             *History       `json:"home,omitempty"`      // at the certifier's own registry, if History is another's
	HomeAsOf         int64          `json:"home_as_of,omitzero"` // until when that registry vouches for it
	AsOf             int64          `json:"as_of,omitzero"`      // until when the registry vouches for the chain; 0 if it does not
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
func judge(env *wire.Envelope, records []*wire.Envelope, home *Home, o Options) *Finding {
	c, err := Verify(env)
	if err != nil {
		return broken(err)
	}
	h, err := Fold(env, c, records)
	if err != nil {
		return broken(err)
	}
	f := &Finding{ID: env.ID(), Integrity: true, CertifierTrusted: o.Trusted != nil && o.Trusted(c.Certifier), State: StateAt(c, h, o.Now),
		Certification: c, History: h}
	if home != nil {
		if err := f.foldHome(env, home); err != nil {
			return broken(err)
		}
		if at := StateAt(c, f.Home, o.Now); rank(at) > rank(f.State) {
			f.State = at
		}
		return f
	}
	if h.Registry != c.Certifier && (o.Registries == nil || !o.Registries(h.Registry)) {
		f.withhold()
	}
	return f
}

// withhold is for a chain that cannot say that a certification holds: what ends
// it counts from anywhere, what keeps it up does not.
func (f *Finding) withhold() {
	if f.State == Active || f.State == Disputed {
		f.State = Unpublished
	}
}

// foldHome verifies the chain of the certifier's own registry, which comes
// beside another's and with its head.
func (f *Finding) foldHome(env *wire.Envelope, home *Home) (err error) {
	if f.Home, err = Fold(env, f.Certification, home.Records); err != nil {
		return err
	}
	self := f.Certification.Certifier
	if f.Home.Registry != self || f.History.Registry == self {
		return fmt.Errorf("%w: a home chain is that of the certifier's registry beside another's", ErrChain)
	}
	if home.Head == nil {
		return fmt.Errorf("%w: the home chain has no head", ErrChain)
	}
	head, err := verifyHead(home.Head, f.ID, f.Home)
	if err != nil {
		return err
	}
	f.HomeAsOf = head.AsOf
	return nil
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
