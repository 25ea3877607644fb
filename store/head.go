package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// headSchema names the body of a head.
const headSchema = "chio.store_head.v1"

// HeadNote is what the rows' owners want recorded with each head, so that a
// store can be compared with what the log and the ledger promised others.
type HeadNote struct {
	LogSize        uint64
	LogRoot        wire.Digest
	LedgerSequence uint64
}

// HeadSource reads the note from the state a head is about to describe. It
// runs once per group in the committer: it must be quick and must not call
// the store. An error fails the group and latches the store.
type HeadSource func(Reader) (HeadNote, error)

type headSigner = wire.Signer

// head is the signed body of one slot.
type head struct {
	Schema         string      `json:"schema"`
	Generation     uint64      `json:"generation"` // heads written so far; picks the slot
	Sequence       uint64      `json:"sequence"`   // the chain's
	Rows           uint64      `json:"rows"`
	RowsSum        wire.Digest `json:"rows_sum"`
	LogSize        uint64      `json:"log_size"`
	LogRoot        wire.Digest `json:"log_root"`
	LedgerSequence uint64      `json:"ledger_sequence"`
}

// SetHead names what heads record and who signs them, and writes a head for
// the present state at once. Call it after VerifyHead, and again when the key
// rotates. A store whose heads were signed before accepts no Update until
// then. Without a head file it does nothing.
func (e *Engine) SetHead(source HeadSource, signer wire.Signer) error {
	if signer == nil {
		return errors.New("set head: no signer")
	}
	e.commit.Lock()
	defer e.commit.Unlock()
	if e.heads == nil {
		return nil
	}
	if cause := e.cause.Load(); cause != nil {
		return *cause
	}
	e.lifecycle.Lock()
	closed := e.closed
	e.lifecycle.Unlock()
	if closed {
		return fmt.Errorf("%w: it is closed", ErrNotReady)
	}
	snapshot, err := e.backend.Snapshot()
	if err != nil {
		return fmt.Errorf("set head: %w", err)
	}
	defer snapshot.Close()
	oldSource, oldSigner := e.source, e.signer
	e.source, e.signer = source, signer
	slot, err := e.nextHead(e.chain, layers{base: snapshot})
	if err != nil {
		e.source, e.signer = oldSource, oldSigner
		return fmt.Errorf("set head: %w", err)
	}
	if err := e.heads.write(slot); err != nil {
		return e.latch(fmt.Errorf("write head: %w", err))
	}
	e.unsigned.Store(false)
	return nil
}

// VerifyHead checks who signed the head found at start. Keys are the node's
// kernel key and, while a rotation may be unfinished, the one before it.
//
//  1. a store without a head file, or none of whose heads was ever signed,
//     passes
//  2. else the head is signed by one of the keys, or it is ErrCorrupt
//
// That the signature verifies, and that a store with signed heads has a signed
// head, was checked by Open.
func (e *Engine) VerifyHead(keys ...wire.PublicKey) error {
	r := e.report
	if e.heads == nil || r.SignedBy.IsZero() && !r.EverSigned { // 1
		return nil
	}
	for _, k := range keys { // 2
		if !k.IsZero() && k == r.SignedBy {
			return nil
		}
	}
	return fmt.Errorf("%w: its head is signed by %s, which is not this node's key: the head file was replaced, or these keys belong to another store", ErrCorrupt, r.SignedBy)
}

// Report returns what start-up found.
func (e *Engine) Report() Report { return e.report }

// nextHead encodes the head of a state. The caller holds e.commit.
func (e *Engine) nextHead(c chain, state Reader) ([]byte, error) {
	h := head{Schema: headSchema, Generation: e.heads.generation + 1, Sequence: c.Sequence, Rows: c.Rows, RowsSum: c.Sum}
	if e.source != nil {
		note, err := readNote(e.source, state)
		if err != nil {
			return nil, err
		}
		h.LogSize, h.LogRoot, h.LedgerSequence = note.LogSize, note.LogRoot, note.LedgerSequence
	}
	var signers []wire.Signer
	if e.signer != nil {
		signers = append(signers, e.signer)
	}
	env, err := wire.Seal(headSchema, h, signers...)
	if err != nil {
		return nil, fmt.Errorf("make head: %w", err)
	}
	return env.Bytes(), nil
}

func readNote(source HeadSource, state Reader) (note HeadNote, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w in the head source: %v", ErrPanic, v)
		}
	}()
	if note, err = source(state); err != nil {
		return HeadNote{}, fmt.Errorf("read head note: %w", err)
	}
	return note, nil
}

// openHead decodes one slot's body and returns its signer, zero if unsigned.
//
//	1 the envelope is canonical and at most one key signed
//	2 a signature, if there is one, verifies under its own key
//	3 the body is a head with every member present
func openHead(doc []byte) (h head, by wire.PublicKey, err error) {
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits); err != nil { // 1
		return head{}, by, fmt.Errorf("head: %w", err)
	}
	switch len(env.Signatures) {
	case 0:
		if err := wire.UnmarshalCanonical(env.Body, &h, wire.DocumentLimits); err != nil { // 3
			return head{}, by, fmt.Errorf("head: %w", err)
		}
		if h.Schema != headSchema { // 3
			return head{}, by, fmt.Errorf("head: %w: %.40q", wire.ErrSchema, h.Schema)
		}
	case 1:
		if err := env.Open(headSchema, &h, nil, nil); err != nil { // 2, 3
			return head{}, by, err
		}
		if by, err = wire.ParsePublicKey(env.Signatures[0].Key); err != nil {
			return head{}, by, fmt.Errorf("head: %w", err)
		}
	default:
		return head{}, by, fmt.Errorf("head: %w", wire.ErrSignerSet) // 1
	}
	if !bytes.Equal(wire.MustMarshal(h), env.Body) { // 3
		return head{}, by, errors.New("head lacks a member")
	}
	return h, by, nil
}
