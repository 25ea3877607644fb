package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// The messages of the treaty protocol.
const (
	treatyRequestSchema = "chio.treaty_request.v1"
	treatyAnswerSchema  = "chio.treaty_answer.v1"
)

// treatyRequest proposes a treaty or delivers one that both have signed, asks
// for one (with SHA256 alone), says that one is over (with End alone), or brings
// a resolution.
type treatyRequest struct {
	Schema      string         `json:"schema"`
	Treaty      *wire.Envelope `json:"treaty,omitzero"`
	Attestation *wire.Envelope `json:"attestation,omitzero"` // the proposer's, that the treaty names
	Passport    wire.Raw       `json:"passport,omitzero"`    // passport file of the proposer, with Attestation
	SHA256      *wire.Digest   `json:"sha256,omitzero"`
	End         *wire.Envelope `json:"end,omitzero"`
	Resolution  *wire.Envelope `json:"resolution,omitzero"` // proposed, with Evidence, or signed by both
	Evidence    wire.Raw       `json:"evidence,omitzero"`
}

// The answers of the treaty protocol.
const (
	answerActive  = "active"  // signed by both; the treaty is attached
	answerPending = "pending" // an operator will decide
	answerNone    = "none"    // there is no such treaty
	answerTaken   = "taken"   // the notice was read, whether or not it changed something
	answerRefused = "refused"
)

// askedPassport is the code of a refusal for want of a passport.
const askedPassport = "passport"

type treatyAnswer struct {
	Schema string         `json:"schema"`
	Status string         `json:"status"`
	Treaty *wire.Envelope `json:"treaty,omitzero"`
	Code   string         `json:"code,omitempty"` // of a refusal: askedPassport, or none
	Reason string         `json:"reason,omitempty"`
}

// ask sends one treaty request to a connected peer.
func (s *Service) ask(ctx context.Context, rec Record, q treatyRequest) (*treatyAnswer, error) {
	request, err := wire.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode a treaty request: %w", err)
	}
	doc, err := s.cfg.Host.Call(ctx, rec.PeerID, ProtocolTreaty, request)
	if err != nil {
		return nil, err
	}
	var a treatyAnswer
	if err := decode(doc, &a, &a.Schema, treatyAnswerSchema); err != nil {
		return nil, err
	}
	switch a.Status {
	case answerActive:
		if a.Treaty == nil {
			return nil, fmt.Errorf("%w: active without the treaty", ErrTreaty)
		}
	case answerPending, answerNone, answerTaken:
		a.Treaty = nil
	default:
		err := fmt.Errorf("%w the treaty: %.*q", ErrRefused, maxReason, a.Reason)
		if a.Code == askedPassport {
			err = fmt.Errorf("%w: %w", ErrPassportAsked, err)
		}
		return nil, err
	}
	return &a, nil
}

// serveTreaty answers a peer. What it proposes is stored whatever we decide, so
// that an operator can accept later.
func (s *Service) serveTreaty(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
	doc, err := stream.Request(ctx)
	if err != nil {
		return err
	}
	var q treatyRequest
	if err := decode(doc, &q, &q.Schema, treatyRequestSchema); err != nil {
		return err
	}
	rec, err := s.cfg.Directory.ByTransport(from.ID)
	if err != nil {
		return err
	}
	answer, err := s.answerTreaty(ctx, rec, q)
	if err != nil {
		s.complain("treaty refused", from.ID, "peer", rec.DID.String(), "error", err.Error())
		reason := err.Error()
		answer = &treatyAnswer{Status: answerRefused, Reason: reason[:min(len(reason), maxReason)]}
		if errors.Is(err, ErrPassport) {
			answer.Code = askedPassport
		}
	}
	answer.Schema = treatyAnswerSchema
	return send(ctx, stream, answer)
}

func (s *Service) answerTreaty(ctx context.Context, rec Record, q treatyRequest) (*treatyAnswer, error) {
	if len(q.Passport) > 0 && q.Attestation == nil {
		return nil, fmt.Errorf("%w: a passport is shown with an attestation", ErrTreaty)
	}
	if q.End != nil || q.Resolution != nil || len(q.Evidence) > 0 { // a frozen peer may say this too
		return s.answerNotice(ctx, rec, q)
	}
	if err := rec.usable(); err != nil {
		return nil, err
	}
	switch {
	case q.Treaty != nil && q.SHA256 == nil:
		fresh, err := s.receive(ctx, rec, q)
		if err != nil {
			return nil, err
		}
		return s.standing(fresh, q.Treaty.ID())
	case q.Treaty == nil && q.SHA256 != nil && q.Attestation == nil:
		return s.standing(rec, *q.SHA256)
	}
	return nil, fmt.Errorf("%w: a request names a treaty, or brings one", ErrTreaty)
}

