package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrTermsChanged: the treaty is not the one that was shown and accepted.
var ErrTermsChanged = errors.New("the treaty is not the one that was accepted: look at it again")

// ErrNoProposal: there is nothing to accept.
var ErrNoProposal = errors.New("no proposal of this peer is waiting")

// Propose signs the treaty that Preview showed, whose hash the operator
// accepted, and asks the peer to sign. Returned is the peer's record: Active if
// it signed, PendingPeer until its operator does. The proposal is stored before
// it is sent, so a lost answer is collected by the next Connect.
func (s *Service) Propose(ctx context.Context, peer did.DID, accepted wire.Digest) (Record, error) {
	if err := s.alive(); err != nil {
		return Record{}, err
	}
	rec, err := s.Connect(ctx, peer)
	if err != nil {
		return Record{}, err
	}
	d, err := s.draft(ctx, rec)
	if err != nil {
		return Record{}, err
	}
	if d.id != accepted {
		return Record{}, fmt.Errorf("%w: now %s, accepted %s", ErrTermsChanged, d.id, accepted)
	}
	if d.inForce {
		return s.cfg.Directory.Peer(peer)
	}
	if rec, err = s.cfg.Directory.Peer(peer); err == nil { // with the passport that came with its terms
		err = s.demand(&rec)
	}
	if err != nil {
		return Record{}, err
	}
	env, err := wire.Seal(TreatySchema, d.treaty, s.cfg.Org)
	if err != nil {
		return Record{}, err
	}
	if rec, err = s.record(ctx, peer, env, d.treaty, s.did, cause{ByOperator, "proposed"}); err != nil {
		return Record{}, err
	}
	env, err = s.stored(prefixTreaty, d.id) // with the peer's signature, if it proposed the same
	if err != nil {
		return Record{}, err
	}
	answer, err := s.ask(ctx, rec, treatyRequest{Schema: treatyRequestSchema, Treaty: env, Attestation: d.oursEnv, Passport: s.ownPassport()})
	if errors.Is(err, ErrRefused) {
		return rec, errors.Join(err, s.withdraw(ctx, peer, d.id))
	}
	if err != nil {
		return rec, fmt.Errorf("the proposal is signed and stored, the next connect asks again: %w", err)
	}
	if answer.Treaty == nil {
		return rec, nil
	}
	return s.adopt(ctx, peer, d.id, answer.Treaty)
}

// withdraw forgets a proposal of ours that the peer would not take.
func (s *Service) withdraw(ctx context.Context, peer did.DID, id wire.Digest) error {
	return s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if rec.State == Frozen || rec.Proposal == nil || *rec.Proposal != id || rec.ProposedBy != s.did {
			return nil
		}
		return rec.dropProposal(tx, cause{ByPeer, "refused what we proposed"})
	})
}

// Accept signs the treaty that a peer proposed: the operator's consent. hash
// pins the terms and may be nil. The peer is told at once if it can be reached,
// and otherwise collects the treaty itself.
func (s *Service) Accept(ctx context.Context, peer did.DID, hash *wire.Digest) (Record, error) {
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil {
		return Record{}, err
	}
	if rec.Proposal == nil || rec.ProposedBy != peer {
		return Record{}, fmt.Errorf("%w: %s", ErrNoProposal, peer)
	}
	id := *rec.Proposal
	if hash != nil && *hash != id {
		return Record{}, fmt.Errorf("%w: proposed %s, accepted %s", ErrTermsChanged, id, hash)
	}
	env, err := s.stored(prefixTreaty, id)
	if err != nil {
		return Record{}, fmt.Errorf("treaty %s: %w", id, err)
	}
	if rec, err = s.sign(ctx, rec, env, cause{ByOperator, "accepted what the peer proposed"}); err != nil {
		return Record{}, err
	}
	if env, err = s.stored(prefixTreaty, id); err != nil {
		return Record{}, fmt.Errorf("treaty %s: %w", id, err)
	}
	if reached, err := s.Connect(ctx, peer); err != nil {
		s.cfg.Log.Info("treaty accepted, peer not reached", slog.String("peer", peer.String()), slog.String("error", err.Error()))
	} else if _, err := s.ask(ctx, reached, treatyRequest{Schema: treatyRequestSchema, Treaty: env}); err != nil {
		s.cfg.Log.Info("treaty accepted, peer not told", slog.String("peer", peer.String()), slog.String("error", err.Error()))
	}
	return s.cfg.Directory.Peer(rec.DID)
}

