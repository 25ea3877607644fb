package federation

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// Freeze is an operator's decision to stop everything with a peer until an
// operator resumes it. The peer is told nothing: a freeze is a suspicion, and
// whoever it is about should not be the first to know.
func (d *Directory) Freeze(ctx context.Context, id did.DID, reason string) error {
	return d.end(ctx, id, Frozen, cause{ByOperator, reason})
}

// Suspect freezes a peer because of what it signed: the answer to
// equivocation.
func (d *Directory) Suspect(ctx context.Context, id did.DID, reason string) error {
	return d.end(ctx, id, Frozen, cause{ByProtocol, reason})
}

// Revoke ends a relationship for ever. The peer is told nothing: its keys may
// be in the hands of whom it is revoked for.
func (d *Directory) Revoke(ctx context.Context, id did.DID, reason string) error {
	return d.end(ctx, id, Revoked, cause{ByOperator, reason})
}

func (d *Directory) end(ctx context.Context, id did.DID, to State, why cause) error {
	return d.update(ctx, id, func(_ store.Tx, rec *Record) error {
		if rec.State == Unknown {
			return fmt.Errorf("%w: %s", ErrUnknownPeer, id)
		}
		if to == Frozen && rec.State != Frozen {
			rec.Resolution, rec.Resolved = nil, false // of another time
		}
		if err := rec.move(to, why); err != nil {
			return err
		}
		rec.Reason = why.reason
		return nil
	})
}

// Resume lifts a freeze: an operator's decision, and in its words why.
func (d *Directory) Resume(ctx context.Context, id did.DID, reason string) error {
	return d.update(ctx, id, func(_ store.Tx, rec *Record) error {
		if rec.State != Frozen {
			return fmt.Errorf("%w: %s is %s, not frozen", ErrTransition, id, rec.State)
		}
		rec.Reason = ""
		to := Authenticated
		switch {
		case rec.Treaty != nil:
			to = Active
		case rec.Proposal != nil:
			to = PendingPeer
		}
		return rec.move(to, cause{ByOperator, reason})
	})
}
