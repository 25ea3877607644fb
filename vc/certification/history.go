package certification

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The sizes of a chain. Disputes are bounded so that a chain has always room
// for their ends, for a revocation and for a successor.
const (
	MaxRecords  = 256
	maxDisputes = (MaxRecords - 3) / 3
)

// DisputeState is where a dispute stands.
type DisputeState string

// The states of a dispute.
const (
	DisputeOpen             DisputeState = "open"
	DisputeUnderReview      DisputeState = "under_review"
	DisputeResolvedNoChange DisputeState = "resolved_no_change"
	DisputeResolvedRevoked  DisputeState = "resolved_revoked"
)

func (s DisputeState) closed() bool {
	return s == DisputeResolvedNoChange || s == DisputeResolvedRevoked
}

// Dispute is one dispute of a certification.
type Dispute struct {
	ID     wire.Digest  `json:"id"` // of the record that opened it
	By     did.DID      `json:"by"`
	State  DisputeState `json:"state"`
	Reason string       `json:"reason"`
	At     int64        `json:"at"` // when it came to its state
}

// Ending is why a certification no longer holds.
type Ending struct {
	Record wire.Digest `json:"record"`
	By     did.DID     `json:"by"`
	At     int64       `json:"at"`
	Reason string      `json:"reason,omitempty"`
}

// History is what a chain of records makes of a certification. The zero History
// is one that no registry lists.
type History struct {
	Registry   did.DID     `json:"registry,omitempty"`
	Admission  Admission   `json:"admission,omitempty"`
	Sequence   uint64      `json:"sequence"` // records so far
	Head       wire.Digest `json:"head,omitzero"`
	At         int64       `json:"at,omitzero"` // of the last record
	Revoked    *Ending     `json:"revoked,omitempty"`
	Superseded *Ending     `json:"superseded,omitempty"`
	Successor  wire.Digest `json:"successor,omitzero"`
	Disputes   []Dispute   `json:"disputes,omitempty"`
}

// party is who may say something.
type party uint8

const (
	byRegistry party = 1 << iota
	byCertifier
	byAnybody
)

// move is one row of the table of what may follow what.
type move struct {
	by              party
	afterRevoked    bool
	afterSuperseded bool
	ofDispute       bool           // it moves a dispute
	from            []DisputeState // from one of these
	to              DisputeState
}

// moves is the whole state machine. Nothing in it ends a revocation, so no
// chain revives a certification.
var moves = map[Kind]move{
	Published:       {by: byRegistry}, // the first record, and only that
	Revoked:         {by: byCertifier, afterSuperseded: true},
	Superseded:      {by: byCertifier},
	DisputeOpened:   {by: byAnybody, to: DisputeOpen},
	DisputeReviewed: {by: byRegistry, afterRevoked: true, afterSuperseded: true, ofDispute: true, from: []DisputeState{DisputeOpen}, to: DisputeUnderReview},
	DisputeKept: {by: byRegistry, afterRevoked: true, afterSuperseded: true, ofDispute: true,
		from: []DisputeState{DisputeOpen, DisputeUnderReview}, to: DisputeResolvedNoChange},
	DisputeUpheld: {by: byRegistry | byCertifier, afterRevoked: true, afterSuperseded: true, ofDispute: true,
		from: []DisputeState{DisputeOpen, DisputeUnderReview}, to: DisputeResolvedRevoked},
}

// Fold replays a chain of records over a certification:
//
//	1 every record verifies by itself (VerifyRecord)
//	2 it is of this certification, and its sequence, previous and registry
//	  continue the chain
//	3 its time is not before that of the record before it
//	4 the first record, and only the first, is the publication
//	5 its kind is allowed in the state the chain is in
//	6 its signer is one who may say that
//	7 a dispute it moves exists and is in a state it may be moved from; there are
//	  at most 84 disputes
func Fold(env *wire.Envelope, c *Certification, records []*wire.Envelope) (*History, error) {
	h := &History{}
	if len(records) > MaxRecords {
		return nil, fmt.Errorf("%w: more than %d records", ErrChain, MaxRecords)
	}
	for i, e := range records {
		r, err := VerifyRecord(e) // 1
		if err == nil {
			err = h.apply(env.ID(), c, r, e.ID())
		}
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
	}
	return h, nil
}

