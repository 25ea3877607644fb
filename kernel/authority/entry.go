package authority

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Kind is what a revocation names.
type Kind string

// The kinds. Issuer and ID of an entry are, by kind:
//
//	capability  kernel key that signed the token, token id
//	passport    DID that signed the passport, passport id
//	subject     DID of the organisation whose agent it is, agent key
//	suspension  as passport: it does not count until a resumption
//	resumption  as passport: it lifts a suspension
const (
	KindCapability Kind = "capability"
	KindPassport   Kind = "passport"
	KindSubject    Kind = "subject"
	KindSuspension Kind = "suspension"
	KindResumption Kind = "resumption"
)

// Entry is one thing revoked, for ever; or one passport suspended until the
// history of the same issuer says resumption.
type Entry struct {
	Kind   Kind   `json:"kind"`
	Issuer string `json:"issuer"`
	ID     string `json:"id"`
}

// The limits of one epoch.
const (
	MaxEntries      = 500
	maxEntryIDBytes = 256
)

// The reasons an entry is refused.
var (
	// ErrEntry: the entry does not name anything that can be revoked.
	ErrEntry = errors.New("revocation entry is malformed")
	// ErrNotIssuer: only the issuer of a thing may revoke it.
	ErrNotIssuer = errors.New("revocation of something another party issued")
)

// check refuses an entry that is malformed.
func (e *Entry) check() error {
	if e.ID == "" || len(e.ID) > maxEntryIDBytes || !utf8.ValidString(e.ID) || hasControl(e.ID) {
		return fmt.Errorf("%w: id %.80q must be 1 to %d bytes of printable text", ErrEntry, e.ID, maxEntryIDBytes)
	}
	switch e.Kind {
	case KindCapability:
		if _, err := wire.ParsePublicKey(e.Issuer); err != nil {
			return fmt.Errorf("%w: issuer of a capability must be a kernel key: %w", ErrEntry, err)
		}
		return nil
	case KindPassport, KindSubject, KindSuspension, KindResumption:
		if _, err := did.Parse(e.Issuer); err != nil {
			return fmt.Errorf("%w: issuer of a %s must be a did:chio: %w", ErrEntry, e.Kind, err)
		}
		if e.Kind == KindSubject {
			if _, err := wire.ParsePublicKey(e.ID); err != nil {
				return fmt.Errorf("%w: subject must be an agent key: %w", ErrEntry, err)
			}
		}
		return nil
	default:
		return fmt.Errorf("%w: kind %.20q, want capability, passport, subject, suspension or resumption", ErrEntry, e.Kind)
	}
}

// issuedBy reports whether the party may revoke the entry: the kernel key
// signs tokens, the DID everything else.
func (e *Entry) issuedBy(party did.DID, kernelKey wire.PublicKey) error {
	want := party.String()
	if e.Kind == KindCapability {
		want = kernelKey.String()
	}
	if e.Issuer != want {
		return fmt.Errorf("%w: %s %.80q names issuer %.80s", ErrNotIssuer, e.Kind, e.ID, e.Issuer)
	}
	return nil
}

// rowKey is unambiguous because neither kind nor issuer contains a slash.
func (e *Entry) rowKey() string { return entryRows + string(e.Kind) + "/" + e.Issuer + "/" + e.ID }

// suspension is the suspension that a resumption lifts.
func (e *Entry) suspension() Entry { return Entry{Kind: KindSuspension, Issuer: e.Issuer, ID: e.ID} }

// news reports whether an entry would change anything: what is revoked stays
// so, and only what is suspended can be resumed. in reports what is in force.
func (e *Entry) news(in func(Entry) (bool, error)) (bool, error) {
	if e.Kind == KindResumption {
		return in(e.suspension())
	}
	known, err := in(*e)
	return !known, err
}

func hasControl(s string) bool {
	for _, c := range s {
		if unicode.IsControl(c) {
			return true
		}
	}
	return false
}