// Pending lists the peers with a treaty that only one side has signed.
func (s *Service) Pending() []Record {
	var out []Record
	for _, rec := range s.cfg.Directory.List() {
		if rec.Proposal != nil {
			out = append(out, rec)
		}
	}
	return out
}

// List returns every peer.
func (s *Service) List() []Record { return s.cfg.Directory.List() }

// sign adds our signature to a peer's proposal and puts the treaty in force.
func (s *Service) sign(ctx context.Context, rec Record, env *wire.Envelope, why cause) (Record, error) {
	if err := s.alive(); err != nil {
		return Record{}, err
	}
	if err := s.demand(&rec); err != nil {
		return Record{}, err
	}
	t, err := s.recompute(rec, env)
	if err != nil {
		return Record{}, err
	}
	if now := s.cfg.Now(); now >= t.Window.Expires {
		return Record{}, fmt.Errorf("%w: it ended at %d, now %d", ErrTreaty, t.Window.Expires, now)
	}
	if err := env.AddSignature(TreatySchema, s.cfg.Org); err != nil {
		return Record{}, err
	}
	if _, err := VerifyTreaty(env, true); err != nil {
		return Record{}, err
	}
	s.failpoint("treaty.countersigned_before_store")
	return s.record(ctx, rec.DID, env, t, rec.ProposedBy, why)
}

// recompute checks that a treaty is what we compute from the attestations it
// names, the newest on our side, and from the treaty in force.
func (s *Service) recompute(rec Record, env *wire.Envelope) (*Treaty, error) {
	t, err := VerifyTreaty(env, false)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := s.parts(t, rec.DID)
	if err != nil {
		return nil, err
	}
	if rec.Ours == nil || ours.id != *rec.Ours {
		return nil, fmt.Errorf("%w: it is over terms of ours that were replaced", ErrTermsChanged)
	}
	if rec.Theirs == nil || theirs.id != *rec.Theirs {
		return nil, fmt.Errorf("%w: it is over terms of the peer's that were replaced", ErrTermsChanged)
	}
	after, err := s.latest(rec)
	if err != nil {
		return nil, err
	}
	own, err := compute(ours, theirs, after)
	if err != nil {
		return nil, err
	}
	id, err := wire.DigestOf(own)
	if err != nil {
		return nil, err
	}
	if id != env.ID() {
		return nil, fmt.Errorf("%w: ours is %s, the peer's %s", ErrDisagree, id, env.ID())
	}
	return own, nil
}

// record stores a treaty with the signatures it has: in force with both,
// waiting with one. Signatures stored before are kept. It refuses a treaty that
// does not follow the one in force, whatever happened since the caller looked.
func (s *Service) record(ctx context.Context, peer did.DID, env *wire.Envelope, t *Treaty, by did.DID, why cause) (Record, error) {
	var out Record
	id := env.ID()
	err := s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if err := rec.usable(); err != nil {
			return err
		}
		if rec.Treaty != nil && *rec.Treaty == id {
			out = *rec
			return nil
		}
		after := rec.latest()
		if (after == nil) != (t.Previous == nil) || after != nil && *after != *t.Previous {
			return fmt.Errorf("%w: it does not follow the treaty in force", ErrDisagree)
		}
		whole, err := mergeStored(tx, env)
		if err != nil {
			return err
		}
		tx.Set(prefixTreaty+id.String(), whole.Bytes())
		if err := rec.advance(id, t.Revision, by, len(whole.Signatures) == 2, why); err != nil {
			return err
		}
		out = *rec
		return nil
	})
	return out, err
}