// apply adds one record, or leaves the history as it is and says why.
func (h *History) apply(id wire.Digest, c *Certification, r *Record, recordID wire.Digest) error {
	previous := h.Head
	if h.Sequence == 0 {
		previous = id
	}
	if r.Certification != id || r.Sequence != h.Sequence+1 || r.Previous != previous || h.Sequence > 0 && r.Registry != h.Registry { // 2
		return fmt.Errorf("%w: number %d after %s, the chain of %s stands at %d, %s", ErrChain, r.Sequence, r.Previous, id, h.Sequence, previous)
	}
	if r.At < h.At { // 3
		return fmt.Errorf("%w: it is of %d, the record before it of %d", ErrChain, r.At, h.At)
	}
	if (h.Sequence == 0) != (r.Kind == Published) { // 4
		return fmt.Errorf("%w: %s as record %d", ErrNotAllowed, r.Kind, r.Sequence)
	}
	m := moves[r.Kind]
	if h.Revoked != nil && !m.afterRevoked || h.Superseded != nil && !m.afterSuperseded { // 5
		return fmt.Errorf("%w: %s, but it is revoked or superseded already", ErrNotAllowed, r.Kind)
	}
	if !m.by.allows(r, c) { // 6
		return fmt.Errorf("%w: %s by %s", ErrNotAllowed, r.Kind, r.Signer)
	}
	if err := h.moveDispute(m, r, recordID); err != nil { // 7
		return err
	}
	h.settle(r, recordID)
	h.Registry, h.Sequence, h.Head, h.At = r.Registry, r.Sequence, recordID, r.At
	return nil
}

func (p party) allows(r *Record, c *Certification) bool {
	return p&byAnybody != 0 || p&byRegistry != 0 && r.Signer == r.Registry || p&byCertifier != 0 && r.Signer == c.Certifier
}

func (h *History) moveDispute(m move, r *Record, recordID wire.Digest) error {
	if r.Kind == DisputeOpened {
		if len(h.Disputes) >= maxDisputes {
			return fmt.Errorf("%w: there are %d disputes already", ErrNotAllowed, maxDisputes)
		}
		h.Disputes = append(h.Disputes, Dispute{ID: recordID, By: r.Signer, State: m.to, Reason: r.Reason, At: r.At})
		return nil
	}
	if !m.ofDispute {
		return nil
	}
	for i := range h.Disputes {
		d := &h.Disputes[i]
		if d.ID != r.Dispute {
			continue
		}
		if !slices.Contains(m.from, d.State) {
			return fmt.Errorf("%w: dispute %s is %s", ErrNotAllowed, d.ID, d.State)
		}
		d.State, d.At = m.to, r.At
		return nil
	}
	return fmt.Errorf("%w: there is no dispute %s", ErrNotAllowed, r.Dispute)
}

// settle records what ends a certification. The first revocation stands.
func (h *History) settle(r *Record, recordID wire.Digest) {
	end := &Ending{Record: recordID, By: r.Signer, At: r.At, Reason: r.Reason}
	switch {
	case r.Kind == Published:
		h.Admission = r.Admission
	case r.Kind == Superseded:
		h.Superseded, h.Successor = end, r.Successor
	case (r.Kind == Revoked || r.Kind == DisputeUpheld) && h.Revoked == nil:
		h.Revoked = end
	}
}

// Disputed reports whether a dispute is still open.
func (h *History) Disputed() bool {
	return slices.ContainsFunc(h.Disputes, func(d Dispute) bool { return !d.State.closed() })
}
