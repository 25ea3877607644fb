package passport

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/store"
)

// maxReason bounds the text of a change.
const maxReason = 256

// ErrTransition: the passport cannot change so from the state it is in.
var ErrTransition = errors.New("the passport cannot change that way")

// change is what an operator does to a passport.
type change string

const (
	suspend   change = "suspend"
	resume    change = "resume"
	supersede change = "supersede"
	revoke    change = "revoke"
)

// transitions are all changes there are, by the state they begin in. A change
// to the state a passport is in already is not an error and changes nothing.
// What is revoked or superseded stays so; an expired passport can still be
// revoked, so that its key is not trusted for its past either.
var transitions = map[State]map[change]State{
	Active:     {suspend: Suspended, supersede: Superseded, revoke: Revoked, resume: Active},
	Suspended:  {resume: Active, supersede: Superseded, revoke: Revoked, suspend: Suspended},
	Superseded: {revoke: Superseded}, // its bit is set already
	Revoked:    {revoke: Revoked},
	Expired:    {revoke: Revoked},
}

// begin loads a passport that is to change. same means it is there already.
func (g *Registry) begin(tx store.Tx, id, reason string, c change, now int64) (r *Record, same bool, err error) {
	if len(reason) > maxReason {
		return nil, false, fmt.Errorf("%s a passport: the reason is longer than %d bytes", c, maxReason)
	}
	if r, err = g.get(tx, id); err != nil {
		return nil, false, err
	}
	p, err := r.Parse()
	if err != nil {
		return nil, false, err
	}
	from := r.State(p, now)
	to, allowed := transitions[from][c]
	switch {
	case !allowed && r.SupersededBy != "":
		return nil, false, fmt.Errorf("%w: %s was superseded by %s and cannot be changed with %s", ErrTransition, id, r.SupersededBy, c)
	case !allowed:
		return nil, false, fmt.Errorf("%w: %s is %s and cannot be changed with %s", ErrTransition, id, from, c)
	}
	return r, to == from, nil
}

// Revoke sets the bit of a passport and signs its list anew. Revoking again
// changes nothing.
func (g *Registry) Revoke(ctx context.Context, id, reason string, now int64) error {
	return g.cfg.DB.Update(ctx, func(tx store.Tx) error { return g.RevokeIn(tx, id, reason, now) })
}

// RevokeIn is Revoke inside a transaction of the caller, so that a revocation
// epoch and the list it repeats cannot come apart.
func (g *Registry) RevokeIn(tx store.Tx, id, reason string, now int64) error {
	r, same, err := g.begin(tx, id, reason, revoke, now)
	if err != nil || same {
		return err
	}
	return g.end(tx, id, r, reason, now)
}

// end makes a passport count no more: its revocation bit, and the record.
func (g *Registry) end(tx store.Tx, id string, r *Record, reason string, now int64) error {
	if err := g.lists.Set(tx, r.Index); err != nil {
		return err
	}
	r.RevokedAt, r.Reason = max(now, 1), reason
	return putRecord(tx, uuidOf(id), r)
}

// SuspendIn makes a passport not count until it is resumed: its suspension
// bit, if it was issued with one, and the record.
func (g *Registry) SuspendIn(tx store.Tx, id, reason string, now int64) error {
	r, same, err := g.begin(tx, id, reason, suspend, now)
	if err != nil || same {
		return err
	}
	if r.Suspension != 0 {
		if err := g.lists.Set(tx, r.Suspension); err != nil {
			return err
		}
	}
	r.SuspendedAt, r.Reason = max(now, 1), reason
	return putRecord(tx, uuidOf(id), r)
}

// ResumeIn lifts a suspension, bit and record.
func (g *Registry) ResumeIn(tx store.Tx, id, reason string, now int64) error {
	r, same, err := g.begin(tx, id, reason, resume, now)
	if err != nil || same {
		return err
	}
	if r.Suspension != 0 {
		if err := g.lists.Clear(tx, r.Suspension); err != nil {
			return err
		}
	}
	r.SuspendedAt, r.Reason = 0, reason
	return putRecord(tx, uuidOf(id), r)
}

// SupersedeIn issues a passport in the place of another: the other's bit is
// set and its record names the new one, all in the caller's transaction.
func (g *Registry) SupersedeIn(tx store.Tx, id string, req Request, reason string, now int64) (*Passport, []byte, error) {
	old, _, err := g.begin(tx, id, reason, supersede, now)
	if err != nil {
		return nil, nil, err
	}
	p, r, err := g.issue(tx, req, now)
	if err != nil {
		return nil, nil, err
	}
	r.Supersedes = "urn:uuid:" + uuidOf(id)
	if err := putRecord(tx, uuidOf(p.ID), r); err != nil {
		return nil, nil, err
	}
	old.SupersededBy = p.ID
	if err := g.end(tx, id, old, reason, now); err != nil {
		return nil, nil, err
	}
	file, err := g.file(tx, r, now)
	return p, file, err
}