// advance moves the record to a treaty in force, or to one that waits, and
// notes it whether or not the state changes.
func (r *Record) advance(id wire.Digest, revision uint64, by did.DID, both bool, why cause) error {
	from := r.State
	r.Reason = ""
	if why.by == ByOperator {
		r.Declined, r.Refused = nil, false
	}
	why.reason = fmt.Sprintf("treaty revision %d: %s", revision, why.reason)
	if both {
		r.Treaty, r.Last, r.Proposal, r.ProposedBy = &id, nil, nil, ""
		if err := r.become(Active); err != nil {
			return err
		}
		r.note(from, why, &id)
		return nil
	}
	known := r.Proposal != nil && *r.Proposal == id
	if !known {
		r.Proposal, r.ProposedBy = &id, by
	}
	if r.State != Active { // a treaty in force stays in force
		if err := r.become(PendingPeer); err != nil {
			return err
		}
	}
	if !known || from != r.State {
		r.note(from, why, &id)
	}
	return nil
}

// mergeStored adds the signatures already stored for the same treaty.
func mergeStored(tx store.Tx, env *wire.Envelope) (*wire.Envelope, error) {
	old, err := readEnvelope(tx, prefixTreaty, env.ID())
	if errors.Is(err, store.ErrNotFound) {
		return env, nil
	}
	if err != nil {
		return nil, err
	}
	whole := &wire.Envelope{Body: env.Body, Signatures: append([]wire.EnvelopeSignature(nil), env.Signatures...)}
	for _, sig := range old.Signatures {
		if !signedWith(env, sig.Key) {
			if err := whole.Attach(sig); err != nil {
				return nil, err
			}
		}
	}
	return whole, nil
}

func signedWith(env *wire.Envelope, key string) bool {
	for _, s := range env.Signatures {
		if s.Key == key {
			return true
		}
	}
	return false
}

// adopt puts a treaty in force that we proposed and the peer has signed. Only
// the proposal on record is adopted: an old treaty that both once signed does
// not come back.
func (s *Service) adopt(ctx context.Context, peer did.DID, id wire.Digest, env *wire.Envelope) (Record, error) {
	t, err := VerifyTreaty(env, true)
	if err != nil {
		return Record{}, err
	}
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil {
		return Record{}, err
	}
	if rec.Treaty != nil && *rec.Treaty == env.ID() {
		return rec, nil
	}
	if env.ID() != id || rec.Proposal == nil || *rec.Proposal != id || !t.Has(s.did) || !t.Has(peer) {
		return Record{}, fmt.Errorf("%w: %s is not what we proposed", ErrTreaty, env.ID())
	}
	return s.record(ctx, peer, env, t, rec.ProposedBy, signedByPeer)
}

// signedByPeer is why a treaty that we proposed is in force.
var signedByPeer = cause{ByPeer, "the peer signed what we proposed"}

// settleProposal tells a connected peer what it does not know yet, and collects
// what happened there meanwhile: its signature under our proposal, a newer
// attestation, and a passport if the one it showed does not count much longer. It
// comes with every call, so it asks no more often than collectRate.
func (s *Service) settleProposal(ctx context.Context, rec Record) (Record, error) {
	news := rec.Announced != nil && (rec.Theirs == nil || *rec.Announced != *rec.Theirs)
	ours := rec.Proposal != nil && rec.ProposedBy == s.did
	due := s.passportDue(&rec)
	if (rec.Untold > 0 || news || ours || due) && !s.collecting.Take(rec.PeerID, collectRate, time.Unix(s.cfg.Now(), 0)) {
		return rec, nil // asked a moment ago
	}
	if rec.Untold > 0 {
		if err := s.deliver(ctx, rec); err != nil {
			s.cfg.Log.Info("peer not told", "peer", rec.DID.String(), "error", err.Error())
		}
	}
	if news || due {
		newest := rec.Announced
		if !news {
			newest = nil
		}
		if _, _, err := s.fetch(ctx, rec, newest); err != nil {
			s.cfg.Log.Info("attestation and passport not collected", "peer", rec.DID.String(), "error", err.Error())
		}
	}
	if ours {
		id := *rec.Proposal
		answer, err := s.ask(ctx, rec, treatyRequest{Schema: treatyRequestSchema, SHA256: &id})
		if err == nil && answer.Treaty != nil {
			_, err = s.adopt(ctx, rec.DID, id, answer.Treaty)
		}
		if err != nil {
			s.cfg.Log.Info("treaty not collected", "peer", rec.DID.String(), "error", err.Error())
		}
	}
	return s.cfg.Directory.Peer(rec.DID)
}
