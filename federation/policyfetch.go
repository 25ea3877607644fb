package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The messages of the policy protocol.
const (
	policyRequestSchema = "chio.policy_request.v1"
	policyAnswerSchema  = "chio.policy_answer.v1"
)

// ErrRefused is what a peer answers when it will not do what it was asked.
var ErrRefused = errors.New("peer refused")

// maxReason bounds the explanation a peer may give.
const maxReason = 512

// policyRequest asks for one attestation, or without a digest for the newest
// that the peer has written for us.
type policyRequest struct {
	Schema string       `json:"schema"`
	SHA256 *wire.Digest `json:"sha256,omitzero"`
}

type policyAnswer struct {
	Schema      string         `json:"schema"`
	Attestation *wire.Envelope `json:"attestation,omitzero"`
	Passport    wire.Raw       `json:"passport,omitzero"` // passport file of who answers
	Reason      string         `json:"reason,omitempty"`  // why there is no attestation
}

// servePolicy gives a peer what was written for it and nothing else.
func (s *Service) servePolicy(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
	doc, err := stream.Request(ctx)
	if err != nil {
		return err
	}
	var q policyRequest
	if err := decode(doc, &q, &q.Schema, policyRequestSchema); err != nil {
		return err
	}
	rec, err := s.cfg.Directory.ByTransport(from.ID)
	if err != nil {
		return err
	}
	answer := policyAnswer{Schema: policyAnswerSchema}
	env, err := s.writtenFor(ctx, &rec, q.SHA256)
	if err != nil {
		s.complain("attestation not given", from.ID, "peer", rec.DID.String(), "error", err.Error())
		answer.Reason = "no such attestation for you"
	} else {
		answer.Attestation, answer.Passport = env, s.ownPassport()
	}
	return send(ctx, stream, answer)
}

func (s *Service) writtenFor(ctx context.Context, rec *Record, id *wire.Digest) (*wire.Envelope, error) {
	if err := rec.usable(); err != nil {
		return nil, err
	}
	if id == nil {
		_, env, err := s.issue(ctx, rec.DID)
		return env, err
	}
	_, env, err := s.attestation(*id, s.did, rec.DID)
	return env, err
}

// fetch asks a connected peer for an attestation, checks it, and records it as
// the peer's newest if it is. The passport that comes along is judged.
func (s *Service) fetch(ctx context.Context, rec Record, id *wire.Digest) (signed, *wire.Envelope, error) {
	request, err := wire.Marshal(policyRequest{Schema: policyRequestSchema, SHA256: id})
	if err != nil {
		return signed{}, nil, err
	}
	doc, err := s.cfg.Host.Call(ctx, rec.PeerID, ProtocolPolicy, request)
	if err != nil {
		return signed{}, nil, err
	}
	var answer policyAnswer
	if err := decode(doc, &answer, &answer.Schema, policyAnswerSchema); err != nil {
		return signed{}, nil, err
	}
	if answer.Attestation == nil {
		return signed{}, nil, fmt.Errorf("%w to give its attestation: %.*q", ErrRefused, maxReason, answer.Reason)
	}
	if id != nil && answer.Attestation.ID() != *id {
		return signed{}, nil, fmt.Errorf("%w: asked for %s, got %s", ErrAttestation, id, answer.Attestation.ID())
	}
	a, env, err := s.learn(ctx, rec.DID, answer.Attestation)
	if err == nil {
		err = s.look(ctx, rec.DID, answer.Passport)
	}
	return a, env, err
}

// learn checks a peer's attestation for us and records it. An attestation that
// is older than one we have, or another one of the same number, is refused.
func (s *Service) learn(ctx context.Context, peer did.DID, env *wire.Envelope) (signed, *wire.Envelope, error) {
	a, err := VerifyAttestation(env, peer, s.did)
	if err != nil {
		return signed{}, nil, err
	}
	if err := a.currentAt(s.cfg.Now()); err != nil {
		return signed{}, nil, err
	}
	id, row := env.ID(), env.Bytes()
	if len(row) > maxAttestationBytes {
		return signed{}, nil, fmt.Errorf("%w: %w: %d bytes", ErrAttestation, wire.ErrTooLarge, len(row))
	}
	err = s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if rec.State == Unknown {
			return fmt.Errorf("%w: %s", ErrUnknownPeer, peer)
		}
		if a.KernelKey != rec.Kernel {
			return fmt.Errorf("%w: names kernel key %s, the peer's is %s", ErrAttestation, a.KernelKey, rec.Kernel)
		}
		if rec.Theirs != nil && *rec.Theirs != id {
			if err := follows(tx, *rec.Theirs, a); err != nil {
				return err
			}
		}
		tx.Set(prefixAttestation+id.String(), row)
		rec.Theirs = &id
		return nil
	})
	return signed{a, id}, env, err
}

// follows refuses an attestation that does not come after the recorded one.
func follows(tx store.Tx, have wire.Digest, next *Attestation) error {
	env, err := readEnvelope(tx, prefixAttestation, have)
	if err != nil {
		return err
	}
	var old Attestation
	if err := wire.Unmarshal(env.Body, &old, wire.DocumentLimits); err != nil {
		return fmt.Errorf("read attestation %s: %w", have, err)
	}
	if next.Sequence <= old.Sequence {
		return fmt.Errorf("%w: sequence %d after %d: an older or a second one", ErrAttestation, next.Sequence, old.Sequence)
	}
	return nil
}

// decode reads a message strictly and checks its schema.
func decode(doc []byte, into any, schema *string, want string) error {
	if err := wire.UnmarshalCanonical(doc, into, wire.DocumentLimits); err != nil {
		return fmt.Errorf("read %s: %w", want, err)
	}
	if *schema != want {
		return fmt.Errorf("%w: want %s, got %.80q", wire.ErrSchema, want, *schema)
	}
	return nil
}
