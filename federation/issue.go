package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// prefixTerms holds the terms an operator wrote for one peer.
const prefixTerms = "f/terms/"

// maxAttestationBytes leaves room for an attestation and a treaty in one frame.
const maxAttestationBytes = 128 << 10

// SetTerms keeps terms for one peer, known or not, in place of the default
// ones. Where they are tighter than a treaty in force they count at once, and
// reach the peer with the next hello; the treaty is not loosened by them.
func (s *Service) SetTerms(ctx context.Context, peer did.DID, t Terms) error {
	if _, err := newAttestation(t.fill(s.cfg.Self()), s.cfg.Self(), s.did, peer, nil, s.cfg.Now()); err != nil {
		return err
	}
	row, err := wire.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode the terms for %s: %w", peer, err)
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		tx.Set(prefixTerms+peer.String(), row)
		return nil
	})
	if err != nil {
		return err
	}
	return s.reissue(ctx, peer)
}

// Reissue brings what we attested to every peer up to our terms as they are
// now: what the configuration tightened since the last start counts from here
// on, whether or not the peer can be reached. It comes before calls are let in.
func (s *Service) Reissue(ctx context.Context) error {
	var failed []error
	for _, rec := range s.cfg.Directory.List() {
		if err := s.reissue(ctx, rec.DID); err != nil {
			failed = append(failed, fmt.Errorf("terms for %s: %w", rec.DID, err))
		}
	}
	return errors.Join(failed...)
}

// reissue attests our terms to a peer that holds an attestation of ours. Terms
// that list no tools keep those of the last: tools come later than the start.
func (s *Service) reissue(ctx context.Context, peer did.DID) error {
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil || rec.Ours == nil || rec.usable() != nil || s.alive() != nil {
		return nil // nothing is attested, or nothing counts any more
	}
	_, _, err = s.attest(ctx, peer, true)
	return err
}

// termsFor returns the terms for a peer.
func (s *Service) termsFor(peer did.DID) (Terms, error) {
	terms := s.cfg.Terms
	err := s.cfg.DB.View(func(r store.Reader) error {
		var own Terms
		found, err := load(r, prefixTerms+peer.String(), &own)
		if found {
			terms = own
		}
		return err
	})
	if err != nil {
		return Terms{}, fmt.Errorf("read the terms for %s: %w", peer, err)
	}
	return terms, nil
}

// issue returns our attestation for a known peer: the newest, if it still says
// what our terms say and has a quarter of its time left, or a new one.
func (s *Service) issue(ctx context.Context, peer did.DID) (signed, *wire.Envelope, error) {
	return s.attest(ctx, peer, false)
}

func (s *Service) attest(ctx context.Context, peer did.DID, sameTools bool) (signed, *wire.Envelope, error) {
	s.issuing.Lock()
	defer s.issuing.Unlock()
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil {
		return signed{}, nil, err
	}
	terms, err := s.termsFor(peer)
	if err != nil {
		return signed{}, nil, err
	}
	now, self := s.cfg.Now(), s.cfg.Self()
	var last *Attestation
	if rec.Ours != nil {
		a, env, err := s.attestation(*rec.Ours, s.did, peer)
		if err != nil {
			return signed{}, nil, err
		}
		last = a.Attestation
		if sameTools && terms.CapabilitySurface == nil {
			terms.CapabilitySurface = last.CapabilitySurface
		}
		next, err := newAttestation(terms.fill(self), self, s.did, peer, last, now)
		if err != nil {
			return signed{}, nil, err
		}
		if last.sameTerms(next) && now < last.Expires-(last.Expires-last.NotBefore)/4 {
			return a, env, nil
		}
	}
	next, err := newAttestation(terms.fill(self), self, s.did, peer, last, now)
	if err != nil {
		return signed{}, nil, err
	}
	return s.publish(ctx, peer, next)
}

// publish signs an attestation and makes it the newest for its audience.
func (s *Service) publish(ctx context.Context, peer did.DID, a *Attestation) (signed, *wire.Envelope, error) {
	if err := s.alive(); err != nil {
		return signed{}, nil, err
	}
	env, err := wire.Seal(AttestationSchema, a, s.cfg.Org)
	if err != nil {
		return signed{}, nil, err
	}
	row := env.Bytes()
	if len(row) > maxAttestationBytes {
		return signed{}, nil, fmt.Errorf("%w: %w: the attestation has %d bytes, limit %d", ErrTerms, wire.ErrTooLarge, len(row), maxAttestationBytes)
	}
	id := env.ID()
	err = s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		tx.Set(prefixAttestation+id.String(), row)
		rec.Ours = &id
		return nil
	})
	return signed{a, id}, env, err
}

// attestation reads a stored attestation and checks it again.
func (s *Service) attestation(id wire.Digest, from, audience did.DID) (signed, *wire.Envelope, error) {
	env, err := s.stored(prefixAttestation, id)
	if err != nil {
		return signed{}, nil, fmt.Errorf("attestation %s: %w", id, err)
	}
	a, err := VerifyAttestation(env, from, audience)
	if err != nil {
		return signed{}, nil, fmt.Errorf("attestation %s: %w", id, err)
	}
	return signed{a, id}, env, nil
}

// stored reads an envelope by its id.
func (s *Service) stored(prefix string, id wire.Digest) (*wire.Envelope, error) {
	var env *wire.Envelope
	err := s.cfg.DB.View(func(r store.Reader) (err error) {
		env, err = readEnvelope(r, prefix, id)
		return err
	})
	return env, err
}

// Attestation returns a stored attestation's envelope by its id: the file that
// export writes beside a treaty.
func (s *Service) Attestation(id wire.Digest) (*wire.Envelope, error) {
	return s.stored(prefixAttestation, id)
}
