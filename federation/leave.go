package federation

import (
	"context"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Leave ends what there is with a peer: a treaty, a proposal, or the
// acquaintance. reason stays here; the peer is told code, one of EndCodes, by
// a notice that waits until the peer can be reached. A later hello and treaty
// may begin another relationship.
func (s *Service) Leave(ctx context.Context, id did.DID, code, reason string) error {
	if !slices.Contains(EndCodes, code) {
		return fmt.Errorf("%w: code %.40q is none of %v", ErrNotice, code, EndCodes)
	}
	return s.cfg.Directory.update(ctx, id, func(tx store.Tx, rec *Record) error {
		if rec.State == Unknown {
			return fmt.Errorf("%w: %s", ErrUnknownPeer, id)
		}
		if rec.State == Terminated {
			return fmt.Errorf("%w: %s is terminated already", ErrTransition, id)
		}
		treaty, proposal := rec.Treaty, rec.Proposal
		if err := rec.move(Terminated, cause{ByOperator, reason}); err != nil {
			return err
		}
		rec.Reason, rec.Refused = reason, true
		rec.endTreaty(tx, rec.latest())
		if treaty == nil && proposal == nil || s.alive() != nil { // nothing to end, or ended by something larger
			return nil
		}
		return s.notify(tx, rec, TreatyEnd{Outcome: Left, Treaty: treaty, Proposal: proposal, Code: code})
	})
}

// Decline refuses a proposal of a peer. The peer is told reason.
func (s *Service) Decline(ctx context.Context, id did.DID, proposal wire.Digest, reason string) error {
	if err := s.alive(); err != nil {
		return err
	}
	if err := CheckText(reason, MaxNoticeText); err != nil {
		return fmt.Errorf("%w: reason: %w", ErrNotice, err)
	}
	return s.cfg.Directory.update(ctx, id, func(tx store.Tx, rec *Record) error {
		switch {
		case rec.State == Unknown:
			return fmt.Errorf("%w: %s", ErrUnknownPeer, id)
		case rec.Proposal == nil || rec.ProposedBy != id:
			return fmt.Errorf("%w: %s", ErrNoProposal, id)
		case *rec.Proposal != proposal:
			return fmt.Errorf("%w: proposed %s, declined %s", ErrTermsChanged, rec.Proposal, proposal)
		}
		if err := rec.dropProposal(tx, cause{ByOperator, "declined: " + reason}); err != nil {
			return err
		}
		rec.Declined, rec.Refused = &proposal, true
		return s.notify(tx, rec, TreatyEnd{Outcome: Declined, Proposal: &proposal, Reason: reason})
	})
}

// notify signs a notice and queues it.
func (s *Service) notify(tx store.Tx, rec *Record, n TreatyEnd) error {
	n.Schema, n.Parties, n.From, n.At = TreatyEndSchema, partiesOf(s.did, rec.DID), s.did, s.noticeTime(rec)
	env, err := wire.Seal(TreatyEndSchema, n, s.cfg.Org)
	if err != nil {
		return err
	}
	return tellLater(tx, rec, treatyRequest{End: env}, n.At)
}

// endTreaty takes treaty and proposal out of the record. The next treaty names
// last, the one that was in force.
func (r *Record) endTreaty(tx store.Tx, last *wire.Digest) {
	r.forgetProposal(tx, last)
	r.Last, r.Treaty = last, nil
}

// dropProposal takes the proposal out of the record, and the peer back to where
// it was before.
func (r *Record) dropProposal(tx store.Tx, why cause) error {
	from, id := r.State, r.Proposal
	r.forgetProposal(tx, nil)
	if r.State == PendingPeer {
		if err := r.become(Authenticated); err != nil {
			return err
		}
	}
	r.note(from, why, id)
	return nil
}

// forgetProposal also forgets who has signed it: the same two attestations make
// the same treaty again, and a signature of before must not put it in force.
func (r *Record) forgetProposal(tx store.Tx, keep *wire.Digest) {
	if r.Proposal != nil && !same(r.Proposal, keep) {
		tx.Delete(prefixTreaty + r.Proposal.String())
	}
	r.Proposal, r.ProposedBy = nil, ""
}

// heed takes a notice of a peer:
//
//	1 VerifyTreatyEnd holds
//	2 it is later than every notice of this peer that was taken; else it is a
//	  replay, and changes nothing
//	3 left: it names the treaty in force or the proposal; else it is about an
//	  older one, and changes nothing. A frozen peer loses the treaty and stays
//	  frozen: whoever is under suspicion does not end that by leaving
//	4 declined: it names our proposal; else it changes nothing
func (s *Service) heed(ctx context.Context, peer did.DID, env *wire.Envelope) error {
	n, err := VerifyTreatyEnd(env, peer, s.did, s.cfg.Now()) // 1
	if err != nil {
		return err
	}
	return s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if n.At <= rec.HeededAt { // 2
			return nil
		}
		rec.HeededAt = n.At
		if n.Outcome == Declined { // 4
			if !same(n.Proposal, rec.Proposal) || rec.ProposedBy != s.did {
				return nil
			}
			if rec.State != Frozen {
				rec.Reason = "the peer declined: " + n.Reason
			}
			return rec.dropProposal(tx, cause{ByPeer, "declined: " + n.Reason})
		}
		return rec.left(tx, n)
	})
}

// left is rule 3 of heed. The side that leaves may not have seen that the other
// signed, and the other way round: what it holds as in force is what the next
// treaty of both names.
func (r *Record) left(tx store.Tx, n *TreatyEnd) error {
	ended := r.latest()
	switch {
	case same(n.Treaty, r.Treaty):
	case same(n.Treaty, r.Proposal): // signed there, and not seen here
		ended = n.Treaty
	case same(n.Proposal, r.Treaty): // signed here, and not seen there
		env, err := readEnvelope(tx, prefixTreaty, *r.Treaty)
		if err != nil {
			return err
		}
		t, err := VerifyTreaty(env, true)
		if err != nil {
			return err
		}
		ended = t.Previous
	case same(n.Proposal, r.Proposal):
	default:
		return nil
	}
	why := cause{ByPeer, "left: " + n.Code}
	r.endTreaty(tx, ended)
	if r.State == Frozen {
		r.note(Frozen, why, ended)
		return nil
	}
	r.Reason = "the peer left: " + n.Code
	return r.move(Terminated, why)
}

func same(a, b *wire.Digest) bool { return a != nil && b != nil && *a == *b }
