package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// MaxPassportBytes bounds the passport file that an organisation shows. It
// leaves room for an attestation and a treaty in the same frame.
const MaxPassportBytes = 64 << 10

// passportRenewSeconds is how long before it ends a passport is asked for again.
const passportRenewSeconds = 3600

// The refusals that are about the passport of an organisation.
var (
	// ErrPassport: the peer has shown no passport that counts here.
	ErrPassport = errors.New("the peer has shown no passport that counts here")
	// ErrPassportAsked: the peer asks for a passport of ours, and the one we show,
	// if any, does not count there.
	ErrPassportAsked = errors.New("the peer asks for a passport of this organisation")
)

// Passports judges the passports that organisations show. Both are called for
// peers whose hello has proved the DID; neither may block.
type Passports interface {
	// Policy names what is asked for. What was judged by another does not count.
	Policy() wire.Digest
	// Judge judges a passport file that a peer has shown. It fills everything but
	// SHA256, Policy and At.
	Judge(peer did.DID, file []byte) Shown
	// Withdrawn explains why a passport that was good enough counts no more,
	// though its time is not over.
	Withdrawn(peer did.DID, s *Shown) error
}

// Shown is the passport that a peer showed last, and how it was judged then.
type Shown struct {
	SHA256  wire.Digest `json:"sha256"` // of the file
	Policy  wire.Digest `json:"policy_sha256"`
	Issuer  string      `json:"issuer,omitempty"`
	ID      string      `json:"id,omitempty"`
	Name    string      `json:"name,omitempty"` // what its issuer calls the peer
	Tier    string      `json:"autonomy_tier,omitempty"`
	At      int64       `json:"shown_at"`          // unix seconds
	Until   int64       `json:"until,omitzero"`    // it, or what its status lists say, counts before
	Refused string      `json:"refused,omitempty"` // why it does not count
}

// Qualifies explains why a peer does not show the passport that this node asks
// for, wrapping ErrPassport:
//
//	1 without a rule nothing is asked for
//	2 the peer has shown a passport
//	3 it was judged by the rule as it is now, and good enough
//	4 its time, and that of its status lists, is not over
//	5 nobody has withdrawn it since
func (s *Service) Qualifies(rec *Record) error {
	rule, p := s.cfg.Admission.Passports, rec.Passport
	switch {
	case rule == nil: // 1
		return nil
	case p == nil: // 2
		return fmt.Errorf("%w: %s has shown none", ErrPassport, rec.DID)
	case p.Policy != rule.Policy(): // 3
		return fmt.Errorf("%w: %s showed its passport when another was asked for", ErrPassport, rec.DID)
	case p.Refused != "": // 3
		return fmt.Errorf("%w: %s", ErrPassport, p.Refused)
	case s.cfg.Now() >= p.Until: // 4
		return fmt.Errorf("%w: it, or its status lists, counted until %d, now %d", ErrPassport, p.Until, s.cfg.Now())
	}
	if err := rule.Withdrawn(rec.DID, p); err != nil { // 5
		return fmt.Errorf("%w: %w", ErrPassport, err)
	}
	return nil
}

// demand is Qualifies, unless an operator may decide otherwise.
func (s *Service) demand(rec *Record) error {
	if s.cfg.Admission.Review {
		return nil
	}
	return s.Qualifies(rec)
}

// passportDue reports whether a peer with a treaty should be asked for its
// passport: none counts, or soon none will.
func (s *Service) passportDue(rec *Record) bool {
	if s.cfg.Admission.Passports == nil || rec.Treaty == nil {
		return false
	}
	return s.Qualifies(rec) != nil || s.cfg.Now() >= rec.Passport.Until-passportRenewSeconds
}

// look judges the passport that came with a message of a peer, and records the
// verdict: what was shown last counts. One that nobody asks for is not read.
func (s *Service) look(ctx context.Context, peer did.DID, file []byte) error {
	rule := s.cfg.Admission.Passports
	if rule == nil || len(file) == 0 {
		return nil
	}
	shown := Shown{Refused: fmt.Sprintf("its passport file has %d bytes, limit %d", len(file), MaxPassportBytes)}
	if len(file) <= MaxPassportBytes {
		shown = rule.Judge(peer, file)
	}
	shown.SHA256, shown.Policy, shown.At = wire.Hash(file), rule.Policy(), s.cfg.Now()
	shown.Refused = clip(shown.Refused, maxReason)
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil {
		return err
	}
	if had := rec.Passport; had != nil {
		again := shown
		again.At = had.At
		if again == *had {
			return nil // nothing to write down
		}
	}
	return s.cfg.Directory.update(ctx, peer, func(_ store.Tx, rec *Record) error {
		rec.Passport = &shown
		return nil
	})
}

// ownPassport is what we show of ourselves, nil for nothing.
func (s *Service) ownPassport() wire.Raw {
	if s.cfg.Passport == nil {
		return nil
	}
	return s.cfg.Passport()
}
