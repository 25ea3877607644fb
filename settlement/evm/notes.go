package evm

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/settlement"
)

// Notes is settlement's rail of notes on one chain.
type Notes struct{ chain *Chain }

var _ settlement.NoteRail = Notes{}

// Notes pays and reads notes with this chain's key and token.
func (c *Chain) Notes() Notes { return Notes{c} }

// ChainID implements settlement.NoteRail.
func (r Notes) ChainID() string { return fmt.Sprintf("eip155:%d", r.chain.ID()) }

// Token implements settlement.NoteRail.
func (r Notes) Token() string { return r.chain.Token().String() }

// Address implements settlement.NoteRail.
func (r Notes) Address() string { return r.chain.Address().String() }

// Head implements settlement.NoteRail.
func (r Notes) Head(ctx context.Context) (uint64, error) { return r.chain.Head(ctx) }

// SignNote implements settlement.NoteRail.
func (r Notes) SignNote(ctx context.Context, n settlement.Note) ([]byte, error) {
	to, err := ParseAddress(n.To)
	if err != nil {
		return nil, err
	}
	if n.From != r.Address() || n.Token != r.Token() || n.ChainID != r.ChainID() || n.ValidAfter != 0 || n.Expires <= 0 {
		return nil, fmt.Errorf("%w: from %s with token %s on %s is not what this key signs", ErrNote, n.From, n.Token, n.ChainID)
	}
	signed, err := r.chain.SignNote(ctx, to, n.Amount, uint64(n.Expires), n.Statement)
	if err != nil {
		return nil, err
	}
	return signed.Bytes(), nil
}

// ParseNote implements settlement.NoteRail.
func (r Notes) ParseNote(_ context.Context, doc []byte) (settlement.Note, error) {
	n, err := r.parse(doc)
	if err != nil {
		return settlement.Note{}, err
	}
	return n.Plain(), nil
}

// Plain is what a note says, for who knows no chain.
func (n *Note) Plain() settlement.Note {
	return settlement.Note{ChainID: fmt.Sprintf("eip155:%d", n.ChainID), Token: n.Token.String(), From: n.From.String(), To: n.To.String(),
		Amount: n.Value, Statement: n.Statement, ValidAfter: int64(n.ValidAfter), Expires: int64(n.ValidBefore)}
}

func (r Notes) parse(doc []byte) (*Note, error) {
	n, err := ParseNote(doc)
	if err != nil {
		return nil, err
	}
	return n, r.chain.CheckNote(n)
}

// SubmitNote implements settlement.NoteRail.
func (r Notes) SubmitNote(ctx context.Context, doc []byte) (settlement.Transfer, error) {
	n, err := r.parse(doc)
	if err != nil {
		return settlement.Transfer{}, err
	}
	t, err := r.chain.SubmitNote(ctx, n)
	if errors.Is(err, ErrReverted) {
		err = fmt.Errorf("%w: %w", settlement.ErrUnpaid, err)
	}
	return settlement.Transfer{Tx: t.Hash, Block: t.BlockNumber, BlockHash: t.BlockHash, Final: t.State.AtLeast(StateFinal)}, err
}

// FindNote implements settlement.NoteRail.
func (r Notes) FindNote(ctx context.Context, doc []byte, since uint64) (settlement.NoteState, error) {
	n, err := r.parse(doc)
	if err != nil {
		return settlement.NoteState{}, err
	}
	s, err := r.chain.FindNote(ctx, n, since)
	return settlement.NoteState{Used: s.Used, Paid: s.Paid, Cancelled: s.Cancelled,
		Transfer: settlement.Transfer{Tx: s.Tx, Block: s.Block, BlockHash: s.BlockHash, Final: s.Final}}, err
}

// Track implements settlement.NoteRail.
func (r Notes) Track(ctx context.Context) error {
	_, err := r.chain.Track(ctx)
	return err
}
