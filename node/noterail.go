package node

import (
	"context"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
)

// noteRail is settlement's rail of notes on one configured chain. It shares
// connection, key and outbox with the channel rail of that chain.
type noteRail struct{ *evmRail }

var _ settlement.NoteRail = noteRail{}

func (r noteRail) notes(ctx context.Context) (evm.Notes, error) {
	chain, err := r.m.dial(ctx, r.config)
	if err != nil {
		return evm.Notes{}, err
	}
	return chain.Notes(), nil
}

// Head implements settlement.NoteRail.
func (r noteRail) Head(ctx context.Context) (uint64, error) {
	n, err := r.notes(ctx)
	if err != nil {
		return 0, err
	}
	return n.Head(ctx)
}

// SignNote implements settlement.NoteRail.
func (r noteRail) SignNote(ctx context.Context, note settlement.Note) ([]byte, error) {
	n, err := r.notes(ctx)
	if err != nil {
		return nil, err
	}
	return n.SignNote(ctx, note)
}

// ParseNote implements settlement.NoteRail.
func (r noteRail) ParseNote(ctx context.Context, doc []byte) (settlement.Note, error) {
	n, err := r.notes(ctx)
	if err != nil {
		return settlement.Note{}, err
	}
	return n.ParseNote(ctx, doc)
}

// SubmitNote implements settlement.NoteRail.
func (r noteRail) SubmitNote(ctx context.Context, doc []byte) (settlement.Transfer, error) {
	n, err := r.notes(ctx)
	if err != nil {
		return settlement.Transfer{}, err
	}
	return n.SubmitNote(ctx, doc)
}

// FindNote implements settlement.NoteRail.
func (r noteRail) FindNote(ctx context.Context, doc []byte, since uint64) (settlement.NoteState, error) {
	n, err := r.notes(ctx)
	if err != nil {
		return settlement.NoteState{}, err
	}
	return n.FindNote(ctx, doc, since)
}

// Track implements settlement.NoteRail. The channel rail of the same chain has
// tracked every transaction of the key.
func (r noteRail) Track(context.Context) error { return nil }