// answerNotice takes what a peer says about the relationship itself.
func (s *Service) answerNotice(ctx context.Context, rec Record, q treatyRequest) (*treatyAnswer, error) {
	switch {
	case q.Treaty != nil || q.Attestation != nil || q.SHA256 != nil || (q.End == nil) == (q.Resolution == nil) || q.End != nil && len(q.Evidence) > 0:
		return nil, fmt.Errorf("%w: a request is one notice, or is about one treaty", ErrNotice)
	case q.End != nil:
		return &treatyAnswer{Status: answerTaken}, s.heed(ctx, rec.DID, q.End)
	}
	return &treatyAnswer{Status: answerTaken}, s.takeResolution(ctx, rec.DID, q)
}

// standing tells how a treaty with a peer stands, by the peer's record.
func (s *Service) standing(rec Record, id wire.Digest) (*treatyAnswer, error) {
	switch {
	case rec.Treaty != nil && *rec.Treaty == id:
		env, err := s.stored(prefixTreaty, id)
		if err != nil {
			return nil, fmt.Errorf("treaty %s: %w", id, err)
		}
		return &treatyAnswer{Status: answerActive, Treaty: env}, nil
	case rec.Proposal != nil && *rec.Proposal == id:
		return &treatyAnswer{Status: answerPending}, nil
	}
	return &treatyAnswer{Status: answerNone}, nil
}

// receive takes a treaty from a peer:
//
//	1 it verifies, is between the two of us, and the peer has signed it
//	2 in force already: nothing to do; declined by our operator: refused
//	3 our own proposal with the peer's signature: it is in force
//	4 else the attestation it names is the peer's newest, checked and recorded,
//	  and so is the passport that it shows
//	5 we compute the same treaty from it, from our newest attestation and from
//	  the treaty in force
//	6 the peer shows the passport that is asked for, or an operator may decide
//	7 we sign if the admission rule or our own earlier signature says so,
//	  otherwise it waits for the operator
func (s *Service) receive(ctx context.Context, rec Record, q treatyRequest) (Record, error) {
	t, err := VerifyTreaty(q.Treaty, false) // 1
	if err != nil {
		return Record{}, err
	}
	if !t.Has(s.did) || !t.Has(rec.DID) || !signedWith(q.Treaty, rec.DID.Key().String()) { // 1
		return Record{}, fmt.Errorf("%w: it is not between %s and %s, or the peer has not signed", ErrTreaty, s.did, rec.DID)
	}
	id := q.Treaty.ID()
	if rec.Treaty != nil && *rec.Treaty == id { // 2
		return rec, nil
	}
	if rec.Declined != nil && *rec.Declined == id { // 2
		return Record{}, fmt.Errorf("%w: the operator declined it", ErrTreaty)
	}
	if rec.Proposal != nil && *rec.Proposal == id && rec.ProposedBy == s.did { // 3
		return s.record(ctx, rec.DID, q.Treaty, t, s.did, signedByPeer)
	}
	if q.Attestation != nil { // 4
		if _, _, err := s.learn(ctx, rec.DID, q.Attestation); err != nil {
			return Record{}, err
		}
		if err := s.look(ctx, rec.DID, q.Passport); err != nil {
			return Record{}, err
		}
		if rec, err = s.cfg.Directory.Peer(rec.DID); err != nil {
			return Record{}, err
		}
	}
	if _, err := s.recompute(rec, q.Treaty); err != nil { // 5
		return Record{}, err
	}
	if err := s.demand(&rec); err != nil { // 6
		return Record{}, err
	}
	proposal := &wire.Envelope{Body: q.Treaty.Body}
	for _, sig := range q.Treaty.Signatures {
		if sig.Key == rec.DID.Key().String() {
			proposal.Signatures = append(proposal.Signatures, sig)
		}
	}
	rec.ProposedBy = rec.DID
	admitted, err := s.admits(rec)
	if err != nil {
		return Record{}, err
	}
	if admitted { // 7
		return s.sign(ctx, rec, proposal, cause{ByProtocol, "the admission rule accepts what this peer proposes"})
	}
	return s.record(ctx, rec.DID, proposal, t, rec.DID, cause{ByPeer, "the peer proposes"}) // 7
}
